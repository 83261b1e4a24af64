import { readU32, writeU32 } from "./bytes.ts";

export type AddressVersion = 4 | 6;

/**
 * An IPv4 or IPv6 address as four 32-bit words, most significant first. IPv4 uses the first word; the others are 0.
 * `zone` is the interface of a link-local address (`fe80::1%eth0`, RFC 4007), else undefined.
 */
export class Address {
  readonly version: AddressVersion;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly zone: string | undefined;

  constructor(version: AddressVersion, w0: number, w1 = 0, w2 = 0, w3 = 0, zone?: string) {
    this.version = version;
    this.w0 = w0 >>> 0;
    this.w1 = w1 >>> 0;
    this.w2 = w2 >>> 0;
    this.w3 = w3 >>> 0;
    this.zone = zone;
  }

  /** From 4 or 16 octets in network order. Throws RangeError on any other count. */
  static fromBytes(bytes: Uint8Array): Address {
    if (bytes.length === 4) return new Address(4, readU32(bytes, 0));
    if (bytes.length === 16)
      return new Address(6, readU32(bytes, 0), readU32(bytes, 4), readU32(bytes, 8), readU32(bytes, 12));
    throw new RangeError(`an address has 4 or 16 octets, not ${bytes.length}`);
  }

  /** 4 or 16 octets in network order. */
  toBytes(): Uint8Array {
    const out = new Uint8Array(this.version === 4 ? 4 : 16);
    writeU32(out, 0, this.w0);
    if (this.version === 6) {
      writeU32(out, 4, this.w1);
      writeU32(out, 8, this.w2);
      writeU32(out, 12, this.w3);
    }
    return out;
  }

  /** Same version, bits and zone. */
  equals(other: Address): boolean {
    return compareAddresses(this, other) === 0 && this.zone === other.zone;
  }

  get isUnspecified(): boolean {
    return (this.w0 | this.w1 | this.w2 | this.w3) === 0;
  }

  /** 127.0.0.0/8 or ::1. */
  get isLoopback(): boolean {
    if (this.version === 4) return this.w0 >>> 24 === 127;
    return (this.w0 | this.w1 | this.w2) === 0 && this.w3 === 1;
  }

  /** 169.254.0.0/16 or fe80::/10. */
  get isLinkLocal(): boolean {
    return this.version === 4 ? this.w0 >>> 16 === 0xa9fe : this.w0 >>> 22 === 0x3fa;
  }

  /** 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    return this.version === 4 ? this.w0 >>> 28 === 14 : this.w0 >>> 24 === 0xff;
  }

  /** RFC 5952 text, with the zone if there is one. */
  toString(): string {
    return formatAddress(this);
  }
}

/** Order by version, then by bits as unsigned integers. Zones do not count. */
export function compareAddresses(a: Address, b: Address): number {
  return a.version - b.version || a.w0 - b.w0 || a.w1 - b.w1 || a.w2 - b.w2 || a.w3 - b.w3;
}

/** Dotted quad, or IPv6 in the canonical form of RFC 5952. */
export function formatAddress(address: Address): string {
  const { w0, w1, w2, w3 } = address;
  if (address.version === 4) return formatIpv4Word(w0);
  let text: string;
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) text = `::ffff:${formatIpv4Word(w3)}`;
  else {
    const groups = [w0, w1, w2, w3].flatMap((w) => [w >>> 16, w & 0xffff]);
    text = compressGroups(groups);
  }
  return address.zone === undefined ? text : `${text}%${address.zone}`;
}

/** A 32-bit word as a dotted quad: an IPv4 address, a router or cluster identifier. */
export function formatIpv4Word(w: number): string {
  return `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`;
}

/** RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes "::". */
function compressGroups(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      bestStart = i;
      bestLength = n;
    }
    if (n > 0) i += n - 1;
  }
  const hex = (part: readonly number[]) => part.map((g) => g.toString(16)).join(":");
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

/** The address that `text` spells (IPv4, IPv6, IPv6 with zone), or undefined when it spells none. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) {
    const word = parseIpv4Word(text);
    return word === undefined ? undefined : new Address(4, word);
  }
  const percent = text.indexOf("%");
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  if (zone !== undefined && !/^[\w.@:-]{1,15}$/.test(zone)) return undefined;
  const groups = parseGroups(percent < 0 ? text : text.slice(0, percent));
  if (groups === undefined) return undefined;
  const word = (i: number) => ((groups[i] as number) << 16) | (groups[i + 1] as number);
  return new Address(6, word(0), word(2), word(4), word(6), zone);
}

/** The 32-bit word of a dotted quad (no leading zeros), or undefined. */
export function parseIpv4Word(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let word = 0;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    word = word * 256 + octet;
  }
  return word;
}

function parseGroups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseHalf(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseHalf(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups of one side of "::"; the last may be a dotted quad when it ends the address. */
function parseHalf(text: string, endsAddress: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (endsAddress && i === parts.length - 1 && part.includes(".")) {
      const word = parseIpv4Word(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}
