import { assert } from "../../lib/assert.ts";
import { Reader, Writer } from "../../lib/bytes.ts";
import { COMPOUND_PARTS_MAX, MessageType } from "./codes.ts";

/** Octets that a compound adds: type and count, and a length for each part. */
export const COMPOUND_HEADER = 2;
export const COMPOUND_PART = 2;

/** One compound of 1 to 255 messages: count, their lengths, then the messages themselves. */
export function encodeCompound(parts: readonly Uint8Array[]): Uint8Array {
  assert(parts.length > 0 && parts.length <= COMPOUND_PARTS_MAX, "a compound has 1 to 255 parts");
  const out = new Writer(COMPOUND_HEADER + parts.reduce((sum, part) => sum + COMPOUND_PART + part.length, 0));
  out.u8(MessageType.Compound).u8(parts.length);
  for (const part of parts) {
    assert(part.length <= 0xffff, "a part of a compound is under 64 KiB");
    out.u16(part.length);
  }
  for (const part of parts) out.bytes(part);
  return out.toBytes();
}

export interface Compound {
  /** Views of the whole parts. */
  readonly parts: Uint8Array[];
  /** Parts that the packet was too short for. */
  readonly truncated: number;
}

/** Splits the body of a compound (after its type octet). As memberlist, whole parts of a truncated one count. */
export function decodeCompound(body: Uint8Array): Compound {
  if (body.length === 0) return { parts: [], truncated: 0 };
  const reader = new Reader(body);
  const count = reader.u8();
  if (reader.remaining < 2 * count) return { parts: [], truncated: count };
  const lengths = Array.from({ length: count }, () => reader.u16());
  const parts: Uint8Array[] = [];
  for (const length of lengths) {
    if (reader.remaining < length) break;
    parts.push(reader.view(length));
  }
  return { parts, truncated: count - parts.length };
}
