import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../../src/lib/time.ts";
import { masterDownInterval } from "../../../src/vrrp/index.ts";
import { config, heard, Station, VIP2 } from "./station.ts";

function backup(given = {}): Station {
  const station = new Station();
  station.add(config(given));
  assert.equal(station.state, "Backup");
  return station;
}

test("a router waits in Initialize for its path, then is Backup", () => {
  const station = new Station();
  assert.deepEqual(station.tell({ type: "AddRouter", config: config() }), []);
  assert.equal(station.state, "Initialize");
  assert.equal(station.patience, Number.POSITIVE_INFINITY);
  assert.deepEqual(station.path("192.0.2.1"), ["Initialize -> Backup"]);
});

test("becoming Master is advert, addresses, gratuitous ARP and the event, in this order", () => {
  const station = backup({ excludedAddresses: [VIP2] });
  assert.deepEqual(station.pass(3.7), [
    "3.6094 advert 100",
    "3.6094 add 203.0.113.10/32 203.0.113.11/32",
    "3.6094 announce 203.0.113.10/32 203.0.113.11/32 x5",
    "3.6094 Backup -> Master",
  ]);
});

test("the time to takeover is three intervals and the skew, in microseconds", () => {
  assert.equal(backup().patience, 3.609375);
  assert.equal(backup({ advertisementInterval: millis(100) }).patience, 0.360938);
  assert.equal(backup({ advertisementInterval: millis(10) }).patience, 0.036094);
  assert.equal(backup({ priority: 101, advertisementInterval: millis(10) }).patience, 0.036055);
  assert.equal(backup({ priority: 254 }).patience, 3.007813);
});

test("intervals of more than 16 seconds do not wrap, nor does the longest one", () => {
  assert.equal(backup({ advertisementInterval: seconds(22) }).patience, 79.40625);
  assert.equal(backup({ advertisementInterval: seconds(40.95), priority: 1 }).patience, 163.640039);
  const station = backup();
  station.hear(200, { intervalS: 40.95 });
  assert.equal(station.patience, Number((masterDownInterval(3, 100, seconds(40.95)) / 1e6).toFixed(6)));
});

test("in version 2 the skew is in seconds whatever the interval", () => {
  assert.equal(backup({ version: 2, advertisementInterval: seconds(3) }).patience, 9.609375);
});

test("an advert of higher or of equal priority restarts the timer, from whatever address", () => {
  for (const [priority, source] of [
    [101, "192.0.2.2"],
    [100, "192.0.2.2"],
    [100, "192.0.2.0"],
    [255, "192.0.2.2"],
  ] as const) {
    const station = backup();
    station.pass(3);
    assert.deepEqual(station.hear(priority, { source }), []);
    assert.equal(station.patience, 3.609375, `priority ${priority} of ${source}`);
  }
});

test("a Backup with the higher address does not preempt a Master of its own priority", () => {
  const station = backup();
  for (let i = 0; i < 30; i++) {
    assert.deepEqual(station.hear(100, { source: "192.0.2.0" }), []);
    assert.deepEqual(station.pass(1), []);
  }
  assert.equal(station.state, "Backup");
});

test("a discarded advert of lower priority does not restart the timer", () => {
  const station = backup();
  for (let i = 0; i < 7; i++) {
    assert.deepEqual(station.hear(99), []);
    assert.deepEqual(station.pass(0.5), []);
  }
  assert.equal(station.patience, 0.109375);
  station.pass(0.2);
  assert.equal(station.state, "Master");
});

test("without preemption a Master of lower priority stays, and his interval is learned", () => {
  const station = backup({ preempt: false });
  assert.deepEqual(station.hear(1, { intervalS: 0.1 }), ["interval 1 -> 0.1"]);
  for (let i = 0; i < 300; i++) {
    station.hear(1, { intervalS: 0.1 });
    assert.deepEqual(station.pass(0.1), []);
  }
  assert.deepEqual(station.view().master, { address: heard(1).source, priority: 1 });
});

test("the Master's interval is learned, and the timer runs by it; discarded adverts teach nothing", () => {
  const station = backup();
  assert.deepEqual(station.hear(200, { intervalS: 0.1 }), ["interval 1 -> 0.1"]);
  assert.equal(station.patience, 0.360938);
  assert.equal(station.view().masterAdverInterval, 100_000);
  assert.deepEqual(station.hear(50, { intervalS: 5 }), []);
  assert.equal(station.patience, 0.360938);
  // Master by itself, it is the own interval again.
  station.pass(0.4);
  assert.equal(station.view().masterAdverInterval, 1_000_000);
});

test("priority 0 sends a Backup to take over after its skew", () => {
  const station = backup();
  station.hear(200);
  assert.deepEqual(station.hear(0), []);
  assert.equal(station.patience, 0.609375);
  station.hear(200, { intervalS: 0.1 });
  station.hear(0, { intervalS: 0.1 });
  assert.equal(station.patience, 0.060938);
  station.pass(0.1);
  assert.equal(station.view().reason, "Master 192.0.2.2 has stopped");
});

test("a start-up delay keeps it from declaring anybody dead too soon", () => {
  const station = backup({ startupDelay: seconds(10) });
  assert.equal(station.patience, 10);
  assert.equal(backup({ startupDelay: seconds(2) }).patience, 3.609375);
  // Who was heard is dead by the ordinary rule.
  station.hear(200);
  assert.equal(station.patience, 3.609375);
});

test("a preempt delay begins with the first lower advert, and then the ordinary time runs from the last one followed", () => {
  const station = backup({ preemptDelay: seconds(4) });
  const found: string[] = [];
  for (let t = 0; t < 8; t += 0.5) {
    found.push(...station.hear(50));
    found.push(...station.pass(0.5));
  }
  // As keepalived 2.2.7 does, measured: 7.1 s. The last advert that was followed was that at 3.5 s.
  assert.deepEqual(
    found.filter((text) => text.includes("->")),
    ["7.1094 Backup -> Master"],
  );
});

test("a preempt delay is cleared by an advert of at least our priority", () => {
  const station = backup({ preemptDelay: seconds(2) });
  station.hear(50);
  station.pass(1.9);
  station.hear(100);
  station.pass(0.1);
  for (let t = 0; t < 1.8; t += 0.2) {
    station.hear(50);
    station.pass(0.2);
  }
  // Had the delay gone on, the timer would have been running since 1.9 s.
  assert.equal(station.patience, 3.409375);
});

test("a preempt delay does not keep it from taking the place of a Master that died", () => {
  const station = backup({ preemptDelay: seconds(60) });
  station.hear(50);
  assert.equal(station.patience, 3.609375);
  station.pass(3.7);
  assert.equal(station.state, "Master");
});

test("another list of addresses is accepted, and told once per Master and list", () => {
  const station = backup();
  const addresses = [VIP2];
  assert.deepEqual(station.hear(200, { addresses }), ["address-mismatch"]);
  assert.equal(station.patience, 3.609375);
  assert.deepEqual(station.hear(200, { addresses }), []);
  assert.deepEqual(station.hear(200, { addresses: [...config().addresses, VIP2] }), ["address-mismatch"]);
  assert.deepEqual(station.hear(200), []);
  assert.deepEqual(station.hear(200, { addresses, source: "192.0.2.3" }), ["address-mismatch"]);
});

test("the order of the addresses does not matter", () => {
  const station = backup({ addresses: [...config().addresses, VIP2] });
  assert.deepEqual(station.hear(200, { addresses: [VIP2, ...config().addresses] }), []);
});
