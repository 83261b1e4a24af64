import {
  type Family,
  type FamilyConfig,
  familyByName,
  type LocalRoute,
  localRoute,
  localRouteWith,
  type PeerConfig,
  type SpeakerConfig,
} from "../bgp/index.ts";
import type { Config, DynamicNeighborConfig, NeighborConfig, SessionConfig, VipConfig } from "../config/index.ts";
import type { Address } from "../lib/address.ts";

/** Configuration to what the speaker takes: names and shapes are the same, so this is copying. */

export function speakerConfigOf(config: Config): SpeakerConfig {
  return { selection: config.global.selection };
}

export function peerConfigOf(neighbor: NeighborConfig): PeerConfig {
  return sessionOf(neighbor, neighbor.address);
}

/** What a neighbour from a dynamic prefix gets; its address is filled in when it appears. */
export function dynamicTemplateOf(dynamic: DynamicNeighborConfig): PeerConfig {
  return sessionOf(dynamic.session, dynamic.prefix.address);
}

function sessionOf(session: SessionConfig, address: Address): PeerConfig {
  return {
    address,
    description: session.description,
    peerGroup: session.peerGroup,
    peerAs: session.peerAs,
    localAs: session.localAs,
    globalAs: session.globalAs,
    routerId: session.routerId,
    adminDown: session.adminDown,
    passive: session.passive,
    localAddress: session.localAddress,
    remotePort: session.remotePort,
    holdTime: session.holdTime,
    keepaliveTime: session.keepaliveTime,
    connectRetryTime: session.connectRetryTime,
    idleHoldTime: session.idleHoldTime,
    idleHoldTimeMax: session.idleHoldTimeMax,
    sendHoldTime: session.sendHoldTime,
    families: session.families.map(familyConfigOf),
    gracefulRestart: session.gracefulRestart,
    extendedNextHop: session.extendedNextHop,
    extendedMessage: session.extendedMessage,
    fourOctetAs: true,
    role: session.role,
    roleStrict: session.roleStrict,
    routeReflectorClient: session.routeReflectorClient,
    clusterId: session.clusterId,
    allowOwnAs: session.allowOwnAs,
    replacePeerAs: session.replacePeerAs,
    removePrivateAs: session.removePrivateAs,
    nextHop: session.nextHop,
    treatAsWithdraw: session.treatAsWithdraw,
    defaultImport: session.defaultImport,
    defaultExport: session.defaultExport,
  };
}

function familyConfigOf(config: SessionConfig["families"][number]): FamilyConfig {
  return { ...config, family: familyByName(config.family) as Family };
}

/**
 * The routes of VIPs. VIPs with equal attributes share their octets: with many of them, that is most of the work.
 */
export class VipRoutes {
  readonly #attributes = new Map<string, LocalRoute["attributes"]>();

  of(vip: VipConfig, globalAs: number): LocalRoute {
    const { origin, med, localPreference, asPathPrepend, communities, extCommunities, largeCommunities } = vip;
    const nextHop = vip.nextHop?.toString();
    const key = JSON.stringify([
      ...[vip.prefix.version, globalAs, origin, med, localPreference, asPathPrepend, nextHop],
      ...[communities, extCommunities, largeCommunities],
    ]);
    const attributes = this.#attributes.get(key);
    if (attributes !== undefined) return localRouteWith(vip.prefix, attributes, { neighbors: vip.neighbors });
    const route = localRouteOf(vip, globalAs);
    this.#attributes.set(key, route.attributes);
    return route;
  }

  /** Forgets what no VIP may use any more; to be called before a configuration is applied. */
  reset(): void {
    this.#attributes.clear();
  }
}

/** The route of a VIP, with octets of its own. `globalAs` is what `as-path-prepend` repeats. */
export function localRouteOf(vip: VipConfig, globalAs: number): LocalRoute {
  const prepended = new Array<number>(vip.asPathPrepend).fill(globalAs);
  return localRoute(
    vip.prefix,
    {
      origin: vip.origin,
      asPath: prepended.length === 0 ? [] : [{ type: "sequence", asns: prepended }],
      nextHop: vip.nextHop,
      med: vip.med,
      localPref: vip.localPreference,
      communities: vip.communities,
      extCommunities: vip.extCommunities.map(wordOf),
      largeCommunities: vip.largeCommunities.map(([globalAdministrator, localData1, localData2]) => ({
        globalAdministrator,
        localData1,
        localData2,
      })),
    },
    { neighbors: vip.neighbors },
  );
}

function wordOf(octets: readonly number[]): bigint {
  return octets.reduce((word, octet) => (word << 8n) | BigInt(octet), 0n);
}
