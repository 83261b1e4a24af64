/*
 * memberlist's wire format, every layer of it, pure and without state but that of a stream being decoded.
 *
 *   packet.ts     UDP: label, encryption, checksum, compression, compound; seal and open
 *   stream.ts     TCP: push/pull, user message, fallback ping, error; seal, and decode chunk by chunk
 *   messages.ts   the messages themselves, checked in form
 *   struct.ts     Go structs as go-msgpack maps, from a table of fields; msgpack.ts is the octets below
 *   compound.ts, compression.ts, lzw.ts, cipher.ts, crc32.ts: one layer each
 *   codes.ts      every number: message types, states, and the limits on what a peer may ask for
 *
 * Within this folder a decoder throws Malformed or ShortRead; across its edge every fault is a value.
 */

export * from "./cipher.ts";
export * from "./codes.ts";
export { COMPOUND_HEADER, COMPOUND_PART, encodeCompound } from "./compound.ts";
export type { Encryption, Envelope } from "./envelope.ts";
export * from "./messages.ts";
export { encodeText } from "./msgpack.ts";
export { type OpenedPacket, openPacket, packetRoom, sealPacket } from "./packet.ts";
export {
  encodePushPull,
  encodeStreamUser,
  type PushPull,
  StreamDecoder,
  type StreamFault,
  type StreamMessage,
  sealStream,
} from "./stream.ts";
