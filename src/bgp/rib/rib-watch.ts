import type { FamilyTables } from "./family-tables.ts";
import { PathFlag, type PathIndex } from "./path-table.ts";
import { viewOf } from "./path-view.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import { LOCAL_PEER } from "./rib-io.ts";
import type { RouteView } from "./route-view.ts";

/** Who wants to be told of changes of the tables as they happen. Must not call back in. */
export interface RibWatcher {
  /** Another best path, or the same one with other attributes; `isGone`: there is none any more, this was the last. */
  best(route: RouteView, isGone: boolean): void;
  /** A neighbour has announced a path, or (`isGone`) it is no longer in its Adj-RIB-In. Attributes as received. */
  received(route: RouteView, isGone: boolean): void;
  /** The same after import policy: without paths that it rejects. */
  accepted(route: RouteView, isGone: boolean): void;
}

/** What is remembered between a change and the decision about it; of what is beyond, less is told. */
const PENDING_MAX = 65_536;

/** Notes what happens to the paths of one family while somebody watches. An object per change: nobody watches at full load. */
export class FamilyWatch {
  readonly #tables: FamilyTables;
  readonly #watcher: RibWatcher;
  /** Paths that have other attributes than when they were told of. */
  readonly #replaced = new Set<PathIndex>();
  /** Best paths that were taken out, by destination. */
  readonly #removed = new Map<PrefixIndex, RouteView>();

  constructor(tables: FamilyTables, watcher: RibWatcher) {
    this.#tables = tables;
    this.#watcher = watcher;
  }

  /** The path is there now, or has other attributes now. `wasAccepted`: before that. */
  put(path: PathIndex, wasAccepted: boolean): void {
    const { paths } = this.#tables;
    if (this.#replaced.size < PENDING_MAX) this.#replaced.add(path);
    if (paths.peers[path] === LOCAL_PEER) return;
    this.#watcher.received(this.#received(path), false);
    if (paths.isAccepted(path)) this.#watcher.accepted(viewOf(this.#tables, path), false);
    else if (wasAccepted) this.#watcher.accepted(viewOf(this.#tables, path), true);
  }

  /** The path is about to be taken out. */
  removing(path: PathIndex): void {
    const { paths } = this.#tables;
    const isBest = ((paths.flags[path] as number) & PathFlag.Best) !== 0;
    this.#replaced.delete(path);
    if (isBest && this.#removed.size < PENDING_MAX)
      this.#removed.set(paths.destinations[path] as number, viewOf(this.#tables, path));
    if (paths.peers[path] === LOCAL_PEER) return;
    this.#watcher.received(this.#received(path), true);
    if (paths.isAccepted(path)) this.#watcher.accepted(viewOf(this.#tables, path), true);
  }

  /** Runs the decision, and tells what became of it. */
  decide(destination: PrefixIndex): void {
    const tables = this.#tables;
    const before = tables.bestOf(destination);
    const former = this.#removed.get(destination) ?? (before === 0 ? undefined : viewOf(tables, before));
    this.#removed.delete(destination);
    tables.decide(destination);
    const best = tables.bestOf(destination);
    const isReplaced = this.#replaced.has(best);
    const { nexts } = tables.paths;
    for (let path = tables.headOf(destination); path !== 0; path = nexts[path] as number) this.#replaced.delete(path);
    if (best === 0) {
      if (former !== undefined) this.#watcher.best({ ...former, best: false }, true);
    } else if (best !== before || isReplaced) this.#watcher.best(viewOf(tables, best), false);
  }

  #received(path: PathIndex): RouteView {
    const { paths } = this.#tables;
    return viewOf(this.#tables, path, paths.receivedSet(path) || (paths.sets[path] as number));
  }
}
