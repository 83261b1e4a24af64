import type {
  ActionsConfig,
  CommunityAction,
  ConditionsConfig,
  DefinedSets,
  PolicyConfig,
  SetMatch,
  StatementConfig,
} from "./config.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, reportUnknown, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { isCarried } from "./schema/family.ts";
import type { FilledStatement, GivenFile, GivenPolicy } from "./schema/index.ts";
import { policyTable } from "./schema/policy.ts";
import { ACTION_VALUES } from "./schema/policy-values.ts";
import { fill } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

/** What statements are resolved against. */
interface Context {
  readonly report: Report;
  readonly sets: DefinedSets;
}

/** `[[policy-definitions]]`: those that have a name of their own. */
export function resolvePolicies(given: readonly GivenPolicy[], sets: DefinedSets, report: Report): PolicyConfig[] {
  const context = { report, sets };
  const policies: PolicyConfig[] = [];
  for (const [index, item] of given.entries()) {
    const path = ["policy-definitions", index];
    const filled = fill(policyTable, item);
    if (filled.name === undefined) requireKey(report, path, "name");
    const name = filled.name ?? "";
    const statements = filled.statements.map((statement, i) =>
      resolveStatement(context, statement, [...path, "statements", i], `${name}_stmt${i}`),
    );
    checkDuplicates(
      report,
      filled.statements.map((statement, i) => [statement.name, [...path, "statements", i, "name"]]),
    );
    if (filled.name !== undefined) policies.push({ name, statements, settings: settingsOf(policyTable, filled) });
  }
  checkDuplicates(
    report,
    given.map((policy, i) => [policy.name, ["policy-definitions", i, "name"]]),
  );
  return policies;
}

/** Reports policies that `apply-policy` tables name and nobody defines. */
export function checkPolicyNames(given: GivenFile, policies: readonly PolicyConfig[], report: Report): void {
  const known = policies.map((policy) => policy.name);
  const check = (table: NonNullable<GivenFile["global"]>["apply-policy"], path: Path) => {
    for (const key of ["import-policy-list", "export-policy-list"] as const)
      for (const [i, name] of (table?.config?.[key] ?? []).entries())
        if (!known.includes(name))
          reportUnknown(report, [...path, "apply-policy", "config", key, i], "policy", name, known);
  };
  check(given.global?.["apply-policy"], ["global"]);
  for (const [i, neighbor] of (given.neighbors ?? []).entries()) check(neighbor["apply-policy"], ["neighbors", i]);
  for (const [i, group] of (given["peer-groups"] ?? []).entries()) check(group["apply-policy"], ["peer-groups", i]);
}

function resolveStatement(
  context: Context,
  filled: FilledStatement,
  path: Path,
  fallbackName: string,
): StatementConfig {
  return {
    name: filled.name ?? fallbackName,
    conditions: resolveConditions(context, filled.conditions, [...path, "conditions"]),
    actions: resolveActions(context.report, filled.actions, [...path, "actions"]),
  };
}

function resolveConditions(context: Context, filled: FilledStatement["conditions"], path: Path): ConditionsConfig {
  const { sets } = context;
  const bgp = filled["bgp-conditions"];
  const inner = [...path, "bgp-conditions"];
  const match = <Option extends string>(
    table: { readonly "match-set-options": Option },
    kind: string,
    known: readonly { readonly name: string }[],
    at: Path,
  ) =>
    resolveMatch(
      context.report,
      (table as Readonly<Record<string, unknown>>)[kind],
      table["match-set-options"],
      kind,
      known,
      at,
    );
  const routeType = bgp["route-type"];
  return {
    prefixSet: match(filled["match-prefix-set"], "prefix-set", sets.prefixSets, path),
    neighborSet: match(filled["match-neighbor-set"], "neighbor-set", sets.neighborSets, path),
    communitySet: match(bgp["match-community-set"], "community-set", sets.communitySets, inner),
    extCommunitySet: match(bgp["match-ext-community-set"], "ext-community-set", sets.extCommunitySets, inner),
    largeCommunitySet: match(bgp["match-large-community-set"], "large-community-set", sets.largeCommunitySets, inner),
    asPathSet: match(bgp["match-as-path-set"], "as-path-set", sets.asPathSets, inner),
    asPathLength: resolveLength(context.report, bgp["as-path-length"], [...inner, "as-path-length"]),
    routeType: routeType === "none" ? undefined : routeType,
    nextHops: bgp["next-hop-in-list"],
    families: bgp["afi-safi-in-list"]?.filter((name) => isCarried(name)),
  };
}

function resolveMatch<Option extends string>(
  report: Report,
  set: unknown,
  option: Option,
  kind: string,
  known: readonly { readonly name: string }[],
  path: Path,
): SetMatch<Option> | undefined {
  const at = [...path, `match-${kind}`, kind];
  if (typeof set !== "string") return undefined;
  const names = known.map((item) => item.name);
  if (!names.includes(set)) reportUnknown(report, at, kind, set, names);
  return { set, option };
}

function resolveLength(
  report: Report,
  filled: FilledStatement["conditions"]["bgp-conditions"]["as-path-length"],
  path: Path,
): ConditionsConfig["asPathLength"] {
  if (filled.operator === undefined && filled.value === undefined) return undefined;
  if (filled.operator === undefined) requireKey(report, path, "operator");
  if (filled.value === undefined) requireKey(report, path, "value");
  const operator = (filled.operator ?? "eq").replace("attribute-", "") as "eq" | "ge" | "le";
  return { operator, value: filled.value ?? 0 };
}

function resolveActions(report: Report, filled: FilledStatement["actions"], path: Path): ActionsConfig {
  const bgp = filled["bgp-actions"];
  const inner = [...path, "bgp-actions"];
  const disposition = { "accept-route": "accept", "reject-route": "reject", none: "none" } as const;
  const community = (
    kind: keyof typeof ACTION_VALUES,
    name: string,
    operation: CommunityAction["operation"] | undefined,
    communities: readonly string[],
  ) => resolveCommunityAction(report, kind, name, operation, communities, inner);
  return {
    disposition: disposition[filled["route-disposition"]],
    med: bgp["set-med"],
    localPreference: bgp["set-local-pref"],
    nextHop: bgp["set-next-hop"],
    asPathPrepend: resolvePrepend(report, bgp["set-as-path-prepend"], [...inner, "set-as-path-prepend"]),
    origin: bgp["set-route-origin"],
    community: community(
      "community",
      "set-community",
      bgp["set-community"].options,
      bgp["set-community"]["set-community-method"]["communities-list"],
    ),
    extCommunity: community(
      "extCommunity",
      "set-ext-community",
      bgp["set-ext-community"].options,
      bgp["set-ext-community"]["set-ext-community-method"]["communities-list"],
    ),
    largeCommunity: community(
      "largeCommunity",
      "set-large-community",
      bgp["set-large-community"].options,
      bgp["set-large-community"]["set-large-community-method"]["communities-list"],
    ),
  };
}

function resolvePrepend(
  report: Report,
  filled: FilledStatement["actions"]["bgp-actions"]["set-as-path-prepend"],
  path: Path,
): ActionsConfig["asPathPrepend"] {
  if (filled["repeat-n"] > 0 && filled.as === undefined) requireKey(report, path, "as");
  if (filled.as === undefined || filled["repeat-n"] === 0) return undefined;
  return { as: filled.as, count: filled["repeat-n"] };
}

function resolveCommunityAction(
  report: Report,
  kind: keyof typeof ACTION_VALUES,
  name: string,
  operation: CommunityAction["operation"] | undefined,
  communities: readonly string[],
  path: Path,
): CommunityAction | undefined {
  const at = [...path, name];
  if (operation === undefined) {
    if (communities.length > 0) requireKey(report, at, "options");
    return undefined;
  }
  const { parse, pattern, allowed } = ACTION_VALUES[kind];
  for (const [i, text] of communities.entries()) {
    const isRight = operation === "remove" ? pattern.check(text as never).ok : parse(text) !== undefined;
    if (isRight) continue;
    const wanted = operation === "remove" ? pattern.allowed : allowed;
    const element = [...at, `${name}-method`, "communities-list", i];
    report.error(element, `an element of \`communities-list\` is ${JSON.stringify(text)}; allowed: ${wanted}`);
  }
  return { operation, communities };
}
