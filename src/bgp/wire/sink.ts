import type { Family } from "./family.ts";

/**
 * Prefixes of one UPDATE field as columns: no object per prefix. Owned by the decoder and used again for the next
 * field: whoever receives one reads it before returning. IPv4 uses `w0` alone (the other columns hold nothing).
 */
export interface NlriBatch {
  readonly count: number;
  readonly w0: Uint32Array;
  readonly w1: Uint32Array;
  readonly w2: Uint32Array;
  readonly w3: Uint32Array;
  /** Prefix length in bits. */
  readonly length: Uint8Array;
  /** Path identifier (RFC 7911), 0 where add-path is not in use. */
  readonly pathId: Uint32Array;
}

/**
 * The path attributes of one UPDATE in canonical form, the form in which the RIB interns them and compares them by id:
 *
 *     +------------------------+
 *     | next hop length (1)    |  0, 4, 16 or 32 octets (32: IPv6 global followed by link-local, RFC 2545)
 *     +------------------------+
 *     | next hop               |  from NEXT_HOP or from MP_REACH_NLRI
 *     +------------------------+
 *     | attributes             |  flags, type, length, value; ascending type codes; each once
 *     +------------------------+
 *
 * Without NEXT_HOP (3), MP_REACH_NLRI (14), MP_UNREACH_NLRI (15), AS4_PATH (17) and AS4_AGGREGATOR (18): the first
 * three are elsewhere, the last two are merged. AS_PATH and AGGREGATOR hold 4-octet AS numbers whatever the session
 * speaks. The extended-length flag is set if and only if the value is longer than 255 octets; unused flag bits are 0.
 * Unknown optional transitive attributes are kept, with the Partial bit set; unknown non-transitive ones are not.
 */
export interface CanonicalAttributes {
  /** A scratch buffer of the decoder: copy what must outlive the call. */
  readonly bytes: Uint8Array;
  /** Octets of `bytes` that count, from index 0. */
  readonly length: number;
}

/**
 * Where a decoded UPDATE goes. Called in the order withdraw, reach, endOfRib; only after the whole message was judged. A
 * field of more than NLRI_BATCH_MAX prefixes comes in several calls.
 */
export interface UpdateSink {
  /** Prefixes that are no longer reachable (also those of a treat-as-withdraw, RFC 7606 section 2). */
  withdraw(family: Family, prefixes: NlriBatch): void;
  /** Prefixes that are reachable with these attributes. */
  reach(family: Family, prefixes: NlriBatch, attributes: CanonicalAttributes): void;
  /** End-of-RIB (RFC 4724 section 2). */
  endOfRib(family: Family): void;
}
