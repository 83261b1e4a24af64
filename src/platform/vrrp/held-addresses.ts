/*
 * The virtual addresses that routers hold, and which of them are ours to take off. The kernel keeps with an address who
 * put it on (netlink/addresses.ts), so that this survives a crash; this record is for kernels that do not.
 */
import { Prefix } from "../../lib/prefix.ts";
import { errnoOf, messageOf } from "../errors.ts";
import { addressKey } from "../netlink/address-table.ts";
import type { HostAddress } from "../netlink/addresses.ts";
import type { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import type { AddressFailure } from "./host-io.ts";

interface Held {
  readonly prefix: Prefix;
  readonly interfaceIndex: number;
  /** We put it on: with this prefix. Undefined: it was there before us. */
  readonly ours: Prefix | undefined;
}

/** What is no failure: the address is gone already, or its whole interface. */
const GONE: ReadonlySet<string | undefined> = new Set(["EADDRNOTAVAIL", "ENODEV"]);

export class HeldAddresses {
  readonly #network: HostNetwork;
  /** By router, then by address. */
  readonly #held = new Map<string, Map<string, Held>>();

  constructor(network: HostNetwork) {
    this.#network = network;
  }

  /** Puts addresses on `link`; those that are there already are adopted. */
  add(router: string, link: HostLink, addresses: readonly Prefix[]): AddressFailure[] {
    const failures: AddressFailure[] = [];
    const held = this.#of(router);
    for (const prefix of addresses) {
      const key = addressKey(prefix.address);
      const known = held.get(key);
      if (known?.interfaceIndex === link.index && this.#network.find(link.index, prefix.address) !== undefined)
        continue;
      try {
        held.set(key, { prefix, interfaceIndex: link.index, ours: this.#put(link, prefix) });
      } catch (error) {
        failures.push(failure(`cannot put ${prefix} on ${link.name}`, prefix, error));
      }
    }
    return failures;
  }

  /** Takes off those of `addresses` that we put on; all the router's when undefined. */
  remove(router: string, addresses?: readonly Prefix[]): AddressFailure[] {
    const failures: AddressFailure[] = [];
    const held = this.#of(router);
    const keys = addresses?.map(({ address }) => addressKey(address)) ?? [...held.keys()];
    for (const key of keys) {
      const entry = held.get(key);
      if (entry === undefined) continue;
      held.delete(key);
      if (entry.ours === undefined) continue;
      try {
        this.#network.deleteAddress(entry.interfaceIndex, entry.ours);
      } catch (error) {
        if (!GONE.has(errnoOf(error))) failures.push(failure(`cannot take off ${entry.prefix}`, entry.prefix, error));
      }
    }
    return failures;
  }

  /** Lets go of a router's addresses, and leaves them where they are. */
  forget(router: string): void {
    this.#held.delete(router);
  }

  /** The next address of the router that somebody has taken off. It is held no more. */
  takeLost(router: string): Prefix | undefined {
    for (const [key, { prefix, interfaceIndex }] of this.#of(router)) {
      if (this.#network.find(interfaceIndex, prefix.address) !== undefined) continue;
      this.#of(router).delete(key);
      return prefix;
    }
    return undefined;
  }

  /** Whether a router holds this address of the host. */
  isHeld(address: HostAddress): boolean {
    const key = addressKey(address.address);
    for (const held of this.#held.values()) if (held.get(key)?.interfaceIndex === address.interfaceIndex) return true;
    return false;
  }

  /** Whether we put it on, in this run or a former one. */
  isOurs(address: HostAddress): boolean {
    if (address.isOurs) return true;
    const key = addressKey(address.address);
    for (const held of this.#held.values()) {
      const entry = held.get(key);
      if (entry?.interfaceIndex === address.interfaceIndex && entry.ours !== undefined) return true;
    }
    return false;
  }

  #of(router: string): Map<string, Held> {
    let held = this.#held.get(router);
    if (held === undefined) {
      held = new Map();
      this.#held.set(router, held);
    }
    return held;
  }

  /** What we may take off later. Throws SystemCallError. */
  #put(link: HostLink, prefix: Prefix): Prefix | undefined {
    const present = this.#network.find(link.index, prefix.address);
    if (present === undefined) {
      try {
        this.#network.addAddress(link.index, prefix);
        return prefix;
      } catch (error) {
        // It appeared in this moment.
        if (errnoOf(error) !== "EEXIST") throw error;
        return undefined;
      }
    }
    return present.isOurs ? new Prefix(present.address, present.prefixLength) : undefined;
  }
}

function failure(what: string, address: Prefix, error: unknown): AddressFailure {
  const hint = errnoOf(error) === "EPERM" ? "; the process lacks CAP_NET_ADMIN" : "";
  const ipv6 = errnoOf(error) === "EACCES" ? "; is IPv6 switched off there (sysctl disable_ipv6)?" : "";
  return { address, text: `${what}: ${messageOf(error)}${hint}${ipv6}` };
}
