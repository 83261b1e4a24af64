import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDiagnostic, formatDiagnostics, loadConfig } from "../../../src/config/index.ts";

function errors(text: string): string {
  const loaded = loadConfig(text, "holdfast.toml");
  assert.ok(!loaded.ok);
  return formatDiagnostics(loaded.errors);
}

test("an error is printed with its place, its line, a caret and the way out", () => {
  assert.equal(
    errors('[global.config]\n\tas = 65001\n\trouter-id = "gw"\n\tprot = 179 # x\n'),
    `error: \`router-id\` is "gw"; allowed: an IPv4 address other than 0.0.0.0 ("192.0.2.1")
 --> holdfast.toml:3:14
  |
3 | \trouter-id = "gw"
  | \t            ^^^^
  = key: global.config.router-id

error: unknown key \`prot\` in \`global.config\`
 --> holdfast.toml:4:2
  |
4 | \tprot = 179 # x
  | \t^^^^
  = key: global.config.prot
  = help: did you mean \`port\`?

2 errors`,
  );
});

test("an error without a place names the file", () => {
  const loaded = loadConfig('[[vips]]\nprefix = "203.0.113.10/32"\n', "holdfast.toml");
  assert.ok(!loaded.ok);
  assert.equal(
    formatDiagnostic(loaded.errors[0] as (typeof loaded.errors)[0]),
    `error: \`as\` is missing: without our AS number BGP cannot start
 --> holdfast.toml
  = key: global.config.as
  = help: [global.config] as = 65001`,
  );
});

test("what is missing in an inline table is shown at the table's name", () => {
  const loaded = loadConfig(
    'global.config = { as = 65001, router-id = "192.0.2.11" }\nneighbors = [{ config = { peer-as = 1 } }]',
    "x",
  );
  assert.ok(!loaded.ok);
  const [error] = loaded.errors;
  assert.deepEqual([error?.line, error?.column, error?.length], [2, 16, "config".length]);
});

test("a syntax error has the parser's place and message", () => {
  assert.match(
    errors("[global.config]\nas = \n"),
    /^error: not TOML: .*\n --> holdfast\.toml:2:\d+\n {2}\|\n2 \| as = \n/,
  );
});

test("a password is never shown", () => {
  for (const text of [
    'neighbors = [{ config = { neighbor-address = "x", auth-password = "s3cret", peer-as = -1 } }]',
    '[[neighbors]]\n[neighbors.config]\nauth-password = ["s3cret"]\n',
    `[[neighbors]]\n[neighbors.config]\nauth-password = "s3cret${"x".repeat(80)}"\n`,
    '[[neighbors]]\n[neighbors.config]\n"auth-password" = "s3cret\n',
  ]) {
    const shown = errors(text);
    assert.doesNotMatch(shown, /s3cret/);
    assert.match(shown, /auth-password.* = \*{5,}/);
  }
});

test("errors come in the order of the file", () => {
  const loaded = loadConfig("[log]\nlevel = 1\n[global.config]\nas = -1\nport = -9\n", "x");
  assert.ok(!loaded.ok);
  assert.deepEqual(
    loaded.errors.map((e) => e.line),
    [2, 4, 5],
  );
});
