import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExtValue } from "../../../../src/bgp/policy/ext-community.ts";
import type { CommunityAction } from "../../../../src/bgp/policy/index.ts";
import {
  type AsPathSegment,
  formatAsPath,
  formatCommunity,
  formatLargeCommunity,
  parseAsPath,
  parseCommunity,
  parseLargeCommunity,
} from "../../../../src/bgp/wire/index.ts";
import { address, bindAll, edited, NEIGHBOR, outcome, routeOf } from "./harness.ts";

test("a MED is set, raised and lowered; one that would leave its range stays", () => {
  const med = (operation: "set" | "add", value: number, before?: number) =>
    edited({ med: { operation, value } }, { attributes: { med: before } }).med;
  assert.equal(med("set", 50), 50);
  assert.equal(med("set", 0, 7), 0);
  assert.equal(med("add", 10, 5), 15);
  assert.equal(med("add", 10), 10);
  assert.equal(med("add", -10, 15), 5);
  assert.equal(med("add", -10, 9), 9);
  assert.equal(med("add", -10), undefined);
  assert.equal(med("add", 1, 0xffff_ffff), 0xffff_ffff);
});

test("a local preference is set, but not towards external neighbours", () => {
  const localPref = (direction: "import" | "export", type: "internal" | "external") =>
    edited({ localPreference: 200 }, {}, { direction, neighbor: { ...NEIGHBOR, type } }).localPref;
  assert.equal(localPref("import", "external"), 200);
  assert.equal(localPref("export", "internal"), 200);
  assert.equal(localPref("export", "external"), undefined);
  assert.equal(edited({ localPreference: 0 }, {}, { direction: "import" }).localPref, 0);
});

test("an origin is set", () => {
  for (const origin of ["igp", "egp", "incomplete"] as const) assert.equal(edited({ origin }).origin, origin);
});

function prepended(as: number | "last-as", count: number, path: string): string {
  const asPath = parseAsPath(path) as readonly AsPathSegment[];
  return formatAsPath(edited({ asPathPrepend: { as, count } }, { attributes: { asPath } }).asPath);
}

test("AS numbers are prepended to the first sequence, or as one", () => {
  assert.equal(prepended(65001, 2, "65002"), "65001 65001 65002");
  assert.equal(prepended(65001, 1, ""), "65001");
  assert.equal(prepended(65001, 1, "{65002,65003} 65004"), "65001 {65002,65003} 65004");
  assert.equal(prepended(65001, 0, "65002"), "65002");
});

test("last-as prepends the first number of the path, when a sequence leads", () => {
  assert.equal(prepended("last-as", 3, "65002 65003"), "65002 65002 65002 65002 65003");
  assert.equal(prepended("last-as", 3, ""), "");
  assert.equal(prepended("last-as", 3, "{65002} 65003"), "{65002} 65003");
});

test("a sequence takes 255 numbers, more lead in one of their own", () => {
  const asns = new Array<number>(253).fill(65002);
  const { asPath } = edited(
    { asPathPrepend: { as: 65001, count: 5 } },
    { attributes: { asPath: [{ type: "sequence", asns }] } },
  );
  assert.deepEqual(asPath[0], { type: "sequence", asns: [65001, 65001, 65001] });
  assert.deepEqual(asPath[1], { type: "sequence", asns: [65001, 65001, ...asns] });
  assert.equal(asPath.length, 2);
});

test("a route that grows beyond what an attribute holds is rejected", () => {
  const segments = (count: number) =>
    Array.from(
      { length: count },
      (): AsPathSegment => ({ type: "sequence", asns: new Array<number>(255).fill(65002) }),
    );
  const policy = bindAll([
    {
      name: "p",
      statements: [
        { name: "s", conditions: {}, actions: { disposition: "accept", asPathPrepend: { as: 65001, count: 255 } } },
      ],
    },
  ]);
  assert.notEqual(outcome(policy, { attributes: { asPath: segments(62) } }), "reject");
  assert.equal(outcome(policy, { attributes: { asPath: segments(64) } }), "reject");
});

const ours = NEIGHBOR.localAddress.toString();

test("a next hop is set to an address, ours, or the one the route came with", () => {
  const nextHop = (to: string, receivedNextHop?: string, prefix = "192.0.2.0/24") => {
    const target = to === "self" || to === "unchanged" ? to : address(to);
    const asked = receivedNextHop === undefined ? { prefix } : { prefix, receivedNextHop };
    return `${edited({ nextHop: target }, asked).nextHop}`;
  };
  assert.equal(nextHop("192.0.2.77"), "192.0.2.77");
  assert.equal(nextHop("2001:db8::77"), "2001:db8::77");
  assert.equal(nextHop("self"), ours);
  assert.equal(nextHop("unchanged", "192.0.2.1"), "192.0.2.1");
  assert.equal(nextHop("unchanged", "0.0.0.0"), "10.9.9.9", '"self" came with none');
  assert.equal(nextHop("self", undefined, "2001:db8::/32"), `::ffff:${ours}`);
  assert.equal(nextHop("unchanged", "2001:db8::1", "2001:db8::/32"), "2001:db8::1");
  assert.equal(nextHop("unchanged", "fe80::1", "2001:db8::/32"), "2001:db8::9", "link-local stays on its link");
});

test("on import unchanged changes nothing, and self means nothing for our own routes", () => {
  const unchanged = edited({ nextHop: "unchanged" }, { receivedNextHop: "192.0.2.1" }, { direction: "import" });
  assert.equal(`${unchanged.nextHop}`, "10.9.9.9");
  const self = edited({ nextHop: "self" }, { source: "local" }, { direction: "import", neighbor: undefined });
  assert.equal(`${self.nextHop}`, "10.9.9.9");
});

test("a link-local address of ours stands in both places", () => {
  const neighbor = { ...NEIGHBOR, localAddress: address("fe80::1%eth0") };
  const result = edited({ nextHop: "self" }, { prefix: "2001:db8::/32" }, { neighbor });
  assert.deepEqual([`${result.nextHop}`, `${result.linkLocalNextHop}`], ["fe80::1", "fe80::1"]);
});

test("communities are added once, replaced, removed by value and by expression", () => {
  const run = (
    operation: CommunityAction["operation"],
    communities: string[],
    before = ["65001:1", "65001:2", "65002:1"],
  ) =>
    edited(
      { community: { operation, communities } },
      { attributes: { communities: before.map((text) => parseCommunity(text) as number) } },
    ).communities.map(formatCommunity);
  assert.deepEqual(run("add", ["65003:1", "65001:2", "65003:1", "no-export"]), [
    "65001:1",
    "65001:2",
    "65002:1",
    "65003:1",
    "no-export",
  ]);
  assert.deepEqual(run("replace", ["65009:9"]), ["65009:9"]);
  assert.deepEqual(run("replace", []), []);
  assert.deepEqual(run("remove", ["65001:2", "^65002:"]), ["65001:1"]);
  assert.deepEqual(run("remove", ["."]), []);
  assert.deepEqual(run("remove", ["65001:"], []), []);
});

test("extended communities are added, replaced and removed", () => {
  const value = (text: string) => parseExtValue(text) as bigint;
  const before = ["rt:65001:1", "soo:65001:1", "lb:65001:1000", "rt:65001:2"];
  const run = (operation: CommunityAction["operation"], ...communities: string[]) =>
    edited({ extCommunity: { operation, communities } }, { attributes: { extCommunities: before.map(value) } })
      .extCommunities;
  assert.deepEqual(run("add", "rt:1:1", "rt:65001:1"), [...before, "rt:1:1"].map(value));
  assert.deepEqual(run("replace", "encap:vxlan"), [value("encap:vxlan")]);
  assert.deepEqual(run("remove", "rt:^65001:"), ["soo:65001:1", "lb:65001:1000"].map(value));
  assert.deepEqual(run("remove", "lb:.*"), ["rt:65001:1", "soo:65001:1", "rt:65001:2"].map(value));
});

test("large communities are added once, replaced and removed", () => {
  const before = ["65001:1:1", "65001:1:2"];
  const run = (operation: CommunityAction["operation"], ...communities: string[]) =>
    edited(
      { largeCommunity: { operation, communities } },
      { attributes: { largeCommunities: before.map(parseLargeCommunity).filter((value) => value !== undefined) } },
    ).largeCommunities.map(formatLargeCommunity);
  assert.deepEqual(run("add", "65001:1:2", "1:2:3"), ["65001:1:1", "65001:1:2", "1:2:3"]);
  assert.deepEqual(run("replace", "1:2:3", "1:2:3"), ["1:2:3"]);
  assert.deepEqual(run("remove", "65001:1:1"), ["65001:1:2"]);
  assert.deepEqual(run("remove", "^65001:"), []);
});

test("edits that change nothing give back the attributes as they were", () => {
  const statement = {
    name: "s",
    conditions: {},
    actions: { disposition: "accept" as const, community: { operation: "remove" as const, communities: ["1:1"] } },
  };
  const route = routeOf();
  assert.equal(bindAll([{ name: "p", statements: [statement] }])?.apply(route), route.attributes);
});

test("attributes that no edit is about stay as they are, unknown ones too", () => {
  const attributes = {
    aggregator: { as: 65001, address: address("192.0.2.9") },
    atomicAggregate: true,
    clusterList: [1, 2],
    originatorId: 3,
    otc: 65002,
    unknown: [{ flags: 0xe0, type: 99, value: Uint8Array.of(1, 2, 3) }],
  };
  const result = edited({ med: { operation: "set", value: 1 } }, { attributes });
  for (const [key, value] of Object.entries(attributes)) assert.deepEqual(result[key as "otc"], value, key);
});
