/*
 * The macvlan interface that gives a virtual router its own MAC address (RFC 9568 section 7.3), made as keepalived's
 * `use_vmac` does: `vrrp.VRID` for IPv4, `vrrp6.VRID` for IPv6, private (it neither hears nor answers other macvlans of
 * its parent), with the virtual addresses on it. Adverts leave by it, and so carry the virtual MAC; they are heard on
 * the parent. It has no address but the virtual ones, in particular no link-local one of its own.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { errnoOf, messageOf } from "../errors.ts";
import type { ComponentLogger } from "../log.ts";
import type { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import type { RouterPlace } from "./host-io.ts";

/** Whose macvlans are ours to adopt and to remove; shown by `ip link`. */
const MACVLAN_ALIAS = "holdfast";
const KIND = "macvlan";
const SYSCTL = "/proc/sys/net";
const ADDR_GEN_MODE_NONE = "1";

/** 00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6. */
export function virtualMac(family: 4 | 6, virtualRouterId: number): Uint8Array {
  return Uint8Array.of(0, 0, 0x5e, 0, family === 4 ? 1 : 2, virtualRouterId);
}

/** Whether the interface is a macvlan that we made, in this run or a former one. */
export function isOurMacvlan(link: HostLink): boolean {
  return link.kind === KIND && link.alias === MACVLAN_ALIAS;
}

/** Removes a macvlan of ours, if it is still there. A failure is logged. */
export function removeMacvlan(network: HostNetwork, link: HostLink, log: ComponentLogger): void {
  try {
    network.deleteLink(link);
  } catch (error) {
    if (errnoOf(error) !== "ENODEV") log.error(`cannot remove interface ${link.name}: ${messageOf(error)}`);
  }
}

export class VirtualMacs {
  readonly #network: HostNetwork;
  readonly #log: ComponentLogger;
  /** What the parents' sysctls were, by path. */
  readonly #former = new Map<string, string>();

  constructor(network: HostNetwork, log: ComponentLogger) {
    this.#network = network;
    this.#log = log;
  }

  /** The router's macvlan, if it is there. */
  find(place: RouterPlace, parent: HostLink): HostLink | undefined {
    const mac = virtualMac(place.family, place.virtualRouterId);
    for (const link of this.#network.links)
      if (isOurMacvlan(link) && link.parentIndex === parent.index && equalBytes(link.hardwareAddress, mac)) return link;
    return undefined;
  }

  /** Makes the router's macvlan, or adopts that of a former run. Throws SystemCallError, or what writing a sysctl throws. */
  ensure(place: RouterPlace, parent: HostLink): void {
    let link = this.find(place, parent);
    if (link?.isEnabled) return;
    if (link === undefined) {
      const name = this.#freeName(place, parent);
      link = this.#network.addMacvlan(name, parent.index, virtualMac(place.family, place.virtualRouterId));
      if (link === undefined) throw new Error(`interface ${name} vanished as it was made`);
    }
    this.#setSysctls(place, link, parent);
    this.#network.enableLink(link, MACVLAN_ALIAS);
    this.#log.info(`interface ${link.name} has the virtual MAC of ${place.name}`);
  }

  /** Gives the parents back what they had. */
  restoreSysctls(): void {
    for (const [path, value] of this.#former) {
      try {
        writeFileSync(path, value);
      } catch {
        // The parent is gone.
      }
    }
    this.#former.clear();
  }

  #freeName(place: RouterPlace, parent: HostLink): string {
    const name = `${place.family === 4 ? "vrrp" : "vrrp6"}.${place.virtualRouterId}`;
    return this.#network.link(name) === undefined ? name : `${name}.${parent.index}`;
  }

  #setSysctls(place: RouterPlace, link: HostLink, parent: HostLink): void {
    const own = `${SYSCTL}/ipv4/conf/${link.name}`;
    // Only the macvlan answers ARP for its addresses, and packets for it may come by a link whose routes lie elsewhere.
    writeFileSync(`${own}/arp_ignore`, "1");
    writeFileSync(`${own}/accept_local`, "1");
    writeFileSync(`${own}/rp_filter`, "0");
    this.#setParent(`${SYSCTL}/ipv4/conf/${parent.name}/arp_ignore`, "1");
    this.#setParent(`${SYSCTL}/ipv4/conf/${parent.name}/arp_filter`, "1");
    // Answers from a virtual address leave by the parent, which would ask for their next hop in that address's name,
    // and so teach the link its own MAC for it.
    this.#setParent(`${SYSCTL}/ipv4/conf/${parent.name}/arp_announce`, "2");
    this.#unshareReversePathFilter();
    const ipv6 = `${SYSCTL}/ipv6/conf/${link.name}`;
    const needsIpv6 = place.addresses.some(({ version }) => version === 6);
    try {
      writeFileSync(`${ipv6}/addr_gen_mode`, ADDR_GEN_MODE_NONE);
      writeFileSync(`${ipv6}/accept_ra`, "0");
      writeFileSync(`${ipv6}/disable_ipv6`, needsIpv6 || place.family === 6 ? "0" : "1");
    } catch (error) {
      if (needsIpv6 || place.family === 6) throw error; // Else a host without IPv6.
    }
  }

  #setParent(path: string, value: string): void {
    const former = readFileSync(path, "utf8").trim();
    if (former === value) return;
    writeFileSync(path, value);
    if (!this.#former.has(path)) this.#former.set(path, former);
  }

  /**
   * The stricter of `all` and the interface's own filter counts, so that `all` would undo the macvlan's 0. As keepalived
   * does, the other interfaces get what `all` says for their own, and `all` is switched off.
   */
  #unshareReversePathFilter(): void {
    const directory = `${SYSCTL}/ipv4/conf`;
    const all = `${directory}/all/rp_filter`;
    const shared = Number(readFileSync(all, "utf8"));
    if (shared === 0) return;
    const macvlans = new Set([...this.#network.links].filter(isVirtualMac).map(({ name }) => name));
    for (const name of readdirSync(directory)) {
      if (name === "all" || macvlans.has(name)) continue;
      const path = `${directory}/${name}/rp_filter`;
      if (Number(readFileSync(path, "utf8")) < shared) writeFileSync(path, String(shared));
    }
    this.#setParent(all, "0");
  }
}

function isVirtualMac({ kind, hardwareAddress: mac }: HostLink): boolean {
  return kind === KIND && mac[2] === 0x5e && (mac[0] as number) === 0 && mac[1] === 0 && mac[3] === 0;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
