import { after, elapsed, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { WaitInput } from "./gate.ts";
import { type DampingSettings, type GateSettings, PENALTY } from "./settings.ts";

/**
 * What one VIP has to wait for because its checks are not steady. Only ever made for a VIP that a check has taken away.
 *
 * `hold-up` counts from the moment when the gate is open again, anew whenever it closes in between. It ends at once when
 * the VIP's virtual router becomes Master after the withdraw: whoever had the VIP meanwhile is gone, and to wait would
 * leave it without anybody. Damping does not end so; an operator who asks for it prefers nobody to somebody unsteady.
 */
export class Steadiness {
  /** When a check last took the VIP away and `hold-up` has not been waited for yet. */
  #heldSince: Instant | undefined;
  #openSince: Instant | undefined;
  #penalty = 0;
  #penaltyAt = 0 as Instant;
  #suppressedSince: Instant | undefined;

  /** A check has just closed the open gate. */
  withdrawn(now: Instant, { damping, holdUp }: GateSettings): void {
    if (holdUp > 0) this.#heldSince = now;
    if (damping === undefined) return;
    this.#penalty = Math.min(this.penalty(now, damping) + PENALTY, ceilingOf(damping));
    this.#penaltyAt = now;
    if (this.#penalty >= damping.suppress) this.#suppressedSince ??= now;
  }

  /** Takes up how things stand. `masterSince`: when the VIP's virtual router became Master, if that is what it is. */
  update(now: Instant, settings: GateSettings, isOpen: boolean, masterSince: Instant | undefined): void {
    this.#openSince = isOpen ? (this.#openSince ?? now) : undefined;
    if (this.#heldSince !== undefined && masterSince !== undefined && masterSince > this.#heldSince)
      this.#heldSince = undefined;
    if (this.#openSince !== undefined && elapsed(this.#openSince, now) >= settings.holdUp) this.#heldSince = undefined;
    if (settings.holdUp === 0) this.#heldSince = undefined;
    if (settings.damping === undefined) this.#penalty = 0;
    if (this.#suppressedUntil(settings.damping) <= now) this.#suppressedSince = undefined;
  }

  /** What `hold-up` says; undefined also while the gate is closed, when there is nothing to hold. */
  holdUp(settings: GateSettings): WaitInput | undefined {
    if (this.#heldSince === undefined || this.#openSince === undefined) return undefined;
    return { since: this.#openSince, until: after(this.#openSince, settings.holdUp) };
  }

  suppression({ damping }: GateSettings): WaitInput | undefined {
    if (this.#suppressedSince === undefined) return undefined;
    return { since: this.#suppressedSince, until: this.#suppressedUntil(damping) };
  }

  /** Nothing to wait for, and nothing to remember: this may be forgotten. */
  isOver(now: Instant, { damping }: GateSettings): boolean {
    if (this.#heldSince !== undefined || this.#suppressedSince !== undefined) return false;
    return damping === undefined || this.penalty(now, damping) < damping.reuse / 2;
  }

  /** What is left of the penalty. */
  penalty(now: Instant, { halfLife }: DampingSettings): number {
    return this.#penalty * 2 ** (-elapsed(this.#penaltyAt, now) / halfLife);
  }

  #suppressedUntil(damping: DampingSettings | undefined): Instant {
    if (this.#suppressedSince === undefined) return NEVER;
    if (damping === undefined || this.#penalty <= damping.reuse) return 0 as Instant;
    const wait = damping.halfLife * Math.log2(this.#penalty / damping.reuse);
    return after(this.#penaltyAt, Math.ceil(wait) as Micros);
  }
}

/** RFC 2439 section 4.2: what takes `suppressMax` to decay to `reuse`. */
function ceilingOf({ reuse, suppressMax, halfLife }: DampingSettings): number {
  return reuse * 2 ** (suppressMax / halfLife);
}
