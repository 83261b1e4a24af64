import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Micros } from "../lib/time.ts";
import type { Settings } from "./config.ts";

/** `[[vrrp-instances]]`: what the VRRP core wants (`RouterConfig` of src/vrrp), and what concerns the host alone. */
export interface VrrpInstanceConfig {
  readonly name: string;
  readonly description: string;
  readonly interface: string;
  readonly version: 2 | 3;
  /** Of the virtual addresses. */
  readonly family: 4 | 6;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** Version 3: whole centiseconds. Version 2: whole seconds. */
  readonly advertisementInterval: Micros;
  readonly preempt: boolean;
  readonly preemptDelay: Micros;
  readonly startupDelay: Micros;
  /** At least one; the link-local one first when `family` is 6. */
  readonly addresses: readonly Prefix[];
  readonly excludedAddresses: readonly Prefix[];
  /** Undefined: multicast. */
  readonly unicast: VrrpUnicastConfig | undefined;
  readonly password: string | undefined;
  readonly rfc9568Checksum: boolean;
  readonly answerLowerPriority: boolean;
  readonly onAddressLoss: "restore" | "step-down";
  readonly gratuitous: {
    readonly repeat: number;
    readonly delay: Micros;
    readonly refresh: Micros;
    readonly lowerPriorityRepeat: number;
  };
  /** Its own, then its sync group's. */
  readonly trackers: readonly TrackerConfig[];
  readonly syncGroup: string | undefined;

  /** Where the addresses go; undefined: on `interface`, or on its macvlan. */
  readonly addressInterface: string | undefined;
  readonly virtualMac: boolean;
  /** false: packets to the addresses are dropped. */
  readonly accept: boolean;
  /** Source of adverts; undefined: the interface's primary IPv4 or its link-local address. */
  readonly source: Address | undefined;
  readonly settings: Settings;
}

export interface VrrpUnicastConfig {
  /** At least one. */
  readonly peers: readonly Address[];
  readonly ttlMin: number;
  readonly ttlMax: number;
  readonly checkSource: boolean;
}

/** A check or an interface that counts for a virtual router. */
export interface TrackerConfig {
  /** "check web", "interface eth1": what the VRRP core's `SetTracker` calls it. */
  readonly name: string;
  readonly source: { readonly check: string } | { readonly interface: string };
  /** -253..253; 0: Fault while it is down. */
  readonly weight: number;
  readonly reverse: boolean;
}

/** `[[vrrp-sync-groups]]`. Its trackers are with its members. */
export interface VrrpSyncGroupConfig {
  readonly name: string;
  /** Names of the instances that have it for their `sync-group`. */
  readonly members: readonly string[];
  readonly settings: Settings;
}
