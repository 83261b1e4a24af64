/** What a gateway tells the others of itself. Plain data; times are seconds since 1970 by its own clock, for people. */

/** A prefix as text. */
export type VipName = string;

export const VIP_STATES = ["withdrawn", "announced", "de-preferred", "draining"] as const;
/** What the node does about a VIP; "draining" is announced with GRACEFUL_SHUTDOWN. */
export type VipState = (typeof VIP_STATES)[number];

export interface VipFacts {
  readonly state: VipState;
  readonly since: number;
  /** Soft conditions want to withdraw it, and the guard has not let them yet. */
  readonly isLeaving: boolean;
  /** The node's `min-announcers`. */
  readonly minAnnouncers: number;
}

/** A virtual router of which the node is Master. */
export interface MasterFacts {
  readonly name: string;
  readonly family: 4 | 6;
  readonly virtualRouterId: number;
  /** What tells one link from another where VRIDs repeat: the link's network as text. */
  readonly segment: string;
  /** The first virtual address. */
  readonly address: string;
  readonly since: number;
}

export const DRAIN_STATES = ["none", "waiting", "draining"] as const;
/** "waiting": to be drained when fewer others are. */
export type DrainState = (typeof DRAIN_STATES)[number];

export interface NodeFacts {
  /** Of the program. */
  readonly version: string;
  /** When the process began. */
  readonly startedAt: number;
  /** BGP sessions that are established: without any nothing is announced to anybody. */
  readonly sessions: number;
  readonly drain: DrainState;
  readonly drainSince: number;
  /** Names of checks that are down, as many as are told. */
  readonly checksDown: readonly string[];
}

/** Which state of a node: of two of one epoch the higher `seq` is newer. An epoch is one life of the process. */
export interface Digest {
  readonly epoch: number;
  readonly seq: number;
}

/** All that a node tells of itself. */
export interface NodeState extends Digest {
  readonly facts: NodeFacts;
  readonly masters: readonly MasterFacts[];
  readonly vips: ReadonlyMap<VipName, VipFacts>;
}

export const NO_FACTS: NodeFacts = {
  version: "",
  startedAt: 0,
  sessions: 0,
  drain: "none",
  drainSince: 0,
  checksDown: [],
};

/** Whether the node attracts traffic for a VIP in this state, if it has a session. */
export function isAnnounced({ state }: VipFacts): boolean {
  return state !== "withdrawn";
}
