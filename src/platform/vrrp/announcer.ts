/*
 * Sends gratuitous ARP and unsolicited neighbour advertisements as whole Ethernet frames (packet(7)). IPv6 too, and not
 * by a raw ICMPv6 socket: one descriptor serves both versions and all interfaces, source address and source MAC are
 * ours to choose, and no route, neighbour entry or firewall rule of the host can hold the frame back.
 */
import { readFileSync } from "node:fs";
import type { Address } from "../../lib/address.ts";
import { AF_PACKET, close, SOCK_RAW, sendTo, socket } from "../libc.ts";
import type { HostLink } from "../netlink/links.ts";
import { LITTLE_ENDIAN } from "../sockaddr.ts";
import { forceSendBuffer } from "../sockopt.ts";
import { ETHERTYPE, gratuitousArp, unsolicitedAdvertisement } from "./announce-frames.ts";

/** Some ten thousand frames: what a host with a thousand addresses announces as it becomes Master. */
const SEND_BUFFER_SIZE = 8_388_608;

export class Announcer {
  readonly #fd: number;

  /** Throws SystemCallError. */
  constructor() {
    // Without protocol it receives nothing.
    this.#fd = socket(AF_PACKET, SOCK_RAW);
    try {
      forceSendBuffer(this.#fd, SEND_BUFFER_SIZE);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
  }

  /**
   * Announces each address on the (Ethernet) interface, the whole list `repeat` times. A frame that cannot be sent does
   * not hold back the others; returns how many went, and the first error.
   */
  announce(link: HostLink, addresses: readonly Address[], repeat: number): { sent: number; error: unknown } {
    const isRouter = addresses.some((address) => address.version === 6) && forwards(link.name);
    const frames = addresses.map((address) =>
      address.version === 4
        ? gratuitousArp(link.hardwareAddress, address)
        : unsolicitedAdvertisement(link.hardwareAddress, address, isRouter),
    );
    const arp = sockaddr(link.index, ETHERTYPE.ARP);
    const ipv6 = sockaddr(link.index, ETHERTYPE.IPV6);
    let sent = 0;
    let firstError: unknown;
    for (let i = 0; i < repeat; i++) {
      for (const [j, frame] of frames.entries()) {
        try {
          sendTo(this.#fd, frame, addresses[j]?.version === 4 ? arp : ipv6);
          sent++;
        } catch (error) {
          firstError ??= error;
        }
      }
    }
    return { sent, error: firstError };
  }

  close(): void {
    close(this.#fd);
  }
}

/** Whether the host is an IPv6 router on this interface. */
function forwards(interfaceName: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${interfaceName}/forwarding`, "utf8").trim() !== "0";
  } catch {
    return false; // No IPv6 there.
  }
}

/** `struct sockaddr_ll`: only protocol and interface count when the frame brings its own header. */
function sockaddr(interfaceIndex: number, etherType: number): Uint8Array {
  const out = new Uint8Array(20);
  const view = new DataView(out.buffer);
  view.setUint16(0, AF_PACKET, LITTLE_ENDIAN);
  view.setUint16(2, etherType);
  view.setUint32(4, interfaceIndex, LITTLE_ENDIAN);
  return out;
}
