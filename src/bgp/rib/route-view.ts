import type { Prefix } from "../../lib/prefix.ts";
import type { Instant } from "../../lib/time.ts";
import type { Family } from "../wire/family.ts";
import type { PeerIndex } from "./rib-io.ts";

/** Why a path that a neighbour sent is not considered. It stays in the Adj-RIB-In. */
export type RejectReason = "as-loop" | "originator-loop" | "cluster-loop" | "otc-leak" | "policy";

/** One path as the API and the status page see it. An object per path: for people, never for the hot paths. */
export interface RouteView {
  readonly family: Family;
  readonly prefix: Prefix;
  /** Who it was learned from; LOCAL_PEER: this speaker itself. */
  readonly peer: PeerIndex;
  /** RFC 7911 identifier: as received, or for an Adj-RIB-Out as sent (0 without add-path). */
  readonly pathId: number;
  /** Canonical attributes (wire/sink.ts), a copy: `parseAttributes` makes an object of them. */
  readonly attributes: Uint8Array;
  /** The best path of its prefix. */
  readonly best: boolean;
  readonly rejected: RejectReason | undefined;
  /** When the path came or last changed, to the second; undefined of an Adj-RIB-Out. */
  readonly learnedAt: Instant | undefined;
  /** The neighbour is down, or has not announced it again since it is back (RFC 4724). */
  readonly stale: boolean;
}

/** A stretch of a table. */
export interface RoutePage {
  readonly routes: readonly RouteView[];
  /** Give it back to get the next stretch; undefined: that was all. Routes that move meanwhile may be missed or seen twice. */
  readonly next: number | undefined;
}

/** Counters of one family. */
export interface RibCounts {
  readonly destinations: number;
  readonly paths: number;
}

/** The tables as the API sees them: read only, in slices, so that nothing is held up. */
export interface RibView {
  counts(family: Family): RibCounts;
  /** The Loc-RIB: every path that is considered or not, destination by destination; `limit` bounds the rows visited. */
  routes(family: Family, from: number, limit: number): RoutePage;
  /** What `peer` announced, rejected paths included. */
  adjRibIn(peer: PeerIndex, family: Family, from: number, limit: number): RoutePage;
  /** What was announced to `peer`, with the attributes as sent. */
  adjRibOut(peer: PeerIndex, family: Family, from: number, limit: number): RoutePage;
  /** Whether `peer` has something of exactly this prefix from us. Cheaper than `sent`. */
  isSent(peer: PeerIndex, prefix: Prefix): boolean;
  /** What of exactly this prefix was announced to `peer`, with the attributes as sent. */
  sent(peer: PeerIndex, prefix: Prefix): readonly RouteView[];
  /** The paths of exactly this prefix, best first. */
  exact(prefix: Prefix): readonly RouteView[];
  /** The paths of the longest prefix that covers `prefix` (or is it). */
  longest(prefix: Prefix): readonly RouteView[];
  /** The paths of all prefixes that cover `prefix` (or are it), shortest first. */
  shorter(prefix: Prefix): readonly RouteView[];
  /** The paths of all prefixes that `prefix` covers (or is); `limit` bounds the rows visited. */
  longer(prefix: Prefix, from: number, limit: number): RoutePage;
}
