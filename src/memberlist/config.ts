import type { DelegateVersions, MemberView, NodeClaim, Profile, WarningCode } from "../gossip/index.ts";

/**
 * How a node takes part. Only `name` is needed. Every timer and factor of the profile may be given too, under
 * memberlist's name and in microseconds (`seconds(1)`, `millis(200)`).
 */
export interface MemberlistConfig extends Partial<Profile> {
  /** Unique in the cluster. */
  readonly name: string;
  /** Where the timers' defaults come from; "lan" when not given. */
  readonly profile?: "lan" | "wan" | "local";
  /** Address to listen on, UDP and TCP; "0.0.0.0" when not given. */
  readonly bindAddr?: string;
  /** 7946 when not given; 0 takes any free port. */
  readonly bindPort?: number;
  /** What others are told to reach us at; bindAddr, or a private address of this host when that is "any". */
  readonly advertiseAddr?: string;
  readonly advertisePort?: number;
  /** At most 512 octets that every other member sees. */
  readonly meta?: Uint8Array;
  readonly label?: string;
  readonly protocolVersion?: number;
  /** 0, 0, 0 fits memberlist itself and alertmanager; 2, 5, 4 fits serf. */
  readonly delegateVersions?: DelegateVersions;
  /** Keys of 16, 24 or 32 octets; the first encrypts, all decrypt. None: plaintext. */
  readonly keys?: readonly Uint8Array[];
  /** false: plaintext is taken as well. For the way from a plain cluster to an encrypted one. */
  readonly gossipVerifyIncoming?: boolean;
  /** false: plaintext is sent. */
  readonly gossipVerifyOutgoing?: boolean;
  readonly membersMax?: number;
  readonly delegate?: MemberlistDelegate;
}

/**
 * What the application supplies and wants to hear; everything is optional. The `notify...` methods and mergeRemoteState
 * are called between events and may call the Memberlist; the others are asked in the midst of protocol work: they must
 * return at once, without throwing and without calling the Memberlist.
 */
export interface MemberlistDelegate {
  /** Own state for a push/pull, at most 20 MiB. */
  localState?(join: boolean): Uint8Array;
  /** Octets that go with every ack. */
  ackPayload?(): Uint8Array;
  /** Why this node is not to be taken as alive, or undefined. */
  refuseAlive?(claim: NodeClaim): string | undefined;
  /** Why not to merge with the cluster of these nodes, or undefined. */
  refuseMerge?(nodes: readonly NodeClaim[]): string | undefined;

  notifyJoin?(member: MemberView): void;
  /** `member.state` tells whether it is "dead" or has "left". */
  notifyLeave?(member: MemberView): void;
  notifyUpdate?(member: MemberView): void;
  /** A member did not answer and has some seconds to refute. */
  notifySuspect?(member: MemberView): void;
  /** It has refuted. */
  notifyRecover?(member: MemberView): void;
  notifyConflict?(existing: MemberView, other: NodeClaim): void;
  /** A user message, sent to us or gossiped. */
  notifyMsg?(payload: Uint8Array): void;
  mergeRemoteState?(payload: Uint8Array, join: boolean): void;
  notifyPingComplete?(member: MemberView, roundTripMs: number, payload: Uint8Array): void;
  /** Whether this node seems to be cut off from all others. */
  notifyIsolation?(isolated: boolean): void;
  notifyWarning?(code: WarningCode, text: string): void;
}
