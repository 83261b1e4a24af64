import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";
import { formatDiagnostics, type Loaded, loadConfig } from "../../../src/config/index.ts";
import { scanPositions } from "../../../src/config/positions.ts";
import { schema } from "../../../src/config/schema/index.ts";
import { allKeys, formatValue } from "../../../src/config/settings.ts";
import { supportedKeys } from "../../tools/config-reference.ts";

const example = readFileSync(join(import.meta.dirname, "../../../gobgp.toml.example"), "utf8");
/** A line with "#" and no space behind it is a key or header that is commented out. */
const everything = example.replace(/^( *)#(?=[^ #\n])/gm, "$1");

function assertClean(loaded: Loaded): void {
  const found = [...(loaded.ok ? [] : loaded.errors), ...loaded.warnings];
  assert.equal(formatDiagnostics(found), "");
}

test("the example loads as it is, without a warning", () => {
  const loaded = loadConfig(example, "gobgp.toml.example");
  assertClean(loaded);
  assert.ok(loaded.ok && loaded.config.neighbors.length === 1 && loaded.config.vips.length === 1);
});

test("the example loads with every key in force, without a warning", () => {
  const loaded = loadConfig(everything, "gobgp.toml.example");
  assertClean(loaded);
  assert.ok(loaded.ok && loaded.config.neighbors.length === 3 && loaded.config.policies.length === 1);
});

test("the example has every supported key", () => {
  const there = new Set([...scanPositions(everything).keys()].map((path) => path.replace(/\[\d+\]/g, "[]")));
  const keys = supportedKeys().filter((path) => !path.startsWith("peer-groups[].") || path.endsWith("peer-group-name"));
  assert.ok(keys.length > 100, `only ${keys.length} keys`);
  assert.deepEqual(
    keys.filter((path) => !there.has(path)),
    [],
  );
});

/** Keys whose line shows a sample: their default would say nothing, or would not be worth a line. */
const SAMPLES = [
  "neighbors[].config.admin-down",
  "neighbors[].config.description",
  "neighbors[].config.peer-as",
  "cluster.seeds",
  "vips[].description",
  "vips[].communities",
  "vips[].ext-communities",
  "vips[].large-communities",
  "vips[].checks",
  "vips[].on-degraded.communities",
  "vips[].on-degraded.large-communities",
  "vrrp-instances[].description",
  "vrrp-instances[].excluded-addresses",
  "vrrp-sync-groups[].description",
  "checks[].description",
  "checks[].headers",
  "checks[].status",
  "checks[].record-type",
  "global.config.as",
];
/** Tables that are about switching something on. */
const SWITCHES =
  /graceful-restart|ebgp-multihop|ttl-security|route-reflector|prefix-limit|defined-sets|policy-def|peer-groups/;

test("a key with a default is shown with it", () => {
  const document = parse(everything);
  const supported = new Set(supportedKeys());
  let compared = 0;
  for (const [path, key] of allKeys(schema)) {
    if (key.default === undefined || !supported.has(path) || SAMPLES.includes(path) || SWITCHES.test(path)) continue;
    const shown = firstValue(document, path.split("."));
    compared++;
    assert.equal(String(shown), formatValue(key.type, key.default), path);
  }
  assert.ok(compared > 25, `only ${compared} keys`);
});

/** The value at a path, of the first element of each array of tables. */
function firstValue(node: unknown, [part, ...rest]: readonly string[]): unknown {
  if (part === undefined) return node;
  const child = (node as Record<string, unknown> | undefined)?.[part.replace("[]", "")];
  return firstValue(part.endsWith("[]") ? (child as unknown[] | undefined)?.[0] : child, rest);
}
