import type { Address } from "../../lib/address.ts";
import type { HostAddress } from "./addresses.ts";

/** An address without its zone, as a key. */
export function addressKey(address: Address): string {
  return `${address.version}:${address.w0}:${address.w1}:${address.w2}:${address.w3}`;
}

/** The addresses of all interfaces, found by address and by interface. */
export class AddressTable {
  /** In the kernel's order. */
  readonly all = new Set<HostAddress>();
  /** By address; on several interfaces, or with several prefix lengths on one. */
  readonly #byAddress = new Map<string, HostAddress[]>();

  constructor(addresses: readonly HostAddress[] = []) {
    for (const address of addresses) this.add(address);
  }

  add(entry: HostAddress): void {
    this.all.add(entry);
    const key = addressKey(entry.address);
    const same = this.#byAddress.get(key);
    if (same === undefined) this.#byAddress.set(key, [entry]);
    else same.push(entry);
  }

  /** The address on that interface with that prefix length is no more. */
  delete(interfaceIndex: number, address: Address, prefixLength: number): void {
    const key = addressKey(address);
    const rest = this.#byAddress.get(key)?.filter((entry) => {
      if (entry.interfaceIndex !== interfaceIndex || entry.prefixLength !== prefixLength) return true;
      this.all.delete(entry);
      return false;
    });
    if (rest !== undefined && rest.length > 0) this.#byAddress.set(key, rest);
    else this.#byAddress.delete(key);
  }

  has(address: Address): boolean {
    return this.#byAddress.has(addressKey(address));
  }

  /** The address on that interface, whatever its prefix length. */
  find(interfaceIndex: number, address: Address): HostAddress | undefined {
    return this.#byAddress.get(addressKey(address))?.find((entry) => entry.interfaceIndex === interfaceIndex);
  }

  /** Every address once, by its key. */
  distinct(): Map<string, Address> {
    const out = new Map<string, Address>();
    for (const [key, [first]] of this.#byAddress) if (first !== undefined) out.set(key, first.address);
    return out;
  }
}
