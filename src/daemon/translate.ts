import { type Family, type FamilyConfig, familyByName, type PeerConfig, type SpeakerConfig } from "../bgp/index.ts";
import type {
  Config,
  DynamicNeighborConfig,
  GlobalConfig,
  NeighborConfig,
  SessionConfig,
  VrrpInstanceConfig,
} from "../config/index.ts";
import type { Address } from "../lib/address.ts";
import type { RouterSetup } from "./vrrp.ts";

/** Configuration to what the speaker takes: names and shapes are the same, so this is copying. */

export function speakerConfigOf(config: Config, restart: SpeakerConfig["restart"]): SpeakerConfig {
  return { selection: config.global.selection, restart };
}

export function peerConfigOf(neighbor: NeighborConfig, global: GlobalConfig): PeerConfig {
  return sessionOf(neighbor, neighbor.address, global);
}

/** What a neighbour from a dynamic prefix gets; its address is filled in when it appears. */
export function dynamicTemplateOf(dynamic: DynamicNeighborConfig, global: GlobalConfig): PeerConfig {
  return sessionOf(dynamic.session, dynamic.prefix.address, global);
}

/** A neighbour's own list of policies counts instead of the global one. */
function policiesOf(own: readonly string[], global: readonly string[]): readonly string[] {
  return own.length > 0 ? own : global;
}

function sessionOf(session: SessionConfig, address: Address, { applyPolicy }: GlobalConfig): PeerConfig {
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
    importPolicies: policiesOf(session.applyPolicy.importPolicies, applyPolicy.importPolicies),
    exportPolicies: policiesOf(session.applyPolicy.exportPolicies, applyPolicy.exportPolicies),
    defaultImport: session.defaultImport,
    defaultExport: session.defaultExport,
  };
}

function familyConfigOf(config: SessionConfig["families"][number]): FamilyConfig {
  return { ...config, family: familyByName(config.family) as Family };
}

export function routerSetupOf(instance: VrrpInstanceConfig): RouterSetup {
  return {
    config: instance,
    place: {
      name: instance.name,
      interface: instance.interface,
      family: instance.family,
      virtualRouterId: instance.virtualRouterId,
      addresses: [...instance.addresses, ...instance.excludedAddresses],
      addressInterface: instance.addressInterface,
      unicastPeers: instance.unicast?.peers ?? [],
      source: instance.source,
      virtualMac: instance.virtualMac,
      accept: instance.accept,
    },
  };
}
