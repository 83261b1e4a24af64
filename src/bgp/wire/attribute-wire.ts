import { narrowAsPath, needsAs4Path, writeAs4Path } from "./as-path.ts";
import { AS_TRANS, AttributeFlag, AttributeType } from "./iana.ts";
import { HEADER_LENGTH } from "./message.ts";

const OPTIONAL_TRANSITIVE = AttributeFlag.Optional | AttributeFlag.Transitive;
const NOT_THERE = -1;
/** Octets left free before the attributes: a message's header and its two lengths. */
export const ATTRIBUTES_AT = HEADER_LENGTH + 4;

/**
 * Writes canonical attributes as a session wants them: NEXT_HOP in its place, AS numbers in two octets with AS4_PATH and
 * AS4_AGGREGATOR beside them (RFC 6793 section 4.2.2), types ascending. Hot: a writer's scratch, used again and again.
 */
export class AttributeWire {
  /** Attributes stand in `bytes[ATTRIBUTES_AT..end)`. */
  bytes: Uint8Array = new Uint8Array(1024);
  end = ATTRIBUTES_AT;
  readonly #fourOctetAs: boolean;
  /** Index in the canonical octets of what is to be written when its type comes, or NOT_THERE. */
  #nextHopAt = NOT_THERE;
  #as4PathAt = NOT_THERE;
  #as4PathEnd = 0;
  #as4AggregatorAt = NOT_THERE;

  constructor(fourOctetAs: boolean) {
    this.#fourOctetAs = fourOctetAs;
  }

  /**
   * Writes the attributes that stand in `canonical[start..end)`, after the next hop; `nextHopAt` is the index of an IPv4
   * next hop to be sent as NEXT_HOP, or -1.
   */
  write(canonical: Uint8Array, start: number, end: number, nextHopAt: number): void {
    // AS4_PATH at most doubles AS_PATH; NEXT_HOP and AS4_AGGREGATOR are small.
    const room = ATTRIBUTES_AT + 2 * (end - start) + 64;
    if (this.bytes.length < room) this.bytes = new Uint8Array(room);
    this.end = ATTRIBUTES_AT;
    this.#nextHopAt = nextHopAt;
    this.#as4PathAt = NOT_THERE;
    this.#as4AggregatorAt = NOT_THERE;
    for (let at = start; at < end; ) {
      const flags = canonical[at] as number;
      const type = canonical[at + 1] as number;
      const extended = (flags & AttributeFlag.ExtendedLength) !== 0;
      const value = at + (extended ? 4 : 3);
      const low = canonical[value - 1] as number;
      const next = value + (extended ? ((canonical[at + 2] as number) << 8) | low : low);
      this.#writePending(canonical, type);
      if (type === AttributeType.AsPath && !this.#fourOctetAs) this.#narrowAsPath(canonical, flags, value, next);
      else if (type === AttributeType.Aggregator && !this.#fourOctetAs) this.#narrowAggregator(canonical, flags, value);
      else this.#copy(canonical, at, next);
      at = next;
    }
    this.#writePending(canonical, 256);
  }

  #copy(from: Uint8Array, start: number, end: number): void {
    const out = this.bytes;
    let w = this.end;
    for (let at = start; at < end; at++) out[w++] = from[at] as number;
    this.end = w;
  }

  /** Writes what belongs before an attribute of type `before`. */
  #writePending(canonical: Uint8Array, before: number): void {
    if (this.#nextHopAt !== NOT_THERE && before > AttributeType.NextHop) {
      this.#head(AttributeFlag.Transitive, AttributeType.NextHop, 4);
      this.#copy(canonical, this.#nextHopAt, this.#nextHopAt + 4);
      this.#nextHopAt = NOT_THERE;
    }
    if (before <= AttributeType.As4Path) return;
    if (this.#as4PathAt !== NOT_THERE) {
      const value = this.end + 4;
      const end = writeAs4Path(canonical, this.#as4PathAt, this.#as4PathEnd, this.bytes, value);
      this.#placeValue(OPTIONAL_TRANSITIVE, AttributeType.As4Path, value, end);
      this.#as4PathAt = NOT_THERE;
    }
    if (this.#as4AggregatorAt !== NOT_THERE) {
      this.#head(OPTIONAL_TRANSITIVE, AttributeType.As4Aggregator, 8);
      this.#copy(canonical, this.#as4AggregatorAt, this.#as4AggregatorAt + 8);
      this.#as4AggregatorAt = NOT_THERE;
    }
  }

  #narrowAsPath(canonical: Uint8Array, flags: number, start: number, end: number): void {
    if (needsAs4Path(canonical, start, end)) {
      this.#as4PathAt = start;
      this.#as4PathEnd = end;
    }
    const value = this.end + 4;
    const valueEnd = narrowAsPath(canonical, start, end, this.bytes, value);
    this.#placeValue(flags & ~AttributeFlag.ExtendedLength, AttributeType.AsPath, value, valueEnd);
  }

  #narrowAggregator(canonical: Uint8Array, flags: number, at: number): void {
    const fits = ((canonical[at] as number) | (canonical[at + 1] as number)) === 0;
    if (!fits) this.#as4AggregatorAt = at;
    this.#head(flags, AttributeType.Aggregator, 6);
    const start = this.end;
    this.#copy(canonical, at + 2, at + 8);
    if (fits) return;
    this.bytes[start] = AS_TRANS >>> 8;
    this.bytes[start + 1] = AS_TRANS & 0xff;
  }

  /** Puts the header of a value that was written four octets ahead, and the value right behind it. */
  #placeValue(flags: number, type: number, value: number, end: number): void {
    this.#head(flags, type, end - value);
    this.bytes.copyWithin(this.end, value, end);
    this.end += end - value;
  }

  #head(flags: number, type: number, length: number): void {
    const out = this.bytes;
    const extended = length > 255;
    out[this.end++] = extended ? flags | AttributeFlag.ExtendedLength : flags;
    out[this.end++] = type;
    if (extended) out[this.end++] = length >>> 8;
    out[this.end++] = length;
  }
}
