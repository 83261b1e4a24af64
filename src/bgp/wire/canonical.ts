import { readU32 } from "../../lib/bytes.ts";
import { AttributeFlag, AttributeType } from "./iana.ts";

// Cheap looks into canonical attributes (sink.ts) without parsing them. `start` is where the next hop's length stands.

/** Index of the first octet (the flags) of the attribute of that type in `bytes[start..end)`, or -1. */
export function findAttribute(bytes: Uint8Array, start: number, end: number, type: number): number {
  for (let at = start + 1 + (bytes[start] as number); at < end; at = attributeEnd(bytes, at)) {
    const found = bytes[at + 1] as number;
    if (found === type) return at;
    if (found > type) return -1;
  }
  return -1;
}

/** Index of the value of the attribute whose first octet is at `at`. */
export function attributeValue(bytes: Uint8Array, at: number): number {
  return at + (((bytes[at] as number) & AttributeFlag.ExtendedLength) === 0 ? 3 : 4);
}

/** Index just past the attribute whose first octet is at `at`. */
export function attributeEnd(bytes: Uint8Array, at: number): number {
  const value = attributeValue(bytes, at);
  const low = bytes[value - 1] as number;
  return value + (value - at === 3 ? low : ((bytes[at + 2] as number) << 8) | low);
}

/** How often `as` stands in AS_PATH, confederation segments included: for loop detection (RFC 4271 section 9.1.2). */
export function countAs(bytes: Uint8Array, start: number, end: number, as: number): number {
  const attribute = findAttribute(bytes, start, end, AttributeType.AsPath);
  if (attribute < 0) return 0;
  const pathEnd = attributeEnd(bytes, attribute);
  let count = 0;
  for (let at = attributeValue(bytes, attribute); at < pathEnd; ) {
    const next = at + 2 + 4 * (bytes[at + 1] as number);
    for (at += 2; at < next; at += 4) if (readU32(bytes, at) === as) count++;
  }
  return count;
}
