import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Instant, Micros } from "../lib/time.ts";

/** A virtual router's name in the configuration: `[[vrrp-instances]].name`. Unique on this node. */
export type RouterName = string;

/** RFC 9568 section 6.4 calls Master "Active"; operators and keepalived say Master. Fault: held down by local trouble. */
export type State = "Initialize" | "Backup" | "Master" | "Fault";

/** Something whose failure lowers the priority or puts the router into Fault: a check, or an interface. */
export interface Tracker {
  /** What `SetTracker` calls it: "check web", "interface eth1". Unique in a router. */
  readonly name: string;
  /** 0: Fault while it is down. > 0: added to the priority while it is up; < 0: while it is down. -253..253. */
  readonly weight: number;
  /** Turns it around, as keepalived's `reverse`: the weight has the other sign; 0: Fault while it is up. */
  readonly reverse: boolean;
}

/** Unicast instead of multicast adverts. */
export interface UnicastConfig {
  readonly peers: readonly Address[];
  /** Accept adverts only with a TTL or hop limit in this range. */
  readonly ttlMin: number;
  readonly ttlMax: number;
  /** Drop adverts from addresses that are not in `peers`. */
  readonly checkSource: boolean;
}

/** Gratuitous ARP and unsolicited NA: how often they are repeated. */
export interface GratuitousConfig {
  /** At once on becoming Master, for every virtual address. */
  readonly repeat: number;
  /** After this delay they are sent `repeat` times again; 0: never. */
  readonly delay: Micros;
  /** Send them once more this often while Master; 0: never. */
  readonly refresh: Micros;
  /** When an advert of lower priority was heard while Master (somebody else thought he was). */
  readonly lowerPriorityRepeat: number;
}

/** One virtual router: everything the protocol needs to know. Plain data; defaults are filled in by the configuration. */
export interface RouterConfig {
  readonly name: RouterName;
  /** The interface on which adverts are sent and received. */
  readonly interface: string;
  readonly version: 2 | 3;
  /** IP version of the adverts. Version 2 is for IPv4 only. */
  readonly family: 4 | 6;
  /** VRID, 1..255; unique per interface and family. */
  readonly virtualRouterId: number;
  /** 1..255; 255 is the owner of the addresses. */
  readonly priority: number;
  /** Version 3: 10 ms .. 40.95 s in whole centiseconds. Version 2: whole seconds, 1..255. */
  readonly advertisementInterval: Micros;
  readonly preempt: boolean;
  /** How long a lower Master has to be heard before it is preempted; 0: no delay. */
  readonly preemptDelay: Micros;
  /** How long after the start nobody is declared dead because nothing was heard yet; 0: no delay. */
  readonly startupDelay: Micros;
  /** Addresses in adverts, in this order; all of `family`; for IPv6 the link-local one comes first (RFC 9568 section 5.2.9). */
  readonly addresses: readonly Prefix[];
  /** Addresses that follow the state and stand in no advert; of either family. */
  readonly excludedAddresses: readonly Prefix[];
  /** Undefined: multicast. */
  readonly unicast: UnicastConfig | undefined;
  /** Version 2 simple password (RFC 2338, as keepalived): at most 8 octets; undefined: none. */
  readonly password: string | undefined;
  /** Version 3 IPv4: send the checksum over the message alone (RFC 9568 5.2.8), not with the pseudo-header that is deployed. Both are accepted. */
  readonly rfc9568Checksum: boolean;
  /** While Master: answer an advert of lower priority at once (RFC 9568 6.4.3); false: discard it silently (RFC 5798). */
  readonly answerLowerPriority: boolean;
  /** Somebody took a virtual address off while Master: put it back, or step down with priority 0 as keepalived. */
  readonly onAddressLoss: "restore" | "step-down";
  readonly gratuitous: GratuitousConfig;
  readonly trackers: readonly Tracker[];
  /** Members of a group are Master together and in Fault together; undefined: alone. */
  readonly syncGroup: string | undefined;
}

/** What happens to the set of virtual routers. Plain data: can be recorded and replayed. */
export type Input =
  | { readonly type: "AddRouter"; readonly config: RouterConfig; readonly resume?: boolean }
  /** New settings of a router with the same name: applied in place wherever the protocol allows. */
  | { readonly type: "UpdateRouter"; readonly config: RouterConfig }
  /** Leaves as on a shutdown: priority 0 when Master, addresses off. */
  | { readonly type: "RemoveRouter"; readonly router: RouterName }
  /**
   * The way to the link: the source address of adverts (the interface's primary IPv4 address, or its link-local one), or
   * why there is none (interface down or missing, no address, socket failed): the router is in Fault then.
   */
  | {
      readonly type: "SetPath";
      readonly router: RouterName;
      readonly path: { readonly source: Address } | { readonly fault: string };
    }
  /** A tracker's state. A router waits in Initialize until every tracker of weight 0 has a state. */
  | { readonly type: "SetTracker"; readonly tracker: string; readonly state: "up" | "down" }
  | { readonly type: "Received"; readonly packet: ReceivedPacket }
  /** This virtual address is no longer on the host, and we did not take it off. */
  | { readonly type: "AddressLost"; readonly router: RouterName; readonly address: Prefix }
  /** Orderly stop: every Master says priority 0 once and takes its addresses off. Nothing starts any more. */
  | { readonly type: "Stop" };

/** An IP packet of protocol 112, as it came from a socket. */
export interface ReceivedPacket {
  readonly interface: string;
  readonly source: Address;
  /** The multicast group, or an address of ours. Undefined: the platform cannot tell. */
  readonly destination: Address | undefined;
  /** TTL or hop limit; undefined: the socket has checked already that it is 255. */
  readonly ttl: number | undefined;
  /** The VRRP message, without IP header; perhaps followed by padding of the link (IPv4: up to the IP total length only). */
  readonly payload: Uint8Array;
}

/** Why a packet was dropped: each is counted per router (or per interface when no router is concerned). */
export type DropCause =
  | "too-short"
  | "version"
  | "type"
  | "ttl"
  | "checksum"
  | "unknown-vrid"
  | "no-addresses"
  | "interval-zero"
  | "interval-mismatch"
  | "authentication-type"
  | "password"
  | "unicast-peer"
  | "own-packet";

/** What a router tells of itself: for the gate, logs, the API and metrics. */
export type RouterEvent =
  | { readonly type: "state"; readonly from: State; readonly to: State; readonly reason: string }
  /** The effective priority, after weights: 1..254, or 255. */
  | { readonly type: "priority"; readonly from: number; readonly to: number }
  /** The Master's interval was learned (version 3). */
  | { readonly type: "interval"; readonly from: Micros; readonly to: Micros; readonly master: Address }
  /** Only the first of its cause until the state changes. */
  | { readonly type: "dropped"; readonly cause: DropCause; readonly source: Address; readonly detail: string }
  /** The advert was accepted; its list of addresses is not ours. Once per Master and list. */
  | { readonly type: "address-mismatch"; readonly source: Address; readonly theirs: readonly Address[] }
  /** Somebody else advertised with less while we were Master: a healed split brain. */
  | { readonly type: "lower-priority"; readonly source: Address; readonly priority: number }
  /** Another router claims priority 255 too. */
  | { readonly type: "rival-owner"; readonly source: Address };

/**
 * What the routers want done, in this order, after `handle` or `advance` has returned. Must not call back in.
 * Becoming Master: `send` the advert, `addAddresses`, `announceAddresses`, then the event. Leaving: the event first (routes are
 * withdrawn on it), then `send` with priority 0 (shutdown and Fault only), then `removeAddresses`.
 */
export interface Out {
  /**
   * One VRRP message. To the multicast group when `destination` is undefined. The octets do not change any more and may be
   * kept; but the same array may be sent again, so nobody must write to it.
   */
  send(router: RouterName, message: Uint8Array, source: Address, destination: Address | undefined): void;
  /** Put these on the interface; those that are there already are adopted. */
  addAddresses(router: RouterName, addresses: readonly Prefix[]): void;
  removeAddresses(router: RouterName, addresses: readonly Prefix[]): void;
  /** Gratuitous ARP (IPv4) or unsolicited NA (IPv6), `repeat` times each, right now. */
  announceAddresses(router: RouterName, addresses: readonly Prefix[], repeat: number): void;
  event(router: RouterName, event: RouterEvent): void;
  /** A packet that belongs to no router was dropped. Only the first of its cause per interface. */
  strayPacket(interfaceName: string, source: Address, cause: DropCause, detail: string): void;
}

/** What is known of a router: for `status`, the API and metrics. */
export interface RouterView {
  readonly name: RouterName;
  readonly config: RouterConfig;
  readonly state: State;
  readonly since: Instant;
  readonly reason: string;
  readonly effectivePriority: number;
  /** Whom we take for Master, when that is not us. */
  readonly master: { readonly address: Address; readonly priority: number } | undefined;
  readonly masterAdverInterval: Micros;
  readonly statistics: RouterStatistics;
}

export interface RouterStatistics {
  readonly advertsSent: number;
  readonly advertsReceived: number;
  readonly priorityZeroSent: number;
  readonly priorityZeroReceived: number;
  readonly becameMaster: number;
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>;
}
