import {
  type AsPathSegment,
  ATTRIBUTES,
  AttributeFlag,
  AttributeType,
  attributeName,
  EMPTY_ATTRIBUTES,
  type LargeCommunity,
  type Origin,
  OriginValue,
  type PathAttributes,
  type RawAttribute,
  SegmentType,
} from "../bgp/index.ts";
import { type Address, parseAddress, parseIpv4Word } from "../lib/address.ts";
import { readExtCommunity } from "./ext-communities.ts";
import { type PbReader, readAny } from "./pb.ts";

type Draft = { -readonly [K in keyof PathAttributes]: PathAttributes[K] };

/** What is wrong with an attribute; undefined: nothing. */
type Fault = string | undefined;

const ORIGINS = Object.keys(OriginValue) as Origin[];
const SEGMENTS: Readonly<Record<number, AsPathSegment["type"]>> = {
  [SegmentType.Set]: "set",
  [SegmentType.Sequence]: "sequence",
  [SegmentType.ConfedSequence]: "confed-sequence",
  [SegmentType.ConfedSet]: "confed-set",
};
const SEGMENT_MAX = 255;

const setter =
  (read: (value: PbReader) => Partial<Draft>) =>
  (value: PbReader, to: Draft): Fault => {
    Object.assign(to, read(value));
    return undefined;
  };

/** Attribute messages that we take: their type codes, and how they are read. */
const READERS: Readonly<Record<string, readonly [type: number, read: (value: PbReader, to: Draft) => Fault]>> = {
  OriginAttribute: [AttributeType.Origin, readOrigin],
  AsPathAttribute: [AttributeType.AsPath, readAsPath],
  NextHopAttribute: [AttributeType.NextHop, (value, to) => readNextHop(strings(value, 1), to)],
  MultiExitDiscAttribute: [AttributeType.MultiExitDisc, setter((value) => ({ med: uintOf(value, 1) }))],
  LocalPrefAttribute: [AttributeType.LocalPref, setter((value) => ({ localPref: uintOf(value, 1) }))],
  AtomicAggregateAttribute: [AttributeType.AtomicAggregate, setter(() => ({ atomicAggregate: true }))],
  AggregatorAttribute: [AttributeType.Aggregator, readAggregator],
  CommunitiesAttribute: [AttributeType.Communities, setter((value) => ({ communities: uintsOf(value, 1) }))],
  OriginatorIdAttribute: [AttributeType.OriginatorId, readOriginator],
  ClusterListAttribute: [AttributeType.ClusterList, readClusterList],
  MpReachNLRIAttribute: [AttributeType.MpReachNlri, (value, to) => readNextHop(strings(value, 2), to)],
  ExtendedCommunitiesAttribute: [AttributeType.ExtendedCommunities, readExtCommunities],
  AigpAttribute: [AttributeType.Aigp, readAigp],
  LargeCommunitiesAttribute: [AttributeType.LargeCommunities, readLargeCommunities],
  UnknownAttribute: [-1, readUnknown],
};

/** Reads `Path.pattrs`; the text says what is wrong, in GoBGP's words where it has some. */
export function readAttributes(pattrs: readonly PbReader[]): PathAttributes | string {
  const draft: Draft = { ...EMPTY_ATTRIBUTES };
  const seen = new Set<number>();
  for (const any of pattrs) {
    const { type: name, value } = readAny(any);
    const known = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (known === undefined) return `path attribute ${JSON.stringify(name.slice(0, 80))} is not carried here`;
    const [type, read] = known;
    const before = draft.unknown.length;
    const fault = read(value, draft);
    if (fault !== undefined) return `${name}: ${fault}`;
    const code = draft.unknown.length > before ? (draft.unknown.at(-1) as RawAttribute).type : type;
    if (seen.has(code)) return `duplicated path attribute type: ${code}`;
    seen.add(code);
  }
  if (!seen.has(AttributeType.Origin)) return "the ORIGIN attribute is missing";
  return draft;
}

function uintOf(value: PbReader, wanted: number): number {
  let found = 0;
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === wanted) found = value.uint();
    else value.skip();
  }
  return found;
}

function uintsOf(value: PbReader, wanted: number): number[] {
  const list: number[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === wanted) value.uints(list);
    else value.skip();
  }
  return list;
}

function strings(value: PbReader, wanted: number): string[] {
  const list: string[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === wanted) list.push(value.string());
    else value.skip();
  }
  return list;
}

function readOrigin(value: PbReader, to: Draft): Fault {
  const number = uintOf(value, 1);
  const origin = ORIGINS.find((name) => OriginValue[name] === number);
  if (origin === undefined) return `${number} is no origin`;
  to.origin = origin;
  return undefined;
}

function readAsPath(value: PbReader, to: Draft): Fault {
  const segments: AsPathSegment[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field !== 1) {
      value.skip();
      continue;
    }
    const segment = readSegment(value.message());
    if (typeof segment === "string") return segment;
    segments.push(segment);
  }
  to.asPath = segments;
  return undefined;
}

function readSegment(value: PbReader): AsPathSegment | string {
  let number = 0;
  const asns: number[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) number = value.uint();
    else if (field === 2) value.uints(asns);
    else value.skip();
  }
  const type = SEGMENTS[number];
  if (type === undefined) return `${number} is no segment type`;
  if (asns.length === 0 || asns.length > SEGMENT_MAX)
    return `a segment has 1 to ${SEGMENT_MAX} AS numbers, not ${asns.length}`;
  return asns.includes(0) ? "AS 0 is not allowed (RFC 7607)" : { type, asns };
}

/** A global address, and behind it the link-local one if there is one (RFC 2545). */
function readNextHop(texts: readonly string[], to: Draft): Fault {
  const addresses: Address[] = [];
  for (const text of texts) {
    const address = parseAddress(text);
    if (address === undefined) return `${JSON.stringify(text.slice(0, 80))} is no address`;
    addresses.push(address);
  }
  const [first, second] = addresses;
  if (to.nextHop !== undefined || first === undefined) return undefined;
  to.nextHop = first;
  if (second !== undefined && second.version === 6 && second.isLinkLocal) to.linkLocalNextHop = second;
  return undefined;
}

function readAggregator(value: PbReader, to: Draft): Fault {
  let as = 0;
  let text = "";
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) as = value.uint();
    else if (field === 2) text = value.string();
    else value.skip();
  }
  const address = parseAddress(text);
  if (address?.version !== 4) return `${JSON.stringify(text.slice(0, 80))} is no IPv4 address`;
  to.aggregator = { as, address };
  return undefined;
}

function readOriginator(value: PbReader, to: Draft): Fault {
  const text = strings(value, 1).at(-1) ?? "";
  to.originatorId = parseIpv4Word(text);
  return to.originatorId === undefined ? `${JSON.stringify(text.slice(0, 80))} is no identifier` : undefined;
}

function readClusterList(value: PbReader, to: Draft): Fault {
  const ids = strings(value, 1).map(parseIpv4Word);
  if (ids.includes(undefined)) return "an entry is no identifier";
  to.clusterList = ids as number[];
  return undefined;
}

function readExtCommunities(value: PbReader, to: Draft): Fault {
  const list: bigint[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field !== 1) {
      value.skip();
      continue;
    }
    const community = readExtCommunity(value.message());
    if (typeof community === "string") return community;
    list.push(community);
  }
  to.extCommunities = list;
  return undefined;
}

function readAigp(value: PbReader, to: Draft): Fault {
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field !== 1) {
      value.skip();
      continue;
    }
    const tlv = readAny(value.message());
    if (tlv.type === "AigpTLVIGPMetric") to.aigp = BigInt(uintOf(tlv.value, 1));
  }
  return to.aigp === undefined ? "it has no metric" : undefined;
}

function readLargeCommunities(value: PbReader, to: Draft): Fault {
  const list: LargeCommunity[] = [];
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field !== 1) {
      value.skip();
      continue;
    }
    const parts: [number, number, number] = [0, 0, 0];
    const inner = value.message();
    for (let part = inner.next(); part !== 0; part = inner.next()) {
      if (part <= 3) parts[part - 1] = inner.uint();
      else inner.skip();
    }
    const [globalAdministrator, localData1, localData2] = parts;
    list.push({ globalAdministrator, localData1, localData2 });
  }
  to.largeCommunities = list;
  return undefined;
}

/** Attributes that have a message of their own must be given by it: only so are their values checked. */
function readUnknown(value: PbReader, to: Draft): Fault {
  let flags = 0;
  let type = 0;
  let octets = new Uint8Array(0);
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) flags = value.uint();
    else if (field === 2) type = value.uint();
    else if (field === 3) octets = value.octets().slice();
    else value.skip();
  }
  if (type === AttributeType.OnlyToCustomer && octets.length === 4) {
    to.otc = new DataView(octets.buffer).getUint32(0);
    return undefined;
  }
  if (type === 0 || type > 255) return `${type} is no attribute type`;
  if (ATTRIBUTES[type] !== undefined && type !== AttributeType.Ipv6ExtendedCommunities)
    return `${attributeName(type)} has a message of its own`;
  if ((flags & AttributeFlag.Optional) === 0) return "an unknown attribute is optional";
  to.unknown = [...to.unknown, { flags: flags & 0xe0, type, value: octets }];
  return undefined;
}
