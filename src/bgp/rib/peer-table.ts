import { assert } from "../../lib/assert.ts";
import { FAMILIES } from "../wire/family.ts";
import { growU8, growU32 } from "./columns.ts";
import type { Generation } from "./generation.ts";
import type { PeerIndex, RibPeer } from "./rib-io.ts";
import type { SourceId } from "./source-classes.ts";

/** The most peers: a path keeps its peer's number in two octets. */
const PEERS_MAX = 0xffff;

/** How a path was learned, for the decision process. */
export const Learned = { Local: 0, External: 1, Internal: 2 } as const;

/** In `PeerEntry.freshFrom`: no path is stale. */
export const NONE_STALE = -1;

/** One peer as the RIB keeps it. Number 0 is this speaker itself: it has no `RibPeer`. */
export interface PeerEntry {
  readonly index: PeerIndex;
  peer: RibPeer;
  source: SourceId;
  /** Paths in its Adj-RIB-In, and those of them that are not rejected, by family. */
  readonly received: number[];
  readonly accepted: number[];
  /** What it announces belongs to this generation, by family. */
  readonly generation: Generation[];
  /** It has no path from before this generation, by family, when the sweeps that wait are done. */
  readonly oldest: Generation[];
  /** Its paths from before this generation are stale (RFC 4724), by family; NONE_STALE: none is. */
  readonly freshFrom: Generation[];
  /** How many that are, the rejected ones included. */
  readonly stale: number[];
  /** They are long-lived stale (RFC 9494), by family. */
  readonly longLived: boolean[];
  /** `RibOut.readable` was called, and `pull` has not come to the end since. */
  signalled: boolean;
}

/** The peers, by number; columns where the decision process looks. */
export class PeerTable {
  readonly #entries: (PeerEntry | undefined)[] = [undefined];
  readonly #free: PeerIndex[] = [];
  learned = new Uint8Array(64);
  remoteIds = new Uint32Array(64);
  /** 1: the session is gone, and its paths count no more although some may still be there. */
  gone = new Uint8Array(64);

  add(peer: RibPeer, source: SourceId): PeerEntry {
    const index = this.#free.pop() ?? this.#entries.length;
    assert(index < PEERS_MAX, "too many peers");
    if (index >= this.learned.length) this.#grow(index * 2);
    const zeros = () => FAMILIES.map(() => 0);
    const entry: PeerEntry = {
      index,
      peer,
      source,
      received: zeros(),
      accepted: zeros(),
      generation: zeros(),
      oldest: zeros(),
      freshFrom: FAMILIES.map(() => NONE_STALE),
      stale: zeros(),
      longLived: FAMILIES.map(() => false),
      signalled: false,
    };
    this.#entries[index] = entry;
    this.describe(entry);
    this.gone[index] = 0;
    return entry;
  }

  /** Brings the columns in line with `entry.peer`. */
  describe({ index, peer }: PeerEntry): void {
    this.learned[index] = peer.negotiated.peerType === "external" ? Learned.External : Learned.Internal;
    this.remoteIds[index] = peer.remoteId;
  }

  /** The peer, unless it is gone or this speaker itself. */
  find(index: PeerIndex): PeerEntry | undefined {
    return this.gone[index] === 1 ? undefined : this.#entries[index];
  }

  get(index: PeerIndex): PeerEntry {
    const entry = this.find(index);
    assert(entry !== undefined, `there is no peer ${index}`);
    return entry;
  }

  /** The peer also while its last paths are being removed; undefined: this speaker itself. */
  entry(index: PeerIndex): PeerEntry | undefined {
    return this.#entries[index];
  }

  /** The session is gone. The number stays taken until `free`. */
  leave(index: PeerIndex): void {
    this.gone[index] = 1;
  }

  /** Nothing refers to this number any more. */
  free(index: PeerIndex): void {
    this.#entries[index] = undefined;
    this.#free.push(index);
  }

  *[Symbol.iterator](): Iterator<PeerEntry> {
    for (const entry of this.#entries) if (entry !== undefined && this.gone[entry.index] === 0) yield entry;
  }

  #grow(capacity: number): void {
    this.learned = growU8(this.learned, capacity);
    this.remoteIds = growU32(this.remoteIds, capacity);
    this.gone = growU8(this.gone, capacity);
  }
}
