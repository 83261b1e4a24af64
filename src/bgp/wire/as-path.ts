import { readU32, writeU32 } from "../../lib/bytes.ts";
import { AS_TRANS, SegmentType } from "./iana.ts";

// AS_PATH and AS4_PATH as octets (RFC 4271 section 4.3, RFC 6793): segments of type (1), count (1), AS numbers (2 or 4
// octets each). Hot: no objects here.

/** Octets of an AS number on the wire. */
export type AsSize = 2 | 4;

/**
 * What is wrong with an AS_PATH (RFC 7606 section 7.2, RFC 7607 section 2), or undefined. `confederation`: whether
 * the segments of RFC 5065 are allowed.
 */
export function checkAsPath(
  bytes: Uint8Array,
  start: number,
  end: number,
  size: AsSize,
  confederation: boolean,
): string | undefined {
  let at = start;
  while (at < end) {
    if (end - at === 1) return "ends within a segment header";
    const type = bytes[at] as number;
    const count = bytes[at + 1] as number;
    if (type < SegmentType.Set || type > SegmentType.ConfedSet) return `has a segment of type ${type}`;
    if (type >= SegmentType.ConfedSequence && !confederation) return "has a confederation segment";
    if (count === 0) return "has an empty segment";
    at += 2;
    const next = at + count * size;
    if (next > end) return "ends within a segment";
    for (; at < next; at += size) if (asAt(bytes, at, size) === 0) return "has AS 0";
  }
  return undefined;
}

function asAt(bytes: Uint8Array, at: number, size: AsSize): number {
  return size === 4 ? readU32(bytes, at) : ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The number of AS numbers as RFC 4271 section 9.1.2.2 counts: a set is one, confederation segments are nothing. */
export function countAsPath(bytes: Uint8Array, start: number, end: number, size: AsSize): number {
  let count = 0;
  for (let at = start; at < end; at += 2 + (bytes[at + 1] as number) * size) {
    if (bytes[at] === SegmentType.Sequence) count += bytes[at + 1] as number;
    else if (bytes[at] === SegmentType.Set) count++;
  }
  return count;
}

/** Writes a 2-octet AS_PATH with 4-octet numbers at `to`; returns the index just past it. */
export function widenAsPath(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  let at = start;
  let w = to;
  while (at < end) {
    const count = bytes[at + 1] as number;
    w = widenSegment(bytes, at, count, out, w);
    at += 2 + 2 * count;
  }
  return w;
}

/** Writes the first `count` numbers of the 2-octet segment at `at` as a 4-octet segment. */
function widenSegment(bytes: Uint8Array, at: number, count: number, out: Uint8Array, to: number): number {
  out[to] = bytes[at] as number;
  out[to + 1] = count;
  let w = to + 2;
  for (let i = 0; i < count; i++, w += 4) writeU32(out, w, asAt(bytes, at + 2 + 2 * i, 2));
  return w;
}

/**
 * RFC 6793 section 4.2.3: the AS path of a 2-octet AS_PATH and the AS4_PATH beside it, written at `to`; returns the index
 * just past it. As many leading AS numbers of AS_PATH as AS4_PATH lacks come first, then AS4_PATH without
 * confederation segments (section 6). An AS4_PATH that counts more than AS_PATH is ignored.
 */
export function mergeAs4Path(
  bytes: Uint8Array,
  start: number,
  end: number,
  start4: number,
  end4: number,
  out: Uint8Array,
  to: number,
): number {
  let missing = countAsPath(bytes, start, end, 2) - countAsPath(bytes, start4, end4, 4);
  if (missing < 0) return widenAsPath(bytes, start, end, out, to);
  let w = to;
  let last = -1;
  for (let at = start; at < end; ) {
    const type = bytes[at] as number;
    const count = bytes[at + 1] as number;
    let take = count;
    // A confederation segment is taken when it leads or follows what was taken, which is so whenever we get here.
    if (type === SegmentType.Set || type === SegmentType.Sequence) {
      if (missing === 0) break;
      if (type === SegmentType.Sequence) take = Math.min(count, missing);
      missing -= type === SegmentType.Set ? 1 : take;
    }
    last = w;
    w = widenSegment(bytes, at, take, out, w);
    if (take < count) break;
    at += 2 + 2 * count;
  }
  return appendAs4Path(bytes, start4, end4, out, w, last);
}

/**
 * Copies the segments of a 4-octet path that are not of a confederation to `to`. A leading sequence joins the sequence
 * at `last` (-1: none) when both fit one segment, so that a path looks the same whichever way it came.
 */
function appendAs4Path(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
  last: number,
): number {
  let w = to;
  let joinable = last >= 0 && out[last] === SegmentType.Sequence;
  for (let at = start; at < end; ) {
    const type = bytes[at] as number;
    const count = bytes[at + 1] as number;
    const next = at + 2 + 4 * count;
    if (type <= SegmentType.Sequence) {
      const joined = joinable && type === SegmentType.Sequence ? (out[last + 1] as number) + count : 256;
      if (joined <= 255) out[last + 1] = joined;
      for (let i = joined <= 255 ? at + 2 : at; i < next; i++) out[w++] = bytes[i] as number;
      joinable = false;
    }
    at = next;
  }
  return w;
}

/** Whether the AS_PATH must be sent with an AS4_PATH beside it: a number outside confederations needs four octets. */
export function needsAs4Path(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const next = at + 2 + 4 * (bytes[at + 1] as number);
    if ((bytes[at] as number) <= SegmentType.Sequence)
      for (let i = at + 2; i < next; i += 4) if (((bytes[i] as number) | (bytes[i + 1] as number)) !== 0) return true;
    at = next;
  }
  return false;
}

/** Writes a 4-octet path with 2-octet numbers, AS_TRANS for those that do not fit (RFC 6793 section 4.2.2). */
export function narrowAsPath(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  let at = start;
  let w = to;
  while (at < end) {
    const count = bytes[at + 1] as number;
    out[w++] = bytes[at] as number;
    out[w++] = count;
    at += 2;
    for (const next = at + 4 * count; at < next; at += 4) {
      const as = readU32(bytes, at);
      const narrow = as > 0xffff ? AS_TRANS : as;
      out[w++] = narrow >>> 8;
      out[w++] = narrow & 0xff;
    }
  }
  return w;
}

/** Writes the AS4_PATH of a 4-octet path: its segments outside confederations (RFC 6793 section 4.2.2). */
export function writeAs4Path(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  return appendAs4Path(bytes, start, end, out, to, -1);
}
