import assert from "node:assert/strict";
import { test } from "node:test";
import type { RejectReason, RoutePolicy } from "../../../../src/bgp/rib/index.ts";
import { buildAttributes, Family, type PathAttributes, parseAttributes } from "../../../../src/bgp/wire/index.ts";
import { attributes, Fixture, keyOf } from "./fixture.ts";
import type { PeerOptions } from "./rib-harness.ts";

const PREFIX = "198.51.100.0/24";
const EXTERNAL = { peerAs: 65001, address: "10.99.0.2" };
const INTERNAL = { peerAs: 65000, address: "10.99.0.2" };

interface Case {
  readonly name: string;
  readonly peer: PeerOptions;
  readonly route: PathAttributes;
  readonly rejected: RejectReason | undefined;
}

const ownId = 0x0a000001;
const CASES: readonly Case[] = [
  { name: "our own AS in the path", peer: EXTERNAL, route: attributes([65001, 65000]), rejected: "as-loop" },
  {
    name: "our own AS once, where once is allowed",
    peer: { ...EXTERNAL, allowOwnAs: 1 },
    route: attributes([65001, 65000]),
    rejected: undefined,
  },
  {
    name: "our own AS twice, where once is allowed",
    peer: { ...EXTERNAL, allowOwnAs: 1 },
    route: attributes([65001, 65000, 65000]),
    rejected: "as-loop",
  },
  {
    name: "our global AS behind a local one",
    peer: { ...EXTERNAL, globalAs: 64999 },
    route: attributes([65001, 64999]),
    rejected: "as-loop",
  },
  {
    name: "our own ORIGINATOR_ID",
    peer: INTERNAL,
    route: attributes([], { originatorId: ownId }),
    rejected: "originator-loop",
  },
  {
    name: "our own cluster in CLUSTER_LIST",
    peer: { ...INTERNAL, clusterId: 77 },
    route: attributes([], { originatorId: 5, clusterList: [9, 77] }),
    rejected: "cluster-loop",
  },
  {
    name: "a route for customers only, from a customer",
    peer: { ...EXTERNAL, role: "provider" },
    route: attributes([65001], { otc: 65001 }),
    rejected: "otc-leak",
  },
  {
    name: "a route for customers only, from a client of our route server",
    peer: { ...EXTERNAL, role: "rs" },
    route: attributes([65001], { otc: 7018 }),
    rejected: "otc-leak",
  },
  {
    name: "a route that a peer got from elsewhere than below",
    peer: { ...EXTERNAL, role: "peer" },
    route: attributes([65001], { otc: 7018 }),
    rejected: "otc-leak",
  },
  {
    name: "a route that a peer marked itself",
    peer: { ...EXTERNAL, role: "peer" },
    route: attributes([65001], { otc: 65001 }),
    rejected: undefined,
  },
  {
    name: "anything, where nothing is accepted without a policy",
    peer: { ...EXTERNAL, defaultImport: "reject" },
    route: attributes([65001]),
    rejected: "policy",
  },
];

for (const { name, peer: options, route, rejected } of CASES)
  test(`${rejected ?? "accepted"}: ${name}`, () => {
    const fixture = new Fixture();
    const peer = fixture.join(options);
    fixture.reach(peer, route, PREFIX);
    const [path] = fixture.paths(PREFIX);
    assert.equal(path?.rejected, rejected);
    assert.equal(path?.best, rejected === undefined);
    assert.equal(fixture.rib.receivedCount(peer.index, Family.Ipv4Unicast), 1);
    assert.equal(fixture.rib.acceptedCount(peer.index, Family.Ipv4Unicast), rejected === undefined ? 1 : 0);
  });

for (const role of ["customer", "peer", "rs-client"] as const)
  test(`a route from above is marked as one for customers only: our role is ${role}`, () => {
    const fixture = new Fixture();
    const peer = fixture.join({ ...EXTERNAL, role });
    fixture.reach(peer, attributes([65001], { largeCommunities: [] }), PREFIX);
    const [path] = fixture.paths(PREFIX);
    assert.equal(parseAttributes(path?.attributes ?? new Uint8Array(1)).otc, 65001);
    const received = fixture.rib.view.adjRibIn(peer.index, Family.Ipv4Unicast, 0, 100).routes[0];
    assert.equal(parseAttributes(received?.attributes ?? new Uint8Array(1)).otc, undefined, "as received");
  });

test("a route that is rejected now takes the place of the accepted one", () => {
  const fixture = new Fixture();
  const peer = fixture.join(EXTERNAL);
  const other = fixture.join({ peerAs: 65009, address: "10.99.0.9" });
  fixture.reach(peer, attributes([65001]), PREFIX);
  fixture.settle();
  assert.equal(other.receiver.routes.size, 1);
  fixture.reach(peer, attributes([65001, 65000]), PREFIX);
  fixture.settle();
  assert.equal(other.receiver.routes.size, 0);
  assert.equal(fixture.rib.acceptedCount(peer.index, Family.Ipv4Unicast), 0);
});

/** Rejects 198.51.101.0/24 (or everything with MED 1), and sets MED 9 on the rest. */
function policy(perPrefix: boolean): RoutePolicy {
  return {
    perPrefix,
    apply({ w0, attributes: given }) {
      const route = parseAttributes(given.bytes, 0, given.length);
      if (perPrefix ? w0 === 0xc6336500 : route.med === 1) return undefined;
      const bytes = buildAttributes({ ...route, med: 9 });
      return { bytes, length: bytes.length };
    },
  };
}

for (const perPrefix of [false, true])
  test(`an import policy ${perPrefix ? "by prefix" : "by attributes"} rejects and changes; refresh and new policies work`, () => {
    const fixture = new Fixture();
    const peer = fixture.join({ ...EXTERNAL, importPolicy: policy(perPrefix) });
    const other = fixture.join({ peerAs: 65000, address: "10.99.0.9" });
    fixture.reach(peer, attributes([65001]), PREFIX);
    fixture.reach(peer, attributes([65001], { med: 1 }), "198.51.101.0/24");
    fixture.settle();
    assert.deepEqual([...other.receiver.routes.keys()], [keyOf(PREFIX)]);
    assert.equal(other.receiver.attributes(keyOf(PREFIX))?.med, 9);
    assert.equal(fixture.rib.acceptedCount(peer.index, Family.Ipv4Unicast), 1);
    fixture.rib.updatePeer(peer.index, { ...peer.peer, importPolicy: undefined });
    fixture.settle();
    assert.equal(other.receiver.attributes(keyOf(PREFIX))?.med, undefined);
    assert.equal(other.receiver.attributes(keyOf("198.51.101.0/24"))?.med, 1);
    fixture.leave(peer);
    fixture.leave(other);
    fixture.work();
    assert.deepEqual(fixture.rib.usage, { attributeSets: 0, sources: 0, updateGroups: 0 });
  });
