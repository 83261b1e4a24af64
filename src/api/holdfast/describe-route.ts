import {
  FAMILY_SPECS,
  formatAsPath,
  formatCommunity,
  formatExtCommunity,
  formatLargeCommunity,
  LOCAL_PEER,
  type LocalRoute,
  type PeerIndex,
  parseAttributes,
  type RouteView,
} from "../../bgp/index.ts";
import type { Attributes, Route } from "./messages.ts";

export const familyName = (family: 0 | 1): string => FAMILY_SPECS[family].name;

/** Names of the neighbours whose sessions are up, by their number in the tables. */
export type PeerNames = ReadonlyMap<PeerIndex, string>;

/** Canonical attributes as the wire of holdfast.v1 has them. */
export function attributesMessage(bytes: Uint8Array, end?: number): Attributes {
  const attributes = parseAttributes(bytes, 0, end);
  const { nextHop } = attributes;
  return {
    nextHop: nextHop?.isUnspecified === true ? "self" : nextHop?.toString(),
    origin: attributes.origin,
    asPath: formatAsPath(attributes.asPath),
    med: attributes.med,
    localPreference: attributes.localPref,
    communities: attributes.communities.map(formatCommunity),
    largeCommunities: attributes.largeCommunities.map(formatLargeCommunity),
    extCommunities: attributes.extCommunities.map(formatExtCommunity),
  };
}

export function routeMessage(route: RouteView, names: PeerNames): Route {
  return {
    prefix: route.prefix.toString(),
    pathId: route.pathId,
    peer: route.peer === LOCAL_PEER ? undefined : (names.get(route.peer) ?? "?"),
    best: route.best,
    stale: route.stale,
    rejected: route.rejected,
    attributes: attributesMessage(route.attributes),
  };
}

/** A route of ours, as it was announced and before any policy. */
export function localRouteMessage({ prefix, pathId, attributes }: LocalRoute): Route {
  return {
    prefix: prefix.toString(),
    pathId,
    best: true,
    stale: false,
    attributes: attributesMessage(attributes.bytes, attributes.length),
  };
}
