import type { Address } from "../lib/address.ts";
import type { Micros } from "../lib/time.ts";
import type { Family } from "./wire/family.ts";

/** RFC 9234 section 3.1: the local role on a session. */
export type Role = "provider" | "rs" | "rs-client" | "customer" | "peer";

/** What is configured for one family of a neighbour. */
export interface FamilyConfig {
  readonly family: Family;
  /** RFC 7911: offer to receive several paths a prefix, and how many to send (0: do not offer to send). */
  readonly addPathReceive: boolean;
  readonly addPathSendMax: number;
  readonly prefixLimit: PrefixLimit | undefined;
  /** This family is listed in the graceful-restart capability (RFC 4724). */
  readonly gracefulRestart: boolean;
  /** Long-lived stale time offered (RFC 9494), or undefined when the family is not listed. At most 2^24 - 1 seconds. */
  readonly longLivedStaleTime: Micros | undefined;
}

export interface PrefixLimit {
  /** The most prefixes taken from the neighbour. */
  readonly max: number;
  /** Percentage of `max` at which a warning is given; 0: no warning. */
  readonly warningPercent: number;
  /** Beyond `max`: "restart" ends the session (Cease/1) for `restartTime`, "shutdown" until an operator, "discard" drops the rest. */
  readonly action: "restart" | "shutdown" | "discard";
  readonly restartTime: Micros;
}

export interface GracefulRestartConfig {
  /** Restart Time offered, 0..4095 seconds. */
  readonly restartTime: Micros;
  /** RFC 8538: the N bit. */
  readonly notification: boolean;
  /** Offer RFC 9494's capability. */
  readonly longLived: boolean;
  /** Send the capability with no family: we help, we do not restart. */
  readonly helperOnly: boolean;
  /** Longest wait for the peers' End-of-RIB before we select routes after a restart. */
  readonly deferralTime: Micros;
  /** The most time a neighbour that is back has for its End-of-RIB before stale routes go. Undefined: 360 s. */
  readonly stalePathTime?: Micros | undefined;
}

/**
 * Everything a session needs to know of its neighbour. Plain data; made by the daemon from the configuration file or
 * the API, with all defaults and peer-group settings filled in.
 */
export interface PeerConfig {
  /** The neighbour's address; with a zone when link-local. Unique among peers. */
  readonly address: Address;
  readonly description: string;
  readonly peerGroup: string | undefined;
  /** 0: accept any AS from the neighbour. */
  readonly peerAs: number;
  readonly localAs: number;
  /** The AS we are when this neighbour is not told another (`localAs`). Either in a received AS_PATH is a loop. */
  readonly globalAs: number;
  /** Our BGP Identifier as a 32-bit word. */
  readonly routerId: number;
  readonly adminDown: boolean;
  readonly passive: boolean;
  readonly localAddress: Address | undefined;
  /** Port to connect to. */
  readonly remotePort: number;
  /** Hold Time offered, 0 or >= 3 s (RFC 4271 section 4.2). */
  readonly holdTime: Micros;
  /** Undefined: a third of the negotiated hold time. */
  readonly keepaliveTime: Micros | undefined;
  readonly connectRetryTime: Micros;
  /** IdleHoldTime after a session ended in an error; it doubles per failure up to `idleHoldTimeMax`. */
  readonly idleHoldTime: Micros;
  readonly idleHoldTimeMax: Micros;
  /** RFC 9687; undefined: the larger of 8 minutes and twice the negotiated hold time. 0: off. */
  readonly sendHoldTime: Micros | undefined;
  readonly families: readonly FamilyConfig[];
  readonly gracefulRestart: GracefulRestartConfig | undefined;
  /** RFC 8950: offer IPv4 with IPv6 next hops. */
  readonly extendedNextHop: boolean;
  /** RFC 8654: offer messages up to 65535 octets. */
  readonly extendedMessage: boolean;
  /** RFC 6793: offer 4-octet AS numbers. False only to be tested as an old speaker. */
  readonly fourOctetAs: boolean;
  readonly role: Role | undefined;
  /** RFC 9234 strict mode: refuse a neighbour that offers no role. */
  readonly roleStrict: boolean;
  readonly routeReflectorClient: boolean;
  readonly clusterId: number;
  /** How often our own AS may stand in a received AS_PATH. */
  readonly allowOwnAs: number;
  /** Replace the neighbour's AS by ours in AS_PATHs we send (AS override). */
  readonly replacePeerAs: boolean;
  readonly removePrivateAs: "all" | "replace" | undefined;
  /** "self": always our session address; "unchanged": as learned; "default": the rules of RFC 4271 section 5.1.3. */
  readonly nextHop: "self" | "unchanged" | "default";
  /** RFC 8326: routes with GRACEFUL_SHUTDOWN from an external neighbour get LOCAL_PREF 0. Undefined: yes, as FRR does. */
  readonly honourGracefulShutdown?: boolean | undefined;
  /** RFC 7606 treat-as-withdraw; false: reset on any attribute error as RFC 4271 says. */
  readonly treatAsWithdraw: boolean;
  /** Policies by name (`SetPolicies`), in the order in which they are asked. */
  readonly importPolicies: readonly string[];
  readonly exportPolicies: readonly string[];
  /** RFC 8212: what happens to routes that no policy decides on. */
  readonly defaultImport: "accept" | "reject";
  readonly defaultExport: "accept" | "reject";
}
