import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../../src/lib/time.ts";
import type { Input } from "../../../src/vrrp/index.ts";
import { config, heard, master, Station, VIP2 } from "./station.ts";

const LEFT = ["Master -> Backup", "remove 203.0.113.10/32"];

test("a Master that stood still for its Master_Down_Interval is Backup before it advertises", () => {
  const station = master();
  assert.deepEqual(station.oversleep(5), LEFT);
  assert.equal(station.patience, 3.609375, "a whole Master_Down_Interval");
  assert.equal(station.view().reason, "this process did not run for 5.000 s");
});

test("a whole sync group leaves with the one that was replaced, before another of it advertises", () => {
  const station = new Station();
  station.add(config({ name: "slow", syncGroup: "both", virtualRouterId: 1 }));
  const advertisementInterval = seconds(0.1);
  station.add(
    config({ name: "fast", syncGroup: "both", virtualRouterId: 2, addresses: [VIP2], advertisementInterval }),
  );
  const states = () => station.core.views().map(({ state }) => state);
  while (states().includes("Backup")) station.pass(station.patience);
  // Both are due in 50 ms. The slow one is asked first, and by itself would go on.
  station.pass(0.95);
  const said = station.oversleep(1.3);
  assert.deepEqual([states(), said.filter((line) => line.includes("advert"))], [["Backup", "Backup"], []]);
});

test("so it is when anything else comes first", () => {
  const inputs: Input[] = [
    { type: "SetTracker", tracker: "check web", state: "down" },
    { type: "UpdateRouter", config: config({ priority: 101, trackers: config().trackers }) },
    { type: "AddressLost", router: "gw", address: config().addresses[0] ?? assert.fail() },
  ];
  for (const input of inputs) {
    const station = master({ trackers: [{ name: "check web", weight: -10, reverse: false }] });
    station.now += 5;
    assert.deepEqual(station.tell(input).slice(0, 2), LEFT, input.type);
  }
});

test("the adverts that waited for it are not answered: who was heard has replaced it, though of lower priority", () => {
  const station = master();
  station.now += 5;
  assert.deepEqual(station.hear(50), LEFT);
  assert.deepEqual(station.hear(50), []);
  assert.deepEqual(station.oversleep(0), []);
  assert.equal(station.patience, 3.609375);
});

test("priority 0 that waited for it is not answered either: the place is free after the skew", () => {
  const station = master();
  station.now += 5;
  assert.deepEqual(station.hear(0), LEFT);
  assert.equal(station.patience, 0.609375);
});

test("a Master that was late by less goes on, unless it hears somebody", () => {
  const station = master();
  station.now += 3.5;
  assert.deepEqual(station.oversleep(0), ["advert 100"]);
  const replaced = master();
  replaced.now += 3.01;
  assert.deepEqual(replaced.hear(50), LEFT);
  const early = master();
  early.now += 2.99;
  assert.deepEqual(early.hear(50).slice(0, 1), ["advert 100"]);
});

test("no gratuitous ARP of a former Master goes out after a stall", () => {
  const station = new Station();
  station.add();
  station.pass(3.7);
  assert.equal(station.state, "Master");
  // The second burst is due by now.
  assert.deepEqual(station.oversleep(8), LEFT);
});

test("a Backup that stood still hears its Master before it looks at its timer", () => {
  const station = new Station();
  station.add();
  station.now += 60;
  station.core.handle((station.now * 1e6) as never, { type: "Received", packet: heard(200) });
  assert.deepEqual(station.oversleep(0), []);
  assert.equal(station.state, "Backup");
});
