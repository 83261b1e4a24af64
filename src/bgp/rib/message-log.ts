import { type Audience, EVERYBODY, includes } from "./out-batch.ts";
import type { PeerIndex } from "./rib-io.ts";

/** Whole messages for some members of a group. */
interface Slab {
  readonly bytes: Uint8Array;
  readonly audience: Audience;
}

/** How far a member has read. */
export interface Cursor {
  /** The next slab, counted from the log's beginning. */
  next: number;
  /** Octets of the slabs before it. */
  octets: number;
}

/**
 * What an update group sends, in order: each slab once, however many members there are. Each member has a cursor; what all
 * have passed is dropped.
 */
export class MessageLog {
  #slabs: Slab[] = [];
  /** Number of the first slab that is still here. */
  #first = 0;
  /** Octets ever appended. */
  octets = 0;

  get end(): number {
    return this.#first + this.#slabs.length;
  }

  append(bytes: Uint8Array, audience: Audience = EVERYBODY): void {
    if (bytes.length === 0) return;
    this.#slabs.push({ bytes, audience });
    this.octets += bytes.length;
  }

  /** A cursor behind everything. */
  atEnd(): Cursor {
    return { next: this.end, octets: this.octets };
  }

  /** The next slab for `peer`, which it thereby has passed; undefined at the end. */
  read(cursor: Cursor, peer: PeerIndex): Uint8Array | undefined {
    while (cursor.next < this.end) {
      const { bytes, audience } = this.#slabs[cursor.next - this.#first] as Slab;
      cursor.next++;
      cursor.octets += bytes.length;
      if (includes(audience, peer)) return bytes;
    }
    return undefined;
  }

  /** Drops what lies before all these cursors. */
  trim(cursors: Iterable<Cursor>): void {
    if (this.#slabs.length === 0) return;
    let least = this.end;
    for (const cursor of cursors) least = Math.min(least, cursor.next);
    if (least === this.#first) return;
    this.#slabs.splice(0, least - this.#first);
    this.#first = least;
  }

  /** The same slabs for another group; cursors stay good. */
  clone(): MessageLog {
    const copy = new MessageLog();
    copy.#slabs = this.#slabs.slice();
    copy.#first = this.#first;
    copy.octets = this.octets;
    return copy;
  }
}
