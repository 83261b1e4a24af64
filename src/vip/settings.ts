import type { Micros } from "../lib/time.ts";

/** What a failing check does to a VIP: takes it away, or makes it less attractive. */
export type Severity = "fail" | "degraded";

/** `on-degraded`: what is different about a VIP that is announced as second choice. Plain data. */
export interface DePreference {
  /** Instead of the VIP's own; undefined: as it is. */
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  readonly asPathPrepend: number | undefined;
  /** RFC 1997 words, besides the VIP's own. */
  readonly communities: readonly number[];
  /** RFC 8092, besides the VIP's own. */
  readonly largeCommunities: readonly (readonly [number, number, number])[];
}

/**
 * When a VIP that goes up and down is kept down for a while, as RFC 2439 does for routes: each withdraw for a check adds
 * {@link PENALTY}, which decays by half in `halfLife`; from `suppress` on the VIP is kept down until it is below `reuse`.
 */
export interface DampingSettings {
  readonly halfLife: Micros;
  readonly suppress: number;
  /** Less than `suppress`. */
  readonly reuse: number;
  /** Never suppressed longer than this after the last withdraw. */
  readonly suppressMax: Micros;
}

/** Of one withdraw (RFC 2439 section 4.2). */
export const PENALTY = 1_000;

/** What one VIP's gate goes by. Plain data; the configuration fills in the defaults. */
export interface GateSettings {
  /** Announced only while this virtual router is Master. */
  readonly vrrpInstance: string | undefined;
  readonly checks: readonly { readonly name: string; readonly severity: Severity }[];
  readonly requireAddress: boolean;
  readonly onDegraded: DePreference | undefined;
  /** How long a drained VIP is announced with GRACEFUL_SHUTDOWN before it is withdrawn. */
  readonly drainDelay: Micros;
  /** After a withdraw for a check: how long the gate must be open before it announces again. 0: at once. */
  readonly holdUp: Micros;
  /** Undefined: off. */
  readonly damping: DampingSettings | undefined;
  /** Fewer other announcers than this, and no soft condition withdraws it. 0: the guard has nothing to say. */
  readonly minAnnouncers: number;
}

/** A VIP that nothing gates but its configuration and the operator. */
export const UNGATED: GateSettings = {
  vrrpInstance: undefined,
  checks: [],
  requireAddress: false,
  onDegraded: undefined,
  drainDelay: 0 as Micros,
  holdUp: 0 as Micros,
  damping: undefined,
  minAnnouncers: 0,
};

/** Whether both make the same of a VIP. */
export function sameDePreference(a: DePreference | undefined, b: DePreference | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return (
    a.med === b.med &&
    a.localPreference === b.localPreference &&
    a.asPathPrepend === b.asPathPrepend &&
    sameList(a.communities, b.communities) &&
    sameList(a.largeCommunities.flat(), b.largeCommunities.flat())
  );
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
