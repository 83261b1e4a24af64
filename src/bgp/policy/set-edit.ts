import type { Prefix } from "../../lib/prefix.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { asPathMember, communityMember, extCommunityMember, largeCommunityMember } from "./members.ts";
import type { DefinedSets, PolicyConfig, PrefixMember, PrefixSet, StatementConfig } from "./types.ts";

// Changes to defined sets, as the API and the gobgp command make them: defined sets in, defined sets out. Whether the
// result compiles is PolicyTable's to say.

export type SetKind = keyof DefinedSets;
export type SetOf<K extends SetKind> = DefinedSets[K][number];

/** The texts of a set's members as GoBGP lists them: "10.0.0.0/8 8..24", "10.0.0.1/32", "^65001:100$", "rt:^65001:". */
export function listMembers<K extends SetKind>(kind: K, set: SetOf<K>): string[] {
  return membersOf(set).map((member) => textOf(kind, member));
}

/** Makes a set, or adds members to the one of that name. Fails when a prefix set would mix families. */
export function addMembers<K extends SetKind>(sets: DefinedSets, kind: K, set: SetOf<K>): Result<DefinedSets, string> {
  const old = find(sets, kind, set.name);
  if (old === undefined) return ok(withSets(sets, kind, [...listOf(sets, kind), set]));
  const versions = new Set([old, set].flatMap((one) => prefixVersions(kind, one)));
  if (versions.size > 1) return fail("can't append different family");
  return ok(replace(sets, kind, withMembers(kind, old, [...membersOf(old), ...membersOf(set)])));
}

/** Removes the members of `set` from the set of that name; those that are not in it do not matter. */
export function removeMembers<K extends SetKind>(
  sets: DefinedSets,
  kind: K,
  set: SetOf<K>,
): Result<DefinedSets, string> {
  const old = find(sets, kind, set.name);
  if (old === undefined) return fail(`not found defined-set: ${set.name}`);
  const gone = new Set(listMembers(kind, set));
  const left = membersOf(old).filter((member) => !gone.has(textOf(kind, member)));
  return ok(replace(sets, kind, withMembers(kind, old, left)));
}

/** Removes a whole set, unless a policy asks for it. */
export function removeSet(
  sets: DefinedSets,
  policies: readonly PolicyConfig[],
  kind: SetKind,
  name: string,
): Result<DefinedSets, string> {
  if (find(sets, kind, name) === undefined) return fail(`not found defined-set: ${name}`);
  const isUsed = policies.some(({ statements }) => statements.some((statement) => uses(statement, kind, name)));
  if (isUsed) return fail(`can't delete. defined-set ${name} is in use`);
  return ok(
    withSets(
      sets,
      kind,
      listOf(sets, kind).filter((set) => set.name !== name),
    ),
  );
}

/** Whether a condition of the statement asks for the set. */
function uses({ conditions }: StatementConfig, kind: SetKind, name: string): boolean {
  const asked: Readonly<Record<SetKind, { readonly set: string } | undefined>> = {
    prefixSets: conditions.prefixSet,
    neighborSets: conditions.neighborSet,
    communitySets: conditions.communitySet,
    extCommunitySets: conditions.extCommunitySet,
    largeCommunitySets: conditions.largeCommunitySet,
    asPathSets: conditions.asPathSet,
  };
  return asked[kind]?.set === name;
}

type AnySet = SetOf<SetKind>;
type AnyMember = string | Prefix | PrefixMember;

function listOf(sets: DefinedSets, kind: SetKind): readonly AnySet[] {
  return sets[kind];
}

function find(sets: DefinedSets, kind: SetKind, name: string): AnySet | undefined {
  return listOf(sets, kind).find((set) => set.name === name);
}

function withSets(sets: DefinedSets, kind: SetKind, list: readonly AnySet[]): DefinedSets {
  return { ...sets, [kind]: list };
}

function replace(sets: DefinedSets, kind: SetKind, set: AnySet): DefinedSets {
  return withSets(
    sets,
    kind,
    listOf(sets, kind).map((old) => (old.name === set.name ? set : old)),
  );
}

function membersOf(set: AnySet): readonly AnyMember[] {
  return "entries" in set ? set.entries : (set.prefixes satisfies readonly AnyMember[]);
}

function withMembers(kind: SetKind, set: AnySet, members: readonly AnyMember[]): AnySet {
  const key = kind === "prefixSets" || kind === "neighborSets" ? "prefixes" : "entries";
  return { ...set, [key]: members } as AnySet;
}

function prefixVersions(kind: SetKind, set: AnySet): number[] {
  return kind === "prefixSets" ? (set as PrefixSet).prefixes.map(({ prefix }) => prefix.version) : [];
}

const COMPILERS = {
  communitySets: communityMember,
  extCommunitySets: extCommunityMember,
  largeCommunitySets: largeCommunityMember,
  asPathSets: asPathMember,
} as const;

function textOf(kind: SetKind, member: AnyMember): string {
  if (typeof member !== "string")
    return "prefix" in member ? `${member.prefix} ${member.lengthMin}..${member.lengthMax}` : `${member}`;
  const compiled = COMPILERS[kind as keyof typeof COMPILERS](member);
  return compiled.ok ? compiled.value.text : member;
}
