/** The restarting speaker of RFC 4724 section 4.1: what we say and hold back when we come back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute, type Prefix, parsePrefix } from "../../../../src/bgp/index.ts";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { millis, seconds } from "../../../../src/lib/time.ts";
import type { Neighbor } from "../speaker/neighbor.ts";
import { config } from "../speaker/rig.ts";
import { comeUp, endOfRib, FIRST, offered, ROUTES, Scene, settings } from "./scene.ts";

const RESTART = { restart: { forwarding: [Family.Ipv4Unicast] } };
const VIP = "203.0.113.1/32";
const route = (text = VIP) => localRoute(parsePrefix(text) as Prefix);

/** The speaker restarts, with neighbours that are not up yet. */
function restarted(...addresses: string[]): { rig: Scene; neighbors: Neighbor[]; over: string[] } {
  const rig = new Scene(RESTART);
  const over: string[] = [];
  rig.restartOver = (how) => over.push(how);
  for (const [i, address] of addresses.entries())
    rig.speaker.handle(rig.now, {
      type: "AddPeer",
      config: config(Scene.settings({ address, peerAs: 65002 + i, holdTime: seconds(0) })),
    });
  rig.settle();
  const neighbors = addresses.map((address, i) => rig.known(Scene.settings({ address, peerAs: 65002 + i })));
  return { rig, neighbors, over };
}

test("OPENs have the R bit until the restart is over, and the F bit for what was forwarded", () => {
  const { rig, neighbors, over } = restarted("192.0.2.2", "192.0.2.3");
  const [one, two] = neighbors as [Neighbor, Neighbor];
  comeUp(one).send(endOfRib());
  const { restarting, families } = offered(one);
  assert.deepEqual([restarting, families], [true, [{ afi: 1, safi: 1, forwarding: true }]]);
  assert.deepEqual([over, rig.speaker.restartAt(rig.now).waitingFor], [[], ["192.0.2.3"]]);
  comeUp(two).send(endOfRib());
  assert.deepEqual([over, rig.speaker.restartAt(rig.now).restarting], [["complete"], false]);
  one.lose();
  comeUp(one);
  assert.equal(offered(one).restarting, false);
});

test("the F bit is off where forwarding was not kept; at a first start it is off everywhere, and R as well", () => {
  const rig = new Scene({ restart: { forwarding: [] } });
  const neighbor = rig.meet();
  assert.deepEqual([offered(neighbor).restarting, offered(neighbor).families[0]?.forwarding], [true, false]);
  const fresh = new Scene().meet();
  assert.deepEqual([offered(fresh).restarting, offered(fresh).families[0]?.forwarding], [false, false]);
});

test("a session that comes back within our life has the F bit without R: nothing was lost meanwhile", () => {
  const rig = new Scene();
  const neighbor = rig.meet();
  neighbor.lose();
  comeUp(neighbor);
  assert.deepEqual([offered(neighbor).restarting, offered(neighbor).families[0]?.forwarding], [false, true]);
});

test("our own routes are sent at once; those of neighbours, and End-of-RIB, when all have sent theirs", () => {
  const { rig, neighbors } = restarted("192.0.2.2", "192.0.2.3");
  const [one, two] = neighbors as [Neighbor, Neighbor];
  rig.input({ type: "Announce", routes: [route()] });
  comeUp(one).announce([FIRST]).send(endOfRib());
  assert.deepEqual(one.takeLog(), ["reach"]);
  comeUp(two);
  assert.deepEqual([two.takeLog(), two.route(FIRST)], [["reach"], undefined]);
  two.send(endOfRib());
  assert.deepEqual([one.takeLog(), two.takeLog()], [["end-of-rib"], ["reach", "end-of-rib"]]);
  assert.notEqual(two.route(FIRST), undefined);
});

test("what a neighbour withdraws while selection is deferred is never told", () => {
  const { neighbors } = restarted("192.0.2.2", "192.0.2.3");
  const [one, two] = neighbors as [Neighbor, Neighbor];
  comeUp(one).announce(ROUTES).withdraw([FIRST]).send(endOfRib());
  comeUp(two).send(endOfRib());
  assert.deepEqual(two.takeLog(), ["reach", "end-of-rib"]);
  assert.equal(two.routeCount, 1);
});

test("neighbours that restart themselves, or do not know of it, are not waited for", () => {
  for (const offer of [{ restarting: true }, { capable: false }]) {
    const { neighbors, over } = restarted("192.0.2.2");
    comeUp(neighbors[0] as Neighbor, offer);
    assert.deepEqual(over, ["complete"]);
  }
  const rig = new Scene(RESTART);
  const over: string[] = [];
  rig.restartOver = (how) => over.push(how);
  rig.add({});
  assert.deepEqual(over, ["complete"], "without graceful restart with anybody there is nothing to wait for");
});

test("a neighbour that an operator stops is no longer waited for", () => {
  const { rig, over } = restarted("192.0.2.2");
  assert.deepEqual(over, []);
  rig.input({ type: "DisablePeer", peer: "192.0.2.2", text: "" });
  assert.deepEqual(over, ["complete"]);
});

test("a neighbour that sends no End-of-RIB is waited for until the deferral time is over", () => {
  const { rig, neighbors, over } = restarted("192.0.2.2");
  const [one] = neighbors as [Neighbor];
  comeUp(one);
  rig.pass(seconds(59));
  assert.deepEqual([over, one.takeLog()], [[], []]);
  rig.pass(seconds(2));
  assert.deepEqual([over, one.takeLog()], [["timeout"], ["end-of-rib"]]);
});

test("a neighbour that does not come up is waited for no longer than our Restart Time: it has dropped our routes", () => {
  const rig = new Scene(RESTART);
  const gracefulRestart = settings({ restartTime: seconds(20), deferralTime: seconds(60) });
  const add = (address: string) =>
    rig.speaker.handle(rig.now, {
      type: "AddPeer",
      config: config(Scene.settings({ address, gracefulRestart, holdTime: seconds(0) })),
    });
  add("192.0.2.2");
  add("192.0.2.3");
  const one = comeUp(rig.known(Scene.settings({ address: "192.0.2.2" })));
  one.send(endOfRib());
  rig.pass(seconds(19));
  assert.deepEqual(one.takeLog(), []);
  rig.pass(seconds(2));
  assert.deepEqual(one.takeLog(), ["end-of-rib"]);
});

test("End-of-RIB waits for the owner's word, and what was announced before it goes first", () => {
  for (const given of [RESTART, {}]) {
    const rig = new Scene(given);
    rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
    const one = rig.meet({ holdTime: seconds(0) });
    one.send(endOfRib());
    rig.pass(seconds(10));
    assert.deepEqual(one.takeLog(), []);
    rig.speaker.handle(rig.now, { type: "Announce", routes: [route()] });
    rig.speaker.handle(rig.now, { type: "ReleaseEndOfRib" });
    rig.settle();
    assert.deepEqual(one.takeLog(), ["reach", "end-of-rib"]);
    assert.notEqual(rig.speaker.restartOf(one.name)?.families[0]?.endOfRibSent, undefined);
  }
});

test("the owner's word counts also when a neighbour goes before the speaker is driven again", () => {
  const rig = new Scene(RESTART);
  rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
  const one = rig.meet({ holdTime: seconds(0) });
  one.send(endOfRib());
  const two = rig.meet({ address: "192.0.2.3", peerAs: 65003, gracefulRestart: undefined });
  rig.speaker.handle(rig.now, { type: "ReleaseEndOfRib" });
  rig.speaker.handle(rig.now, { type: "RemovePeer", peer: two.name });
  rig.settle();
  assert.deepEqual([one.takeLog(), rig.speaker.restartAt(rig.now).restarting], [["end-of-rib"], false]);
});

test("however many routes were announced while End-of-RIB was held, they go first", () => {
  const rig = new Scene();
  rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
  const one = rig.meet({ holdTime: seconds(0) });
  const routes = Array.from({ length: 30_000 }, (_, i) => route(`10.${i >>> 8}.${i & 255}.1/32`));
  rig.speaker.handle(rig.now, { type: "Announce", routes });
  rig.speaker.handle(rig.now, { type: "ReleaseEndOfRib" });
  rig.settle();
  const log = one.takeLog();
  assert.equal(log.indexOf("end-of-rib"), log.length - 1);
  assert.equal(one.routeCount, 30_000);
});

test("an owner that says nothing is waited for until the longest deferral time is over", () => {
  const rig = new Scene(RESTART);
  rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
  const one = rig.meet({ holdTime: seconds(0) });
  one.send(endOfRib());
  rig.pass(seconds(59));
  assert.deepEqual([one.takeLog(), rig.speaker.restartAt(rig.now).restarting], [[], true]);
  rig.pass(seconds(2));
  assert.deepEqual([one.takeLog(), rig.speaker.restartAt(rig.now).restarting], [["end-of-rib"], false]);
});

test("R stays while the owner holds End-of-RIB, though all neighbours have sent theirs", () => {
  const rig = new Scene(RESTART);
  rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
  const one = rig.meet({ holdTime: seconds(0) });
  one.send(endOfRib());
  one.lose();
  comeUp(one);
  assert.equal(offered(one).restarting, true);
  rig.input({ type: "ReleaseEndOfRib" });
  assert.deepEqual([rig.speaker.restartAt(rig.now).restarting, one.takeLog()], [false, ["end-of-rib"]]);
});

test("after a restart a neighbour that refuses is tried every 200 ms, with little jitter", () => {
  const { rig } = restarted("192.0.2.2");
  const times: number[] = [];
  for (let attempt = 0; attempt < 10; attempt++) {
    times.push(rig.now);
    const connection = rig.attempts.get("192.0.2.2") as number;
    rig.attempts.delete("192.0.2.2");
    rig.input({ type: "ConnectFailed", connection, reason: "refused" });
    rig.pass(millis(201));
    assert.equal(rig.attempts.has("192.0.2.2"), true, `attempt ${attempt}`);
  }
});

test("a neighbour that accepts and closes, as GoBGP does at first, is tried again as quickly", () => {
  const { rig, neighbors } = restarted("192.0.2.2");
  const [one] = neighbors as [Neighbor];
  for (let attempt = 0; attempt < 10; attempt++) {
    one.connect();
    one.lose();
    rig.pass(millis(201));
    assert.equal(rig.attempts.has("192.0.2.2"), true, `attempt ${attempt}`);
  }
});
