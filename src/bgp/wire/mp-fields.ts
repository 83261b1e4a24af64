import { attributeName } from "./attribute-table.ts";
import { FAMILIES, FAMILY_SPECS, Family, familyOf } from "./family.ts";
import { AttributeFlag, AttributeType, UpdateError } from "./iana.ts";
import type { Negotiated, NegotiatedFamily } from "./negotiated.ts";
import { checkNlri } from "./nlri.ts";
import type { UpdateFaults } from "./update-faults.ts";

/** Where MP_REACH_NLRI or MP_UNREACH_NLRI of the message holds its prefixes. */
export interface MpField {
  present: boolean;
  /** Undefined when the session does not carry the family: the field is ignored (RFC 4760 section 7). */
  family: NegotiatedFamily | undefined;
  start: number;
  end: number;
}

/**
 * The two attributes that hold prefixes (RFC 4760 sections 3 and 4). Whatever is wrong with them resets the session, for
 * the prefixes cannot be trusted (RFC 7606 sections 3.g, 5.3, 7.11).
 */
export class MpFields {
  readonly reach: MpField = { present: false, family: undefined, start: 0, end: 0 };
  readonly unreach: MpField = { present: false, family: undefined, start: 0, end: 0 };
  nextHopAt = 0;
  /** 4, 16 or 32 (RFC 2545 section 3, RFC 8950 section 3). */
  nextHopLength = 0;
  readonly #families: readonly (NegotiatedFamily | undefined)[];
  readonly #faults: UpdateFaults;

  constructor(session: Negotiated, faults: UpdateFaults) {
    this.#families = FAMILIES.map((family) => session.families.find((negotiated) => negotiated.family === family));
    this.#faults = faults;
  }

  clear(): void {
    this.reach.present = false;
    this.unreach.present = false;
    this.reach.start = this.reach.end = this.unreach.start = this.unreach.end = 0;
  }

  /** Takes one of the two attributes; `at` is its first octet, `value` that of its value. */
  take(bytes: Uint8Array, flags: number, type: number, at: number, value: number, length: number): void {
    const isReach = type === AttributeType.MpReachNlri;
    const field = isReach ? this.reach : this.unreach;
    if (field.present) {
      this.#faults.add("reset", UpdateError.MalformedAttributeList, type, `${attributeName(type)} appears twice`);
      return;
    }
    field.present = true;
    if ((flags & (AttributeFlag.Optional | AttributeFlag.Transitive)) !== AttributeFlag.Optional) {
      const message = `${attributeName(type)} has flags 0x${flags.toString(16)}, expected 0x80`;
      this.#faults.add("reset", UpdateError.AttributeFlagsError, type, message, bytes.subarray(at, value + length));
      return;
    }
    const problem = isReach ? this.#readReach(bytes, value, length) : this.#readUnreach(bytes, value, length);
    if (problem === undefined) return;
    const subcode = length < (isReach ? 5 : 3) ? UpdateError.AttributeLengthError : UpdateError.OptionalAttributeError;
    const data = bytes.subarray(at, value + length);
    this.#faults.add("reset", subcode, type, `${attributeName(type)} ${problem}`, data);
  }

  /** AFI (2), SAFI (1), next hop length (1), next hop, reserved (1), prefixes. */
  #readReach(bytes: Uint8Array, at: number, length: number): string | undefined {
    if (length < 5) return `has length ${length}, expected at least 5`;
    const field = this.reach;
    field.family = this.#familyAt(bytes, at);
    this.nextHopAt = at + 4;
    this.nextHopLength = bytes[at + 3] as number;
    field.end = at + length;
    field.start = at + 5 + this.nextHopLength;
    if (field.family === undefined) return undefined;
    if (!isNextHopLength(field.family, this.nextHopLength)) return `has a next hop of ${this.nextHopLength} octets`;
    if (field.start > field.end) return `has length ${length}, too short for its next hop`;
    return this.#checkPrefixes(bytes, field, field.family);
  }

  /** AFI (2), SAFI (1), prefixes. */
  #readUnreach(bytes: Uint8Array, at: number, length: number): string | undefined {
    if (length < 3) return `has length ${length}, expected at least 3`;
    const field = this.unreach;
    field.family = this.#familyAt(bytes, at);
    field.start = at + 3;
    field.end = at + length;
    return field.family === undefined ? undefined : this.#checkPrefixes(bytes, field, field.family);
  }

  #familyAt(bytes: Uint8Array, at: number): NegotiatedFamily | undefined {
    const family = familyOf(((bytes[at] as number) << 8) | (bytes[at + 1] as number), bytes[at + 2] as number);
    return family === undefined ? undefined : this.#families[family];
  }

  #checkPrefixes(bytes: Uint8Array, field: MpField, family: NegotiatedFamily): string | undefined {
    const { addressBits } = FAMILY_SPECS[family.family];
    return checkNlri(bytes, field.start, field.end, addressBits, family.addPathReceive);
  }
}

/** RFC 7606 section 7.11: the lengths that a family's next hop can have on this session. */
function isNextHopLength(family: NegotiatedFamily, length: number): boolean {
  if (family.family === Family.Ipv4Unicast && length === 4) return true;
  const ipv6 = family.family === Family.Ipv6Unicast || family.extendedNextHop;
  return ipv6 && (length === 16 || length === 32);
}
