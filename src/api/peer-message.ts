import {
  BGP_PORT,
  buildOpen,
  FAMILY_SPECS,
  Family,
  type MessageCounts,
  type Peer,
  type PeerIndex,
  type PeerRestartView,
  type RestartState,
  type Rib,
  type State,
} from "../bgp/index.ts";
import type { FamilyConfig, SessionConfig } from "../config/index.ts";
import { formatIpv4Word } from "../lib/address.ts";
import { type Instant, seconds, toSeconds } from "../lib/time.ts";
import { capabilityMessages } from "./capability-messages.ts";
import { familyMessage } from "./families.ts";
import type * as api from "./messages.ts";

/** What of a neighbour's state is not in the speaker. */
export interface PeerFacts {
  /** Unix time of an instant, in milliseconds. */
  unixMs(at: Instant): number;
  /** Whether End-of-RIB of the family has come since the session is up. */
  hasEndOfRib(peer: Peer, family: Family): boolean;
  /** Its graceful restart, and ours towards it. */
  restart(peer: Peer): PeerRestartView | undefined;
  /** It is down because it sent more prefixes than it may. */
  isOverLimit(peer: Peer): boolean;
}

const NO_TIME = seconds(0);
const NOT_RESTARTING: RestartState = { restarting: false, forwarding: () => false };

const STATES: Readonly<Record<State, api.PeerStateSessionState>> = {
  Idle: "IDLE",
  Connect: "CONNECT",
  Active: "ACTIVE",
  OpenSent: "OPENSENT",
  OpenConfirm: "OPENCONFIRM",
  Established: "ESTABLISHED",
};

/** What GoBGP says of a neighbour that has no policies of its own. */
const APPLY_POLICY: api.Given<api.ApplyPolicy> = {
  exportPolicy: { direction: "EXPORT" },
  importPolicy: { direction: "IMPORT" },
};

const REMOVE_PRIVATE = { all: "REMOVE_ALL", replace: "REPLACE" } as const;

/** A Timestamp, in whole seconds as GoBGP gives it. */
function timestamp(unixMs: number): api.Timestamp {
  const seconds = Math.floor(unixMs / 1_000);
  return { seconds, nanos: 0 };
}

/**
 * A neighbour as GoBGP's API tells of it: settings and state. The command looks into all of these messages without
 * asking whether they are there, so none may be missing. `advertised`: count what was sent, too.
 */
export function peerMessage(
  peer: Peer,
  session: SessionConfig,
  rib: Rib,
  facts: PeerFacts,
  advertised: boolean,
): api.Given<api.Peer> {
  return {
    applyPolicy: APPLY_POLICY,
    conf: confOf(peer, session),
    ebgpMultihop: multihopOf(session),
    routeReflector: {
      routeReflectorClient: session.routeReflectorClient,
      routeReflectorClusterId: session.routeReflectorClient ? formatIpv4Word(session.clusterId) : "",
    },
    state: stateOf(peer, session, facts),
    timers: timersOf(peer, session, facts),
    transport: {
      localAddress: String(
        peer.up?.local ?? session.localAddress ?? (peer.config.address.version === 4 ? "0.0.0.0" : "::"),
      ),
      localPort: session.localPort ?? 0,
      passiveMode: session.passive,
      // GoBGP tells a port only where one is configured.
      remotePort: session.remotePort === BGP_PORT ? 0 : session.remotePort,
      bindInterface: session.bindInterface ?? "",
    },
    routeServer: {},
    gracefulRestart: { ...gracefulRestartOf(session), ...restartingOf(facts.restart(peer)) },
    afiSafis: session.families.map((family) => afiSafiOf(peer, family, session, rib, facts, advertised)),
    ttlSecurity: { enabled: session.ttl.min !== undefined, ttlMin: session.ttl.min ?? 0 },
  };
}

function isExternal(peer: Peer, { peerAs, localAs }: SessionConfig): boolean {
  return (peer.up?.negotiated.peerAs ?? peerAs) !== localAs;
}

function confOf(peer: Peer, session: SessionConfig): api.Given<api.PeerConf> {
  return {
    description: session.description,
    localAsn: session.localAs,
    neighborAddress: peer.name,
    peerAsn: session.peerAs,
    peerGroup: session.peerGroup ?? "",
    type: isExternal(peer, session) ? "EXTERNAL" : "INTERNAL",
    removePrivate: session.removePrivateAs === undefined ? "REMOVE_NONE" : REMOVE_PRIVATE[session.removePrivateAs],
    allowOwnAsn: session.allowOwnAs,
    replacePeerAsn: session.replacePeerAs,
    adminDown: session.adminDown,
  };
}

/** An eBGP session that is neither single-hop nor GTSM. */
function multihopOf(session: SessionConfig): api.Given<api.EbgpMultihop> {
  const isMultihop = session.settings["ebgp-multihop.config.enabled"] === "true";
  return isMultihop ? { enabled: true, multihopTtl: session.ttl.send ?? 0 } : {};
}

function stateOf(peer: Peer, session: SessionConfig, facts: PeerFacts): api.Given<api.PeerState> {
  const { statistics } = peer.session;
  const { up } = peer;
  // While its routes are kept, it is who it was.
  const kept = peer.index === undefined ? undefined : peer.lastUp;
  return {
    messages: { received: countsOf(statistics.received), sent: countsOf(statistics.sent) },
    neighborAddress: peer.name,
    peerAsn: up?.negotiated.peerAs ?? session.peerAs,
    peerGroup: session.peerGroup ?? "",
    type: isExternal(peer, session) ? "EXTERNAL" : "INTERNAL",
    queues: {},
    sessionState: STATES[peer.session.state],
    adminState: adminStateOf(peer, facts),
    flops: statistics.flaps,
    remoteCap: capabilityMessages((up ?? kept)?.receivedOpen.capabilities ?? []),
    localCap: capabilityMessages((up?.sentOpen ?? buildOpen(peer.config, NOT_RESTARTING)).capabilities),
    routerId: (up ?? kept) === undefined ? "" : formatIpv4Word((up ?? kept)?.receivedOpen.identifier ?? 0),
  };
}

export function adminStateOf(peer: Peer, facts: PeerFacts): api.PeerStateAdminState {
  if (!peer.session.isStarted) return "DOWN";
  return facts.isOverLimit(peer) ? "PFX_CT" : "UP";
}

function countsOf(counts: MessageCounts): api.Given<api.Message> {
  const { notification, update, open, keepalive, routeRefresh, total } = counts;
  return { notification, update, open, keepalive, refresh: routeRefresh, total };
}

function timersOf(peer: Peer, session: SessionConfig, facts: PeerFacts): api.Given<api.Timers> {
  const { statistics } = peer.session;
  const at = (instant: Instant | undefined) => (instant === undefined ? undefined : timestamp(facts.unixMs(instant)));
  const holdTime = toSeconds(session.holdTime);
  return {
    config: {
      connectRetry: Math.round(toSeconds(session.connectRetryTime)),
      holdTime,
      keepaliveInterval:
        session.keepaliveTime === undefined ? Math.floor(holdTime / 3) : toSeconds(session.keepaliveTime),
      idleHoldTimeAfterReset: Math.round(toSeconds(session.idleHoldTime)),
    },
    state: {
      keepaliveInterval: peer.up?.keepaliveTimeSeconds ?? 0,
      negotiatedHoldTime: peer.up?.holdTimeSeconds ?? 0,
      uptime: at(statistics.lastUp),
      downtime: at(statistics.lastDown),
    },
  };
}

/** Who is restarting; nothing is said while nobody is, as GoBGP 3.10 does. */
function restartingOf(restart: PeerRestartView | undefined): api.Given<api.GracefulRestart> {
  return {
    ...(restart?.helping === true
      ? { peerRestarting: true, peerRestartTime: toSeconds(restart.remote?.restartTime ?? NO_TIME) }
      : {}),
    localRestarting: restart?.local?.restarting === true,
  };
}

/** The restart settings of a session or a peer group. */
function gracefulRestartOf({
  gracefulRestart,
}: Pick<SessionConfig, "gracefulRestart">): api.Given<api.GracefulRestart> {
  if (gracefulRestart === undefined) return {};
  return {
    enabled: true,
    restartTime: toSeconds(gracefulRestart.restartTime),
    helperOnly: gracefulRestart.helperOnly,
    deferralTime: Math.round(toSeconds(gracefulRestart.deferralTime)),
    notificationEnabled: gracefulRestart.notification,
    longlivedEnabled: gracefulRestart.longLived,
  };
}

function afiSafiOf(
  peer: Peer,
  config: FamilyConfig,
  session: SessionConfig,
  rib: Rib,
  facts: PeerFacts,
  advertised: boolean,
): api.Given<api.AfiSafi> {
  const family = familyNumber(config);
  const { index, up } = peer;
  const count = (of: (index: PeerIndex) => number) => (index === undefined ? 0 : of(index));
  const negotiated = up?.negotiated.families.find((one) => one.family === family);
  const hasAddPath = config.addPathReceive || config.addPathSendMax > 0 || undefined;
  return {
    ...familySettings(config),
    mpGracefulRestart: {
      config: { enabled: config.gracefulRestart },
      state: restartStateOf(peer, config, session, facts),
    },
    state: {
      family: familyMessage(family),
      enabled: up === undefined || negotiated !== undefined,
      received: count((at) => rib.receivedCount(at, family)),
      accepted: count((at) => rib.acceptedCount(at, family)),
      advertised: advertised ? count((at) => rib.advertisedCount(at, family)) : 0,
    },
    addPaths: {
      config: { receive: config.addPathReceive, sendMax: config.addPathSendMax },
      state: hasAddPath && {
        receive: negotiated?.addPathReceive ?? false,
        sendMax: negotiated?.addPathSend === true ? config.addPathSendMax : 0,
      },
    },
  };
}

const familyNumber = ({ family }: FamilyConfig) =>
  family === "ipv4-unicast" ? Family.Ipv4Unicast : Family.Ipv6Unicast;

/** What is configured of a family; also of one in a peer group. */
function familySettings(config: FamilyConfig): api.Given<api.AfiSafi> {
  const family = familyMessage(familyNumber(config));
  const { prefixLimit, longLivedStaleTime } = config;
  return {
    mpGracefulRestart: { config: { enabled: config.gracefulRestart } },
    config: { family, enabled: true },
    state: { family },
    applyPolicy: APPLY_POLICY,
    routeSelectionOptions: { config: {} },
    useMultiplePaths: { config: {}, ebgp: { config: {} }, ibgp: { config: {} } },
    prefixLimits: prefixLimit && {
      family,
      maxPrefixes: prefixLimit.max,
      shutdownThresholdPct: prefixLimit.warningPercent,
    },
    routeTargetMembership: { config: {} },
    longLivedGracefulRestart: {
      config: {
        enabled: longLivedStaleTime !== undefined,
        restartTime: longLivedStaleTime === undefined ? 0 : toSeconds(longLivedStaleTime),
      },
    },
    addPaths: { config: { receive: config.addPathReceive, sendMax: config.addPathSendMax } },
  };
}

/** RFC 4724 on this session: what was offered, and what the neighbour did. */
function restartStateOf(
  peer: Peer,
  config: FamilyConfig,
  session: SessionConfig,
  facts: PeerFacts,
): api.Given<api.MpGracefulRestartState> {
  const { up } = peer;
  if (up === undefined || session.gracefulRestart === undefined) return {};
  const family = familyNumber(config);
  const { afi, safi } = FAMILY_SPECS[family];
  const lists = (capabilities: typeof up.sentOpen.capabilities) =>
    capabilities.some(
      (one) =>
        one.type === "graceful-restart" && one.families.some((tuple) => tuple.afi === afi && tuple.safi === safi),
    );
  const received = lists(up.receivedOpen.capabilities);
  return {
    enabled: received || config.gracefulRestart,
    received,
    advertised: lists(up.sentOpen.capabilities),
    endOfRibReceived: facts.hasEndOfRib(peer, family),
  };
}
