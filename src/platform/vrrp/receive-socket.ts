/*
 * Hears the VRRP packets of one interface and IP version, for all virtual routers there.
 *
 * The package raw-socket opens the socket, wakes us and closes it. Packets are read by packet-batch.ts: raw-socket
 * itself reads one in each turn of the event loop, and of IPv6 neither hop limit nor destination.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { Address } from "../../lib/address.ts";
import { PlatformError } from "../errors.ts";
import { getsockopt, setCloseOnExec, setsockopt } from "../libc.ts";
import { type BatchPacket, isFullBatch, readBatch } from "../packet-batch.ts";
import { LITTLE_ENDIAN } from "../sockaddr.ts";
import { encodeInteger, forceReceiveBuffer, setDevice, setInteger } from "../sockopt.ts";
import type { VrrpPacket } from "./host-io.ts";

/** IANA protocol number (RFC 9568 section 5.1.1.4). */
export const VRRP_PROTOCOL = 112;
/** 224.0.0.18 and ff02::12 (RFC 9568 sections 5.1.1.2 and 5.1.2.2). */
export const VRRP_GROUP = {
  4: new Address(4, 0xe0000012),
  6: new Address(6, 0xff020000, 0, 0, 0x12),
} as const;

const SOL_SOCKET = { level: 1, SO_COOKIE: 57 } as const;
const IPPROTO_IP = { level: 0, IP_MULTICAST_LOOP: 34, IP_ADD_MEMBERSHIP: 35, IP_MULTICAST_ALL: 49 } as const;
const IPPROTO_IPV6 = {
  level: 41,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_ADD_MEMBERSHIP: 20,
  IPV6_MULTICAST_ALL: 29,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
} as const;
/** A second of adverts from 200 routers at 100 ms, as the kernel accounts for them. */
const RECEIVE_BUFFER_SIZE = 2_097_152;
/**
 * So many batches are read in one turn: more than the buffer holds, so that a process that stood still has heard all
 * that waited before anybody is declared dead. What a flood brings meanwhile wakes us again.
 */
const BATCHES_PER_TURN_MAX = 128;

interface RawSocket {
  onRecvReady(): void;
  on(event: "error", listener: (error: Error) => void): void;
  getOption(level: number, option: number, value: Buffer, length: number): number;
  close(): void;
}
interface RawSocketModule {
  readonly Socket: new (options: { readonly protocol: number; readonly addressFamily: number }) => RawSocket;
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
}

export interface ReceiveEvents {
  packet(packet: VrrpPacket): void;
  /** The socket is closed: it would never hear anything again. */
  failed(error: Error): void;
}

export class ReceiveSocket {
  readonly #interface: string;
  readonly #family: 4 | 6;
  readonly #events: ReceiveEvents;
  readonly #socket: RawSocket;
  readonly #fd: number;
  #closed = false;

  /** Throws SystemCallError, or what raw-socket throws. */
  constructor(interfaceName: string, interfaceIndex: number, family: 4 | 6, events: ReceiveEvents) {
    this.#interface = interfaceName;
    this.#family = family;
    this.#events = events;
    this.#socket = openRawSocket(family, () => this.#drain());
    this.#socket.on("error", (error) => this.#fail(error));
    try {
      this.#fd = descriptorOf(this.#socket);
      setCloseOnExec(this.#fd);
      setOptions(this.#fd, interfaceName, interfaceIndex, family);
      this.#discard();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  /** What arrived before the socket was bound to its interface may have come by another one. */
  #discard(): void {
    while (isFullBatch(readBatch(this.#fd, () => {})));
  }

  #drain(): void {
    if (this.#closed) return;
    try {
      for (let i = 0; i < BATCHES_PER_TURN_MAX && !this.#closed; i++)
        if (!isFullBatch(readBatch(this.#fd, this.#receive))) return;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  readonly #receive = (packet: BatchPacket): void => {
    // The receiver of an earlier packet of the batch may have closed us.
    if (this.#closed) return;
    const received = this.#family === 4 ? decodeIpv4(this.#interface, packet) : decodeIpv6(this.#interface, packet);
    if (received !== undefined) this.#events.packet(received);
  };

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(error);
  }
}

let loaded: RawSocketModule | undefined;

/** Loads the package (4 ms), so that only a daemon with VRRP pays for it. Throws when it is not compiled. */
export function loadRawSocket(): RawSocketModule {
  loaded ??= createRequire(import.meta.url)("raw-socket") as RawSocketModule;
  return loaded;
}

/** A socket that calls `drain` instead of reading. */
function openRawSocket(family: 4 | 6, drain: () => void): RawSocket {
  const raw = loadRawSocket();
  class WakingSocket extends raw.Socket {
    override onRecvReady(): void {
      drain();
    }
  }
  const addressFamily = family === 4 ? raw.AddressFamily.IPv4 : raw.AddressFamily.IPv6;
  return new WakingSocket({ protocol: VRRP_PROTOCOL, addressFamily });
}

/** raw-socket keeps its descriptor to itself; the kernel gives every socket a number of its own, by which it is found. */
function descriptorOf(socket: RawSocket): number {
  const cookie = Buffer.alloc(8);
  socket.getOption(SOL_SOCKET.level, SOL_SOCKET.SO_COOKIE, cookie, cookie.length);
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    try {
      if (cookie.equals(getsockopt(fd, SOL_SOCKET.level, SOL_SOCKET.SO_COOKIE, cookie.length))) return fd;
    } catch {
      // Not a socket, or the descriptor of the listing itself.
    }
  }
  throw new PlatformError("system", "the descriptor of a raw socket cannot be found in /proc/self/fd");
}

function setOptions(fd: number, interfaceName: string, interfaceIndex: number, family: 4 | 6): void {
  const set = (level: number, option: number, value: number) => setInteger(fd, level, option, value);
  setDevice(fd, interfaceName);
  forceReceiveBuffer(fd, RECEIVE_BUFFER_SIZE);
  const group = VRRP_GROUP[family].toBytes();
  if (family === 4) {
    // struct ip_mreqn: group, local address (any), interface.
    const membership = new Uint8Array(12);
    membership.set(group);
    membership.set(encodeInteger(interfaceIndex), 8);
    set(IPPROTO_IP.level, IPPROTO_IP.IP_MULTICAST_ALL, 0);
    set(IPPROTO_IP.level, IPPROTO_IP.IP_MULTICAST_LOOP, 0);
    setsockopt(fd, IPPROTO_IP.level, IPPROTO_IP.IP_ADD_MEMBERSHIP, membership);
    return;
  }
  const membership = new Uint8Array(20);
  membership.set(group);
  membership.set(encodeInteger(interfaceIndex), 16);
  set(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_MULTICAST_ALL, 0);
  set(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_MULTICAST_LOOP, 0);
  set(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_RECVHOPLIMIT, 1);
  set(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_RECVPKTINFO, 1);
  setsockopt(fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_ADD_MEMBERSHIP, membership);
}

/** The packet starts with its IP header. Link padding behind the total length is cut off by the kernel already. */
function decodeIpv4(interfaceName: string, { bytes }: BatchPacket): VrrpPacket | undefined {
  const headerLength = ((bytes[0] ?? 0) & 0xf) * 4;
  if (headerLength < 20 || bytes.length < headerLength) return undefined;
  return {
    interface: interfaceName,
    source: Address.fromBytes(bytes.subarray(12, 16)),
    destination: Address.fromBytes(bytes.subarray(16, 20)),
    ttl: bytes[8],
    payload: bytes.slice(headerLength),
  };
}

/** The packet starts behind its IP headers; these are told as ancillary data. */
function decodeIpv6(interfaceName: string, packet: BatchPacket): VrrpPacket | undefined {
  if (packet.name.length < 24) return undefined;
  const hopLimit = packet.control(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_HOPLIMIT);
  const info = packet.control(IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_PKTINFO);
  return {
    interface: interfaceName,
    source: Address.fromBytes(packet.name.subarray(8, 24)),
    destination: info === undefined ? undefined : Address.fromBytes(info.subarray(0, 16)),
    ttl:
      hopLimit === undefined
        ? undefined
        : new DataView(hopLimit.buffer, hopLimit.byteOffset).getInt32(0, LITTLE_ENDIAN),
    payload: packet.bytes.slice(),
  };
}
