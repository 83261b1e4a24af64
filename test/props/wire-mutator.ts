import type { Rng } from "../../src/lib/rng.ts";

/** Values that lengths, counts, types and flags like to go wrong at. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 8, 12, 14, 15, 16, 17, 18, 32, 33, 64, 127, 128, 129, 192, 240, 254, 255];
const HEADER = 19;
const LENGTH_MAX = 4096;

/** A copy of `message` with a few changes: of its octets anywhere, or of an UPDATE's attributes with lengths kept right. */
export function mutate(message: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  const changed = rng() < 0.5 ? mutateAttributes(message, rng) : undefined;
  const bytes = (changed ?? mutateOctets(message, other, rng)).slice(0, LENGTH_MAX);
  if (rng() > 0.01) {
    bytes[16] = bytes.length >>> 8;
    bytes[17] = bytes.length;
  }
  return bytes;
}

function mutateOctets(message: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  let bytes: Uint8Array = message.slice();
  const pick = (n: number) => Math.floor(rng() * n);
  for (let n = 1 + pick(3); n > 0; n--) {
    const at = rng() < 0.02 ? pick(bytes.length) : HEADER + pick(Math.max(bytes.length - HEADER, 1));
    const kind = pick(12);
    if (kind < 5 && at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
    else if (kind < 8 && at < bytes.length) bytes[at] = INTERESTING[pick(INTERESTING.length)] as number;
    else if (kind === 8) bytes = bytes.slice(0, Math.max(at, HEADER));
    else if (kind === 9) bytes = join(bytes.subarray(0, at), other.subarray(Math.min(HEADER + pick(40), other.length)));
    else if (kind === 10) bytes = join(bytes.subarray(0, at), bytes.subarray(Math.max(HEADER, at - pick(20))));
    else bytes = join(bytes.subarray(0, at), bytes.subarray(at + 1 + pick(8)));
  }
  return bytes;
}

interface RawAttribute {
  flags: number;
  type: number;
  value: Uint8Array;
}

/** Changes whole attributes of a sound UPDATE; undefined for any other message. */
function mutateAttributes(message: Uint8Array, rng: Rng): Uint8Array | undefined {
  if (message[18] !== 2) return undefined;
  const u16 = (at: number) => ((message[at] as number) << 8) | (message[at + 1] as number);
  const start = HEADER + 4 + u16(HEADER);
  const end = start + u16(start - 2);
  const attributes = readAttributes(message.subarray(start, end));
  if (attributes.length === 0) return undefined;
  const pick = (n: number) => Math.floor(rng() * n);
  for (let n = 1 + pick(2); n > 0 && attributes.length > 0; n--) {
    const i = pick(attributes.length);
    const attribute = attributes[i] as RawAttribute;
    const { value } = attribute;
    const kind = pick(8);
    if (kind === 0) attribute.flags = (attribute.flags ^ (0x80 >>> pick(3))) & 0xff;
    else if (kind === 1) attribute.type = rng() < 0.5 ? pick(40) : pick(256);
    else if (kind === 2) attributes.splice(i, 1);
    else if (kind === 3) attributes.splice(pick(attributes.length + 1), 0, { ...attribute });
    else if (kind === 4) attributes.push(...attributes.splice(i, 1));
    else if (kind === 5) attribute.value = value.slice(0, pick(value.length + 1));
    else if (kind === 6) attribute.value = join(value, value.subarray(0, 1 + pick(8)));
    else if (value.length > 0) {
      attribute.value = value.slice();
      attribute.value[pick(value.length)] = INTERESTING[pick(INTERESTING.length)] as number;
    }
  }
  const written = writeAttributes(attributes);
  const head = message.slice(0, start);
  head[start - 2] = written.length >>> 8;
  head[start - 1] = written.length;
  return join(join(head, written), message.subarray(end));
}

function readAttributes(bytes: Uint8Array): RawAttribute[] {
  const attributes: RawAttribute[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [flags, type, a, b] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [
      number,
      number,
      number,
      number,
    ];
    const value = at + ((flags & 0x10) !== 0 ? 4 : 3);
    const end = value + ((flags & 0x10) !== 0 ? (a << 8) | b : a);
    attributes.push({ flags, type, value: bytes.slice(value, end) });
    at = end;
  }
  return attributes;
}

function writeAttributes(attributes: readonly RawAttribute[]): Uint8Array {
  return Uint8Array.from(
    attributes.flatMap(({ flags, type, value }) => {
      const isLong = value.length > 255 || (flags & 0x10) !== 0;
      const length = isLong ? [value.length >>> 8, value.length & 0xff] : [value.length];
      return [isLong ? flags | 0x10 : flags, type, ...length, ...value];
    }),
  );
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
