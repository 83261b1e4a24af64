import { Address, parseAddress } from "./address.ts";

/** An address block in CIDR form. Host bits are zero. */
export class Prefix {
  readonly address: Address;
  /** Bits that count: 0..32 or 0..128. */
  readonly length: number;

  /** Host bits of `address` are cleared. Throws RangeError when the length does not fit the address's version. */
  constructor(address: Address, length: number) {
    const bits = address.version === 4 ? 32 : 128;
    if (!Number.isInteger(length) || length < 0 || length > bits)
      throw new RangeError(`prefix length ${length} is not in 0..${bits}`);
    this.address = maskAddress(address, length);
    this.length = length;
  }

  get version(): 4 | 6 {
    return this.address.version;
  }

  /** A /32 or /128. */
  get isHost(): boolean {
    return this.length === (this.version === 4 ? 32 : 128);
  }

  contains(address: Address): boolean {
    if (address.version !== this.version) return false;
    const masked = maskAddress(address, this.length);
    const own = this.address;
    return masked.w0 === own.w0 && masked.w1 === own.w1 && masked.w2 === own.w2 && masked.w3 === own.w3;
  }

  /** Whether `other` lies within this prefix (or is the same). */
  covers(other: Prefix): boolean {
    return other.length >= this.length && this.contains(other.address);
  }

  equals(other: Prefix): boolean {
    return this.length === other.length && this.address.equals(other.address);
  }

  /** "192.0.2.0/24". */
  toString(): string {
    return `${this.address}/${this.length}`;
  }
}

/** The word that keeps the first `bits` (clamped to 0..32) of a 32-bit word. */
export function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (-1 << (32 - bits)) >>> 0;
}

function maskAddress(a: Address, length: number): Address {
  return new Address(
    a.version,
    a.w0 & maskWord(length),
    a.w1 & maskWord(length - 32),
    a.w2 & maskWord(length - 64),
    a.w3 & maskWord(length - 96),
  );
}

/**
 * The prefix that `text` spells ("192.0.2.0/24", "2001:db8::/32"), or undefined. Host bits that are set are cleared;
 * a caller that must not accept them compares with the text's own address. A zone is not allowed.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === undefined || address.zone !== undefined || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  return length > (address.version === 4 ? 32 : 128) ? undefined : new Prefix(address, length);
}
