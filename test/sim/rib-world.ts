import assert from "node:assert/strict";
import { groupKey } from "../../src/bgp/rib/group-key.ts";
import { type LocalRoute, type PeerIndex, Rib, type RibPeer, type SelectionOptions } from "../../src/bgp/rib/index.ts";
import {
  buildAttributes,
  EMPTY_ATTRIBUTES,
  FAMILIES,
  Family,
  type NegotiatedFamily,
  type PathAttributes,
  WellKnownCommunity,
} from "../../src/bgp/wire/index.ts";
import { toHex } from "../../src/lib/bytes.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { batch, prefix, textOf } from "../unit/bgp/rib/nlri.ts";
import { Receiver } from "../unit/bgp/rib/receiver.ts";
import { type PeerOptions, ribPeer } from "../unit/bgp/rib/rib-harness.ts";
import { address, exportRoute, importRoute, type ModelPath, rank } from "./rib-model.ts";

const PREFIXES: readonly (readonly string[])[] = [
  ["0.0.0.0/0", ...Array.from({ length: 10 }, (_, i) => `198.51.${100 + (i >> 1)}.0/${24 + (i & 1)}`)],
  ["::/0", ...Array.from({ length: 4 }, (_, i) => `2001:db8:${i}::/48`)],
];
/** Identifiers of routers and of clusters; the first is ours. */
const ROUTERS = [0x0a000001, 0x0a000002, 0x0a000003];
const ASES = [65010, 65020, 65030, 4_200_000_001, 3356, 64600];
const COMMUNITIES = [
  0x0d1c0001,
  WellKnownCommunity.NoExport,
  WellKnownCommunity.NoAdvertise,
  WellKnownCommunity.LlgrStale,
];

interface Neighbor {
  readonly options: PeerOptions;
  peer: RibPeer;
  readonly index: PeerIndex;
  readonly receiver: Receiver;
  /** By family, prefix and path identifier. */
  readonly paths: Map<string, ModelPath>;
  /** Keys announced since the refresh of the family began. */
  readonly refreshed: (Set<string> | undefined)[];
}

/** A RIB with random neighbours that announce, withdraw, come, go, and read or do not read; and the model beside it. */
export class RibWorld {
  readonly rib: Rib;
  readonly #rng: Rng;
  readonly #options: SelectionOptions;
  readonly #kinds: readonly PeerOptions[];
  #neighbors: Neighbor[] = [];
  readonly #local = new Map<string, ModelPath>();
  readonly #readable = new Set<PeerIndex>();
  #age = 0;
  #lastHost = 10;

  constructor(seed: number) {
    this.#rng = seededRng(seed);
    this.#options = {
      alwaysCompareMed: this.#chance(0.3),
      ignoreAsPathLength: this.#chance(0.2),
      externalCompareRouterId: this.#chance(0.5),
    };
    this.rib = new Rib(this.#options, { readable: (peer) => this.#readable.add(peer) });
    this.#kinds = Array.from({ length: 1 + this.#below(3) }, () => this.#kind());
  }

  /** One thing happens. */
  step(): void {
    const neighbor = this.#neighbors[this.#below(this.#neighbors.length)];
    const roll = this.#below(100);
    if (neighbor === undefined || (roll < 4 && this.#neighbors.length < 6)) this.#join();
    else if (roll < 7) this.#leave(neighbor);
    else if (roll < 35) this.#announce(neighbor);
    else if (roll < 50) this.#withdraw(neighbor);
    else if (roll < 54) this.#refresh(neighbor);
    else if (roll < 56) this.rib.resend(neighbor.index, this.#family(), this.#chance(0.5));
    else if (roll < 61) this.#announceLocal();
    else if (roll < 65) this.#withdrawLocal();
    else if (roll < 67) this.#change(neighbor);
    else if (roll < 80) this.#work(1 + this.#below(3));
    else this.#pull(neighbor, 1 + this.#below(3));
  }

  /** Lets everything come to rest and checks it. */
  settle(): void {
    this.#work(1000);
    assert.equal(this.rib.pending, false);
    // Whoever has something to read must have been told so.
    for (let round = 0; round < 100 && (this.#readable.size > 0 || this.rib.pending); round++) {
      for (const neighbor of this.#neighbors) if (this.#readable.has(neighbor.index)) this.#pull(neighbor, 1000);
      this.#work(1000);
    }
    assert.equal(this.#readable.size, 0);
    for (const neighbor of this.#neighbors) {
      this.#checkReceiver(neighbor);
      this.#checkCounts(neighbor);
      assert.equal(this.rib.pull(neighbor.index), undefined);
    }
    this.#checkGroups();
  }

  /** Everybody goes, and nothing must be left. */
  clear(): void {
    for (const neighbor of [...this.#neighbors]) this.#leave(neighbor);
    for (const key of [...this.#local.keys()]) this.#removeLocal(key);
    this.#work(1000);
    for (const family of FAMILIES) assert.deepEqual(this.rib.view.counts(family), { destinations: 0, paths: 0 });
    assert.deepEqual(this.rib.usage, { attributeSets: 0, sources: 0, updateGroups: 0 });
  }

  #below(limit: number): number {
    return Math.floor(this.#rng() * limit);
  }

  #chance(share: number): boolean {
    return this.#rng() < share;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #family(): Family {
    return this.#pick(FAMILIES);
  }

  /** Settings that several neighbours may share. */
  #kind(): PeerOptions {
    const internal = this.#chance(0.4);
    const addPath = this.#chance(0.3);
    const family: Partial<NegotiatedFamily> = {
      addPathSend: addPath,
      addPathReceive: this.#chance(0.3),
      extendedNextHop: this.#chance(0.2),
    };
    return {
      peerAs: internal ? 65000 : this.#pick(ASES),
      address: this.#chance(0.8) ? "10.99.0.0" : "2001:db8::0",
      negotiated: { fourOctetAs: this.#chance(0.8) },
      family,
      sendMax: addPath ? [2, 3] : [1, 1],
      globalAs: this.#chance(0.9) ? 65000 : 64999,
      ...this.#liveSettings(internal),
      routeReflectorClient: internal && this.#chance(0.5),
      clusterId: this.#pick(ROUTERS),
      role: internal || this.#chance(0.6) ? undefined : this.#pick(["provider", "rs", "rs-client", "customer", "peer"]),
    };
  }

  /** Settings that may change while the session is up. */
  #liveSettings(internal: boolean) {
    return {
      allowOwnAs: this.#below(2),
      replacePeerAs: !internal && this.#chance(0.2),
      removePrivateAs: this.#chance(0.8) ? undefined : this.#pick(["all", "replace"] as const),
      nextHop: this.#pick(["default", "default", "self", "unchanged"] as const),
      defaultExport: this.#chance(0.95) ? ("accept" as const) : ("reject" as const),
      longLived: this.#chance(0.5),
      peerGroup: this.#chance(0.5) ? "tor" : undefined,
    };
  }

  #join(): void {
    const kind = this.#pick(this.#kinds);
    this.#lastHost++;
    const options = { ...kind, address: kind.address.replace(/0$/, `${this.#lastHost}`) };
    const peer = ribPeer(options);
    const index = this.rib.addPeer(peer);
    const refreshed = FAMILIES.map(() => undefined);
    this.#neighbors.push({ options, peer, index, receiver: new Receiver(peer), paths: new Map(), refreshed });
  }

  #leave(neighbor: Neighbor): void {
    this.#neighbors = this.#neighbors.filter((other) => other !== neighbor);
    this.#readable.delete(neighbor.index);
    this.rib.removePeer(neighbor.index);
  }

  /** Import settings change only where the order of age does not matter: the sweep makes an order of its own. */
  #change(neighbor: Neighbor): void {
    const { peer } = neighbor;
    const live = this.#liveSettings(peer.negotiated.peerType === "internal");
    const allowOwnAs = this.#options.externalCompareRouterId ? live.allowOwnAs : peer.allowOwnAs;
    neighbor.peer = { ...peer, ...live, allowOwnAs };
    this.rib.updatePeer(neighbor.index, neighbor.peer);
    for (const [key, path] of neighbor.paths)
      neighbor.paths.set(key, { ...path, peer: neighbor.peer, ...importRoute(neighbor.peer, path.attributes) });
    this.#work(1000);
  }

  #routes({ peer }: Neighbor, family: Family): string[] {
    const ids = peer.negotiated.families[family]?.addPathReceive === true ? 3 : 1;
    return Array.from({ length: 1 + this.#below(4) }, () => {
      const id = ids === 1 ? 0 : this.#below(ids);
      return `${this.#pick(PREFIXES[family] as readonly string[])}#${id}`;
    });
  }

  #announce(neighbor: Neighbor): void {
    const family = this.#family();
    const { peer, index, paths } = neighbor;
    const attributes = this.#attributes(peer, family);
    const nlri = batch(...new Set(this.#routes(neighbor, family)));
    const bytes = buildAttributes(attributes);
    this.rib.reach(index, family, nlri, { bytes, length: bytes.length });
    for (let i = 0; i < nlri.count; i++) {
      const key = `${family}:${textOf(nlri, i, family === Family.Ipv6Unicast)}`;
      neighbor.refreshed[family]?.add(key);
      const verdict = importRoute(peer, attributes);
      const old = paths.get(key);
      const isSame = old !== undefined && toHex(buildAttributes(old.attributes)) === toHex(bytes);
      const age = isSame && old.rejected === verdict.rejected ? old.age : ++this.#age;
      const pathId = nlri.pathId[i] as number;
      paths.set(key, { peer, pathId, attributes, ...verdict, age, neighbors: undefined });
    }
  }

  #attributes(peer: RibPeer, family: Family): PathAttributes {
    const internal = peer.negotiated.peerType === "internal";
    const tail = Array.from({ length: this.#below(3) }, () => (this.#chance(0.1) ? 65000 : this.#pick(ASES)));
    const asPath = internal ? tail : [peer.negotiated.peerAs, ...tail];
    const set = this.#chance(0.1) ? [{ type: "set" as const, asns: [this.#pick(ASES), 7018] }] : [];
    return {
      ...EMPTY_ATTRIBUTES,
      origin: this.#pick(["igp", "igp", "egp", "incomplete"]),
      asPath: asPath.length > 0 ? [{ type: "sequence", asns: asPath }, ...set] : set,
      nextHop: address(
        family === Family.Ipv4Unicast ? `192.0.2.${1 + this.#below(2)}` : `2001:db8:ff::${1 + this.#below(2)}`,
      ),
      med: this.#chance(0.5) ? this.#below(3) : undefined,
      localPref: internal ? this.#pick([100, 100, 200]) : undefined,
      communities: this.#chance(0.3) ? [this.#pick(COMMUNITIES)] : [],
      originatorId: internal && this.#chance(0.3) ? this.#pick(ROUTERS) : undefined,
      clusterList: internal && this.#chance(0.3) ? [this.#pick(ROUTERS)] : [],
      otc: this.#chance(0.1) ? this.#pick(ASES) : undefined,
    };
  }

  #withdraw(neighbor: Neighbor): void {
    const family = this.#family();
    const nlri = batch(...new Set(this.#routes(neighbor, family)));
    this.rib.withdraw(neighbor.index, family, nlri);
    for (let i = 0; i < nlri.count; i++)
      neighbor.paths.delete(`${family}:${textOf(nlri, i, family === Family.Ipv6Unicast)}`);
  }

  #refresh(neighbor: Neighbor): void {
    const family = this.#family();
    const refreshed = neighbor.refreshed[family];
    if (refreshed === undefined) {
      this.rib.beginRefresh(neighbor.index, family);
      neighbor.refreshed[family] = new Set();
      return;
    }
    this.rib.endRefresh(neighbor.index, family);
    neighbor.refreshed[family] = undefined;
    for (const key of neighbor.paths.keys())
      if (key.startsWith(`${family}:`) && !refreshed.has(key)) neighbor.paths.delete(key);
    // What comes later counts as announced again; the sweep is as if it were over at once only when nothing does.
    this.#work(1000);
  }

  #announceLocal(): void {
    const family = this.#family();
    const text = this.#pick(PREFIXES[family] as readonly string[]);
    const nextHop = this.#pick(family === Family.Ipv4Unicast ? ["0.0.0.0", "192.0.2.9"] : ["::", "2001:db8:ff::9"]);
    const attributes: PathAttributes = {
      ...EMPTY_ATTRIBUTES,
      nextHop: address(nextHop),
      asPath: this.#chance(0.2) ? [{ type: "sequence", asns: [65000, 65000] }] : [],
      med: this.#chance(0.5) ? 50 : undefined,
      communities: this.#chance(0.2) ? [WellKnownCommunity.NoExport] : [0x0d1c0002],
    };
    const names = this.#neighbors.map(({ peer }) => peer.name);
    const neighbors = this.#chance(0.7) ? undefined : [this.#chance(0.5) ? "tor" : (names[0] ?? "tor")];
    const bytes = buildAttributes(attributes);
    const pathId = this.#below(2);
    const route: LocalRoute = {
      family,
      prefix: prefix(text),
      pathId,
      attributes: { bytes, length: bytes.length },
      neighbors,
    };
    this.rib.announceLocal(route);
    const path = { peer: undefined, pathId, attributes, imported: attributes, rejected: undefined, age: 0, neighbors };
    this.#local.set(`${family}|${text}|${pathId}`, path);
  }

  #withdrawLocal(): void {
    const key = [...this.#local.keys()][this.#below(this.#local.size)];
    if (key !== undefined) this.#removeLocal(key);
  }

  #removeLocal(key: string): void {
    const [family, text, pathId] = key.split("|");
    this.rib.withdrawLocal(Number(family) as Family, prefix(text as string), Number(pathId));
    this.#local.delete(key);
  }

  #work(slices: number): void {
    for (let i = 0; i < slices && this.rib.pending; i++) this.rib.work();
  }

  #pull(neighbor: Neighbor, slabs: number): void {
    for (let i = 0; i < slabs; i++) {
      const bytes = this.rib.pull(neighbor.index);
      if (bytes === undefined) {
        this.#readable.delete(neighbor.index);
        return;
      }
      neighbor.receiver.read(bytes);
      this.#readable.add(neighbor.index); // there may be more
    }
  }

  /** Best paths of a destination, as the model sees them. */
  #ranked(family: Family, text: string): ModelPath[] {
    const wide = family === Family.Ipv6Unicast;
    const key = `${family}:${textOf(batch(text), 0, wide)}`.replace(/#.*/, "#");
    const paths: ModelPath[] = [];
    for (const { paths: learned } of this.#neighbors)
      for (const [at, path] of learned) if (at.startsWith(key)) paths.push(path);
    for (const [at, path] of this.#local) if (at.startsWith(`${family}|${text}|`)) paths.push(path);
    return rank(paths, this.#options);
  }

  #checkReceiver({ peer, index, receiver }: Neighbor): void {
    const expected: string[] = [];
    for (const { family, addPathSend } of peer.negotiated.families) {
      for (const text of PREFIXES[family] as readonly string[]) {
        const key = `${family}:${textOf(batch(text), 0, family === Family.Ipv6Unicast)}`.replace(/#.*/, "");
        for (const path of this.#ranked(family, text).slice(0, peer.sendMax[family])) {
          const told = path.peer?.name === peer.name ? undefined : exportRoute(peer, family, path);
          if (told !== undefined) expected.push(`${key} ${toHex(buildAttributes(told))}`);
        }
      }
      assert.equal(receiver.endOfRib.has(family), true);
      const sent = [...receiver.routes.keys()].filter((key) => key.startsWith(`${family}:`)).length;
      assert.equal(this.rib.advertisedCount(index, family), sent, "advertised count");
      assert.equal(this.rib.view.adjRibOut(index, family, 0, 1000).routes.length, sent);
      if (!addPathSend) for (const key of receiver.routes.keys()) assert.match(key, /#0$/);
    }
    const actual = [...receiver.routes].map(([key, hex]) => `${key.replace(/#.*/, "")} ${hex}`);
    assert.deepEqual(actual.sort(), expected.sort(), `what ${peer.name} knows`);
  }

  #checkCounts({ index, paths }: Neighbor): void {
    for (const family of FAMILIES) {
      const own = [...paths].filter(([key]) => key.startsWith(`${family}:`)).map(([, path]) => path);
      assert.equal(this.rib.receivedCount(index, family), own.length);
      assert.equal(this.rib.acceptedCount(index, family), own.filter((path) => path.rejected === undefined).length);
      const seen = this.rib.view.adjRibIn(index, family, 0, 1000).routes.map(({ rejected }) => `${rejected}`);
      assert.deepEqual(seen.sort(), own.map(({ rejected }) => `${rejected}`).sort());
    }
  }

  /** At rest, neighbours that are treated alike have found together, and others have not. */
  #checkGroups(): void {
    const restrictions = [...this.#local.values()].map(({ neighbors }) => neighbors ?? []);
    const kinds = this.#neighbors.flatMap(({ peer }) => {
      const isNamed = (names: readonly string[]) => names.some((name) => name === peer.name || name === peer.peerGroup);
      return FAMILIES.map((family) => `${family} ${groupKey(peer, family)} ${restrictions.map(isNamed)}`);
    });
    assert.equal(this.rib.usage.updateGroups, new Set(kinds).size);
  }
}
