import {
  type Capability,
  FAMILIES,
  FAMILY_SPECS,
  type Family,
  familyOf,
  type OpenMessage,
  type Peer as SpeakerPeer,
} from "../../bgp/index.ts";
import { formatIpv4Word } from "../../lib/address.ts";
import { elapsed, type Instant, toSeconds } from "../../lib/time.ts";
import { familyName } from "./describe-route.ts";
import type { HoldfastHost, RestartView } from "./host.ts";
import type { Peer, PeerFamily, Restart, RestartFamily, RestartSide } from "./messages.ts";

/** One neighbour. Families, capabilities and the restart block only with `detail`. */
export function peerMessage(host: HoldfastHost, peer: SpeakerPeer, detail: boolean): Peer {
  const now = host.now();
  const { session, up, config } = peer;
  const { statistics } = session;
  const { sent, received } = statistics;
  const restart = host.restart(peer.name);
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
    admin: config.adminDown ? "down" : "up",
    dynamic: peer.dynamic,
    drained: host.drained.node || host.drained.neighbors.has(peer.name),
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
    restart: detail ? restartMessage(peer, restart, now) : undefined,
  };
}

/** Seconds since an instant. */
export const age = (since: Instant, now: Instant): number => toSeconds(elapsed(since, now));

function familiesOf({ speaker: { rib } }: HoldfastHost, peer: SpeakerPeer, restart?: RestartView): PeerFamily[] {
  const { index, up } = peer;
  const isUp = (family: Family) => up?.negotiated.families.some((negotiated) => negotiated.family === family) === true;
  const isHeld = (family: Family) => (restart?.families[family]?.stale ?? 0) > 0;
  return FAMILIES.filter((family) => isUp(family) || isHeld(family)).map((family) => {
    const held = restart?.families[family];
    return {
      family: familyName(family),
      received: index === undefined ? 0 : rib.receivedCount(index, family),
      accepted: index === undefined ? 0 : rib.acceptedCount(index, family),
      advertised: index === undefined ? 0 : rib.advertisedCount(index, family),
      stale: held?.stale ?? 0,
      endOfRibSent: held?.endOfRibSent ?? false,
      endOfRibReceived: held?.endOfRibReceived ?? false,
    };
  });
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

function restartMessage({ up }: SpeakerPeer, restart: RestartView | undefined, now: Instant): Restart {
  const session = up ?? restart?.lastUp;
  const left = (at: Instant | undefined) => at && Math.max(0, toSeconds(elapsed(now, at)));
  return {
    ours: session && sideOf(session.sentOpen),
    theirs: session && sideOf(session.receivedOpen),
    phase: restart?.phase ?? "none",
    secondsLeft: left(restart?.staleUntil),
    deferralSecondsLeft: left(restart?.deferralUntil),
  };
}

/** What an OPEN offers for restarts; undefined: nothing. */
function sideOf({ capabilities }: OpenMessage): RestartSide | undefined {
  const graceful = capabilities.findLast((capability) => capability.type === "graceful-restart");
  const longLived = capabilities.findLast((capability) => capability.type === "long-lived-graceful-restart");
  if (graceful === undefined) return undefined;
  const families: RestartFamily[] = [];
  for (const { afi, safi, name } of FAMILY_SPECS) {
    const isThis = (family: { readonly afi: number; readonly safi: number }) =>
      family.afi === afi && family.safi === safi;
    const inGraceful = graceful.families.find(isThis);
    const inLongLived = longLived?.families.find(isThis);
    if (inGraceful === undefined && inLongLived === undefined) continue;
    families.push({
      family: name,
      graceful: inGraceful !== undefined,
      forwarding: (inGraceful ?? inLongLived)?.forwarding === true,
      longLivedSeconds: inLongLived?.timeSeconds,
    });
  }
  return {
    restarting: graceful.restarting,
    notification: graceful.notification,
    restartTimeSeconds: graceful.timeSeconds,
    families,
  };
}
