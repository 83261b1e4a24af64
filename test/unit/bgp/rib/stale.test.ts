/** Paths of a peer that is down, or that has not announced them again since (RFC 4724, 9494). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { attributes, Fixture } from "./fixture.ts";

const OLD = "198.51.100.0/24";
const NEW = "198.51.101.0/24";
const PEER = { peerAs: 65001, address: "10.99.0.1" };
const FAMILY = Family.Ipv4Unicast;

test("to mark a table as stale looks at no path, and to sweep it is done in slices", () => {
  const fixture = new Fixture();
  const peer = fixture.join(PEER);
  const prefixes = Array.from({ length: 10_000 }, (_, i) => `10.${i >>> 8}.${i & 255}.0/24`);
  fixture.reach(peer, attributes([65001]), ...prefixes);
  fixture.work();
  fixture.rib.retainPeer(peer.index, [FAMILY]);
  assert.equal(fixture.rib.staleCount(peer.index, FAMILY), prefixes.length);
  assert.equal(fixture.rib.sweepStale(peer.index, FAMILY), prefixes.length);
  assert.equal(fixture.rib.staleCount(peer.index, FAMILY), 0);
  let slices = 0;
  for (; fixture.rib.view.counts(FAMILY).paths > 0; slices++) fixture.rib.work();
  assert.ok(slices > 1, `${slices} slices`);
});

test("what comes while old paths are still being swept stays", () => {
  const fixture = new Fixture();
  const peer = fixture.join(PEER);
  fixture.reach(peer, attributes([65001]), OLD, NEW);
  fixture.rib.retainPeer(peer.index, [FAMILY]);
  fixture.rib.resumePeer(peer.index, peer.peer);
  fixture.rib.sweepStale(peer.index, FAMILY);
  fixture.reach(peer, attributes([65001]), NEW);
  fixture.work();
  assert.deepEqual([fixture.paths(OLD).length, fixture.paths(NEW).length], [0, 1]);
});

test("stale paths are counted down as they come again, change, or are withdrawn", () => {
  const fixture = new Fixture();
  const peer = fixture.join(PEER);
  fixture.reach(peer, attributes([65001]), OLD, NEW, "10.0.0.0/8");
  fixture.rib.retainPeer(peer.index, [FAMILY]);
  fixture.rib.resumePeer(peer.index, peer.peer);
  const count = () => fixture.rib.staleCount(peer.index, FAMILY);
  assert.equal(count(), 3);
  fixture.reach(peer, attributes([65001]), OLD);
  fixture.reach(peer, attributes([65001]), OLD);
  assert.equal(count(), 2);
  fixture.reach(peer, attributes([65001], { med: 5 }), NEW);
  assert.equal(count(), 1);
  fixture.withdraw(peer, "10.0.0.0/8");
  assert.equal(count(), 0);
  assert.deepEqual(
    [OLD, NEW].map((text) => fixture.paths(text)[0]?.stale),
    [false, false],
  );
});

test("a peer that fails two hundred times before it has announced everything leaves nothing behind", () => {
  const fixture = new Fixture();
  const peer = fixture.join(PEER);
  fixture.reach(peer, attributes([65001]), OLD);
  for (let failure = 0; failure < 200; failure++) {
    fixture.rib.retainPeer(peer.index, [FAMILY]);
    fixture.work();
    fixture.rib.resumePeer(peer.index, peer.peer);
    fixture.reach(peer, attributes([65001]), NEW);
  }
  fixture.rib.sweepStale(peer.index, FAMILY);
  assert.deepEqual([fixture.paths(OLD).length, fixture.paths(NEW).length], [0, 1]);
});

test("a peer that begins two hundred refreshes and ends the last loses what it did not announce again", () => {
  const fixture = new Fixture();
  const peer = fixture.join(PEER);
  fixture.reach(peer, attributes([65001]), OLD, NEW);
  for (let refresh = 0; refresh < 200; refresh++) {
    fixture.rib.beginRefresh(peer.index, FAMILY);
    fixture.reach(peer, attributes([65001]), NEW);
    fixture.work();
  }
  fixture.rib.endRefresh(peer.index, FAMILY);
  assert.deepEqual([fixture.paths(OLD).length, fixture.paths(NEW).length], [0, 1]);
});

test("selection that is deferred takes our own routes alone; then everybody's, in slices", () => {
  const fixture = new Fixture();
  fixture.rib.deferSelection();
  fixture.rib.holdEndOfRib(true);
  const peer = fixture.join(PEER);
  const sink = fixture.join({ peerAs: 65002, address: "10.99.0.9", endOfRib: true });
  fixture.reach(peer, attributes([65001]), OLD);
  fixture.originate(attributes([]), NEW);
  fixture.settle();
  assert.deepEqual([sink.receiver.routes.size, fixture.paths(OLD)[0]?.best], [1, false]);
  fixture.rib.endDeferral();
  fixture.rib.holdEndOfRib(false);
  fixture.settle();
  assert.deepEqual([sink.receiver.routes.size, fixture.paths(OLD)[0]?.best], [2, true]);
  assert.deepEqual(sink.receiver.log, ["reach", "reach", "end-of-rib", "end-of-rib"], "of both families");
});
