import type { Family } from "../wire/family.ts";
import { WellKnownCommunity } from "../wire/iana.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";
import { addCommunity, setLocalPref } from "./attribute-edit.ts";
import { SetFlag } from "./attribute-fields.ts";
import type { SetId } from "./attribute-store.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { FamilyTables } from "./family-tables.ts";
import { addOnlyToCustomer, judgeImport, lacksOnlyToCustomer, mustAvoid, rejectNumber } from "./import-rules.ts";
import type { IndexQueue } from "./index-queue.ts";
import type { PathIndex } from "./path-table.ts";
import type { PeerEntry } from "./peer-table.ts";
import { policyRoute } from "./policy-route.ts";
import type { PrefixIndex, PrefixTable } from "./prefix-table.ts";
import { LOCAL_PEER, type PeerIndex, type PolicyRoute, type RibPeer, type RoutePolicy } from "./rib-io.ts";

const POLICY = rejectNumber("policy");

/**
 * How routes get into the path table and out of it, for one family: the Adj-RIBs-In of all peers, and our own routes.
 * Import is a matter of the attributes, so it is worked out once for an UPDATE; only a policy that asks for the prefix is
 * applied to each route. Every destination that may be decided differently now is put into `dirty`.
 */
export class AdjRibIn {
  readonly #tables: FamilyTables;
  readonly #dirty: IndexQueue;
  readonly #marked = new ByteWriter();
  readonly #avoided = new ByteWriter();
  /** What import made of the attributes at hand: the set, held; the set as received if that is another, held; the verdict. */
  #set: SetId = 0;
  #received: SetId = 0;
  #reject = 0;

  constructor(tables: FamilyTables, dirty: IndexQueue) {
    this.#tables = tables;
    this.#dirty = dirty;
  }

  /** `entry` announces prefixes with these attributes. */
  reach(entry: PeerEntry, batch: NlriBatch, attributes: CanonicalAttributes): void {
    this.#import(entry, attributes);
    const { prefixes } = this.#tables;
    const { w0, w1, w2, w3, length, pathId, count } = batch;
    const room = this.#roomOf(entry);
    for (let i = 0; i < count; i++) {
      if (room < count && this.#roomOf(entry) <= 0 && !this.#isCounted(entry, batch, i)) continue;
      const destination = prefixes.wide
        ? prefixes.insert(w0[i] as number, w1[i] as number, w2[i] as number, w3[i] as number, length[i] as number)
        : prefixes.insert(w0[i] as number, 0, 0, 0, length[i] as number);
      this.#put(entry, destination, pathId[i] as number);
    }
    this.#endImport();
  }

  withdraw({ index }: PeerEntry, batch: NlriBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const path = this.#find(index, batch, i);
      if (path !== 0) this.remove(path);
    }
  }

  /** The path of this peer for the `i`th prefix of the batch, or 0. */
  #find(index: PeerIndex, { w0, w1, w2, w3, length, pathId }: NlriBatch, i: number): PathIndex {
    const { prefixes } = this.#tables;
    const destination = prefixes.wide
      ? prefixes.find(w0[i] as number, w1[i] as number, w2[i] as number, w3[i] as number, length[i] as number)
      : prefixes.find(w0[i] as number, 0, 0, 0, length[i] as number);
    return destination === 0 ? 0 : this.#tables.pathOf(destination, index, pathId[i] as number);
  }

  /** Whether the `i`th prefix of the batch is one of those that this peer may bring, as it has brought it already. */
  #isCounted(entry: PeerEntry, batch: NlriBatch, i: number): boolean {
    const path = this.#find(entry.index, batch, i);
    return path !== 0 && !this.#tables.isStale(entry, path);
  }

  /** How many more prefixes this peer may bring. */
  #roomOf({ peer, received, stale }: PeerEntry): number {
    const { family } = this.#tables;
    const count = (received[family] as number) - (stale[family] as number);
    return (peer.receiveMax?.[family] ?? Number.POSITIVE_INFINITY) - count;
  }

  /** We originate a route with this set, which the caller holds. */
  putLocal(destination: PrefixIndex, pathId: number, set: SetId): void {
    const path = this.#tables.pathOf(destination, LOCAL_PEER, pathId);
    if (path === 0) this.#add(undefined, destination, pathId, set, 0, 0);
    else if (this.#tables.paths.sets[path] !== set) this.#replace(undefined, path, set, 0, 0);
  }

  /** Takes a path out of the table. */
  remove(path: PathIndex): void {
    const { paths, peers, store } = this.#tables;
    const { family } = this.#tables;
    this.#tables.watch?.removing(path);
    const entry = peers.entry(paths.peers[path] as number);
    if (entry !== undefined) {
      entry.received[family] = (entry.received[family] as number) - 1;
      if (paths.isAccepted(path)) entry.accepted[family] = (entry.accepted[family] as number) - 1;
    }
    if (entry !== undefined && this.#tables.isStale(entry, path))
      entry.stale[family] = (entry.stale[family] as number) - 1;
    this.#tables.unlink(path);
    this.#dirty.add(paths.destinations[path] as number);
    const received = paths.receivedSet(path);
    if (received !== 0) store.release(received);
    store.release(paths.sets[path] as number);
    paths.free(path);
  }

  /** Judges a path anew, after the settings of its peer have changed. */
  judgeAgain(entry: PeerEntry, path: PathIndex): void {
    const { paths, store, family } = this.#tables;
    const attributes = store.copy(paths.receivedSet(path) || (paths.sets[path] as number));
    const generation = paths.generations[path] as number;
    const isStale = this.#tables.isStale(entry, path);
    this.#import(entry, { bytes: attributes, length: attributes.length });
    this.#put(entry, paths.destinations[path] as number, paths.pathId(path));
    this.#endImport();
    paths.generations[path] = generation; // it was not announced again
    if (!isStale) return;
    entry.stale[family] = (entry.stale[family] as number) + 1;
    if (entry.longLived[family] === true) this.makeLongLived(path);
  }

  /**
   * RFC 9494 section 4.2: a stale path gets LLGR_STALE, or goes when it has NO_LLGR. Policy does not see the difference,
   * and the path gets no younger by it.
   */
  makeLongLived(path: PathIndex): void {
    const { paths, store } = this.#tables;
    if (!paths.isAccepted(path)) return;
    const before = paths.sets[path] as number;
    const flags = store.flags[before] as number;
    if ((flags & SetFlag.NoLlgr) !== 0) {
      this.remove(path);
      return;
    }
    if ((flags & SetFlag.LlgrStale) !== 0) return;
    const start = store.offset(before);
    const end = start + (store.lengths[before] as number);
    addCommunity(store.chunk(before), start, end, WellKnownCommunity.LlgrStale, this.#marked);
    paths.sets[path] = store.intern(this.#marked.bytes, 0, this.#marked.length, store.sourceIds[before] as number);
    if (paths.receivedSet(path) === 0) paths.setReceivedSet(path, before);
    else store.release(before);
    this.#dirty.add(paths.destinations[path] as number);
  }

  /** Works out what becomes of routes with these attributes, but for a policy that asks for the prefix. */
  #import(entry: PeerEntry, attributes: CanonicalAttributes): void {
    const { store } = this.#tables;
    const { peer } = entry;
    this.#received = 0;
    this.#set = store.intern(attributes.bytes, 0, attributes.length, entry.source);
    this.#reject = rejectNumber(judgeImport(peer, attributes));
    if (this.#reject !== 0) return;
    let given = attributes;
    if (mustAvoid(peer, given)) {
      setLocalPref(given.bytes, 0, given.length, 0, this.#avoided);
      given = this.#avoided;
    }
    if (lacksOnlyToCustomer(peer, given)) {
      addOnlyToCustomer(given, peer.negotiated.peerAs, this.#marked);
      given = this.#marked;
    }
    const policy = peer.importPolicy;
    if (policy === undefined)
      this.#reject = peer.defaultImport === "reject" ? POLICY : 0; // RFC 8212
    else if (!policy.perPrefix) {
      const result = policy.apply(importedRoute(this.#tables.family, peer, given));
      if (result === undefined) this.#reject = POLICY;
      else given = result;
    }
    if (given === attributes || this.#reject !== 0) return;
    this.#received = this.#set;
    this.#set = store.intern(given.bytes, 0, given.length, entry.source);
    if (this.#set !== this.#received) return;
    store.release(this.#received); // nothing changed after all
    this.#received = 0;
  }

  #endImport(): void {
    const { store } = this.#tables;
    store.release(this.#set);
    if (this.#received !== 0) store.release(this.#received);
  }

  #put(entry: PeerEntry, destination: PrefixIndex, pathId: number): void {
    const policy = entry.peer.importPolicy;
    if (policy?.perPrefix === true && this.#reject === 0) this.#putPerPrefix(entry, policy, destination, pathId);
    else this.#putPath(entry, destination, pathId, this.#set, this.#received, this.#reject);
  }

  #putPerPrefix(entry: PeerEntry, policy: RoutePolicy, destination: PrefixIndex, pathId: number): void {
    const { family, prefixes, store } = this.#tables;
    const bytes = store.copy(this.#set);
    const result = policy.apply(
      importedRoute(family, entry.peer, { bytes, length: bytes.length }, prefixes, destination),
    );
    if (result === undefined) {
      this.#putPath(entry, destination, pathId, this.#set, this.#received, POLICY);
      return;
    }
    const set = store.intern(result.bytes, 0, result.length, entry.source);
    const received = this.#received || this.#set;
    this.#putPath(entry, destination, pathId, set, set === received ? 0 : received, 0);
    store.release(set);
  }

  /** Hot. */
  #putPath(
    entry: PeerEntry,
    destination: PrefixIndex,
    pathId: number,
    set: SetId,
    received: SetId,
    reject: number,
  ): void {
    const { paths, family } = this.#tables;
    const path = this.#tables.pathOf(destination, entry.index, pathId);
    if (path === 0) {
      this.#add(entry, destination, pathId, set, received, reject);
      return;
    }
    if (this.#tables.isStale(entry, path)) entry.stale[family] = (entry.stale[family] as number) - 1;
    paths.generations[path] = entry.generation[family] as number;
    const isSame = paths.sets[path] === set && paths.receivedSet(path) === received;
    if (isSame && paths.rejectNumber(path) === reject) return;
    this.#replace(entry, path, set, received, reject);
  }

  #add(
    entry: PeerEntry | undefined,
    destination: PrefixIndex,
    pathId: number,
    set: SetId,
    received: SetId,
    reject: number,
  ): void {
    const { paths, store, family } = this.#tables;
    const path = paths.allocate(destination, entry?.index ?? LOCAL_PEER, pathId);
    paths.sets[path] = set;
    store.retain(set);
    if (received !== 0) {
      paths.setReceivedSet(path, received);
      store.retain(received);
    }
    if (reject !== 0) paths.setReject(path, reject);
    this.#tables.link(path, destination);
    if (entry !== undefined) {
      paths.generations[path] = entry.generation[family] as number;
      entry.received[family] = (entry.received[family] as number) + 1;
      if (reject === 0) entry.accepted[family] = (entry.accepted[family] as number) + 1;
    }
    if (reject === 0) this.#dirty.add(destination);
    this.#tables.watch?.put(path, false);
  }

  /** A path has new attributes or another verdict: it is the youngest of its destination now. */
  #replace(entry: PeerEntry | undefined, path: PathIndex, set: SetId, received: SetId, reject: number): void {
    const { paths, store, family } = this.#tables;
    const wasAccepted = paths.isAccepted(path);
    if (entry !== undefined) {
      const change = Number(reject === 0) - Number(paths.isAccepted(path));
      entry.accepted[family] = (entry.accepted[family] as number) + change;
    }
    store.retain(set);
    store.release(paths.sets[path] as number);
    paths.sets[path] = set;
    const before = paths.receivedSet(path);
    if (received !== 0) store.retain(received);
    if (before !== 0) store.release(before);
    paths.setReceivedSet(path, received);
    paths.setReject(path, reject);
    const destination = paths.destinations[path] as number;
    this.#tables.unlink(path);
    this.#tables.link(path, destination);
    paths.learnedAt[path] = paths.clock;
    this.#dirty.add(destination);
    this.#tables.watch?.put(path, wasAccepted);
  }
}

function importedRoute(
  family: Family,
  peer: RibPeer,
  attributes: CanonicalAttributes,
  prefixes?: PrefixTable,
  destination?: PrefixIndex,
): PolicyRoute {
  const received = { bytes: attributes.bytes, start: 0 };
  return policyRoute(family, attributes, peer.negotiated.peerType, received, prefixes, destination);
}
