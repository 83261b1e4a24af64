/** Neighbours come, change and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute } from "../../../../src/bgp/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { prefix } from "./neighbor.ts";
import { config, Rig } from "./rig.ts";

const ROUTE = localRoute(prefix("203.0.113.10/32"), { med: 50 });

test("a neighbour that is added is connected to, one that is passive is waited for", () => {
  const rig = new Rig();
  rig.add();
  rig.add({ address: "192.0.2.3", passive: true });
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
  assert.deepEqual(
    [...rig.speaker.peers].map(([name, peer]) => [name, peer.session.state, peer.dynamic]),
    [
      ["192.0.2.2", "Connect", false],
      ["192.0.2.3", "Active", false],
    ],
  );
  assert.deepEqual(rig.eventsOf("peer-added"), [
    { type: "peer-added", dynamic: false },
    { type: "peer-added", dynamic: false },
  ]);
});

test("a neighbour that is there already is not added again", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  rig.take();
  rig.input({ type: "AddPeer", config: config({ peerAs: 65099 }) });
  assert.equal(neighbor.state, "Established");
  assert.equal(neighbor.peer?.config.peerAs, 65002);
  assert.deepEqual(rig.take(), []);
});

test("a neighbour that is administratively down is neither connected to nor let in", () => {
  const rig = new Rig();
  const neighbor = rig.add({ adminDown: true });
  assert.deepEqual(rig.take(), []);
  neighbor.connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5"]);
  assert.deepEqual(rig.take(), ["close 192.0.2.2"]);
  assert.equal(neighbor.state, "Idle");
});

test("a stranger's connection is closed without a word", () => {
  const rig = new Rig();
  rig.add();
  rig.take();
  rig.accept("192.0.2.99");
  assert.deepEqual(rig.take(), ["close stranger"]);
  assert.deepEqual(rig.events.at(-1), {
    peer: "192.0.2.99",
    event: { type: "refused", reason: "no such neighbour" },
  });
  assert.equal(rig.speaker.peers.size, 1);
});

test("octets and events of connections that nobody knows do nothing", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  rig.take();
  for (const connection of [0, 77, neighbor.connection + 1]) {
    rig.input({ type: "Received", connection, bytes: new Uint8Array(19) });
    rig.input({ type: "Closed", connection, reason: "x" });
    rig.input({ type: "Sent", connection, outstanding: 1e9 });
    rig.input({ type: "ConnectFailed", connection, reason: "x" });
  }
  for (const peer of ["192.0.2.2 ", "", "x"]) rig.input({ type: "ResetPeer", peer, text: "" });
  assert.deepEqual(rig.take(), []);
  assert.equal(neighbor.state, "Established");
});

test("a removed neighbour gets Cease/3, its routes go, and it is forgotten", () => {
  const rig = new Rig();
  const [gone, stays] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  gone.announce(["10.1.0.0/16"]);
  assert.equal(stays.routeCount, 1);
  gone.take();
  rig.take();
  rig.input({ type: "RemovePeer", peer: gone.name });
  assert.deepEqual(gone.take(), ["NOTIFICATION 6/3"]);
  assert.deepEqual(rig.take(), ["close 192.0.2.2"]);
  assert.equal(stays.routeCount, 0);
  assert.deepEqual([...rig.speaker.peers.keys()], ["192.0.2.3"]);
  assert.equal(rig.eventsOf("peer-removed", gone.name).length, 1);
  assert.equal(rig.speaker.rib.view.counts(0).paths, 0);
  gone.connect();
  assert.deepEqual(rig.take(), ["close 192.0.2.2"], "a stranger now");
});

test("a neighbour can be removed in every state, and added again", () => {
  const steps = [
    (rig: Rig) => rig.add(),
    (rig: Rig) => rig.add({ passive: true }),
    (rig: Rig) => rig.add({ adminDown: true }),
    (rig: Rig) => rig.add().connect(),
    (rig: Rig) => rig.add().connect().open(),
    (rig: Rig) => rig.join(),
  ];
  for (const step of steps) {
    const rig = new Rig();
    const { name } = step(rig);
    rig.input({ type: "RemovePeer", peer: name });
    assert.equal(rig.speaker.peers.size, 0);
    assert.equal(rig.ends.size + rig.attempts.size, 0, "no connection is left");
    rig.pass(seconds(600));
    assert.equal(rig.join().state, "Established");
  }
});

test("a live change needs no word to the neighbour, and holds for the next session", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.take();
  rig.input({ type: "UpdatePeer", config: config({ description: "new", holdTime: seconds(30) }), effect: "live" });
  assert.deepEqual([...neighbor.take(), ...rig.take()], []);
  assert.equal(neighbor.peer?.config.description, "new");
  assert.equal(neighbor.peer?.session.config.holdTime, seconds(30));
  assert.equal(neighbor.peer?.up?.holdTimeSeconds, 90);
});

test("a soft change judges routes again, both ways, and moves nothing else", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  const other = rig.join({ address: "192.0.2.3", peerAs: 65003 });
  rig.input({ type: "Announce", routes: [ROUTE] });
  neighbor.announce(["10.1.0.0/16"]);
  assert.deepEqual([neighbor.routeCount, other.routeCount], [1, 2]);
  other.take();
  rig.take();
  const change = (given: Parameters<typeof config>[0]) =>
    rig.input({ type: "UpdatePeer", config: config(given), effect: "soft" });
  change({ defaultImport: "reject", defaultExport: "reject" });
  assert.deepEqual([neighbor.routeCount, other.routeCount], [0, 1]);
  change({});
  assert.deepEqual([neighbor.routeCount, other.routeCount], [1, 2]);
  assert.deepEqual(other.take(), ["UPDATE", "UPDATE"]);
  assert.deepEqual(rig.take(), []);
});

test("a change that needs a reset ends the session with Cease/6, and it comes back by the new settings", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.take();
  rig.input({ type: "UpdatePeer", config: config({ holdTime: seconds(30) }), effect: "reset" });
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/6"]);
  assert.deepEqual(rig.take(), ["close 192.0.2.2"]);
  rig.pass(seconds(1));
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
  assert.equal(neighbor.establish().peer?.up?.holdTimeSeconds, 30);
});

test("administratively down by a change: Cease/2, and down until another change", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.input({ type: "UpdatePeer", config: config({ adminDown: true }), effect: "live" });
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/2"]);
  rig.take();
  rig.pass(seconds(600));
  assert.deepEqual(rig.take(), []);
  rig.input({ type: "UpdatePeer", config: config({ adminDown: true, description: "x" }), effect: "reset" });
  assert.deepEqual(rig.take(), []);
  rig.input({ type: "UpdatePeer", config: config(), effect: "live" });
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
  assert.equal(neighbor.establish().state, "Established");
});

test("a change of a neighbour that is not there does nothing", () => {
  const rig = new Rig();
  rig.input({ type: "UpdatePeer", config: config(), effect: "reset" });
  rig.input({ type: "RemovePeer", peer: "192.0.2.2" });
  assert.equal(rig.speaker.peers.size, 0);
  assert.deepEqual([...rig.take(), ...rig.events], []);
});

test("an IPv6 link-local neighbour goes by its address with the zone", () => {
  const rig = new Rig();
  const [first, second] = [rig.join({ address: "fe80::1%eth0" }), rig.join({ address: "fe80::1%eth1", peerAs: 65003 })];
  assert.deepEqual([...rig.speaker.peers.keys()], ["fe80::1%eth0", "fe80::1%eth1"]);
  rig.input({ type: "RemovePeer", peer: "fe80::1%eth0" });
  assert.deepEqual([first.state, second.state], [undefined, "Established"]);
});
