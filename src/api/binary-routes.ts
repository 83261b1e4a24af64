import {
  AttributeFlag,
  AttributeType,
  FAMILIES,
  Family,
  type Negotiated,
  type PathAttributes,
  parseAttributes,
  UpdateDecoder,
} from "../bgp/index.ts";
import { Address } from "../lib/address.ts";
import { Writer } from "../lib/bytes.ts";
import { Prefix } from "../lib/prefix.ts";

// Routes as octets of the wire: Path.nlri_binary and Path.pattrs_binary.

/** A session that allows whatever we carry, so that our own decoder judges the attributes. */
const ANY_SESSION: Negotiated = {
  peerType: "internal",
  localAs: 0,
  peerAs: 0,
  fourOctetAs: true,
  receiveLengthMax: 65_535,
  sendLengthMax: 65_535,
  families: FAMILIES.map((family) => ({ family, addPathReceive: false, addPathSend: false, extendedNextHop: true })),
};
/** Octets of all attributes together: the length field has two. */
const OCTETS_MAX = 60_000;

/** A prefix as in an UPDATE: its length in bits, then as many octets as those take. */
export function readBinaryNlri(bytes: Uint8Array, family: Family): Prefix | string {
  const length = bytes[0] as number;
  const bits = family === Family.Ipv4Unicast ? 32 : 128;
  const octets = (length + 7) >>> 3;
  if (length > bits || bytes.length !== 1 + octets) return "nlri_binary is no prefix of the family";
  const padded = new Uint8Array(bits / 8);
  padded.set(bytes.subarray(1));
  return new Prefix(Address.fromBytes(padded), length);
}

/** The octets that `readBinaryNlri` reads. */
export function binaryNlri({ address, length }: Prefix): Uint8Array {
  return new Writer()
    .u8(length)
    .bytes(address.toBytes().subarray(0, (length + 7) >>> 3))
    .toBytes();
}

/**
 * Attributes as in an UPDATE, with four-octet AS numbers; the text says that they are wrong. Ours may lack AS_PATH and
 * LOCAL_PREF, and their next hop may be unspecified ("self"): the decoder sees another one instead.
 */
export function readBinaryAttributes(attributes: readonly Uint8Array[]): PathAttributes | string {
  const has = (type: number) => attributes.some((attribute) => attribute[1] === type);
  const isNextHop = ({ 1: type }: Uint8Array) => type === AttributeType.NextHop || type === AttributeType.MpReachNlri;
  const others = [...attributes.filter((attribute) => !isNextHop(attribute)), NEXT_HOP];
  if (!has(AttributeType.AsPath)) others.push(AS_PATH);
  if (!has(AttributeType.LocalPref)) others.push(LOCAL_PREF);
  const octets = others.reduce((sum, { length }) => sum + length, 0);
  if (octets > OCTETS_MAX) return `pattrs_binary has ${octets} octets, more than an UPDATE`;
  const message = new Writer().u16(0).u16(octets);
  for (const attribute of others) message.bytes(attribute);
  const bytes = message.u8(0).toBytes(); // 0.0.0.0/0: without a prefix nobody would be told of the attributes
  let found: PathAttributes | undefined;
  const decoder = new UpdateDecoder(ANY_SESSION, { treatAsWithdraw: true, loopbackNextHop: true });
  const outcome = decoder.decode(bytes, 0, bytes.length, {
    withdraw: () => {},
    reach: (_family, _prefixes, canonical) => {
      found = parseAttributes(canonical.bytes, 0, canonical.length);
    },
    endOfRib: () => {},
  });
  if (found === undefined || outcome.type !== "ok")
    return `pattrs_binary: ${outcome.type === "ok" ? "no attributes" : outcome.faults[0]?.message}`;
  const nextHop = nextHopOf(attributes.find(isNextHop));
  if (typeof nextHop === "string") return nextHop;
  // The decoder sets the Partial bit of what it does not know: this is no neighbour's route, so it stays as given.
  const flagsOf = (type: number) =>
    (attributes.find((one) => one[1] === type)?.[0] ?? 0) & ~AttributeFlag.ExtendedLength;
  const unknown = found.unknown.map((raw) => ({ ...raw, flags: flagsOf(raw.type) }));
  return { ...found, unknown, nextHop, localPref: has(AttributeType.LocalPref) ? found.localPref : undefined };
}

/** What stands in for what an attribute list of ours may lack. */
const NEXT_HOP = Uint8Array.of(0x40, AttributeType.NextHop, 4, 192, 0, 2, 1);
const AS_PATH = Uint8Array.of(0x40, AttributeType.AsPath, 0);
const LOCAL_PREF = Uint8Array.of(0x40, AttributeType.LocalPref, 4, 0, 0, 0, 100);

/** The next hop of a NEXT_HOP or MP_REACH_NLRI attribute. */
function nextHopOf(attribute: Uint8Array | undefined): Address | string | undefined {
  if (attribute === undefined) return undefined;
  const isLong = ((attribute[0] as number) & AttributeFlag.ExtendedLength) !== 0;
  const value = attribute.subarray(isLong ? 4 : 3);
  const octets = attribute[1] === AttributeType.NextHop ? value : value.subarray(4, 4 + (value[3] ?? 0));
  if (octets.length === 4 || octets.length === 16) return Address.fromBytes(octets);
  return octets.length === 32 ? Address.fromBytes(octets.subarray(0, 16)) : "pattrs_binary: the next hop is no address";
}
