import { growU8, growU32, nextCapacity } from "./columns.ts";

/** A row of a {@link PrefixTable}: dense, from 1, used again after `remove`. 0: none. */
export type PrefixIndex = number;

/** The hash table is cut into this many parts, by the top bits of the hash, that grow each by itself. */
const PARTS = 256;
const PART_SLOTS_MIN = 16;
/** In the length column: this row is free. */
const FREE = 255;

/**
 * The destinations of one family: a dense row for each prefix, found by open addressing. Nothing on the JavaScript heap
 * for a prefix. Hot: the columns are public and read directly by the rest of the RIB; only this class writes them, but
 * for `heads`, which belongs to the path lists.
 *
 * The index is many small hash tables instead of one large, because one large one would stop everything for tens of
 * milliseconds whenever it doubles.
 */
export class PrefixTable {
  /** IPv6: four address words; IPv4: one. */
  readonly wide: boolean;
  w0 = new Uint32Array(1024);
  w1: Uint32Array;
  w2: Uint32Array;
  w3: Uint32Array;
  lengths = new Uint8Array(1024);
  /** The first path of each destination (path-table.ts); of a free row: the next free row. */
  heads = new Uint32Array(1024);
  /** Rows in use. */
  count = 0;
  /** One more than the highest row that was ever used. */
  limit = 1;
  #free = 0;
  readonly #parts: Uint32Array[] = [];
  readonly #used = new Uint32Array(PARTS);

  constructor(wide: boolean) {
    this.wide = wide;
    this.w1 = new Uint32Array(wide ? 1024 : 0);
    this.w2 = new Uint32Array(wide ? 1024 : 0);
    this.w3 = new Uint32Array(wide ? 1024 : 0);
    for (let i = 0; i < PARTS; i++) this.#parts.push(new Uint32Array(PART_SLOTS_MIN));
  }

  isUsed(index: PrefixIndex): boolean {
    return index < this.limit && this.lengths[index] !== FREE;
  }

  /** The row of a prefix, or 0. Bits beyond `length` must be clear. */
  find(w0: number, w1: number, w2: number, w3: number, length: number): PrefixIndex {
    const hash = this.wide ? hash6(w0, w1, w2, w3, length) : hash4(w0, length);
    const part = this.#parts[hash >>> 24] as Uint32Array;
    const mask = part.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = part[slot] as number;
      if (index === 0 || this.#is(index, w0, w1, w2, w3, length)) return index;
    }
  }

  /** The row of a prefix, which is made when there is none. */
  insert(w0: number, w1: number, w2: number, w3: number, length: number): PrefixIndex {
    const hash = this.wide ? hash6(w0, w1, w2, w3, length) : hash4(w0, length);
    const at = hash >>> 24;
    const part = this.#parts[at] as Uint32Array;
    const mask = part.length - 1;
    let slot = hash & mask;
    for (;;) {
      const index = part[slot] as number;
      if (index === 0) break;
      if (this.#is(index, w0, w1, w2, w3, length)) return index;
      slot = (slot + 1) & mask;
    }
    const index = this.#allocate();
    this.w0[index] = w0;
    if (this.wide) {
      this.w1[index] = w1;
      this.w2[index] = w2;
      this.w3[index] = w3;
    }
    this.lengths[index] = length;
    this.heads[index] = 0;
    part[slot] = index;
    const used = (this.#used[at] as number) + 1;
    this.#used[at] = used;
    if (used * 4 > part.length * 3) this.#growPart(at);
    return index;
  }

  /** Frees a row in use. */
  remove(index: PrefixIndex): void {
    const hash = this.#hashOf(index);
    const at = hash >>> 24;
    const part = this.#parts[at] as Uint32Array;
    const mask = part.length - 1;
    let hole = hash & mask;
    while (part[hole] !== index) hole = (hole + 1) & mask;
    // Close the gap: move back whoever could stand there, so that no probe ends too early.
    for (let slot = (hole + 1) & mask; part[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashOf(part[slot] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      part[hole] = part[slot] as number;
      hole = slot;
    }
    part[hole] = 0;
    this.#used[at] = (this.#used[at] as number) - 1;
    this.lengths[index] = FREE;
    this.heads[index] = this.#free;
    this.#free = index;
    this.count--;
  }

  #is(index: number, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    if (this.w0[index] !== w0 || this.lengths[index] !== length) return false;
    return !this.wide || (this.w1[index] === w1 && this.w2[index] === w2 && this.w3[index] === w3);
  }

  #hashOf(index: number): number {
    const w0 = this.w0[index] as number;
    const length = this.lengths[index] as number;
    if (!this.wide) return hash4(w0, length);
    return hash6(w0, this.w1[index] as number, this.w2[index] as number, this.w3[index] as number, length);
  }

  #allocate(): number {
    this.count++;
    if (this.#free !== 0) {
      const index = this.#free;
      this.#free = this.heads[index] as number;
      return index;
    }
    if (this.limit === this.w0.length) this.#growColumns(nextCapacity(this.limit));
    return this.limit++;
  }

  #growColumns(capacity: number): void {
    this.w0 = growU32(this.w0, capacity);
    if (this.wide) {
      this.w1 = growU32(this.w1, capacity);
      this.w2 = growU32(this.w2, capacity);
      this.w3 = growU32(this.w3, capacity);
    }
    this.lengths = growU8(this.lengths, capacity);
    this.heads = growU32(this.heads, capacity);
  }

  #growPart(at: number): void {
    const old = this.#parts[at] as Uint32Array;
    const grown = new Uint32Array(old.length * 2);
    const mask = grown.length - 1;
    for (const index of old) {
      if (index === 0) continue;
      let slot = this.#hashOf(index) & mask;
      while (grown[slot] !== 0) slot = (slot + 1) & mask;
      grown[slot] = index;
    }
    this.#parts[at] = grown;
  }
}

function hash4(w0: number, length: number): number {
  return finish(w0 ^ Math.imul(length + 1, 0x9e3779b1));
}

function hash6(w0: number, w1: number, w2: number, w3: number, length: number): number {
  let hash = Math.imul(w0 ^ Math.imul(length + 1, 0x9e3779b1), 0xcc9e2d51);
  hash = Math.imul((hash ^ (hash >>> 15)) + w1, 0x1b873593);
  hash = Math.imul((hash ^ (hash >>> 13)) + w2, 0x85ebca6b);
  return finish((hash ^ (hash >>> 16)) + w3);
}

/** The finishing steps of MurmurHash3: every bit of the input moves every bit of the hash. */
function finish(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
