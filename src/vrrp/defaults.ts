import type { Prefix } from "../lib/prefix.ts";
import { seconds } from "../lib/time.ts";
import type { RouterConfig, RouterName } from "./vrrp-io.ts";

/** What has no default: where the router is, and what it is about. */
export interface RouterBasics {
  readonly interface: string;
  readonly virtualRouterId: number;
  readonly addresses: readonly Prefix[];
  /** "vrrp" and the VRID by default. */
  readonly name?: RouterName;
}

/**
 * A virtual router's whole configuration from the little that must be said, with the defaults of the configuration file:
 * version 3, priority 100, one advert a second, preemption. For embedders and tests; the daemon fills in everything from
 * its file.
 */
export function routerConfig(given: RouterBasics & Partial<RouterConfig>): RouterConfig {
  return {
    name: `vrrp${given.virtualRouterId}`,
    version: 3,
    family: given.addresses[0]?.version ?? 4,
    priority: 100,
    advertisementInterval: seconds(1),
    preempt: true,
    preemptDelay: seconds(0),
    startupDelay: seconds(0),
    excludedAddresses: [],
    unicast: undefined,
    password: undefined,
    rfc9568Checksum: false,
    answerLowerPriority: true,
    onAddressLoss: "restore",
    gratuitous: { repeat: 5, delay: seconds(5), refresh: seconds(0), lowerPriorityRepeat: 5 },
    trackers: [],
    syncGroup: undefined,
    ...given,
  };
}
