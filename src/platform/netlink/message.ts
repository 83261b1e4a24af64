/*
 * Netlink messages as octets (linux/netlink.h): a header, a fixed structure of the message's type, and attributes, each
 * padded to four octets. Integers are in the machine's order.
 */
import { LITTLE_ENDIAN } from "../sockaddr.ts";

const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER share the type's field. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;
const NLA_F_NESTED = 0x8000;

export const NLM_F = {
  REQUEST: 0x1,
  ACK: 0x4,
  /** Of an answer: what was dumped changed meanwhile. */
  DUMP_INTERRUPTED: 0x10,
  DUMP: 0x300,
  /** Of a NEW request: only if there is none. */
  EXCL: 0x200,
  CREATE: 0x400,
} as const;

export const NLMSG = { ERROR: 2, DONE: 3 } as const;

const align = (length: number) => (length + 3) & ~3;

/** Builds one request. */
export class MessageWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = HEADER_SIZE;

  constructor(type: number, flags: number, sequence: number) {
    this.#view.setUint16(4, type, LITTLE_ENDIAN);
    this.#view.setUint16(6, flags, LITTLE_ENDIAN);
    this.#view.setUint32(8, sequence, LITTLE_ENDIAN);
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, LITTLE_ENDIAN);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, LITTLE_ENDIAN);
    this.#length += 4;
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    this.u16(ATTRIBUTE_HEADER_SIZE + value.length).u16(type);
    this.#reserve(align(value.length));
    this.#bytes.set(value, this.#length);
    this.#length += align(value.length);
    return this;
  }

  u8Attribute(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value));
  }

  u32Attribute(type: number, ...values: number[]): this {
    this.u16(ATTRIBUTE_HEADER_SIZE + values.length * 4).u16(type);
    for (const value of values) this.u32(value);
    return this;
  }

  /** NUL-terminated. */
  textAttribute(type: number, value: string): this {
    return this.attribute(type, new TextEncoder().encode(`${value}\0`));
  }

  /** An attribute whose value is the attributes that `write` adds. */
  nested(type: number, write: () => void): this {
    const start = this.#length;
    this.u16(0).u16(type | NLA_F_NESTED);
    write();
    this.#view.setUint16(start, this.#length - start, LITTLE_ENDIAN);
    return this;
  }

  /** The whole message. */
  finish(): Uint8Array {
    this.#view.setUint32(0, this.#length, LITTLE_ENDIAN);
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array((this.#length + count) * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** One message from the kernel. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The structure and the attributes. A view. */
  readonly payload: DataView;
}

/** The messages of one datagram. A length that cannot be ends it. */
export function* readMessages(bytes: Uint8Array): Generator<Message> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  while (offset + HEADER_SIZE <= bytes.length) {
    const length = view.getUint32(offset, LITTLE_ENDIAN);
    if (length < HEADER_SIZE || offset + length > bytes.length) return;
    yield {
      type: view.getUint16(offset + 4, LITTLE_ENDIAN),
      flags: view.getUint16(offset + 6, LITTLE_ENDIAN),
      sequence: view.getUint32(offset + 8, LITTLE_ENDIAN),
      payload: new DataView(bytes.buffer, bytes.byteOffset + offset + HEADER_SIZE, length - HEADER_SIZE),
    };
    offset += align(length);
  }
}

/** Calls `visit` for each attribute of `view` from `offset` on. */
export function eachAttribute(view: DataView, offset: number, visit: (type: number, value: DataView) => void): void {
  while (offset + ATTRIBUTE_HEADER_SIZE <= view.byteLength) {
    const length = view.getUint16(offset, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER_SIZE || offset + length > view.byteLength) return;
    const type = view.getUint16(offset + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
    visit(
      type,
      new DataView(view.buffer, view.byteOffset + offset + ATTRIBUTE_HEADER_SIZE, length - ATTRIBUTE_HEADER_SIZE),
    );
    offset += align(length);
  }
}

/** The octets of an attribute's value. A view. */
export function bytesOf(value: DataView): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** The text of an attribute's value, without its NUL. */
export function textOf(value: DataView): string {
  const bytes = bytesOf(value);
  return new TextDecoder().decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes);
}
