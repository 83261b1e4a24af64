import {
  type ActionsConfig,
  type CommunityAction,
  type ConditionsConfig,
  type DefinedSets,
  FAMILY_SPECS,
  listMembers,
  type MatchOption,
  type PolicyConfig,
  type SetKind,
  type SetOf,
  type StatementConfig,
} from "../bgp/index.ts";
import { parseAddress } from "../lib/address.ts";
import { Prefix, parsePrefix } from "../lib/prefix.ts";
import { ok } from "../lib/result.ts";
import { familyMessage, familyOfMessage } from "./families.ts";
import { faultOf, invalid, type Outcome } from "./fault.ts";
import { POLICIES_MAX, SET_MEMBERS_MAX } from "./limits.ts";
import type * as api from "./messages.ts";
import { shorten } from "./peers.ts";

// Policies as GoBGP's messages, and back. Lists that a request may bring are bounded by the size of its message.

export const SET_KINDS: Readonly<Partial<Record<api.DefinedType, SetKind>>> = {
  PREFIX: "prefixSets",
  NEIGHBOR: "neighborSets",
  AS_PATH: "asPathSets",
  COMMUNITY: "communitySets",
  EXT_COMMUNITY: "extCommunitySets",
  LARGE_COMMUNITY: "largeCommunitySets",
};
const TYPES = Object.fromEntries(Object.entries(SET_KINDS).map(([type, kind]) => [kind, type])) as Readonly<
  Record<SetKind, api.DefinedType>
>;

/** Sets by name. */
export function* setMessages(sets: DefinedSets, kind: SetKind): Iterable<api.Given<api.DefinedSet>> {
  const byName = [...sets[kind]].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const set of byName) yield setMessage(kind, set);
}

function setMessage<K extends SetKind>(kind: K, set: SetOf<K>): api.Given<api.DefinedSet> {
  const base = { definedType: TYPES[kind], name: set.name };
  if (kind !== "prefixSets") return { ...base, list: listMembers(kind, set) };
  const { prefixes } = set as SetOf<"prefixSets">;
  const prefixMessage = ({ prefix, lengthMin, lengthMax }: (typeof prefixes)[number]) => ({
    ipPrefix: prefix.toString(),
    maskLengthMin: lengthMin,
    maskLengthMax: lengthMax,
  });
  return { ...base, prefixes: prefixes.map(prefixMessage) };
}

/** The set that a request gives, with its kind. */
export function readSet(message: api.DefinedSet | null): Outcome<readonly [kind: SetKind, set: SetOf<SetKind>]> {
  if (message === null) return invalid("nil request");
  const { name, list } = message;
  if (name === "") return invalid("empty neighbor set name");
  if (Math.max(list.length, message.prefixes.length) > SET_MEMBERS_MAX)
    return invalid(`a defined set has at most ${SET_MEMBERS_MAX} members`);
  const kind = SET_KINDS[message.definedType];
  if (kind === undefined) return invalid("invalid defined type");
  if (kind === "prefixSets") {
    const prefixes: SetOf<"prefixSets">["prefixes"][number][] = [];
    for (const { ipPrefix, maskLengthMin, maskLengthMax } of message.prefixes) {
      const prefix = parsePrefix(ipPrefix);
      if (prefix === undefined) return invalid(`invalid CIDR address: ${shorten(ipPrefix)}`);
      const bits = prefix.version === 4 ? 32 : 128;
      if (maskLengthMin > maskLengthMax || maskLengthMax > bits)
        return invalid(`invalid mask length range: ${maskLengthMin}..${maskLengthMax}`);
      prefixes.push({ prefix, lengthMin: maskLengthMin, lengthMax: maskLengthMax });
    }
    return ok([kind, { name, prefixes }]);
  }
  if (kind !== "neighborSets") return ok([kind, { name, entries: list }]);
  const prefixes: Prefix[] = [];
  for (const text of list) {
    const prefix = parseHostOrPrefix(text);
    if (prefix === undefined) return invalid(`invalid address or prefix: ${shorten(text)}`);
    prefixes.push(prefix);
  }
  return ok([kind, { name, prefixes }]);
}

function parseHostOrPrefix(text: string): Prefix | undefined {
  const address = parseAddress(text);
  return address === undefined ? parsePrefix(text) : new Prefix(address, address.version === 4 ? 32 : 128);
}

const OPTIONS: Readonly<Record<MatchOption, api.MatchSetType>> = { any: "ANY", all: "ALL", invert: "INVERT" };
const ROUTE_TYPES = {
  internal: "ROUTE_TYPE_INTERNAL",
  external: "ROUTE_TYPE_EXTERNAL",
  local: "ROUTE_TYPE_LOCAL",
} as const;
const COMPARISONS = { eq: "EQ", ge: "GE", le: "LE" } as const;
const OPERATIONS = { add: "ADD", remove: "REMOVE", replace: "REPLACE" } as const;
const DISPOSITIONS = { accept: "ACCEPT", reject: "REJECT", none: "NONE" } as const;

/** The key of a value. */
function keyOf<K extends string>(table: Readonly<Record<K, string>>, value: string): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}

export function policyMessage({ name, statements }: PolicyConfig): api.Given<api.Policy> {
  return { name, statements: statements.map(statementMessage) };
}

export function statementMessage({ name, conditions, actions }: StatementConfig): api.Given<api.Statement> {
  return { name, conditions: conditionsMessage(conditions), actions: actionsMessage(actions) };
}

function conditionsMessage(conditions: ConditionsConfig): api.Given<api.Conditions> {
  const match = (set: { readonly set: string; readonly option: MatchOption } | undefined) =>
    set && { type: OPTIONS[set.option], name: set.set };
  const { asPathLength, routeType, nextHops, families } = conditions;
  return {
    prefixSet: match(conditions.prefixSet),
    neighborSet: match(conditions.neighborSet),
    asPathLength: asPathLength && { type: COMPARISONS[asPathLength.operator], length: asPathLength.value },
    asPathSet: match(conditions.asPathSet),
    communitySet: match(conditions.communitySet),
    extCommunitySet: match(conditions.extCommunitySet),
    rpkiResult: -1,
    routeType: routeType === undefined ? "ROUTE_TYPE_NONE" : ROUTE_TYPES[routeType],
    largeCommunitySet: match(conditions.largeCommunitySet),
    nextHopInList: (nextHops ?? []).map(String),
    afiSafiIn: FAMILY_SPECS.filter(({ name }) => families?.includes(name) === true).map(({ family }) =>
      familyMessage(family),
    ),
  };
}

function actionsMessage(actions: ActionsConfig): api.Given<api.Actions> {
  const { med, asPathPrepend, nextHop, localPreference } = actions;
  const communities = (action: CommunityAction | undefined) =>
    action && { type: OPERATIONS[action.operation], communities: action.communities };
  return {
    routeAction: DISPOSITIONS[actions.disposition],
    community: communities(actions.community),
    med: med && { type: med.operation === "set" ? "REPLACE" : "MOD", value: med.value },
    asPrepend: asPathPrepend && {
      asn: asPathPrepend.as === "last-as" ? 0 : asPathPrepend.as,
      repeat: asPathPrepend.count,
      useLeftMost: asPathPrepend.as === "last-as",
    },
    extCommunity: communities(actions.extCommunity),
    nexthop:
      nextHop === undefined
        ? undefined
        : typeof nextHop === "string"
          ? { self: nextHop === "self", unchanged: nextHop === "unchanged" }
          : { address: nextHop.toString() },
    localPref: localPreference === undefined ? undefined : { value: localPreference },
    largeCommunity: communities(actions.largeCommunity),
  };
}

export function readPolicy(message: api.Policy | null): Outcome<PolicyConfig> {
  if (message === null) return invalid("nil request");
  if (message.name === "") return invalid("empty policy name");
  if (message.statements.length > POLICIES_MAX) return invalid(`a policy has at most ${POLICIES_MAX} statements`);
  const statements: StatementConfig[] = [];
  for (const [i, one] of message.statements.entries()) {
    const statement = readStatement(one.name === "" ? { ...one, name: `${message.name}_stmt${i}` } : one);
    if (!statement.ok) return statement;
    statements.push(statement.value);
  }
  return ok({ name: message.name, statements });
}

export function readStatement(message: api.Statement | null): Outcome<StatementConfig> {
  if (message === null) return invalid("nil request");
  const { name } = message;
  if (name === "") return invalid("empty statement name");
  const conditions = readConditions(message.conditions);
  if (!conditions.ok) return conditions;
  const actions = readActions(message.actions);
  return actions.ok ? ok({ name, conditions: conditions.value, actions: actions.value }) : actions;
}

function readConditions(message: api.Conditions | null): Outcome<ConditionsConfig> {
  if (message === null) return ok({});
  if (message.rpkiResult > 0)
    return faultOf("UNIMPLEMENTED", "Holdfast does no origin validation: there is no RPKI condition");
  const wrong = [message.prefixSet, message.neighborSet].some((set) => set?.type === "ALL");
  if (wrong) return invalid("invalid match type");
  const match = (set: api.MatchSet | null) =>
    set === null ? undefined : { set: set.name, option: keyOf(OPTIONS, set.type) ?? "any" };
  const nextHops: Prefix[] = [];
  for (const text of message.nextHopInList) {
    const prefix = parseHostOrPrefix(text);
    if (prefix === undefined) return invalid(`invalid address or prefix: ${shorten(text)}`);
    nextHops.push(prefix);
  }
  const families: (typeof FAMILY_SPECS)[number]["name"][] = [];
  for (const one of message.afiSafiIn) {
    const family = familyOfMessage(one);
    if (family.ok) families.push(FAMILY_SPECS[family.value].name);
    else if (family.error.code === "INVALID_ARGUMENT") return family;
  }
  const length = message.asPathLength;
  return ok({
    prefixSet: match(message.prefixSet) as ConditionsConfig["prefixSet"],
    neighborSet: match(message.neighborSet) as ConditionsConfig["neighborSet"],
    communitySet: match(message.communitySet),
    extCommunitySet: match(message.extCommunitySet),
    largeCommunitySet: match(message.largeCommunitySet),
    asPathSet: match(message.asPathSet),
    asPathLength:
      length === null ? undefined : { operator: keyOf(COMPARISONS, length.type) ?? "eq", value: length.length },
    routeType: keyOf(ROUTE_TYPES, message.routeType),
    nextHops,
    families: message.afiSafiIn.length === 0 ? undefined : families,
  });
}

const MED_MAX = 0xffff_ffff;
const PREPEND_MAX = 255;

function readActions(message: api.Actions | null): Outcome<ActionsConfig> {
  if (message === null) return ok({ disposition: "none" });
  const { med, asPrepend, nexthop, localPref } = message;
  const disposition = keyOf(DISPOSITIONS, message.routeAction);
  if (disposition === undefined) return invalid(`there is no route action ${String(message.routeAction)}`);
  if (med !== null && (Math.abs(med.value) > MED_MAX || (med.type === "REPLACE" && med.value < 0)))
    return invalid(`MED ${med.value} is out of range`);
  if (asPrepend !== null && asPrepend.repeat > PREPEND_MAX)
    return invalid(`an AS can be prepended ${PREPEND_MAX} times, not ${asPrepend.repeat}`);
  const nextHop = nexthop === null ? undefined : readNextHop(nexthop);
  if (nextHop === "none") return invalid(`invalid nexthop address: ${shorten(nexthop?.address ?? "")}`);
  const communities = (action: api.CommunityAction | null): CommunityAction | undefined =>
    action === null || action.communities.length === 0
      ? undefined
      : { operation: keyOf(OPERATIONS, action.type) ?? "add", communities: action.communities };
  return ok({
    disposition,
    med: med === null ? undefined : { operation: med.type === "REPLACE" ? "set" : "add", value: med.value },
    localPreference: localPref?.value,
    nextHop,
    asPathPrepend:
      asPrepend === null
        ? undefined
        : { as: asPrepend.useLeftMost ? "last-as" : asPrepend.asn, count: asPrepend.repeat },
    community: communities(message.community),
    extCommunity: communities(message.extCommunity),
    largeCommunity: communities(message.largeCommunity),
  });
}

function readNextHop({ address, self, unchanged }: api.NexthopAction): ActionsConfig["nextHop"] | "none" {
  if (self) return "self";
  if (unchanged) return "unchanged";
  // The gobgp command says it this way.
  if (address === "self" || address === "unchanged") return address;
  return parseAddress(address) ?? "none";
}
