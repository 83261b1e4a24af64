import {
  type PeerIndex,
  Rib,
  type RibPeer,
  type RouteView,
  type SelectionOptions,
} from "../../../../src/bgp/rib/index.ts";
import { buildAttributes, EMPTY_ATTRIBUTES, Family, type PathAttributes } from "../../../../src/bgp/wire/index.ts";
import { type Address, parseAddress } from "../../../../src/lib/address.ts";
import { batch, prefix } from "./nlri.ts";
import { Receiver } from "./receiver.ts";
import { type PeerOptions, ribPeer } from "./rib-harness.ts";

export interface TestPeer {
  readonly index: PeerIndex;
  readonly peer: RibPeer;
  readonly receiver: Receiver;
}

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(`no address: ${text}`);
  return parsed;
};

/** Attributes with an AS_SEQUENCE and a next hop; `more` has the rest. */
export function attributes(path: readonly number[], more: Partial<PathAttributes> = {}): PathAttributes {
  const asPath = path.length === 0 ? [] : [{ type: "sequence" as const, asns: path }];
  return { ...EMPTY_ATTRIBUTES, asPath, nextHop: address("192.0.2.1"), ...more };
}

const familyOf = (text: string | undefined): Family => (text?.includes(":") ? Family.Ipv6Unicast : Family.Ipv4Unicast);

/** A RIB with neighbours that read all they are told. */
export class Fixture {
  readonly rib: Rib;
  readonly readable = new Set<PeerIndex>();
  readonly #peers = new Map<PeerIndex, TestPeer>();

  constructor(selection: Partial<SelectionOptions> = {}) {
    const all = { alwaysCompareMed: false, ignoreAsPathLength: false, externalCompareRouterId: false, ...selection };
    this.rib = new Rib(all, { readable: (peer) => this.readable.add(peer) });
  }

  join(options: PeerOptions): TestPeer {
    const peer = ribPeer(options);
    const joined = { index: this.rib.addPeer(peer), peer, receiver: new Receiver(peer) };
    this.#peers.set(joined.index, joined);
    return joined;
  }

  leave({ index }: TestPeer): void {
    this.#peers.delete(index);
    this.readable.delete(index);
    this.rib.removePeer(index);
  }

  /** Takes the routes in, and does nothing else. */
  reach({ index }: TestPeer, what: PathAttributes, ...prefixes: readonly string[]): void {
    const bytes = buildAttributes(what);
    this.rib.reach(index, familyOf(prefixes[0]), batch(...prefixes), { bytes, length: bytes.length });
  }

  withdraw({ index }: TestPeer, ...prefixes: readonly string[]): void {
    this.rib.withdraw(index, familyOf(prefixes[0]), batch(...prefixes));
  }

  originate(what: PathAttributes, text: string, neighbors?: readonly string[], pathId = 0): void {
    const bytes = buildAttributes(what);
    const family = familyOf(text);
    this.rib.announceLocal({
      family,
      prefix: prefix(text),
      pathId,
      attributes: { bytes, length: bytes.length },
      neighbors,
    });
  }

  /** Everything that waits is decided. */
  work(): void {
    while (this.rib.pending) this.rib.work();
  }

  /** Everything is decided, and every neighbour but those given has read everything. */
  settle(...sleeping: readonly TestPeer[]): void {
    const isAwake = (index: PeerIndex) => !sleeping.some((peer) => peer.index === index);
    this.work();
    while ([...this.readable].some(isAwake)) {
      for (const index of [...this.readable].filter(isAwake)) this.#read(index);
      this.work();
    }
  }

  /** The paths of a prefix, best first. */
  paths(text: string): readonly RouteView[] {
    this.work();
    return this.rib.view.exact(prefix(text));
  }

  #read(index: PeerIndex): void {
    this.readable.delete(index);
    for (let bytes = this.rib.pull(index); bytes !== undefined; bytes = this.rib.pull(index))
      this.#peers.get(index)?.receiver.read(bytes);
  }
}

/** A receiver's key of an IPv4 or IPv6 prefix without path identifier. */
export function keyOf(text: string, pathId = 0): string {
  const { address: a, length, version } = prefix(text);
  const words = version === 4 ? [a.w0] : [a.w0, a.w1, a.w2, a.w3];
  return `${familyOf(text)}:${words.map((word) => word.toString(16).padStart(8, "0")).join("")}/${length}#${pathId}`;
}
