import type { Address } from "../../lib/address.ts";
import { Family } from "../wire/family.ts";
import { isLinkLocal6 } from "../wire/next-hop.ts";
import type { AttributeStore, SetId } from "./attribute-store.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { RibPeer } from "./rib-io.ts";
import type { Source } from "./source-classes.ts";

/**
 * The next hop that `peer` is told (RFC 4271 section 5.1.3):
 *
 * | route                   | external neighbour         | internal neighbour         |
 * | ----------------------- | -------------------------- | -------------------------- |
 * | ours, next hop "self"   | our address on the session | our address on the session |
 * | ours, with a next hop   | as it is                   | as it is                   |
 * | learned                 | our address on the session | as it is                   |
 *
 * `RibPeer.nextHop` "self" puts our address everywhere, "unchanged" nowhere but where there is none yet. A learned
 * link-local next hop means nothing off its link: it is never passed on (RFC 2545 section 3).
 */
function isNextHopSelf(peer: RibPeer, source: Source, bytes: Uint8Array, start: number): boolean {
  if (peer.nextHop === "self" || isUnspecified(bytes, start)) return true;
  if (source.type !== "local" && (bytes[start] as number) >= 16 && isLinkLocal6(bytes, start + 1)) return true;
  return peer.nextHop === "default" && peer.negotiated.peerType === "external" && source.type !== "local";
}

/** No next hop at all, 0.0.0.0 or ::. */
function isUnspecified(bytes: Uint8Array, start: number): boolean {
  for (let at = start + 1 + (bytes[start] as number) - 1; at > start; at--) if (bytes[at] !== 0) return false;
  return true;
}

/** Whether there is a next hop of a kind that the session carries for this set. */
export function hasNextHop(peer: RibPeer, family: Family, store: AttributeStore, set: SetId, source: Source): boolean {
  const bytes = store.chunk(set);
  const start = store.offset(set);
  const isIpv6 = isNextHopSelf(peer, source, bytes, start) ? peer.localAddress.version === 6 : bytes[start] !== 4;
  return family === Family.Ipv6Unicast || !isIpv6 || hasExtendedNextHop(peer, family);
}

/** RFC 8950. */
function hasExtendedNextHop(peer: RibPeer, family: Family): boolean {
  return peer.negotiated.families.some((candidate) => candidate.family === family && candidate.extendedNextHop);
}

/** Writes the next hop of canonical attributes: its length, and the address. */
export function writeNextHop(
  peer: RibPeer,
  family: Family,
  source: Source,
  bytes: Uint8Array,
  start: number,
  out: ByteWriter,
): void {
  if (isNextHopSelf(peer, source, bytes, start)) {
    writeOwn(peer.localAddress, family, out);
    return;
  }
  const length = bytes[start] as number;
  const kept = source.type === "local" ? length : Math.min(length, 16);
  out.u8(kept);
  out.copy(bytes, start + 1, start + 1 + kept);
}

/**
 * Our address on the session. IPv6 routes over an IPv4 session get it IPv4-mapped (::ffff:a.b.c.d): nothing better is
 * known, and it is what other speakers do. On a link-local session it stands in both places of RFC 2545 section 3, global
 * and link-local, because receivers differ in which they use and refuse an unspecified one.
 */
function writeOwn(address: Address, family: Family, out: ByteWriter): void {
  if (address.version === 6) {
    const times = address.isLinkLocal ? 2 : 1;
    out.u8(16 * times);
    for (let i = 0; i < times; i++) for (const word of [address.w0, address.w1, address.w2, address.w3]) out.u32(word);
  } else if (family === Family.Ipv4Unicast) {
    out.u8(4);
    out.u32(address.w0);
  } else {
    out.u8(16);
    for (const word of [0, 0, 0xffff, address.w0]) out.u32(word);
  }
}
