import { networkInterfaces, uptime } from "node:os";
import { type Address, parseAddress } from "../lib/address.ts";
import { type Prefix, parsePrefix } from "../lib/prefix.ts";
import { type Micros, seconds } from "../lib/time.ts";

/** The host as it was at one moment. */
export interface ThisHost {
  /** Whether the address was on an interface that was up. */
  hasAddress(address: Address): boolean;
  /** Since it was booted. */
  readonly uptime: Micros;
}

/**
 * The network of an interface as its own address says it (host addresses do not: they may be virtual): the first that is
 * not link-local, where there is one.
 */
export function linkNetwork(interfaceName: string, family: 4 | 6): Prefix | undefined {
  const networks = (networkInterfaces()[interfaceName] ?? [])
    .map(({ cidr }) => (cidr === null ? undefined : parsePrefix(cidr)))
    .filter((network) => network?.version === family && !network.isHost);
  return networks.find((network) => network?.address.isLinkLocal === false) ?? networks[0];
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
