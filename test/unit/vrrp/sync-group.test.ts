import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../../src/lib/time.ts";
import type { RouterConfig } from "../../../src/vrrp/index.ts";
import { config, prefix, Station } from "./station.ts";

const QUIET = { repeat: 0, delay: seconds(0), refresh: seconds(0), lowerPriorityRepeat: 0 };
const four = (given: Partial<RouterConfig> = {}) =>
  config({ name: "v4", syncGroup: "gateway", gratuitous: QUIET, ...given });
const six = (given: Partial<RouterConfig> = {}) =>
  four({ name: "v6", family: 6, addresses: [prefix("fe80::66/128")], ...given });

function pair(given: Partial<RouterConfig> = {}): Station {
  const station = new Station();
  station.add(four(given));
  station.add(six(given));
  return station;
}

const states = (station: Station) => station.core.views().map((view) => view.state);

test("a group is Master only when all its members want to be", () => {
  const station = pair();
  station.pass(3);
  station.hear(200, { of: six() });
  assert.deepEqual(station.pass(3.6), []);
  assert.deepEqual(states(station), ["Backup", "Backup"]);
  const found = station.pass(0.1).filter((text) => text.endsWith("-> Master"));
  assert.deepEqual(found, ["6.6094 v6: Backup -> Master", "6.6094 v4: Backup -> Master"]);
});

test("a member that hears a Master again wants no longer", () => {
  const station = pair();
  station.hear(200, { of: six() });
  station.pass(3.609);
  station.hear(200, { of: six() });
  station.pass(2); // v4 wants to be Master by now
  station.hear(200, { of: four() });
  assert.deepEqual(station.pass(1.7), []); // now v6 wants, and v4 does not
  assert.deepEqual(states(station), ["Backup", "Backup"]);
});

test("all step down together, without priority 0", () => {
  const station = pair();
  station.pass(4);
  assert.deepEqual(station.hear(200, { of: four() }), [
    "v4: Master -> Backup",
    "v4: remove 203.0.113.10/32",
    "v6: Master -> Backup",
    "v6: remove fe80::66/128",
  ]);
  assert.match(station.view("v6").reason, /^with v4 of its group: 192\.0\.2\.2 has priority 200/);
  assert.deepEqual(station.pass(3.5), []);
});

test("one Fault is everybody's Fault: those that can say so with priority 0", () => {
  const station = pair();
  station.pass(4);
  assert.deepEqual(station.fault("eth0 is down", "v6"), [
    "v6: Master -> Fault",
    "v6: remove fe80::66/128",
    "v4: Master -> Fault",
    "v4: advert 0",
    "v4: remove 203.0.113.10/32",
  ]);
  assert.equal(station.view("v4").reason, "v6 of its group: eth0 is down");
  assert.deepEqual(station.pass(10), []);
  assert.deepEqual(station.path("fe80::1", "v6"), ["v6: Fault -> Backup", "v4: Fault -> Backup"]);
});

test("a failing tracker of one member is a Fault of all", () => {
  const station = pair();
  station.update(four({ trackers: [{ name: "check web", weight: 0, reverse: false }] }));
  station.tracker("check web", "down");
  assert.deepEqual(states(station), ["Fault", "Fault"]);
  station.tracker("check web", "up");
  assert.deepEqual(states(station), ["Backup", "Backup"]);
});

test("an address that one member loses makes all step down, and come back together", () => {
  const station = pair({ onAddressLoss: "step-down" });
  station.pass(4);
  const found = station.tell({ type: "AddressLost", router: "v6", address: prefix("fe80::66/128") });
  assert.deepEqual(
    found.filter((text) => !text.includes("remove")),
    ["v6: Master -> Backup", "v6: advert 0", "v4: Master -> Backup", "v4: advert 0"],
  );
  station.pass(0.7);
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("a process that stood still steps down with the whole group", () => {
  const station = pair();
  station.pass(4);
  const found = station.oversleep(10);
  assert.equal(
    found.some((text) => text.includes("advert")),
    false,
    found.join(),
  );
  assert.deepEqual(states(station), ["Backup", "Backup"]);
});

test("owners in a group are Master at once, together", () => {
  const station = new Station();
  station.add(four({ priority: 255 }));
  station.tell({ type: "AddRouter", config: six({ priority: 255 }) });
  station.path("192.0.2.1", "v4");
  station.took();
  station.path("fe80::1", "v6");
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("a member that waits for its path keeps the others from being Master", () => {
  const station = new Station();
  station.add(four());
  station.tell({ type: "AddRouter", config: six() });
  assert.deepEqual(station.pass(30), []);
  station.path("fe80::1", "v6");
  station.pass(3.7);
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("a member that joins a group of Masters becomes Master in its own time", () => {
  const station = new Station();
  station.add(four());
  station.pass(4);
  assert.deepEqual(station.add(six()), ["v6: Initialize -> Backup"]);
  station.pass(3.7);
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("the last one that does not want to be Master leaves the group: the others are", () => {
  const station = pair();
  station.hear(200, { of: six(), intervalS: 10 });
  station.pass(5);
  assert.deepEqual(states(station), ["Backup", "Backup"]);
  station.update(six({ syncGroup: undefined }));
  assert.deepEqual(states(station), ["Master", "Backup"]);
  assert.equal(station.view("v4").reason, "v6 has left the group");
});

test("a member that is removed takes its Fault along, and stays away", () => {
  const station = pair();
  station.fault("eth0 is down", "v6");
  assert.deepEqual(station.tell({ type: "RemoveRouter", router: "v6" }), [
    "v6: Fault -> Initialize",
    "v4: Fault -> Backup",
  ]);
  station.pass(3.7);
  assert.deepEqual(states(station), ["Master"]);
});

test("members of different groups have nothing to do with each other", () => {
  const station = new Station();
  station.add(four());
  station.add(six({ syncGroup: "other" }));
  station.fault("eth0 is down", "v6");
  station.pass(4);
  assert.deepEqual(states(station), ["Master", "Fault"]);
});

test("a group resumes as it was", () => {
  const station = new Station();
  station.add(four(), undefined, true);
  station.add(six(), undefined, true);
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("a tie that another family's router loses is left to the first: the other node may have lost it there", () => {
  const station = pair();
  station.pass(4);
  // We have the higher address in IPv4, and the other node in IPv6.
  assert.deepEqual(station.hear(100, { of: six(), source: "fe80::2" }), []);
  assert.deepEqual(station.hear(100, { of: six(), source: "fe80::2" }), [], "an answer that was on its way");
  assert.deepEqual(station.hear(100, { of: four(), source: "192.0.2.0" }), ["v4: advert 100", "v4: lower-priority"]);
  station.pass(0.99);
  assert.deepEqual(states(station), ["Master", "Master"]);
});

test("who is still there an interval later was not told by the first: then the group leaves", () => {
  const station = pair();
  station.pass(4);
  assert.deepEqual(station.hear(100, { of: six(), source: "fe80::2" }), []);
  station.pass(1);
  station.hear(100, { of: six(), source: "fe80::2" });
  assert.deepEqual(states(station), ["Backup", "Backup"]);
});

test("the first member's tie, and a higher priority, count at once", () => {
  for (const heard of [
    { priority: 100, of: four(), source: "192.0.2.2" },
    { priority: 101, of: six(), source: "fe80::2" },
  ]) {
    const station = pair();
    station.pass(4);
    station.hear(heard.priority, heard);
    assert.deepEqual(states(station), ["Backup", "Backup"]);
  }
});
