import type { Family } from "./family.ts";

/** What kind of neighbour a session leads to. */
export type PeerType = "internal" | "external";

/** What both OPENs agreed on for one family. */
export interface NegotiatedFamily {
  readonly family: Family;
  /** Path identifiers precede each prefix we receive (RFC 7911: we offered Receive, the peer offered Send). */
  readonly addPathReceive: boolean;
  /** Path identifiers precede each prefix we send. */
  readonly addPathSend: boolean;
  /** IPv4 NLRI with an IPv6 next hop is allowed both ways (RFC 8950). */
  readonly extendedNextHop: boolean;
}

/** What a codec must know of the session: always an argument, never a global. */
export interface Negotiated {
  readonly peerType: PeerType;
  readonly localAs: number;
  readonly peerAs: number;
  /** AS numbers on the wire have four octets: both sides sent the capability (RFC 6793). */
  readonly fourOctetAs: boolean;
  /** The longest message the peer may send us: 4096, or 65535 when both sides sent RFC 8654's capability. */
  readonly receiveLengthMax: number;
  /** The longest message we may send. */
  readonly sendLengthMax: number;
  /** Families carried, in the order of {@link Family}. Others are ignored on receipt and never sent. */
  readonly families: readonly NegotiatedFamily[];
}
