import { readU32, writeU32 } from "../../lib/bytes.ts";
import { SegmentType } from "../wire/iana.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { RibPeer } from "./rib-io.ts";

const SEGMENT_MAX = 255;

/** Reserved for private use (RFC 6996). */
function isPrivateAs(as: number): boolean {
  return (as >= 64512 && as <= 65534) || (as >= 4_200_000_000 && as <= 4_294_967_294);
}

/**
 * Whether the AS_PATH in `path[start..end)` holds no number but ours: what the operator prepends to a route of ours. An
 * internal neighbour would take it for a loop (RFC 4271 section 9.1.2), so prepends are for external ones.
 */
export function isOwnOnly(peer: RibPeer, path: Uint8Array, start: number, end: number): boolean {
  for (let segment = start; segment < end; ) {
    const next = segment + 2 + 4 * (path[segment + 1] as number);
    for (let at = segment + 2; at < next; at += 4) {
      const as = readU32(path, at);
      if (as !== peer.globalAs && as !== peer.localAs) return false;
    }
    segment = next;
  }
  return true;
}

/**
 * AS_PATH as an external neighbour is told it (RFC 4271 section 5.1.2 b): segments of a confederation go (RFC 5065 section
 * 5.3), then private numbers and the neighbour's own are dealt with as `RibPeer` says, then our AS leads: `localAs` alone,
 * as in GoBGP and BIRD; RFC 7705 calls it Replace Old AS.
 */
export class AsPathEdit {
  /** Scratch: the value of AS_PATH is `bytes[0..length)` after `write`. */
  bytes: Uint8Array = new Uint8Array(1024);
  length = 0;
  /** Where the segment begins that is being written. */
  #segment = 0;

  /** Edits the value of AS_PATH in `path[start..end)`. `isOwn`: nobody's but ours, to be the AS that the neighbour knows. */
  write(peer: RibPeer, path: Uint8Array, start: number, end: number, isOwn: boolean): void {
    // Every number takes four octets, and at worst a header of two; one more number leads.
    if (this.bytes.length < 2 * (end - start) + 32) this.bytes = new Uint8Array(2 * (end - start) + 32);
    this.length = 0;
    this.#open(SegmentType.Sequence);
    this.#append(peer.localAs);
    for (let at = start; at < end; ) {
      const type = path[at] as number;
      const next = at + 2 + 4 * (path[at + 1] as number);
      if (type <= SegmentType.Sequence) this.#copy(peer, type, path, at + 2, next, isOwn);
      at = next;
    }
  }

  /** Writes the attribute that `write` has made. */
  emit(flags: number, type: number, out: ByteWriter): void {
    out.attribute(flags, type, this.length);
    out.copy(this.bytes, 0, this.length);
  }

  #copy(peer: RibPeer, type: number, path: Uint8Array, start: number, end: number, isOwn: boolean): void {
    // Sequences join as long as they fit one segment.
    const joins = type === SegmentType.Sequence && this.bytes[this.#segment] === SegmentType.Sequence;
    if (!joins || (this.bytes[this.#segment + 1] as number) + (end - start) / 4 > SEGMENT_MAX) this.#open(type);
    for (let at = start; at < end; at += 4) {
      let as = readU32(path, at);
      if (peer.removePrivateAs !== undefined && isPrivateAs(as)) {
        if (peer.removePrivateAs === "all") continue;
        as = peer.localAs;
      }
      if (isOwn || (peer.replacePeerAs && as === peer.negotiated.peerAs)) as = peer.localAs;
      this.#append(as);
    }
    if (this.bytes[this.#segment + 1] === 0) this.#dropEmpty();
  }

  #open(type: number): void {
    this.#segment = this.length;
    this.bytes[this.length] = type;
    this.bytes[this.length + 1] = 0;
    this.length += 2;
  }

  /** Nothing was left of the segment. What follows opens its own: an empty one is malformed (RFC 7606 section 7.2). */
  #dropEmpty(): void {
    this.length = this.#segment;
    this.bytes[this.#segment] = 0;
  }

  #append(as: number): void {
    writeU32(this.bytes, this.length, as);
    this.length += 4;
    this.bytes[this.#segment + 1] = (this.bytes[this.#segment + 1] as number) + 1;
  }
}
