/** An orderly stop: what we announced goes, then the Cease with its text, and nothing comes after (RFC 4486, RFC 9003). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute } from "../../../../src/bgp/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { hostRoutes, prefix } from "./neighbor.ts";
import { config, Rig } from "./rig.ts";

const ROUTES = ["203.0.113.10/32", "203.0.113.11/32"].map((text) => localRoute(prefix(text)));
const GOODBYE = "NOTIFICATION 6/2 07676f6f64627965";

/** A speaker that has just stopped, with a neighbour that was up. */
function stopped(rig = new Rig()) {
  const neighbor = rig.join();
  rig.input({ type: "Announce", routes: ROUTES });
  neighbor.take();
  neighbor.takeLog();
  rig.take();
  // Only `handle`: a program that exits next must have sent everything by then.
  rig.speaker.handle(rig.now, { type: "Stop", text: "goodbye" });
  return { rig, neighbor };
}

test("our routes are withdrawn first, then comes Cease/2 with the text, then the end of the connection", () => {
  const { rig, neighbor } = stopped();
  assert.deepEqual(neighbor.take(), ["UPDATE", GOODBYE]);
  assert.deepEqual(neighbor.takeLog(), ["withdraw"]);
  assert.equal(neighbor.routeCount, 0);
  assert.deepEqual(rig.take(), ["close 192.0.2.2"]);
});

test("every neighbour is told, in whatever state, and all connections are closed", () => {
  const rig = new Rig();
  const opened = rig.add({ address: "192.0.2.3" }).connect();
  const confirmed = rig.add({ address: "192.0.2.4" }).connect().open();
  const trying = rig.add({ address: "192.0.2.5" });
  const { neighbor } = stopped(rig);
  assert.deepEqual(
    [neighbor, opened, confirmed].map(({ messages }) => messages.at(-1)),
    [GOODBYE, GOODBYE, GOODBYE],
  );
  assert.deepEqual(trying.messages, []);
  assert.deepEqual([rig.ends.size, rig.attempts.size], [0, 0]);
  assert.deepEqual(
    [...rig.speaker.peers.values()].map(({ session }) => session.state),
    ["Idle", "Idle", "Idle", "Idle"],
  );
});

test("no session comes up again, whatever is asked", () => {
  const { rig, neighbor } = stopped();
  const down = config({ address: "192.0.2.7", adminDown: true });
  rig.take();
  rig.input({ type: "EnablePeer", peer: neighbor.name });
  rig.input({ type: "ResetPeer", peer: neighbor.name, text: "" });
  rig.input({ type: "UpdatePeer", config: config({ description: "x" }), effect: "reset" });
  rig.input({ type: "AddPeer", config: config({ address: "192.0.2.6" }) });
  rig.input({ type: "AddPeer", config: down });
  rig.input({ type: "UpdatePeer", config: { ...down, adminDown: false }, effect: "live" });
  rig.pass(seconds(3600));
  assert.deepEqual(rig.take(), []);
});

test("whoever connects is turned away, and leaves nothing behind", () => {
  const { rig, neighbor } = stopped();
  const template = config({ address: "0.0.0.0" });
  rig.input({ type: "AddDynamicPeers", prefix: prefix("198.51.100.0/24"), template, effect: "live" });
  rig.take();
  neighbor.take();
  neighbor.connect();
  rig.accept("198.51.100.7");
  rig.accept("203.0.113.7");
  assert.deepEqual(rig.take(), ["close 192.0.2.2", "close stranger", "close stranger"]);
  assert.deepEqual(new Set(rig.eventsOf("refused").map(({ reason }) => reason)), new Set(["stopping"]));
  assert.deepEqual(neighbor.take(), []);
  assert.equal(rig.speaker.peers.size, 1);
});

test("an Announce after the stop is ignored", () => {
  const { rig } = stopped();
  rig.input({ type: "Announce", routes: ROUTES });
  assert.deepEqual([...rig.speaker.localRoutes], []);
  assert.equal(rig.speaker.rib.view.counts(0).paths, 0);
});

test("a second stop says nothing more", () => {
  const { rig, neighbor } = stopped();
  neighbor.take();
  rig.take();
  rig.input({ type: "Stop", text: "again" });
  assert.deepEqual([...neighbor.take(), ...rig.take()], []);
});

test("routes of neighbours are not withdrawn one by one: the Cease says it all", () => {
  const rig = new Rig();
  const other = rig.join({ address: "192.0.2.3", peerAs: 65003 });
  other.announce(["10.1.0.0/16"]);
  const { neighbor } = stopped(rig);
  assert.deepEqual(neighbor.takeLog(), ["withdraw"]);
  assert.equal(neighbor.routeCount, 1);
  assert.equal(neighbor.messages.at(-1), GOODBYE);
});

test("withdrawals do not wait for a neighbour's large table that is still being decided", () => {
  const rig = new Rig();
  const source = rig.join({ address: "192.0.2.3", peerAs: 65003 });
  const neighbor = rig.join();
  rig.input({ type: "Announce", routes: ROUTES });
  const bytes = source.update(hostRoutes(8_000), {});
  rig.speaker.handle(rig.now, { type: "Received", connection: source.connection, bytes });
  rig.speaker.handle(rig.now, { type: "Stop", text: "goodbye" });
  assert.equal(neighbor.route("203.0.113.10/32"), undefined);
  assert.equal(neighbor.messages.at(-1), GOODBYE);
});

test("a neighbour whose kernel is full still gets withdrawals and Cease", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  rig.input({ type: "Announce", routes: ROUTES });
  neighbor.sent(1_000_000).take();
  rig.speaker.handle(rig.now, { type: "Stop", text: "goodbye" });
  assert.deepEqual(neighbor.take(), ["UPDATE", GOODBYE]);
  assert.equal(neighbor.routeCount, 0);
});
