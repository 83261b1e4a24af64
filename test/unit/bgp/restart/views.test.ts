/** What the API and the status page are shown of graceful restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { NEVER, seconds } from "../../../../src/lib/time.ts";
import { prefix } from "../speaker/neighbor.ts";
import { config } from "../speaker/rig.ts";
import { comeUp, endOfRib, FIRST, ROUTES, Scene } from "./scene.ts";

test("both sides' bits and times, by family, as the two OPENs had them", () => {
  const rig = new Scene();
  const neighbor = rig.meet(
    {},
    { restarting: true, notification: true, restartTimeSeconds: 40, forwarding: false, longLivedSeconds: 70 },
  );
  const view = rig.speaker.restartOf(neighbor.name);
  const common = { longLived: true };
  assert.deepEqual(view?.local, { ...common, restarting: false, notification: false, restartTime: seconds(120) });
  assert.deepEqual(view?.remote, { ...common, restarting: true, notification: true, restartTime: seconds(40) });
  const [family] = view?.families ?? [];
  const own = { forwarding: false, longLived: { forwarding: false, staleTime: seconds(600) } };
  assert.deepEqual(family?.local, own);
  assert.deepEqual(family?.remote, { forwarding: false, longLived: { forwarding: true, staleTime: seconds(70) } });
  assert.equal(rig.speaker.restartOf("192.0.2.77"), undefined);
});

test("a neighbour that never was up, and one without the capability, have nothing to show", () => {
  const rig = new Scene();
  rig.add(Scene.settings());
  const plain = rig.meet({ address: "192.0.2.3" }, { capable: false });
  for (const name of ["192.0.2.2", plain.name]) {
    const view = rig.speaker.restartOf(name);
    assert.equal(view?.remote, undefined);
    const [family] = view?.families ?? [];
    assert.deepEqual([family?.remote, family?.state], [{ forwarding: undefined, longLived: undefined }, "none"]);
  }
});

test("the timers, stale counts and states of each phase, and when End-of-RIB came and went", () => {
  const rig = new Scene();
  const neighbor = rig.meet({}, { longLivedSeconds: 600 });
  neighbor.announce(ROUTES).send(endOfRib());
  const show = () => {
    const view = rig.speaker.restartOf(neighbor.name);
    const family = view?.families[0];
    const timers = [view?.restartTimer, family?.longLivedTimer, view?.stalePathTimer];
    const left = timers.map((at) => (at === undefined || at === NEVER ? undefined : (at - rig.now) / 1e6));
    return [view?.helping, family?.state, family?.stale, ...left];
  };
  assert.deepEqual(show(), [false, "none", 0, undefined, undefined, undefined]);
  const { endOfRibReceived, endOfRibSent } = rig.speaker.restartOf(neighbor.name)?.families[0] ?? {};
  assert.deepEqual([endOfRibReceived, endOfRibSent], [0, 0]);
  neighbor.lose();
  rig.pass(seconds(20));
  assert.deepEqual(show(), [true, "stale", 2, 100, undefined, undefined]);
  rig.pass(seconds(110));
  assert.deepEqual(show(), [true, "long-lived", 2, undefined, 590, undefined]);
  comeUp(neighbor, { restarting: true, longLivedSeconds: 600 }).announce([FIRST]);
  assert.deepEqual(show(), [false, "long-lived", 1, undefined, 590, 360]);
  rig.pass(seconds(5));
  neighbor.send(endOfRib());
  assert.deepEqual(show(), [false, "none", 0, undefined, undefined, undefined]);
  assert.equal(rig.speaker.restartOf(neighbor.name)?.families[0]?.endOfRibReceived, rig.now);
});

test("a stale route says so wherever it is shown", () => {
  const rig = new Scene();
  const neighbor = rig.meet();
  neighbor.announce([FIRST]);
  neighbor.lose();
  const { view } = rig.speaker.rib;
  const index = neighbor.peer?.index ?? 0;
  const seen = [view.exact(prefix(FIRST))[0], view.adjRibIn(index, Family.Ipv4Unicast, 0, 10).routes[0]];
  assert.deepEqual(
    seen.map((route) => route?.stale),
    [true, true],
  );
});

test("neighbours that may still appear count for how long the owner may hold End-of-RIB", () => {
  const rig = new Scene({ restart: { forwarding: [] } });
  rig.speaker.handle(rig.now, { type: "HoldEndOfRib" });
  const template = config(Scene.settings());
  rig.input({ type: "AddDynamicPeers", prefix: prefix("192.0.2.0/24"), template, effect: "live" });
  rig.pass(seconds(59));
  assert.equal(rig.speaker.restartAt(rig.now).endOfRibHeld, true);
  rig.pass(seconds(2));
  const { deferring, endOfRibHeld, restarting } = rig.speaker.restartAt(rig.now);
  assert.deepEqual([deferring, endOfRibHeld, restarting], [false, false, false]);
});
