import { AttributeFields } from "./attribute-fields.ts";
import { type ArenaPlace, ByteArena, offsetOf } from "./byte-arena.ts";
import { capacityFor, growU8, growU16, growU32, nextCapacity } from "./columns.ts";
import type { SourceClasses, SourceId } from "./source-classes.ts";

/** An interned attribute set: a row of the {@link AttributeStore}, from 1. 0: none. */
export type SetId = number;

/** The Internet has some six prefixes for each of its attribute sets. */
const SETS_LARGE = 1 << 19;

/** The hash table is cut into this many parts, which grow each by itself, as in prefix-table.ts. */
const PARTS = 64;
const PART_SLOTS_MIN = 32;
const PART_SHIFT = 26;

/** What somebody worked out about sets, one octet each. 0: not yet. The store forgets it when a number changes hands. */
export class SetCache {
  values = new Uint8Array(1024);

  get(set: SetId): number {
    return set < this.values.length ? (this.values[set] as number) : 0;
  }

  put(set: SetId, value: number): void {
    if (set >= this.values.length) this.values = growU8(this.values, capacityFor(set + 1));
    this.values[set] = value;
  }

  clear(set: SetId): void {
    if (set < this.values.length) this.values[set] = 0;
  }
}

/**
 * Attribute sets, each once: canonical bytes (wire/sink.ts) in an arena, found by hash and compared in place, and counted,
 * so that a set goes with its last user. Two routes have the same attributes if and only if they have the same number;
 * where they came from (source-classes.ts) is part of a set. What the decision process needs is read once, when a set is
 * new, into columns. Hot: the columns are public and read directly; only this class writes them.
 */
export class AttributeStore {
  readonly sources: SourceClasses;
  #places = new Uint32Array(1024);
  lengths = new Uint32Array(1024);
  references = new Uint32Array(1024);
  sourceIds = new Uint16Array(1024);
  origins = new Uint8Array(1024);
  flags = new Uint8Array(1024);
  asPathLengths = new Uint16Array(1024);
  neighborAses = new Uint32Array(1024);
  meds = new Uint32Array(1024);
  localPrefs = new Uint32Array(1024);
  originatorIds = new Uint32Array(1024);
  clusterListLengths = new Uint16Array(1024);
  /** Sets held. */
  count = 0;
  #hashes = new Uint32Array(1024);
  /** Open addressing, at most three quarters full; the part is in the top bits of the hash. */
  readonly #parts = Array.from({ length: PARTS }, () => new Uint32Array(PART_SLOTS_MIN));
  readonly #used = new Uint32Array(PARTS);
  /** One more than the highest row ever used. */
  #limit = 1;
  /** First free row; the next one stands in its `#places`. */
  #free = 0;
  readonly #arena = new ByteArena();
  readonly #fields = new AttributeFields();
  readonly #caches = new Set<SetCache>();

  constructor(sources: SourceClasses) {
    this.sources = sources;
  }

  /** A cache that is kept valid until `dropCache`. */
  makeCache(): SetCache {
    const cache = new SetCache();
    this.#caches.add(cache);
    return cache;
  }

  dropCache(cache: SetCache): void {
    this.#caches.delete(cache);
  }

  /** The number of the set with these canonical bytes and source, held once more: `release` it. */
  intern(bytes: Uint8Array, start: number, end: number, source: SourceId): SetId {
    const hash = hashOf(bytes, start, end, source);
    const at = hash >>> PART_SHIFT;
    const slots = this.#parts[at] as Uint32Array;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let set = slots[slot] as number; set !== 0; set = slots[slot] as number) {
      if (this.#hashes[set] === hash && this.sourceIds[set] === source && this.#isEqual(set, bytes, start, end)) {
        this.references[set] = (this.references[set] as number) + 1;
        return set;
      }
      slot = (slot + 1) & mask;
    }
    const set = this.#add(bytes, start, end, source, hash);
    slots[slot] = set;
    const used = (this.#used[at] as number) + 1;
    this.#used[at] = used;
    if (used * 4 > slots.length * 3) this.#growPart(at);
    return set;
  }

  /** Holds the set `times` more. */
  retain(set: SetId, times = 1): void {
    this.references[set] = (this.references[set] as number) + times;
  }

  /** Holds the set once less; it goes with the last one. */
  release(set: SetId): void {
    const left = (this.references[set] as number) - 1;
    this.references[set] = left;
    if (left === 0) this.#remove(set);
  }

  /** The bytes that hold the set; read `offset(set)` and `lengths` too. Good until the next change of the store. */
  chunk(set: SetId): Uint8Array {
    return this.#arena.chunkOf(this.#places[set] as ArenaPlace);
  }

  /** Where the canonical bytes of the set begin in its chunk. */
  offset(set: SetId): number {
    return offsetOf(this.#places[set] as ArenaPlace);
  }

  /** A copy of the canonical bytes. */
  copy(set: SetId): Uint8Array {
    const offset = this.offset(set);
    return this.chunk(set).slice(offset, offset + (this.lengths[set] as number));
  }

  #add(bytes: Uint8Array, start: number, end: number, source: SourceId, hash: number): SetId {
    const set = this.#allocate();
    const place = this.#arena.allocate(end - start);
    const chunk = this.#arena.chunkOf(place);
    for (let from = start, to = offsetOf(place); from < end; from++, to++) chunk[to] = bytes[from] as number;
    this.#places[set] = place;
    this.lengths[set] = end - start;
    this.#hashes[set] = hash;
    this.references[set] = 1;
    this.sourceIds[set] = source;
    this.sources.retain(source);
    const fields = this.#fields;
    fields.read(bytes, start, end);
    this.origins[set] = fields.origin;
    this.flags[set] = fields.flags;
    this.asPathLengths[set] = Math.min(fields.asPathLength, 0xffff);
    this.neighborAses[set] = fields.neighborAs;
    this.meds[set] = fields.med;
    this.localPrefs[set] = fields.localPref;
    this.originatorIds[set] = fields.originatorId;
    this.clusterListLengths[set] = fields.clusterListLength;
    for (const cache of this.#caches) cache.clear(set);
    this.count++;
    return set;
  }

  #remove(set: SetId): void {
    const hash = this.#hashes[set] as number;
    const at = hash >>> PART_SHIFT;
    const slots = this.#parts[at] as Uint32Array;
    const mask = slots.length - 1;
    let hole = hash & mask;
    while (slots[hole] !== set) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hashes[slots[slot] as number] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] as number;
      hole = slot;
    }
    slots[hole] = 0;
    this.#used[at] = (this.#used[at] as number) - 1;
    this.#arena.free(this.#places[set] as ArenaPlace, this.lengths[set] as number);
    this.sources.release(this.sourceIds[set] as number);
    this.#places[set] = this.#free;
    this.#free = set;
    this.count--;
  }

  #isEqual(set: SetId, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.lengths[set] !== end - start) return false;
    const chunk = this.chunk(set);
    for (let a = this.offset(set), b = start; b < end; a++, b++) if (chunk[a] !== bytes[b]) return false;
    return true;
  }

  #allocate(): SetId {
    if (this.#free !== 0) {
      const set = this.#free;
      this.#free = this.#places[set] as number;
      return set;
    }
    if (this.#limit === this.references.length) this.#growColumns(nextCapacity(this.#limit, SETS_LARGE));
    return this.#limit++;
  }

  #growColumns(capacity: number): void {
    this.#places = growU32(this.#places, capacity);
    this.lengths = growU32(this.lengths, capacity);
    this.references = growU32(this.references, capacity);
    this.sourceIds = growU16(this.sourceIds, capacity);
    this.origins = growU8(this.origins, capacity);
    this.flags = growU8(this.flags, capacity);
    this.asPathLengths = growU16(this.asPathLengths, capacity);
    this.neighborAses = growU32(this.neighborAses, capacity);
    this.meds = growU32(this.meds, capacity);
    this.localPrefs = growU32(this.localPrefs, capacity);
    this.originatorIds = growU32(this.originatorIds, capacity);
    this.clusterListLengths = growU16(this.clusterListLengths, capacity);
    this.#hashes = growU32(this.#hashes, capacity);
  }

  #growPart(at: number): void {
    const old = this.#parts[at] as Uint32Array;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const set of old) {
      if (set === 0) continue;
      let slot = (this.#hashes[set] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = set;
    }
    this.#parts[at] = slots;
  }
}

/** Four octets a step; every bit of the input moves every bit of the hash. */
function hashOf(bytes: Uint8Array, start: number, end: number, source: number): number {
  let hash = Math.imul(source + end - start, 0x9e3779b1);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(word, 0xcc9e2d51);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
