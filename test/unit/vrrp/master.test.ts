import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../../src/lib/time.ts";
import { config, master, prefix, Station, VIP, VIP2 } from "./station.ts";

const QUIET = { repeat: 5, delay: seconds(0), refresh: seconds(0), lowerPriorityRepeat: 5 };

test("a Master advertises once an interval", () => {
  const station = master();
  assert.deepEqual(station.pass(3), ["4.6094 advert 100", "5.6094 advert 100", "6.6094 advert 100"]);
});

test("adverts that were late do not shift those that follow, and none is made up for", () => {
  const station = master();
  assert.deepEqual(station.oversleep(1.2), ["advert 100"]);
  assert.equal(station.patience, 0.8);
  assert.deepEqual(station.oversleep(2.9), ["advert 100"]);
  assert.equal(station.patience, 1);
});

test("a Master yields to an advert of higher priority: addresses off, no priority 0", () => {
  const station = master();
  assert.deepEqual(station.hear(101), ["Master -> Backup", "remove 203.0.113.10/32"]);
  assert.equal(station.patience, 3.609375);
  assert.equal(station.view().reason, "192.0.2.2 has priority 101");
});

test("a Master that yields learns the interval of who replaced it", () => {
  const station = master();
  assert.deepEqual(station.hear(101, { intervalS: 0.1 }), [
    "Master -> Backup",
    "remove 203.0.113.10/32",
    "interval 1 -> 0.1",
  ]);
  assert.equal(station.patience, 0.360938);
});

test("between two Masters of one priority the higher address stays, compared as unsigned numbers", () => {
  const between = (own: string, other: string): string => {
    const station = new Station();
    station.add(config(), own);
    station.pass(3.7);
    station.hear(100, { source: other });
    return station.state;
  };
  assert.equal(between("192.0.2.1", "192.0.2.2"), "Backup");
  assert.equal(between("192.0.2.2", "192.0.2.1"), "Master");
  assert.equal(between("10.0.0.1", "192.0.2.1"), "Backup");
  assert.equal(between("192.0.2.1", "10.0.0.1"), "Master");
  assert.equal(between("127.255.255.255", "128.0.0.0"), "Backup");
});

test("an advert of lower priority is answered at once, with gratuitous ARP, and told", () => {
  const station = master();
  station.pass(0.3);
  assert.deepEqual(station.hear(50), ["advert 100", "announce 203.0.113.10/32 x5", "lower-priority"]);
  assert.equal(station.patience, 0.7, "the Adver_Timer goes on");
});

test("a flood of lower adverts causes one burst of gratuitous ARP an interval", () => {
  const station = master();
  station.hear(50);
  for (let i = 0; i < 9; i++) {
    station.pass(0.1);
    assert.deepEqual(station.hear(50), ["advert 100"]);
  }
  station.pass(0.11);
  assert.deepEqual(station.hear(50), ["advert 100", "announce 203.0.113.10/32 x5", "lower-priority"]);
});

test("as RFC 5798 has it, an advert of lower priority is not answered", () => {
  assert.equal(master({ answerLowerPriority: false }).hear(50).includes("advert 100"), false);
});

test("priority 0 is answered at once, and the next advert is an interval later", () => {
  const station = master();
  station.pass(0.4);
  assert.deepEqual(station.hear(0), ["advert 100"]);
  assert.equal(station.patience, 1);
});

test("a stop is the event, priority 0 once, and the addresses off; nothing starts any more", () => {
  const station = master();
  assert.deepEqual(station.tell({ type: "Stop" }), ["Master -> Initialize", "advert 0", "remove 203.0.113.10/32"]);
  assert.equal(station.view().statistics.priorityZeroSent, 1);
  assert.deepEqual(station.path("192.0.2.9"), []);
  assert.deepEqual(station.hear(0), []);
  assert.deepEqual(station.pass(60), []);
});

test("a router that is removed leaves as on a stop; a Backup says nothing on the wire", () => {
  assert.deepEqual(master().tell({ type: "RemoveRouter", router: "gw" }), [
    "Master -> Initialize",
    "advert 0",
    "remove 203.0.113.10/32",
  ]);
  const station = new Station();
  station.add();
  assert.deepEqual(station.tell({ type: "RemoveRouter", router: "gw" }), ["Backup -> Initialize"]);
  assert.deepEqual(station.core.views(), []);
  assert.deepEqual(station.pass(10), []);
});

test("the owner of the addresses is Master at once, and preempts even when told not to", () => {
  const station = new Station();
  const owner = config({ priority: 255, preempt: false, gratuitous: QUIET });
  assert.deepEqual(station.add(owner), [
    "advert 255",
    "add 203.0.113.10/32",
    "announce 203.0.113.10/32 x5",
    "Initialize -> Master",
  ]);
  // A process that stood still has to look first, owner or not.
  station.oversleep(10);
  assert.equal(station.state, "Backup");
  for (let i = 0; i < 6; i++) {
    station.hear(254);
    station.pass(0.5);
  }
  station.pass(0.1);
  assert.equal(station.state, "Master");
});

test("the owner waits for the end of its start-up delay", () => {
  const station = new Station();
  station.add(config({ priority: 255, startupDelay: seconds(5) }));
  assert.equal(station.state, "Backup");
  assert.equal(station.patience, 5);
});

test("of two owners the one with the higher address stays, and both say so", () => {
  for (const [source, expected] of [
    ["192.0.2.0", "Master"],
    ["192.0.2.2", "Backup"],
  ] as const) {
    const station = master({ priority: 255 });
    const found = station.hear(255, { source });
    assert.equal(found.includes("rival-owner"), true, found.join());
    assert.equal(station.state, expected);
  }
});

test("gratuitous ARP is repeated after a delay, and refreshed one by one", () => {
  const station = new Station();
  station.add(
    config({
      advertisementInterval: seconds(40),
      gratuitous: { repeat: 3, delay: seconds(5), refresh: seconds(12), lowerPriorityRepeat: 0 },
    }),
  );
  station.pass(station.patience);
  assert.equal(station.state, "Master");
  const start = station.now;
  const bursts = station.pass(30).filter((text) => text.includes("announce"));
  assert.deepEqual(
    bursts.map((text) => [Number((Number(text.split(" ")[0]) - start).toFixed(3)), text.split(" ").at(-1)]),
    [
      [5, "x3"],
      [12, "x1"],
      [24, "x1"],
    ],
  );
  station.hear(200, { intervalS: 40 });
  assert.deepEqual(station.pass(30), []);
});

test("an address that was taken off is put back", () => {
  const station = master({ addresses: [VIP, VIP2] });
  assert.deepEqual(station.tell({ type: "AddressLost", router: "gw", address: VIP2 }), [
    "add 203.0.113.11/32",
    "announce 203.0.113.11/32 x5",
  ]);
  assert.equal(station.state, "Master");
  assert.deepEqual(station.tell({ type: "AddressLost", router: "gw", address: prefix("192.0.2.77/32") }), []);
});

test("or, as with keepalived, costs the mastership: priority 0, and back after the skew", () => {
  const station = master({ onAddressLoss: "step-down" });
  assert.deepEqual(station.tell({ type: "AddressLost", router: "gw", address: VIP }), [
    "Master -> Backup",
    "advert 0",
    "remove 203.0.113.10/32",
  ]);
  assert.equal(station.patience, 0.609375);
  station.pass(0.7);
  assert.equal(station.state, "Master");
});

test("an address that a Backup does not have cannot be lost", () => {
  const station = new Station();
  station.add();
  assert.deepEqual(station.tell({ type: "AddressLost", router: "gw", address: VIP }), []);
});

test("a router that resumes is Master as soon as it has its path, without a burst and without priority 0", () => {
  const station = new Station();
  const of = config({ trackers: [{ name: "check web", weight: 0, reverse: false }], startupDelay: seconds(30) });
  assert.deepEqual(station.add(of, "192.0.2.1", true), ["advert 100", "add 203.0.113.10/32", "Initialize -> Master"]);
  assert.equal(
    station.pass(20).every((text) => text.endsWith("advert 100")),
    true,
  );
  // What it did not wait for counts when it comes.
  assert.deepEqual(station.tracker("check web", "down"), ["Master -> Fault", "advert 0", "remove 203.0.113.10/32"]);
});

test("a router that cannot resume takes off the addresses that it left on", () => {
  const station = new Station();
  station.tell({ type: "AddRouter", config: config(), resume: true });
  assert.deepEqual(station.fault("eth0 is down"), ["Initialize -> Fault", "remove 203.0.113.10/32"]);
  assert.deepEqual(station.path("192.0.2.1"), ["Fault -> Backup"]);
  const stopped = new Station();
  stopped.tell({ type: "AddRouter", config: config(), resume: true });
  assert.deepEqual(stopped.tell({ type: "Stop" }), ["remove 203.0.113.10/32"]);
});

test("the message of an advert is built once", () => {
  const station = master({ advertisementInterval: millis(100) });
  station.pass(1);
  assert.equal(new Set(station.sent).size, 1);
  station.tell({ type: "Stop" });
  assert.equal(new Set(station.sent).size, 2);
});
