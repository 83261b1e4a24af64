/**
 * What a neighbour must hold, and must no longer hold, of a speaker that restarts, in the words of RFC 4724, 8538 and
 * 9494; written without a look at the code that is tested. Where two rules could both apply, it asks for nothing.
 */
import type { Capability, DownReason, SessionUp } from "../../src/bgp/index.ts";
import { FAMILY_SPECS, type Family } from "../../src/bgp/wire/index.ts";
import { after, type Instant, type Micros, NEVER, seconds } from "../../src/lib/time.ts";

export interface Route {
  readonly text: string;
  readonly family: Family;
  readonly noLlgr: boolean;
}

type Restart = Extract<Capability, { type: "graceful-restart" }>;
type LongLived = Extract<Capability, { type: "long-lived-graceful-restart" }>;

interface Stale {
  /** Until when the routes must be there. */
  until: Instant;
  /** The end of its long-lived stale time, once that has begun. */
  longLivedEnd: Instant | undefined;
}

const of = <T extends Capability["type"]>(up: SessionUp, side: "sentOpen" | "receivedOpen", type: T) =>
  up[side].capabilities.findLast((capability) => capability.type === type) as
    | Extract<Capability, { type: T }>
    | undefined;

/** One neighbour's view of one speaker. */
export class Bond {
  /** What the neighbour must hold. */
  readonly must = new Map<string, Route>();
  #up: SessionUp | undefined;
  /** The session is up. */
  isUp = false;
  #upAt = 0 as Instant;
  #restartEnd = 0 as Instant;
  /** By then everything is gone if the session stays down. */
  #goneBy = 0 as Instant;
  #stalePathAt: Instant | undefined;
  readonly #stale = new Map<Family, Stale>();
  readonly #overdue = new Set<Family>();
  /** Families that must have no stale route since the session is up: they were not forwarded. */
  readonly #flushed = new Set<Family>();
  readonly #stalePathTime: Micros;

  constructor(stalePathTime: Micros) {
    this.#stalePathTime = stalePathTime;
  }

  /** The neighbour holds this route now: it must from now on. */
  hold(route: Route): void {
    this.must.set(route.text, route);
  }

  /** An operator, the speaker's own will, or the neighbour's death: nothing must be held any more. */
  forget(): void {
    this.must.clear();
    this.#stale.clear();
    this.#overdue.clear();
    this.#stalePathAt = undefined;
    this.#goneBy = this.isUp ? NEVER : (0 as Instant);
  }

  established(now: Instant, up: SessionUp): void {
    this.#up = up;
    this.isUp = true;
    this.#upAt = now;
    for (const [family, stale] of this.#stale) {
      const [restart, longLived] = this.#forwarding(family);
      const isCarried = up.negotiated.families.some((negotiated) => negotiated.family === family);
      const isKept = now < this.#restartEnd ? restart : now > this.#restartEnd ? longLived : restart && longLived;
      if (!isKept || !isCarried) {
        this.#release(family);
        if (!(restart || longLived) || !isCarried) this.#flushed.add(family);
      } else {
        if (now >= this.#restartEnd) stale.longLivedEnd ??= stale.until;
        this.#stalePathAt ??= after(now, this.#stalePathTime);
        stale.until = Math.min(stale.longLivedEnd ?? NEVER, this.#stalePathAt) as Instant;
      }
    }
  }

  down(now: Instant, reason: DownReason): void {
    const up = this.#up as SessionUp;
    this.isUp = false;
    this.#flushed.clear();
    this.#goneBy = now;
    const isKept = this.#isGraceful(up, reason);
    const times = up.negotiated.families.map(({ family }) => ({ family, ...this.#times(up, family) }));
    const restartTime = Math.max(...times.map((time) => time.restart), 0);
    for (const { family, restart, longLived } of times) {
      const before = this.#stale.get(family);
      if (!isKept || restart + longLived === 0 || this.#overdue.has(family)) {
        this.#release(family);
        continue;
      }
      // Stale twice over without RFC 8538 or 9494: the oracle does not know which of them had come again.
      if (before !== undefined && longLived === 0 && !this.#hasNotification(up)) this.#release(family);
      const end = after(now, (restart + longLived) as Micros);
      this.#goneBy = Math.max(this.#goneBy, end) as Instant;
      const bound = longLived === 0 && before !== undefined ? (this.#stalePathAt ?? NEVER) : NEVER;
      const until = Math.min(before?.longLivedEnd ?? NEVER, end, bound) as Instant;
      this.#stale.set(family, { until, longLivedEnd: before?.longLivedEnd });
    }
    for (const family of [...this.#stale.keys()])
      if (!times.some((time) => time.family === family)) this.#release(family);
    this.#restartEnd = after(now, restartTime as Micros);
    if (this.#stale.size === 0) this.#stalePathAt = undefined;
    this.expire(now);
  }

  endOfRib(family: Family): void {
    this.#stale.delete(family);
    this.#overdue.delete(family);
    if (this.#stale.size === 0) this.#stalePathAt = undefined;
  }

  /** Whatever time has ended by now. */
  expire(now: Instant): void {
    for (const [family, { until, longLivedEnd = NEVER }] of this.#stale) {
      if (now < until) continue;
      if (this.isUp && now >= longLivedEnd) this.#overdue.add(family);
      this.#release(family);
    }
    if (this.isUp || now < this.#restartEnd) return;
    for (const route of [...this.must.values()]) if (route.noLlgr) this.must.delete(route.text);
  }

  /** Everything must be gone by now. */
  isOver(now: Instant): boolean {
    return !this.isUp && now > this.#goneBy;
  }

  /** Nothing of this family may be stale any more. */
  isFresh(now: Instant, family: Family): boolean {
    return this.isUp && (this.#flushed.has(family) || now > this.#upAt + this.#stalePathTime);
  }

  #release(family: Family): void {
    this.#stale.delete(family);
    for (const route of [...this.must.values()]) if (route.family === family) this.must.delete(route.text);
  }

  #isGraceful(up: SessionUp, reason: DownReason): boolean {
    if (reason.type === "connection-lost") return true;
    if (reason.type === "abandoned" || !this.#hasNotification(up)) return false;
    return !("error" in reason && reason.error.code === 6 && reason.error.subcode === 9);
  }

  #hasNotification(up: SessionUp): boolean {
    return (["sentOpen", "receivedOpen"] as const).every((side) => of(up, side, "graceful-restart")?.notification);
  }

  #times(up: SessionUp, family: Family): { readonly restart: number; readonly longLived: number } {
    const { afi, safi } = FAMILY_SPECS[family];
    const is = (tuple: { afi: number; safi: number }) => tuple.afi === afi && tuple.safi === safi;
    const restart: Restart | undefined = of(up, "receivedOpen", "graceful-restart");
    if (of(up, "sentOpen", "graceful-restart") === undefined || restart === undefined)
      return { restart: 0, longLived: 0 };
    const isLongLived = of(up, "sentOpen", "long-lived-graceful-restart") !== undefined;
    const offer: LongLived | undefined = of(up, "receivedOpen", "long-lived-graceful-restart");
    return {
      restart: restart.families.some(is) ? seconds(restart.timeSeconds) : 0,
      longLived: isLongLived ? seconds(offer?.families.find(is)?.timeSeconds ?? 0) : 0,
    };
  }

  #forwarding(family: Family): readonly [boolean, boolean] {
    const { afi, safi } = FAMILY_SPECS[family];
    const up = this.#up as SessionUp;
    const is = (tuple: { afi: number; safi: number }) => tuple.afi === afi && tuple.safi === safi;
    const restart = of(up, "receivedOpen", "graceful-restart");
    const longLived = of(up, "receivedOpen", "long-lived-graceful-restart");
    return [
      restart?.families.find(is)?.forwarding === true,
      restart !== undefined && longLived?.families.find(is)?.forwarding === true,
    ];
  }
}
