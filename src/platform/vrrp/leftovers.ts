/* What a run of ours that did not end well has left on the host. */
import { Prefix } from "../../lib/prefix.ts";
import { messageOf } from "../errors.ts";
import type { ComponentLogger } from "../log.ts";
import type { HostAddress } from "../netlink/addresses.ts";
import type { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import type { Leftover } from "./host-io.ts";
import { isOurMacvlan, removeMacvlan } from "./virtual-mac.ts";

/** What this run needs. */
export interface InUse {
  holds(address: HostAddress): boolean;
  uses(link: HostLink): boolean;
}

/** Takes off addresses and removes macvlans that bear our mark and are not in use. Returns what is gone. */
export function removeLeftovers(network: HostNetwork, inUse: InUse, log: ComponentLogger): Leftover[] {
  const removed: Leftover[] = [];
  const names = new Map([...network.links].map(({ index, name }) => [index, name]));
  for (const entry of [...network.addresses]) {
    if (!entry.isOurs || inUse.holds(entry)) continue;
    const address = new Prefix(entry.address, entry.prefixLength);
    try {
      network.deleteAddress(entry.interfaceIndex, address);
      removed.push({ interface: names.get(entry.interfaceIndex) ?? "", address });
    } catch (error) {
      log.warn(`cannot take off ${address}, left by a former run: ${messageOf(error)}`);
    }
  }
  for (const link of [...network.links]) {
    if (!isOurMacvlan(link) || inUse.uses(link)) continue;
    removeMacvlan(network, link, log);
    removed.push({ interface: link.name, address: undefined });
  }
  return removed;
}
