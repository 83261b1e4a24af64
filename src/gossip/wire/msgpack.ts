/*
 * The subset of MessagePack that memberlist speaks: the old specification, as HashiCorp's go-msgpack writes it with
 * its zero-valued handle. Strings and octets are both "raw" (a0..bf, da, db); str8 and bin are never written.
 * Reading is as tolerant as that library and no more: bin only where octets are wanted, integers of any width and sign
 * that hold a non-negative value, nil for the zero value of anything, octets as an array of integers.
 */

import type { Reader, Writer } from "../../lib/bytes.ts";
import { malformed } from "./malformed.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes an unsigned integer of up to 32 bits in its shortest form. */
export function writeUint(out: Writer, value: number): void {
  if (value < 0x80) out.u8(value);
  else if (value < 0x100) out.u8(0xcc).u8(value);
  else if (value < 0x10000) out.u8(0xcd).u16(value);
  else out.u8(0xce).u32(value);
}

/** Writes octets as old-style raw. */
export function writeRaw(out: Writer, value: Uint8Array): void {
  if (value.length < 32) out.u8(0xa0 | value.length);
  else if (value.length < 0x10000) out.u8(0xda).u16(value.length);
  else out.u8(0xdb).u32(value.length);
  out.bytes(value);
}

/** Writes text as old-style raw UTF-8. */
export function writeText(out: Writer, value: string): void {
  if (value.length >= 32 || !writeShortAscii(out, value)) writeRaw(out, encodeText(value));
}

/** Almost every key and name: octet by octet is faster than an encoder. Writes nothing when `value` is not ASCII. */
function writeShortAscii(out: Writer, value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false;
  out.u8(0xa0 | value.length);
  for (let i = 0; i < value.length; i++) out.u8(value.charCodeAt(i));
  return true;
}

/** nil, the form of octets that are not there. */
export function writeNil(out: Writer): void {
  out.u8(0xc0);
}

export function writeBool(out: Writer, value: boolean): void {
  out.u8(value ? 0xc3 : 0xc2);
}

/** Writes the head of a map with `count` (under 16) keys. */
export function writeMapHead(out: Writer, count: number): void {
  out.u8(0x80 | count);
}

/** UTF-8 of `text`. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 octets; what is not UTF-8 becomes U+FFFD, which no valid name contains. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > 64) return decoder.decode(bytes);
  let text = "";
  for (const b of bytes) {
    if (b >= 0x80) return decoder.decode(bytes);
    text += String.fromCharCode(b);
  }
  return text;
}

/** Reads a non-negative integer not over `max`; nil is 0. Negative numbers and floats are malformed. */
export function readUint(reader: Reader, max: number): number {
  const value = readAnyUint(reader);
  if (value > max) malformed("an integer is out of range");
  return value;
}

function readAnyUint(reader: Reader): number {
  const tag = reader.u8();
  if (tag < 0x80) return tag;
  switch (tag) {
    case 0xc0:
      return 0;
    case 0xcc:
      return reader.u8();
    case 0xcd:
      return reader.u16();
    case 0xce:
      return reader.u32();
    case 0xcf:
      return reader.u32() * 2 ** 32 + reader.u32();
    case 0xd0:
      return notNegative(reader.u8(), 0x7f);
    case 0xd1:
      return notNegative(reader.u16(), 0x7fff);
    case 0xd2:
      return notNegative(reader.u32(), 0x7fffffff);
    case 0xd3:
      return notNegative(reader.u32(), 0x7fffffff) * 2 ** 32 + reader.u32();
    default:
      return malformed("an integer was expected");
  }
}

function notNegative(value: number, max: number): number {
  return value > max ? malformed("an integer is negative") : value;
}

export function readBool(reader: Reader): boolean {
  const tag = reader.u8();
  if (tag === 0xc3) return true;
  return tag === 0xc2 || tag === 0xc0 ? false : malformed("a boolean was expected");
}

/** Reads text of at most `max` octets; nil is "". The bin forms are refused, as go-msgpack does. */
export function readText(reader: Reader, max: number): string {
  const tag = reader.u8();
  if (tag === 0xc0) return "";
  const length = rawLength(reader, tag);
  if (length < 0) malformed("text was expected");
  if (length > max) malformed("a text is too long");
  return decodeText(reader.view(length));
}

/** Reads octets, at most `max`, as a copy; nil is none. Takes raw, str8, bin and an array of integers. */
export function readOctets(reader: Reader, max: number): Uint8Array {
  const tag = reader.u8();
  if (tag === 0xc0) return new Uint8Array(0);
  const items = arrayCount(reader, tag);
  if (items >= 0) {
    if (items > max) malformed("octets are too long");
    if (items > reader.remaining) reader.skip(items);
    return Uint8Array.from({ length: items }, () => readUint(reader, 255));
  }
  let length = rawLength(reader, tag);
  if (length < 0) length = binLength(reader, tag);
  if (length < 0) malformed("octets were expected");
  if (length > max) malformed("octets are too long");
  return reader.copy(length);
}

/** Length that a raw or str8 head gives, or -1 when `tag` is neither. */
function rawLength(reader: Reader, tag: number): number {
  if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f;
  if (tag === 0xd9) return reader.u8();
  if (tag === 0xda) return reader.u16();
  return tag === 0xdb ? reader.u32() : -1;
}

function binLength(reader: Reader, tag: number): number {
  if (tag === 0xc4) return reader.u8();
  if (tag === 0xc5) return reader.u16();
  return tag === 0xc6 ? reader.u32() : -1;
}

/** Number of items that an array head announces, or -1 when `tag` is none. */
export function arrayCount(reader: Reader, tag: number): number {
  if (tag >= 0x90 && tag <= 0x9f) return tag & 0xf;
  if (tag === 0xdc) return reader.u16();
  return tag === 0xdd ? reader.u32() : -1;
}

/** Number of pairs that a map head announces, or -1 when `tag` is none. */
export function mapCount(reader: Reader, tag: number): number {
  if (tag >= 0x80 && tag <= 0x8f) return tag & 0xf;
  if (tag === 0xde) return reader.u16();
  return tag === 0xdf ? reader.u32() : -1;
}

/** Skips one value of any kind, however deep. Each announced item costs at least an octet, so the input bounds it. */
export function skipValue(reader: Reader): void {
  for (let pending = 1; pending > 0; pending--) pending += skipHead(reader);
}

/** Skips a scalar or the head of a container; returns how many values the container holds. */
function skipHead(reader: Reader): number {
  const tag = reader.u8();
  if (tag < 0x80 || tag >= 0xe0 || (tag >= 0xc0 && tag <= 0xc3 && tag !== 0xc1)) return 0;
  const pairs = mapCount(reader, tag);
  if (pairs >= 0) return 2 * pairs;
  const items = arrayCount(reader, tag);
  if (items >= 0) return items;
  let length = rawLength(reader, tag);
  if (length < 0) length = binLength(reader, tag);
  if (length < 0) length = fixedLength(reader, tag);
  reader.skip(length);
  return 0;
}

/** Octets after the head of a number or an extension. */
function fixedLength(reader: Reader, tag: number): number {
  if (tag === 0xca) return 4;
  if (tag === 0xcb) return 8;
  if (tag >= 0xcc && tag <= 0xcf) return 1 << (tag - 0xcc);
  if (tag >= 0xd0 && tag <= 0xd3) return 1 << (tag - 0xd0);
  if (tag >= 0xd4 && tag <= 0xd8) return 1 + (1 << (tag - 0xd4));
  if (tag === 0xc7) return 1 + reader.u8();
  if (tag === 0xc8) return 1 + reader.u16();
  return tag === 0xc9 ? 1 + reader.u32() : malformed("an octet begins no MessagePack value");
}
