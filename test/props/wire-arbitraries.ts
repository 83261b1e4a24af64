import fc from "fast-check";
import {
  type AsPathSegment,
  type Capability,
  EMPTY_ATTRIBUTES,
  FAMILIES,
  FAMILY_SPECS,
  Family,
  type LargeCommunity,
  type Negotiated,
  type NegotiatedFamily,
  type OpenMessage,
  type PathAttributes,
} from "../../src/bgp/wire/index.ts";
import { Address } from "../../src/lib/address.ts";
import { maskWord } from "../../src/lib/prefix.ts";

/** Plain objects, as the decoders make them: deepEqual compares prototypes. */
const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
/** Numbers of two octets and of four, AS_TRANS among them. */
const asn = fc.oneof(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff_ffff }), fc.constant(23456));
const narrow = fc.integer({ min: 1, max: 0xffff });
const bytes = (maxLength: number) => fc.uint8Array({ minLength: 0, maxLength });

const family = (which: Family): fc.Arbitrary<NegotiatedFamily> =>
  record({
    family: fc.constant(which),
    addPathReceive: fc.boolean(),
    addPathSend: fc.boolean(),
    extendedNextHop: fc.boolean(),
  });

/** Sessions that read what they write: add-path both ways or not at all. */
export const symmetricSession: fc.Arbitrary<Negotiated> = record({
  peerType: fc.constantFrom("internal" as const, "external" as const),
  fourOctetAs: fc.boolean(),
  lengthMax: fc.constantFrom(4096, 65535),
  families: fc.tuple(...FAMILIES.map(family)),
}).map(({ lengthMax, families, ...rest }) => ({
  ...rest,
  localAs: 65001,
  peerAs: 65002,
  receiveLengthMax: lengthMax,
  sendLengthMax: lengthMax,
  families: families.map((f) => ({ ...f, addPathSend: f.addPathReceive })),
}));

const segment = (type: AsPathSegment["type"], max: number, as = asn): fc.Arbitrary<AsPathSegment> =>
  record({ type: fc.constant(type), asns: fc.array(as, { minLength: 1, maxLength: max }) });

/**
 * Confederation segments lead, as they do in every path that a confederation makes. Their numbers have two octets: AS4_PATH
 * cannot hold them, so that others do not survive a 2-octet session (RFC 6793 section 3).
 */
function asPath(confederation: boolean): fc.Arbitrary<readonly AsPathSegment[]> {
  const inner = fc.array(fc.oneof(segment("sequence", 255), segment("set", 20)), { maxLength: 4 });
  const leading = fc.array(fc.oneof(segment("confed-sequence", 5, narrow), segment("confed-set", 3, narrow)), {
    maxLength: 2,
  });
  return confederation ? fc.tuple(leading, inner).map(([a, b]) => [...a, ...b]) : inner;
}

const address4 = fc
  .tuple(
    fc.integer({ min: 1, max: 223 }).filter((first) => first !== 127),
    u32,
  )
  .map(([first, rest]) => new Address(4, (first << 24) | (rest & 0xff_ffff)));
const address6 = fc.tuple(u32, u32, u32).map(([a, b, c]) => new Address(6, 0x2001_0db8, a, b, c));
const linkLocal = fc.tuple(u32, u32).map(([a, b]) => new Address(6, 0xfe80_0000, 0, a, b));

function nextHop(which: NegotiatedFamily): fc.Arbitrary<Pick<PathAttributes, "nextHop" | "linkLocalNextHop">> {
  const four = address4.map((a) => ({ nextHop: a }));
  const six = fc.oneof(
    address6.map((a) => ({ nextHop: a })),
    linkLocal.map((a) => ({ nextHop: a })),
    fc.tuple(address6, linkLocal).map(([a, b]) => ({ nextHop: a, linkLocalNextHop: b })),
  );
  if (which.family === Family.Ipv6Unicast) return six;
  return which.extendedNextHop ? fc.oneof(four, six) : four;
}

const large: fc.Arbitrary<readonly LargeCommunity[]> = fc.uniqueArray(
  record({ globalAdministrator: u32, localData1: u32, localData2: u32 }),
  { maxLength: 40, selector: (c) => `${c.globalAdministrator}:${c.localData1}:${c.localData2}` },
);

const unknown = fc.uniqueArray(
  record({ flags: fc.constant(0xe0), type: fc.constantFrom(11, 25, 28, 40, 99, 128, 255), value: bytes(400) }),
  { maxLength: 3, selector: (raw) => raw.type },
);

/** Attributes as a neighbour of this session may send them, and as the decoder gives them back. */
export function attributesFor(session: Negotiated, which: NegotiatedFamily): fc.Arbitrary<PathAttributes> {
  const isInternal = session.peerType === "internal";
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const internal = <T>(value: fc.Arbitrary<T>) => (isInternal ? optional(value) : fc.constant(undefined));
  const fields = record({
    origin: fc.constantFrom("igp" as const, "egp" as const, "incomplete" as const),
    asPath: asPath(isInternal),
    med: optional(u32),
    localPref: isInternal ? u32 : fc.constant(undefined),
    atomicAggregate: fc.constantFrom(true as const, undefined),
    aggregator: optional(record({ as: asn, address: u32.map((w) => new Address(4, w)) })),
    communities: fc.array(u32, { maxLength: 80 }),
    originatorId: internal(u32),
    clusterList: isInternal ? fc.array(u32, { maxLength: 5 }) : fc.constant([]),
    extCommunities: fc.array(u64, { maxLength: 40 }),
    largeCommunities: large,
    aigp: internal(u64),
    otc: optional(u32),
    // A type with fixed length must have it: 25 holds multiples of 20.
    unknown: unknown.map((list) => list.map((raw) => (raw.type === 25 ? { ...raw, value: new Uint8Array(40) } : raw))),
  });
  return fc.tuple(fields, nextHop(which)).map(([a, b]) => dropUndefined({ ...EMPTY_ATTRIBUTES, ...a, ...b }));
}

/** As `parseAttributes` leaves absent fields out. */
function dropUndefined(attributes: PathAttributes): PathAttributes {
  const entries = Object.entries(attributes).filter(([key, value]) => value !== undefined || key === "nextHop");
  const kept = Object.fromEntries(entries) as unknown as PathAttributes;
  return { ...kept, unknown: [...kept.unknown].sort((x, y) => x.type - y.type) };
}

export interface Route {
  readonly words: readonly [number, number, number, number];
  readonly length: number;
  readonly pathId: number;
}

/** Prefixes that a unicast route can have. */
export function routesFor(which: NegotiatedFamily, maxLength = 60): fc.Arbitrary<readonly Route[]> {
  const bits = FAMILY_SPECS[which.family].addressBits;
  const top = bits === 32 ? 0xdfff_ffff : 0xfdff_ffff;
  const route = record({
    w0: fc.integer({ min: 0, max: top }),
    rest: fc.tuple(u32, u32, u32),
    length: fc.integer({ min: 0, max: bits }),
    pathId: which.addPathSend ? u32 : fc.constant(0),
  }).map(({ w0, rest, length, pathId }): Route => {
    const mask = (word: number, i: number) => (word & maskWord(length - 32 * i)) >>> 0;
    const [w1, w2, w3] = bits === 32 ? [0, 0, 0] : rest;
    return { words: [mask(w0, 0), mask(w1, 1), mask(w2, 2), mask(w3, 3)], length, pathId };
  });
  return fc.array(route, { minLength: 1, maxLength });
}

const text = fc.string({ unit: "grapheme", maxLength: 10 });
const afiSafi = { afi: u16, safi: u8 };

export const capability: fc.Arbitrary<Capability> = fc.oneof(
  record({ type: fc.constant("multiprotocol" as const), ...afiSafi }),
  fc.constant({ type: "route-refresh" } as const),
  fc.constant({ type: "enhanced-route-refresh" } as const),
  fc.constant({ type: "extended-message" } as const),
  record({
    type: fc.constant("extended-next-hop" as const),
    families: fc.array(record({ afi: u16, safi: u16, nextHopAfi: u16 }), { maxLength: 5 }),
  }),
  record({ type: fc.constant("four-octet-as" as const), as: asn }),
  record({
    type: fc.constant("graceful-restart" as const),
    restarting: fc.boolean(),
    notification: fc.boolean(),
    timeSeconds: fc.integer({ min: 0, max: 4095 }),
    families: fc.array(record({ ...afiSafi, forwarding: fc.boolean() }), { maxLength: 5 }),
  }),
  record({
    type: fc.constant("long-lived-graceful-restart" as const),
    families: fc.array(
      record({ ...afiSafi, forwarding: fc.boolean(), timeSeconds: fc.integer({ min: 0, max: 0xff_ffff }) }),
      { maxLength: 5 },
    ),
  }),
  record({
    type: fc.constant("add-path" as const),
    families: fc.array(
      record({ ...afiSafi, send: fc.boolean(), receive: fc.boolean() }).map((f) =>
        f.send || f.receive ? f : { ...f, send: true },
      ),
      { maxLength: 5 },
    ),
  }),
  record({
    type: fc.constant("role" as const),
    role: fc.constantFrom(
      "provider" as const,
      "rs" as const,
      "rs-client" as const,
      "customer" as const,
      "peer" as const,
    ),
  }),
  record({ type: fc.constant("fqdn" as const), hostname: text, domain: text }).filter(isWellFormed),
  record({ type: fc.constant("unknown" as const), code: fc.integer({ min: 100, max: 255 }), value: bytes(255) }),
);

/** A lone surrogate or more than 64 octets do not survive UTF-8. */
function isWellFormed(c: { readonly hostname: string; readonly domain: string }): boolean {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return [c.hostname, c.domain].every((s) => {
    const encoded = encoder.encode(s);
    return encoded.length <= 64 && decoder.decode(encoded) === s;
  });
}

export const openMessage: fc.Arbitrary<OpenMessage> = record({
  version: fc.constant(4),
  as2: fc.integer({ min: 1, max: 0xffff }),
  holdTimeSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
  identifier: fc.integer({ min: 1, max: 0xffff_ffff }),
  capabilities: fc.array(capability, { maxLength: 12 }),
});
