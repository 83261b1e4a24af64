import type { Family } from "../wire/family.ts";
import type { RibPeer, RoutePolicy } from "./rib-io.ts";
import { isFor, type SourceClasses } from "./source-classes.ts";

const policyNumbers = new WeakMap<RoutePolicy, number>();
let policies = 0;

/**
 * Two peers with the same key are told the same octets for the same route, as far as their sessions and configuration go;
 * `isForTheSame` has the rest. Everything that exporter.ts and the writer ask of a peer stands here.
 */
export function groupKey(peer: RibPeer, family: Family): string {
  const { negotiated } = peer;
  return JSON.stringify([
    negotiated.peerType,
    negotiated.peerAs,
    negotiated.fourOctetAs,
    negotiated.sendLengthMax,
    negotiated.families.find((candidate) => candidate.family === family),
    peer.sendMax[family],
    `${peer.localAddress}`,
    peer.localAs,
    peer.globalAs,
    peer.routeReflectorClient,
    peer.clusterId,
    peer.replacePeerAs,
    peer.removePrivateAs,
    peer.nextHop,
    peer.defaultExport,
    peer.role,
    peer.longLived,
    peer.draining === true,
    policyNumber(peer.exportPolicy),
  ]);
}

/** Whether the two are meant by the same routes of those that are for some neighbours only. */
export function isForTheSame(sources: SourceClasses, a: RibPeer, b: RibPeer): boolean {
  for (const source of sources.restricted()) if (isFor(source, a) !== isFor(source, b)) return false;
  return true;
}

/** Policies are told apart by object. */
function policyNumber(policy: RoutePolicy | undefined): number {
  if (policy === undefined) return 0;
  const known = policyNumbers.get(policy);
  if (known !== undefined) return known;
  policies++;
  policyNumbers.set(policy, policies);
  return policies;
}
