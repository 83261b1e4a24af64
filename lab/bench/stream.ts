import { type Rng, seededRng } from "../../src/lib/rng.ts";

/**
 * A made-up table with the shape of the Internet's: shares by prefix length, AS path lengths, and prefixes per attribute
 * set as in the default-free zone of recent years. One attribute set leads one UPDATE.
 */

/** Shares by prefix length; about 60 % are /24. */
const LENGTHS: readonly (readonly [number, number])[] = [
  [24, 0.607], [23, 0.101], [22, 0.111], [21, 0.052], [20, 0.045], [19, 0.025], [18, 0.0145], [17, 0.0083],
  [16, 0.0135], [15, 0.0075], [14, 0.005], [13, 0.0035], [12, 0.004], [11, 0.003],
]; // biome-ignore format: a table
/** AS path lengths; the mean is about 4.5. */
const PATH_LENGTHS: readonly (readonly [number, number])[] = [
  [2, 0.06], [3, 0.2], [4, 0.3], [5, 0.22], [6, 0.12], [7, 0.06], [8, 0.025], [9, 0.008], [10, 0.007],
]; // biome-ignore format: a table
/** Prefixes per attribute set, as ranges; the mean is about 6.5. */
const GROUPS: readonly (readonly [readonly [number, number], number])[] = [
  [[1, 1], 0.45], [[2, 2], 0.18], [[3, 3], 0.09], [[4, 4], 0.06], [[5, 10], 0.1], [[10, 30], 0.07], [[30, 60], 0.04],
  [[60, 200], 0.01],
]; // biome-ignore format: a table

/** A stream of UPDATE messages, one after the other, and what is in it. */
export interface Stream {
  readonly bytes: Uint8Array;
  readonly prefixes: number;
  readonly attributeSets: number;
}

export interface StreamOptions {
  readonly prefixes: number;
  readonly seed: number;
  /** The feeder's AS: the first of every path. */
  readonly as: number;
  /** The feeder's address as a 32-bit word. */
  readonly nextHop: number;
}

/** Makes the stream; the same options give the same octets. */
export function realisticStream(options: StreamOptions): Stream {
  const rng = seededRng(options.seed);
  const out = new Output(options.prefixes * 26 + 65_536);
  const taken = new Taken(options.prefixes);
  let prefixes = 0;
  let attributeSets = 0;
  while (prefixes < options.prefixes) {
    const [low, high] = pick(rng, GROUPS);
    const group = Math.min(low + below(rng, high - low + 1), options.prefixes - prefixes);
    out.begin();
    writeAttributes(out, rng, options);
    for (let i = 0; i < group; i++) writePrefix(out, rng, taken);
    out.end();
    prefixes += group;
    attributeSets++;
  }
  return { bytes: out.bytes.subarray(0, out.at), prefixes, attributeSets };
}

/** Octets of the stream, with the message that is being written. */
class Output {
  readonly bytes: Uint8Array;
  at = 0;
  #start = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  begin(): void {
    this.#start = this.at;
    this.bytes.fill(0xff, this.at, this.at + 16);
    this.at += 18; // marker and length
    this.u8(2); // UPDATE
    this.u16(0); // no withdrawn routes
  }

  end(): void {
    this.patchU16(this.#start + 16, this.at - this.#start);
  }

  u8(value: number): void {
    this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value & 0xff);
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  patchU16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }
}

/** Prefixes given out already: open addressing, for none may come twice. */
class Taken {
  readonly #keys: Float64Array;
  readonly #mask: number;

  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(count * 2 + 16));
    this.#keys = new Float64Array(size);
    this.#mask = size - 1;
  }

  /** True when the prefix was new. */
  add(address: number, length: number): boolean {
    const key = address * 64 + length;
    let slot = (Math.imul(address ^ (length * 0x9e3779b1), 0x85ebca6b) >>> 7) & this.#mask;
    while (this.#keys[slot] !== 0) {
      if (this.#keys[slot] === key) return false;
      slot = (slot + 1) & this.#mask;
    }
    this.#keys[slot] = key;
    return true;
  }
}

const below = (rng: Rng, limit: number): number => Math.floor(rng() * limit);

function pick<T>(rng: Rng, table: readonly (readonly [T, number])[]): T {
  let x = rng();
  for (const [value, share] of table) {
    x -= share;
    if (x < 0) return value;
  }
  return (table[0] as readonly [T, number])[0];
}

function writeAttributes(out: Output, rng: Rng, { as, nextHop }: StreamOptions): void {
  const lengthAt = out.at;
  out.u16(0);
  const origin = below(rng, 100) < 8 ? 2 : 0;
  for (const octet of [0x40, 1, 1, origin]) out.u8(octet);
  const hops = pick(rng, PATH_LENGTHS);
  for (const octet of [0x40, 2, 2 + 4 * hops, 2, hops]) out.u8(octet);
  out.u32(as);
  for (let i = 1; i < hops; i++) out.u32(below(rng, 100) < 55 ? 1 + below(rng, 23_000) : 131_072 + below(rng, 270_000));
  for (const octet of [0x40, 3, 4]) out.u8(octet);
  out.u32(nextHop);
  if (below(rng, 100) < 20) {
    for (const octet of [0x80, 4, 4]) out.u8(octet);
    out.u32(below(rng, 500));
  }
  const communities = below(rng, 100) < 22 ? 0 : 1 + below(rng, 11);
  if (communities > 0) {
    for (const octet of [0xc0, 8, 4 * communities]) out.u8(octet);
    const upstream = 1000 + 137 * below(rng, 25);
    for (let i = 0; i < communities; i++) out.u32(upstream * 65_536 + i * 500 + below(rng, 500));
  }
  out.patchU16(lengthAt, out.at - lengthAt - 2);
}

function writePrefix(out: Output, rng: Rng, taken: Taken): void {
  for (;;) {
    const length = pick(rng, LENGTHS);
    const first = 1 + below(rng, 222);
    if (first === 10 || first === 127) continue;
    const address = (((first << 24) | below(rng, 1 << 24)) & (-1 << (32 - length))) >>> 0;
    if (!taken.add(address, length)) continue;
    out.u8(length);
    for (let bit = 0; bit < length; bit += 8) out.u8((address >>> (24 - bit)) & 0xff);
    return;
  }
}
