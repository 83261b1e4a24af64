import type { AttributeStore, SetId } from "./attribute-store.ts";
import { growU32 } from "./columns.ts";
import type { Exporter } from "./exporter.ts";
import { allBut, EVERYBODY, type OutBatch, only } from "./out-batch.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import { LOCAL_PEER, type PeerIndex } from "./rib-io.ts";

/** Whose Adj-RIB-Out it is. */
export interface Membership {
  readonly size: number;
  has(peer: PeerIndex): boolean;
}

/** How to compare what was told with what is to be told. */
export interface Comparison {
  /** Tell it again although nothing changed (RFC 2918). */
  readonly force: boolean;
  /** The rules by which was told what stands in the Adj-RIB-Out, when they are not those of now. */
  readonly before: Exporter | undefined;
}

export const CHANGES: Comparison = { force: false, before: undefined };

/**
 * What an update group was told, for every destination: an attribute set and the peer its route came from, for a peer is
 * never told its own routes. So one Adj-RIB-Out serves a whole group, its own members' routes included: a member has what
 * stands here, but for what came from itself.
 */
export interface AdjOut {
  /** Whether `update` would find nothing to do. Hot. */
  isCurrent(destination: PrefixIndex): boolean;
  /** Brings a destination up to the Loc-RIB, and adds what changed to the batch. Hot. */
  update(destination: PrefixIndex, how: Comparison, members: Membership): void;
  /** Whether somebody was told something of this destination. */
  holds(destination: PrefixIndex): boolean;
  /** Forgets a destination. */
  drop(destination: PrefixIndex): void;
  /** Rows from here on hold nothing. */
  readonly limit: number;
  /** The same for a group that takes up some of the members. */
  clone(exporter: Exporter, sendMax: number): AdjOut;
  /** Routes that the member `peer` has. */
  count(peer: PeerIndex): number;
  /** What the members were told of a destination: `visit` is given set, source and path identifier. */
  forEach(destination: PrefixIndex, visit: (set: SetId, from: PeerIndex, pathId: number) => void): void;
}

/** Routes told, in all and by the peer they came from: so the count of a member is known at any time. */
export class SourceCounts {
  total = 0;
  #from = new Uint32Array(16);

  add(from: PeerIndex): void {
    if (from >= this.#from.length) this.#from = growU32(this.#from, from * 2);
    this.#from[from] = (this.#from[from] as number) + 1;
    this.total++;
  }

  remove(from: PeerIndex): void {
    this.#from[from] = (this.#from[from] as number) - 1;
    this.total--;
  }

  /** Those that did not come from `peer`. */
  without(peer: PeerIndex): number {
    return this.total - (this.#from[peer] ?? 0);
  }

  clone(): SourceCounts {
    const copy = new SourceCounts();
    copy.total = this.total;
    copy.#from = this.#from.slice();
    return copy;
  }
}

/** One entry of an Adj-RIB-Out before and after: sets, and whose routes they were. A set of 0: not told. */
export interface EntryChange {
  destination: PrefixIndex;
  pathId: number;
  old: SetId;
  oldFrom: PeerIndex;
  set: SetId;
  from: PeerIndex;
}

/**
 * Adds to `batch` what each member must be told so that all know of the change. A member `m` knew `old` unless it was
 * `oldFrom`, and must know `set` unless it is `from`.
 */
export function addChange(change: EntryChange, isSame: boolean, members: Membership, batch: OutBatch): void {
  const { destination, pathId, old, oldFrom, set, from } = change;
  if (old === 0 || set === 0) {
    addForOthers(change, set === 0 ? oldFrom : from, members, batch);
    return;
  }
  if (!isSame) addForOthers(change, from, members, batch);
  if (from === oldFrom) return;
  if (isSame && isMember(oldFrom, members)) batch.add(destination, set, only(oldFrom), pathId);
  if (isMember(from, members)) batch.add(destination, 0, only(from), pathId);
}

/** Tells everybody but `peer`, whose route it is or was. */
function addForOthers(change: EntryChange, peer: PeerIndex, members: Membership, batch: OutBatch): void {
  const { destination, set, pathId } = change;
  if (!isMember(peer, members)) batch.add(destination, set, EVERYBODY, pathId);
  else if (members.size > 1) batch.add(destination, set, allBut(peer), pathId);
}

const isMember = (peer: PeerIndex, members: Membership): boolean => peer !== LOCAL_PEER && members.has(peer);

/** Puts `set` in the place of `old`. */
export function exchange(store: AttributeStore, old: SetId, set: SetId): void {
  if (set !== 0) store.retain(set);
  if (old !== 0) store.release(old);
}
