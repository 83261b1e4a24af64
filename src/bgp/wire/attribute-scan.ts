import { readU32 } from "../../lib/bytes.ts";
import { checkAsPath } from "./as-path.ts";
import { ATTRIBUTES, type AttributeSpec, attributeName } from "./attribute-table.ts";
import { AIGP_TLV_TYPE, AS_TRANS, AttributeFlag, AttributeType, OriginValue, UpdateError } from "./iana.ts";
import { MpFields } from "./mp-fields.ts";
import type { Negotiated } from "./negotiated.ts";
import type { Severity } from "./outcome.ts";
import { shownValue, type UpdateFaults } from "./update-faults.ts";

const FLAGS_CHECKED = AttributeFlag.Optional | AttributeFlag.Transitive;
/** An AS_PATH longer than this would not fit an attribute once its numbers have four octets. */
const AS_PATH_WIDENED_MAX = 65535;

/** The subcode that tells of a wrong value, where it is not Optional Attribute Error (RFC 4271 section 6.3). */
const VALUE_ERRORS: Readonly<Record<number, number>> = {
  [AttributeType.Origin]: UpdateError.InvalidOriginAttribute,
  [AttributeType.AsPath]: UpdateError.MalformedAsPath,
};

/**
 * One walk over the path attributes of an UPDATE: checks each as RFC 7606 says and notes where it stands. Keeps
 * positions in the message, not copies. Hot: nothing is allocated unless there is a fault.
 */
export class AttributeScan {
  readonly mp: MpFields;
  /** Types of the attributes that canonical form takes as they are or merged, ascending; `count` of them count. */
  readonly order = new Uint8Array(256);
  count = 0;
  /** By type, of attributes in `order` and of NEXT_HOP, AS4_PATH, AS4_AGGREGATOR when `kept`. */
  readonly valueAt = new Uint32Array(256);
  readonly valueLength = new Uint32Array(256);
  readonly flags = new Uint8Array(256);
  /** 0: absent or discarded. */
  readonly kept = new Uint8Array(256);
  /** 0: never seen in this message, sound or not. */
  readonly seen = new Uint8Array(256);
  /** Attributes seen, sound or not. */
  seenCount = 0;
  readonly #external: boolean;
  readonly #asSize: 2 | 4;
  readonly #faults: UpdateFaults;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(session: Negotiated, faults: UpdateFaults) {
    this.#external = session.peerType === "external";
    this.#asSize = session.fourOctetAs ? 4 : 2;
    this.#faults = faults;
    this.mp = new MpFields(session, faults);
  }

  /** Walks `bytes[start..end)`. Faults go to the list given to the constructor. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.count = 0;
    this.seenCount = 0;
    this.kept.fill(0);
    this.seen.fill(0);
    this.mp.clear();
    let at = start;
    while (at < end) {
      const left = end - at;
      const flags = bytes[at] as number;
      const extended = (flags & AttributeFlag.ExtendedLength) !== 0;
      if (left < (extended ? 4 : 3)) {
        this.#conflict("withdraw", undefined, `${left} octets are left after the last attribute`);
        return;
      }
      const type = bytes[at + 1] as number;
      const value = at + (extended ? 4 : 3);
      const length = extended
        ? ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
        : (bytes[at + 2] as number);
      this.seenCount++;
      if (length > end - value) {
        // Where the prefixes of a cut MP_REACH_NLRI end cannot be known (RFC 7606 section 3.j).
        const severity =
          type === AttributeType.MpReachNlri || type === AttributeType.MpUnreachNlri ? "reset" : "withdraw";
        this.#conflict(
          severity,
          type,
          `${attributeName(type)} has length ${length}, but ${end - value} octets are left`,
        );
        return;
      }
      this.#attribute(flags, type, at, value, length);
      at = value + length;
    }
  }

  /** RFC 7606 section 4: attribute lengths disagree with Total Attribute Length, which is relied upon. */
  #conflict(severity: Severity, type: number | undefined, message: string): void {
    this.#faults.add(severity, UpdateError.MalformedAttributeList, type, message);
  }

  #attribute(flags: number, type: number, at: number, value: number, length: number): void {
    if (type === AttributeType.MpReachNlri || type === AttributeType.MpUnreachNlri) {
      this.mp.take(this.#bytes, flags, type, at, value, length);
      return;
    }
    if (this.seen[type] !== 0) {
      const message = `${attributeName(type)} appears again; the first one counts`;
      this.#faults.add("discard", UpdateError.MalformedAttributeList, type, message); // RFC 7606 section 3.g
      return;
    }
    this.seen[type] = 1;
    const spec = ATTRIBUTES[type];
    const keep =
      spec === undefined
        ? this.#isUnknownKept(flags, type, at, value + length)
        : this.#isSound(spec, flags, at, value, length);
    if (!keep) return;
    this.kept[type] = 1;
    this.valueAt[type] = value;
    this.valueLength[type] = length;
    const partial = spec === undefined ? AttributeFlag.Partial : flags & AttributeFlag.Partial;
    const transitive = (flags & FLAGS_CHECKED) === FLAGS_CHECKED;
    this.flags[type] = (flags & FLAGS_CHECKED) | (transitive ? partial : 0);
    if (isCanonical(type)) this.#insert(type);
  }

  /** Keeps `order` ascending; nearly every sender writes it so already. */
  #insert(type: number): void {
    let i = this.count++;
    for (; i > 0 && (this.order[i - 1] as number) > type; i--) this.order[i] = this.order[i - 1] as number;
    this.order[i] = type;
  }

  /** RFC 4271 section 9: unknown optional transitive attributes are passed on, non-transitive ones ignored. */
  #isUnknownKept(flags: number, type: number, at: number, end: number): boolean {
    if ((flags & AttributeFlag.Optional) === 0) {
      // RFC 4271 section 6.3; RFC 7606 revises nothing here.
      const message = `attribute ${type} claims to be well-known, but is not known`;
      this.#faults.add(
        "reset",
        UpdateError.UnrecognizedWellKnownAttribute,
        type,
        message,
        this.#bytes.subarray(at, end),
      );
      return false;
    }
    return (flags & AttributeFlag.Transitive) !== 0;
  }

  #isSound(spec: AttributeSpec, flags: number, at: number, value: number, length: number): boolean {
    const { type } = spec;
    if (this.#isOutOfPlace(spec)) return false;
    if ((flags & FLAGS_CHECKED) !== spec.flags) {
      // RFC 7606 section 3.c; RFC 7311 section 3.2 asks for discard.
      const severity = type === AttributeType.Aigp ? "discard" : "withdraw";
      const message = `${spec.name} has flags 0x${flags.toString(16)}, expected 0x${spec.flags.toString(16)}`;
      const data = this.#bytes.subarray(at, value + length);
      this.#faults.add(severity, severity === "discard" ? 0 : UpdateError.AttributeFlagsError, type, message, data);
      return false;
    }
    const units = spec.lengthUnit === 1 || length % spec.lengthUnit === 0;
    if (length < spec.lengthMin || length > spec.lengthMax || !units) {
      this.#unsound(
        spec,
        UpdateError.AttributeLengthError,
        `has length ${length}, expected ${expectedLength(spec)}`,
        at,
        value + length,
      );
      return false;
    }
    const problem = this.#valueProblem(type, value, length);
    if (problem === undefined) return true;
    const subcode = VALUE_ERRORS[type] ?? UpdateError.OptionalAttributeError;
    this.#unsound(spec, subcode, problem, at, value + length);
    return false;
  }

  /** Attributes that this kind of neighbour has no business to send are discarded unread. */
  #isOutOfPlace(spec: AttributeSpec): boolean {
    const { type } = spec;
    if (spec.internalOnly && this.#external) {
      // RFC 7311 section 3.4: as if not known, which for a non-transitive attribute is no fault.
      if (type !== AttributeType.Aigp) this.#faults.add("discard", 0, type, `${spec.name} comes from an external peer`);
      return true;
    }
    // RFC 6793 section 4.1.
    const only2 = this.#asSize === 4 && (type === AttributeType.As4Path || type === AttributeType.As4Aggregator);
    if (only2) this.#faults.add("discard", 0, type, `${spec.name} comes from a peer that speaks 4-octet AS numbers`);
    return only2;
  }

  #unsound(spec: AttributeSpec, subcode: number, problem: string, at: number, end: number): void {
    // RFC 6793 and RFC 7311 never reset for these, whatever treat-as-withdraw is set to.
    const gentle =
      spec.type === AttributeType.As4Path ||
      spec.type === AttributeType.As4Aggregator ||
      spec.type === AttributeType.Aigp;
    const data = this.#bytes.subarray(at, end);
    this.#faults.add(spec.onError, gentle ? 0 : subcode, spec.type, `${spec.name} ${problem}`, data);
  }

  /** What is wrong with a value whose length fits its row. */
  #valueProblem(type: number, at: number, length: number): string | undefined {
    const bytes = this.#bytes;
    switch (type) {
      case AttributeType.Origin:
        return (bytes[at] as number) > OriginValue.incomplete ? `has value ${bytes[at]}` : undefined;
      case AttributeType.AsPath:
        if (this.#asSize === 2 && 2 * length > AS_PATH_WIDENED_MAX) return `has length ${length}, too long to widen`;
        return checkAsPath(bytes, at, at + length, this.#asSize, !this.#external);
      case AttributeType.As4Path: // its confederation segments are dropped later (RFC 6793 section 6)
        return checkAsPath(bytes, at, at + length, 4, true);
      case AttributeType.Aggregator:
        if (length !== this.#asSize + 4) return `has length ${length}, expected ${this.#asSize + 4}`;
        return this.#aggregatorAs(at) === 0 ? "has AS 0" : undefined; // RFC 7607 section 2
      case AttributeType.As4Aggregator:
        return readU32(bytes, at) === 0 ? "has AS 0" : undefined;
      case AttributeType.Aigp:
        return checkAigp(bytes, at, at + length);
      default:
        return undefined;
    }
  }

  #aggregatorAs(at: number): number {
    const high = ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
    return this.#asSize === 2 ? high : readU32(this.#bytes, at);
  }

  /**
   * Whether AS4_PATH and AS4_AGGREGATOR are to be believed: not on a 4-octet session, and not when AS4_AGGREGATOR stands
   * beside an AGGREGATOR without AS_TRANS, which proves them out of date (RFC 6793 section 4.2.3).
   */
  get as4Counts(): boolean {
    if (this.#asSize === 4) return false;
    const { Aggregator, As4Aggregator } = AttributeType;
    if (this.kept[Aggregator] === 0 || this.kept[As4Aggregator] === 0) return true;
    return this.#aggregatorAs(this.valueAt[Aggregator] as number) === AS_TRANS;
  }
}

/** Whether canonical form (sink.ts) holds this attribute under its own type. */
function isCanonical(type: number): boolean {
  return type !== AttributeType.NextHop && type !== AttributeType.As4Path && type !== AttributeType.As4Aggregator;
}

function expectedLength(spec: AttributeSpec): string {
  if (spec.lengthMin === spec.lengthMax) return String(spec.lengthMin);
  return spec.lengthUnit > 1 ? `a multiple of ${spec.lengthUnit}` : `at least ${spec.lengthMin}`;
}

/** RFC 7311 section 3: TLVs whose lengths add up; an AIGP TLV has 11 octets. */
function checkAigp(bytes: Uint8Array, start: number, end: number): string | undefined {
  let at = start;
  while (at < end) {
    const length = end - at < 3 ? 0 : ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    if (length < 3 || length > end - at || (bytes[at] === AIGP_TLV_TYPE && length !== 11))
      return `has a malformed TLV (${shownValue(bytes, at, end)})`;
    at += length;
  }
  return undefined;
}
