import type { Prefix } from "../../lib/prefix.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";
import { AdjRibIn } from "./adj-rib-in.ts";
import type { SetId } from "./attribute-store.ts";
import type { FamilyTables } from "./family-tables.ts";
import { IndexQueue } from "./index-queue.ts";
import type { PeerEntry } from "./peer-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import { LOCAL_PEER } from "./rib-io.ts";
import { DropSweep, PathSweep, type Sweep } from "./sweep.ts";
import { UpdateGroups } from "./update-groups.ts";

/** Destinations decided in a slice: about two milliseconds. */
const DECISIONS_MAX = 4_096;
/** Generations of refreshes are told apart modulo this. */
const GENERATIONS = 256;

/** What one family needs of the whole. */
export interface FamilyHost {
  readable(peer: PeerEntry): void;
  /** Work for later slices, and whether there is any. */
  sweep(sweep: Sweep): void;
  readonly isSweeping: boolean;
}

/** One family of the RIB: paths come in by {@link AdjRibIn}, are decided here, and go out by {@link UpdateGroups}. */
export class FamilyRib {
  readonly tables: FamilyTables;
  readonly groups: UpdateGroups;
  readonly #host: FamilyHost;
  /** Destinations to be decided. */
  readonly #dirty = new IndexQueue();
  readonly #adjRibIn: AdjRibIn;

  constructor(tables: FamilyTables, host: FamilyHost) {
    this.tables = tables;
    this.#host = host;
    this.#adjRibIn = new AdjRibIn(tables, this.#dirty);
    const release = (destination: PrefixIndex) => this.#release(destination);
    this.groups = new UpdateGroups(tables, {
      readable: (peer) => host.readable(peer),
      discarded: (adjOut) => host.sweep(new DropSweep(adjOut, release)),
      release,
    });
  }

  reach(entry: PeerEntry, batch: NlriBatch, attributes: CanonicalAttributes): void {
    this.#adjRibIn.reach(entry, batch, attributes);
  }

  withdraw(entry: PeerEntry, batch: NlriBatch): void {
    this.#adjRibIn.withdraw(entry, batch);
  }

  announceLocal(prefix: Prefix, pathId: number, set: SetId): void {
    const { w0, w1, w2, w3 } = prefix.address;
    this.#adjRibIn.putLocal(this.tables.prefixes.insert(w0, w1, w2, w3, prefix.length), pathId, set);
  }

  withdrawLocal(prefix: Prefix, pathId: number): void {
    const { w0, w1, w2, w3 } = prefix.address;
    const destination = this.tables.prefixes.find(w0, w1, w2, w3, prefix.length);
    const path = destination === 0 ? 0 : this.tables.pathOf(destination, LOCAL_PEER, pathId);
    if (path !== 0) this.#adjRibIn.remove(path);
  }

  /** Removes the paths of a peer that is gone. */
  sweepGone({ index, received }: PeerEntry): void {
    if (received[this.tables.family] === 0) return;
    const { paths } = this.tables;
    this.#sweepPaths((path) => paths.peers[path] === index && this.#remove(path));
  }

  /** Judges the paths of a peer anew. */
  sweepImport(entry: PeerEntry): void {
    const { paths, peers } = this.tables;
    this.#sweepPaths((path) => {
      if (paths.peers[path] !== entry.index || peers.find(entry.index) !== entry) return false;
      this.#adjRibIn.judgeAgain(entry, path);
      return true;
    });
  }

  /** From now on the peer's paths belong to a new generation. */
  beginRefresh(entry: PeerEntry): void {
    const { family } = this.tables;
    entry.generation[family] = ((entry.generation[family] as number) + 1) % GENERATIONS;
  }

  /** Removes the peer's paths of earlier generations. Those of later ones have come while the sweep went on. */
  endRefresh(entry: PeerEntry): void {
    const { paths, peers } = this.tables;
    const generation = entry.generation[this.tables.family] as number;
    this.#sweepPaths((path) => {
      if (paths.peers[path] !== entry.index || peers.entry(entry.index) !== entry) return false;
      const age = (generation - (paths.generations[path] as number) + GENERATIONS) % GENERATIONS;
      return age > 0 && age < GENERATIONS / 2 && this.#remove(path);
    });
  }

  get pending(): boolean {
    return this.#dirty.length > 0 || this.groups.pending;
  }

  /** Decides a slice of the destinations that wait, and tells who has something to read. */
  work(): void {
    for (let i = 0; i < DECISIONS_MAX; i++) {
      const destination = this.#dirty.take();
      if (destination === 0) break;
      if (this.tables.watch === undefined) this.tables.decide(destination);
      else this.tables.watch.decide(destination);
      this.groups.mark(destination);
      this.#release(destination);
    }
    if (this.#dirty.length === 0 && !this.#host.isSweeping) this.groups.merge();
    this.groups.notify();
  }

  #sweepPaths(visit: (path: number) => boolean): void {
    this.#host.sweep(new PathSweep(this.tables.paths, visit));
  }

  #remove(path: number): true {
    this.#adjRibIn.remove(path);
    return true;
  }

  /** Frees a destination's row when it has no path and nobody was told of it. */
  #release(destination: PrefixIndex): void {
    const { prefixes } = this.tables;
    if (!prefixes.isUsed(destination) || prefixes.heads[destination] !== 0) return;
    if (this.groups.isUntold(destination)) prefixes.remove(destination);
  }
}
