import type { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { asPathLength } from "../wire/as-path-text.ts";
import { familyByName } from "../wire/family.ts";
import type { AsPathForms, Member } from "./members.ts";
import type { CompiledSets } from "./sets.ts";
import type { Comparison, ConditionsConfig, FamilyName, MatchOption } from "./types.ts";
import type { WorkingRoute } from "./working-route.ts";

/** A condition that is about the attributes, the family or the source: all but prefix and neighbour. */
export type Condition = (route: WorkingRoute) => boolean;

/**
 * The conditions of a statement but for prefix and neighbour, cheap ones first. Names of sets that do not exist are given
 * to `missing` as '<kind> set "<name>"'.
 */
export function compileConditions(
  config: ConditionsConfig,
  sets: CompiledSets,
  missing: (what: string) => void,
): Condition[] {
  const conditions: Condition[] = [];
  const { routeType, families, asPathLength: length, nextHops } = config;
  if (routeType !== undefined) conditions.push((route) => route.source === routeType);
  if (families !== undefined) conditions.push(isInFamilies(families));
  if (length !== undefined) conditions.push(hasLength(length.operator, length.value));
  if (nextHops !== undefined && nextHops.length > 0) conditions.push(hasNextHop(nextHops));
  const find = <T>(known: ReadonlyMap<string, T>, kind: string, name: string): T | undefined => {
    const found = known.get(name);
    if (found === undefined) missing(`${kind} set "${name}"`);
    return found;
  };
  const { communitySet, extCommunitySet, largeCommunitySet, asPathSet } = config;
  if (communitySet !== undefined) {
    const members = find(sets.community, "community", communitySet.set) ?? [];
    conditions.push((route) => holdsForList(members, communitySet.option, route.attributes.communities));
  }
  if (extCommunitySet !== undefined) {
    const members = find(sets.extCommunity, "ext-community", extCommunitySet.set) ?? [];
    conditions.push((route) => holdsForList(members, extCommunitySet.option, route.attributes.extCommunities));
  }
  if (largeCommunitySet !== undefined) {
    const members = find(sets.largeCommunity, "large-community", largeCommunitySet.set) ?? [];
    conditions.push((route) => holdsForList(members, largeCommunitySet.option, route.attributes.largeCommunities));
  }
  if (asPathSet !== undefined) {
    const members = find(sets.asPath, "as-path", asPathSet.set) ?? [];
    conditions.push((route) => holdsForPath(members, asPathSet.option, route));
  }
  return conditions;
}

function isInFamilies(names: readonly FamilyName[]): Condition {
  const families = names.map(familyByName);
  return ({ family }) => families.includes(family);
}

/** A set in the path counts one, confederation segments nothing (RFC 4271 section 9.1.2.2 a, RFC 5065 section 5.3). */
function hasLength(operator: Comparison, value: number): Condition {
  return ({ attributes }) => {
    const length = asPathLength(attributes.asPath);
    switch (operator) {
      case "eq":
        return length === value;
      case "ge":
        return length >= value;
      case "le":
        return length <= value;
      default:
        return operator satisfies never;
    }
  };
}

/** On export the next hop that the route came with counts, not the one of ours that stands in its place by then. */
function hasNextHop(prefixes: readonly Prefix[]): Condition {
  return (route) => {
    const nextHop = route.receivedNextHop ?? route.attributes.nextHop;
    return nextHop !== undefined && isWithin(prefixes, nextHop);
  };
}

/** Whether one of the prefixes contains the address. */
export function isWithin(prefixes: readonly Prefix[], address: Address): boolean {
  return prefixes.some((prefix) => prefix.contains(address));
}

/** A set with no members matches nothing, so that only "invert" holds. */
function holdsForList<T>(members: readonly Member<T>[], option: MatchOption, values: readonly T[]): boolean {
  const isThere = (member: Member<T>) => values.some((value) => member.matches(value));
  if (option === "all") return members.length > 0 && members.every(isThere);
  return members.some(isThere) === (option === "any");
}

/** Unlike with communities, a set with no members holds for "all". */
function holdsForPath(members: readonly Member<AsPathForms>[], option: MatchOption, { asPath }: WorkingRoute): boolean {
  const isThere = (member: Member<AsPathForms>) => member.matches(asPath);
  if (option === "all") return members.every(isThere);
  return members.some(isThere) === (option === "any");
}
