import type { Address } from "../lib/address.ts";

/** IP protocol number of VRRP. */
export const VRRP_PROTOCOL = 112;

/** One's complement sum (RFC 1071) of `bytes[0..end)`, not folded; `end` is even. */
export function sumOctets(bytes: Uint8Array, end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  return sum;
}

/**
 * The part of the checksum that is not in the message: both addresses, the protocol and the message's length. The IPv4
 * form and that of RFC 8200 section 8.1 differ only in zero octets, which add nothing.
 */
export function sumPseudoHeader(source: Address, destination: Address, messageLength: number): number {
  return sumAddress(source) + sumAddress(destination) + VRRP_PROTOCOL + messageLength;
}

function sumAddress(a: Address): number {
  let sum = 0;
  for (const word of [a.w0, a.w1, a.w2, a.w3]) sum += (word >>> 16) + (word & 0xffff);
  return sum;
}

/** The sum with end-around carry, in 16 bits. A message is intact when this is 0xffff, its checksum included. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}
