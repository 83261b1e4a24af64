import type { Address } from "../../lib/address.ts";
import type { OriginValue } from "./iana.ts";

export type Origin = keyof typeof OriginValue;

/** One segment of an AS_PATH. Confederation segments: RFC 5065. */
export interface AsPathSegment {
  readonly type: "sequence" | "set" | "confed-sequence" | "confed-set";
  readonly asns: readonly number[];
}

export interface Aggregator {
  readonly as: number;
  /** Always IPv4: the aggregating speaker's identifier. */
  readonly address: Address;
}

/** RFC 8092. */
export interface LargeCommunity {
  readonly globalAdministrator: number;
  readonly localData1: number;
  readonly localData2: number;
}

/** An attribute this speaker has no field for. */
export interface RawAttribute {
  /** Attribute Flags, without the extended-length bit. */
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

/**
 * Path attributes as an object: for the API, configuration, policy and logs. The hot paths keep to the canonical bytes
 * (sink.ts); `parseAttributes` and `buildAttributes` convert. An attribute that is absent is undefined, or an empty list.
 */
export interface PathAttributes {
  readonly origin: Origin;
  readonly asPath: readonly AsPathSegment[];
  readonly nextHop: Address | undefined;
  /** The second next hop of RFC 2545 section 3; only beside an IPv6 `nextHop`. */
  readonly linkLocalNextHop?: Address | undefined;
  readonly med?: number | undefined;
  readonly localPref?: number | undefined;
  readonly atomicAggregate?: boolean | undefined;
  readonly aggregator?: Aggregator | undefined;
  /** RFC 1997, each as a 32-bit number. */
  readonly communities: readonly number[];
  /** A BGP Identifier as a 32-bit word. */
  readonly originatorId?: number | undefined;
  readonly clusterList: readonly number[];
  /** RFC 4360, each as a 64-bit number. */
  readonly extCommunities: readonly bigint[];
  readonly largeCommunities: readonly LargeCommunity[];
  /** The metric of the first AIGP TLV (RFC 7311). */
  readonly aigp?: bigint | undefined;
  /** The AS number of the Only to Customer attribute (RFC 9234). */
  readonly otc?: number | undefined;
  readonly unknown: readonly RawAttribute[];
  /** Types of attributes above that came with the Partial bit, which nobody may clear (RFC 4271 section 5). */
  readonly partial?: readonly number[] | undefined;
}

export const EMPTY_ATTRIBUTES: PathAttributes = {
  origin: "igp",
  asPath: [],
  nextHop: undefined,
  communities: [],
  clusterList: [],
  extCommunities: [],
  largeCommunities: [],
  unknown: [],
};
