import { parseCommunity, parseExtCommunity, parseLargeCommunity } from "../communities.ts";
import { type Checked, parsed, type Scalar } from "../values.ts";

/** Values of policies and defined sets: mostly a value or a regular expression, by GoBGP's rules. */

/** How GoBGP reads `_` in an AS-path expression. */
const AS_EDGE = "(^|[,{}() ]|$)";

function pattern(name: string, allowed: string, toRegExp: (text: string) => string | undefined): Scalar<string> {
  return {
    kind: "scalar",
    written: "string",
    name,
    allowed,
    check: (text: string): Checked<string> => {
      const source = toRegExp(text);
      if (source === undefined) return { ok: false };
      try {
        new RegExp(source);
      } catch {
        return { ok: false, why: "it is not a regular expression" };
      }
      return { ok: true, value: text };
    },
  };
}

/** A value stands for itself; anything else must compile. */
const valueOr = (isValue: (text: string) => boolean) => (text: string) => (isValue(text) ? "" : text || undefined);

export const communityPattern = pattern(
  "community or expression",
  'a community ("65001:100") or a regular expression ("^65001:")',
  valueOr((text) => parseCommunity(text) !== undefined),
);

export const largeCommunityPattern = pattern(
  "large community or expression",
  'a large community ("65001:1:2") or a regular expression ("^65001:")',
  valueOr((text) => parseLargeCommunity(text) !== undefined),
);

export const extCommunityPattern = pattern(
  "extended community or expression",
  '"rt:", "soo:", "encap:" or "lb:", then a value or a regular expression',
  (text) => /^(?:rt|soo|encap|lb):(.+)$/is.exec(text)?.[1],
);

export const asPathPattern = pattern("AS-path expression", 'a regular expression ("^65001_", "_65002$")', (text) =>
  text === "" ? undefined : text.replaceAll("_", AS_EDGE),
);

/** "24..32". */
export const maskRange = parsed(
  "length range",
  'a range of prefix lengths ("24..32")',
  (text) => {
    const match = /^(\d{1,3})\.\.(\d{1,3})$/.exec(text);
    const range = { min: Number(match?.[1]), max: Number(match?.[2]) };
    return match !== null && range.min <= range.max && range.max <= 128 ? range : undefined;
  },
  (range) => `${range.min}..${range.max}`,
);

/** "50" sets, "+10" and "-10" change. */
export const medAction = parsed(
  "MED",
  '"50", "+10" or "-10", up to 4294967295',
  (text) => {
    if (!/^[+-]?\d{1,10}$/.test(text) || Math.abs(Number(text)) > 4294967295) return undefined;
    return { operation: /^\d/.test(text) ? ("set" as const) : ("add" as const), value: Number(text) };
  },
  ({ operation, value }) => (operation === "add" && value >= 0 ? `+${value}` : `${value}`),
);

/** What an action that adds or replaces may name, by kind of community. */
export const ACTION_VALUES = {
  community: { parse: parseCommunity, pattern: communityPattern, allowed: '"65001:100" or a well-known name' },
  extCommunity: {
    parse: (text: string) =>
      parseExtCommunity(text) ?? (/^(?:encap:.+|valid|not-found|invalid)$/i.test(text) ? text : undefined),
    pattern: extCommunityPattern,
    allowed: '"rt:65001:100", "soo:192.0.2.1:100", "lb:65001:125000000" or "encap:vxlan"',
  },
  largeCommunity: { parse: parseLargeCommunity, pattern: largeCommunityPattern, allowed: '"4200000001:1:2"' },
} as const;
