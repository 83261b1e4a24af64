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
import { capacityFor, growU16, growU32, nextCapacity } from "./columns.ts";
import type { Exporter } from "./exporter.ts";
import type { FamilyTables } from "./family-tables.ts";
import type { OutBatch } from "./out-batch.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex } from "./rib-io.ts";

/**
 * The Adj-RIB-Out of neighbours that negotiated add-path (RFC 7911): of each destination the best `sendMax`, those of them
 * that may be told. The path identifier is the path's row in the path table: it stays the same as long as the path lives.
 */
export class MultiAdjOut implements AdjOut {
  readonly #tables: FamilyTables;
  readonly #exporter: Exporter;
  readonly #batch: OutBatch;
  readonly #sendMax: number;
  /** First row of each destination. */
  #heads = new Uint32Array(0);
  #nexts = new Uint32Array(64);
  #pathIds = new Uint32Array(64);
  #sets = new Uint32Array(64);
  #from = new Uint16Array(64);
  #limit = 1;
  #free = 0;
  #counts = new SourceCounts();
  readonly #best: Uint32Array;

  constructor(tables: FamilyTables, exporter: Exporter, batch: OutBatch, sendMax: number) {
    this.#tables = tables;
    this.#exporter = exporter;
    this.#batch = batch;
    this.#sendMax = sendMax;
    this.#best = new Uint32Array(sendMax);
  }

  get limit(): number {
    return this.#heads.length;
  }

  holds(destination: PrefixIndex): boolean {
    return this.#headOf(destination) !== 0;
  }

  count(peer: PeerIndex): number {
    return this.#counts.without(peer);
  }

  /** To know costs as much as to do it. */
  isCurrent(destination: PrefixIndex): boolean {
    return !this.holds(destination) && this.#tables.bestOf(destination) === 0;
  }

  update(destination: PrefixIndex, how: Comparison, members: Membership): void {
    const { paths } = this.#tables;
    const best = this.#best;
    const count = this.#tables.decision.rank(this.#tables.headOf(destination), this.#sendMax, best);
    // What is told no more. A row whose path is still among the best stays, and is compared below.
    let before = 0;
    for (let row = this.#headOf(destination); row !== 0; ) {
      const next = this.#nexts[row] as number;
      const path = this.#pathIds[row] as number;
      const isKept =
        best.subarray(0, count).includes(path) &&
        this.#exporter.exported(destination, paths.sets[path] as number) !== 0;
      if (isKept) before = row;
      else {
        this.#tell(destination, path, row, 0, 0, how, members);
        this.#removeRow(destination, row, before);
      }
      row = next;
    }
    for (let i = 0; i < count; i++) {
      const path = best[i] as number;
      const set = this.#exporter.exported(destination, paths.sets[path] as number);
      if (set === 0) continue;
      const row = this.#rowOf(destination, path) || this.#addRow(destination, path);
      this.#tell(destination, path, row, set, paths.peers[path] as number, how, members);
    }
  }

  drop(destination: PrefixIndex): void {
    for (let row = this.#headOf(destination); row !== 0; row = this.#headOf(destination)) {
      this.#counts.remove(this.#from[row] as number);
      this.#tables.store.release(this.#sets[row] as number);
      this.#removeRow(destination, row, 0);
    }
  }

  clone(exporter: Exporter, sendMax: number): MultiAdjOut {
    const copy = new MultiAdjOut(this.#tables, exporter, this.#batch, sendMax);
    copy.#heads = this.#heads.slice();
    copy.#nexts = this.#nexts.slice();
    copy.#pathIds = this.#pathIds.slice();
    copy.#sets = this.#sets.slice();
    copy.#from = this.#from.slice();
    copy.#limit = this.#limit;
    copy.#free = this.#free;
    copy.#counts = this.#counts.clone();
    for (const set of copy.#sets) if (set !== 0) this.#tables.store.retain(set);
    return copy;
  }

  forEach(destination: PrefixIndex, visit: (set: SetId, from: PeerIndex, pathId: number) => void): void {
    for (let row = this.#headOf(destination); row !== 0; row = this.#nexts[row] as number)
      visit(this.#sets[row] as number, this.#from[row] as number, this.#pathIds[row] as number);
  }

  /** Tells the members what became of one row; a row that is new holds set 0. */
  #tell(
    destination: PrefixIndex,
    pathId: number,
    row: number,
    set: SetId,
    from: PeerIndex,
    how: Comparison,
    members: Membership,
  ): void {
    const old = this.#sets[row] as number;
    const oldFrom = this.#from[row] as number;
    const before = how.before ?? this.#exporter;
    const isSame = !how.force && old !== 0 && set !== 0 && this.#exporter.tellsSame(old, before, set);
    const change: EntryChange = { destination, pathId, old, oldFrom, set, from };
    if (old !== 0 || set !== 0) addChange(change, isSame, members, this.#batch);
    if (old !== 0) this.#counts.remove(oldFrom);
    if (set !== 0) this.#counts.add(from);
    if (old !== set) exchange(this.#tables.store, old, set);
    this.#sets[row] = set;
    this.#from[row] = from;
  }

  #headOf(destination: PrefixIndex): number {
    return destination < this.#heads.length ? (this.#heads[destination] as number) : 0;
  }

  #rowOf(destination: PrefixIndex, pathId: number): number {
    let row = this.#headOf(destination);
    while (row !== 0 && this.#pathIds[row] !== pathId) row = this.#nexts[row] as number;
    return row;
  }

  #addRow(destination: PrefixIndex, pathId: number): number {
    let row = this.#free;
    if (row !== 0) this.#free = this.#nexts[row] as number;
    else {
      if (this.#limit === this.#sets.length) this.#growRows(nextCapacity(this.#limit));
      row = this.#limit++;
    }
    if (destination >= this.#heads.length) this.#heads = growU32(this.#heads, capacityFor(destination + 1));
    this.#nexts[row] = this.#heads[destination] as number;
    this.#heads[destination] = row;
    this.#pathIds[row] = pathId;
    this.#sets[row] = 0;
    return row;
  }

  /** `before`: the row in front of it, or 0. */
  #removeRow(destination: PrefixIndex, row: number, before: number): void {
    const next = this.#nexts[row] as number;
    if (before === 0) this.#heads[destination] = next;
    else this.#nexts[before] = next;
    this.#sets[row] = 0;
    this.#nexts[row] = this.#free;
    this.#free = row;
  }

  #growRows(capacity: number): void {
    this.#nexts = growU32(this.#nexts, capacity);
    this.#pathIds = growU32(this.#pathIds, capacity);
    this.#sets = growU32(this.#sets, capacity);
    this.#from = growU16(this.#from, capacity);
  }
}
