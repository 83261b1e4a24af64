import { formatAddress } from "../lib/address.ts";
import type { PeerConfig, PrefixLimit } from "./peer-config.ts";
import { PrefixLimiter } from "./prefix-limiter.ts";
import type { PeerIndex, RibPeer } from "./rib/index.ts";
import type { Session, Input as SessionInput, SessionUp } from "./session/index.ts";
import type { PeerName } from "./speaker-io.ts";
import { FAMILIES } from "./wire/index.ts";

/** One configured (or dynamic) neighbour: its session, its place in the RIB, and what is waiting to be done about it. */
export class Peer {
  readonly name: PeerName;
  config: PeerConfig;
  /** Came from a dynamic-neighbour prefix: is forgotten when its session ends. */
  readonly dynamic: boolean;
  readonly session: Session;
  /** Set while the session is Established, as is `up`. */
  index: PeerIndex | undefined;
  up: SessionUp | undefined;
  /** The RIB has something for this peer. */
  readable = false;
  /** Octets given to the platform that the kernel has not taken: as last told, plus what was given since. */
  outstanding = 0;
  /** What must be told to the session as soon as it has returned. */
  readonly deferred: SessionInput[] = [];
  readonly limiter = new PrefixLimiter();

  constructor(config: PeerConfig, dynamic: boolean, makeSession: (peer: Peer) => Session) {
    this.name = formatAddress(config.address);
    this.config = config;
    this.dynamic = dynamic;
    this.session = makeSession(this);
  }
}

/** What the RIB must know of a neighbour whose session is up. */
export function ribPeerOf(config: PeerConfig, up: SessionUp): RibPeer {
  const receiveMax = (limit: PrefixLimit | undefined) => (limit?.action === "discard" ? limit.max : Infinity);
  const familyConfig = (family: number) => config.families.find((candidate) => candidate.family === family);
  return {
    negotiated: up.negotiated,
    localAddress: up.local,
    remoteAddress: up.remote,
    remoteId: up.receivedOpen.identifier,
    routerId: config.routerId,
    localAs: config.localAs,
    globalAs: config.globalAs,
    routeReflectorClient: config.routeReflectorClient,
    clusterId: config.clusterId,
    allowOwnAs: config.allowOwnAs,
    replacePeerAs: config.replacePeerAs,
    removePrivateAs: config.removePrivateAs,
    nextHop: config.nextHop,
    defaultImport: config.defaultImport,
    defaultExport: config.defaultExport,
    role: config.role,
    receiveMax: FAMILIES.map((family) => receiveMax(familyConfig(family)?.prefixLimit)),
    sendMax: FAMILIES.map((family) => Math.max(1, familyConfig(family)?.addPathSendMax ?? 1)),
    longLived: up.receivedOpen.capabilities.some((capability) => capability.type === "long-lived-graceful-restart"),
    name: formatAddress(config.address),
    peerGroup: config.peerGroup,
    endOfRib: up.receivedOpen.capabilities.some((capability) => capability.type === "graceful-restart"),
  };
}
