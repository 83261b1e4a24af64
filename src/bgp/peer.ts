import { formatAddress } from "../lib/address.ts";
import type { Instant } from "../lib/time.ts";
import type { PeerConfig, PrefixLimit } from "./peer-config.ts";
import type { Direction, PolicyTable, RoutePolicy } from "./policy/index.ts";
import { PrefixLimiter } from "./prefix-limiter.ts";
import type { Helper } from "./restart/index.ts";
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
  /** Set while the session is Established, and after that as long as routes of it are kept as stale (RFC 4724). */
  index: PeerIndex | undefined;
  /** Set while the session is Established. */
  up: SessionUp | undefined;
  /** What the last session was that became Established, if one did. */
  lastUp: SessionUp | undefined;
  /** Keeps the neighbour's routes over its restart. */
  readonly helper: Helper;
  /** When End-of-RIB was sent in this session, by family. */
  readonly endOfRibSent: (Instant | undefined)[] = FAMILIES.map(() => undefined);
  /** RFC 8326: what it is sent carries GRACEFUL_SHUTDOWN. */
  isDraining = false;
  /** The RIB has something for this peer. */
  readable = false;
  /** Octets given to the platform that the kernel has not taken: as last told, plus what was given since. */
  outstanding = 0;
  /** What must be told to the session as soon as it has returned. */
  readonly deferred: SessionInput[] = [];
  readonly limiter = new PrefixLimiter();

  constructor(
    config: PeerConfig,
    dynamic: boolean,
    makeSession: (peer: Peer) => Session,
    makeHelper: (peer: Peer) => Helper,
  ) {
    this.name = formatAddress(config.address);
    this.config = config;
    this.dynamic = dynamic;
    this.helper = makeHelper(this);
    this.session = makeSession(this);
  }
}

/** What the RIB must know of a neighbour whose session is up. */
export function ribPeerOf({ config, isDraining }: Peer, up: SessionUp, policies: PolicyTable): RibPeer {
  const bound = (direction: Direction) => bindPolicies(config, up, policies, direction);
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
    honourGracefulShutdown: config.honourGracefulShutdown,
    draining: isDraining,
    defaultImport: config.defaultImport,
    defaultExport: config.defaultExport,
    importPolicy: bound("import"),
    exportPolicy: bound("export"),
    role: config.role,
    receiveMax: FAMILIES.map((family) => receiveMax(familyConfig(family)?.prefixLimit)),
    sendMax: FAMILIES.map((family) => Math.max(1, familyConfig(family)?.addPathSendMax ?? 1)),
    longLived: up.receivedOpen.capabilities.some((capability) => capability.type === "long-lived-graceful-restart"),
    name: formatAddress(config.address),
    peerGroup: config.peerGroup,
    endOfRib: up.receivedOpen.capabilities.some((capability) => capability.type === "graceful-restart"),
  };
}

/** Everything is rejected where the policies that should apply are not there: to let it through would be a leak. */
const REJECT_ALL: RoutePolicy = { perPrefix: false, apply: () => undefined };

function bindPolicies(
  config: PeerConfig,
  up: SessionUp,
  policies: PolicyTable,
  direction: Direction,
): RoutePolicy | undefined {
  const isImport = direction === "import";
  const bound = policies.bind({
    direction,
    policies: isImport ? config.importPolicies : config.exportPolicies,
    defaultAction: isImport ? config.defaultImport : config.defaultExport,
    neighbor: { address: config.address, localAddress: up.local, type: up.negotiated.peerType },
  });
  return bound.ok ? bound.value : REJECT_ALL;
}
