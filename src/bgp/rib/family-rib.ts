import type { Prefix } from "../../lib/prefix.ts";
import type { Family } from "../wire/family.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";
import { AdjRibIn } from "./adj-rib-in.ts";
import type { SetId } from "./attribute-store.ts";
import type { FamilyTables } from "./family-tables.ts";
import { type Generation, isCrowded, isOlder, nextGeneration } from "./generation.ts";
import { IndexQueue } from "./index-queue.ts";
import { NONE_STALE, type PeerEntry } from "./peer-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import { LOCAL_PEER } from "./rib-io.ts";
import { DropSweep, PathSweep, type Sweep } from "./sweep.ts";
import { UpdateGroups } from "./update-groups.ts";

/** Destinations decided in a slice: about two milliseconds. */
const DECISIONS_MAX = 4_096;

/** What one family needs of the whole. */
export interface FamilyHost {
  readable(peer: PeerEntry): void;
  /** End-of-RIB of this family is among what the peer reads next. */
  endOfRib(peer: PeerEntry, family: Family): void;
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
  #isReleaseDue = false;

  constructor(tables: FamilyTables, host: FamilyHost) {
    this.tables = tables;
    this.#host = host;
    this.#adjRibIn = new AdjRibIn(tables, this.#dirty);
    const release = (destination: PrefixIndex) => this.#release(destination);
    this.groups = new UpdateGroups(tables, {
      readable: (peer) => host.readable(peer),
      endOfRib: (peer) => host.endOfRib(peer, tables.family),
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

  /**
   * From now on the peer's paths belong to a new generation. A peer that begins again and again, and never ends, loses what
   * it has not announced for a hundred times: one could not say any more how old it is.
   */
  beginRefresh(entry: PeerEntry): void {
    const { family } = this.tables;
    const generation = entry.generation[family] as number;
    if (isCrowded(generation, entry.oldest[family] as number)) this.#sweepOlder(entry, generation);
    entry.generation[family] = nextGeneration(generation);
  }

  /** Removes the peer's paths of earlier generations. Those of later ones have come while the sweep went on. */
  endRefresh(entry: PeerEntry): void {
    this.#sweepOlder(entry, entry.generation[this.tables.family] as number);
  }

  /** All paths of the peer are stale from now on: RFC 4724 section 4.2. */
  markStale(entry: PeerEntry): void {
    const { family } = this.tables;
    this.beginRefresh(entry);
    entry.freshFrom[family] = entry.generation[family] as number;
    entry.stale[family] = entry.received[family] as number;
    entry.longLived[family] = false;
  }

  /** Removes the peer's stale paths, and returns how many there are; from this moment on, none counts as stale. */
  sweepStale(entry: PeerEntry): number {
    const { family } = this.tables;
    const count = entry.stale[family] as number;
    if (count > 0) this.#sweepOlder(entry, entry.freshFrom[family] as number);
    entry.freshFrom[family] = NONE_STALE;
    entry.stale[family] = 0;
    entry.longLived[family] = false;
    return count;
  }

  /** The peer's stale paths are long-lived stale from now on: RFC 9494 section 4.2. */
  beginLongLived(entry: PeerEntry): void {
    const { paths, peers, family } = this.tables;
    entry.longLived[family] = true;
    if (entry.stale[family] === 0) return;
    this.#sweepPaths((path) => {
      if (paths.peers[path] !== entry.index || peers.entry(entry.index) !== entry) return false;
      if (entry.longLived[family] !== true || !this.tables.isStale(entry, path)) return false;
      this.#adjRibIn.makeLongLived(path);
      return true;
    });
  }

  /** Only our own routes are selected from now on, until `endDeferral`. */
  deferSelection(): void {
    this.tables.decision.isDeferred = true;
  }

  endDeferral(): void {
    const { decision, paths } = this.tables;
    decision.isDeferred = false;
    if (paths.count === 0) return;
    this.#sweepPaths((path) => {
      if (paths.peers[path] === LOCAL_PEER) return false;
      this.#dirty.add(paths.destinations[path] as number);
      return true;
    });
  }

  /** Holds End-of-RIB back; or lets it go, when all that has come in until now is decided. */
  holdEndOfRib(held: boolean): void {
    this.#isReleaseDue = !held;
    if (held) this.groups.holdEndOfRib(true);
  }

  get pending(): boolean {
    return this.#dirty.length > 0 || this.#isReleaseDue || this.groups.pending;
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
    if (this.#dirty.length === 0 && !this.#host.isSweeping) this.#rest();
    this.groups.notify();
  }

  /** Nothing waits to be decided. */
  #rest(): void {
    this.groups.merge();
    if (!this.#isReleaseDue) return;
    this.#isReleaseDue = false;
    this.groups.holdEndOfRib(false);
  }

  /** Removes the peer's paths of generations before this one. */
  #sweepOlder(entry: PeerEntry, generation: Generation): void {
    const { paths, peers, family } = this.tables;
    entry.oldest[family] = generation;
    this.#sweepPaths((path) => {
      if (paths.peers[path] !== entry.index || peers.entry(entry.index) !== entry) return false;
      return isOlder(paths.generations[path] as number, generation) && this.#remove(path);
    });
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
