import { maskWord, type Prefix } from "../../lib/prefix.ts";
import { Family } from "../wire/family.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { FamilyRib } from "./family-rib.ts";
import { prefixOf, viewOf } from "./path-view.ts";
import type { PeerTable } from "./peer-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex } from "./rib-io.ts";
import type { RibCounts, RibView, RoutePage, RouteView } from "./route-view.ts";

/** Looks into the tables for the API and the status page. Nothing is kept for that: scans go by slices. */
export class RibQuery implements RibView {
  readonly #families: readonly FamilyRib[];
  readonly #peers: PeerTable;

  constructor(families: readonly FamilyRib[], peers: PeerTable) {
    this.#families = families;
    this.#peers = peers;
  }

  counts(family: Family): RibCounts {
    const { prefixes, paths } = this.#rib(family).tables;
    return { destinations: prefixes.count, paths: paths.count };
  }

  routes(family: Family, from: number, limit: number): RoutePage {
    const rib = this.#rib(family);
    return page(rib.tables.prefixes.limit, from, limit, (destination, routes) =>
      routes.push(...this.#pathsOf(rib, destination)),
    );
  }

  adjRibIn(peer: PeerIndex, family: Family, from: number, limit: number): RoutePage {
    const rib = this.#rib(family);
    const { paths } = rib.tables;
    return page(paths.limit, from, limit, (path, routes) => {
      if (!paths.isUsed(path) || paths.peers[path] !== peer) return;
      const set = paths.receivedSet(path) || (paths.sets[path] as number);
      routes.push(viewOf(rib.tables, path, set));
    });
  }

  adjRibOut(peer: PeerIndex, family: Family, from: number, limit: number): RoutePage {
    const rib = this.#rib(family);
    if (rib.groups.groupOf(peer) === undefined) return { routes: [], next: undefined };
    const out = new ByteWriter();
    return page(rib.tables.prefixes.limit, from, limit, (destination, routes) =>
      this.#sent(rib, peer, destination, out, routes),
    );
  }

  sent(peer: PeerIndex, prefix: Prefix): readonly RouteView[] {
    const rib = this.#rib(familyOf(prefix));
    const routes: RouteView[] = [];
    this.#sent(rib, peer, find(rib, prefix, prefix.length), new ByteWriter(), routes);
    return routes;
  }

  isSent(peer: PeerIndex, prefix: Prefix): boolean {
    const rib = this.#rib(familyOf(prefix));
    const group = rib.groups.groupOf(peer);
    const destination = find(rib, prefix, prefix.length);
    if (group === undefined || destination === 0 || this.#peers.find(peer) === undefined) return false;
    let isSent = false;
    group.adjOut.forEach(destination, (_, source) => {
      isSent ||= source !== peer;
    });
    return isSent;
  }

  exact(prefix: Prefix): readonly RouteView[] {
    const rib = this.#rib(familyOf(prefix));
    return this.#pathsOf(rib, find(rib, prefix, prefix.length));
  }

  longest(prefix: Prefix): readonly RouteView[] {
    const rib = this.#rib(familyOf(prefix));
    for (let length = prefix.length; length >= 0; length--) {
      const found = this.#pathsOf(rib, find(rib, prefix, length));
      if (found.length > 0) return found;
    }
    return [];
  }

  shorter(prefix: Prefix): readonly RouteView[] {
    const rib = this.#rib(familyOf(prefix));
    const found: RouteView[] = [];
    for (let length = 0; length <= prefix.length; length++)
      found.push(...this.#pathsOf(rib, find(rib, prefix, length)));
    return found;
  }

  longer(prefix: Prefix, from: number, limit: number): RoutePage {
    const rib = this.#rib(familyOf(prefix));
    return page(rib.tables.prefixes.limit, from, limit, (destination, routes) => {
      if (isWithin(rib, destination, prefix)) routes.push(...this.#pathsOf(rib, destination));
    });
  }

  /** What `peer` was sent of a destination. */
  #sent(rib: FamilyRib, peer: PeerIndex, destination: PrefixIndex, out: ByteWriter, routes: RouteView[]): void {
    const group = rib.groups.groupOf(peer);
    if (group === undefined || destination === 0 || this.#peers.find(peer) === undefined) return;
    group.adjOut.forEach(destination, (set, source, pathId) => {
      if (source === peer) return;
      const { bytes, length } = group.exporter.attributesOf(set, out);
      const attributes = bytes.slice(0, length);
      const prefix = prefixOf(rib.tables, destination);
      routes.push({
        family: rib.tables.family,
        prefix,
        peer: source,
        pathId,
        attributes,
        best: true,
        rejected: undefined,
        learnedAt: undefined,
        stale: false,
      });
    });
  }

  #rib(family: Family): FamilyRib {
    return this.#families[family] as FamilyRib;
  }

  /** All paths of a destination that are still there, best first, then the youngest first. */
  #pathsOf(rib: FamilyRib, destination: PrefixIndex): RouteView[] {
    const { paths } = rib.tables;
    const views: RouteView[] = [];
    for (let path = rib.tables.headOf(destination); path !== 0; path = paths.nexts[path] as number) {
      if (this.#peers.gone[paths.peers[path] as number] === 1) continue;
      const view = viewOf(rib.tables, path);
      if (view.best) views.unshift(view);
      else views.push(view);
    }
    return views;
  }
}

/** Visits rows `from` up to `limit` of them, below `end`. A first `from` of 0 is the first row. */
function page(end: number, from: number, limit: number, visit: (row: number, routes: RouteView[]) => void): RoutePage {
  const routes: RouteView[] = [];
  const first = Math.max(from, 1);
  const last = Math.min(end, first + Math.max(limit, 1));
  for (let row = first; row < last; row++) visit(row, routes);
  return { routes, next: last < end ? last : undefined };
}

const familyOf = (prefix: Prefix): Family => (prefix.version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast);

/** The row of the first `length` bits of a prefix, or 0. */
function find(rib: FamilyRib, { address }: Prefix, length: number): PrefixIndex {
  const { w0, w1, w2, w3 } = address;
  return rib.tables.prefixes.find(
    (w0 & maskWord(length)) >>> 0,
    (w1 & maskWord(length - 32)) >>> 0,
    (w2 & maskWord(length - 64)) >>> 0,
    (w3 & maskWord(length - 96)) >>> 0,
    length,
  );
}

function isWithin(rib: FamilyRib, destination: PrefixIndex, { address, length }: Prefix): boolean {
  const { prefixes } = rib.tables;
  if (!prefixes.isUsed(destination) || (prefixes.lengths[destination] as number) < length) return false;
  const differs = (column: Uint32Array, word: number, bits: number) =>
    (((column[destination] as number) ^ word) & maskWord(bits)) !== 0;
  if (differs(prefixes.w0, address.w0, length)) return false;
  if (!prefixes.wide) return true;
  return !(
    differs(prefixes.w1, address.w1, length - 32) ||
    differs(prefixes.w2, address.w2, length - 64) ||
    differs(prefixes.w3, address.w3, length - 96)
  );
}
