import { assert } from "../../lib/assert.ts";
import { writeU32 } from "../../lib/bytes.ts";
import { ATTRIBUTES_AT, AttributeWire } from "./attribute-wire.ts";
import { FAMILY_SPECS, Family } from "./family.ts";
import { AttributeFlag, AttributeType, MessageType } from "./iana.ts";
import { HEADER_LENGTH, writeHeader } from "./message.ts";
import type { Negotiated, NegotiatedFamily } from "./negotiated.ts";

/** What a writer must know of the sessions it writes for. */
export type WriterSession = Pick<Negotiated, "fourOctetAs" | "sendLengthMax" | "families">;

/** Octets of a fresh slab; one grows when its owner does not `take` before it is full. */
const SLAB_LENGTH = 65536;
/** Where Total Path Attribute Length and the length of the MP attribute stand in a message with one in front. */
const TOTAL_LENGTH_AT = HEADER_LENGTH + 2;
const MP_VALUE_AT = TOTAL_LENGTH_AT + 2 + 4;
const NOTHING = new Uint8Array(0);

/**
 * Packs prefixes that share attributes into UPDATE messages, one after the other in a slab. A message is a head (header,
 * attributes as far as they stand before the prefixes), prefixes, and a tail (attributes behind them):
 *
 *     IPv4 reach      | header, NEXT_HOP and all attributes | NLRI             |
 *     other reach     | header, start of MP_REACH_NLRI      | its NLRI         | all other attributes |
 *     IPv4 withdraw   | header                              | withdrawn routes | no attributes        |
 *     other withdraw  | header, start of MP_UNREACH_NLRI    | its NLRI         |
 *
 * MP_REACH_NLRI stands first, so that even a receiver that chokes on a later attribute finds the prefixes (RFC 7606
 * section 5.1). Head and tail are made once; a full message is closed and the next begun with copies of both. Hot: nothing
 * is allocated per prefix or per message.
 */
export class UpdateWriter {
  readonly #session: WriterSession;
  readonly #attributes: AttributeWire;
  #slab = new Uint8Array(SLAB_LENGTH);
  /** Whole messages end here. */
  #length = 0;
  /** Next octet to write in the open message. */
  #at = 0;
  /** Prefixes must not reach beyond this. */
  #limit = 0;
  #isOpen = false;
  readonly #headRoom = new Uint8Array(128);
  #head: Uint8Array = NOTHING;
  #tail: Uint8Array = NOTHING;
  /** The prefixes stand in MP_REACH_NLRI or MP_UNREACH_NLRI. */
  #isMultiprotocol = false;
  #addPath = false;

  constructor(session: WriterSession) {
    this.#session = session;
    this.#attributes = new AttributeWire(session.fourOctetAs);
  }

  /** Octets of whole messages that `take` would give. */
  get length(): number {
    return this.#length;
  }

  /**
   * Starts announcing with the canonical attributes (sink.ts) in `bytes[start..end)`, which are read before it returns.
   * False, and nothing started, when these routes cannot be told to this session: the attributes leave no room for a
   * prefix, or the next hop is not of a kind the session carries (RFC 8950). Withdraw them instead: the neighbour must not
   * go on with what it had (in the spirit of RFC 8654 section 4).
   */
  beginReach(family: Family, bytes: Uint8Array, start: number, end: number): boolean {
    const negotiated = this.#negotiated(family);
    const nextHopLength = bytes[start] as number;
    const attributes = start + 1 + nextHopLength;
    const classic = family === Family.Ipv4Unicast && nextHopLength === 4;
    const ipv6 = family === Family.Ipv6Unicast || negotiated.extendedNextHop;
    if (!classic && !(ipv6 && (nextHopLength === 16 || nextHopLength === 32))) return false;
    const wire = this.#attributes;
    wire.write(bytes, attributes, end, classic ? start + 1 : -1);
    const headLength = classic ? wire.end : this.#headOfReach(family, bytes, start, nextHopLength);
    const tailLength = classic ? 0 : wire.end - ATTRIBUTES_AT;
    const room = this.#session.sendLengthMax - headLength - tailLength;
    if (room < prefixLengthMax(family, negotiated.addPathSend)) return false;
    if (classic) {
      writeHeader(wire.bytes, 0, 0, MessageType.Update);
      putU16(wire.bytes, HEADER_LENGTH, 0);
      putU16(wire.bytes, HEADER_LENGTH + 2, wire.end - ATTRIBUTES_AT);
      this.#setHead(wire.bytes.subarray(0, wire.end), NOTHING, false);
    } else this.#setHead(this.#headRoom.subarray(0, headLength), wire.bytes.subarray(ATTRIBUTES_AT, wire.end), true);
    this.#open(negotiated);
    return true;
  }

  /** Starts withdrawing. */
  beginWithdraw(family: Family): void {
    const negotiated = this.#negotiated(family);
    const head = this.#headRoom;
    if (family === Family.Ipv4Unicast) {
      writeHeader(head, 0, 0, MessageType.Update);
      // Total Path Attribute Length 0 follows the prefixes.
      this.#setHead(head.subarray(0, HEADER_LENGTH + 2), new Uint8Array(2), false);
    } else {
      const length = this.#mpHead(AttributeType.MpUnreachNlri, family);
      this.#setHead(head.subarray(0, length), NOTHING, true);
    }
    this.#open(negotiated);
  }

  /**
   * Adds a prefix to what was begun: words as in `NlriBatch`, host bits zero; `pathId` counts with add-path only. A full
   * message is closed, and the next one begun with the same attributes.
   */
  add(w0: number, w1: number, w2: number, w3: number, length: number, pathId: number): void {
    const octets = (length + 7) >>> 3;
    if (this.#at + (this.#addPath ? 5 : 1) + octets > this.#limit) {
      this.#close();
      this.#start();
    }
    const out = this.#slab;
    let at = this.#at;
    if (this.#addPath) {
      writeU32(out, at, pathId);
      at += 4;
    }
    out[at++] = length;
    if (octets > 0) out[at++] = w0 >>> 24;
    if (octets > 1) out[at++] = w0 >>> 16;
    if (octets > 2) out[at++] = w0 >>> 8;
    if (octets > 3) out[at++] = w0;
    if (octets > 4) at = writeRest(out, at, w1, w2, w3, octets - 4);
    this.#at = at;
  }

  /** Closes what was begun. Nothing is sent when no prefix was added. */
  end(): void {
    assert(this.#isOpen, "nothing was begun");
    this.#isOpen = false;
    if (this.#at > this.#length + this.#head.length) this.#close();
  }

  /** RFC 4724 section 2. */
  endOfRib(family: Family): void {
    assert(!this.#isOpen, "end() first");
    const { afi, safi } = FAMILY_SPECS[family];
    const body =
      family === Family.Ipv4Unicast
        ? [0, 0, 0, 0]
        : [0, 0, 0, 6, AttributeFlag.Optional, AttributeType.MpUnreachNlri, 3, 0, afi, safi];
    this.#makeRoom(HEADER_LENGTH + body.length);
    writeHeader(this.#slab, this.#length, HEADER_LENGTH + body.length, MessageType.Update);
    this.#slab.set(body, this.#length + HEADER_LENGTH);
    this.#length += HEADER_LENGTH + body.length;
  }

  /** The whole messages written since the last call. They belong to the caller; the writer goes on elsewhere. */
  take(): Uint8Array {
    assert(!this.#isOpen, "end() first");
    const length = this.#length;
    this.#length = 0;
    // A short stretch is copied: giving the slab away would pin all of it.
    if (length <= SLAB_LENGTH / 4) return this.#slab.slice(0, length);
    const taken = this.#slab.subarray(0, length);
    this.#slab = new Uint8Array(SLAB_LENGTH);
    return taken;
  }

  #negotiated(family: Family): NegotiatedFamily {
    assert(!this.#isOpen, "end() first");
    const negotiated = this.#session.families.find((candidate) => candidate.family === family);
    assert(negotiated !== undefined, "the session does not carry this family");
    return negotiated;
  }

  /** Writes the start of MP_REACH_NLRI into `#headRoom`; returns its length. */
  #headOfReach(family: Family, canonical: Uint8Array, start: number, nextHopLength: number): number {
    const head = this.#headRoom;
    let at = this.#mpHead(AttributeType.MpReachNlri, family);
    for (let i = 0; i <= nextHopLength; i++) head[at++] = canonical[start + i] as number; // its length, and itself
    head[at++] = 0; // reserved
    return at;
  }

  /** Header, no withdrawn routes, total length (later), MP attribute header (length later), AFI, SAFI. */
  #mpHead(type: number, family: Family): number {
    const head = this.#headRoom;
    const { afi, safi } = FAMILY_SPECS[family];
    writeHeader(head, 0, 0, MessageType.Update);
    head.fill(0, HEADER_LENGTH, MP_VALUE_AT);
    head[MP_VALUE_AT - 4] = AttributeFlag.Optional | AttributeFlag.ExtendedLength;
    head[MP_VALUE_AT - 3] = type;
    head[MP_VALUE_AT] = 0;
    head[MP_VALUE_AT + 1] = afi;
    head[MP_VALUE_AT + 2] = safi;
    return MP_VALUE_AT + 3;
  }

  #setHead(head: Uint8Array, tail: Uint8Array, isMultiprotocol: boolean): void {
    this.#head = head;
    this.#tail = tail;
    this.#isMultiprotocol = isMultiprotocol;
  }

  #open(negotiated: NegotiatedFamily): void {
    this.#addPath = negotiated.addPathSend;
    this.#isOpen = true;
    this.#start();
  }

  /** Begins a message at `#length`. */
  #start(): void {
    this.#makeRoom(this.#session.sendLengthMax);
    this.#slab.set(this.#head, this.#length);
    this.#at = this.#length + this.#head.length;
    this.#limit = this.#length + this.#session.sendLengthMax - this.#tail.length;
  }

  /** Puts the tail and the lengths in: the message is whole. */
  #close(): void {
    const out = this.#slab;
    const start = this.#length;
    const prefixesEnd = this.#at;
    out.set(this.#tail, prefixesEnd);
    const end = prefixesEnd + this.#tail.length;
    putU16(out, start + 16, end - start);
    if (this.#isMultiprotocol) {
      putU16(out, start + TOTAL_LENGTH_AT, end - start - TOTAL_LENGTH_AT - 2);
      putU16(out, start + MP_VALUE_AT - 2, prefixesEnd - start - MP_VALUE_AT);
    } else if (this.#tail.length > 0) {
      putU16(out, start + HEADER_LENGTH, prefixesEnd - start - HEADER_LENGTH - 2);
    }
    this.#length = end;
  }

  #makeRoom(octets: number): void {
    if (this.#length + octets <= this.#slab.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#slab.length, this.#length + octets));
    grown.set(this.#slab.subarray(0, this.#length));
    this.#slab = grown;
  }
}

/** The most octets a prefix of the family takes. */
function prefixLengthMax(family: Family, addPath: boolean): number {
  return (addPath ? 5 : 1) + FAMILY_SPECS[family].addressBits / 8;
}

/** Octets 5 to 16 of an IPv6 prefix. */
function writeRest(out: Uint8Array, start: number, w1: number, w2: number, w3: number, octets: number): number {
  let at = start;
  for (let i = 0; i < octets; i++) {
    const word = i < 4 ? w1 : i < 8 ? w2 : w3;
    out[at++] = word >>> (24 - 8 * (i & 3));
  }
  return at;
}

function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
