/*
 * ICMP echo for IPv4 (RFC 792) and IPv6 (RFC 4443 sections 3 and 4): requests out; replies, and errors about
 * requests, in.
 *
 *      0                   1                   2                   3
 *     +-------+-------+---------------+------------------------------+
 *     |     type      |     code      |           checksum           |
 *     +---------------+---------------+------------------------------+
 *     |          identifier           |           sequence           |
 *     +-------------------------------+------------------------------+
 *     |  data: here a token                                       ...
 */
/** The octets that make a request unlike any other. */
export const TOKEN_LENGTH = 16;

const HEADER_LENGTH = 8;
const IPV6_HEADER_LENGTH = 40;
const TYPES = {
  4: { request: 8, reply: 0, unreachable: 3, timeExceeded: 11 },
  6: { request: 128, reply: 129, unreachable: 1, timeExceeded: 3 },
} as const;
/** Codes of "destination unreachable", as the two versions number them. */
const UNREACHABLE = {
  4: ["network unreachable", "host unreachable", "protocol unreachable", "port unreachable"],
  6: ["no route to it", "administratively prohibited", "beyond scope of source", "address unreachable"],
} as const;

export type IcmpVersion = 4 | 6;

/** What an ICMP packet tells about the request with this sequence. */
export type EchoAnswer =
  | { readonly type: "reply"; readonly sequence: number; readonly token: Uint8Array }
  | { readonly type: "error"; readonly sequence: number; readonly reason: string };

/** An echo request. The checksum of IPv6 is the kernel's to fill in (RFC 3542 section 3.1). */
export function encodeEcho(version: IcmpVersion, identifier: number, sequence: number, token: Uint8Array): Uint8Array {
  const packet = new Uint8Array(HEADER_LENGTH + token.length);
  packet[0] = TYPES[version].request;
  writeU16(packet, 4, identifier);
  writeU16(packet, 6, sequence);
  packet.set(token, HEADER_LENGTH);
  if (version === 4) writeU16(packet, 2, checksum(packet));
  return packet;
}

/** Reads what a raw socket delivers: with its header for IPv4, without for IPv6. Undefined: not about our requests. */
export function decodeIcmp(version: IcmpVersion, packet: Uint8Array, identifier: number): EchoAnswer | undefined {
  const icmp = version === 4 ? afterIpv4Header(packet) : packet;
  if (icmp === undefined || icmp.length < HEADER_LENGTH) return undefined;
  const types = TYPES[version];
  if (icmp[0] === types.reply) {
    if (readU16(icmp, 4) !== identifier) return undefined;
    return { type: "reply", sequence: readU16(icmp, 6), token: icmp.subarray(HEADER_LENGTH) };
  }
  if (icmp[0] !== types.unreachable && icmp[0] !== types.timeExceeded) return undefined;
  // An error quotes the packet it is about, at least as far as the echo header.
  const quoted = icmp.subarray(HEADER_LENGTH);
  const request = version === 4 ? afterIpv4Header(quoted) : quoted.subarray(IPV6_HEADER_LENGTH);
  if (request === undefined || request.length < HEADER_LENGTH || request[0] !== types.request) return undefined;
  if (readU16(request, 4) !== identifier) return undefined;
  const unreachable = UNREACHABLE[version][icmp[1] as number] ?? `unreachable (ICMP code ${icmp[1]})`;
  return {
    type: "error",
    sequence: readU16(request, 6),
    reason: icmp[0] === types.unreachable ? unreachable : "hop limit exceeded on the way",
  };
}

function afterIpv4Header(packet: Uint8Array): Uint8Array | undefined {
  return packet.length === 0 ? undefined : packet.subarray(((packet[0] as number) & 0x0f) * 4);
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** RFC 1071, over an even number of octets. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += readU16(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
