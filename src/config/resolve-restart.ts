import { seconds } from "../lib/time.ts";
import type { FamilyConfig, GracefulRestartConfig } from "./config.ts";
import type { FilledNeighbor } from "./schema/index.ts";
import { RESTART_TIME_MAX } from "./schema/shared.ts";
import type { SessionScope } from "./session-scope.ts";

/** What GoBGP waits at most for the neighbours' End-of-RIB, and how long it asks to be remembered without hold time. */
const DEFERRAL_TIME_DEFAULT = 360;
const RESTART_TIME_DEFAULT = 90;

/** The graceful-restart table of a session, with what does not fit together reported. */
export function resolveGracefulRestart(
  scope: SessionScope,
  filled: FilledNeighbor,
  families: readonly FamilyConfig[],
): GracefulRestartConfig | undefined {
  const config = filled["graceful-restart"].config;
  checkFamilies(scope, filled, families);
  if (!config.enabled) return undefined;
  const holdTime = filled.timers.config["hold-time"] || RESTART_TIME_DEFAULT;
  const restartTime = config["restart-time"] ?? Math.min(holdTime, RESTART_TIME_MAX);
  const half = restartTime / 2;
  let deferralTime = config["deferral-time"] ?? Math.min(DEFERRAL_TIME_DEFAULT, half);
  if (!config["helper-only"] && deferralTime >= restartTime && restartTime > 0) {
    // GoBGP's files often have it: after restart-time the neighbour has dropped the routes that we still hold back.
    scope.warning(
      ["graceful-restart", "config", "deferral-time"],
      `\`deferral-time\` is ${deferralTime}, not shorter than \`restart-time\`, which is ${restartTime}: ${half} is taken`,
      "after restart-time the neighbour has dropped what we are still holding back",
    );
    deferralTime = half;
  }
  return {
    restartTime: seconds(restartTime),
    notification: config["notification-enabled"],
    longLived: config["long-lived-enabled"],
    helperOnly: config["helper-only"],
    deferralTime: seconds(deferralTime),
    stalePathTime: seconds(config["stale-routes-time"]),
  };
}

/** Switches that do nothing because another is off: allowed, as in GoBGP, but hardly meant. */
function checkFamilies(scope: SessionScope, filled: FilledNeighbor, families: readonly FamilyConfig[]): void {
  const config = filled["graceful-restart"].config;
  for (const [index, item] of filled["afi-safis"].entries()) {
    if (!families.some((family) => family.family === item.config["afi-safi-name"])) continue;
    const restart = ["afi-safis", index, "mp-graceful-restart", "config", "enabled"];
    if (item["mp-graceful-restart"].config.enabled && !config.enabled)
      scope.warning(restart, "no effect: `graceful-restart.config.enabled` is not true");
    const longLived = ["afi-safis", index, "long-lived-graceful-restart", "config", "enabled"];
    if (item["long-lived-graceful-restart"].config.enabled && !(config.enabled && config["long-lived-enabled"]))
      scope.warning(longLived, "no effect: `graceful-restart.config` has not both `enabled` and `long-lived-enabled`");
  }
  if (config["long-lived-enabled"] && !config.enabled)
    scope.warning(
      ["graceful-restart", "config", "long-lived-enabled"],
      "no effect: `graceful-restart.config.enabled` is not true",
    );
  if (config.enabled && !config["helper-only"] && families.length > 0 && !families.some((f) => f.gracefulRestart))
    scope.warning(
      ["graceful-restart", "config", "enabled"],
      "no family has `mp-graceful-restart`: the neighbour keeps none of our routes when we die",
      "[neighbors.afi-safis.mp-graceful-restart.config] enabled = true",
    );
}
