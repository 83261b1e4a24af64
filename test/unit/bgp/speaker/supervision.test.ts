/** A fault of ours in one session is that session's alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute } from "../../../../src/bgp/index.ts";
import { AssertionError } from "../../../../src/lib/assert.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { type Neighbor, prefix } from "./neighbor.ts";
import { Rig } from "./rig.ts";

/** Two neighbours with routes; the first one's will break. */
function pair(): { readonly rig: Rig; readonly bad: Neighbor; readonly good: Neighbor } {
  const rig = new Rig();
  const [bad, good] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  rig.input({ type: "Announce", routes: [localRoute(prefix("203.0.113.10/32"))] });
  good.announce(["172.16.0.0/12"]);
  bad.announce(["10.1.0.0/16"]);
  bad.take();
  good.take();
  rig.take();
  return { rig, bad, good };
}

/** Every call of this method of the neighbour's session fails from now on. */
function sabotage({ peer }: Neighbor, method: "handle" | "configure"): void {
  Object.assign(peer?.session ?? {}, {
    [method]: () => {
      throw new AssertionError("ours");
    },
  });
}

/** The other neighbour has its session, and all routes but those of the broken one. */
function assertUnharmed({ rig, good }: ReturnType<typeof pair>): void {
  assert.equal(good.state, "Established");
  assert.deepEqual([...good.take()], ["UPDATE"], "the broken one's route is withdrawn, no more");
  assert.deepEqual([good.routeCount, rig.speaker.rib.view.counts(0).paths], [1, 2]);
}

test("a failed assertion while an UPDATE is read resets that session, and no other", () => {
  const world = pair();
  const { rig, bad } = world;
  const { rib } = rig.speaker;
  const fault = new AssertionError("ours");
  const reach = rib.reach;
  rib.reach = () => {
    throw fault;
  };
  const update = bad.update(["10.2.0.0/16"], {});
  bad.send(update);
  rib.reach = reach;
  assert.deepEqual(bad.take(), ["NOTIFICATION 6/8"]);
  assert.deepEqual(rig.take(), ["close 192.0.2.2"]);
  assert.deepEqual(rig.eventsOf("internal-error"), [{ type: "internal-error", error: fault }]);
  assertUnharmed(world);
  rig.pass(seconds(1));
  assert.equal(bad.establish().state, "Established", "and it comes back");
});

test("so does one while a timer fires", () => {
  const world = pair();
  const { rig, bad, good } = world;
  const end = 100_000_000;
  rig.broken = bad.connection; // the next KEEPALIVE cannot be sent, and neither can the Cease
  while (rig.eventsOf("internal-error").length === 0 && rig.now < end) {
    rig.pass(seconds(1));
    if (rig.now % 10_000_000 === 0) good.send(Uint8Array.from([...new Uint8Array(16).fill(0xff), 0, 19, 4]));
  }
  assert.equal(rig.eventsOf("internal-error", bad.name).length, 2);
  good.messages.splice(0, good.messages.indexOf("UPDATE"));
  assert.deepEqual(good.take(), ["UPDATE"]);
  assert.equal(good.state, "Established");
});

test("a session that cannot even be stopped loses its connection, its routes and its place", () => {
  const world = pair();
  const { rig, bad } = world;
  sabotage(bad, "handle");
  rig.input({ type: "Sent", connection: bad.connection, outstanding: 0 });
  assert.equal(rig.eventsOf("internal-error", bad.name).length, 2);
  assert.equal(rig.eventsOf("peer-removed", bad.name).length, 1);
  assert.deepEqual(rig.take(), ["abort 192.0.2.2"]);
  assert.equal(rig.speaker.peers.size, 1);
  assertUnharmed(world);
  assert.equal(rig.join().state, "Established", "it can be configured again");
});

test("a fault while a neighbour is removed does not keep it", () => {
  const { rig, bad, good } = pair();
  sabotage(bad, "handle");
  rig.input({ type: "RemovePeer", peer: bad.name });
  assert.deepEqual([...rig.speaker.peers.keys()], [good.name]);
  assert.equal(rig.eventsOf("peer-removed", bad.name).length, 1);
});

test("a configuration that cannot be applied is a fault of that session", () => {
  const world = pair();
  const { rig, bad } = world;
  sabotage(bad, "configure");
  rig.input({ type: "UpdatePeer", config: bad.settings, effect: "live" });
  assert.deepEqual(bad.take(), ["NOTIFICATION 6/8"]);
  assertUnharmed(world);
});
