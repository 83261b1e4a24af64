import { formatIpv4Word } from "../../lib/address.ts";
import { parseExtCommunity } from "../wire/communities.ts";

// Extended communities as GoBGP's policies write and see them: a kind, and a text that expressions are matched against.

/** The kinds that sets can name, by subtype (RFC 4360, RFC 9012, draft-ietf-idr-link-bandwidth). */
export const EXT_KINDS = { rt: 0x02, soo: 0x03, encap: 0x0c, lb: 0x04 } as const;
export type ExtKind = keyof typeof EXT_KINDS;

/** Types, with the bit that means "non-transitive" (RFC 4360 section 2). */
const Type = { TwoOctetAs: 0, Ipv4: 1, FourOctetAs: 2, Opaque: 3 } as const;
const NON_TRANSITIVE = 0x40;

/** Tunnel types of RFC 9012: the name in files, and the text to match against. */
const TUNNELS: readonly (readonly [type: number, name: string, text: string])[] = [
  [1, "l2tp3", "L2TPv3 over IP"],
  [2, "gre", "GRE"],
  [7, "ip-in-ip", "IP in IP"],
  [8, "vxlan", "VXLAN"],
  [9, "nvgre", "NVGRE"],
  [10, "mpls", "MPLS"],
  [11, "mpls-in-gre", "MPLS in GRE"],
  [12, "vxlan-gre", "VXLAN GRE"],
  [13, "mpls-in-udp", "MPLS in UDP"],
  [15, "sr-policy", "SR Policy"],
  [19, "geneve", "GENEVE"],
];
/** RFC 8097. */
const VALIDATION_STATES = ["valid", "not-found", "invalid"];
const VALIDATION = 0x4300n << 48n;

/**
 * The value that an action names, as a 64-bit number: "rt:65001:100", "soo:192.0.2.1:7", "lb:65001:125000000" (octets per
 * second), "encap:vxlan", "valid"; undefined when `text` is none of them.
 */
export function parseExtValue(text: string): bigint | undefined {
  const state = VALIDATION_STATES.indexOf(text.toLowerCase());
  if (state >= 0) return VALIDATION | BigInt(state);
  const [, kind = "", value = ""] = /^(\w+):(.*)$/.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case "rt":
    case "soo":
      return parseExtCommunity(`${kind.toLowerCase()}:${value}`);
    case "lb":
      return parseBandwidth(value);
    case "encap":
      return parseTunnel(value);
    default:
      return undefined;
  }
}

/** Non-transitive; the bandwidth is a 32-bit float. */
function parseBandwidth(text: string): bigint | undefined {
  const [, as, bandwidth] = /^(\d{1,5}):(\d{1,15}(?:\.\d{1,15})?)$/.exec(text) ?? [];
  if (as === undefined || Number(as) > 0xffff) return undefined;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint8(0, Type.TwoOctetAs | NON_TRANSITIVE);
  bits.setUint8(1, EXT_KINDS.lb);
  bits.setUint16(2, Number(as));
  bits.setFloat32(4, Number(bandwidth));
  return bits.getBigUint64(0);
}

function parseTunnel(text: string): bigint | undefined {
  const tunnel = TUNNELS.find(([, name, shown]) => text === name || text === shown);
  return tunnel === undefined ? undefined : (BigInt(Type.Opaque * 256 + EXT_KINDS.encap) << 48n) | BigInt(tunnel[0]);
}

/**
 * Whether it is of that kind. Sets match transitive communities only, as in GoBGP; except link bandwidth, which is not
 * transitive: there "lb:" would never match.
 */
export function isOfKind(community: bigint, kind: ExtKind): boolean {
  const type = Number(community >> 56n);
  if (Number((community >> 48n) & 0xffn) !== EXT_KINDS[kind]) return false;
  if (kind === "lb") return (type & ~NON_TRANSITIVE) === Type.TwoOctetAs;
  return kind === "encap" ? type === Type.Opaque : type <= Type.FourOctetAs;
}

/** The text after the kind, as GoBGP renders it: "65001:100", "192.0.2.1:7", "64086.59905:7", "65001:125000000", "VXLAN". */
export function extCommunityText(community: bigint, kind: ExtKind): string {
  if (kind === "encap") {
    const type = Number(community & 0xffffn);
    return TUNNELS.find(([number]) => number === type)?.[2] ?? `tunnel: ${type}`;
  }
  const high = Number((community >> 32n) & 0xffffn);
  const low = Number(community & 0xffff_ffffn);
  if (kind === "lb") {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setUint32(0, low);
    return `${high}:${Math.trunc(bits.getFloat32(0))}`;
  }
  const type = Number(community >> 56n);
  if (type === Type.TwoOctetAs) return `${high}:${low}`;
  const global = Number((community >> 16n) & 0xffff_ffffn);
  const name = type === Type.Ipv4 ? formatIpv4Word(global) : `${global >>> 16}.${global & 0xffff}`;
  return `${name}:${low & 0xffff}`;
}
