import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PolicyTable, PolicyUse } from "../../src/bgp/policy/index.ts";
import { PrefixMatcher } from "../../src/bgp/policy/prefix-matcher.ts";
import { compileRegexp } from "../../src/bgp/policy/regexp.ts";
import type { PolicyRoute, RoutePolicy } from "../../src/bgp/rib/index.ts";
import { buildAttributes, parseAttributes } from "../../src/bgp/wire/index.ts";
import { Address } from "../../src/lib/address.ts";
import { Prefix } from "../../src/lib/prefix.ts";
import { members, prefix4, routes, routeWith, setting } from "./policy-arbitraries.ts";
import { attributesFor, symmetricSession } from "./wire-arbitraries.ts";

function bind(table: PolicyTable, use: PolicyUse): RoutePolicy | undefined {
  const bound = table.bind(use);
  assert.ok(bound.ok);
  return bound.value;
}

/** What a policy says, as something to compare. */
function said(policy: RoutePolicy | undefined, route: PolicyRoute): Uint8Array | undefined {
  const result = policy?.apply(route);
  return result?.bytes.slice(0, result.length);
}

describe("policies", () => {
  it("decide the same whatever they remember", () => {
    fc.assert(
      fc.property(setting, routes, ({ makeTable, use }, list) => {
        const remembering = bind(makeTable(), use);
        for (const route of list) {
          const fresh = said(bind(makeTable(), use), route);
          for (let times = 0; times < 2; times++) assert.deepEqual(said(remembering, route), fresh);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("do not look at the prefix when they say so", () => {
    fc.assert(
      fc.property(setting, routes, ({ makeTable, use }, list) => {
        const policy = bind(makeTable(), use);
        fc.pre(policy !== undefined && !policy.perPrefix);
        const fresh = bind(makeTable(), use);
        for (const route of list)
          assert.deepEqual(said(policy, route), said(fresh, { ...route, w0: 0, w1: 0, w2: 0, w3: 0, length: 0 }));
      }),
      { numRuns: 100 },
    );
  });

  it("make canonical attributes of any attributes, and never throw", () => {
    const any = symmetricSession.chain((session) =>
      fc
        .constantFrom(...session.families)
        .chain((which) => attributesFor(session, which).map((a) => [which, a] as const)),
    );
    fc.assert(
      fc.property(setting, any, prefix4, ({ makeTable, use }, [which, attributes], four) => {
        const prefix = which.family === 0 ? four : new Prefix(new Address(6, 0x20010db8), 32);
        const bytes = buildAttributes(attributes);
        const before = bytes.slice();
        const result = said(bind(makeTable(), use), routeWith(prefix, bytes, "external"));
        assert.deepEqual(bytes, before, "what was given is not touched");
        if (result !== undefined) assert.deepEqual(buildAttributes(parseAttributes(result)), result);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a prefix set", () => {
  /** The longest member that covers the route, by looking at all. */
  const expected = (list: ReturnType<typeof membersOf>, route: Prefix) => {
    const covering = list.filter(({ prefix }) => prefix.covers(route));
    const longest = Math.max(...covering.map(({ prefix }) => prefix.length));
    return covering.some(
      ({ prefix, lengthMin, lengthMax }) =>
        prefix.length === longest && lengthMin <= route.length && route.length <= lengthMax,
    );
  };
  const membersOf = (list: readonly { prefix: Prefix; lengthMin: number; lengthMax: number }[]) => list;

  it("matches what a search through all members finds", () => {
    fc.assert(
      fc.property(members(prefix4), fc.array(prefix4, { minLength: 1 }), (list, asked) => {
        const matcher = new PrefixMatcher(list);
        for (const route of asked) {
          const { w0, w1, w2, w3 } = route.address;
          assert.equal(matcher.matches(w0, w1, w2, w3, route.length), expected(membersOf(list), route), `${route}`);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("an expression", () => {
  /** Expressions that mean the same in Go and in JavaScript. */
  const { expression } = fc.letrec<{ expression: string; atom: string; piece: string }>((tie) => ({
    atom: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("0", "1", "2", " ", ":", ".", "\\d", "\\W", "[01]", "[^1]", "[0-1:]") },
      { weight: 3, arbitrary: fc.constantFrom("^", "$", "\\b", "\\B", "(^|[,{}() ]|$)") },
      { weight: 2, arbitrary: tie("expression").map((inner) => `(${inner})`) },
    ),
    piece: fc
      .tuple(tie("atom"), fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"))
      // JavaScript repeats no assertions without a group around them.
      .map(([atom, times]) => (times === "" ? atom : `(?:${atom})${times}`)),
    expression: fc
      .array(fc.array(tie("piece"), { maxLength: 4 }), { minLength: 1, maxLength: 2 })
      .map((choices) => choices.map((pieces) => pieces.join("")).join("|")),
  }));
  const text = fc.array(fc.constantFrom("0", "1", "2", " ", ":", "a"), { maxLength: 8 }).map((list) => list.join(""));

  it("matches what a backtracking matcher finds", () => {
    fc.assert(
      fc.property(expression, fc.array(text, { minLength: 1 }), (pattern, texts) => {
        const compiled = compileRegexp(pattern);
        assert.ok(compiled.ok, pattern);
        const reference = new RegExp(pattern);
        for (const one of texts) assert.equal(compiled.value.test(one), reference.test(one), JSON.stringify(one));
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused or compiled, whatever the text", () => {
    const noise = fc.array(fc.constantFrom(..."()[]{}|*+?\\^$-,.:01aQEdpPx<>=! é"), { maxLength: 12 });
    fc.assert(
      fc.property(noise, text, (parts, one) => {
        const compiled = compileRegexp(parts.join(""));
        if (compiled.ok) compiled.value.test(one);
        else assert.ok(compiled.error.length > 0);
      }),
      { numRuns: 5000 },
    );
  });
});
