import { writeU32 } from "../../lib/bytes.ts";
import { AttributeFlag } from "../wire/iana.ts";

/** Makes canonical attributes (wire/sink.ts). A scratch, used again and again; grows to the longest set. Hot. */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(1024);
  length = 0;

  reset(): void {
    this.length = 0;
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    if (this.length + 4 > this.bytes.length) this.#grow(4);
    writeU32(this.bytes, this.length, value);
    this.length += 4;
  }

  copy(from: Uint8Array, start: number, end: number): void {
    if (this.length + end - start > this.bytes.length) this.#grow(end - start);
    const out = this.bytes;
    let to = this.length;
    for (let at = start; at < end; at++) out[to++] = from[at] as number;
    this.length = to;
  }

  /** The header of an attribute whose value has `length` octets; extended only when it must be, as canonical form asks. */
  attribute(flags: number, type: number, length: number): void {
    const plain = flags & ~AttributeFlag.ExtendedLength;
    this.u8(length > 255 ? plain | AttributeFlag.ExtendedLength : plain);
    this.u8(type);
    if (length > 255) this.u8(length >>> 8);
    this.u8(length & 0xff);
  }

  #grow(room: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + room));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
