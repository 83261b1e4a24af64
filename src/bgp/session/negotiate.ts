import { toSeconds } from "../../lib/time.ts";
import type { FamilyConfig, PeerConfig } from "../peer-config.ts";
import {
  type Capability,
  EXTENDED_MESSAGE_LENGTH_MAX,
  FAMILY_SPECS,
  Family,
  familyOf,
  MESSAGE_LENGTH_MAX,
  type Negotiated,
  type NegotiatedFamily,
  type OpenMessage,
} from "../wire/index.ts";

/** What two OPENs make of a session. */
export interface Agreement {
  readonly negotiated: Negotiated;
  /** Seconds; 0: neither hold timer nor keepalives. */
  readonly holdTimeSeconds: number;
  readonly keepaliveTimeSeconds: number;
  readonly routeRefresh: boolean;
  readonly enhancedRefresh: boolean;
}

/** What our OPEN and the neighbour's agree on. The neighbour's has passed `checkOpen`. */
export function negotiate(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Agreement {
  const both = (type: Capability["type"]) => has(sent, type) && has(received, type);
  const peerAs = peerAsOf(sent, received);
  const lengthMax = both("extended-message") ? EXTENDED_MESSAGE_LENGTH_MAX : MESSAGE_LENGTH_MAX;
  const holdTimeSeconds = Math.min(sent.holdTimeSeconds, received.holdTimeSeconds); // RFC 4271 section 4.2
  const configs = commonFamilies(config, received);
  return {
    negotiated: {
      peerType: peerAs === config.localAs ? "internal" : "external",
      localAs: config.localAs,
      peerAs,
      fourOctetAs: both("four-octet-as"),
      receiveLengthMax: lengthMax,
      sendLengthMax: lengthMax,
      families: configs.map(({ family }) => negotiateFamily(family, sent, received)),
    },
    holdTimeSeconds,
    keepaliveTimeSeconds: keepaliveTimeSeconds(config, holdTimeSeconds),
    // The capability says that its sender answers requests (RFC 2918 section 2).
    routeRefresh: has(received, "route-refresh"),
    enhancedRefresh: both("enhanced-route-refresh"),
  };
}

/**
 * The neighbour's AS: from its capability when both sides use four octets (RFC 6793 section 4.1), else the 2-octet
 * field, which may be AS_TRANS.
 */
export function peerAsOf(sent: OpenMessage, received: OpenMessage): number {
  const capability = received.capabilities.find(({ type }) => type === "four-octet-as");
  return capability?.type === "four-octet-as" && has(sent, "four-octet-as") ? capability.as : received.as2;
}

/** Our families that the neighbour carries too, ascending. A neighbour that names none carries IPv4 unicast. */
export function commonFamilies(config: PeerConfig, received: OpenMessage): readonly FamilyConfig[] {
  const theirs = new Set<Family>();
  for (const capability of received.capabilities) {
    if (capability.type !== "multiprotocol") continue;
    const family = familyOf(capability.afi, capability.safi);
    if (family !== undefined) theirs.add(family);
  }
  if (!has(received, "multiprotocol")) theirs.add(Family.Ipv4Unicast);
  return config.families.filter(({ family }) => theirs.has(family)).sort((a, b) => a.family - b.family);
}

function negotiateFamily(family: Family, sent: OpenMessage, received: OpenMessage): NegotiatedFamily {
  const [ours, theirs] = [addPath(sent, family), addPath(received, family)];
  return {
    family,
    addPathReceive: ours.receive && theirs.send, // RFC 7911 section 4
    addPathSend: ours.send && theirs.receive,
    extendedNextHop: offersExtendedNextHop(sent, family) && offersExtendedNextHop(received, family),
  };
}

function addPath(open: OpenMessage, family: Family): { readonly receive: boolean; readonly send: boolean } {
  const { afi, safi } = FAMILY_SPECS[family];
  // RFC 7911 section 4: when a family is listed more than once, the first counts.
  for (const capability of open.capabilities) {
    if (capability.type !== "add-path") continue;
    const tuple = capability.families.find((t) => t.afi === afi && t.safi === safi);
    if (tuple !== undefined) return tuple;
  }
  return { receive: false, send: false };
}

/** RFC 8950 section 4. IPv6 next hops are the only ones that IPv6 has. */
function offersExtendedNextHop(open: OpenMessage, family: Family): boolean {
  if (family !== Family.Ipv4Unicast) return false;
  return open.capabilities.some(
    (capability) =>
      capability.type === "extended-next-hop" &&
      capability.families.some(({ afi, safi, nextHopAfi }) => afi === 1 && safi === 1 && nextHopAfi === 2),
  );
}

/** A third of the hold time (RFC 4271 section 10), or what is configured when that is less. At least 1 second. */
function keepaliveTimeSeconds(config: PeerConfig, holdTimeSeconds: number): number {
  if (holdTimeSeconds === 0) return 0;
  const third = Math.floor(holdTimeSeconds / 3);
  const configured = config.keepaliveTime === undefined ? third : toSeconds(config.keepaliveTime);
  return Math.max(1, Math.min(third, configured));
}

export function has(open: OpenMessage, type: Capability["type"]): boolean {
  return open.capabilities.some((capability) => capability.type === type);
}
