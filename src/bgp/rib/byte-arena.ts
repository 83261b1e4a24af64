import { assert } from "../../lib/assert.ts";
import { readU32, writeU32 } from "../../lib/bytes.ts";

/** Where a stretch of bytes begins in a {@link ByteArena}, in units of eight octets. Never 0. */
export type ArenaPlace = number;

const CHUNK_BITS = 20;
const CHUNK_BYTES = 1 << CHUNK_BITS;
const UNIT_BITS = 3;
/** Up to here each size in units has its own list of freed places; above, sizes are powers of two. */
const FINE_UNITS_MAX = 128;
const CLASSES = FINE_UNITS_MAX + 16;

/**
 * Many short stretches of bytes in a few large chunks. What is freed is used again for the same size, rounded up to
 * eight octets: sizes of attribute sets repeat, so little is lost. Chunks go when the last stretch goes.
 */
export class ByteArena {
  #chunks: Uint8Array[] = [];
  /** First unit that was never used, over all chunks. */
  #top = 1;
  /** First freed place of each size class; each freed place begins with the next one. */
  readonly #freed = new Uint32Array(CLASSES);
  #live = 0;

  /** Room for `length` octets, at most a chunk. What is in there is arbitrary. */
  allocate(length: number): ArenaPlace {
    assert(length <= CHUNK_BYTES, `${length} octets do not fit a chunk`);
    this.#live++;
    const sizeClass = classOf(length);
    const place = this.#freed[sizeClass] as number;
    if (place !== 0) {
      this.#freed[sizeClass] = readU32(this.chunkOf(place), offsetOf(place));
      return place;
    }
    return this.#extend(unitsOf(sizeClass));
  }

  /** Gives back a place of `length` octets. */
  free(place: ArenaPlace, length: number): void {
    this.#live--;
    if (this.#live === 0) {
      this.#chunks = [];
      this.#top = 1;
      this.#freed.fill(0);
      return;
    }
    const sizeClass = classOf(length);
    writeU32(this.chunkOf(place), offsetOf(place), this.#freed[sizeClass] as number);
    this.#freed[sizeClass] = place;
  }

  /** The chunk that holds `place`; good until the next `allocate` or `free`. */
  chunkOf(place: ArenaPlace): Uint8Array {
    return this.#chunks[place >>> (CHUNK_BITS - UNIT_BITS)] as Uint8Array;
  }

  /** Octets held from the system. */
  get bytesHeld(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  #extend(units: number): ArenaPlace {
    const perChunk = CHUNK_BYTES >>> UNIT_BITS;
    const inChunk = this.#top % perChunk;
    if (inChunk + units > perChunk) this.#top += perChunk - inChunk; // the rest of the chunk is lost
    const place = this.#top;
    this.#top += units;
    while (this.#chunks.length * perChunk < this.#top) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    return place;
  }
}

/** Index of `place` in its chunk. */
export function offsetOf(place: ArenaPlace): number {
  return (place << UNIT_BITS) & (CHUNK_BYTES - 1);
}

function classOf(length: number): number {
  const units = Math.max(1, (length + 7) >>> UNIT_BITS);
  if (units <= FINE_UNITS_MAX) return units;
  return FINE_UNITS_MAX + 32 - Math.clz32((units - 1) >>> 7);
}

function unitsOf(sizeClass: number): number {
  return sizeClass <= FINE_UNITS_MAX ? sizeClass : FINE_UNITS_MAX << (sizeClass - FINE_UNITS_MAX);
}
