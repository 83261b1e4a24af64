/** Long-lived graceful restart (RFC 9494): what happens to stale routes when Restart Time is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute, type Prefix, parsePrefix } from "../../../../src/bgp/index.ts";
import { Family, parseAttributes, WellKnownCommunity } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { config } from "../speaker/rig.ts";
import { comeUp, endOfRib, FIRST, type Offer, pathOf, ROUTES, Scene, SECOND, type settings } from "./scene.ts";

const { LlgrStale, NoLlgr } = WellKnownCommunity;
const LLGR: Offer = { longLivedSeconds: 600 };
const BACK: Offer = { ...LLGR, restarting: true };

/** A neighbour with two routes, a sink that knows of long-lived stale routes, and one that does not. */
function scene(offer: Offer = LLGR, restart: Parameters<typeof settings>[0] = {}) {
  const rig = new Scene();
  const neighbor = rig.meet({}, offer, restart);
  const knowing = rig.sink(LLGR);
  const plain = rig.sink({}, { address: "192.0.2.10", peerAs: 65010 });
  neighbor.announce(ROUTES, { med: 5, communities: [0xfde80001] }).send(endOfRib());
  for (const sink of [knowing, plain]) sink.takeLog();
  return { rig, neighbor, knowing, plain };
}

test("Restart Time is over: LLGR_STALE is added and nothing else changes (section 4.2)", () => {
  const { rig, neighbor, knowing } = scene();
  const before = knowing.route(FIRST);
  neighbor.lose();
  rig.pass(seconds(119));
  assert.deepEqual(knowing.takeLog(), []);
  rig.pass(seconds(2));
  assert.deepEqual(knowing.takeLog(), ["reach"]);
  assert.deepEqual(knowing.route(FIRST), { ...before, communities: [0xfde80001, LlgrStale] });
  assert.equal(pathOf(rig, neighbor, FIRST), "best stale");
  const { routes } = rig.speaker.rib.view.adjRibIn(neighbor.peer?.index ?? 0, Family.Ipv4Unicast, 0, 10);
  assert.deepEqual(parseAttributes(routes[0]?.attributes as Uint8Array).communities, [0xfde80001], "as received");
  const view = rig.speaker.restartOf(neighbor.name);
  assert.deepEqual([view?.families[0]?.state, view?.families[0]?.stale, view?.helping], ["long-lived", 2, true]);
});

test("a neighbour without the capability gets a withdrawal (section 4.3)", () => {
  const { rig, neighbor, plain } = scene();
  neighbor.lose();
  rig.pass(seconds(121));
  assert.deepEqual([plain.takeLog(), plain.routeCount], [["withdraw"], 0]);
});

test("long-lived stale routes are gone when their time is over, and not before", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.pass(seconds(719));
  assert.equal(knowing.routeCount, 2);
  rig.pass(seconds(2));
  assert.equal(knowing.routeCount, 0);
  assert.equal(rig.eventsOf("stale-removed").at(-1)?.why, "long-lived-stale-time");
  assert.equal(neighbor.peer?.index, undefined);
});

test("a speaker that was held up when Restart Time ended keeps nothing for longer", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.now = (rig.now + seconds(400)) as typeof rig.now;
  rig.settle();
  assert.deepEqual(knowing.route(FIRST)?.communities, [0xfde80001, LlgrStale]);
  rig.pass(seconds(321));
  assert.equal(knowing.routeCount, 0);
});

test("with Restart Time 0 the long-lived time begins at once", () => {
  const { rig, neighbor, knowing } = scene({ ...LLGR, restartTimeSeconds: 0 });
  neighbor.lose();
  assert.deepEqual(knowing.route(FIRST)?.communities, [0xfde80001, LlgrStale]);
  rig.pass(seconds(601));
  assert.equal(knowing.routeCount, 0);
});

test("without the capability of ours, or with a stale time of 0, Restart Time is the end", () => {
  for (const [offer, restart] of [
    [LLGR, { longLived: false }],
    [{ longLivedSeconds: 0 }, {}],
  ] as const) {
    const { rig, neighbor, knowing } = scene(offer, restart);
    neighbor.lose();
    rig.pass(seconds(121));
    assert.equal(knowing.routeCount, 0);
  }
});

test("routes with NO_LLGR go when the long-lived time begins, the neighbour's word or our policy's (section 4.2)", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.announce([SECOND], { communities: [NoLlgr] });
  knowing.takeLog();
  neighbor.lose();
  rig.pass(seconds(121));
  assert.deepEqual([knowing.route(FIRST) !== undefined, knowing.route(SECOND)], [true, undefined]);
});

test("a long-lived stale path loses against any other, and is chosen when there is none (section 4.3)", () => {
  const { rig, neighbor, knowing } = scene();
  const other = rig.meet({ address: "192.0.2.3", peerAs: 65003 });
  const asPath = [{ type: "sequence" as const, asns: [65003, 65004, 65005, 65006] }];
  other.announce([FIRST], { asPath });
  assert.equal(pathOf(rig, neighbor, FIRST), "best");
  neighbor.lose();
  assert.equal(pathOf(rig, neighbor, FIRST), "best stale", "in Restart Time, preference is as it was");
  rig.pass(seconds(60));
  other.send(new Uint8Array([...new Uint8Array(16).fill(0xff), 0, 19, 4]));
  rig.pass(seconds(61));
  assert.equal(pathOf(rig, neighbor, FIRST), "other stale");
  assert.deepEqual(knowing.route(FIRST)?.asPath[0]?.asns, [65001, 65003, 65004, 65005, 65006]);
  other.withdraw([FIRST]);
  assert.equal(pathOf(rig, neighbor, FIRST), "best stale");
});

test("a route that another helper has marked LLGR_STALE is least preferred, too, and goes on only to who knows it", () => {
  const { rig, neighbor, knowing, plain } = scene();
  const other = rig.meet({ address: "192.0.2.3", peerAs: 65003 });
  const local = "10.1.0.0/16";
  other.announce([FIRST, local], { localPref: undefined, asPath: [], communities: [LlgrStale] });
  assert.equal(pathOf(rig, neighbor, FIRST), "best");
  assert.deepEqual([knowing.route(local)?.communities, plain.route(local)], [[LlgrStale], undefined]);
});

test("our own route is the better one, however long its AS_PATH", () => {
  const { rig, neighbor } = scene();
  neighbor.lose();
  rig.pass(seconds(121));
  const asPath = [{ type: "sequence" as const, asns: Array.from({ length: 9 }, () => 65001) }];
  rig.input({ type: "Announce", routes: [localRoute(parsePrefix(FIRST) as Prefix, { asPath })] });
  assert.equal(pathOf(rig, neighbor, FIRST), "other stale");
});

test("back in the long-lived time: fresh routes lose the mark, End-of-RIB takes away the rest", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.pass(seconds(300));
  comeUp(neighbor, BACK);
  knowing.takeLog();
  neighbor.announce([FIRST], { med: 5, communities: [0xfde80001] });
  assert.deepEqual(knowing.route(FIRST)?.communities, [0xfde80001]);
  neighbor.send(endOfRib());
  assert.equal(knowing.routeCount, 1);
  rig.pass(seconds(50)).settle();
  assert.equal(knowing.routeCount, 1);
});

test("back in the long-lived time it is that capability's F bit that counts (section 4.2)", () => {
  for (const [offer, left] of [
    [{ ...BACK, forwarding: false }, 2],
    [{ ...BACK, longLivedForwarding: false }, 0],
    [{ restarting: true }, 0],
    [{ capable: false }, 0],
  ] as const) {
    const { rig, neighbor, knowing } = scene();
    neighbor.lose();
    rig.pass(seconds(300));
    comeUp(neighbor, offer);
    assert.equal(knowing.routeCount, left, JSON.stringify(offer));
  }
});

test("another failure before End-of-RIB neither drops what is stale nor starts its time anew (section 4.2)", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.pass(seconds(420)); // 300 s of its long-lived time
  comeUp(neighbor, BACK).announce([FIRST]);
  neighbor.lose();
  assert.equal(knowing.routeCount, 2);
  rig.pass(seconds(121));
  assert.deepEqual(knowing.route(FIRST)?.communities, [LlgrStale]);
  rig.pass(seconds(178));
  assert.equal(knowing.routeCount, 2);
  rig.pass(seconds(3));
  assert.equal(knowing.routeCount, 0);
});

test("once its time has ended without End-of-RIB, another failure keeps nothing (section 4.2)", () => {
  const { rig, neighbor, knowing } = scene({ longLivedSeconds: 30 });
  neighbor.lose();
  rig.pass(seconds(140));
  comeUp(neighbor, { restarting: true, longLivedSeconds: 30 }).announce([FIRST]);
  rig.pass(seconds(15));
  assert.deepEqual([knowing.route(FIRST) !== undefined, knowing.route(SECOND)], [true, undefined]);
  neighbor.lose();
  assert.equal(knowing.routeCount, 0);
});

test("after End-of-RIB a failure is the first one again", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.pass(seconds(300));
  comeUp(neighbor, BACK).announce(ROUTES).send(endOfRib());
  neighbor.lose();
  rig.pass(seconds(719));
  assert.equal(knowing.routeCount, 2);
  rig.pass(seconds(2));
  assert.equal(knowing.routeCount, 0);
});

test("a change of settings judges long-lived stale routes again, and leaves them long-lived stale", () => {
  const { rig, neighbor, knowing } = scene();
  neighbor.lose();
  rig.pass(seconds(121));
  const settingsOf = (defaultImport: "accept" | "reject") => config(Scene.settings({ defaultImport }));
  rig.input({ type: "UpdatePeer", config: settingsOf("reject"), effect: "soft" });
  assert.equal(knowing.routeCount, 0);
  rig.input({ type: "UpdatePeer", config: settingsOf("accept"), effect: "soft" });
  assert.deepEqual(knowing.route(FIRST)?.communities, [0xfde80001, LlgrStale]);
  assert.equal(rig.speaker.rib.staleCount(neighbor.peer?.index ?? 0, Family.Ipv4Unicast), 2);
  rig.pass(seconds(600));
  assert.equal(knowing.routeCount, 0);
});

test("nothing is left in the tables when all is over", () => {
  const { rig, neighbor } = scene();
  neighbor.lose();
  rig.pass(seconds(1000));
  const { usage, view } = rig.speaker.rib;
  assert.deepEqual([view.counts(Family.Ipv4Unicast), usage.attributeSets], [{ destinations: 0, paths: 0 }, 0]);
});
