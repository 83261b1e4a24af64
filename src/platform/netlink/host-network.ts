/*
 * The host's interfaces and addresses, as the kernel has them.
 *
 * A netlink socket that is joined to the groups of link and address changes wakes us; what it says is not read. Every
 * wake-up takes a fresh dump and compares: so a lost, late or doubled notice cannot make this table wrong, and our own
 * changes, which are entered here as soon as the kernel has acknowledged them, are not undone by an older notice.
 *
 *     kernel ──notice──> DatagramWatch ──> look() ──dump──> compare ──> changed()
 *     our change ──request──> acknowledgement ──> table
 */
import type { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { DatagramWatch } from "../datagram-watch.ts";
import { messageOf } from "../errors.ts";
import { AF_NETLINK, bind, close, SOCK_RAW, socket } from "../libc.ts";
import type { ComponentLogger } from "../log.ts";
import { AddressTable } from "./address-table.ts";
import { addAddress, deleteAddress, dumpAddresses, type HostAddress } from "./addresses.ts";
import { addMacvlan, deleteLink, dumpLinks, enableLink, type HostLink } from "./links.ts";
import { encodeNetlinkAddress, RouteSocket } from "./route-socket.ts";

const RTMGRP = { LINK: 0x1, IPV4_IFADDR: 0x10, IPV6_IFADDR: 0x100 } as const;
/** When a dump failed (memory), it is tried again after this time. */
const RETRY_MS = 100;

export interface HostNetworkEvents {
  /** An interface came up, went down or away. */
  link(name: string, up: boolean): void;
  /** An address has appeared on the first, or gone from the last interface. */
  address(address: Address, present: boolean): void;
  /** Told after the others, when anything has changed since the last time. */
  changed(): void;
}

export class HostNetwork {
  readonly #events: HostNetworkEvents;
  readonly #log: ComponentLogger;
  readonly #requests: RouteSocket;
  readonly #watch: DatagramWatch;
  #lookAsked = false;
  #closed = false;
  #links = new Map<string, HostLink>();
  #addresses = new AddressTable();
  /** What the events have told: the addresses, and the names of interfaces with whether they are up. */
  #toldAddresses = new Map<string, Address>();
  #toldLinks = new Map<string, boolean>();

  /** Throws SystemCallError. */
  constructor(events: HostNetworkEvents, log: ComponentLogger) {
    this.#events = events;
    this.#log = log;
    this.#requests = new RouteSocket();
    try {
      this.#watch = this.#openWatch();
      this.#read();
    } catch (error) {
      this.#requests.close();
      throw error;
    }
    this.#noteTold();
  }

  get links(): IterableIterator<HostLink> {
    return this.#links.values();
  }

  link(name: string): HostLink | undefined {
    return this.#links.get(name);
  }

  /** Of all interfaces; those of one interface in the kernel's order, the primary one first. */
  get addresses(): Iterable<HostAddress> {
    return this.#addresses.all;
  }

  /** Whether the address is on any interface. */
  has(address: Address): boolean {
    return this.#addresses.has(address);
  }

  /** The address as it is on the interface, whatever its prefix length. */
  find(interfaceIndex: number, address: Address): HostAddress | undefined {
    return this.#addresses.find(interfaceIndex, address);
  }

  /** Puts an address on. Throws SystemCallError: EEXIST when it is there already. */
  addAddress(interfaceIndex: number, prefix: Prefix): void {
    addAddress(this.#requests, interfaceIndex, prefix);
    const { address, length } = prefix;
    this.#addresses.add({
      interfaceIndex,
      address,
      prefixLength: length,
      isSecondary: false,
      isTentative: false,
      isOurs: true,
    });
  }

  /** Takes an address off. Throws SystemCallError: EADDRNOTAVAIL when it is not there. */
  deleteAddress(interfaceIndex: number, prefix: Prefix): void {
    deleteAddress(this.#requests, interfaceIndex, prefix);
    this.#addresses.delete(interfaceIndex, prefix.address, prefix.length);
  }

  /** A new macvlan interface; not switched on. Throws SystemCallError. */
  addMacvlan(name: string, parentIndex: number, mac: Uint8Array): HostLink | undefined {
    addMacvlan(this.#requests, name, parentIndex, mac);
    this.#read();
    return this.link(name);
  }

  /** Switches an interface on and gives it an alias. Throws SystemCallError. */
  enableLink(link: HostLink, alias: string): void {
    enableLink(this.#requests, link.index, alias);
    this.#read();
  }

  /** Throws SystemCallError. */
  deleteLink(link: HostLink): void {
    deleteLink(this.#requests, link.index);
    this.#read();
  }

  close(): void {
    this.#closed = true;
    this.#watch.close();
    this.#requests.close();
  }

  #openWatch(): DatagramWatch {
    const fd = socket(AF_NETLINK, SOCK_RAW);
    try {
      bind(fd, encodeNetlinkAddress(RTMGRP.LINK | RTMGRP.IPV4_IFADDR | RTMGRP.IPV6_IFADDR));
    } catch (error) {
      close(fd);
      throw error;
    }
    const look = () => this.#askLook();
    return new DatagramWatch(fd, {
      received: look,
      lost: look,
      failed: (error) => {
        this.#log.limited("netlink").error(`the watch for interface changes failed: ${error.message}`);
        look();
      },
    });
  }

  /** One look for all notices that wait. They are read in one go, and setImmediate runs right after. */
  #askLook(): void {
    if (this.#lookAsked) return;
    this.#lookAsked = true;
    setImmediate(this.#look);
  }

  readonly #look = (): void => {
    this.#lookAsked = false;
    if (this.#closed) return;
    try {
      this.#read();
    } catch (error) {
      this.#log.limited("netlink").error(`cannot read the state of interfaces: ${messageOf(error)}`);
      this.#lookAsked = true;
      setTimeout(this.#look, RETRY_MS);
      return;
    }
    this.#tell();
  };

  #read(): void {
    this.#links = new Map(dumpLinks(this.#requests).map((link) => [link.name, link]));
    this.#addresses = new AddressTable(dumpAddresses(this.#requests));
  }

  #noteTold(): void {
    this.#toldLinks = new Map([...this.#links.values()].map((link) => [link.name, link.isUp]));
    this.#toldAddresses = this.#addresses.distinct();
  }

  #tell(): void {
    const links = this.#toldLinks;
    const addresses = this.#toldAddresses;
    this.#noteTold();
    for (const [name, up] of links) if (up && !this.#toldLinks.get(name)) this.#events.link(name, false);
    for (const [name, up] of this.#toldLinks) if (up && !links.get(name)) this.#events.link(name, true);
    for (const [key, address] of addresses) if (!this.#toldAddresses.has(key)) this.#events.address(address, false);
    for (const [key, address] of this.#toldAddresses) if (!addresses.has(key)) this.#events.address(address, true);
    this.#events.changed();
  }
}
