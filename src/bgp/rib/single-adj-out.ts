import {
  type AdjOut,
  addChange,
  type Comparison,
  type EntryChange,
  exchange,
  type Membership,
  SourceCounts,
} from "./adj-out.ts";
import type { SetId } from "./attribute-store.ts";
import { capacityFor, growU16, growU32 } from "./columns.ts";
import type { Exporter } from "./exporter.ts";
import type { FamilyTables } from "./family-tables.ts";
import type { OutBatch } from "./out-batch.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex } from "./rib-io.ts";

/** The Adj-RIB-Out of neighbours that are told the best path only (all without add-path): a column of sets and one of sources. */
export class SingleAdjOut implements AdjOut {
  readonly #tables: FamilyTables;
  readonly #exporter: Exporter;
  readonly #batch: OutBatch;
  /** As long as was needed so far. */
  #sets = new Uint32Array(0);
  #from = new Uint16Array(0);
  #counts = new SourceCounts();
  readonly #change: EntryChange = { destination: 0, pathId: 0, old: 0, oldFrom: 0, set: 0, from: 0 };

  constructor(tables: FamilyTables, exporter: Exporter, batch: OutBatch) {
    this.#tables = tables;
    this.#exporter = exporter;
    this.#batch = batch;
  }

  get limit(): number {
    return this.#sets.length;
  }

  holds(destination: PrefixIndex): boolean {
    return destination < this.#sets.length && this.#sets[destination] !== 0;
  }

  count(peer: PeerIndex): number {
    return this.#counts.without(peer);
  }

  isCurrent(destination: PrefixIndex): boolean {
    const path = this.#tables.bestOf(destination);
    const set = path === 0 ? 0 : this.#exporter.exported(destination, this.#tables.paths.sets[path] as number);
    if (destination >= this.#sets.length) return set === 0;
    if (this.#sets[destination] !== set) return false;
    return set === 0 || this.#from[destination] === this.#tables.paths.peers[path];
  }

  update(destination: PrefixIndex, how: Comparison, members: Membership): void {
    const { paths, store } = this.#tables;
    const path = this.#tables.bestOf(destination);
    const set = path === 0 ? 0 : this.#exporter.exported(destination, paths.sets[path] as number);
    const from = path === 0 ? 0 : (paths.peers[path] as number);
    const old = destination < this.#sets.length ? (this.#sets[destination] as number) : 0;
    if (old === 0 && set === 0) return;
    const change = this.#change;
    change.destination = destination;
    change.old = old;
    change.oldFrom = old === 0 ? 0 : (this.#from[destination] as number);
    change.set = set;
    change.from = from;
    const before = how.before ?? this.#exporter;
    const isSame = !how.force && old !== 0 && set !== 0 && this.#exporter.tellsSame(old, before, set);
    addChange(change, isSame, members, this.#batch);
    if (destination >= this.#sets.length) this.#grow(destination + 1);
    if (old !== 0) this.#counts.remove(change.oldFrom);
    if (set !== 0) this.#counts.add(from);
    if (old !== set) exchange(store, old, set);
    this.#sets[destination] = set;
    this.#from[destination] = from;
  }

  drop(destination: PrefixIndex): void {
    if (!this.holds(destination)) return;
    this.#counts.remove(this.#from[destination] as number);
    this.#tables.store.release(this.#sets[destination] as number);
    this.#sets[destination] = 0;
  }

  clone(exporter: Exporter): SingleAdjOut {
    const copy = new SingleAdjOut(this.#tables, exporter, this.#batch);
    copy.#sets = this.#sets.slice();
    copy.#from = this.#from.slice();
    copy.#counts = this.#counts.clone();
    for (const set of copy.#sets) if (set !== 0) this.#tables.store.retain(set);
    return copy;
  }

  forEach(destination: PrefixIndex, visit: (set: SetId, from: PeerIndex, pathId: number) => void): void {
    if (this.holds(destination)) visit(this.#sets[destination] as number, this.#from[destination] as number, 0);
  }

  #grow(needed: number): void {
    const capacity = capacityFor(needed);
    this.#sets = growU32(this.#sets, capacity);
    this.#from = growU16(this.#from, capacity);
  }
}
