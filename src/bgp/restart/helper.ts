/**
 * The receiving speaker of RFC 4724 section 4.2: what becomes of one neighbour's routes when its session ends, and when
 * it is back. One helper for each neighbour; pure, with timers of its own.
 *
 *                 lost                    Restart Time over, the family has a long-lived stale time
 *      none ----------------> stale ---------------------------------------------------------------> long-lived
 *       ^                       |                                                                       |
 *       '-----------------------+-----------------------------------------------------------------------'
 *          End-of-RIB; Restart Time or long-lived stale time over; back without the family or the F bit; an operator
 *
 * A family has that state whether the session is down or up again: what was announced before is stale until it is
 * announced once more, or goes when the neighbour says that this was all.
 *
 * Timers. Restart Time runs while the session is down, by what the neighbour offered. The long-lived stale time of a family
 * runs from the end of Restart Time until End-of-RIB, whatever the session does meanwhile, and is not started anew by
 * another failure (RFC 9494 section 4.2). Stale path time bounds the wait for End-of-RIB once the neighbour is back (RFC 4724
 * section 4.2 allows it); it, too, goes on through another failure, so that a neighbour that fails again and again cannot
 * keep its routes for ever.
 *
 * A neighbour that goes down a second time before End-of-RIB: what was stale already is deleted (RFC 4724 section 4.2), unless
 * RFC 8538 section 4.2 (N bit) or RFC 9494 section 4.2 (long-lived stale time) tells to keep it.
 *
 * RFCs: 4724, 8538, 9494.
 */
import { after, type Instant, type Micros, seconds, TimerTable } from "../../lib/time.ts";
import type { DownReason, SessionUp } from "../session/index.ts";
import { FAMILIES, type Family } from "../wire/index.ts";
import { isGraceful } from "./loss.ts";
import { familyOfferOf, isNotificationNegotiated, type Retention, retentions } from "./offers.ts";
import type { StaleEnd, StaleState } from "./restart-view.ts";

/** The most time from the return of a neighbour to its End-of-RIB, unless configured. FRR's. */
const STALE_PATH_TIME: Micros = seconds(360);

/** What a helper wants done with the routes of its neighbour. Must not call back in. */
export interface HelperOut {
  /** The session is gone: keep its routes of these families as stale, drop the others. */
  retain(families: readonly Family[], restartTime: Micros): void;
  /** The session is gone, and nothing of it is kept (any more). */
  release(): void;
  /** Drop the stale routes of a family. */
  sweep(family: Family, why: StaleEnd): void;
  /** The stale routes of a family count as last resort from now on, for `staleTime`. */
  beginLongLived(family: Family, staleTime: Micros): void;
}

/** Rows of the timer table: a long-lived stale time for each family stands before them. */
const HelperTimer = { Restart: FAMILIES.length, StalePath: FAMILIES.length + 1 } as const;

/** What is known of a family. */
interface FamilyState {
  state: StaleState;
  /** What a failure of the session of now would keep, or that of the last one has kept. */
  retention: Retention | undefined;
  /** RFC 9494 section 4.2: its long-lived stale time ended before End-of-RIB. Another failure by then keeps nothing. */
  isOverdue: boolean;
  endOfRibReceived: Instant | undefined;
}

export class Helper {
  readonly #out: HelperOut;
  readonly #families: readonly FamilyState[];
  readonly #timers = new TimerTable<number>(FAMILIES.length + 2);
  #isUp = false;
  #isHolding = false;

  constructor(out: HelperOut) {
    this.#out = out;
    this.#families = FAMILIES.map(() => ({
      state: "none",
      retention: undefined,
      isOverdue: false,
      endOfRibReceived: undefined,
    }));
  }

  get deadline(): Instant {
    return this.#timers.next();
  }

  /** The session is down, and routes of it are kept. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  get restartTimer(): Instant {
    return this.#timers.at(HelperTimer.Restart);
  }

  get stalePathTimer(): Instant {
    return this.#timers.at(HelperTimer.StalePath);
  }

  longLivedTimer(family: Family): Instant {
    return this.#timers.at(family);
  }

  stateOf(family: Family): StaleState {
    return this.#of(family).state;
  }

  /** When End-of-RIB came in the session of now. */
  endOfRibReceived(family: Family): Instant | undefined {
    return this.#of(family).endOfRibReceived;
  }

  advance(now: Instant): void {
    for (let due = this.deadline; due <= now; due = this.deadline) {
      const timer = this.#timers.takeDue(now);
      // What follows on a timer counts from when that was due: a process that was held up keeps nothing for longer.
      if (timer === HelperTimer.Restart) this.#restartTimeOver(due);
      else if (timer === HelperTimer.StalePath) this.#stalePathTimeOver();
      else this.#longLivedTimeOver(timer as Family);
    }
  }

  /** The session has ended. */
  lost(now: Instant, up: SessionUp, reason: DownReason): void {
    this.#isUp = false;
    const kept = isGraceful(up, reason) ? retentions(up).filter(({ family }) => !this.#of(family).isOverdue) : [];
    if (kept.length === 0) {
      this.#release();
      return;
    }
    for (const family of FAMILIES) {
      const retention = kept.find((candidate) => candidate.family === family);
      this.#lose(family, retention, isNotificationNegotiated(up));
    }
    this.#settleStalePathTimer();
    const restartTime = Math.max(...kept.map((retention) => retention.restartTime)) as Micros;
    this.#isHolding = true;
    this.#out.retain(
      kept.map(({ family }) => family),
      restartTime,
    );
    for (const { family } of kept) this.#of(family).state = "stale";
    this.#timers.arm(HelperTimer.Restart, after(now, restartTime));
    // Where Restart Time is zero, the long-lived time begins at once (RFC 9494 section 4.2).
    for (const retention of kept) if (retention.restartTime === 0) this.#beginLongLived(now, retention);
    if (restartTime === 0) this.#timers.stop(HelperTimer.Restart);
  }

  /** Before the routes of a family are marked: what becomes of those that are stale already. */
  #lose(family: Family, retention: Retention | undefined, isNotificationNegotiated: boolean): void {
    const known = this.#of(family);
    known.retention = retention;
    known.endOfRibReceived = undefined;
    if (known.state === "none") return;
    if (retention === undefined)
      this.#clear(family); // all its routes go
    else if (retention.longLivedTime === 0 && !isNotificationNegotiated) this.#sweep(family, "restarted-again");
  }

  /** The neighbour is back. The F bits that count are those of the capability by which its routes are kept. */
  returned(now: Instant, up: SessionUp, stalePathTime: Micros = STALE_PATH_TIME): void {
    this.#isUp = true;
    this.#isHolding = false;
    this.#timers.stop(HelperTimer.Restart);
    for (const family of FAMILIES) {
      const known = this.#of(family);
      known.endOfRibReceived = undefined;
      if (known.state === "none") continue;
      const { forwarding, longLived } = familyOfferOf(up.receivedOpen, family);
      const isForwarding = known.state === "stale" ? forwarding === true : longLived?.forwarding === true;
      const isCarried = up.negotiated.families.some((negotiated) => negotiated.family === family);
      if (!isForwarding || !isCarried) this.#sweep(family, "not-forwarding");
    }
    this.#settleStalePathTimer();
    if (this.#isStale && !this.#timers.isArmed(HelperTimer.StalePath))
      this.#timers.arm(HelperTimer.StalePath, after(now, stalePathTime));
  }

  /** The neighbour has announced all it has of this family. */
  endOfRib(now: Instant, family: Family): void {
    const known = this.#of(family);
    known.endOfRibReceived = now;
    known.isOverdue = false;
    this.#sweep(family, "end-of-rib");
    this.#settleStalePathTimer();
  }

  /** Drops what is stale, in every family: the session is not to be helped any more. */
  flush(): void {
    for (const family of FAMILIES) this.#sweep(family, "administrative");
    this.#settle();
  }

  #of(family: Family): FamilyState {
    return this.#families[family] as FamilyState;
  }

  get #isStale(): boolean {
    return this.#families.some(({ state }) => state !== "none");
  }

  #restartTimeOver(now: Instant): void {
    for (const family of FAMILIES) {
      const { state, retention } = this.#of(family);
      if (state !== "stale") continue;
      if (retention !== undefined && retention.longLivedTime > 0) this.#beginLongLived(now, retention);
      else this.#sweep(family, "restart-time");
    }
    this.#settle();
  }

  #beginLongLived(now: Instant, { family, longLivedTime }: Retention): void {
    this.#of(family).state = "long-lived";
    if (!this.#timers.isArmed(family)) this.#timers.arm(family, after(now, longLivedTime));
    this.#out.beginLongLived(family, (this.#timers.at(family) - now) as Micros);
  }

  #longLivedTimeOver(family: Family): void {
    this.#of(family).isOverdue = this.#isUp;
    this.#sweep(family, "long-lived-stale-time");
    this.#settle();
  }

  /** While the session is down, a family with a long-lived stale time goes by that. */
  #stalePathTimeOver(): void {
    for (const family of FAMILIES) {
      const isBounded = !this.#isUp && (this.#of(family).retention?.longLivedTime ?? 0) > 0;
      if (!isBounded) this.#sweep(family, "stale-path-time");
    }
    this.#settle();
  }

  #sweep(family: Family, why: StaleEnd): void {
    if (this.#of(family).state === "none") return;
    this.#clear(family);
    this.#out.sweep(family, why);
  }

  #clear(family: Family): void {
    this.#of(family).state = "none";
    this.#timers.stop(family);
  }

  /** Routes went: perhaps the last ones. */
  #settle(): void {
    this.#settleStalePathTimer();
    if (this.#isHolding && !this.#isStale) this.#release();
  }

  #settleStalePathTimer(): void {
    if (!this.#isStale) this.#timers.stop(HelperTimer.StalePath);
  }

  #release(): void {
    this.#isHolding = false;
    for (const known of this.#families) {
      known.state = "none";
      known.isOverdue = false;
      known.endOfRibReceived = undefined;
    }
    this.#timers.stopAll();
    this.#out.release();
  }
}
