import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../../src/lib/time.ts";
import { seconds } from "../../../src/lib/time.ts";
import { foldSum, sumOctets } from "../../../src/vrrp/checksum.ts";
import type { ReceivedPacket, RouterConfig } from "../../../src/vrrp/index.ts";
import { config, heard, prefix, Station } from "./station.ts";
import { address } from "./vectors.ts";

const own = "192.0.2.1";

function backup(given: Partial<RouterConfig> = {}): Station {
  const station = new Station();
  station.add(config(given));
  station.pass(1);
  return station;
}

/** A packet whose message was altered, with a checksum (over the message alone) that fits again. */
function altered(packet: ReceivedPacket, alter: (bytes: Uint8Array) => void): ReceivedPacket {
  const payload = packet.payload.slice();
  alter(payload);
  payload.fill(0, 6, 8);
  const sum = ~foldSum(sumOctets(payload, payload.length)) & 0xffff;
  payload[6] = sum >>> 8;
  payload[7] = sum;
  return { ...packet, payload };
}

const setInterval = (high: number, low: number) => (bytes: Uint8Array) => {
  bytes[4] = high;
  bytes[5] = low;
};

/** The packet is dropped for this cause, counted, told once, and the state and its timer stay. */
function assertDropped(station: Station, packet: ReceivedPacket, cause: string): void {
  const { patience, state } = station;
  const received = station.view().statistics.advertsReceived;
  assert.deepEqual(station.tell({ type: "Received", packet }), [`dropped ${cause}`]);
  assert.deepEqual(station.tell({ type: "Received", packet }), [], "told once");
  assert.deepEqual(station.view().statistics.dropped, { [cause]: 2 });
  assert.equal(station.view().statistics.advertsReceived, received);
  assert.equal(station.patience, patience);
  assert.equal(station.state, state);
}

test("an advert with a checksum over the message alone is as good as one with a pseudo-header", () => {
  const station = backup();
  station.tell({ type: "Received", packet: altered(heard(200), () => {}) });
  assert.equal(station.patience, 3.609375);
});

test("malformed packets are dropped, each for its cause", () => {
  const packet = heard(200);
  const cut = (length: number): ReceivedPacket => ({ ...packet, payload: packet.payload.subarray(0, length) });
  const corrupt = { ...packet, payload: packet.payload.map((octet, i) => (i === 9 ? octet ^ 1 : octet)) };
  const cases: [string, ReceivedPacket][] = [
    ["too-short", cut(2)],
    ["too-short", cut(7)],
    ["too-short", cut(8)],
    ["too-short", cut(11)],
    ["version", altered(packet, (b) => b.fill(0x41, 0, 1))],
    ["version", heard(200, { of: config({ version: 2 }) })],
    ["type", altered(packet, (b) => b.fill(0x32, 0, 1))],
    ["no-addresses", altered(packet, (b) => b.fill(0, 3, 4))],
    ["checksum", corrupt],
    ["interval-zero", altered(packet, setInterval(0, 0))],
    ["interval-zero", altered(packet, setInterval(0xf0, 0))],
    ["ttl", heard(200, { ttl: 254 })],
    ["ttl", heard(200, { ttl: 1 })],
    ["unicast-peer", heard(200, { destination: address(own) })],
    ["own-packet", heard(200, { source: own })],
  ];
  for (const [cause, bad] of cases) assertDropped(backup(), bad, cause);
});

test("an interval of 0 does not make a Master", () => {
  const station = backup();
  station.tell({ type: "Received", packet: altered(heard(200), setInterval(0, 0)) });
  assert.deepEqual(station.pass(2.6), []);
});

test("reserved bits beside the interval are ignored", () => {
  const station = backup();
  station.tell({ type: "Received", packet: altered(heard(200), setInterval(0xf0, 100)) });
  assert.equal(station.patience, 3.609375);
});

test("each cause is told once more after the state has changed", () => {
  const station = backup();
  assert.deepEqual(station.hear(200, { ttl: 1 }), ["dropped ttl"]);
  station.pass(3);
  assert.equal(station.state, "Master");
  assert.deepEqual(station.hear(200, { ttl: 1 }), ["dropped ttl"]);
  assert.equal(station.view().statistics.dropped.ttl, 2);
});

test("a socket that has checked the TTL, or that does not tell the destination, is believed", () => {
  const station = backup();
  const packet = { ...heard(200), ttl: undefined, destination: undefined };
  assert.deepEqual(station.tell({ type: "Received", packet }), []);
  assert.equal(station.patience, 3.609375);
});

test("a packet for no router of ours is told once per interface and cause", () => {
  const station = backup();
  const other = config({ virtualRouterId: 52 });
  assert.deepEqual(station.hear(200, { of: other }), ["stray eth0 unknown-vrid"]);
  assert.deepEqual(station.hear(200, { of: { ...other, virtualRouterId: 53 } }), []);
  assert.deepEqual(station.hear(200, { of: config({ interface: "eth1" }) }), ["stray eth1 unknown-vrid"]);
  const empty = { ...heard(200), payload: new Uint8Array(1) };
  assert.deepEqual(station.tell({ type: "Received", packet: empty }), ["stray eth0 too-short"]);
  assert.equal(station.patience, 2.609375);
});

test("the same VRID in the other family is another router", () => {
  const station = backup();
  const six = config({ family: 6, addresses: [prefix("fe80::66/128")] });
  assert.deepEqual(station.hear(200, { of: six }), ["stray eth0 unknown-vrid"]);
});

test("in Initialize and in Fault nothing is received", () => {
  const station = new Station();
  station.tell({ type: "AddRouter", config: config() });
  assert.deepEqual(station.hear(200), []);
  station.fault("eth0 is down");
  station.took();
  assert.deepEqual(station.hear(200, { ttl: 1 }), []);
  assert.equal(station.view().statistics.advertsReceived, 0);
});

test("adverts of other versions do not make version 2 yield, whatever they say", () => {
  const station = backup({ version: 2 });
  assertDropped(station, heard(200), "version");
});

test("version 2 with another interval is dropped, and so both are Master", () => {
  const of = config({ version: 2 });
  assertDropped(backup({ version: 2 }), heard(200, { of, intervalS: 5 }), "interval-mismatch");
});

test("version 2: the password has to be the same, and has to be there", () => {
  const of = config({ version: 2, password: "s3cret" });
  const station = () => backup({ version: 2, password: "s3cret" });
  const good = station();
  good.hear(200, { of, password: "s3cret" });
  assert.equal(good.patience, 3.609375);
  assertDropped(station(), heard(200, { of, password: "s3cre" }), "password");
  assertDropped(station(), heard(200, { of, password: "s3cret1" }), "password");
  assertDropped(station(), heard(200, { of }), "authentication-type");
  assertDropped(backup({ version: 2 }), heard(200, { of, password: "s3cret" }), "authentication-type");
});

test("version 2 sends its password", () => {
  const station = new Station();
  station.add(config({ version: 2, password: "s3cret" }));
  station.pass(4);
  assert.deepEqual(station.sent[0]?.subarray(-8), Uint8Array.from([0x73, 0x33, 0x63, 0x72, 0x65, 0x74, 0, 0]));
});

const unicast = {
  peers: [address("192.0.2.2"), address("198.51.100.3")],
  ttlMin: 250,
  ttlMax: 254,
  checkSource: true,
};

test("unicast adverts go to each peer, with its address in the checksum", () => {
  const station = new Station();
  station.add(config({ unicast }));
  assert.deepEqual(station.pass(3.7).slice(0, 2), [
    "3.6094 advert 100 to 192.0.2.2",
    "3.6094 advert 100 to 198.51.100.3",
  ]);
  assert.notDeepEqual(station.sent[0], station.sent[1]);
  assert.equal(station.view().statistics.advertsSent, 1);
});

test("unicast adverts are taken from peers, by a TTL in the range, and not by way of the group", () => {
  const destination = address(own);
  const good = backup({ unicast });
  assert.deepEqual(good.hear(200, { destination, ttl: 250 }), []);
  assert.equal(good.patience, 3.609375);
  assertDropped(backup({ unicast }), heard(200, { destination, ttl: 255 }), "ttl");
  assertDropped(backup({ unicast }), heard(200, { destination, ttl: 249 }), "ttl");
  assertDropped(backup({ unicast }), heard(200, { destination, ttl: 250, source: "192.0.2.7" }), "unicast-peer");
  assertDropped(backup({ unicast }), heard(200, { ttl: 250 }), "unicast-peer");
  const lax = backup({ unicast: { ...unicast, checkSource: false } });
  assert.deepEqual(lax.hear(200, { destination, ttl: 250, source: "192.0.2.7" }), []);
  assert.equal(lax.patience, 3.609375);
});

test("when the destination of a unicast advert is not known it is our own address", () => {
  const station = backup({ unicast });
  const packet = { ...heard(200, { destination: address(own), ttl: 254 }), destination: undefined };
  assert.deepEqual(station.tell({ type: "Received", packet }), []);
  assert.equal(station.patience, 3.609375);
});

const LINK_LOCAL = prefix("fe80::66/128");
const six = (given: Partial<RouterConfig> = {}) =>
  config({ family: 6, addresses: [LINK_LOCAL, prefix("2001:db8::66/128")], ...given });

test("IPv6: the same machine, with link-local sources and addresses in the order of the configuration", () => {
  const station = new Station();
  station.add(six(), "fe80::1");
  assert.equal(station.pass(3.7)[0], "3.6094 advert 100");
  assert.deepEqual(station.sent[0]?.subarray(8, 24), LINK_LOCAL.address.toBytes());
  station.hear(200, { of: six() });
  assert.equal(station.state, "Backup");
});

test("IPv6: the tie-break compares the link-local sources, all 128 bits unsigned", () => {
  for (const [source, expected] of [
    ["fe80::2", "Backup"],
    ["fe80::8000:0:0:0", "Backup"],
    ["fe80::1", "Master"],
  ] as const) {
    const station = new Station();
    station.add(six(), "fe80::1:8000");
    station.pass(3.7);
    station.hear(100, { of: six(), source: source === "fe80::2" ? "fe80::1:8001" : source });
    assert.equal(station.state, expected, source);
  }
});

test("random octets never throw, and never make a Backup anything else", () => {
  const station = backup();
  let state = 1;
  const random = () => {
    state = Math.imul(state, 1103515245) + 12345;
    return (state >>> 16) & 0xff;
  };
  for (let i = 0; i < 5_000; i++) {
    const payload = Uint8Array.from({ length: random() % 48 }, random);
    payload.set([0x31, 51].slice(0, payload.length));
    station.core.handle(seconds(1) as number as Instant, { type: "Received", packet: { ...heard(200), payload } });
  }
  assert.equal(station.state, "Backup");
});
