import { endianness } from "node:os";
import { Address, parseAddress } from "../lib/address.ts";
import { AF_INET, AF_INET6, interfaceIndex } from "./libc.ts";

/** Whether this machine stores integers least significant octet first: kernel structures use its own order. */
export const LITTLE_ENDIAN = endianness() === "LE";
const V4_MAPPED = 0xffff;

/** The kernel's family for a socket that talks to `address`. */
export function familyOf(address: Address): number {
  return address.version === 4 ? AF_INET : AF_INET6;
}

/**
 * `struct sockaddr_in` or `sockaddr_in6`. The zone becomes the scope id: throws SystemCallError when no interface has
 * that name.
 */
export function encodeSockaddr(address: Address, port: number): Uint8Array {
  const out = new Uint8Array(address.version === 4 ? 16 : 28);
  const view = new DataView(out.buffer);
  view.setUint16(0, familyOf(address), LITTLE_ENDIAN);
  view.setUint16(2, port);
  out.set(address.toBytes(), address.version === 4 ? 4 : 8);
  if (address.zone !== undefined) view.setUint32(24, interfaceIndex(address.zone), LITTLE_ENDIAN);
  return out;
}

/** ::ffff:a.b.c.d, the form in which a dual-stack socket knows an IPv4 address (RFC 4291 section 2.5.5.2). */
export function toMapped(address: Address): Address {
  return address.version === 6 ? address : new Address(6, 0, 0, V4_MAPPED, address.w0);
}

/** The address that Node's text spells, IPv4-mapped ones as IPv4. Undefined when the socket is already gone. */
export function fromNodeText(text: string | undefined): Address | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  if (address?.version !== 6 || address.w0 !== 0 || address.w1 !== 0 || address.w2 !== V4_MAPPED) return address;
  return new Address(4, address.w3);
}

/** "192.0.2.1 port 179", as messages name the end of a connection. */
export function formatEndpoint(address: Address, port: number): string {
  return `${address} port ${port}`;
}
