import { assert } from "../lib/assert.ts";
import type { Prefix } from "../lib/prefix.ts";
import { ADDRESSES_MAX, encodePassword, INTERVAL_MAX, INTERVAL_UNIT } from "./packet.ts";
import type { RouterConfig } from "./vrrp-io.ts";

/** Whether it would be another virtual router on the wire: it cannot become that one in place. */
export const namesAnother = (a: RouterConfig, b: RouterConfig): boolean =>
  a.interface !== b.interface ||
  a.family !== b.family ||
  a.version !== b.version ||
  a.virtualRouterId !== b.virtualRouterId;

/** Whether others have to hear of it, or hear it another way. Priority is not looked at. */
export function changesAdverts(a: RouterConfig, b: RouterConfig): boolean {
  return (
    a.advertisementInterval !== b.advertisementInterval ||
    a.password !== b.password ||
    a.rfc9568Checksum !== b.rfc9568Checksum ||
    !sameList(a.addresses, b.addresses) ||
    (a.unicast === undefined) !== (b.unicast === undefined) ||
    !sameList(a.unicast?.peers ?? [], b.unicast?.peers ?? [])
  );
}

/** Those of `list` that are not in `other`. */
export const without = (list: readonly Prefix[], other: readonly Prefix[]): readonly Prefix[] =>
  list.filter((prefix) => !other.some((each) => each.equals(prefix)));

/** All addresses that follow the state, those in adverts first. */
export const allAddresses = ({ addresses, excludedAddresses }: RouterConfig): readonly Prefix[] =>
  excludedAddresses.length === 0 ? addresses : [...addresses, ...excludedAddresses];

function sameList<T extends { equals(other: T): boolean }>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, i) => each.equals(b[i] as T));
}

/** Throws AssertionError on what no router can run with: whoever reads configurations has checked it before. */
export function checkConfig(config: RouterConfig): void {
  const { name, version, family, virtualRouterId, priority, advertisementInterval, addresses, unicast } = config;
  const demand = (condition: boolean, what: string) => assert(condition, `virtual router ${name}: ${what}`);
  demand(version === 3 || family === 4, "version 2 is for IPv4 only");
  demand(isWithin(virtualRouterId, 1, 255), `VRID ${virtualRouterId} is not in 1..255`);
  demand(isWithin(priority, 1, 255), `priority ${priority} is not in 1..255`);
  demand(
    isWithin(advertisementInterval / INTERVAL_UNIT[version], 1, INTERVAL_MAX[version] / INTERVAL_UNIT[version]),
    `an interval of ${advertisementInterval} us does not go into an advert of version ${version}`,
  );
  demand(isWithin(addresses.length, 1, ADDRESSES_MAX), `an advert carries 1..${ADDRESSES_MAX} addresses`);
  demand(
    addresses.every((prefix) => prefix.version === family),
    `an advert carries addresses of IPv${family} only`,
  );
  demand(unicast === undefined || unicast.peers.length > 0, "unicast without peers");
  demand(
    config.password === undefined || encodePassword(config.password) !== undefined,
    "a password has at most 8 octets",
  );
  demand(
    config.trackers.every(({ weight }) => isWithin(weight, -253, 253)),
    "a weight is in -253..253",
  );
}

const isWithin = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max;
