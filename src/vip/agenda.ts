import { type Instant, NEVER } from "../lib/time.ts";

/** Something to be woken at a moment. Both fields belong to the {@link Agenda}. */
export interface Sleeper {
  /** NEVER: it is not in the agenda. */
  wakeAt: Instant;
  slot: number;
}

/** Who is to be woken when: a binary heap in which each sleeper knows its place, so that it can be moved or taken out. */
export class Agenda<T extends Sleeper> {
  readonly #heap: T[] = [];

  /** The earliest moment, or NEVER. */
  get next(): Instant {
    return this.#heap[0]?.wakeAt ?? NEVER;
  }

  /** Puts it in, moves it, or (NEVER) takes it out. */
  set(sleeper: T, at: Instant): void {
    if (sleeper.wakeAt === at) return;
    const isIn = sleeper.wakeAt !== NEVER;
    if (at === NEVER) {
      this.#remove(sleeper);
      return;
    }
    sleeper.wakeAt = at;
    if (!isIn) this.#place(sleeper, this.#heap.length);
    this.#settle(sleeper);
  }

  /** Takes out the first that is due at `now`. */
  takeDue(now: Instant): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.wakeAt > now) return undefined;
    this.#remove(first);
    return first;
  }

  #remove(sleeper: T): void {
    const last = this.#heap.pop() as T;
    if (last !== sleeper) {
      this.#place(last, sleeper.slot);
      this.#settle(last);
    }
    sleeper.wakeAt = NEVER;
  }

  /** Up, then down: one of the two does nothing. */
  #settle(sleeper: T): void {
    const heap = this.#heap;
    while (sleeper.slot > 0) {
      const parent = heap[(sleeper.slot - 1) >> 1] as T;
      if (parent.wakeAt <= sleeper.wakeAt) break;
      this.#swap(sleeper, parent);
    }
    for (;;) {
      const left = heap[2 * sleeper.slot + 1];
      const right = heap[2 * sleeper.slot + 2];
      const child = right !== undefined && left !== undefined && right.wakeAt < left.wakeAt ? right : left;
      if (child === undefined || child.wakeAt >= sleeper.wakeAt) break;
      this.#swap(sleeper, child);
    }
  }

  #swap(a: T, b: T): void {
    const { slot } = a;
    this.#place(a, b.slot);
    this.#place(b, slot);
  }

  #place(sleeper: T, slot: number): void {
    this.#heap[slot] = sleeper;
    sleeper.slot = slot;
  }
}
