/** How a virtual router's path follows the interfaces and addresses of a Linux host. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Lab } from "../../lab/topology.ts";
import {
  address,
  bytes,
  enterLab,
  GATEWAY,
  GROUP_MAC,
  ipv4Frame,
  type OpenHost,
  openHost,
  PEER,
  pathText,
  prefixes,
  until,
  Wire,
} from "./vrrp-host.ts";

const ADVERT = ipv4Frame({
  ttl: 255,
  source: "10.0.0.2",
  destination: "224.0.0.18",
  to: GROUP_MAC[4],
  payload: bytes("31336401 00640000 0a000064"),
});
let lab: Lab;

before(async () => {
  lab = await enterLab();
});
after(() => lab.down());

async function untilPath({ paths }: OpenHost, router: string, expected: string | RegExp): Promise<void> {
  const last = () => pathText(paths.findLast((told) => told.router === router)?.path);
  const matches = () => (typeof expected === "string" ? last() === expected : expected.test(last()));
  await until(`${router}'s path is ${expected}`, matches);
}

const ip = (...words: string[]) => lab.run(GATEWAY, ["ip", ...words]);

test("a link that goes down or loses its carrier is a fault at once, and none when it is back", async (t) => {
  const open = openHost(t);
  assert.equal(pathText(open.add()), "10.0.0.1");
  assert.equal(open.host.isLinkUp("eth0"), true);
  const before = performance.now();
  await lab.setLink(GATEWAY, "eth0", "down");
  const took = performance.now() - before;
  await untilPath(open, "gw", "fault: interface eth0 is switched off");
  const told = (open.paths.at(-1)?.at ?? 0) - before;
  t.diagnostic(`told after ${told.toFixed(1)} ms, with ip's own run of ${took.toFixed(1)} ms`);
  // Long before anything that only looks now and then would see it.
  assert.equal(told < took + 500, true, `told ${told} ms after the start of a command that took ${took} ms`);
  await lab.setLink(GATEWAY, "eth0", "up");
  await untilPath(open, "gw", "10.0.0.1");
  await lab.setLink(PEER, "eth0", "down");
  await untilPath(open, "gw", "fault: interface eth0 has no carrier");
  assert.equal(open.host.isLinkUp("eth0"), false);
  await lab.setLink(PEER, "eth0", "up");
  await untilPath(open, "gw", "10.0.0.1");
  assert.deepEqual(open.links.slice(0, 2), ["eth0 down", "eth0 up"]);
});

test("addresses that go with their link are not lost to a router that gives them up at the fault", async (t) => {
  const vips = prefixes("2001:db8::66/128");
  const open = openHost(t, (_path, host) => host.removeAddresses("gw", vips));
  open.add();
  open.host.addAddresses("gw", vips);
  await lab.setLink(GATEWAY, "eth0", "down"); // The kernel takes IPv6 addresses off.
  await untilPath(open, "gw", "fault: interface eth0 is switched off");
  await lab.setLink(GATEWAY, "eth0", "up");
  await untilPath(open, "gw", "10.0.0.1");
  assert.equal(open.host.hasAddress(address("2001:db8::66")), false);
  assert.deepEqual(open.lost, []);
});

test("an interface that is removed and made again is heard on again", async (t) => {
  const open = openHost(t);
  await lab.run(GATEWAY, [
    "ip",
    "link",
    "add",
    "made",
    "type",
    "veth",
    "peer",
    "name",
    "far",
    "netns",
    lab.namespace(PEER),
  ]);
  const setUp = async () => {
    await ip("addr", "add", "10.0.5.1/24", "dev", "made");
    await ip("link", "set", "made", "up");
    await lab.setLink(PEER, "far", "up");
  };
  assert.equal(pathText(open.add({ interface: "made" })), "fault: interface made is switched off");
  await setUp();
  await untilPath(open, "gw", "10.0.5.1");
  new Wire(t, lab, PEER, "far").inject(ADVERT);
  await until("the advert is heard", () => open.packets.length === 1);
  open.host.addAddresses("gw", prefixes("10.0.5.100/32"));
  await ip("link", "del", "made");
  await untilPath(open, "gw", "fault: interface made does not exist");
  assert.equal(open.host.isLinkUp("made"), undefined);
  await lab.run(GATEWAY, [
    "ip",
    "link",
    "add",
    "made",
    "type",
    "veth",
    "peer",
    "name",
    "far",
    "netns",
    lab.namespace(PEER),
  ]);
  await setUp();
  await untilPath(open, "gw", "10.0.5.1");
  const wire = new Wire(t, lab, PEER, "far");
  wire.inject(ADVERT);
  await until("the advert is heard again", () => open.packets.length === 2);
  open.host.send("gw", bytes("31336401 00640000 0a000064"), address("10.0.5.1"), undefined);
  await until("and ours arrives", () => wire.frames.some((frame) => frame[23] === 112));
  assert.deepEqual(open.lost, ["gw 10.0.5.100/32"]);
  await ip("link", "del", "made");
});

test("a socket that cannot be opened is a fault, and is opened when it can be", async (t) => {
  const open = openHost(t);
  await lab.sysctl(GATEWAY, { "net.ipv4.igmp_max_memberships": "0" });
  const fault =
    "fault: the VRRP socket on eth0 failed: setsockopt: no buffer space available (ENOBUFS); it is opened again";
  assert.equal(pathText(open.add()), fault);
  await lab.sysctl(GATEWAY, { "net.ipv4.igmp_max_memberships": "20" });
  await untilPath(open, "gw", "10.0.0.1");
  new Wire(t, lab, PEER, "eth0").inject(ADVERT);
  await until("the advert is heard", () => open.packets.length === 1);
});

test("programs that the daemon starts get none of its sockets", (t) => {
  const open = openHost(t);
  open.add();
  open.add({ name: "six", family: 6 });
  open.host.send("gw", bytes("31336401 00640000 0a000064"), address("10.0.0.1"), undefined);
  const list = execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
  const inherited = list.split("\n").filter((line) => / ([3-9]|\d\d+) -> socket:/.test(line));
  assert.deepEqual(inherited, []);
});

test("a socket that fails is a fault at once, and is replaced", async (t) => {
  interface RawSocket {
    onError(error: Error): void;
    getOption(...args: unknown[]): unknown;
  }
  const raw = createRequire(import.meta.url)("raw-socket") as { Socket: { prototype: RawSocket } };
  const sockets: RawSocket[] = [];
  const original = raw.Socket.prototype.getOption;
  raw.Socket.prototype.getOption = function (this: RawSocket, ...args: unknown[]) {
    sockets.push(this);
    return original.apply(this, args);
  };
  t.after(() => {
    raw.Socket.prototype.getOption = original;
  });
  const open = openHost(t);
  open.add();
  sockets[0]?.onError(new Error("-9")); // What raw-socket calls when polling fails.
  assert.match(pathText(open.paths.at(-1)?.path), /^fault: the VRRP socket on eth0 failed: -9; it is opened again$/);
  await untilPath(open, "gw", "10.0.0.1");
  new Wire(t, lab, PEER, "eth0").inject(ADVERT);
  await until("the advert is heard", () => open.packets.length === 1);
  assert.equal(open.host.statistics.socketFailures, 1);
  assert.equal(sockets.length, 2);
});

test("the source is the primary address as it is now, and never a virtual one of ours", async (t) => {
  const open = openHost(t);
  const vips = prefixes("10.0.1.100/32", "10.0.1.101/32");
  open.add({ interface: "eth1", addresses: vips });
  open.host.addAddresses("gw", vips);
  await lab.addAddress(GATEWAY, "eth1", "10.0.1.7/24");
  await lab.deleteAddress(GATEWAY, "eth1", "10.0.1.1/24");
  // Deleting a primary address takes its secondaries along, unless they are promoted.
  await untilPath(open, "gw", /^(10\.0\.1\.7|fault: interface eth1 has no IPv4 address to send adverts from)$/);
  await ip("addr", "flush", "dev", "eth1", "to", "10.0.1.7");
  await untilPath(open, "gw", "fault: interface eth1 has no IPv4 address to send adverts from");
  await lab.addAddress(GATEWAY, "eth1", "10.0.1.1/24");
  await untilPath(open, "gw", "10.0.1.1");
});

test("an owner's address, which was there before us, is a source", async (t) => {
  const open = openHost(t);
  assert.equal(pathText(open.add({ addresses: prefixes("10.0.0.1/32") })), "10.0.0.1");
  open.host.addAddresses("gw", prefixes("10.0.0.1/32"));
  open.host.removeAddresses("gw", prefixes("10.0.0.1/32"));
  assert.equal(open.host.hasAddress(address("10.0.0.1")), true);
});

test("a virtual address that a crashed run left is no source, though nobody claims it now", async (t) => {
  const crashed = openHost(t);
  crashed.add({ interface: "eth1" });
  crashed.host.addAddresses("gw", prefixes("10.0.1.50/32"));
  crashed.host.close({ keepAddresses: true });
  await lab.deleteAddress(GATEWAY, "eth1", "10.0.1.1/24");
  const open = openHost(t);
  const path = pathText(open.add({ interface: "eth1" }));
  assert.equal(path, "fault: interface eth1 has no IPv4 address to send adverts from");
  await lab.addAddress(GATEWAY, "eth1", "10.0.1.1/24");
  await untilPath(open, "gw", "10.0.1.1");
  assert.equal(open.host.removeLeftovers().length, 1);
});

test("IPv6 adverts come from the link-local address, of whichever there is", async (t) => {
  const open = openHost(t);
  await ip("link", "set", "eth1", "addrgenmode", "none");
  await ip("-6", "addr", "flush", "dev", "eth1");
  const vips = prefixes("fe80::66/128", "fd00:1::66/128");
  const fault = "fault: interface eth1 has no IPv6 link-local address to send adverts from";
  await until("the host has seen it", () => open.addresses.some((text) => text.startsWith("-fe80")));
  assert.equal(pathText(open.add({ interface: "eth1", family: 6, addresses: vips })), fault);
  open.host.addAddresses("gw", vips);
  await lab.addAddress(GATEWAY, "eth1", "fe80::51/64");
  await untilPath(open, "gw", "fe80::51");
  await lab.deleteAddress(GATEWAY, "eth1", "fe80::51/64");
  await untilPath(open, "gw", fault);
  await lab.addAddress(GATEWAY, "eth1", "fe80::52/64");
  await untilPath(open, "gw", "fe80::52");
});

test("unicast: the configured source has to be on the host; peers off the link are told from a global address", async (t) => {
  await lab.addAddress(GATEWAY, "eth0", "fd00:9::1/64");
  const open = openHost(t);
  const peers = [address("192.0.2.9")];
  const configured = open.add({ unicastPeers: peers, source: address("10.0.9.9") });
  assert.equal(pathText(configured), "fault: the source address 10.0.9.9 is on no interface of this host");
  await lab.addAddress(GATEWAY, "lo", "10.0.9.9/32");
  await untilPath(open, "gw", "10.0.9.9");
  assert.equal(pathText(open.add({ name: "six", family: 6, unicastPeers: [address("2001:db8::9")] })), "fd00:9::1");
  assert.match(
    pathText(open.add({ name: "near", family: 6, virtualRouterId: 9, unicastPeers: [address("fe80::9")] })),
    /^fe80::/,
  );
  await lab.deleteAddress(GATEWAY, "lo", "10.0.9.9/32");
  await untilPath(open, "gw", /on no interface/);
  await lab.deleteAddress(GATEWAY, "eth0", "fd00:9::1/64");
});

test("when a router makes another's source a virtual address, the other takes the next", async (t) => {
  await lab.addAddress(GATEWAY, "eth0", "10.7.0.9/24");
  const open = openHost(t);
  assert.equal(pathText(open.add()), "10.0.0.1");
  open.add({ name: "owner", virtualRouterId: 52, addresses: prefixes("10.0.0.1/32") });
  await untilPath(open, "gw", "10.7.0.9");
  open.host.removeRouter("owner");
  await untilPath(open, "gw", "10.0.0.1");
  await lab.deleteAddress(GATEWAY, "eth0", "10.7.0.9/24");
});

test("a path that is missing its address interface is at fault until that is there", async (t) => {
  const open = openHost(t);
  const path = open.add({ addressInterface: "late" });
  assert.equal(pathText(path), "fault: interface late, where the addresses go, does not exist");
  const [failure] = open.host.addAddresses("gw", prefixes("10.0.0.100/32"));
  assert.match(failure?.text ?? "", /there is no interface late/);
  await ip("link", "add", "late", "type", "veth", "peer", "name", "later");
  await untilPath(open, "gw", "10.0.0.1");
  await ip("link", "del", "late");
});
