import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ActionsConfig,
  type ConditionsConfig,
  type DefinedSets,
  NO_SETS,
  type PolicyConfig,
  PolicyTable,
  type PolicyUse,
  type StatementConfig,
} from "../../../../src/bgp/policy/index.ts";
import type { Config } from "../../../../src/config/index.ts";
import { address, bindAll, member, NEIGHBOR, outcome, prefix, routeOf, tableOf } from "./harness.ts";

const statement = (
  name: string,
  disposition: ActionsConfig["disposition"],
  actions: Partial<ActionsConfig> = {},
  conditions: ConditionsConfig = {},
): StatementConfig => ({ name, conditions, actions: { disposition, ...actions } });
const policy = (name: string, ...statements: StatementConfig[]): PolicyConfig => ({ name, statements });
const setMed = (value: number): Partial<ActionsConfig> => ({ med: { operation: "set", value } });
const addMed = (value: number): Partial<ActionsConfig> => ({ med: { operation: "add", value } });

test("the first statement that accepts or rejects decides, through all policies in order", () => {
  const first = policy("first", statement("a", "none", addMed(1)), statement("b", "none", addMed(2)));
  const second = policy("second", statement("c", "accept", addMed(4)), statement("d", "reject", addMed(8)));
  const third = policy("third", statement("e", "reject"));
  const med = (...policies: PolicyConfig[]) => {
    const result = outcome(bindAll(policies));
    return result === "reject" ? result : result.med;
  };
  assert.equal(med(first, second, third), 7);
  assert.equal(med(second, third), 4);
  assert.equal(med(third, second), "reject");
  assert.equal(med(first, third), "reject");
  assert.equal(med(first), 3);
});

test("a statement that goes on hands its changes to the conditions of the next", () => {
  const sets = {
    communitySets: [{ name: "cs", entries: ["65001:1"] }],
    asPathSets: [{ name: "as", entries: ["^65009_"] }],
  };
  const community = { operation: "add" as const, communities: ["65001:1"] };
  const marks = statement("mark", "none", { community, asPathPrepend: { as: 65009, count: 1 } });
  const conditions: ConditionsConfig = {
    communitySet: { set: "cs", option: "any" },
    asPathSet: { set: "as", option: "any" },
  };
  const rejects = statement("reject", "reject", {}, conditions);
  assert.equal(outcome(bindAll([policy("p", marks, rejects)], { sets })), "reject");
  assert.notEqual(outcome(bindAll([policy("p", rejects, marks)], { sets })), "reject");
});

test("when none decides the default does, with the changes made so far", () => {
  const changes = policy("p", statement("a", "none", setMed(5)));
  const accepted = outcome(bindAll([changes], { defaultAction: "accept" }));
  assert.ok(accepted !== "reject");
  assert.equal(accepted.med, 5);
  assert.equal(outcome(bindAll([changes], { defaultAction: "reject" })), "reject");
});

test("a policy asks for the prefix only when a statement that can apply does", () => {
  const sets = {
    prefixSets: [{ name: "ps", prefixes: [member("192.0.2.0/24")] }],
    neighborSets: [{ name: "ns", prefixes: [prefix("10.0.0.2")] }],
  };
  const conditions: ConditionsConfig = {
    prefixSet: { set: "ps", option: "any" },
    neighborSet: { set: "ns", option: "any" },
  };
  const policies = [policy("p", statement("a", "reject", {}, conditions), statement("b", "accept", setMed(1)))];
  assert.equal(bindAll(policies, { sets })?.perPrefix, true);
  const other = bindAll(policies, { sets, neighbor: { ...NEIGHBOR, address: address("10.0.0.3") } });
  assert.equal(other?.perPrefix, false);
  assert.notEqual(outcome(other, { prefix: "192.0.2.0/24" }), "reject");
});

test("routes with the same attributes and other prefixes are told apart", () => {
  const sets = {
    prefixSets: [
      { name: "a", prefixes: [member("192.0.2.0/24 24..32")] },
      { name: "b", prefixes: [member("192.0.2.128/25 25..32")] },
    ],
  };
  const inSet = (set: string, med: number) =>
    statement(set, "none", addMed(med), { prefixSet: { set, option: "any" } });
  const bound = bindAll([policy("p", inSet("a", 1), inSet("b", 2), inSet("a", 4))], { sets });
  const med = (text: string) => {
    const result = outcome(bound, { prefix: text });
    return result === "reject" ? result : result.med;
  };
  for (let round = 0; round < 2; round++) {
    assert.equal(med("192.0.2.1/32"), 5);
    assert.equal(med("192.0.2.129/32"), 7);
    assert.equal(med("198.51.100.1/32"), undefined);
  }
});

test("more prefix conditions than are remembered still decide rightly", () => {
  const names = Array.from({ length: 60 }, (_, i) => `s${i}`);
  const sets = {
    prefixSets: names.map((name, i) => ({ name, prefixes: [member(`10.${i}.0.0/16 16..32`)] })),
  };
  const statements = names.map((name, i) =>
    statement(name, "accept", setMed(i), { prefixSet: { set: name, option: "any" } }),
  );
  const bound = bindAll([policy("p", ...statements)], { sets, defaultAction: "reject" });
  for (const i of [0, 1, 31, 32, 59]) {
    const result = outcome(bound, { prefix: `10.${i}.1.0/24` });
    assert.ok(result !== "reject");
    assert.equal(result.med, i);
  }
  assert.equal(outcome(bound, { prefix: "10.60.1.0/24" }), "reject");
});

test("a remembered outcome is given again, as the same bytes", () => {
  const bound = bindAll([policy("p", statement("a", "accept", setMed(5)))]);
  assert.equal(bound?.apply(routeOf()), bound?.apply(routeOf()));
});

const use = (changes: Partial<PolicyUse> = {}): PolicyUse => ({
  direction: "export",
  policies: ["p"],
  defaultAction: "accept",
  neighbor: NEIGHBOR,
  ...changes,
});
const boundBy = (table: PolicyTable, changes: Partial<PolicyUse>) => {
  const bound = table.bind(use(changes));
  assert.ok(bound.ok);
  return bound.value;
};
const elsewhere = { ...NEIGHBOR, address: address("10.0.0.3"), localAddress: address("10.0.0.9") };

test("sessions between which policies see no difference get the same object", () => {
  const table = tableOf([policy("p", statement("a", "accept", setMed(1)))]);
  const bound = boundBy(table, {});
  assert.equal(boundBy(table, { neighbor: elsewhere }), bound);
  assert.notEqual(boundBy(table, { direction: "import" }), bound);
  assert.notEqual(boundBy(table, { defaultAction: "reject" }), bound);
  assert.notEqual(boundBy(table, { neighbor: { ...NEIGHBOR, type: "internal" } }), bound);
});

test("sessions with other addresses of ours are told apart when a statement says self", () => {
  const table = tableOf([policy("p", statement("a", "accept", { nextHop: "self" }))]);
  assert.notEqual(boundBy(table, { neighbor: elsewhere }), boundBy(table, {}));
});

test("sessions with neighbours in and outside a set are told apart", () => {
  const sets = { neighborSets: [{ name: "ns", prefixes: [prefix("10.0.0.2")] }] };
  const conditions: ConditionsConfig = { neighborSet: { set: "ns", option: "any" } };
  const table = tableOf(
    [policy("p", statement("a", "reject", {}, conditions), statement("b", "accept", setMed(1)))],
    sets,
  );
  assert.notEqual(boundBy(table, { neighbor: elsewhere }), boundBy(table, {}));
});

test("where no statement can apply there is no policy", () => {
  const table = tableOf([policy("p", statement("a", "reject", {}, { routeType: "internal" })), policy("empty")]);
  assert.equal(boundBy(table, { direction: "import" }), undefined);
  assert.notEqual(boundBy(table, { direction: "export" }), undefined);
  assert.equal(boundBy(table, { policies: ["empty"] }), undefined);
  assert.equal(boundBy(table, { policies: [] }), undefined);
});

test("names that are not known, or stand twice, are faults of the use", () => {
  const table = tableOf([policy("p")]);
  assert.deepEqual(table.bind(use({ policies: ["p", "q"] })), {
    ok: false,
    error: { where: 'policy "q"', problem: "there is none of that name" },
  });
  assert.equal(table.bind(use({ policies: ["p", "p"] })).ok, false);
});

function faultsOf(sets: Partial<DefinedSets>, policies: readonly PolicyConfig[] = []): string[] {
  const compiled = PolicyTable.compile({ ...NO_SETS, ...sets }, policies);
  return compiled.ok ? [] : compiled.error.map(({ where, problem }) => `${where}: ${problem}`);
}

test("every fault of the sets is named", () => {
  assert.deepEqual(
    faultsOf({
      prefixSets: [{ name: "ps", prefixes: [member("192.0.2.0/24"), member("2001:db8::/32")] }],
      communitySets: [
        { name: "cs", entries: ["65001:1", "(", "["] },
        { name: "cs", entries: [] },
      ],
      extCommunitySets: [{ name: "es", entries: ["65001:1"] }],
      asPathSets: [{ name: "as", entries: ["*"] }],
    }),
    [
      'prefix set "ps": it has prefixes of both IPv4 and IPv6',
      'community set "cs": "(": missing )',
      'community set "cs": "[": ends within [...]',
      'community set "cs": there are two of that name',
      'ext-community set "es": "65001:1": it begins with none of rt:, soo:, encap:, lb:',
      'as-path set "as": "*": nothing to repeat before *',
    ],
  );
});

test("every fault of the policies is named", () => {
  const any = { option: "any" as const };
  const conditions: ConditionsConfig = {
    prefixSet: { set: "p", ...any },
    neighborSet: { set: "n", ...any },
    communitySet: { set: "c", ...any },
    extCommunitySet: { set: "e", ...any },
    largeCommunitySet: { set: "l", ...any },
    asPathSet: { set: "a", ...any },
  };
  const actions: Partial<ActionsConfig> = {
    localPreference: 1,
    community: { operation: "add", communities: ["x"] },
    extCommunity: { operation: "remove", communities: ["rt:("] },
    largeCommunity: { operation: "replace", communities: ["1:2"] },
  };
  const at = 'policy "p", statement "s": ';
  assert.deepEqual(faultsOf({}, [policy("p", statement("s", "none", actions, conditions)), policy("p")]), [
    `${at}there is no prefix set "p"`,
    `${at}there is no neighbor set "n"`,
    `${at}"x" is not a community of that kind`,
    `${at}"rt:(": missing )`,
    `${at}"1:2" is not a community of that kind`,
    `${at}there is no community set "c"`,
    `${at}there is no ext-community set "e"`,
    `${at}there is no large-community set "l"`,
    `${at}there is no as-path set "a"`,
    'policy "p": there are two of that name',
  ]);
});

test("sets and policies of the configuration compile as they are", () => {
  // A matter of types: this compiles or it does not.
  const compile = ({ definedSets, policies }: Pick<Config, "definedSets" | "policies">) =>
    PolicyTable.compile(definedSets, policies);
  assert.ok(compile({ definedSets: { ...NO_SETS } as Config["definedSets"], policies: [] }).ok);
});
