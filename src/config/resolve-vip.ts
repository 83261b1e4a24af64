import { type Address, parseAddress } from "../lib/address.ts";
import type { DynamicNeighborConfig, NeighborConfig, Settings, VipConfig } from "./config.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, reportUnknown, requireKey } from "./references.ts";
import { type GateContext, gateSettings, resolveGate } from "./resolve-gate.ts";
import type { GivenVip } from "./schema/index.ts";
import { vipTable } from "./schema/own.ts";
import { fill } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

/** RFC 9494. */
const NO_LLGR = 0xffff0007;

/** What VIPs refer to. */
interface Context extends GateContext {
  readonly globalAs: number;
  readonly neighbors: readonly NeighborConfig[];
  /** Of all neighbours in the file, also those that are left out. */
  readonly addresses: readonly Address[];
  readonly groups: readonly string[];
  readonly dynamicNeighbors: readonly DynamicNeighborConfig[];
}

/** `[[vips]]`: one for each that has a prefix. */
export function resolveVips(given: readonly GivenVip[], context: Context): VipConfig[] {
  const { report } = context;
  checkDuplicates(
    report,
    given.map((vip, i) => [vip.prefix?.toString(), ["vips", i, "prefix"]]),
  );
  const vips: VipConfig[] = [];
  for (const [index, item] of given.entries()) {
    const vip = resolveVip(item, ["vips", index], context);
    if (vip !== undefined) vips.push(vip);
  }
  return vips;
}

function resolveVip(given: GivenVip, path: Path, context: Context): VipConfig | undefined {
  const { report } = context;
  const filled = fill(vipTable, given);
  const { prefix } = filled;
  const neighbors = filled.neighbors?.map((name, i) => resolveReference(name, [...path, "neighbors", i], context));
  if (prefix === undefined) {
    requireKey(report, path, "prefix");
    return undefined;
  }
  const why = unfit(prefix.address, prefix.length);
  if (why !== undefined)
    report.error([...path, "prefix"], `\`prefix\` ${prefix} ${why}: it cannot be a service address`);
  const nextHop = filled["next-hop"] === "self" ? undefined : filled["next-hop"];
  if (filled.neighbors?.length === 0)
    report.error([...path, "neighbors"], "`neighbors` is empty: the VIP would be announced to nobody", {
      help: "leave it out to announce to all, or set `enabled = false`",
    });
  const vip: VipConfig = {
    prefix,
    enabled: filled.enabled,
    description: filled.description,
    nextHop,
    origin: filled.origin,
    med: filled.med,
    localPreference: filled["local-preference"],
    asPathPrepend: filled["as-path-prepend"],
    communities: withNoLlgr(filled.communities, filled["long-lived"]),
    extCommunities: filled["ext-communities"],
    largeCommunities: filled["large-communities"],
    neighbors,
    ...resolveGate(given, filled, prefix, path, context),
    settings: {
      ...settingsOf(vipTable, filled),
      ...prepended(filled["as-path-prepend"] + (filled["on-degraded"]["as-path-prepend"] ?? 0), context.globalAs),
      ...gateSettings(filled, context),
    },
  };
  if (nextHop !== undefined) checkNextHop(vip, nextHop, [...path, "next-hop"], context);
  return vip;
}

/** What is prepended is our AS: when it changes, so does the VIP. */
const prepended = (count: number, globalAs: number): Settings =>
  count > 0 ? { "global.config.as": `${globalAs}` } : {};

function withNoLlgr(communities: readonly number[], longLived: boolean): readonly number[] {
  return longLived || communities.includes(NO_LLGR) ? communities : [...communities, NO_LLGR];
}

function unfit(address: Address, length: number): string | undefined {
  if (length === 0) return "is the default route";
  if (address.isMulticast) return "is multicast";
  if (address.isLoopback) return "is a loopback address";
  if (address.isUnspecified) return "is not an address of anyone";
  return address.version === 6 && address.isLinkLocal ? "is link-local" : undefined;
}

function checkNextHop(vip: VipConfig, nextHop: Address, at: Path, context: Context): void {
  const { report, neighbors, dynamicNeighbors } = context;
  if (nextHop.isUnspecified || nextHop.isMulticast || nextHop.isLoopback) {
    report.error(at, `\`next-hop\` ${nextHop} is not an address that traffic can be sent to`);
    return;
  }
  const { version } = vip.prefix;
  if (nextHop.version === version) return;
  if (version === 6) report.error(at, `\`next-hop\` ${nextHop} is IPv4, the VIP ${vip.prefix} is IPv6`);
  else if (![...neighbors, ...dynamicNeighbors.map((d) => d.session)].some((session) => session.extendedNextHop))
    report.error(
      at,
      `\`next-hop\` ${nextHop} is IPv6, the VIP ${vip.prefix} is IPv4, and no neighbour has \`extended-next-hop\``,
    );
}

/** A neighbour's address in its canonical form, or a group's name; reported when there is no such. */
function resolveReference(name: string, at: Path, context: Context): string {
  const { report, addresses, groups, dynamicNeighbors } = context;
  if (groups.includes(name)) return name;
  const address = parseAddress(name);
  const isKnown =
    address !== undefined &&
    (addresses.some((known) => known.equals(address)) ||
      dynamicNeighbors.some(({ prefix }) => prefix.contains(address)));
  if (!isKnown) reportUnknown(report, at, "neighbour or peer group", name, [...groups, ...addresses.map(String)]);
  return address?.toString() ?? name;
}
