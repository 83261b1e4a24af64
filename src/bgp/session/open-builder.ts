import { type Micros, toSeconds } from "../../lib/time.ts";
import type { FamilyConfig, GracefulRestartConfig, PeerConfig } from "../peer-config.ts";
import { AS_TRANS, BGP_VERSION, type Capability, FAMILY_SPECS, Family, type OpenMessage } from "../wire/index.ts";

/** What the graceful restart capabilities of our next OPEN say of this process (RFC 4724 section 3). */
export interface RestartState {
  /** The R bit: we have restarted and wait for nobody's End-of-RIB but the peers'. */
  readonly restarting: boolean;
  /** The F bit: packets for the family's routes were forwarded all the while. */
  readonly forwarding: (family: Family) => boolean;
  /** Routes hang on the return of the session: the longest wait before the next attempt to connect. */
  readonly retryTime?: Micros | undefined;
}

const RESTART_TIME_MAX_SECONDS = 0xfff;
const LONG_LIVED_TIME_MAX_SECONDS = 0xff_ffff;

/** Our OPEN for a neighbour (RFC 4271 section 4.2), with every capability its configuration asks for. */
export function buildOpen(config: PeerConfig, restart: RestartState): OpenMessage {
  return {
    version: BGP_VERSION,
    as2: config.localAs > 0xffff ? AS_TRANS : config.localAs, // RFC 6793 section 4.2.2
    holdTimeSeconds: Math.min(0xffff, Math.round(toSeconds(config.holdTime))),
    identifier: config.routerId,
    capabilities: buildCapabilities(config, restart),
  };
}

function buildCapabilities(config: PeerConfig, restart: RestartState): readonly Capability[] {
  const list: Capability[] = multiprotocolCapabilities(config);
  list.push({ type: "route-refresh" }, { type: "enhanced-route-refresh" });
  if (config.extendedNextHop && config.families.some(({ family }) => family === Family.Ipv4Unicast))
    list.push({ type: "extended-next-hop", families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] });
  if (config.extendedMessage) list.push({ type: "extended-message" });
  // RFC 9234 section 4: roles are for external neighbours.
  if (config.role !== undefined && config.peerAs !== config.localAs) list.push({ type: "role", role: config.role });
  if (config.gracefulRestart !== undefined) list.push(gracefulRestart(config, config.gracefulRestart, restart));
  if (config.fourOctetAs) list.push({ type: "four-octet-as", as: config.localAs });
  const addPath = config.families.filter(({ addPathReceive, addPathSendMax }) => addPathReceive || addPathSendMax > 0);
  if (addPath.length > 0) list.push({ type: "add-path", families: addPath.map(addPathFamily) });
  if (config.gracefulRestart?.longLived) list.push(longLived(config, config.gracefulRestart, restart));
  return list;
}

/** RFC 4760 section 8, one for each family carried. Also the data of a NOTIFICATION 2/7. */
export function multiprotocolCapabilities(config: PeerConfig): Capability[] {
  return config.families.map(({ family }) => ({ type: "multiprotocol", ...codes(family) }));
}

function codes(family: Family): { afi: number; safi: number } {
  const { afi, safi } = FAMILY_SPECS[family];
  return { afi, safi };
}

function addPathFamily({ family, addPathReceive, addPathSendMax }: FamilyConfig) {
  return { ...codes(family), receive: addPathReceive, send: addPathSendMax > 0 };
}

function gracefulRestart(config: PeerConfig, settings: GracefulRestartConfig, restart: RestartState): Capability {
  const families = settings.helperOnly ? [] : config.families.filter((family) => family.gracefulRestart);
  return {
    type: "graceful-restart",
    restarting: restart.restarting,
    notification: settings.notification,
    timeSeconds: Math.min(RESTART_TIME_MAX_SECONDS, Math.round(toSeconds(settings.restartTime))),
    families: families.map(({ family }) => ({ ...codes(family), forwarding: restart.forwarding(family) })),
  };
}

/** RFC 9494 section 3. With no family it says that we help neighbours, as in RFC 4724. */
function longLived(config: PeerConfig, settings: GracefulRestartConfig, restart: RestartState): Capability {
  const families = [];
  for (const { family, longLivedStaleTime } of settings.helperOnly ? [] : config.families) {
    if (longLivedStaleTime === undefined) continue;
    const timeSeconds = Math.min(LONG_LIVED_TIME_MAX_SECONDS, Math.round(toSeconds(longLivedStaleTime)));
    families.push({ ...codes(family), forwarding: restart.forwarding(family), timeSeconds });
  }
  return { type: "long-lived-graceful-restart", families };
}
