import { growU8, growU16, growU32, nextCapacity } from "./columns.ts";
import type { RejectReason } from "./route-view.ts";

/** A row of a {@link PathTable}, from 1, used again after `free`. 0: none. */
export type PathIndex = number;

/** Bits of a path's flags. The upper bits hold a {@link RejectReason} by number. */
export const PathFlag = { Best: 1 } as const;
const REJECT_SHIFT = 4;
/** Reasons by number; 0: the path is accepted. */
export const REJECT_REASONS: readonly (RejectReason | undefined)[] = [
  undefined,
  "as-loop",
  "originator-loop",
  "cluster-loop",
  "otc-leak",
  "policy",
];

/**
 * All paths of one family: the Adj-RIB-In of every peer, and what this speaker originates. A row is one path; the paths of
 * a destination form a list, the one that changed last in front, so that the order of the list is the order of age. Rejected
 * paths stay, with their reason. Hot: columns are public; whoever holds the table may write them.
 */
export class PathTable {
  destinations = new Uint32Array(1024);
  nexts = new Uint32Array(1024);
  /** The attribute set; 0: the row is free. */
  sets = new Uint32Array(1024);
  /** As received, before import changed it; a row without (0) was not changed. Not there until somebody needs it. */
  #receivedSets = new Uint32Array(0);
  peers = new Uint16Array(1024);
  flags = new Uint8Array(1024);
  /** The `clock` when the path came or last changed. */
  learnedAt = new Uint32Array(1024);
  /** Which of its peer's refreshes it belongs to (mark and sweep). */
  generations = new Uint8Array(1024);
  /** RFC 7911 identifiers. Not there until somebody sends one. */
  #pathIds = new Uint32Array(0);
  count = 0;
  /** The present, in whole seconds of the caller's clock. */
  clock = 0;
  /** One more than the highest row ever used. */
  limit = 1;
  #free = 0;

  allocate(destination: number, peer: number, pathId: number): PathIndex {
    const path = this.#row();
    this.count++;
    this.destinations[path] = destination;
    this.peers[path] = peer;
    this.flags[path] = 0;
    this.learnedAt[path] = this.clock;
    if (this.#pathIds.length > 0) this.#pathIds[path] = pathId;
    else if (pathId !== 0) {
      this.#pathIds = new Uint32Array(this.sets.length);
      this.#pathIds[path] = pathId;
    }
    return path;
  }

  free(path: PathIndex): void {
    this.count--;
    this.sets[path] = 0;
    if (this.#receivedSets.length > 0) this.#receivedSets[path] = 0;
    this.nexts[path] = this.#free;
    this.#free = path;
  }

  isUsed(path: PathIndex): boolean {
    return this.sets[path] !== 0;
  }

  pathId(path: PathIndex): number {
    return this.#pathIds.length === 0 ? 0 : (this.#pathIds[path] as number);
  }

  /** The set as the peer sent it when import changed it, else 0. */
  receivedSet(path: PathIndex): number {
    return this.#receivedSets.length === 0 ? 0 : (this.#receivedSets[path] as number);
  }

  setReceivedSet(path: PathIndex, set: number): void {
    if (this.#receivedSets.length === 0) {
      if (set === 0) return;
      this.#receivedSets = new Uint32Array(this.sets.length);
    }
    this.#receivedSets[path] = set;
  }

  isAccepted(path: PathIndex): boolean {
    return (this.flags[path] as number) >>> REJECT_SHIFT === 0;
  }

  /** Index of the reason in {@link REJECT_REASONS}. */
  rejectNumber(path: PathIndex): number {
    return (this.flags[path] as number) >>> REJECT_SHIFT;
  }

  rejectReason(path: PathIndex): RejectReason | undefined {
    return REJECT_REASONS[(this.flags[path] as number) >>> REJECT_SHIFT];
  }

  /** `reason`: an index of {@link REJECT_REASONS}. */
  setReject(path: PathIndex, reason: number): void {
    this.flags[path] = ((this.flags[path] as number) & ((1 << REJECT_SHIFT) - 1)) | (reason << REJECT_SHIFT);
  }

  #row(): PathIndex {
    if (this.#free !== 0) {
      const path = this.#free;
      this.#free = this.nexts[path] as number;
      return path;
    }
    if (this.limit === this.sets.length) this.#grow(nextCapacity(this.limit));
    return this.limit++;
  }

  #grow(capacity: number): void {
    this.destinations = growU32(this.destinations, capacity);
    this.nexts = growU32(this.nexts, capacity);
    this.sets = growU32(this.sets, capacity);
    this.peers = growU16(this.peers, capacity);
    this.flags = growU8(this.flags, capacity);
    this.learnedAt = growU32(this.learnedAt, capacity);
    this.generations = growU8(this.generations, capacity);
    if (this.#receivedSets.length > 0) this.#receivedSets = growU32(this.#receivedSets, capacity);
    if (this.#pathIds.length > 0) this.#pathIds = growU32(this.#pathIds, capacity);
  }
}
