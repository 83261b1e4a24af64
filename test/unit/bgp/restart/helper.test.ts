/** The receiving speaker of RFC 4724 section 4.2 and RFC 8538: a neighbour's routes over its restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute, type Prefix, parsePrefix, plainFamily } from "../../../../src/bgp/index.ts";
import { ceaseError, encodeNotification, Family, wrapHardReset } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { Neighbor, prefix as parse } from "../speaker/neighbor.ts";
import { address, config } from "../speaker/rig.ts";
import {
  comeUp,
  endOfRib,
  FIRST,
  type Offer,
  pathOf,
  ROUTES,
  restartingFamily,
  Scene,
  SECOND,
  type settings,
} from "./scene.ts";

const BOTH = { families: [Family.Ipv4Unicast, Family.Ipv6Unicast].map(restartingFamily) };
const PREFIX6 = "2001:db8:1::/48";
const N = { notification: true };

/** A neighbour with two routes that is known to restart gracefully, and somebody who was told of them. */
function scene(offer: Offer = {}, restart: Parameters<typeof settings>[0] = {}) {
  const rig = new Scene();
  const neighbor = rig.meet({}, offer, restart);
  const sink = rig.sink();
  neighbor.announce(ROUTES);
  neighbor.send(endOfRib());
  sink.takeLog();
  assert.equal(sink.routeCount, 2);
  return { rig, neighbor, sink };
}

const stale = (neighbor: Neighbor, rig: Scene) => rig.speaker.restartOf(neighbor.name)?.families[0]?.stale;

test("TCP is lost: its routes stay as they are, stale, and nobody is told anything (RFC 4724 section 4.2)", () => {
  const { rig, neighbor, sink } = scene();
  neighbor.lose();
  assert.deepEqual(sink.takeLog(), []);
  assert.deepEqual([pathOf(rig, neighbor, FIRST), stale(neighbor, rig)], ["best stale", 2]);
  assert.deepEqual(
    rig.eventsOf("stale-kept").map(({ families }) => families),
    [[Family.Ipv4Unicast]],
  );
});

test("a stale path is gone at Restart Time, and not before", () => {
  const { rig, neighbor, sink } = scene();
  neighbor.lose();
  rig.pass(seconds(119.9));
  assert.equal(sink.routeCount, 2);
  rig.pass(seconds(0.2));
  assert.deepEqual([sink.routeCount, sink.takeLog()], [0, ["withdraw"]]);
  assert.equal(neighbor.peer?.index, undefined);
  assert.deepEqual(
    rig.eventsOf("stale-removed").map(({ count, why }) => [count, why]),
    [[2, "restart-time"]],
  );
  assert.equal(rig.speaker.rib.view.counts(Family.Ipv4Unicast).paths, 0);
});

test("a neighbour whose capability we did not answer with ours is not helped", () => {
  const rig = new Scene();
  const neighbor = rig.meet({ gracefulRestart: undefined }, {});
  const sink = rig.sink();
  neighbor.announce(ROUTES);
  neighbor.lose();
  assert.equal(sink.routeCount, 0);
});

test("a neighbour that offers nothing, no family, or Restart Time 0 is not helped", () => {
  for (const offer of [{ capable: false }, { families: [] }, { restartTimeSeconds: 0 }]) {
    const { neighbor, sink } = scene(offer);
    neighbor.lose();
    assert.equal(sink.routeCount, 0, JSON.stringify(offer));
  }
});

test("only families that the neighbour has listed are kept", () => {
  const rig = new Scene();
  const neighbor = rig.meet(BOTH, { families: [Family.Ipv6Unicast] });
  const sink = rig.sink({}, BOTH);
  neighbor.announce(ROUTES);
  neighbor.announce([PREFIX6], { nextHop: address("2001:db8::2") });
  neighbor.lose();
  assert.equal(pathOf(rig, neighbor, FIRST), undefined);
  assert.equal(pathOf(rig, neighbor, PREFIX6), "best stale");
  assert.equal(sink.routeCount, 1);
});

test("a NOTIFICATION drops the routes, unless both sides have the N bit (RFC 8538 section 4)", () => {
  const cease = encodeNotification(ceaseError(4));
  for (const [theirs, ours, left] of [
    [false, false, 0],
    [true, false, 0],
    [false, true, 0],
    [true, true, 2],
  ] as const) {
    const { neighbor, sink } = scene({ notification: theirs }, { notification: ours });
    neighbor.send(cease);
    assert.equal(sink.routeCount, left, `${theirs} ${ours}`);
  }
});

test("a Hard Reset drops the routes although both have the N bit, and says what is in it (RFC 8538 section 3)", () => {
  const { rig, neighbor, sink } = scene(N, N);
  neighbor.send(encodeNotification(wrapHardReset(ceaseError(2, "moving"))));
  assert.equal(sink.routeCount, 0);
  assert.equal(rig.eventsOf("notification-received", neighbor.name)[0]?.text, "moving");
});

test("the hold timer drops the routes of a dead host, unless both sides have the N bit", () => {
  for (const [bit, left] of [
    [false, 0],
    [true, 2],
  ] as const) {
    const { rig, neighbor, sink } = scene({ notification: bit }, { notification: bit });
    rig.pass(seconds(100));
    assert.notEqual(neighbor.state, "Established");
    assert.equal(rig.eventsOf("down", neighbor.name)[0]?.reason.type, "hold-timer-expired");
    assert.equal(sink.routeCount, left);
  }
});

test("a fault that we find in its messages keeps the routes where both sides have the N bit", () => {
  for (const [bit, left] of [
    [false, 0],
    [true, 2],
  ] as const) {
    const { neighbor, sink } = scene({ notification: bit }, { notification: bit });
    neighbor.send(new Uint8Array(19)); // no marker
    assert.equal(sink.routeCount, left);
  }
});

test("back in time: what it announces is fresh, and End-of-RIB takes away the rest", () => {
  const { rig, neighbor, sink } = scene();
  neighbor.lose();
  rig.pass(seconds(60));
  comeUp(neighbor, { restarting: true });
  assert.deepEqual([stale(neighbor, rig), sink.takeLog()], [2, []]);
  neighbor.announce([FIRST]);
  assert.deepEqual([stale(neighbor, rig), pathOf(rig, neighbor, FIRST)], [1, "best"]);
  assert.deepEqual(sink.takeLog(), [], "nothing has changed");
  neighbor.send(endOfRib());
  assert.deepEqual([sink.takeLog(), stale(neighbor, rig)], [["withdraw"], 0]);
  assert.deepEqual([sink.route(FIRST) !== undefined, sink.route(SECOND)], [true, undefined]);
  rig.pass(seconds(60)).settle();
  assert.equal(sink.routeCount, 1, "its Restart Time no longer runs");
});

test("back in time, its own routes are not told to it, and ours are told again with End-of-RIB", () => {
  const { rig, neighbor } = scene();
  rig.input({ type: "Announce", routes: [localRoute(parsePrefix("203.0.113.1/32") as Prefix)] });
  neighbor.lose();
  comeUp(neighbor, { restarting: true });
  assert.deepEqual(neighbor.takeLog(), ["reach", "end-of-rib"]);
  assert.equal(neighbor.routeCount, 1);
});

test("back without the F bit, without the family or without the capability: what is stale goes at once", () => {
  for (const offer of [{ forwarding: false }, { families: [] }, { capable: false }]) {
    const { rig, neighbor, sink } = scene();
    neighbor.lose();
    comeUp(neighbor, offer);
    assert.deepEqual([sink.routeCount, stale(neighbor, rig)], [0, 0], JSON.stringify(offer));
    assert.equal(rig.eventsOf("stale-removed")[0]?.why, "not-forwarding");
    assert.equal(neighbor.state, "Established");
    neighbor.announce([FIRST]);
    assert.equal(sink.routeCount, 1);
    rig.pass(seconds(50)).settle();
    assert.equal(sink.routeCount, 1);
  }
});

test("a family that is back is kept, one that is not goes at once", () => {
  const rig = new Scene();
  const neighbor = rig.meet(BOTH);
  const sink = rig.sink({}, BOTH);
  neighbor.announce(ROUTES);
  neighbor.announce([PREFIX6], { nextHop: address("2001:db8::2") });
  neighbor.lose();
  assert.equal(sink.routeCount, 3);
  comeUp(neighbor, { restarting: true, families: [Family.Ipv6Unicast] });
  assert.equal(sink.routeCount, 1);
  assert.equal(pathOf(rig, neighbor, PREFIX6), "best stale");
});

test("down again before End-of-RIB: what was stale already goes, what was fresh is stale (RFC 4724 section 4.2)", () => {
  const { neighbor, sink, rig } = scene();
  neighbor.lose();
  comeUp(neighbor, { restarting: true }).announce([FIRST]);
  neighbor.lose();
  assert.deepEqual([sink.route(FIRST) !== undefined, sink.route(SECOND)], [true, undefined]);
  assert.equal(stale(neighbor, rig), 1);
});

test("with the N bit, what was stale already stays over another failure (RFC 8538 section 4.2)", () => {
  const { rig, neighbor, sink } = scene(N, N);
  neighbor.lose();
  comeUp(neighbor, { restarting: true, ...N }).announce([FIRST]);
  neighbor.lose();
  assert.deepEqual([sink.routeCount, stale(neighbor, rig)], [2, 2]);
  comeUp(neighbor, { restarting: true, ...N }).send(endOfRib());
  assert.equal(sink.routeCount, 0);
});

test("a neighbour that fails again and again does not keep its routes for ever", () => {
  const { rig, neighbor, sink } = scene(N, { ...N, stalePathTime: seconds(200) });
  for (let time = 0; time < 300; time += 60) {
    neighbor.lose();
    rig.pass(seconds(30));
    comeUp(neighbor, { restarting: true, ...N });
    rig.pass(seconds(30));
  }
  assert.equal(rig.eventsOf("stale-removed").at(-1)?.why, "stale-path-time");
  assert.equal(sink.routeCount, 0);
});

test("once the neighbour is back, its Restart Time no longer counts, though it has not announced anything yet", () => {
  const { rig, neighbor, sink } = scene();
  neighbor.lose();
  rig.pass(seconds(100));
  comeUp(neighbor, { restarting: true });
  rig.pass(seconds(60));
  assert.deepEqual([sink.routeCount, stale(neighbor, rig)], [2, 2]);
});

test("a neighbour that is back but sends no End-of-RIB keeps what is stale for stale path time only", () => {
  const { rig, neighbor, sink } = scene({}, { stalePathTime: seconds(30) });
  neighbor.lose();
  comeUp(neighbor, { restarting: true });
  rig.pass(seconds(29));
  assert.equal(sink.routeCount, 2);
  rig.pass(seconds(2));
  assert.equal(sink.routeCount, 0);
  assert.equal(neighbor.state, "Established");
});

test("an operator's stop, a removal, or a change that asks for a reset drops what is kept", () => {
  const changes = {
    disabled: (rig: Scene, peer: string) => rig.input({ type: "DisablePeer", peer, text: "" }),
    removed: (rig: Scene, peer: string) => rig.input({ type: "RemovePeer", peer }),
    changed: (rig: Scene) => rig.input({ type: "UpdatePeer", config: config(Scene.settings()), effect: "reset" }),
  };
  for (const [name, change] of Object.entries(changes))
    for (const isDown of [true, false]) {
      const { rig, neighbor, sink } = scene(N, N);
      if (isDown) neighbor.lose();
      change(rig, neighbor.name);
      assert.equal(sink.routeCount, 0, `${name} ${isDown}`);
      rig.pass(seconds(300));
      assert.equal(rig.speaker.rib.usage.updateGroups <= 1, true);
    }
});

test("a neighbour that connects again while its session seems up has restarted (RFC 4724 section 5)", () => {
  const { rig, neighbor, sink } = scene();
  const former = neighbor.connection;
  comeUp(neighbor, { restarting: true });
  assert.notEqual(neighbor.connection, former);
  assert.deepEqual([stale(neighbor, rig), sink.takeLog()], [2, []]);
  neighbor.announce(ROUTES).send(endOfRib());
  assert.deepEqual([stale(neighbor, rig), sink.takeLog()], [0, []]);
});

test("routes that stay while it is down are judged again when the policies or settings change", () => {
  const { rig, neighbor, sink } = scene();
  neighbor.lose();
  const settingsOf = (defaultImport: "accept" | "reject") => config(Scene.settings({ defaultImport }));
  rig.input({ type: "UpdatePeer", config: settingsOf("reject"), effect: "soft" });
  assert.equal(sink.routeCount, 0);
  rig.input({ type: "UpdatePeer", config: settingsOf("accept"), effect: "soft" });
  assert.deepEqual([sink.routeCount, stale(neighbor, rig)], [2, 2]);
});

test("what is stale does not count towards the prefix limit beside what takes its place", () => {
  for (const action of ["restart", "discard"] as const) {
    const prefixLimit = { max: 2, warningPercent: 0, action, restartTime: seconds(60) };
    const rig = new Scene();
    const neighbor = rig.meet({ families: [{ ...restartingFamily(Family.Ipv4Unicast), prefixLimit }] });
    const sink = rig.sink();
    neighbor.announce(ROUTES);
    neighbor.lose();
    comeUp(neighbor, { restarting: true });
    neighbor.announce(["10.0.0.0/24", "10.0.1.0/24"]);
    assert.deepEqual([neighbor.state, sink.routeCount], ["Established", 4]);
    neighbor.announce([FIRST]);
    assert.equal(neighbor.state === "Established", action === "discard");
    if (action === "discard") assert.equal(pathOf(rig, neighbor, FIRST), "best stale");
  }
});

test("a dynamic neighbour is remembered as long as its routes are", () => {
  const rig = new Scene();
  const template = config(Scene.settings());
  rig.input({ type: "AddDynamicPeers", prefix: parse("192.0.2.0/30"), template, effect: "live" });
  const neighbor = new Neighbor(rig, template);
  comeUp(neighbor).announce(ROUTES);
  neighbor.lose();
  rig.pass(seconds(60));
  assert.equal(pathOf(rig, neighbor, FIRST), "best stale");
  rig.pass(seconds(61));
  assert.equal(neighbor.peer, undefined);
  assert.equal(rig.speaker.rib.view.counts(Family.Ipv4Unicast).paths, 0);
});

test("a neighbour that waits to be connected to is tried again every five seconds while its routes are kept", () => {
  const { rig, neighbor } = scene();
  neighbor.lose();
  rig.take();
  for (let attempt = 0; attempt < 10; attempt++) {
    rig.pass(seconds(5.1));
    const connection = rig.attempts.get(neighbor.name);
    rig.attempts.delete(neighbor.name);
    if (connection !== undefined) rig.input({ type: "ConnectFailed", connection, reason: "refused" });
  }
  assert.ok(rig.take().filter((line) => line === "connect 192.0.2.2").length >= 8, "it is tried again and again");
});

test("when its Restart Time is over it is tried as seldom as anybody", () => {
  const { rig, neighbor } = scene();
  neighbor.lose();
  rig.pass(seconds(121));
  const connection = rig.attempts.get(neighbor.name) as number;
  rig.attempts.delete(neighbor.name);
  rig.input({ type: "ConnectFailed", connection, reason: "refused" });
  rig.take();
  rig.pass(seconds(60));
  assert.deepEqual(
    rig.take().filter((line) => line.startsWith("connect 192.0.2.2")),
    [],
  );
});

test("without graceful restart of ours a plain neighbour is as before", () => {
  const rig = new Scene();
  const neighbor = rig.join({ families: [plainFamily(Family.Ipv4Unicast)] });
  neighbor.announce(ROUTES);
  neighbor.lose();
  assert.equal(rig.speaker.rib.view.counts(Family.Ipv4Unicast).paths, 0);
});
