/**
 * What a failover looks like on a wire, decoded from Ethernet frames: adverts, gratuitous ARP, neighbour advertisements
 * and BGP UPDATEs. Written for itself, so that a fault of the daemon's codecs is not repeated here.
 */
import { Address } from "../src/lib/address.ts";

interface Framed {
  /** Milliseconds since 1970 by the host's clock, with a resolution of a microsecond. */
  readonly time: number;
  readonly etherSource: string;
  readonly etherDestination: string;
}

export interface Advert extends Framed {
  readonly kind: "advert";
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** TOS or traffic class. */
  readonly tos: number;
  readonly version: number;
  readonly type: number;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** The count that the message claims. */
  readonly count: number;
  readonly addresses: readonly string[];
  /** Version 3: the four reserved bits. Version 2: the authentication type. */
  readonly reserved: number;
  readonly intervalMs: number;
  /** Over what the checksum is right. "both" is one chance in 65536. */
  readonly checksum: "message" | "pseudo-header" | "both" | "bad";
  /** Octets of the VRRP message. */
  readonly length: number;
}

export interface Arp extends Framed {
  readonly kind: "arp";
  readonly operation: number;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

export interface NeighborAdvertisement extends Framed {
  readonly kind: "neighbor-advertisement";
  readonly source: string;
  readonly destination: string;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: string;
  /** Of the target link-layer address option. */
  readonly targetMac: string | undefined;
}

/** An UPDATE with IPv4 unicast routes, if it lies whole in one segment. */
export interface Update extends Framed {
  readonly kind: "update";
  readonly source: string;
  readonly destination: string;
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  /** The path attributes, in hexadecimal. */
  readonly attributes: string;
}

/** One side ends a BGP session's TCP connection: FIN or RST. */
export interface SessionEnd extends Framed {
  readonly kind: "session-end";
  readonly source: string;
  readonly destination: string;
}

export type WireEvent = Advert | Arp | NeighborAdvertisement | Update | SessionEnd;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_TCP = 6;
const PROTOCOL_ICMPV6 = 58;
const PROTOCOL_VRRP = 112;
const BGP_PORT = 179;
const BGP_UPDATE = 2;
const TCP_FIN_OR_RST = 5;
const NEIGHBOR_ADVERTISEMENT = 136;

/** A network packet and where it came from. */
interface Packet extends Framed {
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly tos: number;
  readonly sourceBytes: Buffer;
  readonly destinationBytes: Buffer;
  readonly payload: Buffer;
}

/** What a frame tells; nothing when it is something else. */
export function decodeFrame(frame: Buffer, time: number): readonly WireEvent[] {
  if (frame.length < 34) return [];
  const framed = { time, etherSource: mac(frame, 6), etherDestination: mac(frame, 0) };
  switch (frame.readUInt16BE(12)) {
    case ETHERTYPE_ARP:
      return [arp(frame.subarray(14), framed)];
    case ETHERTYPE_IPV4:
      return ipv4(frame.subarray(14), framed);
    case ETHERTYPE_IPV6:
      return frame.length < 54 ? [] : ipv6(frame.subarray(14), framed);
    default:
      return [];
  }
}

function mac(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

function address(bytes: Buffer): string {
  return Address.fromBytes(bytes).toString();
}

function arp(packet: Buffer, framed: Framed): Arp {
  return {
    kind: "arp",
    ...framed,
    operation: packet.readUInt16BE(6),
    senderMac: mac(packet, 8),
    senderAddress: address(packet.subarray(14, 18)),
    targetMac: mac(packet, 18),
    targetAddress: address(packet.subarray(24, 28)),
  };
}

function ipv4(bytes: Buffer, framed: Framed): readonly WireEvent[] {
  const header = ((bytes[0] as number) & 15) * 4;
  const packet: Packet = {
    ...framed,
    source: address(bytes.subarray(12, 16)),
    destination: address(bytes.subarray(16, 20)),
    ttl: bytes[8] as number,
    tos: bytes[1] as number,
    sourceBytes: bytes.subarray(12, 16),
    destinationBytes: bytes.subarray(16, 20),
    payload: bytes.subarray(header, bytes.readUInt16BE(2)),
  };
  return transport(bytes[9] as number, packet);
}

function ipv6(bytes: Buffer, framed: Framed): readonly WireEvent[] {
  const packet: Packet = {
    ...framed,
    source: address(bytes.subarray(8, 24)),
    destination: address(bytes.subarray(24, 40)),
    ttl: bytes[7] as number,
    tos: (bytes.readUInt16BE(0) >>> 4) & 255,
    sourceBytes: bytes.subarray(8, 24),
    destinationBytes: bytes.subarray(24, 40),
    payload: bytes.subarray(40, 40 + bytes.readUInt16BE(4)),
  };
  return transport(bytes[6] as number, packet);
}

function transport(protocol: number, packet: Packet): readonly WireEvent[] {
  const { payload } = packet;
  if (protocol === PROTOCOL_VRRP && payload.length >= 8) return [advert(packet)];
  if (protocol === PROTOCOL_TCP && payload.length >= 20) return segment(packet);
  if (protocol === PROTOCOL_ICMPV6 && payload[0] === NEIGHBOR_ADVERTISEMENT && payload.length >= 24)
    return [neighborAdvertisement(packet)];
  return [];
}

/** Only what every packet event has. */
function common({ time, etherSource, etherDestination, source, destination }: Packet) {
  return { time, etherSource, etherDestination, source, destination };
}

function advert(packet: Packet): Advert {
  const { payload, sourceBytes } = packet;
  const version = (payload[0] as number) >>> 4;
  const count = payload[3] as number;
  const size = sourceBytes.length;
  const listed = Math.min(count, Math.floor((payload.length - 8) / size));
  return {
    kind: "advert",
    ...common(packet),
    ttl: packet.ttl,
    tos: packet.tos,
    version,
    type: (payload[0] as number) & 15,
    virtualRouterId: payload[1] as number,
    priority: payload[2] as number,
    count,
    addresses: Array.from({ length: listed }, (_, i) => address(payload.subarray(8 + i * size, 8 + (i + 1) * size))),
    reserved: version === 2 ? (payload[4] as number) : (payload[4] as number) >>> 4,
    intervalMs: version === 2 ? (payload[5] as number) * 1000 : (payload.readUInt16BE(4) & 0xfff) * 10,
    checksum: checksumKind(packet),
    length: payload.length,
  };
}

function checksumKind(packet: Packet): Advert["checksum"] {
  const { payload } = packet;
  const message = sumsUp(payload);
  const whole = sumsUp(
    Buffer.concat([pseudoHeader(packet.sourceBytes, packet.destinationBytes, payload.length), payload]),
  );
  if (message && whole) return "both";
  if (whole) return "pseudo-header";
  return message ? "message" : "bad";
}

/** RFC 9568 section 5.2.8, RFC 8200 section 8.1; for IPv4 in the form of keepalived and FRR. */
export function pseudoHeader(source: Uint8Array, destination: Uint8Array, length: number): Buffer {
  const tail = Buffer.alloc(source.length === 4 ? 4 : 8);
  // IPv4: zero, protocol, length. IPv6: a length of 32 bits, zeros, next header.
  tail.writeUInt16BE(length, 2);
  tail[tail.length === 4 ? 1 : 7] = PROTOCOL_VRRP;
  return Buffer.concat([source, destination, tail]);
}

/** The Internet checksum of RFC 1071, as it is put into a header. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function sumsUp(bytes: Uint8Array): boolean {
  return internetChecksum(bytes) === 0;
}

function neighborAdvertisement(packet: Packet): NeighborAdvertisement {
  const { payload } = packet;
  const flags = payload[4] as number;
  const option = payload.length >= 32 && payload[24] === 2 ? mac(payload, 26) : undefined;
  return {
    kind: "neighbor-advertisement",
    ...common(packet),
    router: (flags & 0x80) !== 0,
    solicited: (flags & 0x40) !== 0,
    override: (flags & 0x20) !== 0,
    target: address(payload.subarray(8, 24)),
    targetMac: option,
  };
}

function segment(packet: Packet): readonly WireEvent[] {
  const { payload } = packet;
  if (payload.readUInt16BE(0) !== BGP_PORT && payload.readUInt16BE(2) !== BGP_PORT) return [];
  const found: WireEvent[] = [];
  let at = ((payload[12] as number) >>> 4) * 4;
  while (at + 23 <= payload.length && payload.readUInt32BE(at) === 0xffff_ffff) {
    const end = at + payload.readUInt16BE(at + 16);
    if (end > payload.length || end < at + 19) break;
    if (payload[at + 18] === BGP_UPDATE) found.push(update(payload.subarray(at + 19, end), packet));
    at = end;
  }
  if (((payload[13] as number) & TCP_FIN_OR_RST) !== 0) found.push({ kind: "session-end", ...common(packet) });
  return found;
}

function update(body: Buffer, packet: Packet): Update {
  const withdrawnEnd = 2 + body.readUInt16BE(0);
  const attributesEnd = withdrawnEnd + 2 + body.readUInt16BE(withdrawnEnd);
  return {
    kind: "update",
    ...common(packet),
    withdrawn: prefixes(body.subarray(2, withdrawnEnd)),
    announced: prefixes(body.subarray(attributesEnd)),
    attributes: body.toString("hex", withdrawnEnd + 2, attributesEnd),
  };
}

function prefixes(bytes: Buffer): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const bits = bytes[at] as number;
    const octets = Math.ceil(bits / 8);
    const padded = Buffer.concat([bytes.subarray(at + 1, at + 1 + octets), Buffer.alloc(4)]).subarray(0, 4);
    found.push(`${padded.join(".")}/${bits}`);
    at += 1 + octets;
  }
  return found;
}
