import { capacityFor, growU32, nextCapacity } from "./columns.ts";

/** Rings that were longer than this are given back when they run empty. */
const KEPT_MAX = 1 << 16;

/**
 * First in, first out, of table rows; each row at most once, so its length is bounded by the table. Rows are numbered
 * from 1: `take` says 0 when there is none.
 */
export class IndexQueue {
  #ring = new Uint32Array(256);
  #head = 0;
  /** One bit a row: it is in the ring. */
  #queued = new Uint32Array(32);
  length = 0;

  /** Appends `index` unless it waits already. */
  add(index: number): void {
    const word = index >>> 5;
    const bit = 1 << (index & 31);
    if (word >= this.#queued.length) this.#queued = growU32(this.#queued, capacityFor(word + 1));
    const bits = this.#queued[word] as number;
    if ((bits & bit) !== 0) return;
    this.#queued[word] = bits | bit;
    if (this.length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = index;
    this.length++;
  }

  has(index: number): boolean {
    return (((this.#queued[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** Takes the row that waited longest, or 0. */
  take(): number {
    if (this.length === 0) return 0;
    const index = this.#ring[this.#head] as number;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.length--;
    const word = index >>> 5;
    this.#queued[word] = (this.#queued[word] as number) & ~(1 << (index & 31));
    if (this.length === 0 && this.#ring.length > KEPT_MAX) this.#ring = new Uint32Array(256);
    if (this.length === 0) this.#head = 0;
    return index;
  }

  clone(): IndexQueue {
    const copy = new IndexQueue();
    copy.#ring = this.#ring.slice();
    copy.#head = this.#head;
    copy.#queued = this.#queued.slice();
    copy.length = this.length;
    return copy;
  }

  #grow(): void {
    const size = this.#ring.length;
    const grown = new Uint32Array(nextCapacity(size));
    grown.set(this.#ring.subarray(this.#head));
    grown.set(this.#ring.subarray(0, this.#head), size - this.#head);
    this.#ring = grown;
    this.#head = 0;
  }
}
