import type { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import type { Family } from "../wire/family.ts";
import type { Negotiated } from "../wire/negotiated.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";

/** A peer's number in the RIB: small, reused after `removePeer`. 0 is this speaker itself (local routes). */
export type PeerIndex = number;
export const LOCAL_PEER: PeerIndex = 0;

/** What the decision process and the export rules need to know of a neighbour while its session is Established. */
export interface RibPeer {
  readonly negotiated: Negotiated;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  /** The neighbour's BGP Identifier as a 32-bit word. */
  readonly remoteId: number;
  readonly routerId: number;
  readonly localAs: number;
  readonly globalAs: number;
  readonly routeReflectorClient: boolean;
  readonly clusterId: number;
  readonly allowOwnAs: number;
  readonly replacePeerAs: boolean;
  readonly removePrivateAs: "all" | "replace" | undefined;
  readonly nextHop: "self" | "unchanged" | "default";
  /** RFC 8326: see PeerConfig; undefined: yes. */
  readonly honourGracefulShutdown?: boolean | undefined;
  /** RFC 8326: everything that is sent carries GRACEFUL_SHUTDOWN. */
  readonly draining?: boolean | undefined;
  readonly defaultImport: "accept" | "reject";
  readonly defaultExport: "accept" | "reject";
  /** RFC 9234 role of this speaker on the session, when both sides agreed on it. */
  readonly role: "provider" | "rs" | "rs-client" | "customer" | "peer" | undefined;
  /** The most prefixes to take in, per {@link Family}; further ones are dropped as if they had never come. */
  readonly receiveMax?: readonly number[];
  /** How many paths a prefix to send, per {@link Family}; 1 without add-path. */
  readonly sendMax: readonly number[];
  /** Both sides negotiated long-lived graceful restart: stale paths may be sent (RFC 9494 section 4.3). */
  readonly longLived: boolean;
  /** The configured neighbour's address as text: local routes may name the neighbours they are for. */
  readonly name: string;
  readonly peerGroup: string | undefined;
  /** Tell it when the initial dump of a family is complete (RFC 4724 section 2). Undefined: yes. */
  readonly endOfRib?: boolean | undefined;
  readonly importPolicy?: RoutePolicy | undefined;
  readonly exportPolicy?: RoutePolicy | undefined;
}

/**
 * What an operator's policy says of routes. Must give the same answer for the same question until `Rib.updatePeer` is
 * called with another policy object; peers that share the object may share an update group.
 */
export interface RoutePolicy {
  /** False: `apply` does not look at the prefix, and is asked once for an attribute set instead of once for a route. */
  readonly perPrefix: boolean;
  /**
   * The canonical attributes to go on with (those given, or the policy's own bytes), or undefined to reject. On import they are
   * as received, on export as they would be sent. What is given is good only during the call.
   */
  apply(route: PolicyRoute): CanonicalAttributes | undefined;
}

/** A route as a policy sees it. The words and length mean nothing when the policy is not `perPrefix`. */
export interface PolicyRoute {
  readonly family: Family;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly attributes: CanonicalAttributes;
  readonly source: RouteSource;
  /**
   * The next hop before export put another in its place (on import: that of `attributes`): `nextHopBytes[nextHopAt]` is
   * its length (0, 4, 16 or 32), the address follows.
   */
  readonly nextHopBytes: Uint8Array;
  readonly nextHopAt: number;
}

/** Who a route comes from: this speaker, another AS, or our own. */
export type RouteSource = "local" | "external" | "internal";

/** RFC 4271 section 9.1 with the usual knobs; GoBGP's names. */
export interface SelectionOptions {
  readonly alwaysCompareMed: boolean;
  readonly ignoreAsPathLength: boolean;
  readonly externalCompareRouterId: boolean;
}

/** A route that this speaker originates. */
export interface LocalRoute {
  readonly family: Family;
  readonly prefix: Prefix;
  /** RFC 7911 identifier that tells apart several local paths of one prefix; 0 for the only one. */
  readonly pathId: number;
  /** Next hop 0.0.0.0 or :: means "self": replaced per session on export. */
  readonly attributes: CanonicalAttributes;
  /** Neighbour names or peer-group names it is announced to; undefined: all. */
  readonly neighbors: readonly string[] | undefined;
}

/** What the RIB tells. Must not call back in. */
export interface RibOut {
  /** There is something to send to this peer: call `Rib.pull`. */
  readable(peer: PeerIndex): void;
  /** End-of-RIB of this family is among what `pull` gives next. */
  endOfRib?(peer: PeerIndex, family: Family): void;
}

/** The RIB as the speaker and the API see it; `rib.ts` implements it. Pure: no clock, no I/O. */
export interface RibFace {
  /** Takes up a peer whose session has just become Established; all its routes start to flow to it. */
  addPeer(peer: RibPeer): PeerIndex;
  /** The session is gone: every path learned from it is withdrawn. */
  removePeer(peer: PeerIndex): void;
  /**
   * The session is gone, and its paths of these families are kept as stale (RFC 4724 section 4.2); the others go. The
   * number stays taken until `removePeer`, or is given to `resumePeer`.
   */
  retainPeer(peer: PeerIndex, families: readonly Family[]): void;
  /** The session is back: all our routes start to flow to it, and what it announces takes the place of what is stale. */
  resumePeer(index: PeerIndex, peer: RibPeer): void;
  /** Removes what is stale. Returns how many paths that are; they go in slices. */
  sweepStale(peer: PeerIndex, family: Family): number;
  /** RFC 9494 section 4.2: what is stale gets LLGR_STALE, or goes when it has NO_LLGR. */
  beginLongLived(peer: PeerIndex, family: Family): void;
  /** RFC 4724 section 4.1: nothing that neighbours announce is selected until `endDeferral`. Our own routes are. */
  deferSelection(): void;
  endDeferral(): void;
  reach(peer: PeerIndex, family: Family, prefixes: NlriBatch, attributes: CanonicalAttributes): void;
  withdraw(peer: PeerIndex, family: Family, prefixes: NlriBatch): void;
  announceLocal(route: LocalRoute): void;
  withdrawLocal(family: Family, prefix: Prefix, pathId: number): void;
  /** Mark and sweep for refresh and restart: paths of `peer` not announced again between the two calls go. */
  beginRefresh(peer: PeerIndex, family: Family): void;
  endRefresh(peer: PeerIndex, family: Family): void;
  /** Sends the whole Adj-RIB-Out again, between BoRR and EoRR when `enhanced` (RFC 7313). */
  resend(peer: PeerIndex, family: Family, enhanced: boolean): void;
  /** Whether `work` has something to do. */
  readonly pending: boolean;
  /** Does one slice of decision and export work; bounded by count so that it ends within a few milliseconds. */
  work(): void;
  /**
   * The next stretch of whole UPDATE messages for this peer, or undefined when it has everything. The bytes belong to the
   * caller and are shared with other peers of the same update group: never write to them.
   */
  pull(peer: PeerIndex): Uint8Array | undefined;
}
