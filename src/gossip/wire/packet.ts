/*
 * A UDP packet from the outside in: label, encryption, checksum, compression, compound, message. Each layer is there
 * only if its sender wanted it; compression and compounds may nest, within limits.
 */

import { bytesEqual, Reader, readU32, Writer } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { decryptPayload, encryptionOverhead, encryptPayload } from "./cipher.ts";
import { MessageType, PACKET_DEPTH_MAX, PACKET_INFLATED_MAX, PACKET_MESSAGES_MAX } from "./codes.ts";
import { COMPOUND_HEADER, decodeCompound } from "./compound.ts";
import { compressMessage, inflateMessage } from "./compression.ts";
import { crc32 } from "./crc32.ts";
import { type Envelope, outgoingEncryption } from "./envelope.ts";

/** Wraps one plain message or compound for UDP. `withCrc` only towards a node whose protocol range reaches 5. */
export function sealPacket(envelope: Envelope, message: Uint8Array, withCrc: boolean): Uint8Array {
  let bytes = message;
  if (envelope.compress) {
    const compressed = compressMessage(bytes);
    if (compressed.length < bytes.length) bytes = compressed;
  }
  if (withCrc) bytes = new Writer(bytes.length + 5).u8(MessageType.HasCrc).u32(crc32(bytes)).bytes(bytes).toBytes();
  const encryption = outgoingEncryption(envelope);
  if (encryption !== undefined)
    bytes = encryptPayload(encryption.aead, encryption.key, encryption.version, bytes, envelope.label);
  return addLabel(envelope.label, bytes);
}

/** Octets of a packet of `size` that are left for messages (and their lengths) in a compound. */
export function packetRoom(envelope: Envelope, size: number): number {
  const encryption = outgoingEncryption(envelope);
  const label = envelope.label.length === 0 ? 0 : 2 + envelope.label.length;
  return size - COMPOUND_HEADER - label - (encryption === undefined ? 0 : encryptionOverhead(encryption.version));
}

/** The label header in front of `bytes`, or `bytes` themselves when there is no label. */
export function addLabel(label: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (label.length === 0) return bytes;
  return new Writer(2 + label.length + bytes.length)
    .u8(MessageType.HasLabel)
    .u8(label.length)
    .bytes(label)
    .bytes(bytes)
    .toBytes();
}

export interface OpenedPacket {
  /** The plain messages, in order; not decoded yet. Views of the packet or of decompressed octets. */
  readonly messages: readonly Uint8Array[];
  /** Parts of compounds that were cut off, wrong or over a limit. The rest counts. */
  readonly faults: number;
}

/** Unwraps a packet. Fails when it is not for this cluster: label, key or checksum. */
export function openPacket(envelope: Envelope, packet: Uint8Array): Result<OpenedPacket, string> {
  const labelled = stripLabel(packet);
  if (!labelled.ok) return labelled;
  if (!bytesEqual(labelled.value.label, envelope.label)) return fail("the label is not ours");
  let bytes = labelled.value.rest;
  const encryption = envelope.encryption;
  if (encryption !== undefined && encryption.keys.keys.length > 0) {
    const plain = decryptPayload(encryption.aead, encryption.keys.keys, bytes, envelope.label);
    if (plain.ok) bytes = plain.value;
    else if (encryption.verifyIncoming) return plain;
  }
  if (bytes[0] === MessageType.HasCrc && bytes.length >= 5) {
    if (crc32(bytes, 5) !== readU32(bytes, 1)) return fail("the checksum is wrong");
    bytes = bytes.subarray(5);
  }
  return ok(new Unwrapper().unwrap(bytes));
}

function stripLabel(packet: Uint8Array): Result<{ label: Uint8Array; rest: Uint8Array }, string> {
  if (packet[0] !== MessageType.HasLabel) return ok({ label: new Uint8Array(0), rest: packet });
  const reader = new Reader(packet, 1);
  const length = packet[1] ?? 0;
  if (length === 0 || packet.length < 2 + length) return fail("the label header is malformed");
  reader.skip(1);
  return ok({ label: reader.view(length), rest: packet.subarray(2 + length) });
}

/** Takes compounds and compression apart, counting what one packet may cost. */
class Unwrapper {
  readonly #messages: Uint8Array[] = [];
  #faults = 0;
  #inflatable = PACKET_INFLATED_MAX;

  unwrap(bytes: Uint8Array): OpenedPacket {
    this.#take(bytes, 0);
    return { messages: this.#messages, faults: this.#faults };
  }

  #take(bytes: Uint8Array, depth: number): void {
    const type = bytes[0];
    if (type === undefined || depth > PACKET_DEPTH_MAX || this.#messages.length >= PACKET_MESSAGES_MAX) this.#faults++;
    else if (type === MessageType.Compound) {
      const { parts, truncated } = decodeCompound(bytes.subarray(1));
      this.#faults += truncated;
      for (const part of parts) this.#take(part, depth + 1);
    } else if (type === MessageType.Compress) {
      const inflated = inflateMessage(new Reader(bytes, 1), this.#inflatable);
      if (inflated.ok) {
        this.#inflatable -= inflated.value.length;
        this.#take(inflated.value, depth + 1);
      } else {
        // What a failed attempt cost is not known: it may have been all that was allowed.
        this.#inflatable = 0;
        this.#faults++;
      }
    } else this.#messages.push(bytes);
  }
}
