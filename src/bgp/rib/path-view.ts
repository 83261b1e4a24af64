import { Address } from "../../lib/address.ts";
import { Prefix } from "../../lib/prefix.ts";
import { after, type Instant, seconds } from "../../lib/time.ts";
import type { FamilyTables } from "./family-tables.ts";
import { PathFlag, type PathIndex } from "./path-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { RouteView } from "./route-view.ts";

/** A path as the API sees it, with the attributes of `set`: those that are considered unless told otherwise. */
export function viewOf(tables: FamilyTables, path: PathIndex, set = tables.paths.sets[path] as number): RouteView {
  const { paths, peers, store, family } = tables;
  const entry = peers.entry(paths.peers[path] as number);
  return {
    family,
    prefix: prefixOf(tables, paths.destinations[path] as number),
    peer: paths.peers[path] as number,
    pathId: paths.pathId(path),
    attributes: store.copy(set),
    best: ((paths.flags[path] as number) & PathFlag.Best) !== 0,
    rejected: paths.rejectReason(path),
    stale: entry !== undefined && tables.isStale(entry, path),
    learnedAt: after(0 as Instant, seconds(paths.learnedAt[path] as number)),
  };
}

/** The prefix of a row. */
export function prefixOf({ prefixes }: FamilyTables, destination: PrefixIndex): Prefix {
  const { wide, w0, w1, w2, w3, lengths } = prefixes;
  const word = (column: Uint32Array) => column[destination] as number;
  const address = wide ? new Address(6, word(w0), word(w1), word(w2), word(w3)) : new Address(4, word(w0));
  return new Prefix(address, lengths[destination] as number);
}
