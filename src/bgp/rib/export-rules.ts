import { countAs } from "../wire/canonical.ts";
import type { Family } from "../wire/family.ts";
import { hasCluster } from "./attribute-edit.ts";
import { SetFlag } from "./attribute-fields.ts";
import type { AttributeStore, SetId } from "./attribute-store.ts";
import { hasNextHop } from "./next-hop-rules.ts";
import type { RibPeer } from "./rib-io.ts";
import { isFor, type Source } from "./source-classes.ts";

/** Whether the protocol allows to tell `peer` routes with this attribute set. Policy comes after. */
export function mayExport(peer: RibPeer, family: Family, store: AttributeStore, set: SetId): boolean {
  const flags = store.flags[set] as number;
  const source = store.sources.get(store.sourceIds[set] as number);
  if ((flags & SetFlag.NoAdvertise) !== 0) return false; // RFC 1997
  // RFC 9494 section 4.3: stale routes only to who knows what that means.
  if ((flags & SetFlag.LlgrStale) !== 0 && !peer.longLived) return false;
  if (peer.exportPolicy === undefined && peer.defaultExport === "reject") return false; // RFC 8212
  if (!isFor(source, peer)) return false;
  // RFC 9234 section 5, egress 2: what may go to customers only goes to no provider, peer or route server.
  const isUpward = peer.role === "customer" || peer.role === "peer" || peer.role === "rs-client";
  if (isUpward && (flags & SetFlag.OnlyToCustomer) !== 0) return false;
  const isAllowed =
    peer.negotiated.peerType === "external"
      ? mayLeaveAs(peer, store, set, flags)
      : mayReflect(peer, store, set, source);
  return isAllowed && hasNextHop(peer, family, store, set, source);
}

function mayLeaveAs(peer: RibPeer, store: AttributeStore, set: SetId, flags: number): boolean {
  if ((flags & (SetFlag.NoExport | SetFlag.NoExportSubconfed)) !== 0) return false; // RFC 1997
  if (peer.replacePeerAs) return true;
  // The neighbour would drop a route that has its own AS in the path (RFC 4271 section 9.1.2).
  const start = store.offset(set);
  const end = start + (store.lengths[set] as number);
  return countAs(store.chunk(set), start, end, peer.negotiated.peerAs) === 0;
}

/** RFC 4271 section 9.2: internal routes stay where they came from, unless they are reflected (RFC 4456 section 6). */
function mayReflect(peer: RibPeer, store: AttributeStore, set: SetId, source: Source): boolean {
  if (source.type !== "internal") return true;
  if (!peer.routeReflectorClient) return source.cluster !== undefined;
  // RFC 4456 section 8: it has been in this cluster. Import knows only the clusters of who sent it.
  const start = store.offset(set);
  return !hasCluster(store.chunk(set), start, start + (store.lengths[set] as number), peer.clusterId);
}
