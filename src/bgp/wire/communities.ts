import { formatIpv4Word, parseIpv4Word } from "../../lib/address.ts";
import { WellKnownCommunity } from "./iana.ts";
import type { LargeCommunity } from "./path-attributes.ts";

/** Names as gobgp prints them; further names that are understood follow below. */
const COMMUNITY_NAMES: readonly (readonly [name: string, community: number])[] = [
  ["internet", WellKnownCommunity.Internet],
  ["planned-shut", WellKnownCommunity.GracefulShutdown],
  ["accept-own", WellKnownCommunity.AcceptOwn],
  ["route-filter-translated-v4", WellKnownCommunity.RouteFilterTranslatedV4],
  ["route-filter-v4", WellKnownCommunity.RouteFilterV4],
  ["route-filter-translated-v6", WellKnownCommunity.RouteFilterTranslatedV6],
  ["route-filter-v6", WellKnownCommunity.RouteFilterV6],
  ["llgr-stale", WellKnownCommunity.LlgrStale],
  ["no-llgr", WellKnownCommunity.NoLlgr],
  ["blackhole", WellKnownCommunity.Blackhole],
  ["no-export", WellKnownCommunity.NoExport],
  ["no-advertise", WellKnownCommunity.NoAdvertise],
  ["no-export-subconfed", WellKnownCommunity.NoExportSubconfed],
  ["no-peer", WellKnownCommunity.NoPeer],
];
const NAME_OF: ReadonlyMap<number, string> = new Map(COMMUNITY_NAMES.map(([name, community]) => [community, name]));
/** RFC 8326's own name is understood besides gobgp's. */
const COMMUNITY_OF: ReadonlyMap<string, number> = new Map([
  ...COMMUNITY_NAMES,
  ["graceful-shutdown", WellKnownCommunity.GracefulShutdown],
]);

/** "65001:100", a 32-bit number, or a well-known name such as "no-export"; undefined when `text` is none of them. */
export function parseCommunity(text: string): number | undefined {
  const known = COMMUNITY_OF.get(text.toLowerCase());
  if (known !== undefined) return known;
  const parts = text.split(":").map(parseNumber);
  const [high, low] = parts;
  if (high === undefined) return undefined;
  if (parts.length === 1) return high;
  return parts.length === 2 && low !== undefined && high <= 0xffff && low <= 0xffff ? high * 65536 + low : undefined;
}

/** "65001:100", or the well-known name. */
export function formatCommunity(community: number): string {
  return NAME_OF.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** "65001:1:2" (RFC 8092 section 5: three decimal numbers); undefined when `text` is not that. */
export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const parts = text.split(":").map(parseNumber);
  const [globalAdministrator, localData1, localData2] = parts;
  if (parts.length !== 3 || globalAdministrator === undefined) return undefined;
  if (localData1 === undefined || localData2 === undefined) return undefined;
  return { globalAdministrator, localData1, localData2 };
}

export function formatLargeCommunity(c: LargeCommunity): string {
  return `${c.globalAdministrator}:${c.localData1}:${c.localData2}`;
}

/** Subtypes with a name (RFC 4360 sections 4 and 5); both exist for each form of the global administrator. */
const EXTENDED_SUBTYPES = { rt: 0x02, soo: 0x03 } as const;
/** Extended community types (RFC 4360 section 3, RFC 5668): how the six octets of value divide. */
const ExtendedType = { TwoOctetAs: 0x00, Ipv4: 0x01, FourOctetAs: 0x02 } as const;

/**
 * An extended community as a 64-bit number: "rt:65001:100", "soo:192.0.2.1:7", "rt:4200000000:7", "rt:0.65001:7" (a
 * small number in the four-octet form) or any at all as "0x" and sixteen digits; undefined when `text` is none of them.
 */
export function parseExtCommunity(text: string): bigint | undefined {
  if (/^0x[0-9a-fA-F]{16}$/.test(text)) return BigInt(text);
  const [name, administrator, local, ...rest] = text.split(":");
  if (administrator === undefined || local === undefined || rest.length > 0) return undefined;
  if (name !== "rt" && name !== "soo") return undefined;
  const value = parseNumber(local);
  const global = parseAdministrator(administrator);
  if (value === undefined || global === undefined) return undefined;
  const head = (BigInt(global.type) << 56n) | (BigInt(EXTENDED_SUBTYPES[name]) << 48n);
  if (global.type === ExtendedType.TwoOctetAs) return head | (BigInt(global.number) << 32n) | BigInt(value);
  return value <= 0xffff ? head | (BigInt(global.number) << 16n) | BigInt(value) : undefined;
}

function parseAdministrator(text: string): { readonly type: number; readonly number: number } | undefined {
  const address = parseIpv4Word(text);
  if (address !== undefined) return { type: ExtendedType.Ipv4, number: address };
  const dotted = /^(\d{1,5})\.(\d{1,5})$/.exec(text);
  if (dotted !== null) {
    const [high, low] = [Number(dotted[1]), Number(dotted[2])];
    return high <= 0xffff && low <= 0xffff ? { type: ExtendedType.FourOctetAs, number: high * 65536 + low } : undefined;
  }
  const number = parseNumber(text);
  if (number === undefined) return undefined;
  return { type: number <= 0xffff ? ExtendedType.TwoOctetAs : ExtendedType.FourOctetAs, number };
}

/** The form that `parseExtCommunity` reads back to the same number. */
export function formatExtCommunity(community: bigint): string {
  const type = Number(community >> 56n);
  const subtype = Number((community >> 48n) & 0xffn);
  const name = subtype === EXTENDED_SUBTYPES.rt ? "rt" : subtype === EXTENDED_SUBTYPES.soo ? "soo" : undefined;
  if (name === undefined || type > ExtendedType.FourOctetAs) return `0x${community.toString(16).padStart(16, "0")}`;
  if (type === ExtendedType.TwoOctetAs) return `${name}:${(community >> 32n) & 0xffffn}:${community & 0xffff_ffffn}`;
  const global = Number((community >> 16n) & 0xffff_ffffn);
  const local = community & 0xffffn;
  if (type === ExtendedType.Ipv4) return `${name}:${formatIpv4Word(global)}:${local}`;
  return `${name}:${global <= 0xffff ? `0.${global}` : global}:${local}`;
}

/** A decimal number of 32 bits, or undefined. */
function parseNumber(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= 0xffff_ffff ? number : undefined;
}
