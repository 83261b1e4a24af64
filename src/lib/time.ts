declare const instant: unique symbol;
/** Monotonic microseconds since an arbitrary origin. A clock reading, never a duration. */
export type Instant = number & { readonly [instant]: true };
declare const micros: unique symbol;
/** A duration in microseconds. */
export type Micros = number & { readonly [micros]: true };

/** The deadline of a timer that is not armed. */
export const NEVER = Number.POSITIVE_INFINITY as Instant;

/** Seconds (fractions allowed) to microseconds. */
export const seconds = (s: number): Micros => Math.round(s * 1_000_000) as Micros;
/** Milliseconds (fractions allowed) to microseconds. */
export const millis = (ms: number): Micros => Math.round(ms * 1_000) as Micros;
/** Microseconds to seconds, for people and for wire fields. */
export const toSeconds = (d: Micros): number => d / 1_000_000;
/** The instant `d` after `now`. */
export const after = (now: Instant, d: Micros): Instant => (now + d) as Instant;
/** The time that passed between two readings of the same clock. */
export const elapsed = (from: Instant, to: Instant): Micros => (to - from) as Micros;

/** Deadlines of a core's named timers: a row per name, one slot each, no allocation to arm. */
export class TimerTable<Name extends number> {
  readonly #due: Float64Array;

  constructor(count: number) {
    this.#due = new Float64Array(count).fill(NEVER);
  }

  /** Sets (or moves) the timer `name` to fire at `at`. */
  arm(name: Name, at: Instant): void {
    this.#due[name] = at;
  }

  stop(name: Name): void {
    this.#due[name] = NEVER;
  }

  stopAll(): void {
    this.#due.fill(NEVER);
  }

  /** When the timer fires, or NEVER. */
  at(name: Name): Instant {
    return this.#due[name] as Instant;
  }

  isArmed(name: Name): boolean {
    return this.#due[name] !== NEVER;
  }

  /** The earliest deadline, or NEVER. */
  next(): Instant {
    let min = NEVER;
    for (const at of this.#due) if (at < min) min = at as Instant;
    return min;
  }

  /** Stops and returns the timer that is due first at `now`, or undefined when none is. */
  takeDue(now: Instant): Name | undefined {
    let name: number | undefined;
    let min = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#due.length; i++) {
      const at = this.#due[i] as number;
      if (at <= now && at < min) {
        min = at;
        name = i;
      }
    }
    if (name !== undefined) this.stop(name as Name);
    return name as Name | undefined;
  }
}
