import { millis, seconds } from "../lib/time.ts";
import type { FamilyConfig, PeerConfig } from "./peer-config.ts";
import { BGP_PORT, Family, type Family as FamilyNumber } from "./wire/index.ts";

/** What has no default: who we are, and who the neighbour is. */
type Required = Pick<PeerConfig, "address" | "peerAs" | "localAs" | "routerId">;

/** A family without any option. */
export function plainFamily(family: FamilyNumber): FamilyConfig {
  return {
    family,
    addPathReceive: false,
    addPathSendMax: 0,
    prefixLimit: undefined,
    gracefulRestart: false,
    longLivedStaleTime: undefined,
  };
}

/**
 * A neighbour's whole configuration from the little that must be said, with the defaults of the configuration file. For
 * embedders and tests; the daemon fills in everything from its file.
 */
export function peerConfig(given: Required & Partial<PeerConfig>): PeerConfig {
  return {
    description: "",
    peerGroup: undefined,
    globalAs: given.localAs,
    adminDown: false,
    passive: false,
    localAddress: undefined,
    remotePort: BGP_PORT,
    holdTime: seconds(90),
    keepaliveTime: undefined,
    connectRetryTime: seconds(120),
    idleHoldTime: millis(500),
    idleHoldTimeMax: seconds(60),
    sendHoldTime: undefined,
    families: [plainFamily(given.address.version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast)],
    gracefulRestart: undefined,
    extendedNextHop: false,
    extendedMessage: true,
    fourOctetAs: true,
    role: undefined,
    roleStrict: false,
    routeReflectorClient: false,
    clusterId: given.routerId,
    allowOwnAs: 0,
    replacePeerAs: false,
    removePrivateAs: undefined,
    nextHop: "default",
    treatAsWithdraw: true,
    defaultImport: "accept",
    defaultExport: "accept",
    ...given,
  };
}
