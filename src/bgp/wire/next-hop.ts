import { formatIpv4Word } from "../../lib/address.ts";
import { readU32 } from "../../lib/bytes.ts";

/** What is wrong with an IPv4 next hop (RFC 4271 section 6.3: a valid IP host address), or undefined. Hot. */
export function checkNextHop4(bytes: Uint8Array, at: number, loopback: boolean): string | undefined {
  const word = readU32(bytes, at);
  const first = word >>> 24;
  // 0.0.0.0/8 "this network", multicast and the reserved class E are no host addresses.
  if (first !== 0 && first < 224 && (first !== 127 || loopback)) return undefined;
  return `is ${formatIpv4Word(word)}, no host address`;
}

/** What is wrong with an IPv6 next hop (RFC 2545 section 3), or undefined. Link-local alone is usual on unnumbered links. */
export function checkNextHop6(bytes: Uint8Array, at: number, loopback: boolean): string | undefined {
  if (bytes[at] === 0xff) return "is a multicast address";
  const high = readU32(bytes, at) | readU32(bytes, at + 4) | readU32(bytes, at + 8);
  const low = readU32(bytes, at + 12);
  if (high === 0 && low === 0) return "is the unspecified address";
  return high === 0 && low === 1 && !loopback ? "is the loopback address" : undefined;
}

/** fe80::/10. */
export function isLinkLocal6(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xfe && ((bytes[at + 1] as number) & 0xc0) === 0x80;
}

export function isUnspecified6(bytes: Uint8Array, at: number): boolean {
  return (readU32(bytes, at) | readU32(bytes, at + 4) | readU32(bytes, at + 8) | readU32(bytes, at + 12)) === 0;
}
