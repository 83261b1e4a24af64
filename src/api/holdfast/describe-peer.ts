import {
  type Capability,
  type FamilyRestartView,
  familyOf,
  type PeerRestartView,
  type RestartOffer,
  type Peer as SpeakerPeer,
} from "../../bgp/index.ts";
import { formatIpv4Word } from "../../lib/address.ts";
import { elapsed, type Instant, NEVER, toSeconds } from "../../lib/time.ts";
import { familyName } from "./describe-route.ts";
import type { HoldfastHost } from "./host.ts";
import type { Peer, PeerFamily, Restart, RestartFamily, RestartSide } from "./messages.ts";

/** One neighbour. Families, capabilities and the restart block only with `detail`. */
export function peerMessage(host: HoldfastHost, peer: SpeakerPeer, detail: boolean): Peer {
  const now = host.now();
  const { session, up, config } = peer;
  const { statistics } = session;
  const { sent, received } = statistics;
  const restart = host.speaker.restartOf(peer.name);
  const families = familiesOf(host, peer, restart);
  const sum = (count: (family: PeerFamily) => number) => families.reduce((total, family) => total + count(family), 0);
  return {
    address: peer.name,
    description: config.description,
    peerGroup: config.peerGroup,
    as: up?.negotiated.peerAs ?? config.peerAs,
    localAs: config.localAs,
    state: session.state,
    sinceSeconds: age(session.stateSince ?? host.startedAt, now),
    admin: session.isStarted ? "up" : "down",
    dynamic: peer.dynamic,
    drained: host.drained || peer.isDraining,
    routerId: up && formatIpv4Word(up.receivedOpen.identifier),
    localAddress: up?.local.toString(),
    holdTimeSeconds: up?.holdTimeSeconds,
    keepaliveTimeSeconds: up?.keepaliveTimeSeconds,
    lastError: statistics.lastError?.text,
    lastErrorSeconds: statistics.lastError && age(statistics.lastError.at, now),
    flaps: statistics.flaps,
    messagesSent: sent.total,
    messagesReceived: received.total,
    updatesSent: sent.update,
    updatesReceived: received.update,
    received: sum((family) => family.received),
    accepted: sum((family) => family.accepted),
    advertised: sum((family) => family.advertised),
    families: detail ? families : [],
    capabilities: detail ? (up?.receivedOpen.capabilities.map(capabilityText) ?? []) : [],
    restart: detail && restart !== undefined ? restartMessage(host, peer, restart) : undefined,
  };
}

/** Seconds since an instant. */
export const age = (since: Instant, now: Instant): number => toSeconds(elapsed(since, now));

/** Seconds until an instant; undefined when it never comes. */
const left = (at: Instant, now: Instant) => (at === NEVER ? undefined : Math.max(0, toSeconds(elapsed(now, at))));

/** The families that a session carries, and those that are kept for one that is to come back. */
function familiesOf(host: HoldfastHost, { index, up }: SpeakerPeer, restart?: PeerRestartView): PeerFamily[] {
  const { rib } = host.speaker;
  const isUp = (family: number) => up?.negotiated.families.some((negotiated) => negotiated.family === family) === true;
  const families = (restart?.families ?? []).filter(({ family, stale }) => isUp(family) || stale > 0);
  return families.map(({ family, stale, endOfRibSent, endOfRibReceived, longLivedTimer }) => ({
    family: familyName(family),
    received: index === undefined ? 0 : rib.receivedCount(index, family),
    accepted: index === undefined ? 0 : rib.acceptedCount(index, family),
    advertised: index === undefined ? 0 : rib.advertisedCount(index, family),
    stale,
    endOfRibSent: endOfRibSent !== undefined,
    endOfRibReceived: endOfRibReceived !== undefined,
    longLivedSecondsLeft: left(longLivedTimer, host.now()),
  }));
}

/** "multiprotocol ipv4-unicast", "graceful-restart", "unknown 99". */
function capabilityText(capability: Capability): string {
  switch (capability.type) {
    case "multiprotocol": {
      const family = familyOf(capability.afi, capability.safi);
      return `multiprotocol ${family === undefined ? `${capability.afi}/${capability.safi}` : familyName(family)}`;
    }
    case "role":
      return `role ${capability.role}`;
    case "unknown":
      return `unknown ${capability.code}`;
    default:
      return capability.type;
  }
}

function restartMessage(host: HoldfastHost, { name }: SpeakerPeer, view: PeerRestartView): Restart {
  const own = host.speaker.restartAt(host.now());
  const isAwaited = own.deferring && own.waitingFor.includes(name);
  const timer = view.restartTimer === NEVER ? view.stalePathTimer : view.restartTimer;
  return {
    ours: sideOf(view.local, view.families, "local"),
    theirs: sideOf(view.remote, view.families, "remote"),
    phase: phaseOf(view, isAwaited),
    secondsLeft: left(timer, host.now()),
  };
}

function phaseOf({ helping, families }: PeerRestartView, isAwaited: boolean): string {
  if (families.some(({ state }) => state === "long-lived")) return "long-lived";
  if (helping) return "peer-restarts";
  if (families.some(({ state }) => state === "stale")) return "peer-returns";
  return isAwaited ? "we-restart" : "none";
}

/** What one side offered; undefined: nothing. */
function sideOf(
  offer: RestartOffer | undefined,
  families: readonly FamilyRestartView[],
  side: "local" | "remote",
): RestartSide | undefined {
  if (offer === undefined) return undefined;
  const offered = families.map((view): RestartFamily => {
    const { forwarding, longLived } = view[side];
    return {
      family: familyName(view.family),
      graceful: forwarding !== undefined,
      forwarding: forwarding ?? longLived?.forwarding ?? false,
      longLivedSeconds: longLived && toSeconds(longLived.staleTime),
    };
  });
  return {
    restarting: offer.restarting,
    notification: offer.notification,
    restartTimeSeconds: toSeconds(offer.restartTime),
    families: offered.filter(({ graceful, longLivedSeconds }) => graceful || longLivedSeconds !== undefined),
  };
}
