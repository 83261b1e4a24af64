/** Thrown by {@link Reader} at the end of its bytes. Caught only where a message begins and ends; never past that. */
export class ShortRead extends Error {
  override readonly name = "ShortRead";
}

// One instance for all: a peer that sends truncated messages must not make us collect stack traces.
const SHORT_READ = new ShortRead("read past the end of the bytes");

/** Reads big-endian fields from a stretch of bytes. Every method throws {@link ShortRead} at the end, and nothing else. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Index in `bytes` of the next octet to be read. */
  position: number;
  /** Index in `bytes` just past the last octet that may be read. */
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Octets left. */
  get remaining(): number {
    return this.end - this.position;
  }

  #take(count: number): number {
    const at = this.position;
    if (count > this.end - at) throw SHORT_READ;
    this.position = at + count;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)] as number;
  }

  u16(): number {
    const at = this.#take(2);
    const b = this.bytes;
    return ((b[at] as number) << 8) | (b[at + 1] as number);
  }

  u24(): number {
    const at = this.#take(3);
    const b = this.bytes;
    return ((b[at] as number) << 16) | ((b[at + 1] as number) << 8) | (b[at + 2] as number);
  }

  u32(): number {
    const at = this.#take(4);
    return readU32(this.bytes, at);
  }

  /** A view (not a copy) of the next `count` octets. */
  view(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.subarray(at, at + count);
  }

  /** A copy of the next `count` octets. */
  copy(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.slice(at, at + count);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A reader over the next `count` octets, which this one skips. */
  sub(count: number): Reader {
    const at = this.#take(count);
    return new Reader(this.bytes, at, at + count);
  }
}

/** Writes big-endian fields into a buffer that grows. */
export class Writer {
  #bytes: Uint8Array;
  /** Octets written so far. */
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #room(count: number): number {
    const at = this.length;
    if (at + count > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + count));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.length = at + count;
    return at;
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  u24(value: number): this {
    const at = this.#room(3);
    this.#bytes[at] = value >>> 16;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    writeU32(this.#bytes, at, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length);
    // The call of `set` costs more than copying a few octets.
    if (value.length > 24) this.#bytes.set(value, at);
    else for (let i = 0; i < value.length; i++) this.#bytes[at + i] = value[i] as number;
    return this;
  }

  /** Overwrites an octet already written (a length that was not known yet). */
  patchU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  /** Overwrites two octets already written. */
  patchU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  /** A copy of what was written: the caller owns it. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** A view of what was written, good until the next write or reset. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Forgets what was written; keeps the buffer. Do not use on a writer whose `view` was given away. */
  reset(): void {
    this.length = 0;
  }
}

/** The unsigned 32-bit big-endian integer at `at`. No bounds check: for hot loops that have made their own. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Writes `value` as an unsigned 32-bit big-endian integer at `at`. No bounds check. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Whether two stretches of bytes are the same. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lower-case hexadecimal, two digits an octet, no separator. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += (b < 16 ? "0" : "") + b.toString(16);
  return text;
}

/** Octets from hexadecimal digits; white space between them is allowed. Throws RangeError on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new RangeError(`not hexadecimal: ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
