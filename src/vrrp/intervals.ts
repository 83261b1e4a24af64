import type { Micros } from "../lib/time.ts";

const SECOND = 1_000_000;
/** Adverts that may be missing before the Master is taken for dead. */
const ADVERTS_MISSED_MAX = 3;

/**
 * Skew_Time: the lower the priority, the longer one waits. In microseconds, since at an interval of 10 ms a step of
 * priority is 39 us. RFC 9568 section 6.1: a fraction of the Master's interval; RFC 3768 section 6.1: of a second.
 */
export function skewTime(version: 2 | 3, priority: number, masterInterval: Micros): Micros {
  return Math.round(((256 - priority) * (version === 3 ? masterInterval : SECOND)) / 256) as Micros;
}

/** Master_Down_Interval (RFC 9568 Active_Down_Interval): silence of the Master after which he is taken for dead. */
export function masterDownInterval(version: 2 | 3, priority: number, masterInterval: Micros): Micros {
  return (ADVERTS_MISSED_MAX * masterInterval + skewTime(version, priority, masterInterval)) as Micros;
}

/** Nobody, of whatever priority, can have taken our place before we have been silent for so long. */
export const replaceableAfter = (interval: Micros): Micros => (ADVERTS_MISSED_MAX * interval) as Micros;
