import type { Input as SpeakerInput } from "../bgp/index.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import type { Driver } from "../platform/index.ts";

/**
 * After a restart no neighbour is told that our routes are complete before every VIP has its verdict: those that have
 * none yet may be among the routes that it keeps for us. `isSettled` is asked in every pass of the driver.
 */
export function holdEndOfRib(driver: Driver, isSettled: () => boolean, tell: (input: SpeakerInput) => void): void {
  tell({ type: "HoldEndOfRib" });
  const watch = {
    get deadline(): Instant {
      return isSettled() ? (0 as Instant) : NEVER;
    },
    advance: () => {
      driver.remove(watch);
      tell({ type: "ReleaseEndOfRib" });
    },
  };
  driver.add(watch);
}
