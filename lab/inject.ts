import { AF_PACKET, bind, close, interfaceIndex, SOCK_RAW, sendTo, socket } from "../src/platform/libc.ts";
import { internetChecksum, pseudoHeader } from "./frame-decode.ts";
import { inNode } from "./namespace.ts";
import type { Lab } from "./topology.ts";

/** ETH_P_ALL in network order. */
const EVERY_PROTOCOL = 0x0300;
const GROUP = { address: "224.0.0.18", mac: "01:00:5e:00:00:12" } as const;
const PROTOCOL_VRRP = 112;

/** An advert for IPv4; what is not given is as a correct sender has it, from 100 centiseconds and priority 100. */
export interface AdvertBytes {
  readonly source: string;
  readonly virtualRouterId: number;
  readonly priority?: number;
  readonly addresses: readonly string[];
  readonly version?: number;
  readonly type?: number;
  readonly centiseconds?: number;
  readonly reserved?: number;
  /** The count that the message claims. */
  readonly count?: number;
  readonly checksum?: "message" | "pseudo-header" | "bad";
  readonly ttl?: number;
  readonly destination?: string;
  readonly etherDestination?: string;
  /** Octets behind the IP packet, as short frames have. */
  readonly padding?: number;
  /** Takes the message off after so many octets. */
  readonly truncate?: number;
}

/** Puts frames on a wire as they are. */
export class Injector {
  readonly #fd: number;
  readonly #sockaddr: Buffer;

  constructor(lab: Lab, node: string, device: string) {
    const [fd, index] = inNode(lab, node, () => [socket(AF_PACKET, SOCK_RAW), interfaceIndex(device)] as const);
    this.#fd = fd;
    this.#sockaddr = Buffer.alloc(20);
    this.#sockaddr.writeUInt16LE(AF_PACKET, 0);
    this.#sockaddr.writeUInt16LE(EVERY_PROTOCOL, 2);
    this.#sockaddr.writeUInt32LE(index, 4);
    bind(fd, this.#sockaddr);
  }

  frame(bytes: Uint8Array): void {
    sendTo(this.#fd, bytes, this.#sockaddr);
  }

  advert(advert: AdvertBytes): void {
    this.frame(advertFrame(advert));
  }

  close(): void {
    close(this.#fd);
  }
}

function ipv4Bytes(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

function macBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

/** The VRRP message alone. */
function advertMessage(advert: AdvertBytes): Buffer {
  const { version = 3, type = 1, priority = 100, centiseconds = 100, reserved = 0, addresses } = advert;
  const message = Buffer.concat([
    Buffer.from([(version << 4) | type, advert.virtualRouterId, priority, advert.count ?? addresses.length]),
    version === 2
      ? Buffer.from([0, Math.round(centiseconds / 100)])
      : Buffer.from([(reserved << 4) | (centiseconds >>> 8), centiseconds & 255]),
    Buffer.alloc(2),
    ...addresses.map(ipv4Bytes),
    Buffer.alloc(version === 2 ? 8 : 0),
  ]);
  const kind = advert.checksum ?? (version === 2 ? "message" : "pseudo-header");
  const header = pseudoHeader(ipv4Bytes(advert.source), ipv4Bytes(advert.destination ?? GROUP.address), message.length);
  const sum = internetChecksum(kind === "pseudo-header" ? Buffer.concat([header, message]) : message);
  message.writeUInt16BE(kind === "bad" ? sum ^ 0x5a5a : sum, 6);
  return message.subarray(0, advert.truncate ?? message.length);
}

function advertFrame(advert: AdvertBytes): Buffer {
  const message = advertMessage(advert);
  const header = Buffer.alloc(20);
  header.set([0x45, 0xc0]);
  header.writeUInt16BE(20 + message.length, 2);
  header.set([advert.ttl ?? 255, PROTOCOL_VRRP], 8);
  header.set(ipv4Bytes(advert.source), 12);
  header.set(ipv4Bytes(advert.destination ?? GROUP.address), 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([
    macBytes(advert.etherDestination ?? GROUP.mac),
    macBytes("02:00:00:00:00:99"),
    Buffer.from([0x08, 0x00]),
    header,
    message,
    Buffer.alloc(advert.padding ?? 0),
  ]);
}
