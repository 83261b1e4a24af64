/** What VRRP's hold on the host sends and hears, byte for byte. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../../lab/exec.ts";
import type { Lab } from "../../lab/topology.ts";
import {
  address,
  bytes,
  enterLab,
  GATEWAY,
  GROUP_MAC,
  hex,
  ipv4Frame,
  ipv6Frame,
  isVrrp,
  macOf,
  openHost,
  PEER,
  place,
  prefixes,
  until,
  Wire,
} from "./vrrp-host.ts";

const MESSAGE = bytes("31336401 00640000 0a000064");
let lab: Lab;
let mac: Buffer;

before(async () => {
  lab = await enterLab();
  mac = await macOf(lab, GATEWAY, "eth0");
});
after(() => lab.down());

test("an IPv4 advert goes to the group with TTL 255, CS6 and the source that was asked for", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { host, add } = openHost(t);
  add();
  host.send("gw", MESSAGE, address("10.0.0.77"), undefined);
  const frame = await wire.frame("the advert", isVrrp);
  assert.equal(hex(frame.subarray(0, 14)), `01005e000012${hex(mac)}0800`);
  // Identification and header checksum are the kernel's.
  assert.equal(hex(frame.subarray(14, 18)), "45c00020");
  assert.equal(hex(frame.subarray(20, 24)), "0000ff70");
  assert.equal(hex(frame.subarray(26)), `0a00004de0000012${hex(MESSAGE)}`);
});

test("an IPv6 advert goes to the group with hop limit 255, CS6 and the source that was asked for", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { host, add } = openHost(t);
  add({ family: 6 });
  host.send("gw", MESSAGE, address("fe80::77"), undefined);
  const frame = await wire.frame("the advert", isVrrp);
  const header = "6c000000000c70fffe800000000000000000000000000077ff020000000000000000000000000012";
  assert.equal(hex(frame), `333300000012${hex(mac)}86dd${header}${hex(MESSAGE)}`);
});

test("a unicast advert goes to the peer's own MAC address, of either family", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const peerMac = hex(await macOf(lab, PEER, "eth0"));
  const { host, add } = openHost(t);
  add({ unicastPeers: [address("10.0.0.2")] });
  add({ name: "six", family: 6, unicastPeers: [address("fd00::2")] });
  host.send("gw", MESSAGE, address("10.0.0.1"), address("10.0.0.2"));
  host.send("six", MESSAGE, address("fd00::1"), address("fd00::2"));
  const four = await wire.frame("the IPv4 advert", (frame) => isVrrp(frame) && frame[12] === 0x08);
  assert.equal(hex(four.subarray(0, 6)), peerMac);
  assert.equal(hex(four.subarray(26)), `0a0000010a000002${hex(MESSAGE)}`);
  assert.equal(four[22], 255);
  const six = await wire.frame("the IPv6 advert", (frame) => isVrrp(frame) && frame[12] === 0x86);
  assert.equal(hex(six.subarray(0, 6)), peerMac);
  assert.equal(hex(six.subarray(18, 22)), "000c70ff");
});

test("gratuitous ARP is a broadcast request for the address by the address", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { host, add } = openHost(t);
  add();
  host.announceAddresses("gw", prefixes("10.0.0.100/32", "10.0.0.101/32"), 2);
  const arps = () => wire.frames.filter((frame) => frame.readUInt16BE(12) === 0x0806).map(hex);
  await until("four announcements", () => arps().length >= 4);
  const expected = (last: string) =>
    `ffffffffffff${hex(mac)}08060001080006040001${hex(mac)}0a0000${last}ffffffffffff0a0000${last}`;
  assert.deepEqual(arps(), [expected("64"), expected("65"), expected("64"), expected("65")]);
});

test("an unsolicited neighbour advertisement overrides, and says router only while IPv6 is forwarded", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { host, add } = openHost(t);
  add({ family: 6 });
  host.announceAddresses("gw", prefixes("2001:db8::66/128"), 1);
  await lab.sysctl(GATEWAY, { "net.ipv6.conf.eth0.forwarding": "1" });
  host.announceAddresses("gw", prefixes("2001:db8::66/128"), 1);
  await lab.sysctl(GATEWAY, { "net.ipv6.conf.eth0.forwarding": "0" });
  const vip = "20010db8000000000000000000000066";
  const isOurs = (frame: Buffer) => frame[54] === 136 && hex(frame.subarray(22, 38)) === vip;
  await until("both advertisements", () => wire.frames.filter(isOurs).length === 2);
  const [host1, router] = wire.frames.filter(isOurs) as [Buffer, Buffer];
  for (const [frame, flags] of [
    [host1, "20"],
    [router, "a0"],
  ] as const) {
    const ip = `6000000000203aff${vip}ff020000000000000000000000000001`;
    const checksum = hex(frame.subarray(56, 58));
    const icmp = `8800${checksum}${flags}000000${vip}0201${hex(mac)}`;
    assert.equal(hex(frame), `333300000001${hex(mac)}86dd${ip}${icmp}`);
  }
});

test("announcements that an interface does not take are counted, and are no error", async (t) => {
  const { host, log, add } = openHost(t);
  await lab.run(GATEWAY, ["ip", "link", "add", "idle", "type", "veth", "peer", "name", "idle2"]);
  t.after(() => lab.run(GATEWAY, ["ip", "link", "del", "idle"]));
  await until("the interface is known", () => host.isLinkUp("idle") === false);
  add({ interface: "idle" });
  host.announceAddresses("gw", prefixes("10.0.0.100/32", "10.0.0.101/32"), 3);
  assert.equal(host.statistics.sendFailures, 6);
  assert.deepEqual(log, ["virtual router gw: cannot announce addresses by idle: sendto: network is down (ENETDOWN)"]);
});

test("tshark finds every checksum of ours good", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { host, add } = openHost(t);
  add();
  add({ name: "six", family: 6 });
  host.send("gw", MESSAGE, address("10.0.0.1"), undefined);
  host.announceAddresses("six", prefixes("fe80::66/128", "2001:db8:ffff::1/128"), 1);
  const ours = (frame: Buffer) => isVrrp(frame) || frame[54] === 136;
  await until("all frames", () => wire.frames.filter(ours).length === 3);
  const file = join(lab.subdirectory("captures"), "ours.pcap");
  writeFileSync(file, pcap(wire.frames.filter(ours)));
  const fields = ["-e", "ip.checksum.status", "-e", "icmpv6.checksum.status"];
  const options = ["-o", "ip.check_checksum:TRUE", "-T", "fields"];
  const text = await run(["tshark", "-n", "-r", file, ...options, ...fields]);
  assert.deepEqual(text.trimEnd().split("\n").sort(), ["\t1", "\t1", "1\t"], "1 is good");
});

/** A capture file with these Ethernet frames. */
function pcap(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  for (const [offset, value] of [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1].entries())
    header.writeUInt32LE(value, offset * 4);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

test("what was heard has sender, destination, TTL and the message alone", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { packets, add } = openHost(t);
  add();
  add({ name: "six", family: 6 });
  const four = { source: "10.0.0.2", destination: "224.0.0.18", to: GROUP_MAC[4], payload: MESSAGE };
  const six = { source: "fe80::9", destination: "ff02::12", to: GROUP_MAC[6], payload: MESSAGE };
  wire.inject(ipv4Frame({ ...four, ttl: 255 }), "00000000"); // Padding of the link behind the packet.
  wire.inject(ipv4Frame({ ...four, ttl: 254 }));
  wire.inject(ipv6Frame({ ...six, hopLimit: 255 }), "00000000");
  wire.inject(ipv6Frame({ ...six, hopLimit: 254 }));
  wire.inject(ipv4Frame({ ...four, ttl: 7, destination: "10.0.0.1", to: mac }));
  wire.inject(ipv6Frame({ ...six, hopLimit: 7, destination: "fd00::1", to: mac }));
  await until("all of them", () => packets.length === 6);
  const texts = packets.map(({ interface: name, source, destination, ttl, payload }) =>
    [name, source, destination, ttl, hex(payload) === hex(MESSAGE)].join(" "),
  );
  assert.deepEqual(texts.sort(), [
    "eth0 10.0.0.2 10.0.0.1 7 true",
    "eth0 10.0.0.2 224.0.0.18 254 true",
    "eth0 10.0.0.2 224.0.0.18 255 true",
    "eth0 fe80::9 fd00::1 7 true",
    "eth0 fe80::9 ff02::12 254 true",
    "eth0 fe80::9 ff02::12 255 true",
  ]);
});

test("packets of other interfaces and our own are not heard", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const other = new Wire(t, lab, PEER, "eth1");
  const { host, packets, add } = openHost(t);
  add();
  add({ name: "second", virtualRouterId: 52 });
  add({ name: "six", family: 6 });
  // Another process of this host is in the group on eth1: the packets do reach the host.
  const elsewhere = openHost(t);
  elsewhere.add({ interface: "eth1" });
  elsewhere.add({ interface: "eth1", name: "six", family: 6 });
  const frame = { source: "10.0.1.2", destination: "224.0.0.18", to: GROUP_MAC[4], payload: MESSAGE, ttl: 255 };
  other.inject(ipv4Frame(frame));
  const frame6 = { source: "fe80::9", destination: "ff02::12", to: GROUP_MAC[6], payload: MESSAGE, hopLimit: 255 };
  other.inject(ipv6Frame(frame6));
  await until("both on eth1", () => elsewhere.packets.length === 2);
  host.send("gw", MESSAGE, address("10.0.0.1"), undefined);
  host.send("six", MESSAGE, address("fe80::1"), undefined);
  await until("our own on the wire", () => wire.frames.filter(isVrrp).length >= 2);
  wire.inject(ipv4Frame({ ...frame, source: "10.0.0.2" }));
  await until("one from the peer", () => packets.length > 0);
  assert.deepEqual(
    packets.map(({ source }) => String(source)),
    ["10.0.0.2"],
  );
});

test("a burst of a thousand adverts is heard whole and in order", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const { packets, host, add } = openHost(t);
  add();
  const frame = { source: "10.0.0.2", destination: "224.0.0.18", to: GROUP_MAC[4], ttl: 255 };
  for (let i = 0; i < 1_000; i++) wire.inject(ipv4Frame({ ...frame, payload: Uint8Array.of(i >>> 8, i) }));
  await until("all of them", () => packets.length === 1_000);
  assert.equal(
    packets.every(({ payload }, i) => payload[0] === i >>> 8 && payload[1] === (i & 255)),
    true,
    "in order",
  );
  assert.equal(host.statistics.packetsReceived, 1_000);
});

test("a shared interface has one place for each VRID and version", (t) => {
  const { host, add } = openHost(t);
  add({ name: "first" });
  const clash = host.addRouter(place({ name: "second" }));
  assert.equal(clash.ok, false);
  assert.match(
    clash.ok ? "" : clash.error.message,
    /^virtual router second: first has the same virtual-router-id 51 for IPv4 on eth0$/,
  );
  add({ name: "six", family: 6 });
  add({ name: "elsewhere", interface: "eth1" });
  const moved = host.updateRouter(place({ name: "elsewhere" }));
  assert.match(moved.ok ? "" : moved.error.message, /^virtual router elsewhere: first has the same/);
  assert.equal(host.addRouter(place({ name: "elsewhere", virtualRouterId: 9 })).ok, false, "it is still there");
  assert.equal(host.updateRouter(place({ name: "elsewhere", virtualRouterId: 9 })).ok, true);
});
