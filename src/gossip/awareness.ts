import type { Micros } from "../lib/time.ts";

/**
 * Lifeguard's measure of our own health: 0 is well. It rises when our probes fail in ways that point at us (no nacks
 * from those we asked, or we had to refute) and stretches the time that others have to answer.
 */
export class Awareness {
  readonly #ceiling: number;
  #score = 0;

  /** Scores go from 0 to `multiplierMax` - 1. */
  constructor(multiplierMax: number) {
    this.#ceiling = multiplierMax - 1;
  }

  get score(): number {
    return this.#score;
  }

  apply(delta: number): void {
    this.#score = Math.min(this.#ceiling, Math.max(0, this.#score + delta));
  }

  scale(timeout: Micros): Micros {
    return (timeout * (this.#score + 1)) as Micros;
  }
}
