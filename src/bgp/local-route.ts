import { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { LocalRoute } from "./rib/index.ts";
import {
  buildAttributes,
  type CanonicalAttributes,
  EMPTY_ATTRIBUTES,
  Family,
  type PathAttributes,
} from "./wire/index.ts";

type RouteOptions = Partial<Pick<LocalRoute, "pathId" | "neighbors">>;

/**
 * A route of ours. Attributes that are not given are absent; the origin is IGP. Without a next hop it is "self": the
 * local address of each session. `neighbors` (addresses or peer groups) restricts who is told of it.
 */
export function localRoute(
  prefix: Prefix,
  attributes: Partial<PathAttributes> = {},
  options: RouteOptions = {},
): LocalRoute {
  const nextHop = attributes.nextHop ?? new Address(prefix.version, 0);
  const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, ...attributes, nextHop });
  return localRouteWith(prefix, { bytes, length: bytes.length }, options);
}

/** A route of ours with canonical attributes that are at hand already; routes may share them. */
export function localRouteWith(
  prefix: Prefix,
  attributes: CanonicalAttributes,
  options: RouteOptions = {},
): LocalRoute {
  return {
    family: prefix.version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast,
    prefix,
    pathId: options.pathId ?? 0,
    attributes,
    neighbors: options.neighbors,
  };
}
