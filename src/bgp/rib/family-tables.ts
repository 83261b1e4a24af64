import { Family } from "../wire/family.ts";
import type { AttributeStore } from "./attribute-store.ts";
import { Decision } from "./decision.ts";
import { isOlder } from "./generation.ts";
import { PathFlag, type PathIndex, PathTable } from "./path-table.ts";
import type { PeerEntry, PeerTable } from "./peer-table.ts";
import { type PrefixIndex, PrefixTable } from "./prefix-table.ts";
import type { SelectionOptions } from "./rib-io.ts";
import type { FamilyWatch } from "./rib-watch.ts";

/** The tables of one family, and the decision over them; attribute sets and peers are those of the whole RIB. */
export class FamilyTables {
  readonly family: Family;
  readonly store: AttributeStore;
  readonly peers: PeerTable;
  readonly prefixes: PrefixTable;
  readonly paths = new PathTable();
  readonly decision: Decision;
  /** Set while somebody watches. */
  watch: FamilyWatch | undefined;

  constructor(family: Family, selection: SelectionOptions, store: AttributeStore, peers: PeerTable) {
    this.family = family;
    this.store = store;
    this.peers = peers;
    this.prefixes = new PrefixTable(family === Family.Ipv6Unicast);
    this.decision = new Decision(selection, store, this.paths, peers);
  }

  /** The first path of a destination, or 0: it has none, or its row is free. */
  headOf(destination: PrefixIndex): PathIndex {
    return this.prefixes.isUsed(destination) ? (this.prefixes.heads[destination] as number) : 0;
  }

  /** The path that the decision chose last, or 0. */
  bestOf(destination: PrefixIndex): PathIndex {
    const { nexts, flags } = this.paths;
    let path = this.headOf(destination);
    while (path !== 0 && ((flags[path] as number) & PathFlag.Best) === 0) path = nexts[path] as number;
    return path;
  }

  /** Runs the decision for a destination, and marks the best path. */
  decide(destination: PrefixIndex): void {
    const head = this.headOf(destination);
    const best = this.decision.best(head);
    const { nexts, flags } = this.paths;
    for (let path = head; path !== 0; path = nexts[path] as number) {
      const others = (flags[path] as number) & ~PathFlag.Best;
      flags[path] = path === best ? others | PathFlag.Best : others;
    }
  }

  /** The path of a peer for a destination, or 0. */
  pathOf(destination: PrefixIndex, peer: number, pathId: number): PathIndex {
    const { paths } = this;
    let path = this.prefixes.heads[destination] as number;
    while (path !== 0 && (paths.peers[path] !== peer || paths.pathId(path) !== pathId))
      path = paths.nexts[path] as number;
    return path;
  }

  /** Whether the path is one of those that its peer, `entry`, has not announced again since it went down. Hot. */
  isStale({ stale, freshFrom }: PeerEntry, path: PathIndex): boolean {
    if (stale[this.family] === 0) return false;
    return isOlder(this.paths.generations[path] as number, freshFrom[this.family] as number);
  }

  /** Puts a path in front of its destination's list: it is the youngest. */
  link(path: PathIndex, destination: PrefixIndex): void {
    this.paths.nexts[path] = this.prefixes.heads[destination] as number;
    this.prefixes.heads[destination] = path;
  }

  /** Takes a path out of its destination's list. */
  unlink(path: PathIndex): void {
    const { nexts } = this.paths;
    const { heads } = this.prefixes;
    const destination = this.paths.destinations[path] as number;
    const next = nexts[path] as number;
    if (heads[destination] === path) {
      heads[destination] = next;
      return;
    }
    let before = heads[destination] as number;
    while (nexts[before] !== path) before = nexts[before] as number;
    nexts[before] = next;
  }
}
