/*
 * Sends VRRP packets by one interface, with IP headers of our own making: the source address is the one that the core
 * counted into the checksum and that peers compare, whatever else is on the interface, and one socket serves them all.
 * The sockets hear nothing.
 */
import type { Address } from "../../lib/address.ts";
import { bind, close, SOCK_RAW, sendTo, socket } from "../libc.ts";
import { encodeSockaddr, familyOf, LITTLE_ENDIAN } from "../sockaddr.ts";
import { forceSendBuffer, setDevice, setInteger } from "../sockopt.ts";
import { VRRP_GROUP, VRRP_PROTOCOL } from "./receive-socket.ts";

/** Protocol "raw": the IP header comes with the packet, and no packet comes in. */
const IPPROTO_RAW = 255;
const SOL_SOCKET = { level: 1, SO_PRIORITY: 12 } as const;
const IPPROTO_IP = { level: 0, IP_MULTICAST_LOOP: 34 } as const;
const IPPROTO_IPV6 = { level: 41, IPV6_MULTICAST_IF: 17, IPV6_MULTICAST_LOOP: 19, IPV6_FREEBIND: 78 } as const;
/** DSCP CS6, network control, as keepalived and FRR mark adverts. */
const TRAFFIC_CLASS = 0xc0;
/** TC_PRIO_CONTROL: what the kernel gives a packet of that class when it writes the header. */
const PRIORITY_CONTROL = 7;
/** RFC 9568 sections 5.1.1.3 and 5.1.2.3. */
const TTL = 255;
/** An advert of every router that an interface can have, several times over, as the kernel accounts for them. */
const SEND_BUFFER_SIZE = 1_048_576;
const HEADER_SIZE = { 4: 20, 6: 40 } as const;
/** The longest IPv6 message: 8 + 255 * 16 octets, and its header. */
const PACKET_SIZE_MAX = 4_352;

export class SendSocket {
  readonly #family: 4 | 6;
  readonly #interfaceIndex: number;
  readonly #fd: number;
  readonly #packet: Uint8Array;
  readonly #headerSize: number;
  readonly #group: Uint8Array;
  #bound = false;

  /** Throws SystemCallError. */
  constructor(interfaceName: string, interfaceIndex: number, family: 4 | 6) {
    this.#family = family;
    this.#interfaceIndex = interfaceIndex;
    this.#headerSize = HEADER_SIZE[family];
    this.#packet = new Uint8Array(PACKET_SIZE_MAX);
    this.#writeConstants();
    this.#group = this.#sockaddr(VRRP_GROUP[family]);
    this.#fd = socket(familyOf(VRRP_GROUP[family]), SOCK_RAW, IPPROTO_RAW);
    try {
      this.#setOptions(interfaceName);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
  }

  /** Throws SystemCallError. Multicast when `destination` is undefined. */
  send(message: Uint8Array, source: Address, destination: Address | undefined): void {
    if (this.#family === 6 && !this.#bound) this.#bindTo(source);
    const packet = this.#packet;
    const size = this.#headerSize + message.length;
    const [lengthAt, addressAt] = this.#family === 4 ? [2, 12] : [4, 8];
    // IPv4 counts its header; the kernel would write both lengths anew, but only for IPv4.
    const length = this.#family === 4 ? size : message.length;
    packet[lengthAt] = length >>> 8;
    packet[lengthAt + 1] = length;
    packet.set(source.toBytes(), addressAt);
    const to = destination ?? VRRP_GROUP[this.#family];
    packet.set(to.toBytes(), addressAt + (this.#family === 4 ? 4 : 16));
    packet.set(message, this.#headerSize);
    sendTo(this.#fd, packet.subarray(0, size), destination === undefined ? this.#group : this.#sockaddr(destination));
  }

  close(): void {
    close(this.#fd);
  }

  /** The header's fields that never change. The kernel fills in the IPv4 identification and checksum. */
  #writeConstants(): void {
    const packet = this.#packet;
    if (this.#family === 4) {
      packet[0] = 0x45;
      packet[1] = TRAFFIC_CLASS;
      packet[8] = TTL;
      packet[9] = VRRP_PROTOCOL;
      return;
    }
    packet[0] = 0x60 | (TRAFFIC_CLASS >>> 4);
    packet[1] = (TRAFFIC_CLASS << 4) & 0xff;
    packet[6] = VRRP_PROTOCOL;
    packet[7] = TTL;
  }

  #setOptions(interfaceName: string): void {
    setDevice(this.#fd, interfaceName);
    forceSendBuffer(this.#fd, SEND_BUFFER_SIZE);
    setInteger(this.#fd, SOL_SOCKET.level, SOL_SOCKET.SO_PRIORITY, PRIORITY_CONTROL);
    // Our own adverts must not come back to us.
    if (this.#family === 4) setInteger(this.#fd, IPPROTO_IP.level, IPPROTO_IP.IP_MULTICAST_LOOP, 0);
    else {
      setInteger(this.#fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_MULTICAST_IF, this.#interfaceIndex);
      setInteger(this.#fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_MULTICAST_LOOP, 0);
    }
  }

  /**
   * Before it looks at our header, the kernel wants a source of its own for the route, and finds none on a macvlan that
   * has no address yet. Any will do: that of the first packet.
   */
  #bindTo(source: Address): void {
    setInteger(this.#fd, IPPROTO_IPV6.level, IPPROTO_IPV6.IPV6_FREEBIND, 1);
    bind(this.#fd, this.#sockaddr(source));
    this.#bound = true;
  }

  /** A link-local address is one of this interface. */
  #sockaddr(address: Address): Uint8Array {
    const out = encodeSockaddr(address, 0);
    if (address.version === 6 && (address.isLinkLocal || address.isMulticast))
      new DataView(out.buffer).setUint32(24, this.#interfaceIndex, LITTLE_ENDIAN);
    return out;
  }
}
