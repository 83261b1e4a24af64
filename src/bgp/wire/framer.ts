import { assert } from "../../lib/assert.ts";
import { readU32 } from "../../lib/bytes.ts";
import { ErrorCode, HeaderError, MessageType } from "./iana.ts";
import { EXTENDED_MESSAGE_LENGTH_MAX, HEADER_LENGTH, MESSAGE_LENGTH_MAX } from "./message.ts";
import type { NotificationError } from "./outcome.ts";

/** One message, as a view. Good until the next call of `next` or `push`: the framer uses the object again. */
export interface Frame {
  readonly type: "message";
  readonly messageType: MessageType;
  /** Holds the whole message; `start` and `end` bound its body (what follows the header). */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The stream is broken: send this NOTIFICATION and close. */
export interface FramingError {
  readonly type: "error";
  readonly error: NotificationError;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Shortest and longest whole message by type (RFC 4271 section 6.1, RFC 2918 section 3); 0: as long as the session
 * allows. RFC 8654 section 4: OPEN and KEEPALIVE are never longer than 4096.
 */
const LENGTHS: Readonly<Record<MessageType, readonly [min: number, max: number]>> = {
  [MessageType.Open]: [29, MESSAGE_LENGTH_MAX],
  [MessageType.Update]: [23, 0],
  [MessageType.Notification]: [21, 0],
  [MessageType.Keepalive]: [19, 19],
  [MessageType.RouteRefresh]: [23, 0],
};

/**
 * Cuts a TCP stream into messages. `push` a chunk, then call `next` until it returns undefined: after that the chunk
 * is the caller's again. Messages that lie whole in a chunk are not copied; of one that straddles two chunks a copy
 * is kept, never more than one message. After an error nothing more comes.
 */
export class Framer {
  /** The longest message the peer may send: 4096, or 65535 once RFC 8654's capability is agreed on. */
  lengthMax = MESSAGE_LENGTH_MAX;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The beginning of a message whose end has not come yet. */
  #carry = new Uint8Array(256);
  #carried = 0;
  #failed: FramingError | undefined;
  readonly #frame: Mutable<Frame> = {
    type: "message",
    messageType: MessageType.Keepalive,
    bytes: this.#carry,
    start: 0,
    end: 0,
  };

  /** Takes the next octets of the stream. The chunk before must have been drained by `next`. */
  push(chunk: Uint8Array): void {
    assert(this.#at === this.#chunk.length || this.#failed !== undefined, "the former chunk is not drained");
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next whole message, an error (RFC 4271 section 6.1), or undefined when more octets are needed. */
  next(): Frame | FramingError | undefined {
    if (this.#failed !== undefined) return this.#failed;
    if (this.#carried > 0) return this.#nextCarried();
    const available = this.#chunk.length - this.#at;
    if (available < HEADER_LENGTH) return this.#keepRest();
    const failure = this.#checkHeader(this.#chunk, this.#at);
    if (failure !== undefined) return failure;
    const length = lengthAt(this.#chunk, this.#at);
    if (available < length) return this.#keepRest();
    const start = this.#at;
    this.#at = start + length;
    return this.#emit(this.#chunk, start, length);
  }

  /** Completes the message begun in an earlier chunk: first its header, then the rest. */
  #nextCarried(): Frame | FramingError | undefined {
    if (this.#carried < HEADER_LENGTH && !this.#carryUpTo(HEADER_LENGTH)) return undefined;
    const failure = this.#checkHeader(this.#carry, 0);
    if (failure !== undefined) return failure;
    const length = lengthAt(this.#carry, 0);
    if (!this.#carryUpTo(length)) return undefined;
    this.#carried = 0;
    return this.#emit(this.#carry, 0, length);
  }

  /** Moves octets from the chunk until `#carry` holds `length`; false when the chunk ended before. */
  #carryUpTo(length: number): boolean {
    const take = Math.min(length - this.#carried, this.#chunk.length - this.#at);
    if (this.#carried + take > this.#carry.length) {
      // At most EXTENDED_MESSAGE_LENGTH_MAX: `length` has been checked, or is the header's.
      const grown = new Uint8Array(Math.min(Math.max(length, 2 * this.#carry.length), EXTENDED_MESSAGE_LENGTH_MAX));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(this.#chunk.subarray(this.#at, this.#at + take), this.#carried);
    this.#carried += take;
    this.#at += take;
    return this.#carried === length;
  }

  #keepRest(): undefined {
    this.#carryUpTo(this.#chunk.length - this.#at);
    return undefined;
  }

  #emit(bytes: Uint8Array, at: number, length: number): Frame {
    const frame = this.#frame;
    frame.messageType = bytes[at + 18] as MessageType;
    frame.bytes = bytes;
    frame.start = at + HEADER_LENGTH;
    frame.end = at + length;
    return frame;
  }

  #checkHeader(bytes: Uint8Array, at: number): FramingError | undefined {
    const ones = readU32(bytes, at) & readU32(bytes, at + 4) & readU32(bytes, at + 8) & readU32(bytes, at + 12);
    if (ones !== -1) return this.#fail(HeaderError.ConnectionNotSynchronized, new Uint8Array(0));
    const length = lengthAt(bytes, at);
    const type = bytes[at + 18] as number;
    if (length >= HEADER_LENGTH && length <= this.lengthMax) {
      if (!isMessageType(type)) return this.#fail(HeaderError.BadMessageType, Uint8Array.of(type));
      const [min, max] = LENGTHS[type];
      if (length >= min && (max === 0 || length <= max)) return undefined;
    }
    return this.#fail(HeaderError.BadMessageLength, bytes.slice(at + 16, at + 18));
  }

  #fail(subcode: number, data: Uint8Array): FramingError {
    this.#failed = { type: "error", error: { code: ErrorCode.MessageHeader, subcode, data } };
    this.#chunk = new Uint8Array(0);
    this.#at = 0;
    return this.#failed;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number);
}

function isMessageType(type: number): type is MessageType {
  return type >= MessageType.Open && type <= MessageType.RouteRefresh;
}
