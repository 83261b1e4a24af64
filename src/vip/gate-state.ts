import { after, type Instant, NEVER } from "../lib/time.ts";
import type { Sleeper } from "./agenda.ts";
import {
  type Action,
  type CheckState,
  decide,
  type GateInputs,
  type Held,
  type LeaseInput,
  type Presence,
  softWish,
  type Verdict,
  type VrrpState,
  type Wish,
} from "./gate.ts";
import { type DePreference, type GateSettings, type Severity, UNGATED } from "./settings.ts";
import type { Source } from "./sources.ts";
import { Steadiness } from "./steadiness.ts";

/** A check that a VIP asks for. */
export interface Dependence {
  readonly source: Source<CheckState>;
  readonly severity: Severity;
}

/** How far down the guard lets the soft conditions take a VIP that is announced, and why not further. */
export interface Permit extends Held<"none" | Wish["step"]> {
  readonly text: string;
}

const NOT_ASKED = "the other gateways have not been asked yet";

/** What an operator ordered while the process before this one ran, and still holds. Instants may be before our first. */
export interface Standing {
  readonly downSince?: Instant | undefined;
  readonly drainSince?: Instant | undefined;
  /** It was being drained, by itself or with the node, and announced still: how far the guard had let it go. */
  readonly held?: Held<"none" | "gshut"> | undefined;
}

/** Everything that is remembered of one VIP. `gates.ts` changes it, here it is judged. */
export class Gate implements Sleeper {
  readonly vip: string;
  settings: GateSettings = UNGATED;
  configured: Held<boolean>;
  admin: Held<"up" | "down">;
  address: Held<Presence>;
  drain: Held<boolean>;
  lease: LeaseInput | undefined;
  vrrp: Source<VrrpState> | undefined;
  checks: readonly Dependence[] = [];
  /** What `Out` was told last. */
  action: Action = "withdraw";
  dePreference: DePreference | undefined;
  /** What the guard is asked for. */
  wish: Wish | undefined;
  /** The same, as `Out` was told last. */
  told: Wish | undefined;
  permit: Permit;
  /**
   * The process before this one announced it, and had no permit to withdraw it for its drain. So this drain has to ask
   * when everything else is known to be well, though nothing is announced yet.
   */
  wasHeld = false;
  isSettled = true;
  wakeAt: Instant = NEVER;
  slot = 0;
  /** Whether it was open when it was last judged, but for what it has to wait for. */
  #isOpen = false;
  #steadiness: Steadiness | undefined;

  constructor(vip: string, now: Instant, { downSince, drainSince, held }: Standing = {}) {
    this.vip = vip;
    this.configured = { value: false, since: now };
    this.admin = downSince === undefined ? { value: "up", since: now } : { value: "down", since: downSince };
    this.address = { value: "unknown", since: now };
    this.drain = { value: drainSince !== undefined, since: drainSince ?? now };
    this.permit = { value: "none", since: now, ...held, text: NOT_ASKED };
    this.wasHeld = held !== undefined;
  }

  /** Judges it anew, and remembers what a withdraw for a check costs. `drainAll`: the whole node is to be drained. */
  judge(now: Instant, drainAll: Held<boolean>): Verdict {
    this.#lapse(now);
    const inputs = this.#guarded(now, this.#inputs(now, drainAll));
    const verdict = decide(inputs);
    const isOpen = verdict.action !== "withdraw";
    if (isOpen) this.wasHeld = false;
    if (this.#isOpen && !isOpen && this.#isAgainst(verdict)) {
      this.#steadiness ??= new Steadiness();
      this.#steadiness.withdrawn(now, this.settings);
    }
    this.#isOpen = isOpen;
    const steadiness = this.#steadiness;
    if (steadiness === undefined) return verdict;
    steadiness.update(now, this.settings, isOpen, this.vrrp?.value === "Master" ? this.vrrp.since : undefined);
    if (steadiness.isOver(now, this.settings)) {
      this.#steadiness = undefined;
      return verdict;
    }
    const holdUp = steadiness.holdUp(this.settings);
    const damping = steadiness.suppression(this.settings);
    return holdUp === undefined && damping === undefined ? verdict : decide({ ...inputs, holdUp, damping });
  }

  /**
   * What a guarded VIP that is announced wishes is remembered, and its fulfilment held back as far as there is no permit.
   * A permit is good for one withdraw: whoever comes back has to ask again.
   */
  #guarded(now: Instant, inputs: GateInputs): GateInputs {
    const wish = this.#isGuarded ? softWish(decide(inputs)) : undefined;
    // A check that fails, or has no result yet, is no drain: nobody has to agree before it keeps us from announcing.
    if (this.wasHeld && wish?.cause !== "drain") return inputs;
    this.wish = wish;
    if (wish === undefined) {
      if (this.permit.value !== "none") this.permit = { value: "none", since: now, text: NOT_ASKED };
      return inputs;
    }
    const { value, since, text } = this.permit;
    if (value === wish.step) return inputs;
    return { ...inputs, guard: { value: value === "gshut" ? "gshut" : "announce", since, text } };
  }

  get #isGuarded(): boolean {
    return this.settings.minAnnouncers > 0 && (this.action !== "withdraw" || this.wasHeld);
  }

  /** How far a drain has come that is not permitted to withdraw it; undefined: there is none, or nobody had to be asked. */
  heldDrain(drainAll: Held<boolean>): Standing["held"] {
    if (!this.#isGuarded || !(this.drain.value || drainAll.value)) return undefined;
    return { value: this.permit.value === "none" ? "none" : "gshut", since: this.permit.since };
  }

  /** When time alone changes a verdict, or NEVER. */
  static wakeAt(verdict: Verdict): Instant {
    let earliest = NEVER;
    for (const { until } of verdict.reasons) if (until !== undefined && until < earliest) earliest = until;
    return earliest;
  }

  /** A check that is down has closed it. One without a result was never seen to work: that is no flap. */
  #isAgainst(verdict: Verdict): boolean {
    return verdict.reasons.some(
      ({ condition, name, verdict: opinion }) =>
        condition === "check" &&
        opinion === "withdraw" &&
        this.checks.some(({ source }) => source.name === name && source.value === "down"),
    );
  }

  #lapse(now: Instant): void {
    const { lease } = this;
    if (lease?.value === "held" && lease.until <= now) this.lease = { ...lease, value: "lapsed", since: lease.until };
  }

  #inputs(now: Instant, drainAll: Held<boolean>): GateInputs {
    const { settings, vrrp } = this;
    return {
      configured: this.configured,
      vrrp: vrrp && { instance: vrrp.name, value: vrrp.value, since: vrrp.since },
      address: settings.requireAddress ? this.address : undefined,
      admin: this.admin,
      checks: this.checks.map(({ source, severity }) => ({
        name: source.name,
        severity,
        value: source.value,
        since: source.since,
        detail: source.detail,
      })),
      lease: this.lease,
      drain: this.#drain(now, drainAll),
      onDegraded: settings.onDegraded,
    };
  }

  /** Asked for by itself, with the whole node, or both: the earlier one counts. */
  #drain(now: Instant, drainAll: Held<boolean>): GateInputs["drain"] {
    const own = this.drain.value ? this.drain.since : NEVER;
    const since = Math.min(own, drainAll.value ? drainAll.since : NEVER) as Instant;
    if (since === NEVER) {
      this.wasHeld = false;
      return undefined;
    }
    // Nothing is announced that would have to be moved away, and to begin it would have to ask before it could end it.
    if (this.settings.minAnnouncers > 0 && !this.#isGuarded) return { value: "drained", since };
    if (this.#isGuarded && this.settings.drainDelay > 0) {
      // The time of a drain begins when it may begin.
      if (this.permit.value === "none") return { value: "gshut", since };
      return this.#drainFrom(now, this.permit.value === "gshut" ? this.permit.since : since);
    }
    return this.#drainFrom(now, since);
  }

  #drainFrom(now: Instant, since: Instant): NonNullable<GateInputs["drain"]> {
    const until = after(since, this.settings.drainDelay);
    return until > now ? { value: "gshut", since, until } : { value: "drained", since: until, until };
  }
}
