/*
 * VRRP's hold on a Linux host. Parts:
 *
 *     HostNetwork     interfaces and addresses as the kernel has them, and every change of them   (netlink/)
 *     AdvertSockets   ReceivePort: one per interface and IP version, for all routers there        raw-socket, recvmmsg
 *                     SendSocket: one per outgoing interface and IP version                        sendto
 *     Announcer       gratuitous ARP, unsolicited neighbour advertisements                         AF_PACKET
 *     HeldAddresses   which virtual addresses are on, and which of them we may take off
 *     VirtualMacs     macvlan interfaces; accept-filter.ts: nftables
 *
 * What changes on the host is looked at as a whole (`#review`): sockets follow their interfaces, macvlans are made again,
 * then each router's path is worked out anew and told if it is another one, then addresses that are gone.
 *
 * RFC 9568 sections 5.1 (IP header fields), 6.4 (what a router does on becoming Active), 7.3 (virtual MAC), 8 (ARP and
 * neighbour discovery); RFC 3768 where version 2 differs, which here it does not.
 */

import type { Address } from "../../lib/address.ts";
import { assert } from "../../lib/assert.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "../errors.ts";
import type { ComponentLogger } from "../log.ts";
import { addressKey } from "../netlink/address-table.ts";
import { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import { installFilter, removeFilter } from "./accept-filter.ts";
import { AdvertSockets } from "./advert-sockets.ts";
import { Announcer } from "./announcer.ts";
import { checkCapabilities } from "./capabilities.ts";
import { HeldAddresses } from "./held-addresses.ts";
import type {
  AddressFailure,
  Leftover,
  RouterPath,
  RouterPlace,
  VrrpHost,
  VrrpHostEvents,
  VrrpHostStatistics,
  VrrpPacket,
} from "./host-io.ts";
import { removeLeftovers } from "./leftovers.ts";
import { loadRawSocket } from "./receive-socket.ts";
import { isSamePath, SourceChooser } from "./source-address.ts";
import { removeMacvlan, VirtualMacs } from "./virtual-mac.ts";

/** A virtual router here. */
interface Router {
  place: RouterPlace;
  /** As returned by `addRouter`, or told last. */
  path: RouterPath;
}

/**
 * Opens VRRP's hold on this host. Errors: a capability is missing (the text says which), the package raw-socket is not
 * compiled, or the kernel denies netlink or packet sockets.
 */
export function openVrrpHost(events: VrrpHostEvents, log: ComponentLogger): Result<VrrpHost, PlatformError> {
  const capable = checkCapabilities();
  if (!capable.ok) return capable;
  try {
    loadRawSocket();
  } catch (error) {
    const text = `VRRP needs the package raw-socket, which cannot be loaded: ${messageOf(error)}; npm rebuild raw-socket`;
    return fail(new PlatformError("system", text, errnoOf(error), error));
  }
  try {
    return ok(new LinuxVrrpHost(events, log));
  } catch (error) {
    return fail(new PlatformError("system", `VRRP cannot start: ${messageOf(error)}`, errnoOf(error), error));
  }
}

class LinuxVrrpHost implements VrrpHost {
  readonly #events: VrrpHostEvents;
  readonly #log: ComponentLogger;
  readonly #network: HostNetwork;
  readonly #announcer: Announcer;
  readonly #held: HeldAddresses;
  readonly #macs: VirtualMacs;
  readonly #routers = new Map<string, Router>();
  readonly #sockets: AdvertSockets;
  /** Why a router's macvlan could not be made. */
  readonly #macvlanFaults = new Map<string, string>();
  /** Virtual addresses of all routers, as `addressKey` has them. */
  #virtual = new Set<string>();
  #reviewAsked = false;
  #closed = false;
  #packetsSent = 0;
  #packetsReceived = 0;
  #sendFailures = 0;
  #announcementsSent = 0;

  /** Throws SystemCallError. */
  constructor(events: VrrpHostEvents, log: ComponentLogger) {
    this.#events = events;
    this.#log = log;
    this.#announcer = new Announcer();
    try {
      this.#network = new HostNetwork(
        {
          link: (name, up) => this.#events.link(name, up),
          address: (address, present) => this.#events.hostAddress(address, present),
          changed: this.#review,
        },
        log,
      );
    } catch (error) {
      this.#announcer.close();
      throw error;
    }
    this.#held = new HeldAddresses(this.#network);
    this.#macs = new VirtualMacs(this.#network, log);
    const packet = (received: VrrpPacket) => {
      this.#packetsReceived++;
      this.#events.packet(received);
    };
    this.#sockets = new AdvertSockets(this.#network, { packet, faultChanged: this.#review }, log);
  }

  addRouter(place: RouterPlace): Result<RouterPath, PlatformError> {
    if (this.#routers.has(place.name)) return refuse(place, "the name is taken");
    const clash = this.#clash(place);
    if (clash !== undefined) return refuse(place, clash);
    if (!place.accept) {
      const installed = installFilter(place);
      if (!installed.ok) return installed;
    }
    const router: Router = { place, path: { fault: "not looked at yet" } };
    this.#routers.set(place.name, router);
    return this.#settle(router);
  }

  updateRouter(place: RouterPlace): Result<RouterPath, PlatformError> {
    const router = this.#router(place.name);
    const former = router.place;
    const clash = this.#clash(place);
    if (clash !== undefined) return refuse(place, clash);
    if (!isSameSpot(former, place)) {
      this.removeRouter(place.name);
      return this.addRouter(place);
    }
    if (!place.accept && !isSameFilter(former, place)) {
      const installed = installFilter(place);
      if (!installed.ok) return installed;
    }
    if (place.accept && !former.accept) this.#removeFilter(former);
    router.place = place;
    return this.#settle(router);
  }

  removeRouter(name: string): void {
    const { place } = this.#router(name);
    this.#logFailures(this.#held.remove(name));
    this.#held.forget(name);
    this.#routers.delete(name);
    this.#leave(place);
    this.#placesChanged();
  }

  send(name: string, message: Uint8Array, source: Address, destination: Address | undefined): void {
    const { place } = this.#router(name);
    const link = this.#outgoing(place);
    try {
      if (link === undefined) throw new Error("the interface does not exist");
      this.#sockets.send(link, place.family, message, source, destination);
      this.#packetsSent++;
    } catch (error) {
      this.#sendFailures++;
      const text = `virtual router ${name}: cannot send an advert by ${place.interface}: ${messageOf(error)}`;
      this.#log.limited(`send ${name}`).warn(text);
    }
  }

  addAddresses(name: string, addresses: readonly Prefix[]): readonly AddressFailure[] {
    const { place } = this.#router(name);
    const link = this.#addressLink(place);
    if (link !== undefined) return this.#logFailures(this.#held.add(name, link, addresses));
    const text = `there is no interface ${place.addressInterface ?? place.interface}`;
    const fails = addresses.map((address) => ({ address, text: `cannot put on ${address}: ${text}` }));
    return this.#logFailures(fails);
  }

  removeAddresses(name: string, addresses: readonly Prefix[]): readonly AddressFailure[] {
    this.#router(name);
    return this.#logFailures(this.#held.remove(name, addresses));
  }

  announceAddresses(name: string, addresses: readonly Prefix[], repeat: number): void {
    const { place } = this.#router(name);
    // Addresses on lo and the like have no neighbours: those of the router's own interface are told then.
    const link = [this.#addressLink(place), this.#ownLink(place)].find((candidate) => candidate?.isEthernet);
    if (link === undefined) return;
    const hosts = addresses.map(({ address }) => address);
    const { sent, error } = this.#announcer.announce(link, hosts, repeat);
    this.#announcementsSent += sent;
    if (error === undefined) return;
    this.#sendFailures += hosts.length * repeat - sent;
    const text = `virtual router ${name}: cannot announce addresses by ${link.name}: ${messageOf(error)}`;
    this.#log.limited(`announce ${name}`).warn(text);
  }

  removeLeftovers(): readonly Leftover[] {
    const macvlans = new Set([...this.#routers.values()].map(({ place }) => this.#macvlan(place)?.index));
    return removeLeftovers(
      this.#network,
      {
        holds: (address) => this.#held.isHeld(address),
        uses: (link) => macvlans.has(link.index),
      },
      this.#log,
    );
  }

  hasAddress(address: Address): boolean {
    return this.#network.has(address);
  }

  isLinkUp(name: string): boolean | undefined {
    return this.#network.link(name)?.isUp;
  }

  get statistics(): VrrpHostStatistics {
    return {
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      sendFailures: this.#sendFailures,
      socketFailures: this.#sockets.failures,
      announcementsSent: this.#announcementsSent,
    };
  }

  close(options: { readonly keepAddresses?: boolean } = {}): void {
    if (this.#closed) return;
    const keep = options.keepAddresses === true;
    if (!keep) {
      // The kernel takes its time to remove an interface: the addresses of all routers go first.
      for (const name of this.#routers.keys()) this.#logFailures(this.#held.remove(name));
      for (const { place } of this.#routers.values()) this.#leave(place);
      this.#macs.restoreSysctls();
    }
    this.#closed = true;
    this.#sockets.close();
    this.#announcer.close();
    this.#network.close();
  }

  #router(name: string): Router {
    const router = this.#routers.get(name);
    assert(router !== undefined, `no virtual router ${name} was added`);
    return router;
  }

  /** Why the place cannot be had. */
  #clash(place: RouterPlace): string | undefined {
    for (const { place: other } of this.#routers.values()) {
      if (other.name === place.name || !isSameVirtualRouter(other, place)) continue;
      const spot = `virtual-router-id ${place.virtualRouterId} for IPv${place.family} on ${place.interface}`;
      return `${other.name} has the same ${spot}`;
    }
    return undefined;
  }

  /** Makes the new or changed place ready and gives its path. */
  #settle(router: Router): Result<RouterPath, PlatformError> {
    this.#placesChanged();
    router.path = this.#findPath(router.place, this.#sources());
    return ok(router.path);
  }

  /** A router has come, changed or gone: the ports and macvlans that are needed are other ones. */
  #placesChanged(): void {
    const places = [...this.#routers.values()].map(({ place }) => place);
    this.#virtual = new Set(places.flatMap(({ addresses }) => addresses.map(({ address }) => addressKey(address))));
    this.#sockets.listenAt(places);
    for (const place of places) this.#ensureMacvlan(place);
    // What is now a virtual address may have been another router's source.
    if (this.#reviewAsked) return;
    this.#reviewAsked = true;
    setImmediate(this.#review);
  }

  #ensureMacvlan(place: RouterPlace): void {
    if (!place.virtualMac) return;
    this.#macvlanFaults.delete(place.name);
    const parent = this.#network.link(place.interface);
    if (parent === undefined || this.#macs.find(place, parent)?.isEnabled) return;
    try {
      this.#macs.ensure(place, parent);
    } catch (error) {
      const fault = `cannot make the macvlan interface for the virtual MAC on ${parent.name}: ${messageOf(error)}`;
      this.#macvlanFaults.set(place.name, fault);
    }
  }

  #macvlan(place: RouterPlace): HostLink | undefined {
    const parent = this.#network.link(place.interface);
    return parent === undefined || !place.virtualMac ? undefined : this.#macs.find(place, parent);
  }

  /** The interface with the router's MAC address: its macvlan, or the one it is configured on. */
  #ownLink(place: RouterPlace): HostLink | undefined {
    return place.virtualMac ? this.#macvlan(place) : this.#network.link(place.interface);
  }

  /** By which adverts leave. Peers of a unicast router answer to the MAC address that has the source address. */
  #outgoing(place: RouterPlace): HostLink | undefined {
    return place.unicastPeers.length > 0 ? this.#network.link(place.interface) : this.#ownLink(place);
  }

  /** Where the addresses go. */
  #addressLink(place: RouterPlace): HostLink | undefined {
    return place.addressInterface === undefined ? this.#ownLink(place) : this.#network.link(place.addressInterface);
  }

  #findPath(place: RouterPlace, sources: SourceChooser): RouterPath {
    const link = this.#network.link(place.interface);
    if (link === undefined) return { fault: `interface ${place.interface} does not exist` };
    if (!link.isEnabled) return { fault: `interface ${place.interface} is switched off` };
    if (!link.isUp) return { fault: `interface ${place.interface} has no carrier` };
    const fault = this.#sockets.faultAt(place) ?? this.#macvlanFaults.get(place.name);
    if (fault !== undefined) return { fault };
    if (place.addressInterface !== undefined && this.#network.link(place.addressInterface) === undefined)
      return { fault: `interface ${place.addressInterface}, where the addresses go, does not exist` };
    return sources.choose(place, link);
  }

  #sources(): SourceChooser {
    return new SourceChooser(this.#network, {
      isVirtual: (key) => this.#virtual.has(key),
      isOurs: (address) => this.#held.isOurs(address),
    });
  }

  /** Something on the host has changed. */
  readonly #review = (): void => {
    this.#reviewAsked = false;
    if (this.#closed) return;
    this.#sockets.follow();
    for (const { place } of this.#routers.values()) this.#ensureMacvlan(place);
    const sources = this.#sources();
    for (const router of [...this.#routers.values()]) {
      const path = this.#findPath(router.place, sources);
      if (isSamePath(path, router.path)) continue;
      router.path = path;
      this.#events.path(router.place.name, path);
    }
    // A router at fault has given up its addresses by now: what went with its interface is not told as lost.
    for (const name of [...this.#routers.keys()]) {
      for (;;) {
        const lost = this.#held.takeLost(name);
        if (lost === undefined) break;
        this.#events.addressLost(name, lost);
      }
    }
  };

  /** Removes the filter and the macvlan of a router that goes. */
  #leave(place: RouterPlace): void {
    if (!place.accept) this.#removeFilter(place);
    const link = this.#macvlan(place);
    if (link === undefined) return;
    removeMacvlan(this.#network, link, this.#log);
  }

  #removeFilter(place: RouterPlace): void {
    const removed = removeFilter(place);
    if (!removed.ok) this.#log.warn(removed.error.message);
  }

  #logFailures(failures: readonly AddressFailure[]): readonly AddressFailure[] {
    for (const { text } of failures) this.#log.error(text);
    return failures;
  }
}

function isSameVirtualRouter(a: RouterPlace, b: RouterPlace): boolean {
  return a.interface === b.interface && a.family === b.family && a.virtualRouterId === b.virtualRouterId;
}

/** Whether nothing that is bound to an interface differs. */
function isSameSpot(a: RouterPlace, b: RouterPlace): boolean {
  return isSameVirtualRouter(a, b) && a.virtualMac === b.virtualMac && a.addressInterface === b.addressInterface;
}

function isSameFilter(a: RouterPlace, b: RouterPlace): boolean {
  return a.accept === b.accept && a.addresses.join() === b.addresses.join();
}

function refuse({ name }: RouterPlace, reason: string): Result<never, PlatformError> {
  return fail(new PlatformError("system", `virtual router ${name}: ${reason}`));
}
