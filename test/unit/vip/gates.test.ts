import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, NEVER, seconds } from "../../../src/lib/time.ts";
import { Bench, VIP, vrrp, WEB, web } from "./bench.ts";

const ON_DEGRADED = { med: 5, localPreference: 0, asPathPrepend: 1, communities: [], largeCommunities: [] };

test("gates speak only of changes", () => {
  const bench = new Bench();
  bench.at(1, { type: "Configure", vip: VIP, enabled: true });
  bench.at(2, { type: "Configure", vip: VIP, enabled: true });
  bench.at(3, { type: "SetAdmin", vip: VIP, state: "down" });
  bench.at(4, { type: "SetAdmin", vip: VIP, state: "down" });
  bench.at(5, { type: "SetAdmin", vip: VIP, state: "up" });
  assert.deepEqual(bench.news(), ["1 announce", "3 withdraw", "5 announce"]);
});

test("a VIP that is disabled from the start says nothing", () => {
  const bench = new Bench();
  bench.at(1, { type: "Configure", vip: VIP, enabled: false });
  assert.deepEqual(bench.news(), []);
  assert.equal(bench.gates.why(VIP)?.action, "withdraw");
});

test("a removed VIP is withdrawn once, and only if it was announced", () => {
  const bench = new Bench();
  bench.configure(1, {}, "a");
  bench.at(1, { type: "Configure", vip: "b", enabled: false });
  for (const vip of ["a", "b", "a", "never"]) bench.at(2, { type: "Remove", vip });
  assert.deepEqual(bench.news(), ["1 announce a", "2 withdraw a"]);
  assert.equal(bench.gates.why("a"), undefined);
});

test("the admin state survives a reload and keeps its time", () => {
  const bench = new Bench();
  bench.configure(1);
  bench.at(7, { type: "SetAdmin", vip: VIP, state: "down" });
  bench.configure(9, { checks: WEB });
  assert.deepEqual(bench.gates.why(VIP)?.decisive, {
    condition: "admin",
    verdict: "withdraw",
    text: "taken down by an operator",
    since: seconds(7),
  });
});

test("a VIP follows its virtual router, at once and in both directions", () => {
  const bench = new Bench();
  bench.at(1, vrrp("Backup"));
  bench.configure(2, { vrrpInstance: "gw" });
  assert.deepEqual(bench.news(), []);
  bench.at(3, vrrp("Master"), vrrp("Master", "other"));
  bench.at(4, vrrp("Backup"));
  bench.at(5, vrrp("Master"));
  bench.at(6, vrrp("Fault"));
  assert.deepEqual(bench.news(), ["3 announce", "4 withdraw", "5 announce", "6 withdraw"]);
  assert.equal(bench.gates.why(VIP)?.decisive.since, seconds(6));
});

test("an input concerns the VIPs that name its source, and no others", () => {
  const bench = new Bench();
  bench.configure(1, { vrrpInstance: "a" }, "1");
  bench.configure(1, { vrrpInstance: "a", checks: WEB }, "2");
  bench.configure(1, { vrrpInstance: "b" }, "3");
  bench.at(2, vrrp("Master", "a"));
  bench.at(3, web("up"));
  bench.at(4, vrrp("Master", "b"));
  assert.deepEqual(bench.news(), ["2 announce 1", "3 announce 2", "4 announce 3"]);
  bench.configure(5, { vrrpInstance: "b" }, "1");
  bench.at(6, vrrp("Backup", "a"));
  assert.deepEqual(bench.news(), ["6 withdraw 2"]);
  bench.configure(7, { vrrpInstance: "a" }, "1");
  assert.deepEqual(bench.news(), ["7 withdraw 1"]);
});

test("a VIP that drops a check no longer hears of it, and one that is gone hears of nothing", () => {
  const bench = new Bench();
  bench.at(1, web("up"));
  bench.configure(1, { checks: WEB });
  bench.configure(2);
  bench.at(3, web("down"));
  assert.deepEqual(bench.news(), ["1 announce"]);
  bench.at(4, { type: "Remove", vip: VIP });
  bench.at(5, web("up"), { type: "SetAddress", vip: VIP, present: true }, { type: "SetDrain", vip: VIP, on: true });
  assert.deepEqual(bench.news(), ["4 withdraw"]);
});

test("the detail of a check is the newest, its time that of its state", () => {
  const bench = new Bench();
  bench.configure(1, { checks: WEB });
  bench.at(2, web("down", "refused"));
  bench.at(3, web("down", "timed out"));
  const reason = bench.gates.why(VIP)?.decisive;
  assert.deepEqual([reason?.text, reason?.since], ["check web is down: timed out", seconds(2)]);
});

test("an address that has to be there", () => {
  const bench = new Bench();
  bench.configure(1, { requireAddress: true });
  assert.equal(bench.gates.unsettled, 1);
  bench.at(2, { type: "SetAddress", vip: VIP, present: true });
  assert.equal(bench.gates.unsettled, 0);
  bench.at(3, { type: "SetAddress", vip: VIP, present: false });
  bench.configure(4);
  assert.deepEqual(bench.news(), ["2 announce", "3 withdraw", "4 announce"]);
});

test("unsettled VIPs are counted until each condition is known, or they are gone", () => {
  const bench = new Bench();
  bench.configure(1, { checks: WEB, vrrpInstance: "gw" }, "1");
  bench.configure(1, { checks: WEB }, "2");
  bench.configure(1, {}, "3");
  assert.equal(bench.gates.unsettled, 2);
  bench.at(2, web("down"));
  assert.equal(bench.gates.unsettled, 1);
  bench.at(3, { type: "Remove", vip: "1" });
  assert.equal(bench.gates.unsettled, 0);
});

test("degraded and back: each form is told once", () => {
  const bench = new Bench();
  const checks = [{ name: "web", severity: "degraded" }] as const;
  bench.at(1, web("up"));
  bench.configure(1, { checks, onDegraded: ON_DEGRADED });
  bench.at(2, web("down"));
  bench.configure(3, { checks, onDegraded: { ...ON_DEGRADED } });
  bench.configure(4, { checks, onDegraded: { ...ON_DEGRADED, communities: [1] } });
  bench.at(5, web("up"));
  assert.deepEqual(bench.news(), ["1 announce", "2 de-prefer", "4 de-prefer", "5 announce"]);
});

test("a drain is GRACEFUL_SHUTDOWN for its delay, then a withdraw; its end announces at once", () => {
  const bench = new Bench();
  bench.configure(1, { drainDelay: seconds(10), holdUp: seconds(100) });
  bench.at(2, { type: "SetDrain", vip: VIP, on: true });
  assert.equal(bench.gates.why(VIP)?.decisive.until, seconds(12));
  bench.at(30, { type: "SetDrain", vip: VIP, on: false });
  assert.deepEqual(bench.news(), ["1 announce", "2 gshut", "12 withdraw", "30 announce"]);
  bench.at(31, { type: "SetDrain", vip: VIP, on: true });
  bench.at(35, { type: "SetDrain", vip: VIP, on: false });
  assert.deepEqual(bench.news(), ["31 gshut", "35 announce"]);
  assert.equal(bench.gates.deadline, NEVER);
});

test("the drain of a node is independent of the drain of a VIP, and reaches VIPs that come later", () => {
  const bench = new Bench();
  bench.configure(1, { drainDelay: seconds(10) });
  bench.at(2, { type: "SetDrain", on: true }, { type: "SetDrain", vip: VIP, on: true });
  assert.equal(bench.gates.draining, true);
  bench.configure(5, { drainDelay: seconds(10) }, "2001:db8::1/128");
  bench.at(6, { type: "SetDrain", vip: VIP, on: false });
  bench.at(13);
  assert.deepEqual(bench.news(), [
    "1 announce",
    "2 gshut",
    "5 gshut 2001:db8::1/128",
    "12 withdraw",
    "12 withdraw 2001:db8::1/128",
  ]);
  bench.at(20, { type: "SetDrain", vip: VIP, on: true }, { type: "SetDrain", on: false });
  assert.deepEqual(bench.news(), ["20 gshut", "20 announce 2001:db8::1/128"]);
});

test("a drain without delay withdraws at once", () => {
  const bench = new Bench();
  bench.configure(1);
  bench.at(2, { type: "SetDrain", on: true });
  assert.deepEqual(bench.news(), ["1 announce", "2 withdraw"]);
});

test("a lease lapses when nobody renews it, and is forgotten when it is given back", () => {
  const bench = new Bench();
  bench.configure(1, { onDegraded: ON_DEGRADED });
  bench.at(2, { type: "SetLease", vip: VIP, until: seconds(5) as number as Instant });
  bench.at(4, { type: "SetLease", vip: VIP, until: seconds(8) as number as Instant });
  assert.equal(bench.gates.why(VIP)?.reasons.at(-1)?.since, seconds(2));
  bench.at(9);
  assert.equal(bench.gates.why(VIP)?.decisive.since, seconds(8));
  bench.at(10, { type: "SetLease", vip: VIP, until: seconds(11) as number as Instant, onLapse: "de-prefer" });
  bench.at(12, { type: "SetLease", vip: VIP, until: undefined });
  assert.deepEqual(bench.news(), ["1 announce", "8 withdraw", "10 announce", "11 de-prefer", "12 announce"]);
});

test("many VIPs of one virtual router are judged in slices, the first before `handle` returns", () => {
  const bench = new Bench();
  const count = 5000;
  for (let i = 0; i < count; i++) bench.configure(1, { vrrpInstance: i === 0 ? "small" : "gw" }, `${i}`);
  const now = seconds(2) as number as Instant;
  bench.now = now;
  bench.gates.handle(now, vrrp("Master"));
  const first = bench.told.length;
  assert.ok(first > 1000 && first < 3000, `${first} in the first slice`);
  bench.gates.handle(now, vrrp("Master", "small"));
  assert.equal(bench.told.at(-1), "2 announce 0");
  assert.ok(bench.gates.deadline <= now, "more is due");
  // What changes again before its turn came is told only as it is then.
  bench.gates.handle(now, vrrp("Backup"));
  let turns = 0;
  while (bench.gates.deadline <= now && turns++ < 10) bench.gates.advance(now);
  assert.ok(turns >= 3 && turns < 10, `${turns} turns`);
  assert.equal(bench.told.filter((line) => line.includes("announce")).length, first + 1);
  assert.equal(bench.told.filter((line) => line.includes("withdraw")).length, first);
  assert.equal(bench.gates.why("1")?.action, "withdraw");
});

test("VIPs that have moved to another virtual router, or gone, cost nothing when the former one changes", () => {
  const bench = new Bench();
  for (let i = 0; i < 3000; i++) bench.configure(1, { vrrpInstance: "a" }, `${i}`);
  for (let i = 0; i < 2000; i++) bench.configure(2, { vrrpInstance: "b" }, `${i}`);
  for (let i = 2000; i < 3000; i++) bench.at(2, { type: "Remove", vip: `${i}` });
  bench.gates.handle(seconds(3) as number as Instant, vrrp("Master", "a"));
  assert.equal(bench.gates.deadline, NEVER);
});

test("a VIP that is removed has nothing left to wait for", () => {
  const bench = new Bench();
  bench.configure(1);
  bench.at(2, { type: "SetLease", vip: VIP, until: seconds(50) as number as Instant });
  bench.at(3, { type: "Remove", vip: VIP });
  assert.equal(bench.gates.deadline, NEVER);
});
