import { readU32 } from "../../lib/bytes.ts";
import { attributeEnd, attributeValue, countAs, findAttribute } from "../wire/canonical.ts";
import { AttributeFlag, AttributeType, WellKnownCommunity } from "../wire/iana.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import { hasCluster, hasCommunity } from "./attribute-edit.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { REJECT_REASONS } from "./path-table.ts";
import type { RibPeer } from "./rib-io.ts";
import type { RejectReason } from "./route-view.ts";

/** A reason's number in a path's flags. */
export const rejectNumber = (reason: RejectReason | undefined): number => REJECT_REASONS.indexOf(reason);

/**
 * Whether a route with these attributes from `peer` must not be considered, by the protocol's own rules; policy comes
 * after.
 */
export function judgeImport(peer: RibPeer, { bytes, length }: CanonicalAttributes): RejectReason | undefined {
  if (hasAsLoop(peer, bytes, length)) return "as-loop";
  if (peer.negotiated.peerType === "internal") {
    // RFC 4456 section 8.
    const originator = findAttribute(bytes, 0, length, AttributeType.OriginatorId);
    if (originator >= 0 && readU32(bytes, attributeValue(bytes, originator)) === peer.routerId)
      return "originator-loop";
    if (hasCluster(bytes, 0, length, peer.clusterId)) return "cluster-loop";
  }
  return isLeak(peer, bytes, length) ? "otc-leak" : undefined;
}

/** RFC 4271 section 9.1.2: our own AS in AS_PATH, more often than is allowed. */
function hasAsLoop(peer: RibPeer, bytes: Uint8Array, length: number): boolean {
  let count = countAs(bytes, 0, length, peer.localAs);
  if (peer.globalAs !== peer.localAs) count += countAs(bytes, 0, length, peer.globalAs);
  return count > peer.allowOwnAs;
}

/** RFC 9234 section 5, ingress 1 and 2: a route that may go to customers only came from elsewhere than above. */
function isLeak({ role, negotiated }: RibPeer, bytes: Uint8Array, length: number): boolean {
  if (role !== "provider" && role !== "rs" && role !== "peer") return false;
  const otc = findAttribute(bytes, 0, length, AttributeType.OnlyToCustomer);
  if (otc < 0) return false;
  return role !== "peer" || readU32(bytes, attributeValue(bytes, otc)) !== negotiated.peerAs;
}

/** RFC 8326 section 4.2: the neighbour is about to go, so its route must be the last choice (LOCAL_PREF 0). */
export function mustAvoid(peer: RibPeer, { bytes, length }: CanonicalAttributes): boolean {
  if (peer.honourGracefulShutdown === false || peer.negotiated.peerType !== "external") return false;
  return hasCommunity(bytes, 0, length, WellKnownCommunity.GracefulShutdown);
}

/** RFC 9234 section 5, ingress 3: whether the route must be marked as one for customers only. */
export function lacksOnlyToCustomer({ role }: RibPeer, { bytes, length }: CanonicalAttributes): boolean {
  if (role !== "customer" && role !== "peer" && role !== "rs-client") return false;
  return findAttribute(bytes, 0, length, AttributeType.OnlyToCustomer) < 0;
}

/** Writes the attributes with Only to Customer added. */
export function addOnlyToCustomer({ bytes, length }: CanonicalAttributes, as: number, out: ByteWriter): void {
  out.reset();
  let at = 1 + (bytes[0] as number);
  while (at < length && (bytes[at + 1] as number) < AttributeType.OnlyToCustomer) at = attributeEnd(bytes, at);
  out.copy(bytes, 0, at);
  out.attribute(AttributeFlag.Optional | AttributeFlag.Transitive, AttributeType.OnlyToCustomer, 4);
  out.u32(as);
  out.copy(bytes, at, length);
}
