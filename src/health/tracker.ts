import type { CheckState } from "./health-io.ts";

/**
 * keepalived's result counter. It lies between 0 and rise + fall - 1, and the check is up while it is at least `rise`:
 * `rise` successes in a row bring it up, `fall` failures in a row bring it down, and one result of the other kind
 * undoes all progress. The first result decides alone, unless the check was told to begin as failed.
 */
export class Tracker {
  #rise: number;
  #fall: number;
  #result: number;
  #state: CheckState;

  /** `initFail`: begins down, and `rise` successes are needed. */
  constructor(rise: number, fall: number, initFail: boolean) {
    this.#rise = rise;
    this.#fall = fall;
    this.#state = initFail ? "down" : "unknown";
    // One success from up; and a failure in state "unknown" is down whatever the counter says.
    this.#result = initFail ? 0 : rise - 1;
  }

  /** Unknown until the first result. */
  get state(): CheckState {
    return this.#state;
  }

  get result(): number {
    return this.#result;
  }

  get #max(): number {
    return this.#rise + this.#fall - 1;
  }

  /** Counts one result. */
  count(success: boolean): void {
    if (success) this.#succeeded();
    else this.#failed();
  }

  #succeeded(): void {
    if (this.#result < this.#rise - 1) {
      this.#result++;
      return;
    }
    if (this.#result === this.#rise - 1) this.#state = "up";
    this.#result = this.#max;
  }

  #failed(): void {
    if (this.#result > this.#rise) {
      this.#result--;
      return;
    }
    if (this.#result === this.#rise || this.#state === "unknown") this.#state = "down";
    this.#result = 0;
  }

  /** Other thresholds: the state stays, and so does progress towards the other one, short of reaching it. */
  resize(rise: number, fall: number): void {
    const failures = this.#max - this.#result;
    this.#rise = rise;
    this.#fall = fall;
    if (this.#state === "up") this.#result = Math.max(rise, this.#max - failures);
    else if (this.#state === "down") this.#result = Math.min(this.#result, rise - 1);
    else this.#result = rise - 1;
  }
}
