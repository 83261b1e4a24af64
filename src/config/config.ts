import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Micros } from "../lib/time.ts";
import type { CheckConfig } from "./config-check.ts";
import type { ClusterConfig } from "./config-cluster.ts";
import type { VrrpInstanceConfig, VrrpSyncGroupConfig } from "./config-vrrp.ts";

/**
 * What the file says, with every default and peer group applied: plain data, immutable. Names follow
 * `src/bgp/peer-config.ts`, so that the daemon's translation is a copy.
 */
export interface Config {
  readonly global: GlobalConfig;
  readonly log: LogConfig;
  readonly state: StateConfig;
  /** Undefined: this gateway is by itself. */
  readonly cluster: ClusterConfig | undefined;
  readonly neighbors: readonly NeighborConfig[];
  readonly peerGroups: readonly PeerGroupConfig[];
  readonly dynamicNeighbors: readonly DynamicNeighborConfig[];
  readonly vips: readonly VipConfig[];
  readonly vrrpInstances: readonly VrrpInstanceConfig[];
  readonly vrrpSyncGroups: readonly VrrpSyncGroupConfig[];
  readonly checks: readonly CheckConfig[];
  readonly definedSets: DefinedSets;
  readonly policies: readonly PolicyConfig[];
}

/** What a change does to the session concerned, weakest first. */
export type Effect = "live" | "soft" | "reset" | "restart";

/**
 * Effective values by key, as canonical text, for the comparison of two configurations. Secrets are in it as they are:
 * never print it.
 */
export type Settings = Readonly<Record<string, string>>;

export interface GlobalConfig {
  /** 0: BGP is not started (it may be over the API). */
  readonly as: number;
  /** BGP Identifier as a 32-bit word; 0 only when `as` is 0. */
  readonly routerId: number;
  /** Undefined: do not listen (`port = -1`). */
  readonly listenPort: number | undefined;
  readonly localAddresses: readonly Address[];
  readonly selection: SelectionConfig;
  readonly useMultiplePaths: boolean;
  readonly applyPolicy: ApplyPolicy;
  /** RFC 8212 for neighbours that do not say otherwise. */
  readonly ebgpRequiresPolicy: boolean;
  /** A reload may take away so many percent of the announced prefixes, 0..100, unless it is forced. */
  readonly reloadMaxDrop: number;
  /** Routes that were announced over the API without a lease are announced again after a start. */
  readonly persistApiPaths: boolean;
  /** RFC 9003 text of the Cease that an orderly stop sends; at most 255 octets of UTF-8. */
  readonly shutdownCommunication: string;
  readonly settings: Settings;
}

export interface SelectionConfig {
  readonly alwaysCompareMed: boolean;
  readonly ignoreAsPathLength: boolean;
  readonly externalCompareRouterId: boolean;
}

export interface ApplyPolicy {
  readonly importPolicies: readonly string[];
  readonly exportPolicies: readonly string[];
  /** Undefined: not said, which is to accept (or to reject where RFC 8212 is asked for). */
  readonly defaultImport: "accept" | "reject" | undefined;
  readonly defaultExport: "accept" | "reject" | undefined;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogComponent = "bgp" | "vrrp" | "health" | "vip" | "platform" | "api" | "config" | "fleet" | "daemon";

/** `[state]`. */
export interface StateConfig {
  readonly directory: string;
  readonly settings: Settings;
}

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Components that have a level of their own. */
  readonly components: Readonly<Partial<Record<LogComponent, LogLevel>>>;
  readonly settings: Settings;
}

export type FamilyName = "ipv4-unicast" | "ipv6-unicast";
export type Role = "provider" | "rs" | "rs-client" | "customer" | "peer";

export interface FamilyConfig {
  readonly family: FamilyName;
  readonly addPathReceive: boolean;
  readonly addPathSendMax: number;
  readonly prefixLimit: PrefixLimit | undefined;
  readonly gracefulRestart: boolean;
  readonly longLivedStaleTime: Micros | undefined;
}

export interface PrefixLimit {
  readonly max: number;
  readonly warningPercent: number;
  readonly action: "restart" | "shutdown" | "discard";
  readonly restartTime: Micros;
}

export interface GracefulRestartConfig {
  readonly restartTime: Micros;
  readonly notification: boolean;
  readonly longLived: boolean;
  readonly helperOnly: boolean;
  /** Always shorter than `restartTime` unless `helperOnly`. */
  readonly deferralTime: Micros;
  readonly stalePathTime: Micros;
}

/** Where a session's password comes from. The daemon reads the file; its first line is the password. */
export type Password = { readonly text: string } | { readonly file: string };

/** TTL of packets sent and accepted: for the platform, not for the session. */
export interface TtlConfig {
  /** IP TTL / hop limit to send with; undefined: the kernel's. 1 for eBGP unless multihop. */
  readonly send: number | undefined;
  /** RFC 5082: accept only packets with at least this TTL (then `send` is 255). */
  readonly min: number | undefined;
}

/** Everything about a session except whom it is with. */
export interface SessionConfig {
  readonly description: string;
  readonly peerGroup: string | undefined;
  /** 0: accept any AS. */
  readonly peerAs: number;
  readonly localAs: number;
  readonly globalAs: number;
  readonly routerId: number;
  readonly adminDown: boolean;
  readonly passive: boolean;
  readonly localAddress: Address | undefined;
  /** Source port of connections we make; undefined: any. */
  readonly localPort: number | undefined;
  readonly remotePort: number;
  readonly bindInterface: string | undefined;
  readonly password: Password | undefined;
  readonly ttl: TtlConfig;
  readonly holdTime: Micros;
  readonly keepaliveTime: Micros | undefined;
  readonly connectRetryTime: Micros;
  readonly idleHoldTime: Micros;
  readonly idleHoldTimeMax: Micros;
  readonly sendHoldTime: Micros | undefined;
  readonly families: readonly FamilyConfig[];
  readonly gracefulRestart: GracefulRestartConfig | undefined;
  readonly extendedNextHop: boolean;
  readonly extendedMessage: boolean;
  readonly role: Role | undefined;
  readonly roleStrict: boolean;
  readonly routeReflectorClient: boolean;
  readonly clusterId: number;
  readonly allowOwnAs: number;
  readonly replacePeerAs: boolean;
  readonly removePrivateAs: "all" | "replace" | undefined;
  readonly nextHop: "self" | "unchanged" | "default";
  readonly treatAsWithdraw: boolean;
  readonly applyPolicy: ApplyPolicy;
  /** What happens to routes no policy decides on: of the neighbour, else global, else RFC 8212 where asked for, else accept. */
  readonly defaultImport: "accept" | "reject";
  readonly defaultExport: "accept" | "reject";
  readonly settings: Settings;
}

export interface NeighborConfig extends SessionConfig {
  readonly address: Address;
}

/** A peer group by itself: members have its values in their own {@link NeighborConfig}. */
export interface PeerGroupConfig {
  readonly name: string;
  readonly description: string;
  readonly settings: Settings;
}

export interface DynamicNeighborConfig {
  readonly prefix: Prefix;
  readonly peerGroup: string;
  /** What a neighbour from `prefix` gets: the group's values. */
  readonly session: SessionConfig;
  readonly settings: Settings;
}

/** Has everything that the gate wants (`GateSettings` of src/vip). */
export interface VipConfig {
  readonly prefix: Prefix;
  readonly enabled: boolean;
  readonly description: string;
  /** Undefined: "self", the local address of each session. */
  readonly nextHop: Address | undefined;
  readonly origin: "igp" | "egp" | "incomplete";
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  /** How often our AS is put in front in addition to the once that eBGP asks for. */
  readonly asPathPrepend: number;
  /** RFC 1997, as 32-bit words; with NO_LLGR when `long-lived` is false. */
  readonly communities: readonly number[];
  /** RFC 4360, eight octets each. */
  readonly extCommunities: readonly (readonly number[])[];
  /** RFC 8092. */
  readonly largeCommunities: readonly (readonly [number, number, number])[];
  /** Neighbour addresses and peer-group names; undefined: to all. */
  readonly neighbors: readonly string[] | undefined;
  readonly vrrpInstance: string | undefined;
  readonly checks: readonly { readonly name: string; readonly severity: Severity }[];
  readonly requireAddress: boolean;
  /** Undefined: the VIP has no second-best form. */
  readonly onDegraded: DePreference | undefined;
  readonly drainDelay: Micros;
  readonly holdUp: Micros;
  readonly damping: DampingConfig | undefined;
  /** 0: the fleet guard is not asked. */
  readonly minAnnouncers: number;
  readonly settings: Settings;
}

/** What a failing check does to the VIPs that name it. */
export type Severity = "fail" | "degraded";

/** `[vips.on-degraded]`. */
export interface DePreference {
  /** These three instead of the VIP's own; undefined: as it is. */
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  readonly asPathPrepend: number | undefined;
  /** These besides the VIP's own. */
  readonly communities: readonly number[];
  readonly largeCommunities: readonly (readonly [number, number, number])[];
}

/** `[vips.damping]`. */
export interface DampingConfig {
  readonly halfLife: Micros;
  readonly suppress: number;
  readonly reuse: number;
  readonly suppressMax: Micros;
}

export interface DefinedSets {
  readonly prefixSets: readonly PrefixSet[];
  readonly neighborSets: readonly NeighborSet[];
  /** Entries as written: values or regular expressions, GoBGP's rules. */
  readonly communitySets: readonly TextSet[];
  readonly extCommunitySets: readonly TextSet[];
  readonly largeCommunitySets: readonly TextSet[];
  readonly asPathSets: readonly TextSet[];
}

export interface PrefixSet {
  readonly name: string;
  readonly prefixes: readonly { readonly prefix: Prefix; readonly lengthMin: number; readonly lengthMax: number }[];
  readonly settings: Settings;
}

export interface NeighborSet {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly settings: Settings;
}

export interface TextSet {
  readonly name: string;
  readonly entries: readonly string[];
  readonly settings: Settings;
}

export interface PolicyConfig {
  readonly name: string;
  readonly statements: readonly StatementConfig[];
  readonly settings: Settings;
}

export interface StatementConfig {
  readonly name: string;
  readonly conditions: ConditionsConfig;
  readonly actions: ActionsConfig;
}

export interface SetMatch<Option extends string> {
  readonly set: string;
  readonly option: Option;
}

export type Comparison = "eq" | "ge" | "le";

export interface ConditionsConfig {
  readonly prefixSet: SetMatch<"any" | "invert"> | undefined;
  readonly neighborSet: SetMatch<"any" | "invert"> | undefined;
  readonly communitySet: SetMatch<"any" | "all" | "invert"> | undefined;
  readonly extCommunitySet: SetMatch<"any" | "all" | "invert"> | undefined;
  readonly largeCommunitySet: SetMatch<"any" | "all" | "invert"> | undefined;
  readonly asPathSet: SetMatch<"any" | "all" | "invert"> | undefined;
  readonly asPathLength: { readonly operator: Comparison; readonly value: number } | undefined;
  readonly routeType: "internal" | "external" | "local" | undefined;
  /** Empty: any. */
  readonly nextHops: readonly Prefix[];
  /** Undefined: any. Families that are not carried here are left out; none left matches nothing. */
  readonly families: readonly FamilyName[] | undefined;
}

export interface CommunityAction {
  readonly operation: "add" | "remove" | "replace";
  /** As written: values; for "remove" also regular expressions. */
  readonly communities: readonly string[];
}

export interface ActionsConfig {
  readonly disposition: "accept" | "reject" | "none";
  readonly med: { readonly operation: "set" | "add"; readonly value: number } | undefined;
  readonly localPreference: number | undefined;
  readonly nextHop: Address | "self" | "unchanged" | undefined;
  readonly asPathPrepend: { readonly as: number | "last-as"; readonly count: number } | undefined;
  readonly origin: "igp" | "egp" | "incomplete" | undefined;
  readonly community: CommunityAction | undefined;
  readonly extCommunity: CommunityAction | undefined;
  readonly largeCommunity: CommunityAction | undefined;
}
