/*
 * Go's compress/lzw with order LSB and literals of 8 bits, which is GIF's code layout: codes of 9 bits at first, 256
 * clears the table, 257 ends, 258 is the first free one, 12 bits at most. Not zlib, not TIFF. The encoder makes the same
 * decisions as Go's, so its output is octet for octet the same.
 */

import { fail, ok, type Result } from "../../lib/result.ts";

const CLEAR = 256;
const END = 257;
const WIDTH_MAX = 12;
const CODE_MAX = (1 << WIDTH_MAX) - 1;
const NONE = 0xffff;

/** Gathers codes of varying width, the lowest bit first. */
class BitWriter {
  #out: Uint8Array;
  #length = 0;
  #bits = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#out = new Uint8Array(capacity);
  }

  write(code: number, width: number): void {
    this.#bits |= code << this.#count;
    this.#count += width;
    while (this.#count >= 8) this.#byte();
  }

  #byte(): void {
    if (this.#length === this.#out.length) {
      const grown = new Uint8Array(this.#out.length * 2);
      grown.set(this.#out);
      this.#out = grown;
    }
    this.#out[this.#length++] = this.#bits & 0xff;
    this.#bits >>>= 8;
    this.#count -= 8;
  }

  finish(): Uint8Array {
    if (this.#count > 0) this.#byte();
    return this.#out.subarray(0, this.#length);
  }
}

// Open addressing over (prefix code, octet) -> code: 4 slots per possible code. Entries of another generation are free,
// so a clear costs nothing.
const SLOTS = 1 << 14;
const slotKeys = new Int32Array(SLOTS);
const slotCodes = new Uint16Array(SLOTS);
let generation = 0;

/** Forgets every table entry. The generation lives in the upper bits of a key: 20 bits of key, 11 of generation. */
function clearTable(): void {
  generation++;
  if (generation === 1 << 11) {
    slotKeys.fill(0);
    generation = 1;
  }
}

/** The slot that holds `key`, or the free one where it belongs. */
function slotOf(key: number): number {
  let slot = (Math.imul(key, 0x9e3779b1) >>> 18) & (SLOTS - 1);
  while (slotKeys[slot] !== key && (slotKeys[slot] as number) >>> 20 === generation) slot = (slot + 1) & (SLOTS - 1);
  return slot;
}

/** Compresses `input`. The result may be larger. */
export function lzwEncode(input: Uint8Array): Uint8Array {
  const out = new BitWriter(64 + input.length);
  clearTable();
  let width = 9;
  let high = END;
  let overflow = 512;
  out.write(CLEAR, width);
  let code = input.length === 0 ? NONE : (input[0] as number);
  for (let i = 1; i < input.length; i++) {
    const octet = input[i] as number;
    const key = (generation << 20) | (code << 8) | octet;
    const slot = slotOf(key);
    if (slotKeys[slot] === key) {
      code = slotCodes[slot] as number;
      continue;
    }
    out.write(code, width);
    code = octet;
    high++;
    if (high === overflow) {
      width++;
      overflow <<= 1;
    }
    if (high === CODE_MAX) {
      out.write(CLEAR, width);
      width = 9;
      high = END;
      overflow = 512;
      clearTable();
    } else {
      slotKeys[slot] = key;
      slotCodes[slot] = high;
    }
  }
  if (code !== NONE) {
    out.write(code, width);
    high++;
    if (high === overflow) width++;
    if (high === CODE_MAX) {
      out.write(CLEAR, width);
      width = 9;
    }
  }
  out.write(END, width);
  return out.finish();
}

/** Decompressed octets, or what is wrong: a code that is not in the table, no end, or more than `max` octets. */
export function lzwDecode(input: Uint8Array, max: number): Result<Uint8Array, string> {
  return new Decoder(input, max).run();
}

class Decoder {
  readonly #input: Uint8Array;
  readonly #max: number;
  readonly #prefix = new Uint16Array(CODE_MAX + 1);
  readonly #suffix = new Uint8Array(CODE_MAX + 1);
  readonly #scratch = new Uint8Array(CODE_MAX + 2);
  #out: Uint8Array;
  #length = 0;
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(input: Uint8Array, max: number) {
    this.#input = input;
    this.#max = max;
    this.#out = new Uint8Array(Math.min(max, 4 * input.length + 64));
  }

  run(): Result<Uint8Array, string> {
    let width = 9;
    // The code that the next string will get; it is made of `last` and the first octet of what comes next.
    let high = END;
    let last = NONE;
    for (;;) {
      const code = this.#code(width);
      if (code === NONE) return fail("compressed data ends early");
      if (code === END) return ok(this.#out.slice(0, this.#length));
      if (code === CLEAR) {
        width = 9;
        high = END;
        last = NONE;
        continue;
      }
      if (code > high) return fail("compressed data has a bad code");
      const isNew = code === high && last !== NONE;
      const first = this.#expand(isNew ? last : code, isNew);
      if (first < 0) return fail("decompressed data is too long");
      if (last !== NONE) {
        this.#prefix[high] = last;
        this.#suffix[high] = first;
      }
      last = code;
      high++;
      if (high === 1 << width) {
        if (width < WIDTH_MAX) width++;
        else {
          // The table is full: no more strings until a clear.
          high--;
          last = NONE;
        }
      }
    }
  }

  /** The next code, or NONE at the end. */
  #code(width: number): number {
    while (this.#count < width) {
      if (this.#at === this.#input.length) return NONE;
      this.#bits |= (this.#input[this.#at++] as number) << this.#count;
      this.#count += 8;
    }
    const code = this.#bits & ((1 << width) - 1);
    this.#bits >>>= width;
    this.#count -= width;
    return code;
  }

  /** Appends the string of `code`, and its first octet again if `repeatFirst`. Returns that octet, or -1: no room. */
  #expand(code: number, repeatFirst: boolean): number {
    const end = this.#scratch.length - (repeatFirst ? 1 : 0);
    let at = end;
    let walk = code;
    while (walk >= CLEAR) {
      this.#scratch[--at] = this.#suffix[walk] as number;
      walk = this.#prefix[walk] as number;
    }
    this.#scratch[--at] = walk;
    if (repeatFirst) this.#scratch[end] = walk;
    const size = this.#scratch.length - at;
    if (this.#length + size > this.#max) return -1;
    this.#reserve(this.#length + size);
    this.#out.set(this.#scratch.subarray(at), this.#length);
    this.#length += size;
    return walk;
  }

  #reserve(size: number): void {
    if (size <= this.#out.length) return;
    const grown = new Uint8Array(Math.min(this.#max, Math.max(size, 2 * this.#out.length)));
    grown.set(this.#out);
    this.#out = grown;
  }
}
