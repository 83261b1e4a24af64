import type { MessageType } from "./iana.ts";

/**
 * The fixed header of every message (RFC 4271 section 4.1):
 *
 *     +--------------------------+
 *     | marker (16): all ones    |
 *     +--------------------------+
 *     | length (2): whole message|
 *     +--------------------------+
 *     | type (1)                 |
 *     +--------------------------+
 */
export const HEADER_LENGTH = 19;
/** Longest message of plain BGP (RFC 4271 section 4.1). OPEN and KEEPALIVE never exceed it (RFC 8654 section 4). */
export const MESSAGE_LENGTH_MAX = 4096;
/** Longest message when both sides sent the Extended Message capability (RFC 8654). */
export const EXTENDED_MESSAGE_LENGTH_MAX = 65535;

/** Writes a header at `at`. The caller has made the room. */
export function writeHeader(bytes: Uint8Array, at: number, length: number, type: MessageType): void {
  bytes.fill(0xff, at, at + 16);
  bytes[at + 16] = length >>> 8;
  bytes[at + 17] = length;
  bytes[at + 18] = type;
}

/** A whole message around `body`. The caller owns it. */
export function frameMessage(type: MessageType, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + body.length);
  writeHeader(bytes, 0, bytes.length, type);
  bytes.set(body, HEADER_LENGTH);
  return bytes;
}
