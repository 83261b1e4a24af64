import { readU32 } from "../../src/lib/bytes.ts";

/** How many prefixes a speaker has told and taken back: enough of a decoder to count without holding up the speaker. */
export class PrefixCounter {
  /** Distinct prefixes that stand announced. */
  present = 0;
  #announced = 0;
  #withdrawn = 0;
  #updates = 0;
  #first = 0;
  #last = 0;
  /** Open addressing: address and length (plus one) of each prefix seen, and whether it stands. */
  #addresses = new Uint32Array(1 << 22);
  #lengths = new Uint8Array(1 << 22);
  #standing = new Uint8Array(1 << 22);

  /** Takes the body of one UPDATE (IPv4 unicast in its own fields), received at `at`. */
  count(bytes: Uint8Array, start: number, end: number, at: number): void {
    this.#updates++;
    const withdrawnEnd = start + 2 + u16(bytes, start);
    this.#walk(bytes, start + 2, withdrawnEnd, 0);
    const reachStart = withdrawnEnd + 2 + u16(bytes, withdrawnEnd);
    if (reachStart < end) {
      if (this.#first === 0) this.#first = at;
      this.#last = at;
    }
    this.#walk(bytes, reachStart, end, 1);
  }

  totals() {
    return {
      present: this.present,
      announced: this.#announced,
      withdrawn: this.#withdrawn,
      updates: this.#updates,
      firstAt: this.#first,
      lastAt: this.#last,
    };
  }

  #walk(bytes: Uint8Array, from: number, end: number, standing: 0 | 1): void {
    for (let at = from; at < end; ) {
      const length = bytes[at] as number;
      const octets = (length + 7) >>> 3;
      const word = octets === 4 ? readU32(bytes, at + 1) : partialWord(bytes, at + 1, octets);
      this.#set(word, length, standing);
      if (standing === 1) this.#announced++;
      else this.#withdrawn++;
      at += 1 + octets;
    }
  }

  #set(address: number, length: number, standing: 0 | 1): void {
    const mask = this.#lengths.length - 1;
    let slot = (Math.imul(address ^ (length * 0x9e3779b1), 0x85ebca6b) >>> 7) & mask;
    while (this.#lengths[slot] !== 0) {
      if (this.#addresses[slot] === address && this.#lengths[slot] === length + 1) break;
      slot = (slot + 1) & mask;
    }
    this.#addresses[slot] = address;
    this.#lengths[slot] = length + 1;
    this.present += standing - (this.#standing[slot] as number);
    this.#standing[slot] = standing;
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function partialWord(bytes: Uint8Array, at: number, octets: number): number {
  let word = 0;
  for (let i = 0; i < octets; i++) word |= (bytes[at + i] as number) << (24 - 8 * i);
  return word >>> 0;
}
