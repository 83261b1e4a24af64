import type { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";

// What the operator says: plain data in the shape of GoBGP's configuration. policy-table.ts makes something of it.

export interface PrefixMember {
  readonly prefix: Prefix;
  /** Lengths that match, both included; both equal to the prefix's own when the operator gave no range. */
  readonly lengthMin: number;
  readonly lengthMax: number;
}

/** All prefixes of one set are of one family. */
export interface PrefixSet {
  readonly name: string;
  readonly prefixes: readonly PrefixMember[];
}

export interface NeighborSet {
  readonly name: string;
  /** A single address is a prefix of full length. */
  readonly prefixes: readonly Prefix[];
}

/** Entries as written: values or regular expressions. */
export interface TextSet {
  readonly name: string;
  readonly entries: readonly string[];
}

export interface DefinedSets {
  readonly prefixSets: readonly PrefixSet[];
  readonly neighborSets: readonly NeighborSet[];
  readonly communitySets: readonly TextSet[];
  readonly extCommunitySets: readonly TextSet[];
  readonly largeCommunitySets: readonly TextSet[];
  readonly asPathSets: readonly TextSet[];
}

export const NO_SETS: DefinedSets = {
  prefixSets: [],
  neighborSets: [],
  communitySets: [],
  extCommunitySets: [],
  largeCommunitySets: [],
  asPathSets: [],
};

/** "any" member matches, "all" match, or none does. */
export type MatchOption = "any" | "all" | "invert";

export interface SetMatch<Option extends MatchOption = MatchOption> {
  readonly set: string;
  readonly option: Option;
}

export type Comparison = "eq" | "ge" | "le";
export type RouteType = "internal" | "external" | "local";
export type FamilyName = "ipv4-unicast" | "ipv6-unicast";

/** All that are given must hold. */
export interface ConditionsConfig {
  readonly prefixSet?: SetMatch<"any" | "invert"> | undefined;
  readonly neighborSet?: SetMatch<"any" | "invert"> | undefined;
  readonly communitySet?: SetMatch | undefined;
  readonly extCommunitySet?: SetMatch | undefined;
  readonly largeCommunitySet?: SetMatch | undefined;
  readonly asPathSet?: SetMatch | undefined;
  readonly asPathLength?: { readonly operator: Comparison; readonly value: number } | undefined;
  readonly routeType?: RouteType | undefined;
  /** Empty: any. */
  readonly nextHops?: readonly Prefix[] | undefined;
  /** Undefined: any; empty: none. */
  readonly families?: readonly FamilyName[] | undefined;
}

export interface CommunityAction {
  readonly operation: "add" | "remove" | "replace";
  /** As written: values; for "remove" also regular expressions. */
  readonly communities: readonly string[];
}

export interface ActionsConfig {
  /** "none": go on with the next statement, with the attributes as they are now. */
  readonly disposition: "accept" | "reject" | "none";
  readonly med?: { readonly operation: "set" | "add"; readonly value: number } | undefined;
  readonly localPreference?: number | undefined;
  readonly nextHop?: Address | "self" | "unchanged" | undefined;
  readonly asPathPrepend?: { readonly as: number | "last-as"; readonly count: number } | undefined;
  readonly origin?: "igp" | "egp" | "incomplete" | undefined;
  readonly community?: CommunityAction | undefined;
  readonly extCommunity?: CommunityAction | undefined;
  readonly largeCommunity?: CommunityAction | undefined;
}

export interface StatementConfig {
  readonly name: string;
  readonly conditions: ConditionsConfig;
  readonly actions: ActionsConfig;
}

export interface PolicyConfig {
  readonly name: string;
  /** In the order in which they are asked. */
  readonly statements: readonly StatementConfig[];
}

/** Something in sets or policies that cannot be made sense of. */
export interface PolicyFault {
  /** 'community set "cs0"' or 'policy "p", statement "s"'. */
  readonly where: string;
  readonly problem: string;
}
