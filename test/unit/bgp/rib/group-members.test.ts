import assert from "node:assert/strict";
import { test } from "node:test";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { attributes, Fixture, keyOf, type TestPeer } from "./fixture.ts";

const PREFIX = "198.51.100.0/24";

/** Three clients of a route reflector, in one group, that have nothing to read. */
function clients(fixture: Fixture): readonly [TestPeer, TestPeer, TestPeer] {
  const joined = [2, 3, 4].map((host) =>
    fixture.join({ peerAs: 65000, address: `10.99.0.${host}`, routeReflectorClient: true }),
  );
  fixture.settle();
  for (const { receiver } of joined) receiver.log.length = 0;
  return joined as unknown as readonly [TestPeer, TestPeer, TestPeer];
}

test("when the best path moves to a member with the same attributes, only the two members concerned are told", () => {
  const fixture = new Fixture();
  const [a, b, c] = clients(fixture);
  const route = attributes([1], { originatorId: 9, clusterList: [7] });
  fixture.reach(a, route, PREFIX);
  fixture.settle();
  fixture.reach(b, route, PREFIX);
  fixture.settle();
  fixture.withdraw(a, PREFIX);
  fixture.settle();
  assert.deepEqual(a.receiver.log, ["reach"]);
  assert.deepEqual(b.receiver.log, ["reach", "withdraw"]);
  assert.deepEqual(c.receiver.log, ["reach"]);
});

test("messages for the same members stand together, whatever the order of the changes", () => {
  const fixture = new Fixture();
  const [a, b, c] = clients(fixture);
  for (let i = 0; i < 20; i++) fixture.reach(i % 2 === 0 ? a : b, attributes([100 + i]), `10.0.${i}.0/24`);
  fixture.work();
  const slabs: Uint8Array[] = [];
  for (let bytes = fixture.rib.pull(c.index); bytes !== undefined; bytes = fixture.rib.pull(c.index)) slabs.push(bytes);
  assert.equal(slabs.length, 2, "those of a, those of b");
});

test("a change that waits is not sent twice when everything is sent again", () => {
  const fixture = new Fixture();
  const [a, , c] = clients(fixture);
  fixture.reach(a, attributes([1]), PREFIX);
  fixture.settle();
  fixture.reach(a, attributes([2]), PREFIX);
  fixture.work();
  const { announced } = c.receiver;
  fixture.rib.resend(c.index, Family.Ipv4Unicast, false);
  fixture.settle();
  assert.equal(c.receiver.announced, announced + 1);
});

test("members do not join while destinations wait to be decided: they may have been told different things", () => {
  const slice = 8192;
  const fixture = new Fixture();
  const [one, other] = [attributes([65001, 1]), attributes([65001, 2])];
  const feeder = fixture.join({ peerAs: 65001, address: "10.99.0.2" });
  const early = fixture.join({ peerAs: 65009, address: "10.99.0.8" });
  const idle = Array.from({ length: slice }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  fixture.reach(feeder, one, ...idle, PREFIX);
  fixture.settle();
  // A slice's worth of destinations that must be looked at for nothing, and behind them one that has changed.
  fixture.reach(feeder, other, ...idle);
  fixture.reach(feeder, one, ...idle);
  fixture.reach(feeder, other, PREFIX);
  const late = fixture.join({ peerAs: 65009, address: "10.99.0.9" });
  for (let bytes = fixture.rib.pull(late.index); bytes !== undefined; bytes = fixture.rib.pull(late.index))
    late.receiver.read(bytes);
  fixture.rib.work();
  fixture.reach(feeder, one, PREFIX);
  fixture.settle();
  assert.equal(late.receiver.attributes(keyOf(PREFIX))?.asPath[0]?.asns[2], 1);
  assert.deepEqual(late.receiver.routes, early.receiver.routes);
});

test("a peer's number is used again only when nothing of the former one is left", () => {
  const fixture = new Fixture();
  const [a] = clients(fixture);
  fixture.reach(a, attributes([1]), PREFIX);
  fixture.leave(a);
  const next = fixture.join({ peerAs: 65001, address: "10.99.0.2" });
  assert.notEqual(next.index, a.index);
  fixture.settle();
  assert.equal(fixture.rib.receivedCount(next.index, Family.Ipv4Unicast), 0);
  assert.equal(next.receiver.routes.size, 0);
  assert.equal(fixture.join({ peerAs: 65001, address: "10.99.0.7" }).index, a.index);
});
