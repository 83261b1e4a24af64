import { performance } from "node:perf_hooks";
import type { Instant } from "../lib/time.ts";

/** A source of monotonic time. */
export type Clock = () => Instant;

/** Monotonic microseconds since this process started. Never goes back, does not jump when the wall clock is set. */
export const monotonicNow: Clock = () => Math.floor(performance.now() * 1_000) as Instant;
