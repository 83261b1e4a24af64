/** Routes of ours and of neighbours, on their way through the speaker. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute, localRouteWith, PolicyTable, plainFamily } from "../../../../src/bgp/index.ts";
import { NO_SETS } from "../../../../src/bgp/policy/index.ts";
import { buildAttributes, EMPTY_ATTRIBUTES, Family, parseAttributes } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { prefix } from "./neighbor.ts";
import { address, config, Rig } from "./rig.ts";

const VIP = "203.0.113.10/32";
const BOTH = { families: [Family.Ipv4Unicast, Family.Ipv6Unicast].map(plainFamily) };

test("a route of ours reaches who is there, and who comes later before the End-of-RIB", () => {
  const rig = new Rig();
  const first = rig.join();
  assert.deepEqual(first.takeLog(), []);
  rig.input({ type: "Announce", routes: [localRoute(prefix(VIP), { med: 50, communities: [0xfde90001] })] });
  assert.deepEqual(first.takeLog(), ["reach"]);
  const second = rig.join({ address: "192.0.2.3", peerAs: 65001, ...helped() });
  assert.deepEqual(second.takeLog(), ["reach", "end-of-rib"]);
  const [one, two] = [first.route(VIP), second.route(VIP)];
  assert.deepEqual([one?.med, one?.nextHop?.toString(), one?.communities], [50, "192.0.2.1", [0xfde90001]]);
  assert.deepEqual(one?.asPath, [{ type: "sequence", asns: [65001] }]);
  assert.deepEqual([two?.localPref, two?.asPath, two?.origin], [100, [], "igp"]);
});

test("announced again with other attributes: one UPDATE; with the same: none", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  const announce = (med: number) => rig.input({ type: "Announce", routes: [localRoute(prefix(VIP), { med })] });
  announce(50);
  neighbor.takeLog();
  announce(50);
  assert.deepEqual(neighbor.takeLog(), []);
  announce(60);
  assert.deepEqual(neighbor.takeLog(), ["reach"]);
  assert.equal(neighbor.route(VIP)?.med, 60);
  assert.deepEqual([...rig.speaker.localRoutes].length, 1);
});

test("what is withdrawn is withdrawn once, and what was never announced not at all", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  rig.input({ type: "Announce", routes: [localRoute(prefix(VIP))] });
  neighbor.takeLog();
  const withdraw = (text: string, pathId = 0) =>
    rig.input({ type: "Withdraw", routes: [{ family: Family.Ipv4Unicast, prefix: prefix(text), pathId }] });
  withdraw("203.0.113.0/24");
  withdraw(VIP, 7);
  assert.deepEqual(neighbor.takeLog(), []);
  withdraw(VIP);
  withdraw(VIP);
  assert.deepEqual(neighbor.takeLog(), ["withdraw"]);
  assert.deepEqual([neighbor.routeCount, [...rig.speaker.localRoutes].length], [0, 0]);
});

test("a route for some neighbours, by address or peer group, is told to no other", () => {
  const rig = new Rig();
  const named = rig.join();
  const grouped = rig.join({ address: "192.0.2.3", peerGroup: "transit" });
  const other = rig.join({ address: "192.0.2.4", peerGroup: "customers" });
  const announce = (...neighbors: string[]) =>
    rig.input({ type: "Announce", routes: [localRoute(prefix(VIP), {}, { neighbors })] });
  const counts = () => [named, grouped, other].map(({ routeCount }) => routeCount);
  announce("192.0.2.2", "transit");
  assert.deepEqual(counts(), [1, 1, 0]);
  announce("customers");
  assert.deepEqual(counts(), [0, 0, 1]);
  rig.input({ type: "Announce", routes: [localRoute(prefix(VIP))] });
  assert.deepEqual(counts(), [1, 1, 1]);
  announce();
  assert.deepEqual(counts(), [0, 0, 0]);
});

test("a route goes by the family of its prefix, to sessions that carry it", () => {
  const rig = new Rig();
  const both = rig.join({ address: "2001:db8::2", ...BOTH });
  const only4 = rig.join({ address: "192.0.2.3" });
  const routes = [localRoute(prefix("2001:db8:1::/64")), localRoute(prefix(VIP), { nextHop: address("192.0.2.9") })];
  assert.deepEqual(
    routes.map(({ family }) => family),
    [Family.Ipv6Unicast, Family.Ipv4Unicast],
  );
  rig.input({ type: "Announce", routes });
  assert.deepEqual([both.routeCount, only4.routeCount], [2, 1]);
  assert.equal(only4.route(VIP)?.nextHop?.toString(), "192.0.2.9");
});

test("a route of ours has origin IGP and our own next hop unless told otherwise", () => {
  const made = (route: ReturnType<typeof localRoute>) =>
    parseAttributes(route.attributes.bytes, 0, route.attributes.length);
  const plain = made(localRoute(prefix(VIP)));
  assert.deepEqual([plain.origin, plain.nextHop?.toString(), plain.asPath], ["igp", "0.0.0.0", []]);
  assert.equal(made(localRoute(prefix("2001:db8::/32"))).nextHop?.toString(), "::");
  const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, nextHop: address("0.0.0.0"), med: 7 });
  const shared = localRouteWith(prefix(VIP), { bytes, length: bytes.length }, { pathId: 3 });
  assert.deepEqual([made(shared).med, shared.pathId, shared.neighbors], [7, 3, undefined]);
});

test("a neighbour's route goes to the others, and goes away with its session", () => {
  const rig = new Rig();
  const [from, to] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  from.announce(["10.1.0.0/16", "10.2.0.0/16"]);
  assert.deepEqual(to.route("10.1.0.0/16")?.asPath, [{ type: "sequence", asns: [65001, 65002] }]);
  assert.equal(from.routeCount, 0, "not back to where it came from");
  from.withdraw(["10.1.0.0/16"]);
  assert.equal(to.routeCount, 1);
  to.takeLog();
  from.lose();
  assert.deepEqual(to.takeLog(), ["withdraw"]);
  assert.equal(to.routeCount, 0);
  assert.equal(from.establish().state, "Established");
  assert.equal(to.routeCount, 0);
});

test("a neighbour's End-of-RIB is told", () => {
  const rig = new Rig();
  const neighbor = rig.join(BOTH);
  neighbor.send(Uint8Array.from([...new Uint8Array(16).fill(0xff), 0, 23, 2, 0, 0, 0, 0]));
  assert.deepEqual(rig.eventsOf("end-of-rib", neighbor.name), [{ type: "end-of-rib", family: Family.Ipv4Unicast }]);
});

test("a broken UPDATE withdraws its routes, is told, and the session goes on", () => {
  const rig = new Rig();
  const [from, to] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  from.announce(["10.1.0.0/16"]);
  const bad = from.update(["10.1.0.0/16"], {});
  bad[26] = 9; // ORIGIN
  from.send(bad);
  assert.equal(to.routeCount, 0);
  assert.equal(rig.eventsOf("update-faults", from.name).length, 1);
  assert.equal(from.state, "Established");
});

test("policies judge routes as soon as they are set, and a session whose policies are not there passes nothing", () => {
  const rig = new Rig();
  const from = rig.join();
  const to = rig.join({ address: "192.0.2.3", peerAs: 65003, exportPolicies: ["none-of-10"] });
  from.announce(["10.1.0.0/16", "172.16.0.0/12"]);
  assert.equal(to.routeCount, 0, "no such policy yet: to let routes through would be a leak");
  rig.input({ type: "SetPolicies", policies: noneOf10() });
  assert.equal(to.routeCount, 1);
  assert.notEqual(to.route("172.16.0.0/12"), undefined);
  rig.input({ type: "UpdatePeer", config: config({ address: "192.0.2.3", peerAs: 65003 }), effect: "soft" });
  assert.equal(to.routeCount, 2);
});

/** Settings of a neighbour that wants to be told of the End-of-RIB. */
function helped() {
  const times = { restartTime: seconds(120), deferralTime: seconds(60) };
  return { gracefulRestart: { ...times, notification: false, longLived: false, helperOnly: true } };
}

/** The policy "none-of-10": nothing within 10.0.0.0/8. */
function noneOf10(): PolicyTable {
  const ten = { name: "ten", prefixes: [{ prefix: prefix("10.0.0.0/8"), lengthMin: 8, lengthMax: 32 }] };
  const conditions = { prefixSet: { set: "ten", option: "any" as const } };
  const statements = [{ name: "ten", conditions, actions: { disposition: "reject" as const } }];
  const compiled = PolicyTable.compile({ ...NO_SETS, prefixSets: [ten] }, [{ name: "none-of-10", statements }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}
