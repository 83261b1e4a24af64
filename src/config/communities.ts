import { parseIpv4Word } from "../lib/address.ts";

/** Names of well-known communities: the IANA registry's, and GoBGP's where it has its own. */
const WELL_KNOWN_COMMUNITIES = {
  internet: 0,
  "graceful-shutdown": 0xffff0000,
  "planned-shut": 0xffff0000,
  "accept-own": 0xffff0001,
  "route-filter-translated-v4": 0xffff0002,
  "route-filter-v4": 0xffff0003,
  "route-filter-translated-v6": 0xffff0004,
  "route-filter-v6": 0xffff0005,
  "llgr-stale": 0xffff0006,
  "no-llgr": 0xffff0007,
  blackhole: 0xffff029a,
  "no-export": 0xffffff01,
  "no-advertise": 0xffffff02,
  "no-export-subconfed": 0xffffff03,
  "no-peer": 0xffffff04,
} as const;
const WORDS = new Map<string, number>(Object.entries(WELL_KNOWN_COMMUNITIES));
const NAMES = new Map<number, string>([...WORDS].map(([name, word]) => [word, name]));

/** Decimal digits to a number that fits `bits`, or undefined. */
function parseUint(text: string | undefined, bits: 16 | 32): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value < 2 ** bits ? value : undefined;
}

/** RFC 1997: "65001:100", a 32-bit number, or a well-known name. The 32-bit word, or undefined. */
export function parseCommunity(text: string): number | undefined {
  const named = WORDS.get(text.toLowerCase().replaceAll("_", "-"));
  if (named !== undefined) return named;
  const parts = text.split(":");
  if (parts.length === 1) return parseUint(text, 32);
  const high = parseUint(parts[0], 16);
  const low = parseUint(parts[1], 16);
  return parts.length === 2 && high !== undefined && low !== undefined ? high * 65536 + low : undefined;
}

/** RFC 8092: "4200000001:1:2". */
export function parseLargeCommunity(text: string): readonly [number, number, number] | undefined {
  const [a, b, c, ...rest] = text.split(":").map((part) => parseUint(part, 32));
  return a === undefined || b === undefined || c === undefined || rest.length > 0 ? undefined : [a, b, c];
}

const ROUTE_TARGET = 0x02;
const ROUTE_ORIGIN = 0x03;
const LINK_BANDWIDTH = 0x04;

/**
 * RFC 4360: "rt:65001:100", "soo:192.0.2.1:100", "rt:4200000001:100" (RFC 5668), "lb:65001:125000000" (link bandwidth
 * in octets per second, draft-ietf-idr-link-bandwidth). Eight octets, or undefined.
 */
export function parseExtCommunity(text: string): readonly number[] | undefined {
  const [kind, admin, local, ...rest] = text.split(":");
  if (admin === undefined || local === undefined || rest.length > 0) return undefined;
  switch (kind?.toLowerCase()) {
    case "rt":
      return parseTwoPart(ROUTE_TARGET, admin, local);
    case "soo":
      return parseTwoPart(ROUTE_ORIGIN, admin, local);
    case "lb":
      return parseLinkBandwidth(admin, local);
    default:
      return undefined;
  }
}

const u16 = (value: number): number[] => [value >>> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Type 0: 2-octet AS; 1: IPv4 address; 2: 4-octet AS. The AS number decides which. */
function parseTwoPart(subtype: number, admin: string, local: string): number[] | undefined {
  const address = parseIpv4Word(admin);
  const as = parseUint(admin, 32);
  const wide = parseUint(local, 32);
  const narrow = parseUint(local, 16);
  if (address !== undefined) return narrow === undefined ? undefined : [1, subtype, ...u32(address), ...u16(narrow)];
  if (as === undefined) return undefined;
  if (as < 65536) return wide === undefined ? undefined : [0, subtype, ...u16(as), ...u32(wide)];
  return narrow === undefined ? undefined : [2, subtype, ...u32(as), ...u16(narrow)];
}

/** Type 0x40: non-transitive, 2-octet AS; the bandwidth is a 32-bit float. */
function parseLinkBandwidth(admin: string, local: string): number[] | undefined {
  const as = parseUint(admin, 16);
  const bandwidth = /^\d+(\.\d+)?$/.test(local) ? Number(local) : undefined;
  if (as === undefined || bandwidth === undefined) return undefined;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, bandwidth);
  if (!Number.isFinite(bits.getFloat32(0))) return undefined;
  return [0x40, LINK_BANDWIDTH, ...u16(as), ...u32(bits.getUint32(0))];
}

/** The name of a well-known community, else "65001:100". */
export function formatCommunity(word: number): string {
  return NAMES.get(word) ?? `${word >>> 16}:${word & 0xffff}`;
}
