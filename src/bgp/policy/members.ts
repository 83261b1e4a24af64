import { ok, type Result } from "../../lib/result.ts";
import { formatAsPath } from "../wire/as-path-text.ts";
import { formatLargeCommunity, parseCommunity } from "../wire/communities.ts";
import type { AsPathSegment, LargeCommunity } from "../wire/path-attributes.ts";
import { EXT_KINDS, type ExtKind, extCommunityText, isOfKind } from "./ext-community.ts";
import { compileRegexp } from "./regexp.ts";

/**
 * One member of a set of attribute values, by GoBGP's rules of what is a value and what an expression. `text` is how
 * GoBGP lists it: two members are the same when their texts are.
 */
export interface Member<T> {
  readonly text: string;
  matches(value: T): boolean;
}

/** An AS path in the two forms that members ask for. */
export interface AsPathForms {
  /** "65001 65002 {65003,65004}". */
  readonly text: string;
  /** The numbers of its sequences in order, and a 0 for each segment of another kind. */
  readonly numbers: readonly number[];
}

export function asPathForms(segments: readonly AsPathSegment[]): AsPathForms {
  const numbers = segments.flatMap(({ type, asns }) => (type === "sequence" ? asns : [0]));
  return { text: formatAsPath(segments), numbers };
}

/** How `_` is read: an edge between AS numbers. */
const AS_EDGE = "(^|[,{}() ]|$)";

/** A member that matches by expression: `source` against what `render` makes of a value. */
function expression<T>(text: string, source: string, render: (value: T) => string): Result<Member<T>, string> {
  const compiled = compileRegexp(source);
  if (!compiled.ok) return compiled;
  return ok({ text, matches: (value: T) => compiled.value.test(render(value)) });
}

const communityText = (community: number) => `${community >>> 16}:${community & 0xffff}`;

/**
 * What GoBGP makes of an entry of a community set: a number, "65001:100" and a well-known name stand for themselves
 * ("^65001:100$"); anything else is an expression already.
 */
function communitySource(entry: string): string {
  if (/^(\d+.)*\d+:\d+$/.test(entry)) return `^${entry}$`;
  const value = parseCommunity(entry.replaceAll("_", "-"));
  return value === undefined ? entry : `^${communityText(value)}$`;
}

/** A member of a community set; a fault when the expression is none. */
export function communityMember(entry: string): Result<Member<number>, string> {
  const source = communitySource(entry);
  const value = /^\^\d+:\d+\$$/.test(source) ? parseCommunity(source.slice(1, -1)) : undefined;
  if (value !== undefined) return ok({ text: source, matches: (community) => community === value });
  return expression(source, source, communityText);
}

/** A member of a large-community set. */
export function largeCommunityMember(entry: string): Result<Member<LargeCommunity>, string> {
  const source = /\d+:\d+:\d+/.test(entry) ? `^${entry}$` : entry;
  return expression(source, source, formatLargeCommunity);
}

/** A member of an extended-community set: "rt:", "soo:", "encap:" or "lb:", then as in a community set. */
export function extCommunityMember(entry: string): Result<Member<bigint>, string> {
  const [, name = "", value = ""] = /^(\w+):(.*)$/s.exec(entry) ?? [];
  const kind = name.toLowerCase() as ExtKind;
  if (!Object.hasOwn(EXT_KINDS, kind)) return { ok: false, error: "it begins with none of rt:, soo:, encap:, lb:" };
  const source = communitySource(value);
  const member = expression(`${kind}:${source}`, dotted(source), (community: bigint) =>
    extCommunityText(community, kind),
  );
  if (!member.ok) return member;
  const { text, matches } = member.value;
  return ok({ text, matches: (community) => isOfKind(community, kind) && matches(community) });
}

/** A value that has an AS number of four octets is rendered with a dot. */
function dotted(source: string): string {
  const [, as, local] = /^\^(\d+):(\d+)\$$/.exec(source) ?? [];
  const number = Number(as);
  return as === undefined || number <= 0xffff ? source : `^${Math.floor(number / 65536)}\\.${number % 65536}:${local}$`;
}

/** Expressions that ask for one AS number at one place: those are compared as numbers. */
const AS_PLACES: readonly (readonly [form: RegExp, matches: (as: number, path: readonly number[]) => boolean])[] = [
  [/^\^(\d+)_$/, (as, path) => path[0] === as],
  [/^_(\d+)\$$/, (as, path) => path.at(-1) === as],
  [/^_(\d+)_$/, (as, path) => path.includes(as)],
  [/^\^(\d+)\$$/, (as, path) => path.length === 1 && path[0] === as],
];

/** A member of an AS-path set. */
export function asPathMember(entry: string): Result<Member<AsPathForms>, string> {
  for (const [form, matches] of AS_PLACES) {
    const as = form.exec(entry)?.[1];
    if (as !== undefined) return ok({ text: entry, matches: ({ numbers }) => matches(Number(as), numbers) });
  }
  const source = entry.replaceAll("_", AS_EDGE);
  return expression(source, source, ({ text }) => text);
}
