/** The face of health/: health checks without running them. The library entry `holdfast/health`. */
export { type Rng, seededRng } from "../lib/rng.ts";
export { type Instant, type Micros, millis, NEVER, seconds, toSeconds } from "../lib/time.ts";
export { Checks } from "./checks.ts";
export type { CheckConfig, CheckName, CheckState, CheckView, Input, Out, Probe } from "./health-io.ts";
