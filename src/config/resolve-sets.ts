import type { DefinedSets, NeighborSet, PrefixSet, Settings, TextSet } from "./config.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { definedSets } from "./schema/policy.ts";
import { type Children, type FilledTable, fill, type Given, type GivenTable, type TableList } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

const tables = definedSets.children;
const attributeTables = tables["bgp-defined-sets"].children;

/** `[defined-sets]`. A set without a name, or with one that was there before, is reported and left out. */
export function resolveDefinedSets(given: Given<typeof definedSets>, report: Report): DefinedSets {
  const path = ["defined-sets"];
  const attributes = given["bgp-defined-sets"] ?? {};
  const attributePath = [...path, "bgp-defined-sets"];
  const collect = { report, path };
  const collectAttribute = { report, path: attributePath };
  return {
    prefixSets: namedSets(collect, "prefix-set", tables["prefix-sets"], given["prefix-sets"]).map(
      ({ set, at, ...common }): PrefixSet => ({ ...common, prefixes: prefixesOf(set["prefix-list"], at, report) }),
    ),
    neighborSets: namedSets(collect, "neighbor-set", tables["neighbor-sets"], given["neighbor-sets"]).map(
      ({ set, at: _, ...common }): NeighborSet => ({ ...common, prefixes: set["neighbor-info-list"] }),
    ),
    communitySets: namedSets(
      collectAttribute,
      "community-set",
      attributeTables["community-sets"],
      attributes["community-sets"],
    ).map(({ set, at: _, ...common }): TextSet => ({ ...common, entries: set["community-list"] })),
    extCommunitySets: namedSets(
      collectAttribute,
      "ext-community-set",
      attributeTables["ext-community-sets"],
      attributes["ext-community-sets"],
    ).map(({ set, at: _, ...common }): TextSet => ({ ...common, entries: set["ext-community-list"] })),
    largeCommunitySets: namedSets(
      collectAttribute,
      "large-community-set",
      attributeTables["large-community-sets"],
      attributes["large-community-sets"],
    ).map(({ set, at: _, ...common }): TextSet => ({ ...common, entries: set["large-community-list"] })),
    asPathSets: namedSets(
      collectAttribute,
      "as-path-set",
      attributeTables["as-path-sets"],
      attributes["as-path-sets"],
    ).map(({ set, at: _, ...common }): TextSet => ({ ...common, entries: set["as-path-list"] })),
  };
}

/** A set with its name, where it stands, and its values. */
interface NamedSet<C extends Children> {
  readonly name: string;
  readonly settings: Settings;
  readonly at: Path;
  readonly set: FilledTable<C>;
}

/** The sets of one kind: `prefix-set`, of which the list is `prefix-sets` and the name `prefix-set-name`. */
function namedSets<C extends Children>(
  { report, path }: { readonly report: Report; readonly path: Path },
  kind: string,
  spec: TableList<C>,
  given: readonly GivenTable<C>[] = [],
): NamedSet<C>[] {
  const key = `${kind}-name`;
  const sets: NamedSet<C>[] = [];
  const names = given.map((item) => (item as Readonly<Record<string, unknown>>)[key] as string | undefined);
  for (const [index, item] of given.entries()) {
    const at = [...path, `${kind}s`, index];
    const name = names[index];
    if (name === undefined) requireKey(report, at, key);
    if (name === undefined || names.indexOf(name) < index) continue;
    const set = fill(spec.children, item);
    sets.push({ name, settings: settingsOf(spec.children, set), at, set });
  }
  checkDuplicates(
    report,
    names.map((name, index) => [name, [...path, `${kind}s`, index, key]]),
  );
  return sets;
}

type PrefixList = FilledTable<(typeof tables)["prefix-sets"]["children"]>["prefix-list"];

function prefixesOf(list: PrefixList, at: Path, report: Report): PrefixSet["prefixes"] {
  const prefixes: PrefixSet["prefixes"][number][] = [];
  for (const [index, item] of list.entries()) {
    const path = [...at, "prefix-list", index];
    const prefix = item["ip-prefix"];
    const range = item["masklength-range"];
    if (prefix === undefined) {
      requireKey(report, path, "ip-prefix");
      continue;
    }
    const bits = prefix.version === 4 ? 32 : 128;
    if (range !== undefined && range.max > bits)
      report.error(
        [...path, "masklength-range"],
        `\`masklength-range\` ends at ${range.max}; IPv${prefix.version} has ${bits} bits`,
      );
    prefixes.push({ prefix, lengthMin: range?.min ?? prefix.length, lengthMax: range?.max ?? prefix.length });
  }
  return prefixes;
}
