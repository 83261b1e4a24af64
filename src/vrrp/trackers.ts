import type { RouterConfig, Tracker } from "./vrrp-io.ts";

export const OWNER_PRIORITY = 255;
/** What weights cannot go beyond: 255 is the owner's, 0 says that a Master stops. */
const PRIORITY_MIN = 1;
const PRIORITY_MAX = 254;

/** What is known of a tracker; undefined: nothing yet. */
export type TrackerState = "up" | "down" | undefined;
/** Tells a tracker's state. */
export type TrackerStates = (tracker: string) => TrackerState;

/**
 * The priority after weights: a positive weight is added while its tracker is up, a negative one while it is down;
 * `reverse` turns the sign, not the condition, as keepalived does. A tracker without state adds nothing. The owner of
 * the addresses stays 255 whatever happens (RFC 9568 section 5.2.4).
 */
export function effectivePriority(config: RouterConfig, states: TrackerStates): number {
  if (config.priority === OWNER_PRIORITY) return OWNER_PRIORITY;
  let total = config.priority;
  for (const { name, weight, reverse } of config.trackers)
    if (states(name) === (weight > 0 ? "up" : "down")) total += reverse ? -weight : weight;
  return Math.min(Math.max(total, PRIORITY_MIN), PRIORITY_MAX);
}

/** Why the trackers of weight 0 want the router in Fault, or undefined. The owner is not immune to them. */
export function trackerFault(config: RouterConfig, states: TrackerStates): string | undefined {
  for (const { name, weight, reverse } of config.trackers)
    if (weight === 0 && states(name) === (reverse ? "up" : "down")) return `${name} is ${states(name)}`;
  return undefined;
}

/** A tracker of weight 0 that has no state yet: the router waits for it before it starts. */
export function awaitedTracker(config: RouterConfig, states: TrackerStates): Tracker | undefined {
  return config.trackers.find(({ name, weight }) => weight === 0 && states(name) === undefined);
}
