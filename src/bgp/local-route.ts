import { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { LocalRoute } from "./rib/index.ts";
import { buildAttributes, EMPTY_ATTRIBUTES, Family, type PathAttributes } from "./wire/index.ts";

/**
 * A route of ours. Attributes that are not given are absent; the origin is IGP. Without a next hop it is "self": the
 * local address of each session. `neighbors` (addresses or peer groups) restricts who is told of it.
 */
export function localRoute(
  prefix: Prefix,
  attributes: Partial<PathAttributes> = {},
  options: Partial<Pick<LocalRoute, "pathId" | "neighbors">> = {},
): LocalRoute {
  const { version } = prefix;
  const nextHop = attributes.nextHop ?? new Address(version, 0);
  const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, ...attributes, nextHop });
  return {
    family: version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast,
    prefix,
    pathId: options.pathId ?? 0,
    attributes: { bytes, length: bytes.length },
    neighbors: options.neighbors,
  };
}
