/*
 * VRRP's hold on a Linux host. Parts:
 *
 *     HostNetwork     interfaces and addresses as the kernel has them, and every change of them   (netlink/)
 *     ReceivePort     one per interface and IP version: hears adverts for all routers there       raw-socket, recvmmsg
 *     SendSocket      one per outgoing interface and IP version                                    sendto
 *     Announcer       gratuitous ARP, unsolicited neighbour advertisements                         AF_PACKET
 *     HeldAddresses   which virtual addresses are on, and which of them we may take off
 *     VirtualMacs     macvlan interfaces; accept-filter.ts: nftables
 *
 * What changes on the host is looked at as a whole (`#review`): ports follow their interfaces, macvlans are made again,
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
} from "./host-io.ts";
import { removeLeftovers } from "./leftovers.ts";
import { ReceivePort } from "./receive-port.ts";
import { SendSocket } from "./send-socket.ts";
import { chooseSource, isSamePath } from "./source-address.ts";
import { removeMacvlan, VirtualMacs } from "./virtual-mac.ts";

/** A virtual router here. */
interface Router {
  place: RouterPlace;
  /** As returned by `addRouter`, or told last. */
  path: RouterPath;
}

/**
 * Opens VRRP's hold on this host. Errors: a capability is missing (the text says which), or the kernel denies netlink or
 * packet sockets.
 */
export function openVrrpHost(events: VrrpHostEvents, log: ComponentLogger): Result<VrrpHost, PlatformError> {
  const capable = checkCapabilities();
  if (!capable.ok) return capable;
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
  /** By interface and IP version, as `portKey` has them. */
  readonly #ports = new Map<string, ReceivePort>();
  /** By index of the interface, times 16, plus IP version. */
  readonly #sendSockets = new Map<number, SendSocket>();
  /** Virtual addresses of all routers, as `addressKey` has them. */
  #virtual = new Set<string>();
  #closed = false;
  #packetsSent = 0;
  #packetsReceived = 0;
  #sendFailures = 0;
  #closedPortFailures = 0;
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
  }

  addRouter(place: RouterPlace): Result<RouterPath, PlatformError> {
    const refused = this.#refusal(place);
    if (refused !== undefined) return fail(new PlatformError("system", `virtual router ${place.name}: ${refused}`));
    if (!place.accept) {
      const installed = installFilter(place);
      if (!installed.ok) return installed;
    }
    const router: Router = { place, path: { fault: "not looked at yet" } };
    this.#routers.set(place.name, router);
    this.#placesChanged();
    router.path = this.#findPath(place);
    return ok(router.path);
  }

  updateRouter(place: RouterPlace): Result<RouterPath, PlatformError> {
    const router = this.#router(place.name);
    const former = router.place;
    if (!isSameSpot(former, place)) {
      this.removeRouter(place.name);
      return this.addRouter(place);
    }
    if (!place.accept) {
      const installed = installFilter(place);
      if (!installed.ok) return installed;
    } else if (!former.accept) this.#removeFilter(former);
    router.place = place;
    this.#placesChanged();
    router.path = this.#findPath(place);
    return ok(router.path);
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
    const key = link === undefined ? 0 : link.index * 16 + place.family;
    try {
      if (link === undefined) throw new Error(`interface ${place.interface} does not exist`);
      let socket = this.#sendSockets.get(key);
      if (socket === undefined) {
        socket = new SendSocket(link.name, link.index, place.family);
        this.#sendSockets.set(key, socket);
      }
      socket.send(message, source, destination);
      this.#packetsSent++;
    } catch (error) {
      this.#sendFailures++;
      this.#closeSendSocket(key);
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
    const link = [this.#addressLink(place), this.#outgoing(place)].find((candidate) => candidate?.isEthernet);
    if (link === undefined) return;
    try {
      this.#announcer.announce(
        link,
        addresses.map(({ address }) => address),
        repeat,
      );
      this.#announcementsSent += addresses.length * repeat;
    } catch (error) {
      this.#sendFailures++;
      const text = `virtual router ${name}: cannot announce addresses by ${link.name}: ${messageOf(error)}`;
      this.#log.limited(`announce ${name}`).warn(text);
    }
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
    let socketFailures = this.#closedPortFailures;
    for (const port of this.#ports.values()) socketFailures += port.failures;
    return {
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      sendFailures: this.#sendFailures,
      socketFailures,
      announcementsSent: this.#announcementsSent,
    };
  }

  close(options: { readonly keepAddresses?: boolean } = {}): void {
    if (this.#closed) return;
    const keep = options.keepAddresses === true;
    for (const [name, { place }] of this.#routers) {
      if (keep) continue;
      this.#logFailures(this.#held.remove(name));
      this.#leave(place);
    }
    if (!keep) this.#macs.restoreSysctls();
    this.#closed = true;
    for (const port of this.#ports.values()) port.close();
    for (const socket of this.#sendSockets.values()) socket.close();
    this.#announcer.close();
    this.#network.close();
  }

  #router(name: string): Router {
    const router = this.#routers.get(name);
    assert(router !== undefined, `no virtual router ${name} was added`);
    return router;
  }

  /** Why the place cannot be had. */
  #refusal(place: RouterPlace): string | undefined {
    if (this.#routers.has(place.name)) return "the name is taken";
    for (const { place: other } of this.#routers.values())
      if (isSameVirtualRouter(other, place))
        return `${other.name} has the same virtual-router-id ${place.virtualRouterId} for IPv${place.family} on ${place.interface}`;
    return undefined;
  }

  /** A router has come, changed or gone: the ports and macvlans that are needed are other ones. */
  #placesChanged(): void {
    this.#virtual = new Set();
    const needed = new Set<string>();
    for (const { place } of this.#routers.values()) {
      for (const { address } of place.addresses) this.#virtual.add(addressKey(address));
      const key = portKey(place);
      needed.add(key);
      if (!this.#ports.has(key)) this.#ports.set(key, this.#newPort(place));
    }
    for (const [key, port] of this.#ports) {
      if (needed.has(key)) continue;
      this.#closedPortFailures += port.failures;
      port.close();
      this.#ports.delete(key);
    }
    this.#followLinks();
    // What is now a virtual address may have been another router's source.
    setImmediate(this.#review);
  }

  #newPort(place: RouterPlace): ReceivePort {
    return new ReceivePort(place.interface, place.family, {
      packet: (packet) => {
        this.#packetsReceived++;
        this.#events.packet(packet);
      },
      faultChanged: (port) => {
        if (port.fault === undefined) this.#log.info(`the VRRP socket on ${port.interfaceName} is open again`);
        else this.#log.limited(`port ${port.interfaceName}`).error(port.fault);
        this.#review();
      },
    });
  }

  /** Sockets and macvlans stand on the interfaces as they are now. */
  #followLinks(): void {
    for (const port of this.#ports.values()) port.follow(this.#network.link(port.interfaceName));
    const indexes = new Set([...this.#network.links].map(({ index }) => index));
    for (const key of [...this.#sendSockets.keys()]) if (!indexes.has(key >>> 4)) this.#closeSendSocket(key);
    for (const { place } of this.#routers.values()) this.#ensureMacvlan(place);
  }

  #ensureMacvlan(place: RouterPlace): void {
    if (!place.virtualMac) return;
    const parent = this.#network.link(place.interface);
    if (parent === undefined || this.#macs.find(place, parent)?.isEnabled) return;
    try {
      this.#macs.ensure(place, parent);
    } catch (error) {
      const text = `virtual router ${place.name}: cannot make its macvlan interface: ${messageOf(error)}`;
      this.#log.limited(`macvlan ${place.name}`).error(text);
    }
  }

  #macvlan(place: RouterPlace): HostLink | undefined {
    const parent = this.#network.link(place.interface);
    return parent === undefined || !place.virtualMac ? undefined : this.#macs.find(place, parent);
  }

  /** By which adverts leave. */
  #outgoing(place: RouterPlace): HostLink | undefined {
    return place.virtualMac ? this.#macvlan(place) : this.#network.link(place.interface);
  }

  /** Where the addresses go. */
  #addressLink(place: RouterPlace): HostLink | undefined {
    return place.addressInterface === undefined ? this.#outgoing(place) : this.#network.link(place.addressInterface);
  }

  #findPath(place: RouterPlace): RouterPath {
    const link = this.#network.link(place.interface);
    if (link === undefined) return { fault: `interface ${place.interface} does not exist` };
    if (!link.isEnabled) return { fault: `interface ${place.interface} is switched off` };
    if (!link.isUp) return { fault: `interface ${place.interface} has no carrier` };
    const portFault = this.#ports.get(portKey(place))?.fault;
    if (portFault !== undefined) return { fault: portFault };
    if (place.virtualMac && !this.#macvlan(place)?.isEnabled)
      return { fault: `the macvlan interface for the virtual MAC on ${place.interface} is missing or switched off` };
    if (place.addressInterface !== undefined && this.#network.link(place.addressInterface) === undefined)
      return { fault: `interface ${place.addressInterface}, where the addresses go, does not exist` };
    return chooseSource(place, link, this.#network, (key) => this.#virtual.has(key));
  }

  /** Something on the host has changed. */
  readonly #review = (): void => {
    if (this.#closed) return;
    this.#followLinks();
    for (const router of [...this.#routers.values()]) {
      const path = this.#findPath(router.place);
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
    this.#closeSendSocket(link.index * 16 + place.family);
    removeMacvlan(this.#network, link, this.#log);
  }

  #removeFilter(place: RouterPlace): void {
    const removed = removeFilter(place);
    if (!removed.ok) this.#log.warn(removed.error.message);
  }

  #closeSendSocket(key: number): void {
    this.#sendSockets.get(key)?.close();
    this.#sendSockets.delete(key);
  }

  #logFailures(failures: readonly AddressFailure[]): readonly AddressFailure[] {
    for (const { text } of failures) this.#log.error(text);
    return failures;
  }
}

const portKey = ({ interface: name, family }: RouterPlace): string => `${family} ${name}`;

function isSameVirtualRouter(a: RouterPlace, b: RouterPlace): boolean {
  return a.interface === b.interface && a.family === b.family && a.virtualRouterId === b.virtualRouterId;
}

/** Whether nothing that is bound to an interface differs. */
function isSameSpot(a: RouterPlace, b: RouterPlace): boolean {
  return isSameVirtualRouter(a, b) && a.virtualMac === b.virtualMac && a.addressInterface === b.addressInterface;
}
