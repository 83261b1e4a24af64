import { maskWord } from "../../lib/prefix.ts";
import type { NlriBatch } from "./sink.ts";

// Prefixes as octets (RFC 4271 section 4.3, RFC 7911 section 3): path identifier (4, with add-path), length in bits (1),
// as many octets as the length needs. Hot: columns, no objects.

/** The most prefixes of one batch: a longer field comes in several. Keeps a session's scratch at 21 KiB. */
export const NLRI_BATCH_MAX = 1024;

/** What is wrong with the syntax of a field of prefixes (RFC 7606 section 5.3), or undefined. */
export function checkNlri(
  bytes: Uint8Array,
  start: number,
  end: number,
  addressBits: number,
  addPath: boolean,
): string | undefined {
  let at = start;
  while (at < end) {
    if (addPath) {
      at += 4;
      if (at >= end) return "ends within a path identifier";
    }
    const length = bytes[at] as number;
    if (length > addressBits) return `has a prefix of length ${length}`;
    at += 1 + ((length + 7) >>> 3);
  }
  return at === end ? undefined : "ends within a prefix";
}

/** A batch that is filled again and again. */
export class NlriColumns implements NlriBatch {
  count = 0;
  readonly w0 = new Uint32Array(NLRI_BATCH_MAX);
  readonly w1 = new Uint32Array(NLRI_BATCH_MAX);
  readonly w2 = new Uint32Array(NLRI_BATCH_MAX);
  readonly w3 = new Uint32Array(NLRI_BATCH_MAX);
  readonly length = new Uint8Array(NLRI_BATCH_MAX);
  readonly pathId = new Uint32Array(NLRI_BATCH_MAX);

  /**
   * Fills the batch from octets that `checkNlri` found good; returns where the next batch begins. Bits beyond a
   * prefix's length are cleared: they mean nothing (RFC 4271 section 4.3).
   */
  fill(bytes: Uint8Array, start: number, end: number, addressBits: number, addPath: boolean): number {
    let at = start;
    let count = 0;
    while (at < end && count < NLRI_BATCH_MAX) {
      let pathId = 0;
      if (addPath) {
        pathId = leadingWord(bytes, at, 4);
        at += 4;
      }
      const length = bytes[at] as number;
      const octets = (length + 7) >>> 3;
      at++;
      this.length[count] = length;
      this.pathId[count] = pathId;
      this.w0[count] = leadingWord(bytes, at, octets) & maskWord(length);
      if (addressBits === 128) {
        this.w1[count] = leadingWord(bytes, at + 4, octets - 4) & maskWord(length - 32);
        this.w2[count] = leadingWord(bytes, at + 8, octets - 8) & maskWord(length - 64);
        this.w3[count] = leadingWord(bytes, at + 12, octets - 12) & maskWord(length - 96);
      }
      at += octets;
      count++;
    }
    this.count = count;
    return at;
  }

  /**
   * Takes prefixes out that no unicast route can have, as RFC 4271 section 6.3 asks: multicast, and IPv6 link-local.
   * Returns how many there were.
   */
  dropForeign(addressBits: number): number {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const w0 = this.w0[i] as number;
      const length = this.length[i] as number;
      const foreign =
        addressBits === 32
          ? w0 >= 0xe000_0000 && w0 < 0xf000_0000 && length >= 4
          : w0 >= 0xfe80_0000 && ((w0 < 0xfec0_0000 && length >= 10) || (w0 >= 0xff00_0000 && length >= 8));
      if (foreign) continue;
      if (kept !== i) this.#move(i, kept);
      kept++;
    }
    const dropped = this.count - kept;
    this.count = kept;
    return dropped;
  }

  #move(from: number, to: number): void {
    for (const column of [this.w0, this.w1, this.w2, this.w3, this.length, this.pathId])
      column[to] = column[from] as number;
  }
}

/** Up to four octets at `at` as the leading part of a 32-bit word. */
function leadingWord(bytes: Uint8Array, at: number, octets: number): number {
  let word = 0;
  if (octets > 0) word = (bytes[at] as number) << 24;
  if (octets > 1) word |= (bytes[at + 1] as number) << 16;
  if (octets > 2) word |= (bytes[at + 2] as number) << 8;
  if (octets > 3) word |= bytes[at + 3] as number;
  return word;
}
