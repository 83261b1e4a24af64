import assert from "node:assert/strict";
import { test } from "node:test";
import type { SelectionOptions } from "../../../../src/bgp/rib/index.ts";
import { type PathAttributes, WellKnownCommunity } from "../../../../src/bgp/wire/index.ts";
import { attributes, Fixture, type TestPeer } from "./fixture.ts";

const PREFIX = "198.51.100.0/24";
const llgrStale = [WellKnownCommunity.LlgrStale];

/** Who wins when `better` and `worse` announce the same prefix: asserted in both orders of arrival. */
interface Case {
  readonly name: string;
  readonly better: Partial<PathAttributes> & { readonly path: readonly number[] };
  readonly worse: Partial<PathAttributes> & { readonly path: readonly number[] };
  /** AS numbers of the two neighbours; 65000 is internal. */
  readonly peers?: readonly [number, number];
  readonly options?: Partial<SelectionOptions>;
}

const byRouterId = { externalCompareRouterId: true };
const CASES: readonly Case[] = [
  {
    name: "a long-lived stale path loses even with a higher LOCAL_PREF",
    better: { path: [3356, 1], localPref: 50 },
    worse: { path: [3356], localPref: 200, communities: llgrStale },
    peers: [65000, 65000],
  },
  {
    name: "a higher LOCAL_PREF beats a shorter AS_PATH",
    better: { path: [3356, 1, 2], localPref: 101 },
    worse: { path: [3356], localPref: 100 },
    peers: [65000, 65000],
  },
  {
    name: "no LOCAL_PREF counts as 100",
    better: { path: [65002, 1, 2] },
    worse: { path: [3356], localPref: 99 },
    peers: [65002, 65000],
  },
  {
    name: "a shorter AS_PATH beats a lower ORIGIN",
    better: { path: [65001], origin: "incomplete" },
    worse: { path: [65002, 1], origin: "igp" },
  },
  {
    name: "an AS_SET counts one",
    better: {
      path: [],
      asPath: [
        { type: "sequence", asns: [65001] },
        { type: "set", asns: [1, 2, 3] },
      ],
    },
    worse: { path: [65002, 1, 2] },
  },
  {
    name: "the AS_PATH's length does not count when it is to be ignored",
    better: { path: [65001, 1, 2], origin: "igp" },
    worse: { path: [65002], origin: "egp" },
    options: { ignoreAsPathLength: true },
  },
  {
    name: "a lower ORIGIN beats a lower MED",
    better: { path: [3356], origin: "igp", med: 9 },
    worse: { path: [3356], origin: "egp", med: 1 },
    peers: [65000, 65000],
  },
  {
    name: "a lower MED counts among paths through the same neighbour AS",
    better: { path: [3356, 1], med: 1 },
    worse: { path: [3356, 2], med: 2 },
    peers: [65000, 65000],
  },
  {
    name: "no MED is 0",
    better: { path: [3356, 1] },
    worse: { path: [3356, 2], med: 1 },
    peers: [65000, 65000],
  },
  {
    name: "a lower MED through another AS counts when it is always compared",
    better: { path: [65001], med: 1 },
    worse: { path: [65002], med: 2 },
    options: { alwaysCompareMed: true },
  },
  {
    name: "an external path beats an internal one",
    better: { path: [65001], med: 5 },
    worse: { path: [3356], med: 1 },
    peers: [65001, 65000],
  },
  {
    name: "among internal paths a lower ORIGINATOR_ID wins over the order of neighbours",
    better: { path: [3356], originatorId: 1, clusterList: [5, 6] },
    worse: { path: [3356], originatorId: 2 },
    peers: [65000, 65000],
  },
  {
    name: "a shorter CLUSTER_LIST decides between the same originators",
    better: { path: [3356], originatorId: 9, clusterList: [5] },
    worse: { path: [3356], originatorId: 9, clusterList: [5, 6] },
    peers: [65000, 65000],
  },
];

/** Peer addresses so that the last steps of the decision favour the path that must lose. */
function join(fixture: Fixture, peers: readonly [number, number]): readonly [TestPeer, TestPeer] {
  return [
    fixture.join({ peerAs: peers[0], address: "10.99.0.9" }),
    fixture.join({ peerAs: peers[1], address: "10.99.0.2" }),
  ];
}

function winner(test: Case, betterFirst: boolean): boolean {
  const fixture = new Fixture(test.options ?? byRouterId);
  const [a, b] = join(fixture, test.peers ?? [65001, 65002]);
  const announce = [
    () => fixture.reach(a, attributes(test.better.path, test.better), PREFIX),
    () => fixture.reach(b, attributes(test.worse.path, test.worse), PREFIX),
  ];
  for (const one of betterFirst ? announce : announce.reverse()) {
    one();
    fixture.work();
  }
  return fixture.paths(PREFIX)[0]?.peer === a.index;
}

for (const one of CASES)
  test(one.name, () => {
    assert.equal(winner(one, true), true, "it came first");
    assert.equal(winner(one, false), true, "it came last");
  });

test("a route of our own beats a shorter learned one, and not a higher LOCAL_PREF", () => {
  const fixture = new Fixture();
  const peer = fixture.join({ peerAs: 65000, address: "10.99.0.2" });
  fixture.originate(attributes([65000, 65000, 65000]), PREFIX);
  fixture.reach(peer, attributes([]), PREFIX);
  assert.equal(fixture.paths(PREFIX)[0]?.peer, 0);
  fixture.reach(peer, attributes([], { localPref: 101 }), PREFIX);
  assert.equal(fixture.paths(PREFIX)[0]?.peer, peer.index);
});

test("MED is compared within each neighbour AS, whatever the order of arrival", () => {
  // Pairwise comparison goes round in circles here: a beats b by router id, b beats c likewise, c beats a by MED.
  const routes = [
    { host: 1, path: [3356, 1], med: 10 },
    { host: 2, path: [174, 1], med: 1 },
    { host: 3, path: [3356, 2], med: 5 },
  ];
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const fixture = new Fixture();
    const peers = routes.map(({ host }) => fixture.join({ peerAs: 65000, address: `10.99.0.${host}` }));
    for (const i of order) {
      const { path, med } = routes[i] as (typeof routes)[number];
      fixture.reach(peers[i] as TestPeer, attributes(path, { med }), PREFIX);
      fixture.work();
    }
    assert.equal(fixture.paths(PREFIX)[0]?.peer, peers[1]?.index, `${order}`);
  }
});

test("among external paths the oldest stays; by router id only when asked to", () => {
  for (const externalCompareRouterId of [false, true]) {
    const fixture = new Fixture({ externalCompareRouterId });
    const [high, low] = join(fixture, [65001, 65002]);
    fixture.reach(high, attributes([65001]), PREFIX);
    fixture.reach(low, attributes([65002]), PREFIX);
    assert.equal(fixture.paths(PREFIX)[0]?.peer, externalCompareRouterId ? low.index : high.index);
    fixture.reach(high, attributes([65001]), PREFIX); // the same again makes it no younger
    assert.equal(fixture.paths(PREFIX)[0]?.peer, externalCompareRouterId ? low.index : high.index);
    fixture.reach(high, attributes([65001], { communities: [1] }), PREFIX); // something else does
    assert.equal(fixture.paths(PREFIX)[0]?.peer, low.index);
  }
});

test("the lower neighbour address decides at last, then the lower path identifier", () => {
  const fixture = new Fixture(byRouterId);
  const family = { addPathReceive: true };
  const high = fixture.join({ peerAs: 65001, address: "10.99.0.9", remoteId: 5, family });
  const low = fixture.join({ peerAs: 65002, address: "10.99.0.2", remoteId: 5, family });
  fixture.reach(high, attributes([65001]), PREFIX);
  fixture.reach(low, attributes([65002]), `${PREFIX}#2`);
  fixture.reach(low, attributes([65002]), `${PREFIX}#1`);
  const best = fixture.paths(PREFIX)[0];
  assert.deepEqual([best?.peer, best?.pathId], [low.index, 1]);
});

test("when the best path goes, the next one takes its place; a rejected one never does", () => {
  const fixture = new Fixture();
  const a = fixture.join({ peerAs: 65001, address: "10.99.0.2" });
  const b = fixture.join({ peerAs: 65002, address: "10.99.0.3" });
  const c = fixture.join({ peerAs: 65003, address: "10.99.0.4" });
  fixture.reach(a, attributes([65001]), PREFIX);
  fixture.reach(b, attributes([65002, 7018]), PREFIX);
  fixture.reach(c, attributes([65003, 65000]), PREFIX);
  assert.equal(fixture.paths(PREFIX)[0]?.peer, a.index);
  fixture.withdraw(a, PREFIX);
  assert.equal(fixture.paths(PREFIX)[0]?.peer, b.index);
  fixture.leave(b);
  assert.deepEqual(
    fixture.paths(PREFIX).map(({ peer, best, rejected }) => [peer, best, rejected]),
    [[c.index, false, "as-loop"]],
  );
});
