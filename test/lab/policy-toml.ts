import type {
  ActionsConfig,
  ConditionsConfig,
  DefinedSets,
  PolicyConfig,
  SetMatch,
} from "../../src/bgp/policy/index.ts";

const quote = (text: string) => JSON.stringify(text);
const list = (texts: readonly unknown[]) => `[${texts.map((text) => quote(`${text}`)).join(", ")}]`;

/** Defined sets and policies as GoBGP reads them. */
export function policyToml(sets: DefinedSets, policies: readonly PolicyConfig[]): string {
  return [...setsToml(sets), ...policies.flatMap(policyLines), ""].join("\n");
}

function setsToml(sets: DefinedSets): string[] {
  const texts = (kind: string, all: DefinedSets["communitySets"]) =>
    all.flatMap(({ name, entries }) => [
      `[[defined-sets.bgp-defined-sets.${kind}-sets]]`,
      `${kind}-set-name = ${quote(name)}`,
      `${kind}-list = ${list(entries)}`,
    ]);
  return [
    ...sets.prefixSets.flatMap(({ name, prefixes }) => [
      "[[defined-sets.prefix-sets]]",
      `prefix-set-name = ${quote(name)}`,
      ...prefixes.flatMap(({ prefix, lengthMin, lengthMax }) => [
        "[[defined-sets.prefix-sets.prefix-list]]",
        `ip-prefix = "${prefix}"`,
        `masklength-range = "${lengthMin}..${lengthMax}"`,
      ]),
    ]),
    ...sets.neighborSets.flatMap(({ name, prefixes }) => [
      "[[defined-sets.neighbor-sets]]",
      `neighbor-set-name = ${quote(name)}`,
      `neighbor-info-list = ${list(prefixes)}`,
    ]),
    ...texts("community", sets.communitySets),
    ...texts("ext-community", sets.extCommunitySets),
    ...texts("large-community", sets.largeCommunitySets),
    ...texts("as-path", sets.asPathSets),
  ];
}

function policyLines({ name, statements }: PolicyConfig): string[] {
  return [
    "[[policy-definitions]]",
    `name = ${quote(name)}`,
    ...statements.flatMap(({ name: statement, conditions, actions }) => [
      "[[policy-definitions.statements]]",
      `name = ${quote(statement)}`,
      ...conditionLines(conditions, "policy-definitions.statements.conditions"),
      ...actionLines(actions, "policy-definitions.statements.actions"),
    ]),
  ];
}

function conditionLines(conditions: ConditionsConfig, table: string): string[] {
  const match = (kind: string, at: string, what: SetMatch | undefined) =>
    what === undefined
      ? []
      : [`[${at}.match-${kind}]`, `${kind} = ${quote(what.set)}`, `match-set-options = ${quote(what.option)}`];
  const bgp = `${table}.bgp-conditions`;
  const { asPathLength, routeType, nextHops, families } = conditions;
  return [
    ...match("prefix-set", table, conditions.prefixSet),
    ...match("neighbor-set", table, conditions.neighborSet),
    `[${bgp}]`,
    ...(routeType === undefined ? [] : [`route-type = ${quote(routeType)}`]),
    ...(nextHops === undefined ? [] : [`next-hop-in-list = ${list(nextHops)}`]),
    ...(families === undefined ? [] : [`afi-safi-in-list = ${list(families)}`]),
    ...match("community-set", bgp, conditions.communitySet),
    ...match("ext-community-set", bgp, conditions.extCommunitySet),
    ...match("large-community-set", bgp, conditions.largeCommunitySet),
    ...match("as-path-set", bgp, conditions.asPathSet),
    ...(asPathLength === undefined
      ? []
      : [`[${bgp}.as-path-length]`, `operator = ${quote(asPathLength.operator)}`, `value = ${asPathLength.value}`]),
  ];
}

function actionLines(actions: ActionsConfig, table: string): string[] {
  const { med, localPreference, nextHop, asPathPrepend, disposition } = actions;
  const bgp = `${table}.bgp-actions`;
  const community = (kind: string, action: ActionsConfig["community"]) =>
    action === undefined
      ? []
      : [
          `[${bgp}.set-${kind}]`,
          `options = ${quote(action.operation)}`,
          `[${bgp}.set-${kind}.set-${kind}-method]`,
          `communities-list = ${list(action.communities)}`,
        ];
  const sign = med?.operation === "add" && med.value >= 0 ? "+" : "";
  return [
    `[${table}]`,
    `route-disposition = "${disposition === "none" ? "none" : `${disposition}-route`}"`,
    `[${bgp}]`,
    ...(med === undefined ? [] : [`set-med = "${sign}${med.value}"`]),
    ...(localPreference === undefined ? [] : [`set-local-pref = ${localPreference}`]),
    ...(nextHop === undefined ? [] : [`set-next-hop = "${nextHop}"`]),
    ...(asPathPrepend === undefined
      ? []
      : [`[${bgp}.set-as-path-prepend]`, `as = "${asPathPrepend.as}"`, `repeat-n = ${asPathPrepend.count}`]),
    ...community("community", actions.community),
    ...community("ext-community", actions.extCommunity),
    ...community("large-community", actions.largeCommunity),
  ];
}
