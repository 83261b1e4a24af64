import type { LocalRoute, PeerName, Speaker } from "../../bgp/index.ts";
import type { Config } from "../../config/index.ts";
import type { Disagreement, FleetMember, MemberView } from "../../gossip/index.ts";
import type { CheckView } from "../../health/index.ts";
import type { Prefix } from "../../lib/prefix.ts";
import type { Instant, Micros } from "../../lib/time.ts";
import type { Action, Verdict, VipName } from "../../vip/index.ts";
import type { RouterView } from "../../vrrp/index.ts";
import type { Outcome } from "../fault.ts";
import type { EventLog } from "./event-log.ts";
import type { Lease, OnLapse } from "./leases.ts";
import type { ReloadPlan } from "./messages.ts";

/**
 * The daemon as the `holdfast.v1` service sees it: views to describe, and commands to give. The service knows the wire
 * (messages, checks of what was asked for, status codes, slices, back-pressure); the host knows the daemon. Views are
 * read when they are asked for and never kept over a turn of the event loop; commands take effect before they return,
 * or say why not: the sentence of a fault is for the operator and says what to do, where that is known.
 */
export interface HoldfastHost {
  readonly version: string;
  /** The clock of every `since` in the views. */
  now(): Instant;
  readonly startedAt: Instant;
  /** The longest that the event loop was busy or late. */
  readonly eventLoopLagMax: Micros;
  /** As it runs. */
  readonly config: Config;
  readonly speaker: Pick<Speaker, "peers" | "rib" | "localRoutes" | "restartOf" | "restartAt">;
  /** What is wrong and stays wrong until somebody does something: warnings of the configuration, settings that wait for a restart. */
  warnings(): readonly HostWarning[];

  /** Every VIP of the configuration, in its order. */
  vips(): Iterable<VipView>;
  vip(name: VipName): VipView | undefined;
  routers(): Iterable<RouterView>;
  checks(): Iterable<CheckView>;
  /** Undefined: no cluster is configured. */
  fleet(): FleetView | undefined;
  /** Routes announced over the API. */
  apiRoutes(): Iterable<Lease>;
  /** The whole node is drained. */
  readonly drained: boolean;
  /** ... or is to be, when it is its turn in the cluster. */
  readonly drainWaits: boolean;
  readonly events: EventLog;

  /** An operator's word on a VIP: "down" withdraws it whatever else holds. */
  setVip(vip: VipName, state: "up" | "down"): Outcome<undefined>;
  /** The client that stands for this VIP is alive: its lease starts anew. */
  renewVip(vip: VipName, lease: LeaseTerms): Outcome<undefined>;
  /**
   * Announces a prefix that is no VIP, or announces it again with other attributes or another lease. Tells whether it
   * was announced before.
   */
  announce(route: LocalRoute, lease: LeaseTerms | undefined): Outcome<{ readonly renewed: boolean }>;
  /** NOT_FOUND when no route of the API has this prefix. */
  withdraw(prefix: Prefix): Outcome<undefined>;
  /** Starts or ends a drain. Repeating it is not an error. */
  drain(target: DrainTarget, drain: boolean): Outcome<Drained>;
  /**
   * Ends the process, after this turn of the event loop so that the answer gets out. `hold`: no NOTIFICATION, helpers
   * keep the routes; else withdraw and Cease with `text` (undefined: as configured).
   */
  stop(hold: boolean, text: string | undefined): Outcome<undefined>;
  /**
   * Reads the configuration file again and applies it, as SIGHUP does. FAILED_PRECONDITION, and nothing is changed: the file
   * is not good (the message is the whole report), or `planReload` refuses and `force` is false.
   */
  reload(force: boolean): Outcome<ReloadPlan>;
  /** `planReload` for this text; INVALID_ARGUMENT with the whole report when it is not good. Changes nothing. */
  diff(text: string, fileName: string): Outcome<ReloadPlan>;
}

/** What is known of the cluster. */
export interface FleetView {
  /** This node's. */
  readonly name: string;
  /** Nobody else can be reached. */
  readonly isolated: boolean;
  readonly self: FleetMember;
  /** All others. */
  readonly members: readonly FleetMember[];
  /** Addresses and states, by name. */
  readonly gossip: ReadonlyMap<string, MemberView>;
  readonly disagreements: readonly Disagreement[];
}

export interface HostWarning {
  /** "config", "bgp", "vrrp", ... */
  readonly source: string;
  readonly text: string;
}

/** Cheap to make: what costs something is worked out when it is asked for. */
export interface VipView {
  readonly name: VipName;
  readonly description: string;
  /** As last told to the speaker. */
  readonly action: Action;
  verdict(): Verdict;
  /** What the speaker was told, or would be told by a verdict other than "withdraw". */
  route(): LocalRoute;
  readonly vrrpInstance: string | undefined;
  readonly checks: readonly string[];
}

export type DrainTarget =
  | { readonly type: "vip"; readonly vip: VipName }
  | { readonly type: "neighbor"; readonly peer: PeerName }
  /** `maxConcurrent`: wait for its turn in the cluster; 0: at once. */
  | { readonly type: "node"; readonly maxConcurrent: number };

export interface Drained {
  /** VIPs or neighbours concerned. */
  readonly count: number;
  /** Why a restart would not know of it; undefined: it would. */
  readonly notKept: string | undefined;
}

export interface LeaseTerms {
  readonly duration: Micros;
  readonly onLapse: OnLapse;
}
