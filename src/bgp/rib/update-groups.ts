import type { Family } from "../wire/family.ts";
import type { AdjOut } from "./adj-out.ts";
import type { FamilyTables } from "./family-tables.ts";
import { isForTheSame } from "./group-key.ts";
import { OutBatch } from "./out-batch.ts";
import type { PeerEntry } from "./peer-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex, RibPeer } from "./rib-io.ts";
import { isFor, type Source } from "./source-classes.ts";
import { type GroupHost, UpdateGroup } from "./update-group.ts";

/** A member that has more octets than this unread goes on in a group of its own: the others' messages are not kept for it. */
export const BACKLOG_MAX = 4 * 1024 * 1024;

/** What the update groups tell. */
export interface GroupsOut {
  /** There is something to send to this peer. */
  readable(peer: PeerEntry): void;
  /** End-of-RIB is among what this peer reads next. */
  endOfRib(peer: PeerEntry): void;
  /** An Adj-RIB-Out that nobody uses any more: drop its contents in slices. */
  discarded(adjOut: AdjOut): void;
  /** Nobody was told of this destination any more. */
  release(destination: PrefixIndex): void;
}

/**
 * The update groups of one family. A new peer begins in a group of its own, because it must be told everything; it moves to
 * the group of its kind when both have told all there is to tell, and nothing waits to be decided: since then both have told
 * the same. The same way back is open to members that were set apart: for a refresh, or because they read too slowly.
 */
export class UpdateGroups implements GroupHost {
  readonly tables: FamilyTables;
  readonly batch = new OutBatch();
  isEndOfRibHeld = false;
  readonly #out: GroupsOut;
  readonly #groups: UpdateGroup[] = [];
  readonly #groupOf = new Map<PeerIndex, UpdateGroup>();
  /** Groups that have something new, whose members must be told. */
  #marked: UpdateGroup[] = [];
  /** A member that is not where it belongs has read everything. */
  #isMergeDue = false;
  /** A group could not be merged because the one it belongs to was not at rest. */
  #isSomebodyWaiting = false;
  /** `SourceClasses.restrictions` at the last merge: when such routes go, groups may belong together that did not. */
  #restrictions = 0;

  constructor(tables: FamilyTables, out: GroupsOut) {
    this.tables = tables;
    this.#out = out;
  }

  release(destination: PrefixIndex): void {
    this.#out.release(destination);
  }

  /** End-of-RIB was written for the members. */
  endOfRibWritten(members: Iterable<PeerIndex>): void {
    for (const index of members) this.#out.endOfRib(this.tables.peers.get(index));
  }

  /** The session carries the family: everything is told from now on. */
  join({ index, peer }: PeerEntry): void {
    if (!carries(peer, this.tables.family)) return;
    const group = this.#make(peer);
    this.#groupOf.set(index, group);
    group.add(index);
    group.walk({ how: { force: false, before: undefined }, finish: "end-of-rib" });
    this.#mark(group);
  }

  leave({ index }: PeerEntry): void {
    const group = this.#groupOf.get(index);
    if (group === undefined) return;
    this.#groupOf.delete(index);
    this.#remove(group, index);
  }

  /** The peer's settings have changed: tells what differs. */
  change(entry: PeerEntry): void {
    const before = this.#groupOf.get(entry.index);
    if (before === undefined) return;
    const group = this.#setApart(before, [entry.index], entry.peer);
    group.rewalk(before.exporter);
    this.#mark(group);
  }

  /** RFC 2918 and, when `enhanced`, RFC 7313. */
  resend({ index, peer }: PeerEntry, enhanced: boolean): void {
    let group = this.#groupOf.get(index);
    if (group === undefined) return;
    if (group.size > 1) group = this.#setApart(group, [index], peer);
    group.walk({ how: { force: true, before: undefined }, finish: enhanced ? "end-of-refresh" : undefined });
    this.#mark(group);
  }

  /** Routes from this source are for some neighbours only: no group may have both kinds of members. */
  separate(source: Source): void {
    for (const group of [...this.#groups]) {
      const expected = isFor(source, group.peer);
      const others = [...group.members.keys()].filter((index) => isFor(source, this.#peerOf(index)) !== expected);
      if (others.length > 0) this.#setApart(group, others, this.#peerOf(others[0] as number));
    }
  }

  /** The Loc-RIB may have changed here. Hot. */
  mark(destination: PrefixIndex): void {
    for (const group of this.#groups) if (group.mark(destination)) this.#mark(group);
  }

  /** Holds End-of-RIB back, or lets it go. */
  holdEndOfRib(held: boolean): void {
    this.isEndOfRibHeld = held;
    for (const group of this.#groups) this.#mark(group);
  }

  /** Whether `notify` or `merge` has something to do. */
  get pending(): boolean {
    return this.#marked.length > 0 || this.#isMergeDue || this.#restrictions !== this.tables.store.sources.restrictions;
  }

  /** Tells the members of groups that have something new. */
  notify(): void {
    const marked = this.#marked;
    this.#marked = [];
    for (const group of marked) {
      group.isMarked = false;
      for (const index of group.members.keys()) {
        const entry = this.tables.peers.find(index);
        if (entry !== undefined && group.isReadable(index)) this.#out.readable(entry);
      }
    }
  }

  /** The next slab for the peer, or undefined when there is none for now; if more may come, it is told again. */
  pull(index: PeerIndex): Uint8Array | undefined {
    const group = this.#groupOf.get(index);
    if (group === undefined) return undefined;
    const bytes = group.pull(index);
    if (group.size > 1) this.#setSlowApart(group);
    if (bytes !== undefined) return bytes;
    if (group.isReadable(index)) this.#mark(group);
    else if (group.isAtRest && (!group.isSettled || this.#isSomebodyWaiting)) this.#isMergeDue = true;
    return undefined;
  }

  /**
   * Brings members together that are treated alike. Only when nothing waits to be decided or swept: a group that looked at a
   * destination since it changed has told more than one that did not.
   */
  merge(): void {
    const { restrictions } = this.tables.store.sources;
    if (restrictions !== this.#restrictions) for (const group of this.#groups) group.isSettled = false;
    else if (!this.#isMergeDue) return;
    this.#restrictions = restrictions;
    this.#isMergeDue = false;
    for (const group of [...this.#groups])
      if (!group.isSettled && group.isAtRest)
        for (const index of [...group.members.keys()]) if (!group.isReadable(index)) this.#moveHome(group, index);
    this.#isSomebodyWaiting = this.#groups.some((group) => !group.isSettled);
  }

  /** Whether nobody was told anything of this destination. */
  isUntold(destination: PrefixIndex): boolean {
    for (const group of this.#groups) if (group.adjOut.holds(destination)) return false;
    return true;
  }

  /** The group of a peer, or undefined: the session does not carry the family. */
  groupOf(index: PeerIndex): UpdateGroup | undefined {
    return this.#groupOf.get(index);
  }

  /** How many groups there are. */
  get size(): number {
    return this.#groups.length;
  }

  #peerOf(index: PeerIndex): RibPeer {
    return this.tables.peers.get(index).peer;
  }

  #make(peer: RibPeer, model?: UpdateGroup): UpdateGroup {
    const group = new UpdateGroup(peer, this, model);
    this.#groups.push(group);
    return group;
  }

  #mark(group: UpdateGroup): void {
    if (group.isMarked) return;
    group.isMarked = true;
    this.#marked.push(group);
  }

  #remove(group: UpdateGroup, index: PeerIndex): void {
    group.members.delete(index);
    if (group.size > 0) return;
    this.#groups.splice(this.#groups.indexOf(group), 1);
    group.dispose();
    this.#out.discarded(group.adjOut);
  }

  /** Moves members to a new group that was told the same and has the same to tell. */
  #setApart(group: UpdateGroup, indexes: readonly PeerIndex[], peer: RibPeer): UpdateGroup {
    const apart = this.#make(peer, group);
    for (const index of indexes) {
      apart.add(index, group.members.get(index));
      this.#groupOf.set(index, apart);
    }
    for (const index of indexes) this.#remove(group, index);
    this.#mark(apart);
    return apart;
  }

  #setSlowApart(group: UpdateGroup): void {
    const slow: PeerIndex[] = [];
    for (const [index, cursor] of group.members) if (group.backlog(cursor) > BACKLOG_MAX) slow.push(index);
    if (slow.length > 0 && slow.length < group.size) this.#setApart(group, slow, this.#peerOf(slow[0] as number));
  }

  /** Moves a member that has read everything to the group of its kind, if that is at rest as well. */
  #moveHome(group: UpdateGroup, index: PeerIndex): void {
    let isAlone = true;
    for (const other of this.#groups) {
      if (other === group || other.key !== group.key) continue;
      if (!isForTheSame(this.tables.store.sources, this.#peerOf(index), other.peer)) continue;
      isAlone = false;
      if (!other.isAtRest) continue;
      other.add(index);
      this.#groupOf.set(index, other);
      this.#remove(group, index);
      return;
    }
    group.isSettled = isAlone;
  }
}

function carries(peer: RibPeer, family: Family): boolean {
  return peer.negotiated.families.some((negotiated) => negotiated.family === family);
}
