/*
 * What the tests of VRRP's hold on the host share: a gateway with two links to a peer. The test process itself moves
 * into the gateway's namespace, where the host is opened; the peer's wire is watched and fed by packet sockets.
 *
 *     gw  eth0 10.0.0.1/24 fd00::1/64  ──────  eth0 10.0.0.2/24 fd00::2/64  peer
 *         eth1 10.0.1.1/24             ──────  eth1 10.0.1.2/24
 */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { Lab, type TopologySpec } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { type Address, parseAddress } from "../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { DatagramWatch } from "../../src/platform/datagram-watch.ts";
import {
  type ComponentLogger,
  openVrrpHost,
  type RouterPath,
  type RouterPlace,
  type VrrpHost,
  type VrrpPacket,
} from "../../src/platform/index.ts";
import { AF_PACKET, bind, close, interfaceIndex, SOCK_RAW, sendTo, socket } from "../../src/platform/libc.ts";
import "./tell.ts";

const CLONE_NEWNET = 0x4000_0000;
/** ETH_P_ALL in network order. */
const EVERY_PROTOCOL = 0x0300;

export const GATEWAY = "gw";
export const PEER = "peer";

const TOPOLOGY: TopologySpec = {
  segments: [
    {
      name: "link",
      members: [
        { node: GATEWAY, interface: "eth0", addresses: ["10.0.0.1/24", "fd00::1/64"] },
        { node: PEER, interface: "eth0", addresses: ["10.0.0.2/24", "fd00::2/64"] },
      ],
    },
    {
      name: "other",
      members: [
        { node: GATEWAY, interface: "eth1", addresses: ["10.0.1.1/24"] },
        { node: PEER, interface: "eth1", addresses: ["10.0.1.2/24"] },
      ],
    },
  ],
};

let setns: ((fd: number, kind: number) => number) | undefined;

/** Moves this thread into a network namespace; sockets it has stay where they are. */
function enter(path: string): void {
  const koffi = createRequire(import.meta.url)("koffi") as {
    load(path: null): { func(definition: string): (fd: number, kind: number) => number };
  };
  setns ??= koffi.load(null).func("int setns(int, int)");
  const fd = openSync(path, "r");
  assert.equal(setns(fd, CLONE_NEWNET), 0, `cannot enter ${path}`);
  closeSync(fd);
}

/** A lab for one test file, with this process in its gateway. */
export async function enterLab(): Promise<Lab> {
  const lab = await Lab.up(TOPOLOGY);
  enter(`/run/netns/${lab.namespace(GATEWAY)}`);
  return lab;
}

/** Runs `action`, which must not wait, in another node of the lab. */
function at<T>(lab: Lab, node: string, action: () => T): T {
  enter(`/run/netns/${lab.namespace(node)}`);
  try {
    return action();
  } finally {
    enter(`/run/netns/${lab.namespace(GATEWAY)}`);
  }
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, `${text} is no address`);
  return parsed;
}

export function prefixes(...texts: string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    assert(parsed !== undefined, `${text} is no prefix`);
    return parsed;
  });
}

/** A multicast IPv4 router on eth0 without addresses, unless told otherwise. */
export function place(options: Partial<RouterPlace> = {}): RouterPlace {
  return {
    name: "gw",
    interface: "eth0",
    family: 4,
    virtualRouterId: 51,
    addresses: [],
    addressInterface: undefined,
    unicastPeers: [],
    source: undefined,
    virtualMac: false,
    accept: true,
    ...options,
  };
}

/** An open host and all that it told. */
export interface OpenHost {
  readonly host: VrrpHost;
  readonly packets: VrrpPacket[];
  readonly paths: { readonly router: string; readonly path: RouterPath; readonly at: number }[];
  readonly lost: string[];
  readonly addresses: string[];
  readonly links: string[];
  readonly log: string[];
  /** Adds a router that must be accepted, and gives its path. */
  add(options?: Partial<RouterPlace>): RouterPath;
}

/** `onPath` is called as the daemon would be: from within the event. */
export function openHost(t: TestContext, onPath: (path: RouterPath, host: VrrpHost) => void = () => {}): OpenHost {
  const told = {
    packets: [] as VrrpPacket[],
    paths: [] as { router: string; path: RouterPath; at: number }[],
    lost: [] as string[],
    addresses: [] as string[],
    links: [] as string[],
    log: [] as string[],
  };
  const write = (message: string) => void told.log.push(message);
  const log: ComponentLogger = {
    isEnabled: () => true,
    error: write,
    warn: write,
    info: write,
    debug: write,
    limited: () => log,
  };
  const opened = openVrrpHost(
    {
      packet: (packet) => told.packets.push(packet),
      path: (router, path) => {
        told.paths.push({ router, path, at: performance.now() });
        onPath(path, host);
      },
      addressLost: (router, lost) => told.lost.push(`${router} ${lost}`),
      hostAddress: (changed, present) => told.addresses.push(`${present ? "+" : "-"}${changed}`),
      link: (name, up) => told.links.push(`${name} ${up ? "up" : "down"}`),
    },
    log,
  );
  if (!opened.ok) throw opened.error;
  const host = opened.value;
  t.after(() => host.close());
  const add = (options: Partial<RouterPlace> = {}) => {
    const added = host.addRouter(place(options));
    if (!added.ok) throw added.error;
    return added.value;
  };
  return { host, ...told, add };
}

/** "10.0.0.1", or "fault: ..." */
export function pathText(path: RouterPath | undefined): string {
  if (path === undefined) return "nothing told";
  return "source" in path ? String(path.source) : `fault: ${path.fault}`;
}

/** Waits for a condition in steps of 2 ms. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  await waitFor(what, async () => condition(), { timeoutMs: 10_000, intervalMs: 2 });
}

/** What arrives at (or leaves from) an interface of a node, frame by frame. */
export class Wire {
  readonly frames: Buffer[] = [];
  readonly #watch: DatagramWatch;
  readonly #fd: number;
  readonly #sockaddr: Uint8Array;

  constructor(t: TestContext, lab: Lab, node: string, device: string) {
    const [sender, listener, index] = at(lab, node, () => [
      socket(AF_PACKET, SOCK_RAW),
      socket(AF_PACKET, SOCK_RAW, EVERY_PROTOCOL),
      interfaceIndex(device),
    ]);
    this.#fd = sender as number;
    this.#sockaddr = Buffer.alloc(20);
    const view = new DataView(this.#sockaddr.buffer, this.#sockaddr.byteOffset);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, EVERY_PROTOCOL, true);
    view.setUint32(4, index as number, true);
    bind(listener as number, this.#sockaddr);
    this.#watch = new DatagramWatch(listener as number, {
      received: (bytes) => this.frames.push(Buffer.from(bytes)),
      lost: () => {},
      failed: () => {},
    });
    t.after(() => {
      this.#watch.close();
      close(this.#fd);
    });
  }

  /** Puts a frame on the wire as it is. */
  inject(...parts: (string | Uint8Array)[]): void {
    sendTo(this.#fd, bytes(...parts), this.#sockaddr);
  }

  /** The first frame that `accept` likes, waited for. */
  async frame(what: string, accept: (frame: Buffer) => boolean): Promise<Buffer> {
    await until(what, () => this.frames.some(accept));
    return this.frames.find(accept) as Buffer;
  }
}

/** Octets from hex texts (spaces allowed) and arrays. */
export function bytes(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part.replaceAll(" ", ""), "hex") : part)),
  );
}

export const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");

/** Whether the frame carries IP protocol 112. */
export function isVrrp(frame: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  return (type === 0x0800 && frame[23] === 112) || (type === 0x86dd && frame[20] === 112);
}

/** An Ethernet frame with an IPv4 packet of protocol 112. */
export function ipv4Frame(options: {
  ttl: number;
  source: string;
  destination: string;
  to: Uint8Array;
  payload: Uint8Array;
}): Buffer {
  const { ttl, source, destination, to, payload } = options;
  const header = bytes(
    "45c0 0000 0000 0000",
    Uint8Array.of(ttl, 112),
    "0000",
    address(source).toBytes(),
    address(destination).toBytes(),
  );
  header.writeUInt16BE(20 + payload.length, 2);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(~sum & 0xffff, 10);
  return bytes(to, "020000000099 0800", header, payload);
}

/** An Ethernet frame with an IPv6 packet of protocol 112. */
export function ipv6Frame(options: {
  hopLimit: number;
  source: string;
  destination: string;
  to: Uint8Array;
  payload: Uint8Array;
}): Buffer {
  const { hopLimit, source, destination, to, payload } = options;
  const header = bytes(
    "6c000000 0000",
    Uint8Array.of(112, hopLimit),
    address(source).toBytes(),
    address(destination).toBytes(),
  );
  header.writeUInt16BE(payload.length, 4);
  return bytes(to, "020000000099 86dd", header, payload);
}

export const GROUP_MAC = { 4: bytes("01005e000012"), 6: bytes("333300000012") } as const;

/** MAC address of an interface of a node. */
export async function macOf(lab: Lab, node: string, device: string): Promise<Buffer> {
  const [link] = JSON.parse(await lab.run(node, ["ip", "-j", "link", "show", device])) as { address: string }[];
  return bytes((link?.address ?? "").replaceAll(":", ""));
}

export interface ShownAddress {
  readonly local: string;
  readonly prefixlen: number;
  readonly preferred_life_time: number;
  readonly protocol?: string;
  readonly nodad?: boolean;
  readonly tentative?: boolean;
}

/** The addresses of an interface as iproute2 shows them. */
export async function shownAddresses(lab: Lab, node: string, device: string): Promise<ShownAddress[]> {
  const text = await lab.run(node, ["ip", "-d", "-j", "addr", "show", "dev", device]);
  return (JSON.parse(text) as { addr_info: ShownAddress[] }[])[0]?.addr_info ?? [];
}

export async function shownTexts(lab: Lab, node: string, device: string): Promise<string[]> {
  return (await shownAddresses(lab, node, device)).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
