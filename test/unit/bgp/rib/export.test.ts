import assert from "node:assert/strict";
import { test } from "node:test";
import { type PathAttributes, WellKnownCommunity } from "../../../../src/bgp/wire/index.ts";
import { address, attributes, Fixture, keyOf } from "./fixture.ts";
import type { PeerOptions } from "./rib-harness.ts";

const V4 = "198.51.100.0/24";
const V6 = "2001:db8:1::/48";
const FEEDER = { peerAs: 65001, address: "10.99.0.2" };
const IBGP_FEEDER = { peerAs: 65000, address: "10.99.0.2" };
const SINK = { peerAs: 65009, address: "10.99.0.9" };
const IBGP_SINK = { peerAs: 65000, address: "10.99.0.9" };

/** What `sink` is told of a route that `feeder` (undefined: we) announced, or undefined. */
function told(
  feeder: PeerOptions | undefined,
  sink: PeerOptions,
  route: PathAttributes,
  text = V4,
): PathAttributes | undefined {
  const fixture = new Fixture();
  const to = fixture.join(sink);
  if (feeder === undefined) fixture.originate(route, text);
  else fixture.reach(fixture.join(feeder), route, text);
  fixture.settle();
  return to.receiver.attributes(keyOf(text));
}

const path = (route: PathAttributes | undefined) => route?.asPath.map(({ type, asns }) => `${type} ${asns.join(" ")}`);
const hop = (route: PathAttributes | undefined) => `${route?.nextHop}`;

test("AS_PATH: our AS leads to an external neighbour, and to an internal one nothing changes", () => {
  assert.deepEqual(path(told(FEEDER, SINK, attributes([65001, 7018]))), ["sequence 65000 65001 7018"]);
  assert.deepEqual(path(told(FEEDER, IBGP_SINK, attributes([65001, 7018]))), ["sequence 65001 7018"]);
  assert.deepEqual(path(told(undefined, SINK, attributes([]))), ["sequence 65000"]);
  assert.deepEqual(path(told(undefined, IBGP_SINK, attributes([]))), []);
});

test("AS_PATH: what we prepend to our own routes is for external neighbours", () => {
  assert.deepEqual(path(told(undefined, SINK, attributes([65000, 65000]))), ["sequence 65000 65000 65000"]);
  assert.deepEqual(path(told(undefined, IBGP_SINK, attributes([65000, 65000]))), []);
});

test("AS_PATH: a local AS stands in the place of the global one", () => {
  const sink = { ...SINK, localAs: 64999, globalAs: 65000 };
  assert.deepEqual(path(told(FEEDER, sink, attributes([65001]))), ["sequence 64999 65001"]);
  assert.deepEqual(path(told(undefined, sink, attributes([65000]))), ["sequence 64999 64999"]);
});

test("AS_PATH: a set stays a segment of its own, and a full sequence gets one in front", () => {
  const set = [{ type: "set" as const, asns: [1, 2] }];
  assert.deepEqual(path(told(undefined, SINK, attributes([], { asPath: set }))), ["sequence 65000", "set 1 2"]);
  const full = Array.from({ length: 255 }, (_, i) => 1000 + i);
  assert.deepEqual(
    path(told(undefined, SINK, attributes(full)))?.map((segment) => segment.split(" ").length - 1),
    [1, 255],
  );
});

test("AS_PATH: segments of a confederation stay inside", () => {
  const asPath = [
    { type: "confed-sequence" as const, asns: [64512] },
    { type: "sequence" as const, asns: [7018] },
  ];
  assert.deepEqual(path(told(IBGP_FEEDER, SINK, attributes([], { asPath }))), ["sequence 65000 7018"]);
});

test("AS_PATH: private numbers are removed or replaced when asked to", () => {
  const route = attributes([65001, 64600, 7018, 4_200_000_000, 65535]);
  const all = told(FEEDER, { ...SINK, removePrivateAs: "all" }, route);
  assert.deepEqual(path(all), ["sequence 65000 7018 65535"]);
  const replaced = told(FEEDER, { ...SINK, removePrivateAs: "replace" }, route);
  assert.deepEqual(path(replaced), ["sequence 65000 65000 65000 7018 65000 65535"]);
});

test("AS_PATH: the neighbour's own AS keeps a route from it, unless it is replaced by ours", () => {
  assert.equal(told(FEEDER, SINK, attributes([65001, 65009])), undefined);
  const replaced = told(FEEDER, { ...SINK, replacePeerAs: true }, attributes([65001, 65009]));
  assert.deepEqual(path(replaced), ["sequence 65000 65001 65000"]);
});

test("MED goes to external neighbours with our own routes only, to internal ones always", () => {
  assert.equal(told(FEEDER, SINK, attributes([65001], { med: 5 }))?.med, undefined);
  assert.equal(told(IBGP_FEEDER, SINK, attributes([], { med: 5 }))?.med, undefined);
  assert.equal(told(undefined, SINK, attributes([], { med: 5 }))?.med, 5);
  assert.equal(told(FEEDER, IBGP_SINK, attributes([65001], { med: 5 }))?.med, 5);
});

test("LOCAL_PREF goes to internal neighbours only, 100 where there was none", () => {
  assert.equal(told(undefined, SINK, attributes([], { localPref: 200 }))?.localPref, undefined);
  assert.equal(told(undefined, IBGP_SINK, attributes([], { localPref: 200 }))?.localPref, 200);
  assert.equal(told(FEEDER, IBGP_SINK, attributes([65001]))?.localPref, 100);
});

test("AIGP does not leave our AS", () => {
  assert.equal(told(undefined, SINK, attributes([], { aigp: 7n }))?.aigp, undefined);
  assert.equal(told(undefined, IBGP_SINK, attributes([], { aigp: 7n }))?.aigp, 7n);
});

test("what we do not know or touch arrives as it came", () => {
  const unknown = [{ flags: 0xe0, type: 99, value: Uint8Array.of(1, 2) }];
  const largeCommunities = [{ globalAdministrator: 1, localData1: 2, localData2: 3 }];
  const route = attributes([65001], { communities: [5], extCommunities: [9n], largeCommunities, unknown });
  const out = told(FEEDER, SINK, { ...route, atomicAggregate: true });
  assert.deepEqual(
    [out?.communities, out?.extCommunities, out?.largeCommunities, out?.unknown, out?.atomicAggregate],
    [[5], [9n], largeCommunities, unknown, true],
  );
});

test("next hop: ours for learned routes to external neighbours, as it is to internal ones", () => {
  assert.equal(hop(told(FEEDER, SINK, attributes([65001]))), "10.99.0.1");
  assert.equal(hop(told(FEEDER, IBGP_SINK, attributes([65001]))), "192.0.2.1");
  assert.equal(hop(told(FEEDER, { ...SINK, nextHop: "unchanged" }, attributes([65001]))), "192.0.2.1");
  assert.equal(hop(told(FEEDER, { ...IBGP_SINK, nextHop: "self" }, attributes([65001]))), "10.99.0.1");
});

test("next hop: our own routes keep theirs if they have one", () => {
  const self = attributes([], { nextHop: address("0.0.0.0") });
  for (const sink of [SINK, IBGP_SINK]) {
    assert.equal(hop(told(undefined, sink, self)), "10.99.0.1");
    assert.equal(hop(told(undefined, sink, attributes([]))), "192.0.2.1");
    assert.equal(hop(told(undefined, { ...sink, nextHop: "self" }, attributes([]))), "10.99.0.1");
    assert.equal(hop(told(undefined, { ...sink, nextHop: "unchanged" }, self)), "10.99.0.1");
  }
});

test("next hop: IPv6 routes get our IPv6 address, or our IPv4 address mapped", () => {
  const self = attributes([], { nextHop: address("::") });
  assert.equal(hop(told(undefined, { ...SINK, address: "2001:db8::9" }, self, V6)), "2001:db8::1");
  assert.equal(hop(told(undefined, SINK, self, V6)), "::ffff:10.99.0.1");
});

test("next hop: on a link-local session ours is both addresses, and a learned one goes no further", () => {
  const sink = { ...SINK, address: "fe80::9", local: "fe80::1" };
  const out = told(undefined, sink, attributes([], { nextHop: address("::") }), V6);
  assert.deepEqual([`${out?.nextHop}`, `${out?.linkLocalNextHop}`], ["fe80::1", "fe80::1"]);
  const learned = attributes([65001], { nextHop: address("fe80::2") });
  assert.equal(hop(told(FEEDER, { ...IBGP_SINK, address: "2001:db8::9" }, learned, V6)), "2001:db8::1");
  const both = { ...learned, nextHop: address("2001:db8::2"), linkLocalNextHop: address("fe80::2") };
  const passed = told(FEEDER, { ...IBGP_SINK, address: "2001:db8::9" }, both, V6);
  assert.deepEqual([`${passed?.nextHop}`, passed?.linkLocalNextHop], ["2001:db8::2", undefined]);
});

test("next hop: IPv4 routes over IPv6 need the extended next hop", () => {
  const self = attributes([], { nextHop: address("0.0.0.0") });
  const sink = { ...SINK, address: "2001:db8::9" };
  assert.equal(told(undefined, sink, self), undefined);
  assert.equal(hop(told(undefined, { ...sink, family: { extendedNextHop: true } }, self)), "2001:db8::1");
});

const REFLECTED: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ["from a client to a client", true, true, true],
  ["from a client to others", true, false, true],
  ["from others to a client", false, true, true],
  ["from others to others", false, false, false],
];
for (const [name, fromClient, toClient, isTold] of REFLECTED)
  test(`reflection: an internal route ${isTold ? "goes" : "does not go"} ${name}`, () => {
    const feeder = { ...IBGP_FEEDER, remoteId: 5, routeReflectorClient: fromClient, clusterId: fromClient ? 77 : 1 };
    const sink = { ...IBGP_SINK, routeReflectorClient: toClient, clusterId: toClient ? 77 : 1 };
    const out = told(feeder, sink, attributes([], { clusterList: [9] }));
    assert.equal(out?.originatorId, isTold ? 5 : undefined);
    assert.deepEqual(out?.clusterList, isTold ? [77, 9] : undefined);
  });

test("reflection: from one cluster of ours into another, both are in front", () => {
  const feeder = { ...IBGP_FEEDER, routeReflectorClient: true, clusterId: 77 };
  const sink = { ...IBGP_SINK, routeReflectorClient: true, clusterId: 78 };
  assert.deepEqual(told(feeder, sink, attributes([], { clusterList: [9] }))?.clusterList, [78, 77, 9]);
});

test("reflection: a route that was in a cluster does not go there again, and goes elsewhere", () => {
  const route = attributes([], { originatorId: 4, clusterList: [9, 78] });
  const sink = { ...IBGP_SINK, routeReflectorClient: true, clusterId: 78 };
  assert.equal(told(IBGP_FEEDER, sink, route), undefined);
  assert.deepEqual(told(IBGP_FEEDER, { ...sink, clusterId: 77 }, route)?.clusterList, [77, 9, 78]);
});

test("reflection: ORIGINATOR_ID stays, and neither goes to an external neighbour", () => {
  const route = attributes([], { originatorId: 4, clusterList: [9] });
  const client = { ...IBGP_SINK, routeReflectorClient: true };
  assert.equal(told(IBGP_FEEDER, client, route)?.originatorId, 4);
  const external = told(IBGP_FEEDER, SINK, route);
  assert.deepEqual([external?.originatorId, external?.clusterList], [undefined, []]);
});

test("well-known communities keep a route where it is", () => {
  const { NoExport, NoAdvertise, NoExportSubconfed, LlgrStale } = WellKnownCommunity;
  const goes = (community: number, sink: PeerOptions, feeder: PeerOptions | undefined = FEEDER) =>
    told(feeder, sink, attributes([65001], { communities: [7, community] })) !== undefined;
  assert.deepEqual([goes(NoExport, SINK), goes(NoExport, IBGP_SINK)], [false, true]);
  assert.deepEqual([goes(NoExportSubconfed, SINK), goes(NoExportSubconfed, IBGP_SINK)], [false, true]);
  assert.deepEqual([goes(NoAdvertise, SINK), goes(NoAdvertise, IBGP_SINK)], [false, false]);
  assert.equal(goes(NoExport, SINK, undefined), false, "our own routes too");
  assert.deepEqual([goes(LlgrStale, SINK), goes(LlgrStale, { ...SINK, longLived: true })], [false, true]);
});

test("roles: downwards Only to Customer is added, upwards such routes do not go", () => {
  for (const role of ["provider", "peer", "rs"] as const) {
    assert.equal(told(FEEDER, { ...SINK, role }, attributes([65001]))?.otc, 65000, role);
    if (role !== "peer") assert.equal(told(FEEDER, { ...SINK, role }, attributes([65001], { otc: 3 }))?.otc, 3, role);
  }
  for (const role of ["customer", "peer", "rs-client"] as const)
    assert.equal(told(FEEDER, { ...SINK, role }, attributes([65001], { otc: 3 })), undefined, role);
  assert.equal(told(FEEDER, { ...SINK, role: "customer" }, attributes([65001]))?.otc, undefined);
});

test("without a policy, a neighbour for which that means nothing is told nothing", () => {
  assert.equal(told(undefined, { ...SINK, defaultExport: "reject" }, attributes([])), undefined);
});

test("a route that fits no message of the session is not told, and withdrawn if a former one was", () => {
  const fixture = new Fixture();
  const sink = fixture.join(SINK);
  fixture.originate(attributes([]), V4);
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 1);
  const communities = Array.from({ length: 1100 }, (_, i) => i);
  fixture.originate(attributes([], { communities }), V4);
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 0);
  assert.equal(fixture.rib.advertisedCount(sink.index, 0), 0);
  fixture.originate(attributes([], { communities: communities.slice(0, 900) }), V4);
  fixture.settle();
  assert.equal(sink.receiver.routes.size, 1);
});
