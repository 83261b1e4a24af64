/* The Ethernet frames that tell a link where an address lives now. */
import type { Address } from "../../lib/address.ts";

const ETHERNET_HEADER_SIZE = 14;
export const ETHERTYPE = { ARP: 0x0806, IPV6: 0x86dd } as const;
const BROADCAST = new Uint8Array(6).fill(0xff);
/** RFC 2464 section 7: 33:33 and the last four octets of ff02::1. */
const ALL_NODES_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const IPV6_HEADER_SIZE = 40;
const NEXT_HEADER_ICMPV6 = 58;
const HOP_LIMIT = 255;
const NEIGHBOR_ADVERTISEMENT = 136;
const FLAG_ROUTER = 0x80;
const FLAG_OVERRIDE = 0x20;
const OPTION_TARGET_LINK_LAYER_ADDRESS = 2;
/** ICMPv6 header with flags, target, one option of 8 octets. */
const ADVERTISEMENT_SIZE = 32;

function ethernetFrame(destination: Uint8Array, source: Uint8Array, type: number, payloadSize: number): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_SIZE + payloadSize);
  frame.set(destination, 0);
  frame.set(source, 6);
  frame[12] = type >>> 8;
  frame[13] = type & 0xff;
  return frame;
}

/**
 * Gratuitous ARP (RFC 5227 section 3: a request, which every host takes note of): sender and target protocol address
 * are the virtual one. The target hardware address, which nobody reads, is all ones as in keepalived's and FRR's.
 */
export function gratuitousArp(mac: Uint8Array, address: Address): Uint8Array {
  const frame = ethernetFrame(BROADCAST, mac, ETHERTYPE.ARP, 28);
  // Ethernet, IPv4, sizes of their addresses, request.
  frame.set([0, 1, 8, 0, 6, 4, 0, 1], 14);
  frame.set(mac, 22);
  frame.set(address.toBytes(), 28);
  frame.set(BROADCAST, 32);
  frame.set(address.toBytes(), 38);
  return frame;
}

/**
 * Unsolicited neighbour advertisement (RFC 4861 section 7.2.6) to all nodes, from the virtual address itself. Override:
 * replace what you know. Router only when this host forwards there: hosts drop a default router that says it is none.
 */
export function unsolicitedAdvertisement(mac: Uint8Array, address: Address, isRouter: boolean): Uint8Array {
  const frame = ethernetFrame(ALL_NODES_MAC, mac, ETHERTYPE.IPV6, IPV6_HEADER_SIZE + ADVERTISEMENT_SIZE);
  const target = address.toBytes();
  const ip = frame.subarray(ETHERNET_HEADER_SIZE);
  ip.set([0x60, 0, 0, 0, 0, ADVERTISEMENT_SIZE, NEXT_HEADER_ICMPV6, HOP_LIMIT], 0);
  ip.set(target, 8);
  ip.set(ALL_NODES, 24);
  const icmp = ip.subarray(IPV6_HEADER_SIZE);
  icmp[0] = NEIGHBOR_ADVERTISEMENT;
  icmp[4] = FLAG_OVERRIDE | (isRouter ? FLAG_ROUTER : 0);
  icmp.set(target, 8);
  icmp.set([OPTION_TARGET_LINK_LAYER_ADDRESS, 1], 24);
  icmp.set(mac, 26);
  // Pseudo-header (RFC 8200 section 8.1): both addresses, then length and next header.
  const sum = onesComplementSum(ip.subarray(8), ADVERTISEMENT_SIZE + NEXT_HEADER_ICMPV6);
  icmp[2] = (~sum >>> 8) & 0xff;
  icmp[3] = ~sum & 0xff;
  return frame;
}

/** Sum of 16-bit words with end-around carry (RFC 1071), beginning with `start`. An even number of octets. */
function onesComplementSum(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
