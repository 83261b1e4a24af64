import type { Prefix } from "../../lib/prefix.ts";
import { elapsed, type Instant, toSeconds } from "../../lib/time.ts";
import { FAMILIES, type Family } from "../wire/family.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";
import { AttributeStore } from "./attribute-store.ts";
import { type FamilyHost, FamilyRib } from "./family-rib.ts";
import { FamilyTables } from "./family-tables.ts";
import { type PeerEntry, PeerTable } from "./peer-table.ts";
import type { LocalRoute, PeerIndex, RibFace, RibOut, RibPeer, SelectionOptions } from "./rib-io.ts";
import { RibQuery } from "./rib-query.ts";
import { FamilyWatch, type RibWatcher } from "./rib-watch.ts";
import type { RibView } from "./route-view.ts";
import { type Source, SourceClasses, type SourceId } from "./source-classes.ts";
import { Finally, type Sweep } from "./sweep.ts";

/**
 * The Routing Information Base: who told us what, which path is best, and what everybody was told of it.
 *
 *      reach, withdraw                                 work                                     pull
 *     -----------------> AdjRibIn --> IndexQueue --> Decision --> UpdateGroups (pending) --> UpdateGroup --> messages
 *                          |                            |                                       |
 *                     PathTable, PrefixTable (one of each a family), AttributeStore           AdjOut
 *
 * Tables are columns (typed arrays); a row is a number. PrefixTable has a row for each destination and finds it by open
 * addressing; PathTable has a row for each path, and the paths of a destination form a list; AttributeStore has each
 * attribute set once, counted. The Adj-RIB-In of a peer is its rows of the path table, rejected ones included; the Loc-RIB
 * is the rows that the decision has flagged as best. Nothing is allocated for a prefix.
 *
 * What comes in changes the tables at once and puts the destination into a queue. `work` takes it from there: the decision
 * (decision.ts) flags the best path, and every update group for which that makes a difference notes the destination. Only
 * when a member asks (`pull`) does a group compare what it has told with the best path of now, and write the difference, in
 * messages that share attributes. A destination that changes ten times before somebody reads is sent once. So a neighbour that
 * does not read costs nothing but the notes, which are bounded by the table.
 *
 * Everything that goes over a whole table is a sweep, done in slices by `work`: the paths of a peer that is gone count no
 * more from that moment, but disappear bit by bit.
 *
 * A peer whose session is gone may be kept as stale (RFC 4724): it has left its update groups, its paths go on to count, and
 * what they are told apart by is their generation (generation.ts), so that nothing is done to a path to mark it. The peer
 * comes back under its number, or its paths are swept away. Long-lived stale paths (RFC 9494) have another attribute set.
 *
 * RFCs: 1997, 2545 (next hops), 2918, 4271 (9.1 decision, 9.2 export, 5.1 attributes), 4456 (reflection), 4724
 * (End-of-RIB, stale paths, deferral), 5004 (oldest path), 7311, 7313, 7911, 8212, 8326, 8950, 9234 (roles), 9494 (stale
 * routes in decision and export).
 */
export class Rib implements RibFace {
  readonly #out: RibOut;
  readonly #store: AttributeStore;
  readonly #peers = new PeerTable();
  readonly #families: readonly FamilyRib[];
  readonly #sweeps: Sweep[] = [];
  readonly view: RibView;

  constructor(selection: SelectionOptions, out: RibOut) {
    this.#out = out;
    this.#store = new AttributeStore(new SourceClasses());
    const host = this.#familyHost();
    this.#families = FAMILIES.map(
      (family) => new FamilyRib(new FamilyTables(family, selection, this.#store, this.#peers), host),
    );
    this.view = new RibQuery(this.#families, this.#peers);
  }

  addPeer(peer: RibPeer): PeerIndex {
    const entry = this.#peers.add(peer, this.#sourceOf(peer));
    for (const family of this.#families) family.groups.join(entry);
    return entry.index;
  }

  /**
   * The settings of a peer have changed: its routes are judged again ("out": they are not, no such setting has changed),
   * and it is told what it should know now.
   */
  updatePeer(index: PeerIndex, peer: RibPeer, direction: "both" | "out" = "both"): void {
    const entry = this.#peers.find(index);
    if (entry === undefined) return;
    this.#describe(entry, peer);
    for (const family of this.#families) {
      if (direction === "both") family.sweepImport(entry);
      family.groups.change(entry);
    }
  }

  retainPeer(index: PeerIndex, families: readonly Family[]): void {
    const entry = this.#peers.find(index);
    if (entry === undefined) return;
    entry.signalled = false;
    for (const family of this.#families) {
      family.groups.leave(entry);
      family.markStale(entry);
      if (!families.includes(family.tables.family)) family.sweepStale(entry);
    }
  }

  resumePeer(index: PeerIndex, peer: RibPeer): void {
    const entry = this.#peers.get(index);
    this.#describe(entry, peer);
    for (const family of this.#families) family.groups.join(entry);
  }

  sweepStale(index: PeerIndex, family: Family): number {
    const entry = this.#peers.find(index);
    return entry === undefined ? 0 : this.#familyRib(family).sweepStale(entry);
  }

  beginLongLived(index: PeerIndex, family: Family): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).beginLongLived(entry);
  }

  /** Paths of `peer` that it has not announced again since it went down. */
  staleCount(index: PeerIndex, family: Family): number {
    return this.#peers.find(index)?.stale[family] ?? 0;
  }

  deferSelection(): void {
    for (const family of this.#families) family.deferSelection();
  }

  endDeferral(): void {
    for (const family of this.#families) family.endDeferral();
  }

  removePeer(index: PeerIndex): void {
    const entry = this.#peers.find(index);
    if (entry === undefined) return;
    this.#peers.leave(index);
    for (const family of this.#families) {
      family.groups.leave(entry);
      family.sweepGone(entry);
    }
    const forget = () => {
      this.#store.sources.release(entry.source);
      this.#peers.free(index);
    };
    this.#sweeps.push(new Finally(forget));
  }

  reach(index: PeerIndex, family: Family, prefixes: NlriBatch, attributes: CanonicalAttributes): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).reach(entry, prefixes, attributes);
  }

  withdraw(index: PeerIndex, family: Family, prefixes: NlriBatch): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).withdraw(entry, prefixes);
  }

  announceLocal(route: LocalRoute): void {
    const { attributes, neighbors } = route;
    const source: Source = { type: "local", cluster: undefined, remoteId: 0, neighbors };
    if (neighbors !== undefined) for (const family of this.#families) family.groups.separate(source);
    const id = this.#store.sources.acquire(source);
    const set = this.#store.intern(attributes.bytes, 0, attributes.length, id);
    this.#familyRib(route.family).announceLocal(route.prefix, route.pathId, set);
    this.#store.release(set);
    this.#store.sources.release(id);
  }

  withdrawLocal(family: Family, prefix: Prefix, pathId: number): void {
    this.#familyRib(family).withdrawLocal(prefix, pathId);
  }

  beginRefresh(index: PeerIndex, family: Family): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).beginRefresh(entry);
  }

  endRefresh(index: PeerIndex, family: Family): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).endRefresh(entry);
  }

  resend(index: PeerIndex, family: Family, enhanced: boolean): void {
    const entry = this.#peers.find(index);
    if (entry !== undefined) this.#familyRib(family).groups.resend(entry, enhanced);
  }

  /**
   * Holds back every End-of-RIB that has not been sent, until told otherwise: our own routes are not complete yet. What
   * was announced before the hold ends goes out before any End-of-RIB.
   */
  holdEndOfRib(held: boolean): void {
    for (const family of this.#families) family.holdEndOfRib(held);
  }

  /** Tells `watcher` of changes from now on, or nobody any more. */
  watch(watcher: RibWatcher | undefined): void {
    for (const { tables } of this.#families)
      tables.watch = watcher === undefined ? undefined : new FamilyWatch(tables, watcher);
  }

  /** The present, for the age of paths. */
  setTime(now: Instant): void {
    const clock = Math.floor(toSeconds(elapsed(0 as Instant, now)));
    for (const { tables } of this.#families) tables.paths.clock = clock;
  }

  get pending(): boolean {
    return this.#sweeps.length > 0 || this.#families.some((family) => family.pending);
  }

  work(): void {
    const sweep = this.#sweeps[0];
    if (sweep?.step() === true) this.#sweeps.shift();
    for (const family of this.#families) family.work();
  }

  pull(index: PeerIndex): Uint8Array | undefined {
    const entry = this.#peers.find(index);
    if (entry === undefined) return undefined;
    for (const family of this.#families) {
      const bytes = family.groups.pull(index);
      if (bytes !== undefined) return bytes;
    }
    entry.signalled = false;
    return undefined;
  }

  /** Paths that `peer` has announced and not withdrawn, rejected ones included. */
  receivedCount(index: PeerIndex, family: Family): number {
    return this.#peers.find(index)?.received[family] ?? 0;
  }

  /** Those of them that are not rejected. */
  acceptedCount(index: PeerIndex, family: Family): number {
    return this.#peers.find(index)?.accepted[family] ?? 0;
  }

  /** Routes that were announced to `peer` and not withdrawn, messages included that it has not pulled yet. */
  advertisedCount(index: PeerIndex, family: Family): number {
    return this.#familyRib(family).groups.groupOf(index)?.adjOut.count(index) ?? 0;
  }

  /** What is held, for metrics and tests. */
  get usage(): RibUsage {
    const groups = this.#families.reduce((sum, { groups }) => sum + groups.size, 0);
    return { attributeSets: this.#store.count, sources: this.#store.sources.count, updateGroups: groups };
  }

  #familyRib(family: Family): FamilyRib {
    return this.#families[family] as FamilyRib;
  }

  #describe(entry: PeerEntry, peer: RibPeer): void {
    const before = entry.source;
    entry.peer = peer;
    entry.source = this.#sourceOf(peer);
    this.#store.sources.release(before);
    this.#peers.describe(entry);
  }

  #sourceOf(peer: RibPeer): SourceId {
    const type = peer.negotiated.peerType;
    const internal = type === "internal";
    return this.#store.sources.acquire({
      type,
      cluster: internal && peer.routeReflectorClient ? peer.clusterId : undefined,
      remoteId: internal ? peer.remoteId : 0,
      neighbors: undefined,
    });
  }

  #familyHost(): FamilyHost {
    const sweeps = this.#sweeps;
    return {
      readable: (entry) => this.#signal(entry),
      endOfRib: (entry, family) => this.#out.endOfRib?.(entry.index, family),
      sweep: (sweep) => sweeps.push(sweep),
      get isSweeping() {
        return sweeps.length > 0;
      },
    };
  }

  #signal(entry: PeerEntry): void {
    if (entry.signalled) return;
    entry.signalled = true;
    this.#out.readable(entry.index);
  }
}

/** What the RIB holds besides destinations and paths. */
export interface RibUsage {
  readonly attributeSets: number;
  readonly sources: number;
  readonly updateGroups: number;
}
