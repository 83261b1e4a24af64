import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addMembers,
  type DefinedSets,
  listMembers,
  NO_SETS,
  type PolicyConfig,
  removeMembers,
  removeSet,
  type SetKind,
  type SetOf,
} from "../../../../src/bgp/policy/index.ts";
import type { Result } from "../../../../src/lib/result.ts";
import { member, prefix } from "./harness.ts";

function unwrap(result: Result<DefinedSets, string>): DefinedSets {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** For each kind: the set "s" with two members, and how they are listed. */
const EXAMPLES: { readonly [K in SetKind]: readonly [first: SetOf<K>, second: SetOf<K>, listed: readonly string[]] } = {
  prefixSets: [
    { name: "s", prefixes: [member("10.0.0.0/8 8..24")] },
    { name: "s", prefixes: [member("10.9.0.0/16")] },
    ["10.0.0.0/8 8..24", "10.9.0.0/16 16..16"],
  ],
  neighborSets: [
    { name: "s", prefixes: [prefix("10.0.0.1")] },
    { name: "s", prefixes: [prefix("2001:db8::/32")] },
    ["10.0.0.1/32", "2001:db8::/32"],
  ],
  communitySets: [
    { name: "s", entries: ["65001:100"] },
    { name: "s", entries: ["^65002:"] },
    ["^65001:100$", "^65002:"],
  ],
  extCommunitySets: [
    { name: "s", entries: ["RT:65001:100"] },
    { name: "s", entries: ["soo:^1"] },
    ["rt:^65001:100$", "soo:^1"],
  ],
  largeCommunitySets: [{ name: "s", entries: ["1:2:3"] }, { name: "s", entries: [":3$"] }, ["^1:2:3$", ":3$"]],
  asPathSets: [{ name: "s", entries: ["^65001_"] }, { name: "s", entries: ["_1.$"] }, ["^65001_", "(^|[,{}() ]|$)1.$"]],
};

for (const kind of Object.keys(EXAMPLES) as SetKind[]) {
  const [first, second, listed] = EXAMPLES[kind] as readonly [SetOf<SetKind>, SetOf<SetKind>, readonly string[]];
  const shown = (sets: DefinedSets) => sets[kind].map((set) => listMembers(kind, set as SetOf<SetKind>));

  test(`${kind}: members are added to a set, listed, removed again`, () => {
    const one = unwrap(addMembers(NO_SETS, kind, first));
    assert.deepEqual(shown(one), [listed.slice(0, 1)]);
    const both = unwrap(addMembers(one, kind, second));
    assert.deepEqual(shown(both), [listed]);
    assert.deepEqual(shown(unwrap(removeMembers(both, kind, first))), [listed.slice(1)]);
    assert.deepEqual(shown(unwrap(removeMembers(one, kind, second))), [listed.slice(0, 1)]);
    assert.deepEqual(shown(unwrap(removeMembers(one, kind, first))), [[]], "an empty set stays");
    assert.deepEqual(shown(one), [listed.slice(0, 1)], "what was there is not touched");
  });

  test(`${kind}: a set goes, unless a policy asks for it`, () => {
    const sets = unwrap(addMembers(NO_SETS, kind, first));
    const condition = { [kind.slice(0, -1)]: { set: "s", option: "any" } };
    const policies: PolicyConfig[] = [
      { name: "p", statements: [{ name: "st", conditions: condition, actions: { disposition: "none" } }] },
    ];
    assert.deepEqual(removeSet(sets, policies, kind, "s"), {
      ok: false,
      error: "can't delete. defined-set s is in use",
    });
    assert.deepEqual(unwrap(removeSet(sets, [], kind, "s")), NO_SETS);
    assert.deepEqual(removeSet(sets, [], kind, "t"), { ok: false, error: "not found defined-set: t" });
    assert.deepEqual(removeMembers(NO_SETS, kind, first), { ok: false, error: "not found defined-set: s" });
  });
}

test("a prefix set takes no prefixes of another family, unless it is empty", () => {
  const four = { name: "s", prefixes: [member("10.0.0.0/8")] };
  const six = { name: "s", prefixes: [member("2001:db8::/32")] };
  const sets = unwrap(addMembers(NO_SETS, "prefixSets", four));
  assert.deepEqual(addMembers(sets, "prefixSets", six), { ok: false, error: "can't append different family" });
  const emptied = unwrap(removeMembers(sets, "prefixSets", four));
  assert.ok(addMembers(emptied, "prefixSets", six).ok);
});

test("a member is removed by what it means, not by how it was written", () => {
  const sets = unwrap(addMembers(NO_SETS, "communitySets", { name: "s", entries: ["no-export", "65001:1"] }));
  const left = unwrap(removeMembers(sets, "communitySets", { name: "s", entries: ["^65535:65281$"] }));
  assert.deepEqual(left.communitySets, [{ name: "s", entries: ["65001:1"] }]);
});
