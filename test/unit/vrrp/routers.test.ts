import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../../src/lib/time.ts";
import { config, heard, Station } from "./station.ts";

const COUNT = 200;
const each = (i: number) =>
  config({
    name: `r${i}`,
    virtualRouterId: i + 1,
    priority: 100 + (i % 50),
    advertisementInterval: millis(100),
    gratuitous: { repeat: 0, delay: seconds(0), refresh: seconds(0), lowerPriorityRepeat: 0 },
  });

function many(): Station {
  const station = new Station();
  for (let i = 0; i < COUNT; i++) station.add(each(i));
  return station;
}

test("routers are unsettled until each is Master, or has heard one, or cannot run", () => {
  const station = new Station();
  assert.equal(station.core.isUnsettled, false);
  for (const i of [0, 1, 2]) station.tell({ type: "AddRouter", config: each(i) });
  const path = (i: number) => station.path("192.0.2.1", `r${i}`);
  path(0);
  station.hear(200, { of: each(0) });
  station.fault("eth0 is down", "r1");
  assert.equal(station.core.isUnsettled, true, "one is in Initialize");
  path(2);
  assert.equal(station.core.isUnsettled, true, "one is Backup of nobody");
  station.pass(0.25);
  station.hear(200, { of: each(0) });
  station.pass(0.25);
  assert.deepEqual(
    station.core.views().map(({ state }) => state),
    ["Backup", "Fault", "Master"],
  );
  assert.equal(station.core.isUnsettled, false);
});

test("timers of all routers fire, the earliest first", () => {
  const station = many();
  const found = station.pass(0.4).filter((text) => text.endsWith("Master"));
  assert.equal(found.length, COUNT);
  const times = found.map((text) => Number(text.split(" ")[0]));
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.equal(found[0]?.includes("r49:"), true, found[0]);
});

test("late, they still fire with the earliest first", () => {
  const station = many();
  const found = station.oversleep(60).filter((text) => text.endsWith("Master"));
  assert.equal(found.length, COUNT);
  assert.equal(found[0]?.startsWith("r49:"), true, found[0]);
  assert.equal(found.at(-1)?.startsWith("r150:"), true, found.at(-1));
});

test("a packet reaches its router and no other", () => {
  const station = many();
  for (let i = 0; i < COUNT; i++) station.hear(200, { of: each(i) });
  station.pass(0.3);
  station.hear(200, { of: each(7) });
  station.pass(0.1);
  const backups = station.core.views().filter((view) => view.state === "Backup");
  assert.deepEqual(
    backups.map((view) => view.name),
    ["r7"],
  );
});

test("routers go and come, and those that stay keep their timers", () => {
  const station = many();
  for (let i = 0; i < COUNT; i += 2) station.tell({ type: "RemoveRouter", router: `r${i}` });
  station.tell({ type: "RemoveRouter", router: "nobody" });
  station.add(each(0));
  const found = station.pass(0.4).filter((text) => text.endsWith("Master"));
  assert.equal(found.length, COUNT / 2 + 1);
  assert.equal(new Set(found.map((text) => text.split(" ")[1])).size, COUNT / 2 + 1);
});

test("a stop reaches all of them", () => {
  const station = many();
  station.pass(1);
  const found = station.tell({ type: "Stop" });
  assert.equal(found.filter((text) => text.endsWith("advert 0")).length, COUNT);
  assert.equal(station.patience, Number.POSITIVE_INFINITY);
});

test("a name that is not known is not an error of the host's", () => {
  const station = new Station();
  assert.deepEqual(station.path("192.0.2.1", "gone"), []);
  assert.deepEqual(station.tell({ type: "Received", packet: heard(100) }), ["stray eth0 unknown-vrid"]);
});
