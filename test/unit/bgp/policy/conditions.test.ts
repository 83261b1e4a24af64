import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExtValue } from "../../../../src/bgp/policy/ext-community.ts";
import type { MatchOption } from "../../../../src/bgp/policy/index.ts";
import {
  type AsPathSegment,
  parseAsPath,
  parseCommunity,
  parseLargeCommunity,
} from "../../../../src/bgp/wire/index.ts";
import { address, type Bound, holds, member, NEIGHBOR, prefix } from "./harness.ts";

const pathOf = (text: string) => ({ asPath: parseAsPath(text) as readonly AsPathSegment[] });
const communitiesOf = (...texts: string[]) => ({ communities: texts.map((text) => parseCommunity(text) as number) });
const extOf = (...texts: string[]) => ({ extCommunities: texts.map((text) => parseExtValue(text) as bigint) });

test("a statement without conditions holds for everything", () => {
  assert.ok(holds({}));
});

test("a prefix set holds for its prefixes, inverted for the others of its family", () => {
  const sets = { prefixSets: [{ name: "ps", prefixes: [member("192.0.2.0/24 24..32")] }] };
  const ask = (option: "any" | "invert", text: string) =>
    holds({ prefixSet: { set: "ps", option } }, { prefix: text }, { sets });
  assert.ok(ask("any", "192.0.2.1/32"));
  assert.ok(!ask("any", "192.0.3.1/32"));
  assert.ok(!ask("invert", "192.0.2.1/32"));
  assert.ok(ask("invert", "192.0.3.1/32"));
  assert.ok(!ask("any", "2001:db8::/32"));
  assert.ok(!ask("invert", "2001:db8::/32"), "a set of the other family never holds");
});

test("a prefix set without members never holds", () => {
  const sets = { prefixSets: [{ name: "ps", prefixes: [] }] };
  for (const option of ["any", "invert"] as const)
    assert.ok(!holds({ prefixSet: { set: "ps", option } }, {}, { sets }));
});

test("a neighbor set holds for the session's neighbour in both directions", () => {
  const sets = { neighborSets: [{ name: "ns", prefixes: [prefix("10.0.0.0/30"), prefix("2001:db8::1")] }] };
  const ask = (option: "any" | "invert", neighbor: string, direction: "import" | "export") => {
    const bound: Bound = { sets, direction, neighbor: { ...NEIGHBOR, address: address(neighbor) } };
    return holds({ neighborSet: { set: "ns", option } }, {}, bound);
  };
  for (const direction of ["import", "export"] as const) {
    assert.ok(ask("any", "10.0.0.2", direction));
    assert.ok(ask("any", "2001:db8::1", direction));
    assert.ok(!ask("any", "10.0.0.4", direction));
    assert.ok(!ask("invert", "10.0.0.2", direction));
    assert.ok(ask("invert", "10.0.0.4", direction));
  }
});

test("a neighbor set holds for no route of our own, but an empty one for every route", () => {
  const sets = {
    neighborSets: [
      { name: "ns", prefixes: [prefix("10.0.0.2")] },
      { name: "empty", prefixes: [] },
    ],
  };
  const own: Bound = { sets, direction: "import", neighbor: undefined };
  for (const option of ["any", "invert"] as const) {
    assert.ok(!holds({ neighborSet: { set: "ns", option } }, { source: "local" }, own));
    assert.ok(holds({ neighborSet: { set: "empty", option } }, { source: "local" }, own));
    assert.ok(holds({ neighborSet: { set: "empty", option } }, {}, { sets }));
  }
});

/** any, all and invert over a set with two members, for values that hit none, one, both, both and more. */
const OPTIONS: Readonly<Record<MatchOption, readonly [none: boolean, one: boolean, both: boolean, more: boolean]>> = {
  any: [false, true, true, true],
  all: [false, false, true, true],
  invert: [true, false, false, false],
};

test("any, all and invert ask for the members of a community set among the communities", () => {
  const sets = { communitySets: [{ name: "s", entries: ["65001:100", "^65002:2..$"] }] };
  const cases = [[], ["65001:100"], ["65002:222", "65001:100"], ["1:1", "65001:100", "65002:299"]];
  for (const [option, expected] of Object.entries(OPTIONS) as [MatchOption, readonly boolean[]][])
    for (const [i, texts] of cases.entries()) {
      const asked = { attributes: communitiesOf(...texts) };
      assert.equal(holds({ communitySet: { set: "s", option } }, asked, { sets }), expected[i], `${option} ${texts}`);
    }
});

test("any, all and invert ask for the members of an extended-community set among the extended communities", () => {
  const sets = { extCommunitySets: [{ name: "s", entries: ["rt:65001:100", "soo:^192\\.0\\.2\\."] }] };
  const cases = [
    ["soo:65001:100"],
    ["rt:65001:100"],
    ["soo:192.0.2.1:7", "rt:65001:100"],
    ["rt:1:1", "rt:65001:100", "soo:192.0.2.1:7", "lb:1:1"],
  ];
  for (const [option, expected] of Object.entries(OPTIONS) as [MatchOption, readonly boolean[]][])
    for (const [i, texts] of cases.entries()) {
      const asked = { attributes: extOf(...texts) };
      assert.equal(
        holds({ extCommunitySet: { set: "s", option } }, asked, { sets }),
        expected[i],
        `${option} ${texts}`,
      );
    }
});

test("any, all and invert ask for the members of a large-community set among the large communities", () => {
  const sets = { largeCommunitySets: [{ name: "s", entries: ["65001:1:2", "^4200000000:.*:3$"] }] };
  const cases = [
    ["65001:1:20"],
    ["65001:1:2"],
    ["4200000000:9:3", "65001:1:2"],
    ["1:1:1", "65001:1:2", "4200000000:0:3"],
  ];
  for (const [option, expected] of Object.entries(OPTIONS) as [MatchOption, readonly boolean[]][])
    for (const [i, texts] of cases.entries()) {
      const largeCommunities = texts.map((text) => parseLargeCommunity(text)).filter((value) => value !== undefined);
      const asked = { attributes: { largeCommunities } };
      const conditions = { largeCommunitySet: { set: "s", option } };
      assert.equal(holds(conditions, asked, { sets }), expected[i], `${option} ${texts}`);
    }
});

test("any, all and invert ask for the members of an AS-path set in the path", () => {
  const sets = { asPathSets: [{ name: "s", entries: ["_65001_", "^(65002_)+6500[13]"] }] };
  const cases = ["65003", "65003 65001", "65002 65001", "65002 65002 65003 65001"];
  for (const [option, expected] of Object.entries(OPTIONS) as [MatchOption, readonly boolean[]][])
    for (const [i, text] of cases.entries()) {
      const asked = { attributes: pathOf(text) };
      assert.equal(holds({ asPathSet: { set: "s", option } }, asked, { sets }), expected[i], `${option} ${text}`);
    }
});

test("of sets without members, only inverted ones hold; of AS paths, all as well", () => {
  const sets = {
    communitySets: [{ name: "s", entries: [] }],
    extCommunitySets: [{ name: "s", entries: [] }],
    largeCommunitySets: [{ name: "s", entries: [] }],
    asPathSets: [{ name: "s", entries: [] }],
  };
  for (const kind of ["communitySet", "extCommunitySet", "largeCommunitySet", "asPathSet"] as const)
    for (const option of ["any", "all", "invert"] as const) {
      const expected = option === "invert" || (option === "all" && kind === "asPathSet");
      assert.equal(holds({ [kind]: { set: "s", option } }, {}, { sets }), expected, `${kind} ${option}`);
    }
});

test("an AS-path length counts a set as one and a confederation as nothing", () => {
  const attributes = pathOf("65001 65002 {65003,65004} (65005 65006)");
  const ask = (operator: "eq" | "ge" | "le", value: number) =>
    holds({ asPathLength: { operator, value } }, { attributes });
  assert.deepEqual(
    [2, 3, 4].map((value) => ask("eq", value)),
    [false, true, false],
  );
  assert.deepEqual(
    [2, 3, 4].map((value) => ask("ge", value)),
    [true, true, false],
  );
  assert.deepEqual(
    [2, 3, 4].map((value) => ask("le", value)),
    [false, true, true],
  );
});

test("a route type is where the route came from", () => {
  for (const routeType of ["local", "internal", "external"] as const)
    for (const source of ["local", "internal", "external"] as const) {
      const expected = routeType === source;
      assert.equal(holds({ routeType }, { source }), expected, `export ${routeType} ${source}`);
      const neighbor = source === "local" ? undefined : { ...NEIGHBOR, type: source };
      assert.equal(holds({ routeType }, { source }, { direction: "import", neighbor }), expected, `import ${source}`);
    }
});

test("a list of families holds for those in it, an empty one for none", () => {
  assert.ok(holds({ families: ["ipv4-unicast"] }));
  assert.ok(!holds({ families: ["ipv6-unicast"] }));
  assert.ok(holds({ families: ["ipv4-unicast", "ipv6-unicast"] }, { prefix: "2001:db8::/32" }));
  assert.ok(!holds({ families: [] }));
});

test("a list of next hops asks for the one that the route came with", () => {
  const nextHops = [prefix("10.9.0.0/16"), prefix("2001:db8::9")];
  assert.ok(holds({ nextHops }, {}, { direction: "import" }));
  assert.ok(holds({ nextHops }, { prefix: "2001:db8::/32" }, { direction: "import" }));
  assert.ok(!holds({ nextHops: [prefix("10.8.0.0/16")] }, {}, { direction: "import" }));
  assert.ok(holds({ nextHops: [] }), "an empty list is no condition");
  // On export 10.9.9.9 is ours by then.
  assert.ok(!holds({ nextHops }, { receivedNextHop: "192.0.2.1" }));
  assert.ok(holds({ nextHops: [prefix("192.0.2.1")] }, { receivedNextHop: "192.0.2.1" }));
  assert.ok(holds({ nextHops }, { receivedNextHop: "0.0.0.0" }), '"self" has no next hop but ours');
});

test("all conditions must hold", () => {
  const sets = { communitySets: [{ name: "s", entries: ["65001:100"] }] };
  const conditions = { communitySet: { set: "s", option: "any" as const }, routeType: "external" as const };
  const attributes = communitiesOf("65001:100");
  assert.ok(holds(conditions, { attributes, source: "external" }, { sets }));
  assert.ok(!holds(conditions, { attributes, source: "internal" }, { sets }));
  assert.ok(!holds(conditions, { source: "external" }, { sets }));
});
