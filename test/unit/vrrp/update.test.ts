import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../../src/lib/time.ts";
import type { RouterConfig } from "../../../src/vrrp/index.ts";
import { config, heard, master, prefix, Station, VIP, VIP2 } from "./station.ts";

const QUIET = { repeat: 5, delay: seconds(0), refresh: seconds(0), lowerPriorityRepeat: 5 };
const quiet = (given: Partial<RouterConfig> = {}) => config({ gratuitous: QUIET, ...given });
const V6 = prefix("2001:db8::10/128");

test("an update that changes nothing sends nothing and moves no timer", () => {
  for (const station of [master(), new Station()]) {
    if (station.core.views().length === 0) station.add(quiet());
    station.pass(0.25);
    const { patience } = station;
    assert.deepEqual(station.update(structuredConfig(quiet())), []);
    assert.equal(station.patience, patience);
  }
});

/** The same settings in other objects, as a reload makes them. */
const structuredConfig = (of: RouterConfig): RouterConfig => ({
  ...of,
  addresses: of.addresses.map((each) => prefix(each.toString())),
  gratuitous: { ...of.gratuitous },
  trackers: [...of.trackers],
});

test("a Master advertises another priority at once; a Backup's timer moves", () => {
  const station = master();
  station.pass(0.5);
  assert.deepEqual(station.update(quiet({ priority: 50 })), ["priority 100 -> 50", "advert 50"]);
  const backup = new Station();
  backup.add(quiet());
  backup.pass(1);
  assert.deepEqual(backup.update(quiet({ priority: 200 })), ["priority 100 -> 200"]);
  assert.equal(backup.patience, 2.21875);
});

test("addresses come and go while it is Master, and adverts say so at once", () => {
  const station = master();
  station.sent.length = 0;
  assert.deepEqual(station.update(quiet({ addresses: [VIP, VIP2] })), [
    "advert 100",
    "add 203.0.113.11/32",
    "announce 203.0.113.11/32 x5",
  ]);
  assert.equal(station.sent[0]?.[3], 2);
  assert.deepEqual(station.update(quiet({ addresses: [VIP2] })), ["advert 100", "remove 203.0.113.10/32"]);
  assert.equal(station.sent[1]?.[3], 1);
  assert.equal(station.state, "Master");
});

test("addresses that stand in no advert change without one", () => {
  const station = master();
  assert.deepEqual(station.update(quiet({ excludedAddresses: [V6] })), [
    "add 2001:db8::10/128",
    "announce 2001:db8::10/128 x5",
  ]);
  assert.deepEqual(station.update(quiet()), ["remove 2001:db8::10/128"]);
});

test("an address that moves out of the adverts stays on", () => {
  const station = master({ addresses: [VIP, VIP2] });
  assert.deepEqual(station.update(quiet({ addresses: [VIP], excludedAddresses: [VIP2] })), ["advert 100"]);
});

test("a Backup's addresses change without a word", () => {
  const station = new Station();
  station.add(quiet());
  assert.deepEqual(station.update(quiet({ addresses: [VIP, VIP2] })), []);
  station.pass(3.7);
  assert.equal(station.sent[0]?.[3], 2);
});

test("a Master tells another interval at once, so that no Backup waits by the old one", () => {
  const station = master({ advertisementInterval: millis(100) });
  assert.deepEqual(station.update(quiet({ advertisementInterval: seconds(5) })), ["advert 100"]);
  assert.equal(station.patience, 5);
  assert.equal(station.view().masterAdverInterval, 5_000_000);
});

test("a Backup that follows a Master keeps his interval; one that knows of none waits by the new one", () => {
  const station = new Station();
  station.add(quiet());
  station.pass(1);
  station.update(quiet({ advertisementInterval: seconds(2) }));
  assert.equal(station.patience, 6.21875);
  station.hear(200);
  station.update(quiet({ advertisementInterval: seconds(3) }));
  assert.equal(station.patience, 3.609375);
});

test("version 2 always waits by its own interval", () => {
  const station = new Station();
  const v2 = quiet({ version: 2 });
  station.add(v2);
  station.hear(200, { of: v2 });
  station.update({ ...v2, advertisementInterval: seconds(2) });
  assert.equal(station.patience, 6.609375);
});

test("what names the router on the wire cannot change in place: the router leaves, and comes as a new one", () => {
  const station = master();
  assert.deepEqual(station.update(quiet({ virtualRouterId: 52 })), [
    "Master -> Initialize",
    "advert 0",
    "remove 203.0.113.10/32",
    "Initialize -> Backup",
  ]);
  assert.deepEqual(station.hear(0), ["stray eth0 unknown-vrid"]);
  station.hear(200, { of: quiet({ virtualRouterId: 52 }) });
  assert.equal(station.view().master?.priority, 200);
});

test("on another interface it waits for its path there", () => {
  const station = master();
  station.update(quiet({ interface: "eth1" }));
  assert.equal(station.state, "Initialize");
  assert.deepEqual(station.path("192.0.2.1"), ["Initialize -> Backup"]);
});

test("other trackers count at once", () => {
  const station = master();
  station.tracker("check web", "down");
  const down = (weight: number) => quiet({ trackers: [{ name: "check web", weight, reverse: false }] });
  assert.deepEqual(station.update(down(-10)), ["priority 100 -> 90", "advert 90"]);
  assert.deepEqual(station.update(down(0)), [
    "priority 90 -> 100",
    "advert 100",
    "Master -> Fault",
    "advert 0",
    "remove 203.0.113.10/32",
  ]);
  assert.deepEqual(station.update(quiet()), ["Fault -> Backup"]);
});

test("on the way into Fault by an update, addresses that are configured no longer go too", () => {
  const station = master({ addresses: [VIP, VIP2] });
  station.tracker("check web", "down");
  const found = station.update(quiet({ trackers: [{ name: "check web", weight: 0, reverse: false }] }));
  assert.deepEqual(
    found.filter((text) => text.startsWith("remove")),
    ["remove 203.0.113.11/32", "remove 203.0.113.10/32"],
  );
});

test("unicast peers change in place, and hear of the Master at once", () => {
  const peers = [heard(1).source];
  const unicast = { peers, ttlMin: 255, ttlMax: 255, checkSource: true };
  const station = master();
  assert.deepEqual(station.update(quiet({ unicast })), ["advert 100 to 192.0.2.2"]);
  assert.deepEqual(station.update(quiet({ unicast: { ...unicast, ttlMin: 1 } })), []);
  // The new range counts.
  assert.equal(station.hear(50, { destination: heard(1, { source: "192.0.2.1" }).source, ttl: 9 }).length > 0, true);
  assert.deepEqual(station.view().statistics.dropped, {});
});

test("gratuitous ARP is refreshed by the new settings", () => {
  const station = master({ advertisementInterval: seconds(40) });
  station.update(quiet({ advertisementInterval: seconds(40), gratuitous: { ...QUIET, refresh: seconds(2) } }));
  assert.deepEqual(
    station.pass(5).map((text) => text.split(" ").slice(1).join(" ")),
    ["announce 203.0.113.10/32 x1", "announce 203.0.113.10/32 x1"],
  );
});

test("what no router can run with is our own mistake", () => {
  const wrong: [Partial<RouterConfig>, RegExp][] = [
    [{ virtualRouterId: 0 }, /VRID 0/],
    [{ virtualRouterId: 256 }, /VRID 256/],
    [{ priority: 0 }, /priority 0/],
    [{ priority: 256 }, /priority 256/],
    [{ advertisementInterval: seconds(41) }, /interval/],
    [{ advertisementInterval: millis(15) }, /interval/],
    [{ advertisementInterval: seconds(0) }, /interval/],
    [{ version: 2, advertisementInterval: millis(500) }, /interval/],
    [{ version: 2, family: 6, addresses: [V6] }, /IPv4 only/],
    [{ addresses: [] }, /addresses/],
    [{ addresses: [V6], family: 4 }, /IPv4 only/],
    [{ password: "123456789" }, /8 octets/],
    [{ unicast: { peers: [], ttlMin: 1, ttlMax: 255, checkSource: true } }, /peers/],
    [{ trackers: [{ name: "x", weight: 254, reverse: false }] }, /weight/],
  ];
  for (const [given, message] of wrong) {
    assert.throws(() => new Station().add(config(given)), { name: "AssertionError", message });
    assert.throws(() => master().update(config(given)), { name: "AssertionError", message });
  }
});

test("a name or a VRID that is taken is our own mistake; the same VRID on another link or family is not", () => {
  const station = master();
  assert.throws(() => station.add(config()), /already/);
  assert.throws(() => station.add(config({ name: "other" })), /belongs to gw/);
  station.add(config({ name: "other", interface: "eth1" }));
  station.add(config({ name: "six", family: 6, addresses: [prefix("fe80::66/128")] }));
  assert.equal(station.core.views().length, 3);
});
