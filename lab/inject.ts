import { parseAddress } from "../src/lib/address.ts";
import { AF_PACKET, bind, close, interfaceIndex, SOCK_RAW, sendTo, socket } from "../src/platform/libc.ts";
import { internetChecksum, pseudoHeader } from "./frame-decode.ts";
import { inNode } from "./namespace.ts";
import type { Lab } from "./topology.ts";

/** ETH_P_ALL in network order. */
const EVERY_PROTOCOL = 0x0300;
const GROUP_4 = { address: "224.0.0.18", mac: "01:00:5e:00:00:12" } as const;
const GROUP_6 = { address: "ff02::12", mac: "33:33:00:00:00:12" } as const;
const PROTOCOL_VRRP = 112;

/** An advert; what is not given is as a correct sender has it, from 100 centiseconds and priority 100. */
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

function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address.toBytes();
}

function groupOf(advert: AdvertBytes) {
  return advert.source.includes(":") ? GROUP_6 : GROUP_4;
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
    ...addresses.map(addressBytes),
    Buffer.alloc(version === 2 ? 8 : 0),
  ]);
  const kind = advert.checksum ?? (version === 2 ? "message" : "pseudo-header");
  const destination = advert.destination ?? groupOf(advert).address;
  const header = pseudoHeader(addressBytes(advert.source), addressBytes(destination), message.length);
  const sum = internetChecksum(kind === "pseudo-header" ? Buffer.concat([header, message]) : message);
  message.writeUInt16BE(kind === "bad" ? sum ^ 0x5a5a : sum, 6);
  return message.subarray(0, advert.truncate ?? message.length);
}

function advertFrame(advert: AdvertBytes): Buffer {
  const message = advertMessage(advert);
  const four = !advert.source.includes(":");
  return Buffer.concat([
    macBytes(advert.etherDestination ?? groupOf(advert).mac),
    macBytes("02:00:00:00:00:99"),
    Buffer.from(four ? [0x08, 0x00] : [0x86, 0xdd]),
    four ? ipv4Header(advert, message.length) : ipv6Header(advert, message.length),
    message,
    Buffer.alloc(advert.padding ?? 0),
  ]);
}

function ipv4Header(advert: AdvertBytes, length: number): Buffer {
  const header = Buffer.alloc(20);
  header.set([0x45, 0xc0]);
  header.writeUInt16BE(20 + length, 2);
  header.set([advert.ttl ?? 255, PROTOCOL_VRRP], 8);
  header.set(addressBytes(advert.source), 12);
  header.set(addressBytes(advert.destination ?? GROUP_4.address), 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return header;
}

function ipv6Header(advert: AdvertBytes, length: number): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6c00_0000, 0);
  header.writeUInt16BE(length, 4);
  header.set([PROTOCOL_VRRP, advert.ttl ?? 255], 6);
  header.set(addressBytes(advert.source), 8);
  header.set(addressBytes(advert.destination ?? GROUP_6.address), 24);
  return header;
}
