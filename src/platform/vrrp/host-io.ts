/*
 * VRRP's hold on the host: what the daemon tells it and what it hears from it. The types are plain and fit those of
 * the VRRP core (vrrp/vrrp-io.ts) without importing them: `send`, `addAddresses`, `removeAddresses` and
 * `announceAddresses` have the signatures of the core's `Out`, `packet` and `path` carry what its inputs want.
 */
import type { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import type { Result } from "../../lib/result.ts";
import type { PlatformError } from "../errors.ts";

/** What of a virtual router concerns the host. */
export interface RouterPlace {
  /** Unique on this node; every message about the router names it. */
  readonly name: string;
  /** Where adverts are sent and received. */
  readonly interface: string;
  /** IP version of the adverts. */
  readonly family: 4 | 6;
  /** VRID, 1..255; unique per interface and family. */
  readonly virtualRouterId: number;
  /** All virtual addresses, those in no advert too. None of them is ever the source of an advert. */
  readonly addresses: readonly Prefix[];
  /** Where the addresses go, e.g. "lo". Undefined: on `interface`, or in virtual MAC mode on its macvlan. */
  readonly addressInterface: string | undefined;
  /** The peers of a unicast router; empty: multicast. */
  readonly unicastPeers: readonly Address[];
  /** The source of adverts (`unicast-source`). Undefined: the interface's primary IPv4 or its link-local address. */
  readonly source: Address | undefined;
  /** The addresses and adverts have the virtual router's MAC address (RFC 9568 section 7.3), by a macvlan interface. */
  readonly virtualMac: boolean;
  /** false: packets to the addresses are dropped, but for neighbour discovery (RFC 9568 Accept_Mode). */
  readonly accept: boolean;
}

/** The way to the link: the source address of adverts, or why none can be sent. */
export type RouterPath = { readonly source: Address } | { readonly fault: string };

/** An IP packet of protocol 112 that came in by `interface`. */
export interface VrrpPacket {
  readonly interface: string;
  readonly source: Address;
  /** The multicast group, or an address of ours. Undefined: the kernel did not say. */
  readonly destination: Address | undefined;
  /** TTL or hop limit. Undefined: the kernel did not say. */
  readonly ttl: number | undefined;
  /** Without IP header. A copy that belongs to the receiver. */
  readonly payload: Uint8Array;
}

/** What is told of the host's addresses and interfaces. Calls come from the event loop, never from within a call of ours. */
export interface HostEvents {
  /** An address has appeared on the first, or gone from the last interface of the host. Virtual ones too. */
  hostAddress(address: Address, present: boolean): void;
  /** An interface of the host came up, or went down or away. Of every interface. */
  link(name: string, up: boolean): void;
}

/** The host's addresses and interfaces as they are now. To look needs no privilege. */
export interface HostView {
  /** Whether the address is on any interface of this host. */
  hasAddress(address: Address): boolean;
  /** Whether the interface is there, up and running; undefined: there is none of that name. */
  isLinkUp(name: string): boolean | undefined;
  /** No event comes any more. */
  close(): void;
}

/** What the host tells of virtual routers. */
export interface VrrpHostEvents extends HostEvents {
  /** All packets that wait are told one after the other, before anything else happens. */
  packet(packet: VrrpPacket): void;
  /** The router's path is another one than last told (first: as returned by `addRouter`). */
  path(router: string, path: RouterPath): void;
  /** Somebody took off an address that was put on by `addAddresses`. Told once, until it is put on again. */
  addressLost(router: string, address: Prefix): void;
}

/** An address that could not be put on or taken off; logged already. */
export interface AddressFailure {
  readonly address: Prefix;
  /** "cannot put 192.0.2.1/32 on eth0: operation not permitted (EPERM); the process lacks CAP_NET_ADMIN". */
  readonly text: string;
}

/** What a former run had left. */
export interface Leftover {
  readonly interface: string;
  /** Undefined: the interface itself, a macvlan. */
  readonly address: Prefix | undefined;
}

/**
 * Sockets, addresses and interfaces of all virtual routers of this node. All calls act at once: when they return, the
 * kernel has answered. Nothing throws but for our own mistakes.
 */
export interface VrrpHost extends HostView {
  /**
   * Makes the router's place ready: sockets, group membership, macvlan, filter. Returns its first path; what can mend
   * by itself (interface down, missing, without address; socket failed) is a fault in it, and a change is told by
   * `path`. The error is for what cannot: a VRID or name that is taken, a missing nft command.
   */
  addRouter(place: RouterPlace): Result<RouterPath, PlatformError>;
  /** Other settings for the router of that name. Addresses stay as they are unless their interface changes. */
  updateRouter(place: RouterPlace): Result<RouterPath, PlatformError>;
  /** Lets go of the place. Addresses that are still on and were put on by us are taken off. */
  removeRouter(router: string): void;

  /** Sends one VRRP message with TTL 255, to the group when `destination` is undefined. Failures are counted, and logged once. */
  send(router: string, message: Uint8Array, source: Address, destination: Address | undefined): void;
  /** Puts addresses on. One that is there already is adopted: `removeAddresses` leaves it, unless a former run of ours put it on. */
  addAddresses(router: string, addresses: readonly Prefix[]): readonly AddressFailure[];
  /** Takes off those that we put on. */
  removeAddresses(router: string, addresses: readonly Prefix[]): readonly AddressFailure[];
  /** Gratuitous ARP or unsolicited NA of each address, the whole list `repeat` times. */
  announceAddresses(router: string, addresses: readonly Prefix[], repeat: number): void;
  /**
   * Takes off what a former run of ours left on the host (after a crash): virtual addresses that no router holds, and
   * macvlans of none. To be called after every `addRouter`, and after the `addAddresses` of a router that resumes. Needs
   * Linux 5.18, which keeps with an address who put it on.
   */
  removeLeftovers(): readonly Leftover[];

  /** What was sent, received and failed, for metrics. */
  readonly statistics: VrrpHostStatistics;
  /** Closes everything, removes macvlans and filters, takes off the addresses we put on; with `keepAddresses` it leaves these (and their macvlans). */
  close(options?: { readonly keepAddresses?: boolean }): void;
}

export interface VrrpHostStatistics {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly sendFailures: number;
  /** Receive sockets that failed and were opened again. */
  readonly socketFailures: number;
  /** Frames of gratuitous ARP and unsolicited NA. */
  readonly announcementsSent: number;
}
