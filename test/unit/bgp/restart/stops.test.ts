/** Ways to stop, and what each makes of the routes (RFC 4486, 8326, 8538, 9003). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute, type Prefix, parsePrefix, plainFamily } from "../../../../src/bgp/index.ts";
import { Family, WellKnownCommunity } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { config } from "../speaker/rig.ts";
import { comeUp, FIRST, pathOf, ROUTES, Scene } from "./scene.ts";

const { GracefulShutdown } = WellKnownCommunity;
const VIP = "203.0.113.1/32";
const N = { notification: true };
const HARD = "0602"; // inside a Hard Reset: Cease/Administrative Shutdown

function announced(offer: Parameters<typeof comeUp>[1] = {}, restart: { notification?: boolean } = {}) {
  const rig = new Scene();
  const neighbor = rig.meet({}, offer, restart);
  rig.input({ type: "Announce", routes: [localRoute(parsePrefix(VIP) as Prefix, { communities: [0xfde80001] })] });
  neighbor.take();
  neighbor.takeLog();
  rig.take();
  return { rig, neighbor };
}

test("stopped to hold: TCP closes without a word, and nothing is withdrawn", () => {
  const { rig, neighbor } = announced();
  rig.input({ type: "Stop", text: "bye", mode: "hold" });
  assert.deepEqual([neighbor.take(), rig.take()], [[], ["close 192.0.2.2"]]);
  rig.pass(seconds(600));
  assert.deepEqual(rig.take(), [], "nobody comes up again");
});

test("stopped to hold, what was announced just before is told first", () => {
  const { rig, neighbor } = announced();
  rig.speaker.handle(rig.now, { type: "Withdraw", routes: [localRoute(parsePrefix(VIP) as Prefix)] });
  rig.input({ type: "Stop", text: "bye", mode: "hold" });
  assert.deepEqual(neighbor.takeLog(), ["withdraw"]);
});

test("stopped to hold, who would not hold our routes gets Cease/Administrative Shutdown", () => {
  const rig = new Scene();
  const plain = rig.meet({}, { capable: false });
  const helpers = rig.meet({ address: "192.0.2.3", families: [plainFamily(Family.Ipv4Unicast)] });
  for (const neighbor of [plain, helpers]) neighbor.take();
  rig.input({ type: "Stop", text: "bye", mode: "hold" });
  for (const neighbor of [plain, helpers]) assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/2 03627965"]);
});

test("stopped for good: withdrawn, then Cease/2 with the text, in a Hard Reset where both have the N bit", () => {
  const plain = announced();
  plain.rig.input({ type: "Stop", text: "bye" });
  assert.deepEqual(plain.neighbor.take(), ["UPDATE", "NOTIFICATION 6/2 03627965"]);
  const both = announced(N, N);
  both.rig.input({ type: "Stop", text: "bye" });
  assert.deepEqual(both.neighbor.take(), ["UPDATE", `NOTIFICATION 6/9 ${HARD}03627965`]);
});

test("one neighbour disabled or removed: a Hard Reset where both have the N bit, with what it is about inside", () => {
  const peer = "192.0.2.2";
  for (const [input, plain, hard] of [
    [{ type: "DisablePeer", peer, text: "" }, "6/2", `6/9 ${HARD}`],
    [{ type: "RemovePeer", peer }, "6/3", "6/9 0603"],
  ] as const)
    for (const [both, seen] of [
      [false, plain],
      [true, hard],
    ] as const) {
      const { rig, neighbor } = announced({ notification: both }, { notification: both });
      rig.input(input);
      assert.deepEqual(neighbor.take(), [`NOTIFICATION ${seen}`]);
    }
});

test("a reset keeps the routes of both sides where both have the N bit, a hard one drops them (RFC 8538)", () => {
  for (const [hard, seen, left] of [
    [false, "6/4", 2],
    [true, "6/9 0604", 0],
  ] as const) {
    const { rig, neighbor } = announced(N, N);
    const sink = rig.sink();
    neighbor.announce(ROUTES);
    neighbor.take();
    rig.input({ type: "ResetPeer", peer: neighbor.name, text: "", hard });
    assert.deepEqual(neighbor.take(), [`NOTIFICATION ${seen}`]);
    assert.equal(sink.route(FIRST) === undefined, left === 0);
    rig.pass(seconds(2));
    assert.equal(neighbor.state, "Connect");
  }
});

test("a reset without the N bit is Cease/4, and drops the routes, hard or not", () => {
  for (const hard of [false, true]) {
    const { rig, neighbor } = announced();
    neighbor.announce(ROUTES);
    neighbor.take();
    rig.input({ type: "ResetPeer", peer: neighbor.name, text: "", hard });
    assert.deepEqual([neighbor.take(), pathOf(rig, neighbor, FIRST)], [["NOTIFICATION 6/4"], undefined]);
  }
});

test("a neighbour that is drained gets GRACEFUL_SHUTDOWN on everything, once; undrained, as before (RFC 8326)", () => {
  const { rig, neighbor } = announced();
  const other = rig.meet({ address: "192.0.2.3", peerAs: 65003 });
  other.announce([FIRST], { communities: [GracefulShutdown] });
  for (const one of [neighbor, other]) one.takeLog();
  rig.input({ type: "DrainPeer", peer: neighbor.name });
  assert.deepEqual(neighbor.route(VIP)?.communities, [0xfde80001, GracefulShutdown]);
  assert.deepEqual(neighbor.route(FIRST)?.communities, [GracefulShutdown]);
  assert.deepEqual(other.takeLog(), [], "nobody else is told");
  neighbor.takeLog();
  rig.input({ type: "DrainPeer", peer: neighbor.name });
  assert.deepEqual(neighbor.takeLog(), []);
  rig.input({ type: "UndrainPeer", peer: neighbor.name });
  assert.deepEqual(neighbor.route(VIP)?.communities, [0xfde80001]);
});

test("an internal neighbour that is drained gets LOCAL_PREF 0 as well, on routes with communities or without", () => {
  const rig = new Scene();
  const inside = rig.meet({ peerAs: 65001 });
  rig.input({ type: "Announce", routes: [localRoute(parsePrefix(VIP) as Prefix, { localPref: 200 })] });
  rig.input({ type: "DrainPeer", peer: inside.name });
  const route = inside.route(VIP);
  assert.deepEqual([route?.localPref, route?.communities], [0, [GracefulShutdown]]);
});

test("a neighbour stays drained over a new session", () => {
  const { rig, neighbor } = announced();
  rig.input({ type: "DrainPeer", peer: neighbor.name });
  neighbor.lose();
  comeUp(neighbor);
  assert.deepEqual(neighbor.route(VIP)?.communities, [0xfde80001, GracefulShutdown]);
});

test("GRACEFUL_SHUTDOWN from an external neighbour makes its route the last choice, unless configured otherwise", () => {
  for (const [honourGracefulShutdown, best] of [
    [undefined, "other"],
    [true, "other"],
    [false, "best"],
  ] as const) {
    const rig = new Scene();
    const neighbor = rig.meet({ honourGracefulShutdown });
    const longer = rig.meet({ address: "192.0.2.3", peerAs: 65003 });
    const inside = rig.meet({ address: "192.0.2.4", peerAs: 65001 });
    longer.announce([FIRST], { asPath: [{ type: "sequence", asns: [65003, 65004] }] });
    neighbor.announce([FIRST], { communities: [GracefulShutdown] });
    assert.equal(pathOf(rig, neighbor, FIRST), best);
    longer.withdraw([FIRST]);
    assert.equal(inside.route(FIRST)?.localPref, best === "best" ? 100 : 0, "RFC 8326 section 4.2");
  }
});

test("GRACEFUL_SHUTDOWN from inside changes nothing: the sender has set LOCAL_PREF", () => {
  const rig = new Scene();
  const inside = rig.meet({ peerAs: 65001 });
  inside.announce([FIRST], { communities: [GracefulShutdown], localPref: 300 });
  const sink = rig.meet({ address: "192.0.2.5", peerAs: 65001, routeReflectorClient: true });
  assert.equal(sink.route(FIRST)?.localPref, 300);
});

test("what a restart is about to be told is dropped when the neighbour is gone for good", () => {
  const { rig, neighbor } = announced();
  neighbor.announce(ROUTES);
  neighbor.lose();
  rig.input({ type: "UpdatePeer", config: config(Scene.settings({ adminDown: true })), effect: "live" });
  assert.equal(rig.speaker.rib.view.counts(Family.Ipv4Unicast).paths, 1);
});
