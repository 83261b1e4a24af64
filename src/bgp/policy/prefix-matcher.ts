import { maskWord } from "../../lib/prefix.ts";
import { Family } from "../wire/family.ts";
import type { PrefixMember } from "./types.ts";

/**
 * A prefix set, ready to be asked. As in GoBGP the longest member that covers a route decides alone, with all the length
 * ranges it was given: beside 10.0.0.0/8 8..32 and 10.1.0.0/16 16..16, the route 10.1.2.0/24 does not match.
 *
 * Members stand in one hash table of columns, keyed by their bits and length; a look-up asks once for each length that
 * the set has, longest first. Numbers only.
 */
export class PrefixMatcher {
  /** Undefined: the set is empty and matches nothing, not even inverted. */
  readonly family: Family | undefined;
  /** Lengths that members have, longest first. */
  readonly #lengths: Uint8Array;
  /** Entry number + 1 by hash; 0: free. A power of two, at least twice as many as entries. */
  readonly #slots: Uint32Array;
  readonly #w0: Uint32Array;
  readonly #w1: Uint32Array;
  readonly #w2: Uint32Array;
  readonly #w3: Uint32Array;
  readonly #length: Uint8Array;
  /** Ranges of entry e: `#mins` and `#maxs` from `#first[e]` to `#first[e + 1]`. */
  readonly #first: Uint32Array;
  readonly #mins: Uint8Array;
  readonly #maxs: Uint8Array;

  /** Members are of one family. */
  constructor(members: readonly PrefixMember[]) {
    const version = members[0]?.prefix.version;
    if (version !== undefined) this.family = version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast;
    const entries = rangesByPrefix(members);
    const prefixes = entries.map((ranges) => (ranges[0] as PrefixMember).prefix);
    this.#lengths = Uint8Array.from(new Set(prefixes.map(({ length }) => length))).sort((a, b) => b - a);
    this.#w0 = Uint32Array.from(prefixes, ({ address }) => address.w0);
    this.#w1 = Uint32Array.from(prefixes, ({ address }) => address.w1);
    this.#w2 = Uint32Array.from(prefixes, ({ address }) => address.w2);
    this.#w3 = Uint32Array.from(prefixes, ({ address }) => address.w3);
    this.#length = Uint8Array.from(prefixes, ({ length }) => length);
    this.#mins = Uint8Array.from(entries.flat(), ({ lengthMin }) => lengthMin);
    this.#maxs = Uint8Array.from(entries.flat(), ({ lengthMax }) => lengthMax);
    this.#first = new Uint32Array(entries.length + 1);
    for (const [i, ranges] of entries.entries()) this.#first[i + 1] = (this.#first[i] as number) + ranges.length;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * entries.length + 1)));
    for (const [i, { address, length }] of prefixes.entries())
      this.#slots[this.#slotOf(address.w0, address.w1, address.w2, address.w3, length)] = i + 1;
  }

  /** Whether a route matches, which is of the set's family. Hot. */
  matches(w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    for (const candidate of this.#lengths) {
      if (candidate > length) continue;
      const slot = this.#slotOf(
        (w0 & maskWord(candidate)) >>> 0,
        (w1 & maskWord(candidate - 32)) >>> 0,
        (w2 & maskWord(candidate - 64)) >>> 0,
        (w3 & maskWord(candidate - 96)) >>> 0,
        candidate,
      );
      const entry = this.#slots[slot] as number;
      if (entry !== 0) return this.#isInRange(entry - 1, length);
    }
    return false;
  }

  /** Where the prefix is, or would be. Linear probing; a free slot always comes. */
  #slotOf(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(w0 ^ Math.imul(w1, 0x85ebca6b) ^ Math.imul(w2, 0xc2b2ae35), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ w3 ^ (length << 24), 0x27d4eb2f);
    for (let slot = (hash ^ (hash >>> 16)) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return slot;
      const isSame =
        this.#length[entry] === length &&
        this.#w0[entry] === w0 &&
        this.#w1[entry] === w1 &&
        this.#w2[entry] === w2 &&
        this.#w3[entry] === w3;
      if (isSame) return slot;
    }
  }

  #isInRange(entry: number, length: number): boolean {
    const end = this.#first[entry + 1] as number;
    for (let i = this.#first[entry] as number; i < end; i++)
      if ((this.#mins[i] as number) <= length && length <= (this.#maxs[i] as number)) return true;
    return false;
  }
}

/** Members with equal prefixes stand together. */
function rangesByPrefix(members: readonly PrefixMember[]): PrefixMember[][] {
  const entries = new Map<string, PrefixMember[]>();
  for (const member of members) {
    const key = `${member.prefix}`;
    const ranges = entries.get(key);
    if (ranges === undefined) entries.set(key, [member]);
    else ranges.push(member);
  }
  return [...entries.values()];
}
