import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPath, scanPositions } from "../../../src/config/positions.ts";

/** "line:column+length" of a path's key and value. */
function at(text: string, path: string): readonly [key: string | undefined, value: string | undefined] {
  const position = scanPositions(text).get(path);
  const show = (span: { line: number; column: number; length: number } | undefined) =>
    span && `${span.line}:${span.column}+${span.length}`;
  return [show(position?.key), show(position?.value)];
}

test("a key and its value", () => {
  assert.deepEqual(at("# first\n[global.config]\n  as = 65001 # ours\n", "global.config.as"), ["3:3+2", "3:8+5"]);
});

test("a table's header, and the tables it implies", () => {
  const text = "[a.b.c]\nx = 1";
  assert.deepEqual(at(text, "a.b.c"), ["1:2+5", undefined]);
  assert.deepEqual(at(text, "a.b"), ["1:4+1", undefined]);
  assert.deepEqual(at(text, "a"), ["1:2+1", undefined]);
});

test("an implied table has the place of its own header once it has one", () => {
  assert.deepEqual(at("[a.b]\n[a]\n", "a"), ["2:2+1", undefined]);
});

test("arrays of tables are counted, also within each other", () => {
  const text = "[[n]]\n[[n.f]]\nx = 1\n[[n.f]]\nx = 2\n[[n]]\n[n.t]\ny = 3\n[[n.f]]\nx = 4\n";
  assert.deepEqual(at(text, "n[0].f[1].x"), ["5:1+1", "5:5+1"]);
  assert.deepEqual(at(text, "n[1].t.y"), ["8:1+1", "8:5+1"]);
  assert.deepEqual(at(text, "n[1].f[0].x"), ["10:1+1", "10:5+1"]);
  assert.deepEqual(at(text, "n[1]"), ["6:3+1", undefined]);
  assert.deepEqual(at(text, "n"), ["1:3+1", undefined]);
});

test("dotted keys, spaces and quotes", () => {
  const text = "a . \"b c\" . 'd' = true";
  assert.deepEqual(at(text, 'a."b c".d'), ["1:13+3", "1:19+4"]);
  assert.deepEqual(at('"\\u0061" = 1', "a"), ["1:1+8", "1:12+1"]);
});

test("inline tables, and arrays of them over several lines", () => {
  const text = "n = [\n  { a = 1, b.c = [10, 20] }, # one\n\n  { a = 2 },\n]\nm = 3";
  assert.deepEqual(at(text, "n[0].a"), ["2:5+1", "2:9+1"]);
  assert.deepEqual(at(text, "n[0].b.c[1]"), ["2:23+2", "2:23+2"]);
  assert.deepEqual(at(text, "n[1].a"), ["4:5+1", "4:9+1"]);
  assert.deepEqual(at(text, "m"), ["6:1+1", "6:5+1"]);
});

test("strings hide what looks like keys", () => {
  const text =
    'a = "x # \\" y = 1"\nb = \'\'\'\nc = 1\n\'\'\'\nd = """\ne = 1 \\""" """\nf = \'"\'\ng = ["#", \'[\']\nh = 1';
  const positions = scanPositions(text);
  assert.deepEqual(
    [...positions.keys()].filter((key) => !key.includes("[")),
    ["a", "b", "d", "f", "g", "h"],
  );
  assert.deepEqual(at(text, "h"), ["9:1+1", "9:5+1"]);
});

test("a multi-line string may end in quotes of its own", () => {
  assert.deepEqual(at('a = """x""\\""""\nb = 1', "b"), ["2:1+1", "2:5+1"]);
  assert.deepEqual(at('a = """x"""""\nb = 1', "b"), ["2:1+1", "2:5+1"]);
});

test("names are lower-cased: GoBGP's keys are case-insensitive", () => {
  assert.deepEqual(at("[Global.CONFIG]\nAS = 1", "global.config.as"), ["2:1+2", "2:6+1"]);
});

test("carriage returns and tabs", () => {
  assert.deepEqual(at("[a]\r\n\tb = 1\r\n\tc = 2\r\n", "a.c"), ["3:2+1", "3:6+1"]);
});

test("a broken document ends the scan, what came before stays", () => {
  const text = "a = 1\nb = [1, \nc";
  assert.deepEqual(at(text, "a"), ["1:1+1", "1:5+1"]);
  assert.deepEqual(at("[a\nb = 1", "a"), [undefined, undefined]);
  assert.deepEqual(at('a = "never closed', "a"), ["1:1+1", "1:5+13"]);
});

test("paths are written so that they are unambiguous", () => {
  assert.equal(formatPath(["a", 0, "b-c", "d.e", ""]), 'a[0].b-c."d.e".""');
});
