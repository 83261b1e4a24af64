/*
 * Socket options that BGP needs and Node does not offer. All of them are set on a descriptor before the handshake, or
 * on an accepted one before its first octet is read.
 */
import type { Address } from "../lib/address.ts";
import { Prefix } from "../lib/prefix.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";
import { AF_INET, AF_INET6, getsockopt, setsockopt } from "./libc.ts";
import { encodeSockaddr, LITTLE_ENDIAN, toMapped } from "./sockaddr.ts";

const SOL_SOCKET = { level: 1, SO_REUSEADDR: 2, SO_BINDTODEVICE: 25, SO_SNDBUFFORCE: 32, SO_RCVBUFFORCE: 33 } as const;
const IPPROTO_IP = { level: 0, IP_TOS: 1, IP_TTL: 2, IP_MINTTL: 21 } as const;
const IPPROTO_IPV6 = {
  level: 41,
  IPV6_UNICAST_HOPS: 16,
  IPV6_V6ONLY: 26,
  IPV6_TCLASS: 67,
  IPV6_MINHOPCOUNT: 73,
} as const;
const IPPROTO_TCP = {
  level: 6,
  TCP_MAXSEG: 2,
  TCP_MD5SIG: 14,
  TCP_SAVE_SYN: 27,
  TCP_SAVED_SYN: 28,
  TCP_MD5SIG_EXT: 32,
} as const;

/** DSCP CS6, network control: how routers mark BGP (RFC 4594 section 3.1). */
const NETWORK_CONTROL = 0xc0;
/** Octets of a TCP MD5 key that Linux takes. */
export const PASSWORD_LENGTH_MAX = 80;
const TCP_MD5SIG_FLAG_PREFIX = 1;
const TCP_MD5SIG_SIZE = 216;
/** Long enough for any IP header with the TCP header behind it. */
const SAVED_SYN_MAX = 128;

/** What a neighbour's TCP connection is configured with. */
export interface TcpOptions {
  /** TTL (hop limit) of what we send; the kernel's default when undefined. 1: a neighbour on the same link only. */
  readonly ttl?: number | undefined;
  /** Generalized TTL Security (RFC 5082): segments that arrive with less are dropped. We then send with 255. */
  readonly minTtl?: number | undefined;
  /** TCP MD5 key (RFC 2385), 1 to {@link PASSWORD_LENGTH_MAX} octets of UTF-8. */
  readonly password?: string | undefined;
  /** Largest TCP segment, in octets; the path's when undefined. */
  readonly maxSegment?: number | undefined;
}

/** An `int` as the kernel stores it. */
export function encodeInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** Sets an option whose value is an `int`. Throws SystemCallError. */
export function setInteger(fd: number, level: number, option: number, value: number): void {
  setsockopt(fd, level, option, encodeInteger(value));
}

/** Runs one setsockopt and, when it fails, says which option of which neighbour it was. */
function named(what: string, set: () => void): void {
  try {
    set();
  } catch (error) {
    const hint = errnoOf(error) === "EPERM" ? "; the process lacks a capability (CAP_NET_RAW or CAP_NET_ADMIN)" : "";
    throw new PlatformError("socket-option", `cannot set ${what}: ${messageOf(error)}${hint}`, errnoOf(error), error);
  }
}

/** An address that a socket closed less than a minute ago used may be bound again; a live listener still excludes us. */
export function setReuseAddress(fd: number): void {
  named("address reuse", () => setInteger(fd, SOL_SOCKET.level, SOL_SOCKET.SO_REUSEADDR, 1));
}

/** Whether an IPv6 listener leaves IPv4 connections to others. */
export function setIpv6Only(fd: number, only: boolean): void {
  named("IPv6-only", () => setInteger(fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_V6ONLY, only ? 1 : 0));
}

/** So many octets of packets may wait to be sent, whatever the system's limit. Needs CAP_NET_ADMIN. */
export function forceSendBuffer(fd: number, size: number): void {
  named("the send buffer", () => setInteger(fd, SOL_SOCKET.level, SOL_SOCKET.SO_SNDBUFFORCE, size));
}

/** So many octets of packets may wait to be read, whatever the system's limit. Needs CAP_NET_ADMIN. */
export function forceReceiveBuffer(fd: number, size: number): void {
  named("the receive buffer", () => setInteger(fd, SOL_SOCKET.level, SOL_SOCKET.SO_RCVBUFFORCE, size));
}

/** Packets leave and arrive by this interface alone. Linux lets anyone bind a free socket, only CAP_NET_RAW rebind it. */
export function setDevice(fd: number, name: string): void {
  const text = new TextEncoder().encode(`${name}\0`);
  named(`interface ${name}`, () => setsockopt(fd, SOL_SOCKET.level, SOL_SOCKET.SO_BINDTODEVICE, text));
}

/** TTL (IPv4) or hop limit (IPv6) of what we send; -1: the kernel's default. `family` is that of the packets. */
export function setTtl(fd: number, family: number, ttl: number): void {
  named(`TTL ${ttl}`, () => {
    if (family === AF_INET) setInteger(fd, IPPROTO_IP.level, IPPROTO_IP.IP_TTL, ttl);
    else setInteger(fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_UNICAST_HOPS, ttl);
  });
}

function setMinTtl(fd: number, family: number, minTtl: number): void {
  named(`minimum TTL ${minTtl}`, () => {
    if (family === AF_INET) setInteger(fd, IPPROTO_IP.level, IPPROTO_IP.IP_MINTTL, minTtl);
    else setInteger(fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_MINHOPCOUNT, minTtl);
  });
}

/** Marks everything the socket sends as network control (CS6). */
export function setNetworkControl(fd: number, family: number): void {
  named("DSCP CS6", () => {
    if (family === AF_INET) setInteger(fd, IPPROTO_IP.level, IPPROTO_IP.IP_TOS, NETWORK_CONTROL);
    else setInteger(fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_TCLASS, NETWORK_CONTROL);
  });
}

/** Sets everything of `options` but the password, and CS6. `family` is that of the packets (IPv4 on a mapped socket). */
export function setTcpOptions(fd: number, family: number, options: TcpOptions): void {
  setNetworkControl(fd, family);
  if (options.minTtl !== undefined) {
    setMinTtl(fd, family, options.minTtl);
    setTtl(fd, family, 255);
  } else setTtl(fd, family, options.ttl ?? -1); // An accepted socket would keep the listener's.
  if (options.maxSegment !== undefined) {
    const size = options.maxSegment;
    named(`segment size ${size}`, () => setInteger(fd, IPPROTO_TCP.level, IPPROTO_TCP.TCP_MAXSEG, size));
  }
}

/**
 * Sets, replaces or (undefined) removes the TCP MD5 key for segments to and from `peer`; a prefix shorter than a host
 * needs `TCP_MD5SIG_EXT`. The most specific key wins. `socketFamily` is the socket's own: on a dual-stack one IPv4
 * peers are known by their mapped address. Throws PlatformError with code "password".
 */
export function setPassword(fd: number, socketFamily: number, peer: Prefix, password: string | undefined): void {
  try {
    const key = new TextEncoder().encode(password ?? "");
    if (password !== undefined && (key.length === 0 || key.length > PASSWORD_LENGTH_MAX))
      throw new RangeError(`a password has 1 to ${PASSWORD_LENGTH_MAX} octets, not ${key.length}`);
    const option = peer.isHost ? IPPROTO_TCP.TCP_MD5SIG : IPPROTO_TCP.TCP_MD5SIG_EXT;
    setsockopt(fd, IPPROTO_TCP.level, option, encodeMd5Signature(socketFamily, peer, key));
  } catch (error) {
    const errno = errnoOf(error);
    const verb = password === undefined ? "remove" : "set";
    const text = `cannot ${verb} the TCP MD5 password for ${peer}: ${messageOf(error)}${passwordHint(errno)}`;
    throw new PlatformError("password", text, errno, error);
  }
}

function passwordHint(errno: string | undefined): string {
  switch (errno) {
    case "ENOMEM":
      return "; the socket holds as many keys as sysctl net.core.optmem_max allows: raise it";
    case "ENOPROTOOPT":
      return "; this kernel is built without TCP MD5 (CONFIG_TCP_MD5SIG)";
    case "EPERM":
      return "; the process lacks CAP_NET_ADMIN";
    default:
      return "";
  }
}

/** `struct tcp_md5sig`: sockaddr_storage (128), flags, prefix length, key length (2), interface (4), key (80). */
function encodeMd5Signature(socketFamily: number, peer: Prefix, key: Uint8Array): Uint8Array {
  const out = new Uint8Array(TCP_MD5SIG_SIZE);
  const address = socketFamily === AF_INET6 ? toMapped(peer.address) : peer.address;
  out.set(encodeSockaddr(address, 0), 0);
  out[128] = peer.isHost ? 0 : TCP_MD5SIG_FLAG_PREFIX;
  out[129] = peer.length; // Counts IPv4 bits for a mapped address as well.
  new DataView(out.buffer).setUint16(130, key.length, LITTLE_ENDIAN);
  out.set(key, 136);
  return out;
}

/** The prefix that holds this address alone. */
export function hostPrefix(address: Address): Prefix {
  return new Prefix(address, address.version === 4 ? 32 : 128);
}

/** Makes a listener remember the SYN of each connection, for {@link synTtl}. */
export function saveSyn(fd: number): void {
  named("SYN saving", () => setInteger(fd, IPPROTO_TCP.level, IPPROTO_TCP.TCP_SAVE_SYN, 1));
}

/** TTL of the SYN that opened an accepted connection; undefined when the kernel kept none (SYN cookies). */
export function synTtl(fd: number): number | undefined {
  const packet = getsockopt(fd, IPPROTO_TCP.level, IPPROTO_TCP.TCP_SAVED_SYN, SAVED_SYN_MAX);
  const version = (packet[0] ?? 0) >>> 4;
  return version === 4 ? packet[8] : version === 6 ? packet[7] : undefined;
}
