/** A neighbour that sends more prefixes than it may. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type PrefixLimit, plainFamily } from "../../../../src/bgp/index.ts";
import { PrefixLimiter } from "../../../../src/bgp/prefix-limiter.ts";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { hostRoutes, Neighbor, prefix } from "./neighbor.ts";
import { config, Rig } from "./rig.ts";

const LIMIT: PrefixLimit = { max: 10, warningPercent: 75, action: "restart", restartTime: seconds(60) };

/** Settings of a neighbour with a limit for IPv4. */
const limited = (given: Partial<PrefixLimit> = {}) => ({
  families: [{ ...plainFamily(Family.Ipv4Unicast), prefixLimit: { ...LIMIT, ...given } }],
});

/** What was said of the limit: "8 of 10", "11 of 10!". */
const said = (rig: Rig) =>
  rig.eventsOf("prefix-limit").map(({ count, max, exceeded }) => `${count} of ${max}${exceeded ? "!" : ""}`);

test("the limiter speaks once for each crossing, upwards", () => {
  const limiter = new PrefixLimiter();
  const check = (count: number, family: Family = Family.Ipv4Unicast) => limiter.check(family, LIMIT, count);
  assert.deepEqual(
    [7, 8, 9, 10, 11, 12, 10, 11, 7, 8].map((count) => check(count)),
    ["ok", "warn", "ok", "ok", "exceeded", "ok", "ok", "exceeded", "ok", "warn"],
  );
  assert.equal(check(8, Family.Ipv6Unicast), "warn", "each family by itself");
  limiter.reset();
  assert.equal(check(8), "warn");
});

test("the warning comes at the percentage, rounded up, and never at 0", () => {
  const verdict = (max: number, warningPercent: number, count: number) =>
    new PrefixLimiter().check(Family.Ipv4Unicast, { ...LIMIT, max, warningPercent }, count);
  assert.deepEqual([verdict(10, 75, 7), verdict(10, 75, 8)], ["ok", "warn"]);
  assert.deepEqual([verdict(10, 0, 0), verdict(10, 0, 10), verdict(10, 0, 11)], ["ok", "ok", "exceeded"]);
  assert.deepEqual([verdict(10, 100, 9), verdict(10, 100, 10)], ["ok", "warn"]);
});

test("who drops what is beyond the limit speaks when it is reached: more is never counted", () => {
  const limiter = new PrefixLimiter();
  const limit: PrefixLimit = { ...LIMIT, action: "discard" };
  assert.deepEqual(
    [9, 10, 10].map((count) => limiter.check(Family.Ipv4Unicast, limit, count)),
    ["warn", "exceeded", "ok"],
  );
});

test("the warning is given once, and the session goes on", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited());
  neighbor.announce(hostRoutes(8)).announce(hostRoutes(1, 8)).announce(hostRoutes(1, 9));
  assert.deepEqual(said(rig), ["8 of 10"]);
  assert.equal(neighbor.state, "Established");
});

test("routes that replace others do not count twice, and rejected ones count", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited());
  for (let med = 0; med < 5; med++) neighbor.announce(hostRoutes(7), { med });
  assert.deepEqual(said(rig), []);
  neighbor.announce(hostRoutes(4, 7), { asPath: [{ type: "sequence", asns: [65002, 65001] }] });
  assert.deepEqual(said(rig), ["11 of 10!"]);
});

test("beyond the limit: Cease/1, silence for the restart time, then another try", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited());
  neighbor.take();
  rig.take();
  neighbor.announce(hostRoutes(11));
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/1"]);
  assert.deepEqual(said(rig), ["11 of 10!"]);
  assert.equal(rig.speaker.rib.view.counts(0).paths, 0);
  neighbor.connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5"], "refused meanwhile");
  rig.take();
  rig.pass(seconds(59));
  assert.deepEqual(rig.take(), []);
  rig.pass(seconds(2));
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
  assert.equal(neighbor.establish().state, "Established");
  neighbor.announce(hostRoutes(11));
  assert.deepEqual(said(rig), ["11 of 10!", "11 of 10!"], "and the limit holds again");
  assert.equal(neighbor.state, "Idle");
});

test("with shutdown it is for an operator to let the neighbour in again", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited({ action: "shutdown" }));
  neighbor.announce(hostRoutes(11));
  assert.equal(neighbor.messages.at(-1), "NOTIFICATION 6/1");
  rig.take();
  rig.pass(seconds(3600));
  assert.deepEqual(rig.take(), []);
  rig.input({ type: "EnablePeer", peer: neighbor.name });
  assert.equal(neighbor.establish().state, "Established");
});

test("with discard the rest is dropped, said once, and the session goes on", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited({ action: "discard", warningPercent: 0 }));
  const other = rig.join({ address: "192.0.2.3", peerAs: 65003 });
  neighbor.announce(hostRoutes(15)).announce(hostRoutes(15, 100));
  assert.deepEqual(said(rig), ["10 of 10!"]);
  assert.equal(neighbor.state, "Established");
  assert.equal(other.routeCount, 10);
});

test("what stands behind the UPDATE that was too much, in the same octets, leaves nothing behind", () => {
  const rig = new Rig();
  const neighbor = rig.join(limited());
  const other = rig.join({ address: "192.0.2.3", peerAs: 65003 });
  const bytes = Uint8Array.from(
    [neighbor.update(hostRoutes(11), {}), neighbor.update(hostRoutes(4, 50), {})].flatMap((update) => [...update]),
  );
  neighbor.send(bytes);
  assert.equal(neighbor.state, "Idle");
  assert.equal(other.routeCount, 0);
  assert.equal(rig.speaker.rib.view.counts(0).paths, 0);
});

test("nobody else notices", () => {
  const rig = new Rig();
  const [bad, good] = [rig.join(limited()), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  good.announce(["172.16.0.0/12"]);
  good.take();
  bad.announce(hostRoutes(11));
  assert.equal(good.state, "Established");
  assert.equal(rig.speaker.rib.view.counts(0).paths, 1);
});

test("a dynamic neighbour beyond its limit cannot come back before the restart time is over", () => {
  const rig = new Rig();
  const template = config({ address: "0.0.0.0", ...limited() });
  rig.input({ type: "AddDynamicPeers", prefix: prefix("198.51.100.0/24"), template, effect: "live" });
  const neighbor = new Neighbor(rig, config({ address: "198.51.100.7", ...limited() })).establish();
  neighbor.announce(hostRoutes(11)).take();
  neighbor.connect().connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5", "NOTIFICATION 6/5"]);
  rig.pass(seconds(61));
  assert.equal(rig.speaker.peers.size, 0, "then it is forgotten");
  assert.equal(neighbor.establish().state, "Established");
});
