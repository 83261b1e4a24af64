import { elapsed, type Instant, seconds } from "../../lib/time.ts";
import type { FleetMember } from "./others.ts";

/** So long must all have been able to hear that we wait, and we of them: several gossip intervals of any profile. */
export const DRAIN_SETTLING = seconds(3);

/** A node that is to be drained when few enough others are. */
export interface DrainWait {
  /** When the others were told, by our clock. */
  readonly at: Instant;
  /** The same in seconds since 1970, as the others know it: who has waited longer goes first. */
  readonly since: number;
  /** Most nodes of the fleet that are drained at a time. */
  readonly max: number;
}

/**
 * Whether it is our turn: those that are drained, and those that go before us, are fewer than `max`. Of one second, names
 * decide. It spares a fleet that is worked on node by node from losing more of them at once than is meant; what must hold
 * even between nodes that cannot hear each other is the guard's.
 */
export function isTurn(now: Instant, name: string, wait: DrainWait, others: Iterable<FleetMember>): boolean {
  if (elapsed(wait.at, now) < DRAIN_SETTLING) return false;
  let before = 0;
  for (const { name: other, state, node } of others) {
    if (state === "gone" || node === undefined) continue;
    const { drain, drainSince } = node.facts;
    const isBefore = drainSince === wait.since ? other < name : drainSince < wait.since;
    if (drain === "draining" || (drain === "waiting" && isBefore)) before++;
  }
  return before < wait.max;
}
