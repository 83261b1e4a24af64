import type { Address } from "../lib/address.ts";
import { seconds } from "../lib/time.ts";
import type { FamilyConfig, FamilyName, PrefixLimit } from "./config.ts";
import { isCarried } from "./schema/family.ts";
import type { FilledNeighbor } from "./schema/index.ts";
import type { SessionScope } from "./session-scope.ts";

type FilledFamily = FilledNeighbor["afi-safis"][number];

/** The families of a session: those written and carried here, or that of the neighbour's address. */
export function resolveFamilies(scope: SessionScope, filled: FilledNeighbor, address: Address): FamilyConfig[] {
  const addPaths = filled["add-paths"].config;
  if (filled["afi-safis"].length === 0) {
    const family = address.version === 4 ? "ipv4-unicast" : "ipv6-unicast";
    const paths = { addPathReceive: addPaths.receive, addPathSendMax: addPaths["send-max"] };
    return [{ family, ...paths, prefixLimit: undefined, gracefulRestart: false, longLivedStaleTime: undefined }];
  }
  const families = new Map<FamilyName, FamilyConfig>();
  const seen = new Set<string>();
  for (const [index, item] of filled["afi-safis"].entries()) {
    const key = ["afi-safis", index, "config", "afi-safi-name"];
    const name = item.config["afi-safi-name"];
    if (name === undefined) {
      if (!scope.isWritten(...key)) scope.error(key, "`afi-safi-name` is missing");
      continue;
    }
    if (seen.has(name)) scope.error(key, `\`afi-safi-name\` "${name}" is there twice`);
    seen.add(name);
    if (!item.config.enabled) continue;
    if (isCarried(name)) families.set(name, resolveFamily(item, name, filled));
    else scope.warning(key, `family "${name}" is not carried here: left out`);
  }
  if (families.size === 0 && ![...seen].some(isCarried) && seen.size > 0)
    scope.warning(["afi-safis"], "no family of this neighbour is carried here: the neighbour is left out");
  else if (families.size === 0 && seen.size > 0)
    scope.error(
      ["afi-safis"],
      "every family of this neighbour is disabled",
      "to keep the session down use `admin-down`",
    );
  return [...families.values()];
}

function resolveFamily(item: FilledFamily, family: FamilyName, filled: FilledNeighbor): FamilyConfig {
  const addPaths = filled["add-paths"].config;
  const longLived = item["long-lived-graceful-restart"].config;
  return {
    family,
    addPathReceive: item["add-paths"].config.receive ?? addPaths.receive,
    addPathSendMax: item["add-paths"].config["send-max"] ?? addPaths["send-max"],
    prefixLimit: resolvePrefixLimit(item),
    gracefulRestart: item["mp-graceful-restart"].config.enabled,
    longLivedStaleTime: longLived.enabled ? seconds(longLived["restart-time"]) : undefined,
  };
}

function resolvePrefixLimit(item: FilledFamily): PrefixLimit | undefined {
  const config = item["prefix-limit"].config;
  if (config["max-prefixes"] === 0) return undefined;
  return {
    max: config["max-prefixes"],
    warningPercent: config["shutdown-threshold-pct"],
    action: config.action ?? (config["restart-timer"] === undefined ? "shutdown" : "restart"),
    restartTime: seconds(config["restart-timer"] ?? RESTART_TIMER_DEFAULT),
  };
}

/** Long enough for the neighbour's operator to notice, short enough to come back by itself. */
const RESTART_TIMER_DEFAULT = 300;
