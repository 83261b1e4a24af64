import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, formatDiagnostics, loadConfig } from "../../../src/config/index.ts";
import { schema } from "../../../src/config/schema/index.ts";
import { allKeys } from "../../../src/config/settings.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/from-keepalived.md"), "utf8");

function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text]) =>
    name === language ? (text as string) : [],
  );
}

function example(): Config {
  const [text = "", ...rest] = blocks("toml");
  assert.equal(rest.length, 0);
  const loaded = loadConfig(text, "from-keepalived.md");
  assert.equal(formatDiagnostics([...(loaded.ok ? [] : loaded.errors), ...loaded.warnings]), "");
  assert.ok(loaded.ok, "it does not load");
  return loaded.config;
}

test("the example loads without a warning", () => {
  const { vrrpInstances, vips, checks } = example();
  assert.deepEqual([vrrpInstances.length, vips.length, checks.length], [2, 2, 2]);
});

test("the example says what the keepalived.conf beside it says", () => {
  const [theirs = ""] = blocks("");
  const { vrrpInstances, checks } = example();
  /** All numbers that a key has in the keepalived.conf. */
  const said = (key: string) => [...theirs.matchAll(new RegExp(`\\b${key} (-?[\\d.]+)`, "g"))].map((m) => Number(m[1]));
  const each = (pick: (instance: (typeof vrrpInstances)[number]) => number) => vrrpInstances.map(pick);
  assert.deepEqual(
    each((i) => i.virtualRouterId),
    said("virtual_router_id"),
  );
  assert.deepEqual(
    each((i) => i.priority),
    said("priority"),
  );
  assert.deepEqual(
    each((i) => i.advertisementInterval / 1e6),
    said("advert_int"),
  );
  assert.deepEqual(
    each((i) => i.preemptDelay / 1e6),
    said("preempt_delay"),
  );
  assert.deepEqual([...new Set(each((i) => i.startupDelay / 1e6))], said("vrrp_startup_delay"));
  assert.deepEqual([...new Set(each((i) => i.version))], said("vrrp_version"));
  const web = checks.find(({ name }) => name === "chk_web");
  assert.deepEqual([web?.rise, web?.timeout], [said("rise")[0], (said("timeout")[0] as number) * 1e6]);
  assert.deepEqual(
    vrrpInstances.map(({ trackers }) => trackers.map(({ name, weight }) => `${name} ${weight}`)),
    [
      ["interface eth1 0", "check chk_web -50", "check haproxy 0"],
      ["check chk_web -50", "check haproxy 0"],
    ],
  );
});

test("every key that keepalived 2.2.7 has for VRRP is on the page", () => {
  const keywords = readFileSync(join(import.meta.dirname, "keepalived/keywords-2.2.7.txt"), "utf8")
    .trim()
    .split("\n");
  assert.ok(keywords.length > 200, `only ${keywords.length} keywords`);
  const mentioned = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => (text as string).split(" ")[0]));
  assert.deepEqual(
    keywords.filter((keyword) => !mentioned.has(keyword)),
    [],
  );
});

test("what the page says is a key of ours is one", () => {
  const names = new Set(
    [...allKeys(schema)].flatMap(([path]) => path.split(".").map((part) => part.replace("[]", ""))),
  );
  const settings = [...page.matchAll(/`([a-z][a-z0-9]*(?:-[a-z0-9]+)+)(?: = [^`]*)?`/g)].map(
    ([, name]) => name as string,
  );
  assert.ok(settings.length > 40, `only ${settings.length} keys`);
  assert.deepEqual(
    settings.filter((name) => !names.has(name)),
    [],
  );
});
