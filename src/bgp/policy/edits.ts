import { Address } from "../../lib/address.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { formatLargeCommunity, parseCommunity, parseLargeCommunity } from "../wire/communities.ts";
import { Family } from "../wire/family.ts";
import type { AsPathSegment, PathAttributes } from "../wire/path-attributes.ts";
import { parseExtValue } from "./ext-community.ts";
import { communityMember, extCommunityMember, largeCommunityMember, type Member } from "./members.ts";
import type { ActionsConfig, CommunityAction } from "./types.ts";
import type { WorkingRoute } from "./working-route.ts";

/** Changes a route. `localAddress`: ours on the session, undefined for routes of our own. */
export type Edit = (route: WorkingRoute, localAddress: Address | undefined) => void;

const U32_MAX = 0xffff_ffff;
const SEGMENT_MAX = 255;

/** The edits of a statement, in GoBGP's order; what is wrong with its values goes to `fault`. */
export function compileEdits(actions: ActionsConfig, fault: (problem: string) => void): Edit[] {
  const edits: Edit[] = [];
  const { community, extCommunity, largeCommunity } = actions;
  const add = (edit: Result<Edit, string>) => {
    if (edit.ok) edits.push(edit.value);
    else fault(edit.error);
  };
  if (community !== undefined)
    add(editList("communities", community, parseCommunity, communityMember, (value) => value));
  if (extCommunity !== undefined)
    add(editList("extCommunities", extCommunity, parseExtValue, extCommunityMember, (value) => value));
  if (largeCommunity !== undefined)
    add(editList("largeCommunities", largeCommunity, parseLargeCommunity, largeCommunityMember, formatLargeCommunity));
  const { med, localPreference, asPathPrepend, nextHop, origin } = actions;
  if (med !== undefined)
    edits.push(med.operation === "set" ? (route) => route.edit({ med: med.value }) : addMed(med.value));
  if (localPreference !== undefined) edits.push((route) => route.edit({ localPref: localPreference }));
  if (asPathPrepend !== undefined) edits.push(prepend(asPathPrepend.as, asPathPrepend.count));
  if (nextHop !== undefined) edits.push(setNextHop(nextHop));
  if (origin !== undefined) edits.push((route) => route.edit({ origin }));
  return edits;
}

type ListKey = "communities" | "extCommunities" | "largeCommunities";
type ItemOf<K extends ListKey> = PathAttributes[K][number];

/**
 * "add" puts behind what is there the values that are not there yet (a community has no number of times: RFC 8092
 * section 3 forbids to send one twice), "replace" leaves nothing else, "remove" takes out what a member matches.
 */
function editList<K extends ListKey>(
  key: K,
  { operation, communities }: CommunityAction,
  parse: (text: string) => ItemOf<K> | undefined,
  compile: (text: string) => Result<Member<ItemOf<K>>, string>,
  identity: (value: ItemOf<K>) => unknown,
): Result<Edit, string> {
  const listOf = (route: WorkingRoute) => route.attributes[key] as readonly ItemOf<K>[];
  const put = (route: WorkingRoute, list: readonly ItemOf<K>[]) => route.edit({ [key]: list });
  if (operation === "remove") {
    const members: Member<ItemOf<K>>[] = [];
    for (const text of communities) {
      const member = compile(text);
      if (!member.ok) return fail(`${JSON.stringify(text)}: ${member.error}`);
      members.push(member.value);
    }
    return ok((route) => {
      const left = listOf(route).filter((value) => !members.some((member) => member.matches(value)));
      if (left.length < listOf(route).length) put(route, left);
    });
  }
  const values: ItemOf<K>[] = [];
  for (const text of communities) {
    const value = parse(text);
    if (value === undefined) return fail(`${JSON.stringify(text)} is not a community of that kind`);
    values.push(value);
  }
  const distinct = (list: readonly ItemOf<K>[]) => [...new Map(list.map((value) => [identity(value), value])).values()];
  if (operation === "replace") return ok((route) => put(route, distinct(values)));
  return ok((route) => {
    const there = new Set(listOf(route).map(identity));
    const added = distinct(values).filter((value) => !there.has(identity(value)));
    if (added.length > 0) put(route, [...listOf(route), ...added]);
  });
}

/** A route without a MED has 0 to begin with. A result that is no MED is none: the route keeps what it had, as in GoBGP. */
function addMed(change: number): Edit {
  return (route) => {
    const med = (route.attributes.med ?? 0) + change;
    if (med >= 0 && med <= U32_MAX) route.edit({ med });
  };
}

/** "last-as" is the first number of the path; a path that is empty, or led by a set, stays as it is. */
function prepend(as: number | "last-as", count: number): Edit {
  return (route) => {
    const number = as === "last-as" ? (route.asPath.numbers[0] ?? 0) : as;
    if (number !== 0 && count > 0) route.edit({ asPath: prepended(route.attributes.asPath, number, count) });
  };
}

/** RFC 4271 section 5.1.2 b: into the first sequence as far as it has room, the rest into one of its own. */
function prepended(path: readonly AsPathSegment[], as: number, count: number): readonly AsPathSegment[] {
  const asns = (times: number) => new Array<number>(times).fill(as);
  const [first, ...others] = path;
  if (first?.type !== "sequence") return [...segmentOf(asns(count)), ...path];
  const fitting = Math.min(count, SEGMENT_MAX - first.asns.length);
  const joined = { type: first.type, asns: [...asns(fitting), ...first.asns] };
  return [...segmentOf(asns(count - fitting)), joined, ...others];
}

function segmentOf(asns: readonly number[]): AsPathSegment[] {
  return asns.length === 0 ? [] : [{ type: "sequence", asns }];
}

/**
 * "unchanged" is the next hop that the route came with, so that it means something on export only. A link-local one stays
 * on its link (RFC 2545 section 3), and our own is written as export writes it: rib/next-hop-rules.ts.
 */
function setNextHop(to: Address | "self" | "unchanged"): Edit {
  return (route, localAddress) => {
    if (to === "unchanged") {
      const nextHop = route.receivedNextHop;
      if (nextHop !== undefined && !(nextHop.version === 6 && nextHop.isLinkLocal)) putNextHop(route, nextHop);
    } else if (to !== "self") putNextHop(route, to);
    else if (localAddress !== undefined) putNextHop(route, localAddress);
  };
}

/** IPv6 routes have no room for an IPv4 next hop but in the mapped form. */
function putNextHop(route: WorkingRoute, address: Address): void {
  const isMapped = address.version === 4 && route.family === Family.Ipv6Unicast;
  route.edit({
    nextHop: isMapped ? new Address(6, 0, 0, 0xffff, address.w0) : address,
    linkLocalNextHop: address.version === 6 && address.isLinkLocal ? address : undefined,
  });
}
