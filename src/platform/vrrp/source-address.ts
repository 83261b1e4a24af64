/* Which address of ours the adverts of a virtual router come from. */
import type { Address } from "../../lib/address.ts";
import { addressKey } from "../netlink/address-table.ts";
import type { HostAddress } from "../netlink/addresses.ts";
import type { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import type { RouterPath, RouterPlace } from "./host-io.ts";

/** What is known of the host's addresses besides. */
export interface AddressRoles {
  /** Whether it is a virtual address of some router, by {@link addressKey}. */
  isVirtual(key: string): boolean;
  /** Whether we put it on. */
  isOurs(address: HostAddress): boolean;
}

/**
 * Chooses sources for the host as it is in this moment; what was found for one router serves the others at its spot.
 *
 * It is the interface's primary IPv4 address, or its link-local one (RFC 9568 sections 5.1.1.1 and 5.1.2.1); of a
 * unicast router whose peers are not on the link, a global IPv6 one. Never an address that we put on: with the role the
 * source would change, and both routers would see another Master.
 */
export class SourceChooser {
  readonly #network: HostNetwork;
  readonly #roles: AddressRoles;
  readonly #found = new Map<string, RouterPath>();

  constructor(network: HostNetwork, roles: AddressRoles) {
    this.#network = network;
    this.#roles = roles;
  }

  choose(place: RouterPlace, link: HostLink): RouterPath {
    if (place.source !== undefined) {
      if (this.#network.has(place.source)) return { source: place.source };
      return { fault: `the source address ${place.source} is on no interface of this host` };
    }
    const kind = sourceKind(place);
    const key = `${link.index} ${kind.name}`;
    const found = this.#found.get(key) ?? this.#search(kind, link);
    this.#found.set(key, found);
    return found;
  }

  #search(kind: SourceKind, link: HostLink): RouterPath {
    const usable: Address[] = [];
    for (const candidate of this.#network.addresses)
      if (candidate.interfaceIndex === link.index && kind.fits(candidate) && !this.#roles.isOurs(candidate))
        usable.push(candidate.address);
    // A virtual address that others put on is the address of an owner, who may have no other (RFC 9568 section 1.7).
    const chosen = usable.find((address) => !this.#roles.isVirtual(addressKey(address))) ?? usable[0];
    if (chosen !== undefined) return { source: chosen };
    return { fault: `interface ${link.name} has no ${kind.name} address to send adverts from` };
  }
}

interface SourceKind {
  readonly name: string;
  fits(candidate: HostAddress): boolean;
}

function sourceKind({ family, unicastPeers }: RouterPlace): SourceKind {
  if (family === 4) return { name: "IPv4", fits: ({ address, isSecondary }) => address.version === 4 && !isSecondary };
  const isUsable = ({ address, isTentative }: HostAddress) => address.version === 6 && !isTentative;
  const onLink = (address: Address) => address.isLinkLocal;
  if (unicastPeers.every(onLink))
    return { name: "IPv6 link-local", fits: (candidate) => isUsable(candidate) && onLink(candidate.address) };
  return { name: "global IPv6", fits: (candidate) => isUsable(candidate) && !onLink(candidate.address) };
}

/** Whether both say the same. */
export function isSamePath(a: RouterPath, b: RouterPath): boolean {
  if ("fault" in a || "fault" in b) return "fault" in a && "fault" in b && a.fault === b.fault;
  return a.source.equals(b.source);
}
