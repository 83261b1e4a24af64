import type { Instant } from "../../src/lib/time.ts";

interface Entry {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: what is to happen when, in that order; of one instant, in the order in which it was asked for. */
export class Agenda {
  now = 0 as Instant;
  readonly #heap: Entry[] = [];
  #order = 0;

  add(at: Instant, run: () => void): void {
    const heap = this.#heap;
    heap.push({ at, order: this.#order++, run });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (isBefore(heap[parent] as Entry, heap[i] as Entry)) break;
      swap(heap, i, parent);
      i = parent;
    }
  }

  /** When the next thing happens, or undefined. */
  get next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Moves on to the next thing and lets it happen. */
  step(): void {
    const heap = this.#heap;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < heap.length && isBefore(heap[child] as Entry, heap[least] as Entry)) least = child;
        if (least === i) break;
        swap(heap, i, least);
        i = least;
      }
    }
    this.now = first.at;
    first.run();
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function swap(heap: Entry[], i: number, j: number): void {
  const entry = heap[i] as Entry;
  heap[i] = heap[j] as Entry;
  heap[j] = entry;
}
