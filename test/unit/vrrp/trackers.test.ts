import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../../src/lib/time.ts";
import type { RouterConfig, Tracker } from "../../../src/vrrp/index.ts";
import { effectivePriority, trackerFault } from "../../../src/vrrp/trackers.ts";
import { config, master, Station } from "./station.ts";

const web = (weight: number, reverse = false): Pick<RouterConfig, "trackers"> => ({
  trackers: [{ name: "check web", weight, reverse }],
});

test("a weight counts as keepalived's does", () => {
  // weight, reverse, priority while up, while down, while unknown
  const cases: [number, boolean, number, number, number][] = [
    [20, false, 120, 100, 100],
    [-30, false, 100, 70, 100],
    [20, true, 80, 100, 100],
    [-30, true, 100, 130, 100],
    [253, false, 254, 100, 100],
    [-253, false, 100, 1, 100],
    [0, false, 100, 100, 100],
    [0, true, 100, 100, 100],
  ];
  for (const [weight, reverse, up, down, unknown] of cases) {
    const of = config(web(weight, reverse));
    const found = (["up", "down", undefined] as const).map((state) => effectivePriority(of, () => state));
    assert.deepEqual(found, [up, down, unknown], `${weight}${reverse ? " reverse" : ""}`);
    const owner = { ...of, priority: 255 };
    assert.equal(
      effectivePriority(owner, () => "down"),
      255,
    );
  }
});

test("weights are added up before the sum is kept within 1..254", () => {
  const trackers: Tracker[] = [
    { name: "a", weight: 250, reverse: false },
    { name: "b", weight: -200, reverse: false },
  ];
  const of = config({ trackers });
  assert.equal(
    effectivePriority(of, (name) => (name === "a" ? "up" : "down")),
    150,
  );
});

test("weight 0 is Fault while down, or with reverse while up", () => {
  assert.equal(
    trackerFault(config(web(0)), () => "down"),
    "check web is down",
  );
  assert.equal(
    trackerFault(config(web(0)), () => "up"),
    undefined,
  );
  assert.equal(
    trackerFault(config(web(0, true)), () => "up"),
    "check web is up",
  );
  assert.equal(
    trackerFault(config(web(0, true)), () => undefined),
    undefined,
  );
});

test("a router waits in Initialize until its trackers of weight 0 have a state", () => {
  const station = new Station();
  assert.deepEqual(station.add(config(web(0))), []);
  assert.equal(station.state, "Initialize");
  assert.equal(station.view().reason, "waits for check web");
  assert.deepEqual(station.pass(10), []);
  assert.deepEqual(station.tracker("check other", "up"), []);
  assert.deepEqual(station.tracker("check web", "up"), ["Initialize -> Backup"]);
  assert.equal(station.patience, 3.609375);
});

test("it does not wait for trackers with a weight", () => {
  const station = new Station();
  assert.deepEqual(station.add(config(web(20))), ["Initialize -> Backup"]);
});

test("what a tracker said before the router came counts", () => {
  const station = new Station();
  station.tracker("check web", "down");
  assert.deepEqual(station.add(config(web(0))), ["Initialize -> Fault"]);
  const other = new Station();
  other.tracker("check web", "up");
  other.add(config(web(20)));
  assert.equal(other.view().effectivePriority, 120);
});

test("a Master whose tracker of weight 0 fails is in Fault: event, priority 0, addresses off; recovered it is Backup", () => {
  const station = new Station();
  station.tracker("check web", "up");
  station.add(config(web(0)));
  station.pass(3.7);
  assert.deepEqual(station.tracker("check web", "down"), ["Master -> Fault", "advert 0", "remove 203.0.113.10/32"]);
  assert.equal(station.view().reason, "check web is down");
  assert.deepEqual(station.hear(0), []);
  assert.deepEqual(station.pass(60), []);
  assert.deepEqual(station.tracker("check web", "up"), ["Fault -> Backup"]);
  assert.equal(station.patience, 3.609375);
});

test("the owner goes into Fault as well, and is Master again at once", () => {
  const station = new Station();
  station.tracker("check web", "up");
  station.add(config({ ...web(0), priority: 255 }));
  assert.equal(station.state, "Master");
  station.tracker("check web", "down");
  assert.equal(station.state, "Fault");
  station.tracker("check web", "up");
  assert.equal(station.state, "Master");
});

test("a link that is gone is Fault without priority 0: nothing can be sent", () => {
  const station = master();
  assert.deepEqual(station.fault("eth0 is down"), ["Master -> Fault", "remove 203.0.113.10/32"]);
  assert.deepEqual(station.fault("eth0 has no address"), []);
  assert.equal(station.view().reason, "eth0 has no address");
  assert.deepEqual(station.path("192.0.2.1"), ["Fault -> Backup"]);
  assert.equal(station.patience, 3.609375);
});

test("Fault lasts as long as any cause of it", () => {
  const station = new Station();
  station.tracker("check web", "down");
  station.add(config(web(0)));
  station.fault("eth0 is down");
  assert.deepEqual(station.tracker("check web", "up"), []);
  assert.equal(station.state, "Fault");
  assert.deepEqual(station.path("192.0.2.1"), ["Fault -> Backup"]);
});

test("a router in Fault that gets a new tracker does not wait for it", () => {
  const station = master();
  station.fault("eth0 is down");
  station.update(config(web(0)));
  assert.deepEqual(station.path("192.0.2.1"), ["Fault -> Backup"]);
});

test("what was learned of a Master is forgotten in Fault", () => {
  const station = new Station();
  station.add();
  station.hear(200, { intervalS: 10 });
  station.fault("eth0 is down");
  station.path("192.0.2.1");
  assert.equal(station.patience, 3.609375);
  assert.equal(station.view().master, undefined);
});

test("a Backup's running timer is moved by the difference of the down interval", () => {
  const station = new Station();
  station.add(config(web(-50)));
  station.pass(2);
  assert.deepEqual(station.tracker("check web", "down"), ["priority 100 -> 50"]);
  assert.equal(station.patience, 1.804688); // 3.804688 less the two seconds
  station.tracker("check web", "up");
  assert.equal(station.patience, 1.609375);
});

test("so it is by the Master's interval, and after priority 0", () => {
  const station = new Station();
  station.add(config(web(-50)));
  station.hear(200, { intervalS: 10 });
  station.tracker("check web", "down");
  assert.equal(station.patience, 38.046875);
  station.hear(0, { intervalS: 10 });
  assert.equal(station.patience, 8.046875);
  station.tracker("check web", "up");
  assert.equal(station.patience, 6.09375);
});

test("a Master advertises another priority at once", () => {
  const station = master(web(-50));
  station.pass(0.5);
  assert.deepEqual(station.tracker("check web", "down"), ["priority 100 -> 50", "advert 50"]);
  assert.equal(station.patience, 1);
  assert.deepEqual(station.tracker("check web", "down"), []);
});

test("a Backup with what is now the higher priority takes over after its time, not before", () => {
  const station = new Station();
  station.add(config(web(20)));
  station.hear(110);
  station.tracker("check web", "up");
  for (let i = 0; i < 3; i++) {
    station.pass(1);
    assert.deepEqual(station.hear(110), []);
  }
  station.pass(seconds(0.54) / 1e6);
  assert.equal(station.state, "Master");
});
