import { networkInterfaces, uptime } from "node:os";
import { type Address, parseAddress } from "../lib/address.ts";
import { type Micros, seconds } from "../lib/time.ts";

/** The host as it was at one moment. */
export interface ThisHost {
  /** Whether the address was on an interface that was up. */
  hasAddress(address: Address): boolean;
  /** Since it was booted. */
  readonly uptime: Micros;
}

/** Looks at this host, without any privilege. */
export function thisHost(): ThisHost {
  const addresses = new Set(
    Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .map(({ address }) => parseAddress(address)?.toString()),
  );
  return { hasAddress: (address) => addresses.has(address.toString()), uptime: seconds(uptime()) };
}
