import type { SetId } from "./attribute-store.ts";
import { capacityFor, growU32, nextCapacity } from "./columns.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex } from "./rib-io.ts";

/** Who of an update group a message is for. As a number: {@link EVERYBODY}, {@link allBut} or {@link only} a member. */
export type Audience = number;
export const EVERYBODY: Audience = 0;
export const allBut = (peer: PeerIndex): Audience => 2 * peer;
export const only = (peer: PeerIndex): Audience => 2 * peer + 1;

/** Whether `peer` belongs to the audience. */
export function includes(audience: Audience, peer: PeerIndex): boolean {
  if (audience === EVERYBODY) return true;
  return (audience & 1) === 1 ? audience >>> 1 === peer : audience >>> 1 !== peer;
}

/** What is to be written: a stretch of changes that share audience and attribute set. */
export interface Run {
  readonly audience: Audience;
  /** 0: withdrawals. */
  readonly set: SetId;
  /** First change; `OutBatch.next` leads on. */
  readonly first: number;
}

/**
 * Changes of an Adj-RIB-Out that wait to be written, collected so that those with the same attributes share messages. A
 * scratch that all groups of a family use in turn. Hot.
 */
export class OutBatch {
  /** Number of changes; they are numbered from 1. */
  count = 0;
  destinations = new Uint32Array(1024);
  pathIds = new Uint32Array(1024);
  #sets = new Uint32Array(1024);
  #audiences = new Uint32Array(1024);
  /** The next change of the same run, or 0. */
  next = new Uint32Array(1024);
  /** By set: its first and last change. */
  #first = new Uint32Array(1024);
  #last = new Uint32Array(1024);
  #touched = new Uint32Array(1024);
  #touchedCount = 0;
  #isMixed = false;

  /** Notes that `audience` is told `set` (0: nothing any more) for a destination. */
  add(destination: PrefixIndex, set: SetId, audience: Audience, pathId: number): void {
    this.count++;
    const change = this.count;
    if (change === this.destinations.length) this.#growChanges(nextCapacity(change));
    if (set >= this.#first.length) this.#growSets(capacityFor(set + 1));
    this.destinations[change] = destination;
    this.pathIds[change] = pathId;
    this.#sets[change] = set;
    this.#audiences[change] = audience;
    this.next[change] = 0;
    if (this.#first[set] === 0) {
      this.#first[set] = change;
      const room = this.#touched.length;
      if (this.#touchedCount === room) this.#touched = growU32(this.#touched, nextCapacity(room));
      this.#touched[this.#touchedCount++] = set;
    } else this.next[this.#last[set] as number] = change;
    this.#last[set] = change;
    if (audience !== this.#audiences[1]) this.#isMixed = true;
  }

  /**
   * Takes all changes as runs, by audience, withdrawals first, else in the order of the first change. The changes can be
   * read until the next `add`.
   */
  takeRuns(): Run[] {
    const runs: Run[] = [];
    this.#splitByAudience(0, runs);
    for (let i = 0; i < this.#touchedCount; i++) {
      const set = this.#touched[i] as number;
      if (set !== 0) this.#splitByAudience(set, runs);
      this.#first[set] = 0;
    }
    if (this.#isMixed) runs.sort((a, b) => a.audience - b.audience);
    this.count = 0;
    this.#touchedCount = 0;
    this.#isMixed = false;
    return runs;
  }

  #splitByAudience(set: SetId, runs: Run[]): void {
    let first = this.#first[set] as number;
    while (first !== 0) {
      const audience = this.#audiences[first] as number;
      runs.push({ audience, set, first });
      if (!this.#isMixed) return;
      let last = first;
      let restFirst = 0;
      let restLast = 0;
      for (let change = this.next[first] as number; change !== 0; change = this.next[change] as number) {
        if (this.#audiences[change] === audience) {
          this.next[last] = change;
          last = change;
        } else {
          if (restFirst === 0) restFirst = change;
          else this.next[restLast] = change;
          restLast = change;
        }
      }
      this.next[last] = 0;
      if (restLast !== 0) this.next[restLast] = 0;
      first = restFirst;
    }
  }

  #growChanges(capacity: number): void {
    this.destinations = growU32(this.destinations, capacity);
    this.pathIds = growU32(this.pathIds, capacity);
    this.#sets = growU32(this.#sets, capacity);
    this.#audiences = growU32(this.#audiences, capacity);
    this.next = growU32(this.next, capacity);
  }

  #growSets(capacity: number): void {
    this.#first = growU32(this.#first, capacity);
    this.#last = growU32(this.#last, capacity);
  }
}
