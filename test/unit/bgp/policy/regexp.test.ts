import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRegexp } from "../../../../src/bgp/policy/regexp.ts";

function matches(pattern: string, text: string): boolean {
  const compiled = compileRegexp(pattern);
  assert.ok(compiled.ok, `${pattern}: ${JSON.stringify(compiled)}`);
  return compiled.value.test(text);
}

const CASES: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ["", ["", "x"], []],
  ["^$", [""], ["1"]],
  ["^65001", ["65001", "650012"], ["165001", ""]],
  ["65002$", ["65001 65002"], ["65002 1"]],
  ["^65001:10[0-5]$", ["65001:100", "65001:105"], ["65001:106", "65001:1000"]],
  ["(^|[,{}() ]|$)65001(^|[,{}() ]|$)", ["65001", "1 65001", "{65001,2}", "1 65001 2"], ["165001", "650011"]],
  ["^6500[^12]$", ["65003"], ["65001", "65002", "6500"]],
  ["^(1|2 3|)$", ["1", "2 3", ""], ["2", "12"]],
  ["^1{2}$", ["11"], ["1", "111"]],
  ["^1{2,}$", ["11", "1111"], ["1"]],
  ["^1{1,3}$", ["1", "111"], ["", "1111"]],
  ["^(12){0}$", [""], ["12"]],
  ["^1{x}$", ["1{x}"], ["1"]],
  ["^a+?b*?c??$", ["a", "aabbc"], ["b"]],
  ["^.$", ["x"], ["", "xx", "\n"]],
  ["^\\d+\\s\\w\\W\\D\\S$", ["65 a,xy"], ["65 a,x "]],
  ["^[\\d.]+:[[:digit:]]+$", ["1.2.3.4:5"], ["1,2:5"]],
  ["^[[:^digit:]]$", ["x"], ["1"]],
  ["^[]-]+$", ["]-"], ["["]],
  ["^[a-c-]+$", ["ab-"], ["d"]],
  ["^[\\]]$", ["]"], ["["]],
  ["(?i)^vxlan$", ["VXLAN", "vXlAn"], ["VXLA"]],
  ["^(?i:a)b$", ["Ab"], ["AB"]],
  ["^(?i)[a-c]x(?-i)x$", ["BXx"], ["BXX"]],
  ["^((?i)a)b$", ["Ab"], ["AB"]],
  ["^(?:1|2)(?P<name>3)(?<n>4)$", ["134", "234"], ["34"]],
  ["\\b65\\b", ["1 65 2", "65"], ["165", "651"]],
  ["1\\B2", ["12"], ["1 2"]],
  ["\\A1\\z", ["1"], ["12"]],
  ["^\\Q1.2+\\E3$", ["1.2+3"], ["1x2+3"]],
  ["^\\Q(", ["("], ["x"]],
  ["^\\x31\\x{32}\\063\\t$", ["123\t"], ["12"]],
  ["^\\.\\*\\\\$", [".*\\"], ["a"]],
  ["^é", [], ["e"]],
  ["(^1|2$)+", ["1x", "x2"], ["x1", "2x"]],
];

test("expressions match as in Go", () => {
  for (const [pattern, yes, no] of CASES) {
    for (const text of yes) assert.ok(matches(pattern, text), `${pattern} should match ${JSON.stringify(text)}`);
    for (const text of no) assert.ok(!matches(pattern, text), `${pattern} should not match ${JSON.stringify(text)}`);
  }
});

test("what Go refuses is refused with a reason", () => {
  const faults: Readonly<Record<string, RegExp>> = {
    "(1": /missing \)/,
    "1)": /unexpected \)/,
    "*1": /nothing to repeat/,
    "1|+": /nothing to repeat/,
    "1**": /repetition of a repetition/,
    "1{2,1}": /bad repetition/,
    "1{1001}": /bad repetition/,
    "[1": /ends within/,
    "[2-1]": /bad range/,
    "[[:nothing:]]": /there is no \[:nothing:\]/,
    "1\\": /ends within an escape/,
    "\\1": /there is no \\1/,
    "\\p": /there is no \\p/,
    "(?=1)": /there is no \(\?=/,
    "(?<!1)": /there is no \(\?</,
    "\\x{110000}": /there is no character/,
    "((1{1000}){1000}){1000}": /too long/,
    "(((){1000}){1000}){1000}x{1000}{2}": /repetition of a repetition/,
  };
  for (const [pattern, reason] of Object.entries(faults)) {
    const compiled = compileRegexp(pattern);
    assert.ok(!compiled.ok, `${pattern} should be refused`);
    assert.match(compiled.error, reason, pattern);
  }
  assert.ok(!compileRegexp("(".repeat(1000) + ")".repeat(1000)).ok);
});

test("a repetition of nothing costs nothing", () => {
  assert.ok(matches("^((((){1000}){1000}){1000}){1000}$", ""));
});

test("a hostile text takes time in proportion to its length", () => {
  // A backtracking matcher tries every pair, triple ... of occurrences: 10^15 steps.
  const path = Array.from({ length: 100_000 }, () => "65001").join(" ");
  assert.ok(!matches("_?65001.*65001.*65001.*65002", path));
  assert.ok(!matches("^((65001)* ?)*$x", path));
});

test("an expression with more states than are kept still matches rightly", () => {
  const pattern = "1[01]{11}$"; // 4096 states
  const compiled = compileRegexp(pattern);
  assert.ok(compiled.ok);
  const reference = new RegExp(pattern);
  let bits = 1;
  for (let i = 0; i < 3000; i++) {
    bits = (Math.imul(bits, 1103515245) + 12345) >>> 0;
    const text = bits.toString(2);
    assert.equal(compiled.value.test(text), reference.test(text), text);
  }
});
