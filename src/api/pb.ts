/*
 * Protocol buffers by hand, for the messages there are many of: paths and their attributes. A general library makes an
 * object of every message within a message, which for a million routes is most of the time. What is written here is
 * compared with the library in a test.
 */

/** Thrown by {@link PbReader} on octets that are no message. Caught where the message begins; never past that. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}
const MALFORMED = new MalformedMessage("the octets are no message of this type");

const WireType = { Varint: 0, I64: 1, Length: 2, I32: 5 } as const;

const utf8 = new TextDecoder();

/** Reads one message, field by field. */
export class PbReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  #wireType = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** The number of the next field, or 0 at the end. Its value must be read or skipped before the next call. */
  next(): number {
    if (this.position >= this.end) return 0;
    const tag = this.#varint();
    this.#wireType = tag & 7;
    const field = tag >>> 3;
    if (field === 0) throw MALFORMED;
    return field;
  }

  /** A uint32, enum or bool. */
  uint(): number {
    if (this.#wireType !== WireType.Varint) throw MALFORMED;
    return this.#varint();
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  get isFixed32(): boolean {
    return this.#wireType === WireType.I32;
  }

  /** The bits of a float. */
  fixed32(): number {
    if (this.#wireType !== WireType.I32) throw MALFORMED;
    const at = this.position;
    this.#advance(4);
    const [a, b, c, d] = this.bytes.subarray(at, at + 4) as unknown as [number, number, number, number];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  /** A reader over the message (or string, or packed list) that is the field's value. */
  message(): PbReader {
    const start = this.#length();
    return new PbReader(this.bytes, start, this.position);
  }

  /** A view of the field's octets. */
  octets(): Uint8Array {
    const start = this.#length();
    return this.bytes.subarray(start, this.position);
  }

  string(): string {
    const start = this.#length();
    const end = this.position;
    // Nearly all are short ASCII, for which a decoder costs more than it does.
    let text = "";
    for (let at = start; at < end; at++) {
      const octet = this.bytes[at] as number;
      if (octet > 0x7f) return utf8.decode(this.bytes.subarray(start, end));
      text += String.fromCharCode(octet);
    }
    return text;
  }

  /** A repeated uint32: packed or not, added to `list`. */
  uints(list: number[]): void {
    if (this.#wireType === WireType.Varint) {
      list.push(this.#varint());
      return;
    }
    const packed = this.message();
    while (packed.position < packed.end) list.push(packed.#varint());
  }

  skip(): void {
    switch (this.#wireType) {
      case WireType.Varint:
        this.#varint();
        break;
      case WireType.I64:
        this.#advance(8);
        break;
      case WireType.Length:
        this.#length();
        break;
      case WireType.I32:
        this.#advance(4);
        break;
      default:
        throw MALFORMED;
    }
  }

  /** A 32-bit value; what is longer on the wire is cut, as in every implementation. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw MALFORMED;
      const octet = this.bytes[this.position++] as number;
      if (shift < 32) value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value >>> 0;
    }
    throw MALFORMED;
  }

  /** Skips a length-delimited value; returns where it begins. */
  #length(): number {
    if (this.#wireType !== WireType.Length) throw MALFORMED;
    const length = this.#varint();
    const start = this.position;
    this.#advance(length);
    return start;
  }

  #advance(count: number): void {
    if (count > this.end - this.position) throw MALFORMED;
    this.position += count;
  }
}

const encoder = new TextEncoder();
/** The longest length that fits one octet: nearly all messages within messages. */
const SHORT_MAX = 127;

/** Writes messages into a buffer that grows. Fields with their default value are to be left out by the caller. */
export class PbWriter {
  #bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  uint(field: number, value: number): void {
    this.#varint(field << 3);
    this.#varint(value);
  }

  /** An int64 or uint64 that is a safe integer, not negative. */
  long(field: number, value: number): void {
    this.#varint(field << 3);
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#octet((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.#varint(rest);
  }

  /** A float by its bits. */
  fixed32(field: number, bits: number): void {
    this.#varint((field << 3) | WireType.I32);
    for (let shift = 0; shift < 32; shift += 8) this.#octet((bits >>> shift) & 0xff);
  }

  bool(field: number, value: boolean): void {
    if (value) this.uint(field, 1);
  }

  octets(field: number, value: Uint8Array): void {
    this.#varint((field << 3) | WireType.Length);
    this.#varint(value.length);
    this.raw(value);
  }

  /** Octets that are whole fields already. */
  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  string(field: number, text: string): void {
    this.#varint((field << 3) | WireType.Length);
    const start = this.length;
    this.#room(3 * text.length + 5);
    this.length++; // a length of one octet, to begin with
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f || i === SHORT_MAX) {
        this.length = start;
        const bytes = encoder.encode(text);
        this.#varint(bytes.length);
        this.raw(bytes);
        return;
      }
      this.#bytes[this.length++] = code;
    }
    this.#bytes[start] = text.length;
  }

  /** Begins a message within; returns what `end` is to be given. */
  begin(field: number): number {
    this.#varint((field << 3) | WireType.Length);
    this.#octet(0);
    return this.length;
  }

  /** Ends the message that `begin` gave this number for. */
  end(start: number): void {
    const length = this.length - start;
    if (length <= SHORT_MAX) {
      this.#bytes[start - 1] = length;
      return;
    }
    let extra = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) extra++;
    this.#room(extra);
    this.#bytes.copyWithin(start + extra, start, this.length);
    this.length = start - 1;
    this.#varint(length);
    this.length = start + extra + length;
  }

  uints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const start = this.begin(field);
    for (const value of values) this.#varint(value);
    this.end(start);
  }

  #varint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#octet((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#octet(rest);
  }

  #octet(value: number): void {
    if (this.length === this.#bytes.length) this.#room(1);
    this.#bytes[this.length++] = value;
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}

const TYPE_URL = "type.googleapis.com/apipb.";

/** Begins a google.protobuf.Any of one of GoBGP's messages; returns what both `end`s of it are to be given. */
export function beginAny(out: PbWriter, field: number, type: string): readonly [any: number, value: number] {
  const any = out.begin(field);
  out.string(1, TYPE_URL + type);
  return [any, out.begin(2)];
}

export function endAny(out: PbWriter, [any, value]: readonly [any: number, value: number]): void {
  out.end(value);
  out.end(any);
}

/** What stands in a google.protobuf.Any: the type's name without the package (the whole URL if it is not GoBGP's). */
export function readAny(any: PbReader): { readonly type: string; readonly value: PbReader } {
  let url = "";
  let value: PbReader | undefined;
  for (let field = any.next(); field !== 0; field = any.next()) {
    if (field === 1) url = any.string();
    else if (field === 2) value = any.message();
    else any.skip();
  }
  const type = url.slice(url.lastIndexOf("/") + 1);
  const name = type.startsWith("apipb.") ? type.slice("apipb.".length) : url;
  return { type: name, value: value ?? new PbReader(any.bytes, any.end, any.end) };
}
