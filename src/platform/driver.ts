/*
 * Runs cores on Node's event loop: timers for their deadlines, and the promise of lib/core.ts that whatever input is
 * waiting is handed over before `advance`.
 *
 * One turn of the event loop is: timers, then I/O (sockets are read, `handle` is called), then setImmediate callbacks.
 * `advance` is called from setImmediate only, and only for deadlines that had passed before the I/O part of that turn
 * began: then every octet that had reached the kernel by the deadline has been read. A process that was stopped for a
 * minute so finds its neighbour's KEEPALIVE before it looks at the hold timer.
 *
 *     timer fires ──> mark I/O as begun ──> I/O ──> pass: advance what is due ──> timer for the next deadline
 *     input handled ───────────────────────────────^   (due now, but I/O may be incomplete: one more turn)
 */
import { type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Clock } from "./clock.ts";
import { monotonicNow } from "./clock.ts";

/** The part of a core that time drives. A `deadline` of 0 asks for a slice of work in every turn. */
export interface Driven {
  readonly deadline: Instant;
  advance(now: Instant): void;
}

/** What the driver has seen of the event loop. */
export interface DriverStats {
  /** Passes made. */
  readonly passes: number;
  /** The longest the loop was late or busy between two looks since `resetStats`. */
  readonly lagMax: Micros;
  /** The same, over the driver's life. */
  readonly lagMaxEver: Micros;
}

/** Node's longest timer; a later deadline is looked at again then. */
const TIMER_MS_MAX = 2_147_483_647;

export class Driver {
  readonly #clock: Clock;
  readonly #driven = new Set<Driven>();
  #timer: NodeJS.Timeout | undefined;
  /** When `#timer` was meant to fire, or NEVER. */
  #timerAt: Instant = NEVER;
  #passAsked = false;
  /** All input that had arrived by then will have been handed over at the next pass. */
  #drainedBy = 0 as Instant;
  /** When the pending pass was asked for. */
  #askedAt = 0 as Instant;
  #stopped = false;
  #passes = 0;
  #lagMax = 0;
  #lagMaxEver = 0;

  constructor(clock: Clock = monotonicNow) {
    this.#clock = clock;
  }

  /** The driver's clock. */
  now(): Instant {
    return this.#clock();
  }

  /** Starts to drive `core`. */
  add(core: Driven): void {
    this.#driven.add(core);
    this.touch();
  }

  remove(core: Driven): void {
    this.#driven.delete(core);
  }

  /**
   * Tells that a deadline may have changed: to be called around every `handle` of a core, before it by preference (the
   * time it takes is then seen as lag). Cheap; calls within one turn count as one.
   */
  touch(): void {
    if (!this.#passAsked) this.#ask(this.#clock());
  }

  get stats(): DriverStats {
    return { passes: this.#passes, lagMax: this.#lagMax as Micros, lagMaxEver: this.#lagMaxEver as Micros };
  }

  /** Starts a new interval for `stats.lagMax`. */
  resetStats(): void {
    this.#lagMax = 0;
  }

  /** No `advance` will be called any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#driven.clear();
  }

  #ask(now: Instant): void {
    this.#passAsked = true;
    this.#askedAt = now;
    setImmediate(this.#pass);
  }

  readonly #pass = (): void => {
    this.#passAsked = false;
    if (this.#stopped) return;
    const now = this.#clock();
    this.#noteLag(now - this.#askedAt);
    this.#passes++;
    const drainedBy = this.#drainedBy;
    // A pass that is asked for from here on runs after a whole I/O part.
    this.#drainedBy = now;
    let next = NEVER;
    for (const core of this.#driven) {
      if (core.deadline <= drainedBy) core.advance(now);
      if (core.deadline < next) next = core.deadline;
    }
    this.#arm(next, now);
  };

  #arm(next: Instant, passBegan: Instant): void {
    if (this.#stopped) return;
    const now = this.#clock();
    this.#noteLag(now - passBegan);
    if (next <= now) {
      if (!this.#passAsked) this.#ask(now);
      return;
    }
    if (next === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    if (next !== NEVER) this.#timer = setTimeout(this.#woken, Math.min(Math.ceil((next - now) / 1_000), TIMER_MS_MAX));
  }

  /** Node's timers fire up to a millisecond early: the pass finds nothing due then and arms the timer again. */
  readonly #woken = (): void => {
    const now = this.#clock();
    this.#noteLag(now - this.#timerAt);
    this.#timerAt = NEVER;
    this.#drainedBy = now;
    if (!this.#passAsked) this.#ask(now);
  };

  #noteLag(lag: number): void {
    if (lag > this.#lagMax) this.#lagMax = lag;
    if (lag > this.#lagMaxEver) this.#lagMaxEver = lag;
  }
}
