import {
  ATTRIBUTES,
  AttributeFlag,
  AttributeType,
  attributeEnd,
  FAMILY_SPECS,
  Family,
  OriginValue,
  type PathAttributes,
  parseAttributes,
  SegmentType,
} from "../bgp/index.ts";
import { formatIpv4Word } from "../lib/address.ts";
import { Writer } from "../lib/bytes.ts";
import type { Prefix } from "../lib/prefix.ts";
import { writeExtCommunity } from "./ext-communities.ts";
import { beginAny, endAny, PbWriter } from "./pb.ts";

const SEGMENTS = {
  set: SegmentType.Set,
  sequence: SegmentType.Sequence,
  "confed-sequence": SegmentType.ConfedSequence,
  "confed-set": SegmentType.ConfedSet,
} as const;

/** Path.pattrs and Path.pattrs_binary. */
const PATTRS = 2;
const PATTRS_BINARY = 21;

/** The attributes of a route as fields of GoBGP's Path, ready to be put into many paths: all but what holds the prefix. */
export interface EncodedAttributes {
  /** `pattrs` of types below and above MP_REACH_NLRI. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** The next hops of MP_REACH_NLRI; empty when NEXT_HOP is written already. */
  readonly nextHops: readonly string[];
  /** MP_REACH_NLRI comes last, as in GoBGP's routes of its own. */
  readonly isNextHopLast: boolean;
}

/** Attribute sets whose encoding is remembered: routes that share attributes come in runs. */
const CACHE_MAX = 4_096;

/** Makes GoBGP's attribute messages of canonical attributes. */
export class AttributeEncoder {
  readonly #out = new PbWriter();
  readonly #known = new Map<string, EncodedAttributes>();

  /** `isLocal`: a route of ours without an AS_PATH has none; any other has an empty one, as it came. */
  encode(canonical: Uint8Array, family: Family, isLocal: boolean): EncodedAttributes {
    const octets = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.length).toString("latin1");
    const key = `${family}${isLocal ? "l" : "r"}${octets}`;
    let encoded = this.#known.get(key);
    if (encoded !== undefined) return encoded;
    encoded = this.#encode(parseAttributes(canonical), family, isLocal);
    if (this.#known.size >= CACHE_MAX) this.#known.clear();
    this.#known.set(key, encoded);
    return encoded;
  }

  #encode(attributes: PathAttributes, family: Family, isLocal: boolean): EncodedAttributes {
    const { nextHop, linkLocalNextHop } = attributes;
    const isMp = family === Family.Ipv6Unicast || nextHop?.version === 6;
    const nextHops = isMp && nextHop !== undefined ? [nextHop.toString()] : [];
    if (isMp && linkLocalNextHop !== undefined) nextHops.push(linkLocalNextHop.toString());
    const out = this.#out;
    out.reset();
    const plain = isMp ? undefined : nextHop?.toString();
    writeHead(out, attributes, isLocal, isLocal ? undefined : plain);
    const head = out.toBytes();
    out.reset();
    writeTail(out, attributes);
    if (isLocal && plain !== undefined) writeNextHop(out, plain);
    return { head, tail: out.toBytes(), nextHops, isNextHopLast: isLocal };
  }
}

function attribute(out: PbWriter, type: string, write: () => void): void {
  const at = beginAny(out, PATTRS, `${type}Attribute`);
  write();
  endAny(out, at);
}

function uint(out: PbWriter, field: number, value: number): void {
  if (value !== 0) out.uint(field, value);
}

function writeNextHop(out: PbWriter, nextHop: string): void {
  attribute(out, "NextHop", () => out.string(1, nextHop));
}

/** Types 1 to 10. */
function writeHead(out: PbWriter, a: PathAttributes, isLocal: boolean, nextHop: string | undefined): void {
  attribute(out, "Origin", () => uint(out, 1, OriginValue[a.origin]));
  if (a.asPath.length > 0 || !isLocal)
    attribute(out, "AsPath", () => {
      for (const { type, asns } of a.asPath) {
        const segment = out.begin(1);
        out.uint(1, SEGMENTS[type]);
        out.uints(2, asns);
        out.end(segment);
      }
    });
  if (nextHop !== undefined) writeNextHop(out, nextHop);
  const { med, localPref, aggregator, originatorId } = a;
  if (med !== undefined) attribute(out, "MultiExitDisc", () => uint(out, 1, med));
  if (localPref !== undefined) attribute(out, "LocalPref", () => uint(out, 1, localPref));
  if (a.atomicAggregate === true) attribute(out, "AtomicAggregate", () => {});
  if (aggregator !== undefined)
    attribute(out, "Aggregator", () => {
      uint(out, 1, aggregator.as);
      out.string(2, aggregator.address.toString());
    });
  if (a.communities.length > 0) attribute(out, "Communities", () => out.uints(1, a.communities));
  if (originatorId !== undefined) attribute(out, "OriginatorId", () => out.string(1, formatIpv4Word(originatorId)));
  if (a.clusterList.length > 0)
    attribute(out, "ClusterList", () => {
      for (const id of a.clusterList) out.string(1, formatIpv4Word(id));
    });
}

/** Types above 14. */
function writeTail(out: PbWriter, a: PathAttributes): void {
  if (a.extCommunities.length > 0)
    attribute(out, "ExtendedCommunities", () => {
      for (const community of a.extCommunities) writeExtCommunity(out, 1, community);
    });
  const { aigp } = a;
  if (aigp !== undefined)
    attribute(out, "Aigp", () => {
      const at = beginAny(out, 1, "AigpTLVIGPMetric");
      if (aigp !== 0n) out.long(1, Number(aigp));
      endAny(out, at);
    });
  if (a.largeCommunities.length > 0)
    attribute(out, "LargeCommunities", () => {
      for (const { globalAdministrator, localData1, localData2 } of a.largeCommunities) {
        const at = out.begin(1);
        uint(out, 1, globalAdministrator);
        uint(out, 2, localData1);
        uint(out, 3, localData2);
        out.end(at);
      }
    });
  for (const { flags, type, value } of withOnlyToCustomer(a))
    attribute(out, "Unknown", () => {
      uint(out, 1, flags);
      uint(out, 2, type);
      out.octets(3, value);
    });
}

/** GoBGP 3 has no message for the Only to Customer attribute (RFC 9234): it is one of the unknown. */
function withOnlyToCustomer({ otc, unknown }: PathAttributes): PathAttributes["unknown"] {
  if (otc === undefined) return unknown;
  const value = new Writer().u32(otc).toBytes();
  const flags = AttributeFlag.Optional | AttributeFlag.Transitive;
  return [...unknown, { flags, type: AttributeType.OnlyToCustomer, value }].sort((a, b) => a.type - b.type);
}

/** Writes the message of a prefix as a google.protobuf.Any. */
export function writeNlri(out: PbWriter, field: number, prefix: Prefix): void {
  const at = beginAny(out, field, "IPAddressPrefix");
  if (prefix.length > 0) out.uint(1, prefix.length);
  out.string(2, prefix.address.toString());
  endAny(out, at);
}

/** Writes Path.pattrs. */
export function writeAttributes(
  out: PbWriter,
  { head, tail, nextHops, isNextHopLast }: EncodedAttributes,
  family: Family,
  prefix: Prefix,
): void {
  out.raw(head);
  if (isNextHopLast) out.raw(tail);
  if (nextHops.length > 0) {
    const at = beginAny(out, PATTRS, "MpReachNLRIAttribute");
    writeFamily(out, 1, family);
    for (const nextHop of nextHops) out.string(2, nextHop);
    writeNlri(out, 3, prefix);
    endAny(out, at);
  }
  if (!isNextHopLast) out.raw(tail);
}

export function writeFamily(out: PbWriter, field: number, family: Family): void {
  const { afi, safi } = FAMILY_SPECS[family];
  const at = out.begin(field);
  out.uint(1, afi);
  out.uint(2, safi);
  out.end(at);
}

/**
 * Writes Path.pattrs_binary: each attribute as it would be on the wire of a session with four-octet AS numbers, the
 * next hop (and prefix) of an IPv6 route in MP_REACH_NLRI.
 */
export function writeBinaryAttributes(out: PbWriter, canonical: Uint8Array, nlri: Uint8Array, family: Family): void {
  const nextHopLength = canonical[0] as number;
  const nextHop = canonical.subarray(1, 1 + nextHopLength);
  const write = (type: number, flags: number, value: Uint8Array) => {
    const tlv = new Writer();
    const isLong = value.length > 255;
    tlv.u8(isLong ? flags | AttributeFlag.ExtendedLength : flags).u8(type);
    if (isLong) tlv.u16(value.length);
    else tlv.u8(value.length);
    out.octets(PATTRS_BINARY, tlv.bytes(value).toBytes());
  };
  const isMp = family === Family.Ipv6Unicast || nextHopLength > 4;
  const ofNextHop = isMp ? AttributeType.MpReachNlri : AttributeType.NextHop;
  let isNextHopWritten = nextHopLength === 0;
  const writeNextHop = () => {
    isNextHopWritten = true;
    const { afi, safi } = FAMILY_SPECS[family];
    if (isMp) {
      const value = new Writer().u16(afi).u8(safi).u8(nextHopLength).bytes(nextHop).u8(0).bytes(nlri).toBytes();
      write(ofNextHop, AttributeFlag.Optional, value);
    } else write(ofNextHop, ATTRIBUTES[AttributeType.NextHop]?.flags ?? AttributeFlag.Transitive, nextHop);
  };
  for (let at = 1 + nextHopLength; at < canonical.length; ) {
    const end = attributeEnd(canonical, at);
    if (!isNextHopWritten && (canonical[at + 1] as number) > ofNextHop) writeNextHop();
    out.octets(PATTRS_BINARY, canonical.subarray(at, end));
    at = end;
  }
  if (!isNextHopWritten) writeNextHop();
}
