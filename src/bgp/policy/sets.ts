import type { Prefix } from "../../lib/prefix.ts";
import type { Result } from "../../lib/result.ts";
import type { LargeCommunity } from "../wire/path-attributes.ts";
import {
  type AsPathForms,
  asPathMember,
  communityMember,
  extCommunityMember,
  largeCommunityMember,
  type Member,
} from "./members.ts";
import { PrefixMatcher } from "./prefix-matcher.ts";
import type { DefinedSets, PolicyFault, PrefixSet, TextSet } from "./types.ts";

/** What messages call each kind of set. */
export const SET_KINDS: Readonly<Record<keyof DefinedSets, string>> = {
  prefixSets: "prefix",
  neighborSets: "neighbor",
  communitySets: "community",
  extCommunitySets: "ext-community",
  largeCommunitySets: "large-community",
  asPathSets: "as-path",
};

/** The defined sets, ready to be asked, by name. */
export interface CompiledSets {
  readonly prefix: ReadonlyMap<string, PrefixMatcher>;
  readonly neighbor: ReadonlyMap<string, readonly Prefix[]>;
  readonly community: ReadonlyMap<string, readonly Member<number>[]>;
  readonly extCommunity: ReadonlyMap<string, readonly Member<bigint>[]>;
  readonly largeCommunity: ReadonlyMap<string, readonly Member<LargeCommunity>[]>;
  readonly asPath: ReadonlyMap<string, readonly Member<AsPathForms>[]>;
}

/** Compiles all sets; what is wrong with them goes to `faults`, and such a set lacks what could not be compiled. */
export function compileSets(sets: DefinedSets, faults: PolicyFault[]): CompiledSets {
  const byName = <S extends { readonly name: string }, T>(
    kind: keyof DefinedSets,
    list: readonly S[],
    compile: (set: S, fault: (problem: string) => void) => T,
  ): ReadonlyMap<string, T> => {
    const compiled = new Map<string, T>();
    for (const set of list) {
      const fault = (problem: string) => faults.push({ where: `${SET_KINDS[kind]} set "${set.name}"`, problem });
      if (compiled.has(set.name)) fault("there are two of that name");
      compiled.set(set.name, compile(set, fault));
    }
    return compiled;
  };
  const members =
    <T>(compile: (entry: string) => Result<Member<T>, string>) =>
    ({ entries }: TextSet, fault: (problem: string) => void): readonly Member<T>[] =>
      entries.flatMap((entry) => {
        const member = compile(entry);
        if (member.ok) return [member.value];
        fault(`${JSON.stringify(entry)}: ${member.error}`);
        return [];
      });
  return {
    prefix: byName("prefixSets", sets.prefixSets, compilePrefixes),
    neighbor: byName("neighborSets", sets.neighborSets, ({ prefixes }) => prefixes),
    community: byName("communitySets", sets.communitySets, members(communityMember)),
    extCommunity: byName("extCommunitySets", sets.extCommunitySets, members(extCommunityMember)),
    largeCommunity: byName("largeCommunitySets", sets.largeCommunitySets, members(largeCommunityMember)),
    asPath: byName("asPathSets", sets.asPathSets, members(asPathMember)),
  };
}

function compilePrefixes({ prefixes }: PrefixSet, fault: (problem: string) => void): PrefixMatcher {
  const version = prefixes[0]?.prefix.version;
  const same = prefixes.filter(({ prefix }) => prefix.version === version);
  if (same.length < prefixes.length) fault("it has prefixes of both IPv4 and IPv6");
  return new PrefixMatcher(same);
}
