import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { TrackerConfig } from "./config-vrrp.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, isEmptyArray } from "./references.ts";
import type { Report } from "./report.ts";
import type { FilledVrrpInstance, GivenVrrpInstance } from "./schema/index.ts";

/** What keys of one virtual router say against each other. */

/** The count of addresses in an advert is one octet. */
const ADDRESSES_MAX = 255;
/** RFC 9568 section 5.2.7: 12 bits of centiseconds. */
const INTERVAL_MAX_V3 = 40.95;
const OWNER = 255;

interface Subject {
  readonly given: GivenVrrpInstance;
  readonly filled: FilledVrrpInstance;
  readonly at: Path;
  readonly report: Report;
  readonly trackers: readonly TrackerConfig[];
  readonly groupTrackers: readonly TrackerConfig[];
}

/** Reports everything about one instance that is wrong by itself. */
export function checkInstance(subject: Subject): void {
  checkInterval(subject);
  checkAddresses(subject);
  checkVersion(subject);
  checkElection(subject);
  checkTrackers(subject);
  checkUnicast(subject);
}

function checkInterval({ filled, at, report }: Subject): void {
  const { version, "advertisement-interval": interval } = filled;
  const key = [...at, "advertisement-interval"];
  if (report.isFaulty([...at, "version"])) return;
  const name = `\`advertisement-interval\` is ${interval}`;
  if (version === 2) {
    if (!Number.isInteger(interval))
      report.error(key, `${name}; version 2 has whole seconds, 1..255`, {
        help: "take `version = 3` on all routers for less than a second",
      });
    return;
  }
  const hundredths = interval * 100;
  if (interval > INTERVAL_MAX_V3) report.error(key, `${name}; version 3 has at most ${INTERVAL_MAX_V3} seconds`);
  else if (Math.abs(hundredths - Math.round(hundredths)) > 1e-6)
    report.error(key, `${name}; version 3 has whole hundredths of a second: ${Math.round(hundredths) / 100}`);
}

function checkAddresses({ filled, at, report }: Subject): void {
  const addresses = filled["virtual-addresses"];
  const key = [...at, "virtual-addresses"];
  if (addresses === undefined) return;
  const excluded = filled["excluded-addresses"];
  const [first] = addresses;
  if (first === undefined) {
    if (isEmptyArray(report, key, addresses))
      report.error(key, "`virtual-addresses` is empty: an advert has at least one address");
    return;
  }
  if (addresses.length > ADDRESSES_MAX)
    report.error(
      key,
      `\`virtual-addresses\` has ${addresses.length} addresses; an advert has room for ${ADDRESSES_MAX}`,
      {
        help: "the rest may be `excluded-addresses`",
      },
    );
  for (const [i, { version }] of addresses.entries())
    if (version !== first.version)
      report.error([...key, i], `${addresses[i]?.address} is IPv${version}, the first address is IPv${first.version}`, {
        help: "the other IP version in an instance of its own, in one sync group; or in `excluded-addresses`",
      });
  if (first.version === 6 && !first.address.isLinkLocal)
    report.error([...key, 0], `the first IPv6 address is ${first.address}, which is not link-local (RFC 9568)`, {
      help: 'put one in front that all routers share, such as "fe80::1"',
    });
  const paths = (list: readonly Prefix[], name: string) =>
    list.map(({ address }, i) => [address.toString(), [...at, name, i]] as const);
  checkDuplicates(report, [...paths(addresses, "virtual-addresses"), ...paths(excluded, "excluded-addresses")]);
}

/** What only one version has, or one of the IP versions. */
function checkVersion({ filled, at, report }: Subject): void {
  const { version } = filled;
  const family = filled["virtual-addresses"]?.[0]?.version;
  if (version === 2 && family === 6)
    report.error([...at, "version"], "`version` is 2, which is for IPv4; the virtual addresses are IPv6");
  if (version === 3 && filled.password !== undefined)
    report.error([...at, "password"], "`password` is for version 2; version 3 has no authentication (RFC 9568)");
  if (filled["rfc9568-checksum"] && (version === 2 || family === 6))
    report.warning(
      [...at, "rfc9568-checksum"],
      "`rfc9568-checksum` has no meaning here: only version 3 with IPv4 has two forms",
    );
}

/** Priority 255 owns the addresses: it waits for nobody, and no weight changes that (RFC 9568 section 6.1). */
function checkElection({ filled, at, report }: Subject): void {
  const { preempt, priority } = filled;
  if (!preempt && filled["preempt-delay"] > 0)
    report.error([...at, "preempt-delay"], "`preempt-delay` has no meaning while `preempt` is false");
  if (priority !== OWNER) return;
  if (!preempt)
    report.warning([...at, "preempt"], "`preempt` has no meaning with priority 255: the owner always preempts");
  if (!filled.accept)
    report.warning([...at, "accept"], "`accept` has no meaning with priority 255: the owner has the addresses itself");
}

function checkTrackers({ filled, at, report, trackers, groupTrackers }: Subject): void {
  const inGroup = new Set(groupTrackers.map(({ name }) => name));
  const group = filled["sync-group"];
  for (const [i, track] of filled.track.entries()) {
    const path = [...at, "track", i];
    const weighted = track.weight !== 0;
    if (weighted && filled.priority === OWNER)
      report.error([...path, "weight"], "a `weight` has no meaning with priority 255: the owner's priority is fixed", {
        help: "weight 0 puts also the owner into Fault",
      });
    else if (weighted && group !== undefined)
      report.error([...path, "weight"], `a \`weight\` would change this instance alone, not sync group "${group}"`, {
        help: "put it into `track` of the [[vrrp-sync-groups]]",
      });
    if (track.check === undefined && track.interface !== undefined && track.interface === filled.interface)
      report.warning([...path, "interface"], `the instance's own interface "${track.interface}" is always watched`);
  }
  for (const { name } of trackers)
    if (inGroup.has(name)) report.error([...at, "track"], `${name} is in \`track\` of sync group "${group}" too`);
  if (filled.priority === OWNER && groupTrackers.some(({ weight }) => weight !== 0))
    report.error(
      [...at, "priority"],
      `\`priority\` is 255, which is fixed, and sync group "${group}" has weights in \`track\``,
    );
}

const UNICAST_KEYS = ["unicast-source", "unicast-ttl-min", "unicast-ttl-max", "unicast-check-source"] as const;

function checkUnicast({ given, filled, at, report }: Subject): void {
  const peers = filled["unicast-peers"];
  if (peers === undefined) {
    if (report.isFaulty([...at, "unicast-peers"])) return;
    for (const key of UNICAST_KEYS)
      if (given[key] !== undefined) report.error([...at, key], `\`${key}\` has no meaning without \`unicast-peers\``);
    return;
  }
  const key = [...at, "unicast-peers"];
  if (isEmptyArray(report, key, peers))
    report.error(key, "`unicast-peers` is empty: nobody would hear of this router", {
      help: "leave it out for multicast",
    });
  checkDuplicates(
    report,
    peers.map((peer, i) => [peer.toString(), [...key, i]]),
  );
  const { "unicast-ttl-min": ttlMin, "unicast-ttl-max": ttlMax, "unicast-source": source } = filled;
  if (ttlMin > ttlMax)
    report.error(
      [...at, "unicast-ttl-min"],
      `\`unicast-ttl-min\` is ${ttlMin}, more than \`unicast-ttl-max\`, which is ${ttlMax}`,
    );
  for (const [i, peer] of peers.entries()) checkUnicastAddress(filled, peer, [...key, i], report);
  if (source === undefined) return;
  checkUnicastAddress(filled, source, [...at, "unicast-source"], report);
  const own = peers.findIndex((peer) => peer.equals(source));
  if (own >= 0) report.error([...key, own], `${source} is \`unicast-source\`, which is this router itself`);
}

/** A router is reached by an address of its own: a virtual one moves. */
function checkUnicastAddress(filled: FilledVrrpInstance, address: Address, at: Path, report: Report): void {
  const addresses = filled["virtual-addresses"] ?? [];
  const family = addresses[0]?.version;
  if (family !== undefined && address.version !== family)
    report.error(at, `${address} is IPv${address.version}, the virtual addresses are IPv${family}`);
  else if (address.isMulticast || address.isUnspecified) report.error(at, `${address} is nobody's address`);
  else if (filled.priority !== OWNER && addresses.some((virtual) => virtual.address.equals(address)))
    report.error(at, `${address} is a virtual address, which moves`);
}

/** Reports what several instances cannot have at the same time: a VRID on one link, and an address. */
export function checkInstances(given: readonly GivenVrrpInstance[], report: Report): void {
  const vrids = new Map<string, Path>();
  const addresses = new Map<string, number>();
  for (const [index, instance] of given.entries()) {
    const at = ["vrrp-instances", index];
    const { interface: link, "virtual-router-id": vrid } = instance;
    const family = instance["virtual-addresses"]?.[0]?.version;
    if (link !== undefined && vrid !== undefined && family !== undefined) {
      const first = vrids.get(`${link} ${vrid} ${family}`);
      if (first === undefined) vrids.set(`${link} ${vrid} ${family}`, [...at, "virtual-router-id"]);
      else
        report.error(
          [...at, "virtual-router-id"],
          `\`virtual-router-id\` ${vrid} is taken on "${link}" for IPv${family}; first in line ${report.lineOf(first)}`,
        );
    }
    for (const name of ["virtual-addresses", "excluded-addresses"] as const)
      for (const [i, { address }] of (instance[name] ?? []).entries())
        checkAddressIsFree(address, index, [...at, name, i], addresses, report);
  }
}

function checkAddressIsFree(
  address: Address,
  index: number,
  at: Path,
  addresses: Map<string, number>,
  report: Report,
): void {
  // A link-local address is one per link: gateways like to have fe80::1 on each.
  if (address.isLinkLocal) return;
  const owner = addresses.get(address.toString());
  if (owner === undefined) addresses.set(address.toString(), index);
  else if (owner !== index)
    report.error(at, `${address} is an address of another instance too`, {
      help: `the other one begins in line ${report.lineOf(["vrrp-instances", owner])}`,
    });
}
