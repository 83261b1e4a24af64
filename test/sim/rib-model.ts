import type { RejectReason, RibPeer, SelectionOptions } from "../../src/bgp/rib/index.ts";
import { type AsPathSegment, Family, type PathAttributes, WellKnownCommunity } from "../../src/bgp/wire/index.ts";
import { Address, compareAddresses, parseAddress } from "../../src/lib/address.ts";

// The RIB as one would write it to be read: objects, lists, everything worked out anew each time. What the real one must
// agree with.

export interface ModelPath {
  /** Undefined: our own. */
  readonly peer: RibPeer | undefined;
  readonly pathId: number;
  readonly attributes: PathAttributes;
  /** As import left them. */
  readonly imported: PathAttributes;
  readonly rejected: RejectReason | undefined;
  /** Larger is younger. */
  readonly age: number;
  readonly neighbors: readonly string[] | undefined;
}

const isExternal = (peer: RibPeer | undefined) => peer?.negotiated.peerType === "external";
const isInternal = (peer: RibPeer | undefined) => peer?.negotiated.peerType === "internal";
const asns = (path: readonly AsPathSegment[]) => path.flatMap((segment) => segment.asns);

/** The AS path length, a set being one. */
const pathLength = (path: readonly AsPathSegment[]) =>
  path.reduce((sum, segment) => sum + (segment.type === "set" ? 1 : segment.asns.length), 0);
const neighborAs = (path: readonly AsPathSegment[]) => (path[0]?.type === "sequence" ? path[0].asns[0] : 0);

export function importRoute(
  peer: RibPeer,
  attributes: PathAttributes,
): { readonly rejected: RejectReason | undefined; readonly imported: PathAttributes } {
  const own = asns(attributes.asPath).filter((as) => as === peer.localAs || as === peer.globalAs).length;
  let rejected: RejectReason | undefined;
  let imported = attributes;
  const fromBelow = peer.role === "provider" || peer.role === "rs";
  const { otc } = attributes;
  if (own > peer.allowOwnAs) rejected = "as-loop";
  else if (isInternal(peer) && attributes.originatorId === peer.routerId) rejected = "originator-loop";
  else if (isInternal(peer) && attributes.clusterList.includes(peer.clusterId)) rejected = "cluster-loop";
  else if (otc !== undefined && (fromBelow || (peer.role === "peer" && otc !== peer.negotiated.peerAs)))
    rejected = "otc-leak";
  else if (peer.defaultImport === "reject") rejected = "policy";
  else if (otc === undefined && (peer.role === "customer" || peer.role === "peer" || peer.role === "rs-client"))
    imported = { ...attributes, otc: peer.negotiated.peerAs };
  return { rejected, imported };
}

/** RFC 4271 section 9.1.2, best first. */
export function rank(paths: readonly ModelPath[], options: SelectionOptions): ModelPath[] {
  const ranked: ModelPath[] = [];
  let left = paths.filter((path) => path.rejected === undefined);
  while (left.length > 0) {
    const best = select(left, options);
    ranked.push(best);
    left = left.filter((path) => path !== best);
  }
  return ranked;
}

function select(paths: readonly ModelPath[], options: SelectionOptions): ModelPath {
  let left = [...paths];
  const least = (key: (path: ModelPath) => number) => {
    const min = Math.min(...left.map(key));
    left = left.filter((path) => key(path) === min);
  };
  least(({ imported }) => Number(imported.communities.includes(WellKnownCommunity.LlgrStale)));
  least(({ imported }) => -(imported.localPref ?? 100));
  least(({ peer }) => Number(peer !== undefined));
  if (!options.ignoreAsPathLength) least(({ imported }) => pathLength(imported.asPath));
  least(({ imported }) => ["igp", "egp", "incomplete"].indexOf(imported.origin));
  const med = (path: ModelPath) => path.imported.med ?? 0;
  const isBeaten = (path: ModelPath) =>
    left.some(
      (other) =>
        med(other) < med(path) &&
        (options.alwaysCompareMed || neighborAs(other.imported.asPath) === neighborAs(path.imported.asPath)),
    );
  left = left.filter((path) => !isBeaten(path));
  least(({ peer }) => Number(isInternal(peer)));
  if (!options.externalCompareRouterId && left.every(({ peer }) => isExternal(peer))) least(({ age }) => age);
  least(({ imported, peer }) => imported.originatorId ?? peer?.remoteId ?? 0);
  least(({ imported }) => imported.clusterList.length);
  left.sort((a, b) => {
    const order = a.peer && b.peer ? compareAddresses(a.peer.remoteAddress, b.peer.remoteAddress) : 0;
    return order || a.pathId - b.pathId;
  });
  return left[0] as ModelPath;
}

/** What `peer` is told of a path, or undefined. */
export function exportRoute(peer: RibPeer, family: Family, path: ModelPath): PathAttributes | undefined {
  const from = path.imported;
  const external = isExternal(peer);
  const { communities } = from;
  const has = (community: number) => communities.includes(community);
  if (has(WellKnownCommunity.NoAdvertise) || peer.defaultExport === "reject") return undefined;
  if (external && (has(WellKnownCommunity.NoExport) || has(WellKnownCommunity.NoExportSubconfed))) return undefined;
  if (has(WellKnownCommunity.LlgrStale) && !peer.longLived) return undefined;
  const names = [peer.name, peer.peerGroup];
  if (path.neighbors !== undefined && !path.neighbors.some((name) => names.includes(name))) return undefined;
  if (external && !peer.replacePeerAs && asns(from.asPath).includes(peer.negotiated.peerAs)) return undefined;
  const upward = peer.role === "customer" || peer.role === "peer" || peer.role === "rs-client";
  if (upward && from.otc !== undefined) return undefined;
  const reflected = isInternal(path.peer) && !external;
  const left = path.peer?.routeReflectorClient ? path.peer.clusterId : undefined;
  const entered = peer.routeReflectorClient ? peer.clusterId : undefined;
  if (reflected && left === undefined && entered === undefined) return undefined;
  if (reflected && entered !== undefined && from.clusterList.includes(entered)) return undefined;
  const nextHop = exportNextHop(peer, family, path);
  if (nextHop === undefined) return undefined;
  const downward = peer.role === "provider" || peer.role === "peer" || peer.role === "rs";
  const otc = from.otc ?? (downward ? peer.localAs : undefined);
  const isPrepended =
    path.peer === undefined && asns(from.asPath).every((as) => as === peer.localAs || as === peer.globalAs);
  if (!external) {
    // What we prepend to our own routes is for external neighbours only.
    const asPath = isPrepended ? [] : from.asPath;
    const originatorId = from.originatorId ?? (reflected ? path.peer?.remoteId : undefined);
    const clusters = [...new Set([entered, left])].filter((cluster) => cluster !== undefined);
    const clusterList = reflected ? [...clusters, ...from.clusterList] : from.clusterList;
    return { ...from, nextHop, asPath, localPref: from.localPref ?? 100, originatorId, clusterList, otc };
  }
  return {
    ...from,
    nextHop,
    otc,
    asPath: exportPath(peer, from.asPath, isPrepended),
    med: path.peer === undefined ? from.med : undefined,
    localPref: undefined,
    originatorId: undefined,
    clusterList: [],
    aigp: undefined,
  };
}

function exportNextHop(peer: RibPeer, family: Family, path: ModelPath): Address | undefined {
  const { nextHop } = path.imported;
  const none = nextHop === undefined || nextHop.isUnspecified;
  const self = none || peer.nextHop === "self";
  const { localAddress } = peer;
  const isSelf = self || (peer.nextHop === "default" && isExternal(peer) && path.peer !== undefined);
  const told = isSelf ? localAddress : nextHop;
  if (family === Family.Ipv6Unicast) return told.version === 6 ? told : new Address(6, 0, 0, 0xffff, told.w0);
  const extended = peer.negotiated.families.some((f) => f.family === family && f.extendedNextHop);
  return told.version === 4 || extended ? told : undefined;
}

function exportPath(peer: RibPeer, path: readonly AsPathSegment[], isOwn: boolean): AsPathSegment[] {
  const isPrivate = (as: number) => (as >= 64512 && as <= 65534) || (as >= 4_200_000_000 && as <= 4_294_967_294);
  const edit = (as: number): number[] => {
    if (peer.removePrivateAs !== undefined && isPrivate(as))
      return peer.removePrivateAs === "all" ? [] : [peer.localAs];
    return [isOwn || (peer.replacePeerAs && as === peer.negotiated.peerAs) ? peer.localAs : as];
  };
  const segments = path.map((segment) => ({ ...segment, asns: segment.asns.flatMap(edit) }));
  const [first] = segments;
  if (first?.type === "sequence") segments[0] = { ...first, asns: [peer.localAs, ...first.asns] };
  else segments.unshift({ type: "sequence", asns: [peer.localAs] });
  return segments.filter((segment) => segment.asns.length > 0);
}

export const address = (text: string): Address => parseAddress(text) as Address;
