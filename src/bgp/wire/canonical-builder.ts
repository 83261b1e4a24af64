import { readU32 } from "../../lib/bytes.ts";
import { mergeAs4Path, widenAsPath } from "./as-path.ts";
import type { AttributeScan } from "./attribute-scan.ts";
import { AttributeFlag, AttributeType } from "./iana.ts";
import type { Negotiated } from "./negotiated.ts";
import { isLinkLocal6, isUnspecified6 } from "./next-hop.ts";
import type { CanonicalAttributes } from "./sink.ts";

/** Next hop length and the longest next hop. */
const NEXT_HOP_ROOM = 33;
/** Repetitions among more large communities than this are found with a table, not by comparing each with each. */
const LARGE_PAIRWISE_MAX = 32;

/**
 * Writes the canonical form (sink.ts) of scanned attributes into a scratch buffer of its own. The attributes stand at a
 * fixed place, with the next hop just before them, so that an UPDATE that announces in both its fields writes them once.
 * Hot: copies octets, allocates nothing but a view.
 */
export class CanonicalBuilder {
  readonly #fourOctetAs: boolean;
  readonly #scratch: Uint8Array;
  #end = NEXT_HOP_ROOM;

  constructor(session: Negotiated) {
    this.#fourOctetAs = session.fourOctetAs;
    // AS numbers grow from two octets to four; nothing else grows by more than an octet of length.
    this.#scratch = new Uint8Array(NEXT_HOP_ROOM + 2 * session.receiveLengthMax + 16);
  }

  /** Writes the attributes of `scan`, which found no fault beyond "discard" in `bytes`. */
  writeAttributes(bytes: Uint8Array, scan: AttributeScan): void {
    this.#end = NEXT_HOP_ROOM;
    for (let i = 0; i < scan.count; i++) {
      const type = scan.order[i] as number;
      const at = scan.valueAt[type] as number;
      const end = at + (scan.valueLength[type] as number);
      const flags = scan.flags[type] as number;
      if (type === AttributeType.AsPath && !this.#fourOctetAs) this.#writeAsPath(bytes, scan, at, end);
      else if (type === AttributeType.Aggregator && !this.#fourOctetAs) this.#writeAggregator(bytes, scan, at, flags);
      else if (type === AttributeType.LargeCommunities) this.#writeLarge(bytes, flags, at, end);
      else this.#copy(bytes, flags, type, at, end);
    }
  }

  /** The attributes with the IPv4 next hop at `at`. */
  withNextHop4(bytes: Uint8Array, at: number): CanonicalAttributes {
    return this.#withNextHop(bytes, at, 4);
  }

  /**
   * The attributes with the next hop of an MP_REACH_NLRI. Of 32 octets the second half counts only when it is link-local,
   * and the first only when it is specified: some speakers without a global address send zeros there.
   */
  withNextHop(bytes: Uint8Array, at: number, length: number): CanonicalAttributes {
    if (length !== 32) return this.#withNextHop(bytes, at, length);
    if (!isLinkLocal6(bytes, at + 16)) return this.#withNextHop(bytes, at, 16);
    return isUnspecified6(bytes, at) ? this.#withNextHop(bytes, at + 16, 16) : this.#withNextHop(bytes, at, 32);
  }

  #withNextHop(bytes: Uint8Array, at: number, length: number): CanonicalAttributes {
    const start = NEXT_HOP_ROOM - 1 - length;
    this.#scratch[start] = length;
    for (let i = 0; i < length; i++) this.#scratch[start + 1 + i] = bytes[at + i] as number;
    return { bytes: this.#scratch.subarray(start), length: this.#end - start };
  }

  #head(flags: number, type: number, length: number): void {
    const out = this.#scratch;
    if (length > 255) {
      out[this.#end++] = flags | AttributeFlag.ExtendedLength;
      out[this.#end++] = type;
      out[this.#end++] = length >>> 8;
    } else {
      out[this.#end++] = flags;
      out[this.#end++] = type;
    }
    out[this.#end++] = length;
  }

  #copy(bytes: Uint8Array, flags: number, type: number, start: number, end: number): void {
    this.#head(flags, type, end - start);
    const out = this.#scratch;
    let w = this.#end;
    for (let at = start; at < end; at++) out[w++] = bytes[at] as number;
    this.#end = w;
  }

  /** AS_PATH of a 2-octet session: widened, and merged with AS4_PATH (RFC 6793 section 4.2.3). */
  #writeAsPath(bytes: Uint8Array, scan: AttributeScan, start: number, end: number): void {
    const type = AttributeType.AsPath;
    const flags = scan.flags[type] as number;
    // Long enough for both; the header is written when the length is known.
    const value = this.#end + 4;
    const widened = 2 * (end - start);
    const length4 = scan.valueLength[AttributeType.As4Path] as number;
    const merge = scan.kept[AttributeType.As4Path] !== 0 && scan.as4Counts && widened + length4 <= 0xffff;
    const start4 = scan.valueAt[AttributeType.As4Path] as number;
    const w = merge
      ? mergeAs4Path(bytes, start, end, start4, start4 + length4, this.#scratch, value)
      : widenAsPath(bytes, start, end, this.#scratch, value);
    this.#head(flags, type, w - value);
    this.#scratch.copyWithin(this.#end, value, w);
    this.#end += w - value;
  }

  /** AGGREGATOR of a 2-octet session: AS4_AGGREGATOR's value instead, where it counts (RFC 6793 section 4.2.3). */
  #writeAggregator(bytes: Uint8Array, scan: AttributeScan, at: number, flags: number): void {
    if (scan.kept[AttributeType.As4Aggregator] !== 0 && scan.as4Counts) {
      const at4 = scan.valueAt[AttributeType.As4Aggregator] as number;
      this.#copy(bytes, flags, AttributeType.Aggregator, at4, at4 + 8);
      return;
    }
    this.#head(flags, AttributeType.Aggregator, 8);
    this.#scratch[this.#end++] = 0;
    this.#scratch[this.#end++] = 0;
    for (let i = 0; i < 6; i++) this.#scratch[this.#end++] = bytes[at + i] as number;
  }

  /** LARGE_COMMUNITIES without repetitions (RFC 8092 section 3). */
  #writeLarge(bytes: Uint8Array, flags: number, start: number, end: number): void {
    const type = AttributeType.LargeCommunities;
    const count = (end - start) / 12;
    const unique =
      count <= LARGE_PAIRWISE_MAX ? pairwiseFirsts(bytes, start, count) : hashedFirsts(bytes, start, count);
    if (unique === undefined) {
      this.#copy(bytes, flags, type, start, end);
      return;
    }
    this.#head(flags, type, 12 * unique.length);
    for (const i of unique)
      for (let k = 0; k < 12; k++) this.#scratch[this.#end++] = bytes[start + 12 * i + k] as number;
  }
}

function sameLarge(bytes: Uint8Array, a: number, b: number): boolean {
  for (let k = 11; k >= 0; k--) if (bytes[a + k] !== bytes[b + k]) return false;
  return true;
}

/** Indexes of the large communities that do not repeat an earlier one; undefined when none does. */
function pairwiseFirsts(bytes: Uint8Array, start: number, count: number): number[] | undefined {
  const isRepeated = (i: number) => {
    for (let j = 0; j < i; j++) if (sameLarge(bytes, start + 12 * j, start + 12 * i)) return true;
    return false;
  };
  for (let i = 1; i < count; i++) {
    if (!isRepeated(i)) continue;
    return Array.from({ length: count }, (_, k) => k).filter((k) => !isRepeated(k));
  }
  return undefined;
}

/** The same in linear time, for the long lists that only a hostile peer sends. A Map keeps the order of first insertion. */
function hashedFirsts(bytes: Uint8Array, start: number, count: number): number[] {
  const indexes = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const at = start + 12 * i;
    const key = `${readU32(bytes, at)}:${readU32(bytes, at + 4)}:${readU32(bytes, at + 8)}`;
    indexes.set(key, i);
  }
  return [...indexes.values()];
}
