import type { Rng } from "../../lib/rng.ts";
import { type Micros, millis, seconds } from "../../lib/time.ts";

/** Timers of a session as a whole. */
export const SessionTimer = {
  /** RFC 4271 section 8: how long to wait before the next attempt to connect. */
  ConnectRetry: 0,
  /** RFC 4271 section 8.1.1, IdleHoldTimer: how long an error keeps the session in Idle. */
  IdleHold: 1,
  /** How long a confirmed connection waits for a colliding one that is to be kept instead of it. */
  CollisionWait: 2,
} as const;
export type SessionTimer = (typeof SessionTimer)[keyof typeof SessionTimer];

/** Timers of one connection. */
export const ConnectionTimer = {
  /** RFC 4271 section 4.4: the neighbour has been silent for too long. */
  Hold: 0,
  /** When to send the next KEEPALIVE. */
  Keepalive: 1,
  /** RFC 9687: the neighbour has not taken any octet for too long. */
  SendHold: 2,
} as const;
export type ConnectionTimer = (typeof ConnectionTimer)[keyof typeof ConnectionTimer];

/** The "large value" of the HoldTimer before both sides have agreed on one (RFC 4271 section 8.2.2, OpenSent). */
export const HOLD_TIME_LARGE: Micros = seconds(240);
/** RFC 9687 section 3.3: SendHoldTime is this, or twice the hold time when that is more. */
export const SEND_HOLD_TIME: Micros = seconds(480);
/** RFC 4271 section 4.4: KEEPALIVEs are never sent more often. */
const KEEPALIVE_TIME_MIN: Micros = seconds(1);
/** Several round trips to anywhere: the other connection has its OPEN and KEEPALIVE by then, or never will. */
export const COLLISION_WAIT: Micros = seconds(2);
/** A second connection that comes sooner than this after Established is a late collision, not a restarted neighbour. */
export const LATE_COLLISION: Micros = seconds(5);
/** A session that has been up for so long has made up for earlier failures. */
export const STABLE_TIME: Micros = seconds(300);
/** While routes hang on the return of a session: an attempt that takes longer is given up for a new one. */
export const ATTEMPT_TIME: Micros = seconds(2);
const SHORTEST_WAIT: Micros = millis(100);

/** RFC 4271 section 10: `time` multiplied by a random factor in 0.75 .. 1, so that routers do not act in step. */
export function jitter(rng: Rng, time: Micros): Micros {
  return Math.round(time * (0.75 + 0.25 * rng())) as Micros;
}

/** The wait before the next KEEPALIVE, jittered, but never below RFC 4271's one second. */
export function keepaliveWait(rng: Rng, keepaliveTimeSeconds: number): Micros {
  return Math.max(KEEPALIVE_TIME_MIN, jitter(rng, seconds(keepaliveTimeSeconds))) as Micros;
}

/** ConnectRetryTime with jitter. Never 0, whatever is configured: a refused connection must not spin. */
export function retryWait(rng: Rng, connectRetryTime: Micros): Micros {
  return Math.max(SHORTEST_WAIT, jitter(rng, connectRetryTime)) as Micros;
}

/**
 * IdleHoldTime after the `failures`th failure in a row (from 1), with jitter: doubled per failure up to the maximum
 * (RFC 4271 section 8.1.1, DampPeerOscillations). Never 0, as above.
 */
export function idleHoldWait(rng: Rng, idleHoldTime: Micros, idleHoldTimeMax: Micros, failures: number): Micros {
  // 2^20 times anything is beyond every maximum; the bound keeps the product a number of microseconds.
  const doubled = idleHoldTime * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  const most = Math.max(idleHoldTime, idleHoldTimeMax);
  return Math.max(SHORTEST_WAIT, jitter(rng, Math.min(doubled, most) as Micros)) as Micros;
}
