import { Address, formatIpv4Word } from "../../lib/address.ts";
import type { Reader, Writer } from "../../lib/bytes.ts";
import { formatAsPath } from "./as-path-text.ts";
import { formatCommunity, formatExtCommunity, formatLargeCommunity } from "./communities.ts";
import { AIGP_TLV_TYPE, AttributeFlag, AttributeType, OriginValue, SegmentType } from "./iana.ts";
import type { Severity } from "./outcome.ts";
import type { AsPathSegment, Origin, PathAttributes } from "./path-attributes.ts";

export type AttributesDraft = { -readonly [K in keyof PathAttributes]: PathAttributes[K] };

/** How an attribute's value stands in {@link PathAttributes}. Works on canonical values (sink.ts). */
export interface ObjectForm {
  decode(value: Reader, to: AttributesDraft): void;
  /** Whether the attribute is present. */
  present(attributes: PathAttributes): boolean;
  encode(attributes: PathAttributes, out: Writer): void;
  /** For logs; only of an attribute that is present. */
  format(attributes: PathAttributes): string;
}

/** One row: what the RFCs say about an attribute that this speaker knows. */
export interface AttributeSpec {
  readonly type: number;
  readonly name: string;
  /** What the Optional and Transitive bits must be (RFC 7606 section 3.c). */
  readonly flags: number;
  readonly lengthMin: number;
  readonly lengthMax: number;
  /** The length is a multiple of this. */
  readonly lengthUnit: number;
  /** What a wrong length or value leads to (RFC 7606 section 7). */
  readonly onError: Severity;
  /** Meaningful between internal peers only: discarded when an external one sends it. */
  readonly internalOnly: boolean;
  /** Undefined for attributes that canonical form does not hold, and those carried without a field of their own. */
  readonly form: ObjectForm | undefined;
}

const WELL_KNOWN = AttributeFlag.Transitive;
const OPTIONAL = AttributeFlag.Optional;
const OPTIONAL_TRANSITIVE = AttributeFlag.Optional | AttributeFlag.Transitive;
const LENGTH_MAX = 65535;

type Lengths = readonly [min: number, max: number, unit: number];
const exactly = (length: number): Lengths => [length, length, 1];
const multipleOf = (unit: number): Lengths => [unit, LENGTH_MAX, unit];

function row(
  type: number,
  name: string,
  flags: number,
  [lengthMin, lengthMax, lengthUnit]: Lengths,
  onError: Severity,
  form?: ObjectForm,
): AttributeSpec {
  const internalOnly = INTERNAL_ONLY.has(type);
  return { type, name, flags, lengthMin, lengthMax, lengthUnit, onError, internalOnly, form };
}

/** RFC 7606 sections 7.5, 7.9, 7.10; RFC 7311 section 3.4 (off towards external peers unless configured). */
const INTERNAL_ONLY: ReadonlySet<number> = new Set([
  AttributeType.LocalPref,
  AttributeType.OriginatorId,
  AttributeType.ClusterList,
  AttributeType.Aigp,
]);

const SEGMENT_TYPES: Readonly<Record<AsPathSegment["type"], number>> = {
  set: SegmentType.Set,
  sequence: SegmentType.Sequence,
  "confed-sequence": SegmentType.ConfedSequence,
  "confed-set": SegmentType.ConfedSet,
};

function keyOf<K extends string>(table: Readonly<Record<K, number>>, value: number): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}

const origin: ObjectForm = {
  decode: (value, to) => {
    to.origin = keyOf<Origin>(OriginValue, value.u8()) ?? "incomplete";
  },
  present: () => true,
  encode: (a, out) => void out.u8(OriginValue[a.origin]),
  format: (a) => a.origin,
};

const asPath: ObjectForm = {
  decode: (value, to) => {
    const segments: AsPathSegment[] = [];
    while (value.remaining > 0) {
      const type = keyOf(SEGMENT_TYPES, value.u8()) ?? "sequence";
      segments.push({ type, asns: Array.from({ length: value.u8() }, () => value.u32()) });
    }
    to.asPath = segments;
  },
  present: () => true,
  encode: (a, out) => {
    for (const { type, asns } of a.asPath) {
      // A segment counts its numbers in one octet; a longer one goes on in the next (RFC 4271 section 5.1.2).
      for (let i = 0; i < asns.length; i += 255) {
        const part = asns.slice(i, i + 255);
        out.u8(SEGMENT_TYPES[type]).u8(part.length);
        for (const as of part) out.u32(as);
      }
    }
  },
  format: (a) => formatAsPath(a.asPath),
};

/** A 32-bit number in an optional field. */
function u32Field(
  key: "med" | "localPref" | "originatorId" | "otc",
  format: (value: number) => string = String,
): ObjectForm {
  return {
    decode: (value, to) => {
      to[key] = value.u32();
    },
    present: (a) => a[key] !== undefined,
    encode: (a, out) => void out.u32(a[key] ?? 0),
    format: (a) => format(a[key] ?? 0),
  };
}

/** A list of values of `size` octets. */
function listField<K extends "communities" | "clusterList" | "extCommunities" | "largeCommunities">(
  key: K,
  size: number,
  read: (value: Reader) => PathAttributes[K][number],
  write: (out: Writer, item: PathAttributes[K][number]) => void,
  format: (item: PathAttributes[K][number]) => string,
): ObjectForm {
  return {
    decode: (value, to) => {
      to[key] = Array.from({ length: value.remaining / size }, () => read(value)) as unknown as PathAttributes[K];
    },
    present: (a) => a[key].length > 0,
    encode: (a, out) => {
      for (const item of a[key]) write(out, item);
    },
    format: (a) => (a[key] as readonly PathAttributes[K][number][]).map(format).join(" "),
  };
}

const u32Of = (value: Reader): number => value.u32();
const writeNumber = (out: Writer, item: number): void => void out.u32(item);
const communities = listField("communities", 4, u32Of, writeNumber, formatCommunity);
const clusterList = listField("clusterList", 4, u32Of, writeNumber, formatIpv4Word);
const extCommunities = listField("extCommunities", 8, readU64, writeU64, formatExtCommunity);
const largeCommunities = listField(
  "largeCommunities",
  12,
  (value) => ({ globalAdministrator: value.u32(), localData1: value.u32(), localData2: value.u32() }),
  (out, c) => void out.u32(c.globalAdministrator).u32(c.localData1).u32(c.localData2),
  formatLargeCommunity,
);

function readU64(value: Reader): bigint {
  const high = value.u32();
  return (BigInt(high) << 32n) | BigInt(value.u32());
}

function writeU64(out: Writer, item: bigint): void {
  out.u32(Number(item >> 32n)).u32(Number(item & 0xffff_ffffn));
}

const atomicAggregate: ObjectForm = {
  decode: (_value, to) => {
    to.atomicAggregate = true;
  },
  present: (a) => a.atomicAggregate === true,
  encode: () => {},
  format: () => "yes",
};

const aggregator: ObjectForm = {
  decode: (value, to) => {
    to.aggregator = { as: value.u32(), address: new Address(4, value.u32()) };
  },
  present: (a) => a.aggregator !== undefined,
  encode: (a, out) => void out.u32(a.aggregator?.as ?? 0).u32(a.aggregator?.address.w0 ?? 0),
  format: (a) => `${a.aggregator?.as} ${a.aggregator?.address}`,
};

/** TLVs of type (1), length of all (2), value; the first AIGP TLV counts (RFC 7311 section 3). */
const aigp: ObjectForm = {
  decode: (value, to) => {
    while (value.remaining > 0) {
      const type = value.u8();
      const tlv = value.sub(value.u16() - 3);
      if (type === AIGP_TLV_TYPE && to.aigp === undefined) to.aigp = readU64(tlv);
    }
  },
  present: (a) => a.aigp !== undefined,
  encode: (a, out) => writeU64(out.u8(AIGP_TLV_TYPE).u16(11), a.aigp ?? 0n),
  format: (a) => String(a.aigp),
};

const T = AttributeType;

/** Sections are those of RFC 7606 unless another RFC is named. */
const ROWS: readonly AttributeSpec[] = [
  row(T.Origin, "ORIGIN", WELL_KNOWN, exactly(1), "withdraw", origin), // 7.1
  row(T.AsPath, "AS_PATH", WELL_KNOWN, [0, LENGTH_MAX, 1], "withdraw", asPath), // 7.2
  row(T.NextHop, "NEXT_HOP", WELL_KNOWN, exactly(4), "withdraw"), // 7.3
  row(T.MultiExitDisc, "MULTI_EXIT_DISC", OPTIONAL, exactly(4), "withdraw", u32Field("med")), // 7.4
  row(T.LocalPref, "LOCAL_PREF", WELL_KNOWN, exactly(4), "withdraw", u32Field("localPref")), // 7.5
  row(T.AtomicAggregate, "ATOMIC_AGGREGATE", WELL_KNOWN, exactly(0), "discard", atomicAggregate), // 7.6
  row(T.Aggregator, "AGGREGATOR", OPTIONAL_TRANSITIVE, [6, 8, 2], "discard", aggregator), // 7.7
  row(T.Communities, "COMMUNITIES", OPTIONAL_TRANSITIVE, multipleOf(4), "withdraw", communities), // 7.8
  row(T.OriginatorId, "ORIGINATOR_ID", OPTIONAL, exactly(4), "withdraw", u32Field("originatorId", formatIpv4Word)), // 7.9
  row(T.ClusterList, "CLUSTER_LIST", OPTIONAL, multipleOf(4), "withdraw", clusterList), // 7.10
  row(T.MpReachNlri, "MP_REACH_NLRI", OPTIONAL, [5, LENGTH_MAX, 1], "reset"), // 5.3, 7.11
  row(T.MpUnreachNlri, "MP_UNREACH_NLRI", OPTIONAL, [3, LENGTH_MAX, 1], "reset"), // 5.3, 7.12
  row(T.ExtendedCommunities, "EXTENDED_COMMUNITIES", OPTIONAL_TRANSITIVE, multipleOf(8), "withdraw", extCommunities), // 7.14
  row(T.As4Path, "AS4_PATH", OPTIONAL_TRANSITIVE, [6, LENGTH_MAX, 2], "discard"), // RFC 6793 section 6
  row(T.As4Aggregator, "AS4_AGGREGATOR", OPTIONAL_TRANSITIVE, exactly(8), "discard"), // RFC 6793 section 6
  row(T.Ipv6ExtendedCommunities, "IPV6_EXTENDED_COMMUNITIES", OPTIONAL_TRANSITIVE, multipleOf(20), "withdraw"), // 7.15
  row(T.Aigp, "AIGP", OPTIONAL, [3, LENGTH_MAX, 1], "discard", aigp), // RFC 7311 section 3.2
  row(T.LargeCommunities, "LARGE_COMMUNITIES", OPTIONAL_TRANSITIVE, multipleOf(12), "withdraw", largeCommunities), // RFC 8092 section 6
  row(T.OnlyToCustomer, "ONLY_TO_CUSTOMER", OPTIONAL_TRANSITIVE, exactly(4), "withdraw", u32Field("otc")), // RFC 9234 section 5
];

/** The row of each attribute type; undefined for those this speaker does not know. */
export const ATTRIBUTES: readonly (AttributeSpec | undefined)[] = Array.from({ length: 256 }, (_, type) =>
  ROWS.find((spec) => spec.type === type),
);

/** "ORIGIN", or "attribute 28". */
export function attributeName(type: number): string {
  return ATTRIBUTES[type]?.name ?? `attribute ${type}`;
}
