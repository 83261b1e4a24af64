import type { Instant, Micros } from "../../lib/time.ts";
import type { Family } from "../wire/index.ts";

/** Why stale routes went. */
export type StaleEnd =
  /** The neighbour has sent its End-of-RIB (RFC 4724 section 4.2). */
  | "end-of-rib"
  /** It was not back within its Restart Time. */
  | "restart-time"
  /** It was back, but did not send its End-of-RIB in time. */
  | "stale-path-time"
  /** The family's long-lived stale time is over (RFC 9494 section 4.2). */
  | "long-lived-stale-time"
  /** It is back without the family, or without having forwarded: no F bit. */
  | "not-forwarding"
  /** It went down again before it had announced everything. */
  | "restarted-again"
  /** An operator, or a change of the configuration. */
  | "administrative";

/** What becomes of a neighbour's routes of one family: as usual, stale, or stale and least preferred. */
export type StaleState = "none" | "stale" | "long-lived";

/** What one side offers for a family. Undefined: the family is not listed in that capability. */
export interface FamilyOffer {
  /** The F bit of RFC 4724's capability. */
  readonly forwarding: boolean | undefined;
  readonly longLived: { readonly forwarding: boolean; readonly staleTime: Micros } | undefined;
}

/** Graceful restart of one family with one neighbour. */
export interface FamilyRestartView {
  readonly family: Family;
  readonly local: FamilyOffer;
  readonly remote: FamilyOffer;
  readonly state: StaleState;
  /** Routes of the neighbour that are stale now. */
  readonly stale: number;
  /** When the long-lived stale time ends; NEVER: it does not run. */
  readonly longLivedTimer: Instant;
  /** End-of-RIB in this session, or undefined: not yet. */
  readonly endOfRibReceived: Instant | undefined;
  readonly endOfRibSent: Instant | undefined;
}

/** What one side's capability says (RFC 4724, 8538). */
export interface RestartOffer {
  readonly restarting: boolean;
  readonly notification: boolean;
  readonly restartTime: Micros;
  /** It offers RFC 9494 as well. */
  readonly longLived: boolean;
}

/** Graceful restart with one neighbour, as of its last session. For the API and the status page. */
export interface PeerRestartView {
  readonly local: RestartOffer | undefined;
  readonly remote: RestartOffer | undefined;
  /** The session is down and its routes are kept: we help it to restart. */
  readonly helping: boolean;
  /** When its Restart Time ends; NEVER: it does not run. */
  readonly restartTimer: Instant;
  /** When the wait for its End-of-RIB ends; NEVER. */
  readonly stalePathTimer: Instant;
  readonly families: readonly FamilyRestartView[];
}

/** Our own restart. For the API and the status page. */
export interface SpeakerRestartView {
  /** OPENs have the R bit. */
  readonly restarting: boolean;
  /** Learned routes are not selected yet (RFC 4724 section 4.1). */
  readonly deferring: boolean;
  /** End-of-RIB is held back. */
  readonly endOfRibHeld: boolean;
  /** Neighbours whose End-of-RIB is waited for. */
  readonly waitingFor: readonly string[];
}
