import assert from "node:assert/strict";
import { test } from "node:test";
import { BACKLOG_MAX } from "../../../../src/bgp/rib/update-groups.ts";
import { buildAttributes, Family, parseAttributes } from "../../../../src/bgp/wire/index.ts";
import { address, attributes, Fixture, keyOf, type TestPeer } from "./fixture.ts";

const PREFIX = "198.51.100.0/24";
const FEEDER = { peerAs: 65001, address: "10.99.0.2" };
const sinkAt = (host: number) => ({ peerAs: 65009, address: `10.99.0.${host}` });
const many = (count: number) => Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);

/** All that waits for a peer. */
function pullAll(fixture: Fixture, { index }: TestPeer): Uint8Array[] {
  const slabs: Uint8Array[] = [];
  for (let bytes = fixture.rib.pull(index); bytes !== undefined; bytes = fixture.rib.pull(index)) slabs.push(bytes);
  return slabs;
}

test("neighbours that are treated alike are sent the same bytes, made once", () => {
  const fixture = new Fixture();
  const [a, b] = [fixture.join(sinkAt(8)), fixture.join(sinkAt(9))];
  fixture.settle();
  assert.equal(fixture.rib.usage.updateGroups, 2, "one a family");
  fixture.originate(attributes([]), PREFIX);
  fixture.work();
  const [ofA, ofB] = [pullAll(fixture, a), pullAll(fixture, b)];
  assert.equal(ofA.length, 1);
  assert.equal(ofA[0], ofB[0]);
});

test("prefixes that share attributes share messages", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const sink = fixture.join(sinkAt(9));
  fixture.settle();
  sink.receiver.log.length = 0;
  const prefixes = many(1000);
  for (const [i, text] of prefixes.entries()) fixture.reach(feeder, attributes([65001, 1 + (i % 2)]), text);
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 1000);
  assert.equal(sink.receiver.log.length, 2, "one message for each of the two sets");
  fixture.withdraw(feeder, ...prefixes);
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 0);
  assert.equal(sink.receiver.log.length, 3);
});

test("a slab has no more than about 64 KiB, and ends with a message", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const sink = fixture.join(sinkAt(9));
  for (const text of many(20_000)) fixture.reach(feeder, attributes([65001]), text);
  fixture.work();
  const slabs = pullAll(fixture, sink);
  for (const slab of slabs) sink.receiver.read(slab); // asserts whole messages
  assert.ok(slabs.length > 1 && slabs.every((slab) => slab.length <= 65_536));
  assert.equal(sink.receiver.routes.size, 20_000);
});

test("what changes often before it is read is sent once; what changes back is not sent", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const sink = fixture.join(sinkAt(9));
  fixture.reach(feeder, attributes([65001]), PREFIX);
  fixture.settle();
  sink.receiver.log.length = 0;
  for (const origin of ["egp", "incomplete", "egp"] as const) {
    fixture.reach(feeder, attributes([65001], { origin }), PREFIX);
    fixture.work();
  }
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["reach"]);
  fixture.withdraw(feeder, PREFIX);
  fixture.work();
  fixture.reach(feeder, attributes([65001], { origin: "egp" }), PREFIX);
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["reach"]);
});

test("what makes no difference to a neighbour is not sent to it", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const [external, internal] = [fixture.join(sinkAt(9)), fixture.join({ peerAs: 65000, address: "10.99.0.8" })];
  fixture.reach(feeder, attributes([65001], { med: 1 }), PREFIX);
  fixture.settle();
  for (const { receiver } of [external, internal]) receiver.log.length = 0;
  fixture.reach(feeder, attributes([65001], { med: 2 }), PREFIX);
  fixture.reach(feeder, attributes([65001], { med: 2 }), PREFIX);
  fixture.settle();
  assert.deepEqual(external.receiver.log, [], "MED stays in our AS");
  assert.deepEqual(internal.receiver.log, ["reach"]);
});

test("a neighbour is never told its own route, and loses what it was told when its own is best", () => {
  const fixture = new Fixture();
  const [a, b, c] = [2, 3, 4].map((host) =>
    fixture.join({ peerAs: 65000, address: `10.99.0.${host}`, routeReflectorClient: true }),
  ) as [TestPeer, TestPeer, TestPeer];
  fixture.settle();
  assert.equal(fixture.rib.usage.updateGroups, 2);
  fixture.reach(a, attributes([1, 2]), PREFIX);
  fixture.settle();
  assert.deepEqual(
    [a, b, c].map(({ receiver }) => receiver.routes.size),
    [0, 1, 1],
  );
  fixture.reach(b, attributes([1]), PREFIX);
  fixture.settle();
  assert.deepEqual(
    [a, b, c].map(({ receiver }) => receiver.routes.size),
    [1, 0, 1],
  );
  assert.equal(c.receiver.log.includes("withdraw"), false, "the third only sees a change");
  assert.equal(fixture.rib.advertisedCount(b.index, Family.Ipv4Unicast), 0);
  assert.equal(fixture.rib.advertisedCount(c.index, Family.Ipv4Unicast), 1);
});

test("End-of-RIB follows the initial routes of each family, is held on demand, and is not sent to who does not want it", () => {
  const fixture = new Fixture();
  fixture.originate(attributes([]), PREFIX);
  fixture.rib.holdEndOfRib(true);
  const sink = fixture.join(sinkAt(9));
  const silent = fixture.join({ ...sinkAt(8), endOfRib: false });
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["reach"]);
  fixture.originate(attributes([]), "198.51.101.0/24");
  fixture.settle();
  fixture.rib.holdEndOfRib(false);
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["reach", "reach", "end-of-rib", "end-of-rib"]);
  assert.deepEqual([...sink.receiver.endOfRib], [0, 1]);
  assert.equal(silent.receiver.endOfRib.size, 0);
});

for (const enhanced of [false, true])
  test(`a refresh sends everything again to who asked${enhanced ? ", between its marks" : ""}, and nobody else`, () => {
    const fixture = new Fixture();
    const [a, b] = [fixture.join(sinkAt(8)), fixture.join(sinkAt(9))];
    fixture.originate(attributes([]), PREFIX);
    fixture.settle();
    for (const { receiver } of [a, b]) receiver.log.length = 0;
    fixture.rib.resend(a.index, Family.Ipv4Unicast, enhanced);
    fixture.settle();
    assert.deepEqual(a.receiver.log, enhanced ? ["refresh-1", "reach", "refresh-2"] : ["reach"]);
    assert.deepEqual(b.receiver.log, []);
    assert.equal(fixture.rib.usage.updateGroups, 2, "together again");
  });

test("a second refresh during one is not lost", () => {
  const fixture = new Fixture();
  const sink = fixture.join(sinkAt(9));
  fixture.originate(attributes([]), PREFIX);
  fixture.settle();
  sink.receiver.log.length = 0;
  for (let i = 0; i < 3; i++) fixture.rib.resend(sink.index, Family.Ipv4Unicast, true);
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["refresh-1", "reach", "refresh-2", "refresh-1", "reach", "refresh-2"]);
});

test("a member that does not read is set apart, holds nobody up, and comes back when it has read all", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const [slow, fast] = [fixture.join(sinkAt(8)), fixture.join(sinkAt(9))];
  const prefixes = many(500);
  fixture.settle();
  const groups = fixture.rib.usage.updateGroups;
  let octets = 0;
  for (let round = 0; octets < BACKLOG_MAX + 200_000; round++) {
    // Long attributes: few rounds fill the backlog.
    const communities = Array.from({ length: 900 }, (_, i) => i + 1);
    for (const [i, text] of prefixes.entries())
      fixture.reach(feeder, attributes([65001, 1 + round, 1 + i], { communities }), text);
    fixture.work();
    for (const slab of pullAll(fixture, fast)) {
      fast.receiver.read(slab);
      octets += slab.length;
    }
  }
  assert.equal(fixture.rib.usage.updateGroups, groups + 1);
  fixture.withdraw(feeder, ...prefixes.slice(0, 100));
  fixture.settle(slow);
  assert.equal(fast.receiver.routes.size, 400);
  fixture.readable.add(slow.index);
  fixture.settle();
  assert.deepEqual(slow.receiver.routes, fast.receiver.routes);
  assert.equal(fixture.rib.usage.updateGroups, groups);
});

test("nothing is kept for a neighbour that does not read but what it was told and what has changed", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const stuck = fixture.join(sinkAt(9));
  fixture.settle(stuck);
  for (let round = 0; round < 20; round++) {
    const prefixes = Array.from({ length: 200 }, (_, i) => `10.${round}.${i}.0/24`);
    fixture.reach(feeder, attributes([65001, round + 1]), ...prefixes);
    fixture.settle(stuck);
    fixture.withdraw(feeder, ...prefixes);
    fixture.settle(stuck);
  }
  assert.deepEqual(fixture.rib.view.counts(Family.Ipv4Unicast), { destinations: 0, paths: 0 });
  assert.equal(fixture.rib.usage.attributeSets, 0);
});

test("a route of ours may be for some neighbours only, by name or by peer group", () => {
  const fixture = new Fixture();
  const [a, b, c] = [
    fixture.join(sinkAt(7)),
    fixture.join({ ...sinkAt(8), peerGroup: "tor" }),
    fixture.join(sinkAt(9)),
  ];
  fixture.settle();
  assert.equal(fixture.rib.usage.updateGroups, 2);
  fixture.originate(attributes([]), PREFIX, ["10.99.0.7", "tor"]);
  fixture.settle();
  assert.deepEqual(
    [a, b, c].map(({ receiver }) => receiver.routes.size),
    [1, 1, 0],
  );
  fixture.originate(attributes([]), PREFIX, ["10.99.0.9"]);
  fixture.settle();
  assert.deepEqual(
    [a, b, c].map(({ receiver }) => receiver.routes.size),
    [0, 0, 1],
  );
  fixture.originate(attributes([]), PREFIX);
  fixture.settle();
  assert.deepEqual(
    [a, b, c].map(({ receiver }) => receiver.routes.size),
    [1, 1, 1],
  );
  assert.equal(fixture.rib.usage.updateGroups, 2, "together again");
});

test("changed settings tell only what they change", () => {
  const fixture = new Fixture();
  const sink = fixture.join(sinkAt(9));
  fixture.originate(attributes([], { nextHop: address("0.0.0.0") }), PREFIX);
  fixture.originate(attributes([]), "198.51.101.0/24");
  fixture.settle();
  sink.receiver.log.length = 0;
  fixture.rib.updatePeer(sink.index, { ...sink.peer, nextHop: "self" });
  fixture.settle();
  assert.deepEqual(sink.receiver.log, ["reach"]);
  assert.equal(`${sink.receiver.attributes(keyOf("198.51.101.0/24"))?.nextHop}`, "10.99.0.1");
  fixture.rib.updatePeer(sink.index, { ...sink.peer, defaultExport: "reject" });
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 0);
});

test("add-path: the best paths go with identifiers that stay, and each is withdrawn by its own", () => {
  const fixture = new Fixture();
  const peers = [65001, 65002, 65003].map((peerAs, i) => fixture.join({ peerAs, address: `10.99.0.${2 + i}` }));
  const [a, b, c] = peers as [TestPeer, TestPeer, TestPeer];
  const sink = fixture.join({ ...sinkAt(9), family: { addPathSend: true }, sendMax: [2, 2] });
  fixture.reach(a, attributes([65001, 7]), PREFIX);
  fixture.reach(b, attributes([65002]), PREFIX);
  fixture.reach(c, attributes([65003, 7, 8]), PREFIX);
  fixture.settle();
  const paths = () =>
    [...sink.receiver.routes.keys()].map((key) => sink.receiver.attributes(key)?.asPath[0]?.asns[1]).sort();
  assert.deepEqual(paths(), [65001, 65002]);
  const [keyOfA] = [...sink.receiver.routes.keys()].filter(
    (key) => sink.receiver.attributes(key)?.asPath[0]?.asns[1] === 65001,
  );
  fixture.withdraw(b, PREFIX);
  fixture.settle();
  assert.deepEqual(paths(), [65001, 65003]);
  assert.equal(sink.receiver.routes.has(keyOfA ?? ""), true);
});

for (const perPrefix of [false, true])
  test(`an export policy ${perPrefix ? "by prefix" : "by attributes"} sees what would be sent, and changes or rejects it`, () => {
    const fixture = new Fixture();
    const exportPolicy = {
      perPrefix,
      apply: ({ w0, attributes: given }: { w0: number; attributes: { bytes: Uint8Array; length: number } }) => {
        const route = parseAttributes(given.bytes, 0, given.length);
        assert.equal(route.asPath[0]?.asns[0], 65000);
        if (perPrefix ? w0 === 0xc6336500 : route.communities.includes(5)) return undefined;
        const bytes = buildAttributes({ ...route, med: 9 });
        return { bytes, length: bytes.length };
      },
    };
    const feeder = fixture.join(FEEDER);
    const sink = fixture.join({ ...sinkAt(9), exportPolicy, defaultExport: "reject" });
    fixture.reach(feeder, attributes([65001]), PREFIX);
    fixture.reach(feeder, attributes([65001], { communities: [5] }), "198.51.101.0/24");
    fixture.settle();
    assert.deepEqual([...sink.receiver.routes.keys()], [keyOf(PREFIX)]);
    assert.equal(sink.receiver.attributes(keyOf(PREFIX))?.med, 9);
    const [shown] = fixture.rib.view.adjRibOut(sink.index, Family.Ipv4Unicast, 0, 100).routes;
    assert.equal(parseAttributes(shown?.attributes ?? new Uint8Array(1)).med, 9);
    for (const peer of [feeder, sink]) fixture.leave(peer);
    fixture.work();
    assert.deepEqual(fixture.rib.usage, { attributeSets: 0, sources: 0, updateGroups: 0 });
  });

test("routes not announced again during a refresh go at its end; others stay, and nobody sees a change", () => {
  const fixture = new Fixture();
  const feeder = fixture.join(FEEDER);
  const sink = fixture.join(sinkAt(9));
  fixture.reach(feeder, attributes([65001]), PREFIX, "198.51.101.0/24");
  fixture.settle();
  sink.receiver.log.length = 0;
  fixture.rib.beginRefresh(feeder.index, Family.Ipv4Unicast);
  fixture.reach(feeder, attributes([65001]), PREFIX);
  fixture.settle();
  assert.deepEqual(sink.receiver.log, []);
  fixture.rib.endRefresh(feeder.index, Family.Ipv4Unicast);
  // The next refresh begins before the sweep of this one is over: it must not count what comes now as old.
  fixture.rib.beginRefresh(feeder.index, Family.Ipv4Unicast);
  fixture.reach(feeder, attributes([65001]), "198.51.102.0/24");
  fixture.settle();
  assert.deepEqual([...sink.receiver.routes.keys()], [keyOf(PREFIX), keyOf("198.51.102.0/24")]);
  fixture.rib.endRefresh(feeder.index, Family.Ipv4Unicast);
  fixture.settle();
  assert.deepEqual([...sink.receiver.routes.keys()], [keyOf("198.51.102.0/24")]);
});
