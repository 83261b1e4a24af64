// Made from holdfast.proto by test/tools/proto-types.ts: change that file, then run it again.

export type GetStatusRequest = Readonly<Record<never, never>>;

export interface Status {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly as: number;
  readonly routerId: string;
  /** The whole node is drained. */
  readonly drained: boolean;
  readonly totals?: Totals | undefined;
  /**
   * At most 100 of each, those that need attention first. Peers without families and restart block, VIPs without the
   * reasons that did not decide.
   */
  readonly peers: readonly Peer[];
  readonly vips: readonly Vip[];
  readonly routers: readonly VirtualRouter[];
  readonly checks: readonly Check[];
  /** Routes announced over this API. */
  readonly apiRoutes: readonly ApiRoute[];
  readonly warnings: readonly Warning[];
  readonly tables: readonly TableCount[];
  /** The longest that the event loop was busy or late since the start, or since it was last reset. */
  readonly eventLoopLagMs: number;
  readonly restart?: OwnRestart | undefined;
}

/** Our own graceful restart (RFC 4724 section 4.1). */
export interface OwnRestart {
  /** OPENs have the R bit. */
  readonly restarting: boolean;
  /** Learned routes are not chosen yet. */
  readonly deferring: boolean;
  /** Neighbours are not told that our routes are complete: not every VIP has a verdict. */
  readonly endOfRibHeld: boolean;
  /** Neighbours whose End-of-RIB is missing. */
  readonly waitingFor: readonly string[];
}

export interface Totals {
  readonly peers: number;
  readonly peersEstablished: number;
  readonly vips: number;
  readonly vipsAnnounced: number;
  readonly routers: number;
  readonly routersMaster: number;
  readonly checks: number;
  readonly checksUp: number;
  readonly apiRoutes: number;
}

export interface TableCount {
  readonly family: string;
  readonly destinations: number;
  readonly paths: number;
}

export interface Warning {
  /** "config", "bgp", "vrrp", ... */
  readonly source: string;
  readonly text: string;
}

export interface ApiRoute {
  readonly prefix: string;
  /** "announce", "de-prefer" (the lease has lapsed), "withdraw" (about to go). */
  readonly action: string;
  /** Absent: kept until withdrawn. */
  readonly leaseSeconds?: number | undefined;
  readonly leaseLeftSeconds?: number | undefined;
  readonly ageSeconds: number;
}

export type ListVipsRequest = Readonly<Record<never, never>>;

export interface WhyRequest {
  /** "203.0.113.10/32"; without a length it is that of a host. */
  readonly vip: string;
}

export interface SetVipRequest {
  readonly vip: string;
  readonly up: boolean;
}

export interface Vip {
  readonly prefix: string;
  readonly description: string;
  /** "announce", "de-prefer", "gshut", "withdraw". */
  readonly action: string;
  readonly sinceSeconds: number;
  /** The text of the reason that decided. */
  readonly reason: string;
  readonly reasons: readonly Reason[];
  readonly vrrpInstance?: string | undefined;
  readonly checks: readonly string[];
  /** What is announced; empty while nothing is. */
  readonly attributes?: Attributes | undefined;
  /** Neighbours that have it from us. */
  readonly advertisedTo: readonly string[];
}

export interface Reason {
  /** The condition that speaks: "config", "admin", "vrrp", "checks", "address", "drain", "lease", "fleet", ... */
  readonly condition: string;
  /** What it asks for. */
  readonly verdict: string;
  readonly text: string;
  /** For how long it has said so. */
  readonly seconds: number;
  /** This one decided. */
  readonly decisive: boolean;
  /** Which one, where there may be several: the VRRP instance's or the check's name. */
  readonly name?: string | undefined;
  /** Until time alone changes it: a drain, a lease, a wait. */
  readonly secondsLeft?: number | undefined;
}

export type ListVrrpRequest = Readonly<Record<never, never>>;

export interface VirtualRouter {
  readonly name: string;
  readonly interface: string;
  readonly virtualRouterId: number;
  /** 4 or 6. */
  readonly family: number;
  /** VRRP version, 2 or 3. */
  readonly version: number;
  /** "Initialize", "Backup", "Master", "Fault". */
  readonly state: string;
  readonly sinceSeconds: number;
  readonly reason: string;
  readonly priority: number;
  readonly effectivePriority: number;
  readonly advertisementIntervalSeconds: number;
  readonly preempt: boolean;
  /** Who is Master, when that is another router. */
  readonly master?: string | undefined;
  readonly masterPriority?: number | undefined;
  readonly masterIntervalSeconds?: number | undefined;
  readonly addresses: readonly string[];
  readonly syncGroup?: string | undefined;
  readonly advertsSent: number;
  readonly advertsReceived: number;
  readonly priorityZeroSent: number;
  readonly priorityZeroReceived: number;
  readonly becameMaster: number;
  /** Packets dropped, by cause. */
  readonly dropped: Readonly<Record<string, number>>;
}

export type ListChecksRequest = Readonly<Record<never, never>>;

export interface Check {
  readonly name: string;
  /** "script", "http", ... */
  readonly type: string;
  /** "unknown", "up", "down". */
  readonly state: string;
  readonly sinceSeconds: number;
  /** The last result in words. */
  readonly detail: string;
  /** keepalived's counter: 0 .. rise + fall - 1. */
  readonly result: number;
  readonly rise: number;
  readonly fall: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly running: boolean;
  readonly runs: number;
  readonly failures: number;
  readonly timeouts: number;
}

export type GetFleetRequest = Readonly<Record<never, never>>;

export interface Fleet {
  /** This node's name. */
  readonly name: string;
  /** No other member can be reached: what is told of them is old, and no guarded VIP can be drained. */
  readonly isolated: boolean;
  /** This one included. */
  readonly membersAlive: number;
  readonly disagreements: readonly FleetDisagreement[];
}

/** Several nodes say that they are Master of one virtual router on one link. */
export interface FleetDisagreement {
  readonly family: number;
  readonly virtualRouterId: number;
  /** The link's network. */
  readonly segment: string;
  readonly masters: readonly string[];
  readonly sinceSeconds: number;
}

export type ListFleetRequest = Readonly<Record<never, never>>;

export interface FleetNode {
  readonly name: string;
  /** "192.0.2.12:7946". */
  readonly address: string;
  /** "alive", "suspect", "dead", "left". */
  readonly state: string;
  /** This node itself. */
  readonly self: boolean;
  /** It tells what it announces; others may use the cluster as well. */
  readonly gateway: boolean;
  /** What is told below is the newest that it has told. */
  readonly current: boolean;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Established BGP sessions. */
  readonly sessions: number;
  /** "none", "waiting", "draining". */
  readonly drain: string;
  readonly checksDown: readonly string[];
  readonly vips: readonly FleetVip[];
  readonly masters: readonly FleetMaster[];
  /** VIPs that it announces; `vips` has at most 1000. */
  readonly vipsAnnounced: number;
  readonly vipsTotal: number;
}

export interface FleetVip {
  readonly prefix: string;
  /** "announced", "de-preferred", "draining", "withdrawn". */
  readonly state: string;
  readonly sinceSeconds: number;
  /** It wants to withdraw it, and is held by the guard or just asking. */
  readonly leaving: boolean;
  readonly minAnnouncers: number;
}

/** A virtual router of which the node is Master. */
export interface FleetMaster {
  readonly name: string;
  readonly family: number;
  readonly virtualRouterId: number;
  readonly segment: string;
  readonly address: string;
  readonly sinceSeconds: number;
}

export interface ListPeersRequest {
  /** Only this one: its address, or its description. NOT_FOUND when there is none. */
  readonly peer?: string | undefined;
}

export interface Peer {
  readonly address: string;
  readonly description: string;
  readonly peerGroup?: string | undefined;
  /** As configured; of a session that is up, the neighbour's. */
  readonly as: number;
  readonly localAs: number;
  /** "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established". */
  readonly state: string;
  readonly sinceSeconds: number;
  /** "up"; "down": by the configuration, by an operator, or by a prefix limit that waits for one. */
  readonly admin: string;
  readonly dynamic: boolean;
  readonly drained: boolean;
  readonly routerId?: string | undefined;
  readonly localAddress?: string | undefined;
  /** As agreed. */
  readonly holdTimeSeconds?: number | undefined;
  readonly keepaliveTimeSeconds?: number | undefined;
  readonly lastError?: string | undefined;
  readonly lastErrorSeconds?: number | undefined;
  readonly flaps: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly updatesSent: number;
  readonly updatesReceived: number;
  /** Sums over the families. */
  readonly received: number;
  readonly accepted: number;
  readonly advertised: number;
  readonly families: readonly PeerFamily[];
  /** Capabilities of the neighbour's OPEN. */
  readonly capabilities: readonly string[];
  readonly restart?: Restart | undefined;
}

export interface PeerFamily {
  readonly family: string;
  readonly received: number;
  readonly accepted: number;
  readonly advertised: number;
  /** Paths kept from before a restart of the neighbour that it has not announced again. */
  readonly stale: number;
  /** End-of-RIB (RFC 4724 section 2). */
  readonly endOfRibSent: boolean;
  readonly endOfRibReceived: boolean;
  /** Until stale paths that count as last resort go (RFC 9494). */
  readonly longLivedSecondsLeft?: number | undefined;
}

/** Graceful restart (RFC 4724, 8538) and its long-lived form (RFC 9494), both sides. */
export interface Restart {
  /** Absent: the capability was not sent, or there is no session and none is being held. */
  readonly ours?: RestartSide | undefined;
  readonly theirs?: RestartSide | undefined;
  /**
   * "none"; "we-restart": its End-of-RIB is waited for before we choose routes; "peer-restarts": its routes are kept as
   * stale; "peer-returns": it is back and has not announced everything; "long-lived": kept, least preferred.
   */
  readonly phase: string;
  /** Until the stale routes go, or count as last resort only. */
  readonly secondsLeft?: number | undefined;
}

export interface RestartSide {
  /** R: this start is a restart. */
  readonly restarting: boolean;
  /** N: NOTIFICATION and hold timer expiry keep routes as well (RFC 8538). */
  readonly notification: boolean;
  readonly restartTimeSeconds: number;
  readonly families: readonly RestartFamily[];
}

export interface RestartFamily {
  readonly family: string;
  /** Listed in the graceful restart capability. */
  readonly graceful: boolean;
  /** F: forwarding state was kept. */
  readonly forwarding: boolean;
  /** Long-lived stale time; absent: not listed in that capability. */
  readonly longLivedSeconds?: number | undefined;
}

export type Table = "TABLE_GLOBAL" | "TABLE_IN" | "TABLE_OUT" | "TABLE_LOCAL";

export type Match = "MATCH_EXACT" | "MATCH_LONGEST" | "MATCH_LONGER" | "MATCH_SHORTER";

export interface ListRibRequest {
  readonly table: Table;
  /** Needed for TABLE_IN and TABLE_OUT. */
  readonly peer?: string | undefined;
  /** "ipv4-unicast", "ipv6-unicast"; absent: both. */
  readonly family?: string | undefined;
  readonly prefix?: string | undefined;
  readonly match: Match;
  /** End after this many; 0: all. */
  readonly limit: number;
}

export interface RibSlice {
  readonly routes: readonly Route[];
}

export interface Route {
  readonly prefix: string;
  readonly pathId: number;
  /** The neighbour it is from; absent: ours. */
  readonly peer?: string | undefined;
  readonly best: boolean;
  readonly stale: boolean;
  /** Why it is not considered: "policy", "as-loop", ... */
  readonly rejected?: string | undefined;
  readonly attributes?: Attributes | undefined;
}

export interface Attributes {
  readonly nextHop?: string | undefined;
  /** "igp", "egp", "incomplete". */
  readonly origin: string;
  /** "65001 65002 {65003,65004}". */
  readonly asPath: string;
  readonly med?: number | undefined;
  readonly localPreference?: number | undefined;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extCommunities: readonly string[];
}

export type OnLapse = "ON_LAPSE_WITHDRAW" | "ON_LAPSE_DE_PREFER";

export interface AnnounceRequest {
  readonly prefix: string;
  /** Absent: our address on each session. */
  readonly nextHop?: string | undefined;
  readonly origin?: string | undefined;
  readonly med?: number | undefined;
  readonly localPreference?: number | undefined;
  readonly asPathPrepend: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extCommunities: readonly string[];
  /** Addresses and peer groups; empty: all. */
  readonly neighbors: readonly string[];
  /** 1 .. 86400. Absent: kept until withdrawn. */
  readonly leaseSeconds?: number | undefined;
  readonly onLapse: OnLapse;
}

export interface AnnounceResponse {
  /** It was announced before, and has been renewed (or changed). */
  readonly renewed: boolean;
}

export interface WithdrawRequest {
  readonly prefix: string;
}

export type WithdrawResponse = Readonly<Record<never, never>>;

export interface DrainRequest {
  readonly vip?: string | undefined;
  /** Address or description. */
  readonly neighbor?: string | undefined;
  readonly node?: boolean | undefined;
  /** Of the node: wait until so few others of the cluster are drained that there are no more than this with us. 0: at once. */
  readonly maxConcurrent: number;
}

export interface DrainResponse {
  /** VIPs or neighbours concerned. */
  readonly count: number;
  /** The drain has not begun: others are drained, or go first. */
  readonly waiting: boolean;
  /** It could not be written down: a restart of the daemon would not know of it, for this reason. */
  readonly notKept?: string | undefined;
}

export interface StopRequest {
  /**
   * End the TCP connections without a NOTIFICATION: neighbours with graceful restart keep our routes. Otherwise withdraw,
   * and say Cease.
   */
  readonly hold: boolean;
  /** Instead of `shutdown-communication` (RFC 9003), at most 255 octets. */
  readonly text?: string | undefined;
}

export type StopResponse = Readonly<Record<never, never>>;

export interface ReloadRequest {
  /** Even if more prefixes go than `reload-max-drop` allows. */
  readonly force: boolean;
}

export interface DiffConfigRequest {
  readonly text: string;
  /** For messages. */
  readonly fileName: string;
}

export interface ReloadPlan {
  readonly changes: readonly Change[];
  /** Every session, also those to which nothing happens. */
  readonly sessions: readonly SessionEffect[];
  readonly announcedBefore: number;
  /** Of those: still there afterwards, as far as the configuration decides. */
  readonly announcedAfter: number;
  /** Why Reload refuses without `force`. */
  readonly refused?: string | undefined;
  readonly warnings: readonly string[];
}

export interface Change {
  /** "neighbor", "vip", "global", "policy", ... */
  readonly subject: string;
  readonly name: string;
  /** "added", "removed", "changed". */
  readonly change: string;
  /** "live", "soft", "reset", "restart". */
  readonly effect: string;
  readonly keys: readonly KeyChange[];
}

export interface KeyChange {
  readonly key: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly effect: string;
}

export interface SessionEffect {
  readonly peer: string;
  /** "nothing"; "soft": its routes are judged again; "reset"; "added"; "removed". */
  readonly effect: string;
}

export interface WatchEventsRequest {
  /** Do not end after what happened lately. */
  readonly follow: boolean;
  /** How much of what happened lately, newest last; at most 1000. */
  readonly recent: number;
  /** Only these sources; empty: all. */
  readonly sources: readonly string[];
}

export interface Event {
  /** Counts up; a gap is what was lost. */
  readonly number: number;
  /** Seconds since 1970. */
  readonly time: number;
  /** "info", "warn", "error". */
  readonly level: string;
  /** "bgp", "vip", "vrrp", "check", "fleet", "config", "api", "daemon". */
  readonly source: string;
  /** Whom it is about: the neighbour, VIP, instance, check; "" for the daemon as a whole. */
  readonly subject: string;
  /** What kind of event, stable for programs: "state", "verdict", "lease-lapsed", ... */
  readonly type: string;
  readonly text: string;
  /** Events that this reader has lost just before this one. */
  readonly lost: number;
}
