import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";

const CORES = ["bgp", "vrrp", "health", "gossip", "vip"];
/** Who may import whom (DESIGN section 1). A folder that is not here fails: name it before you make it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  bgp: ["lib"],
  vrrp: ["lib"],
  health: ["lib"],
  gossip: ["lib"],
  vip: ["lib"],
  config: ["lib"],
  platform: ["lib"],
  memberlist: ["lib", "gossip", "platform"],
  api: ["lib", ...CORES, "config"],
  daemon: ["lib", ...CORES, "config", "platform", "memberlist", "api"],
  cli: ["lib"],
};
/** Whose types, besides. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = { vip: CORES, platform: ["health"] };
/** Files directly below src/: the executables, each a few lines that call into one folder. */
const ENTRIES: Readonly<Record<string, string>> = { "holdfastd.ts": "daemon", "holdfast.ts": "cli" };
const LINES_MAX = 400;
const root = join(import.meta.dirname, "..");
const src = join(root, "src");
const IMPORT = /^(?:import|export)\s+(type\s)?[^;"]*?from\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}

function faultsOfImports(name: string, text: string): string[] {
  const faults: string[] = [];
  const from = name.split("/")[0] as string;
  const allowed = MAY_IMPORT[from] ?? [ENTRIES[name] as string];
  if (MAY_IMPORT[from] === undefined && ENTRIES[name] === undefined) faults.push(`${name}: not in the layer table`);
  for (const [, typeOnly, fromPath, importPath] of text.matchAll(IMPORT)) {
    const path = (fromPath ?? importPath) as string;
    const target = relative(src, join(src, dirname(name), path));
    const to = target.split("/")[0] as string;
    if (to === from) continue;
    // The messages' types are made from the files that program and command share.
    if (target.startsWith("../proto/") && typeOnly !== undefined && ["api", "cli"].includes(from)) continue;
    const ok = allowed.includes(to) || (typeOnly !== undefined && MAY_IMPORT_TYPES[from]?.includes(to) === true);
    if (!ok) faults.push(`${name}: ${from}/ may not import ${to}/ (${path})`);
    if (to !== "lib" && !["index.ts", "main.ts"].includes(basename(target)))
      faults.push(`${name}: import ${to}/ by its index.ts, not by ${path}`);
  }
  return faults;
}

test("every import follows the layer table, and enters a folder by its index.ts", () => {
  const faults = sources("src").flatMap((file) =>
    faultsOfImports(file.slice("src/".length), readFileSync(join(root, file), "utf8")),
  );
  assert.deepEqual(faults, []);
});

test("the import rule sees a forbidden arrow", () => {
  assert.deepEqual(faultsOfImports("lib/x.ts", 'import { y } from "../bgp/index.ts";\n').length, 1);
  assert.deepEqual(faultsOfImports("daemon/x.ts", 'import { y } from "../bgp/speaker.ts";\n').length, 1);
  assert.deepEqual(faultsOfImports("daemon/x.ts", 'const y = await import("../cli/index.ts");\n').length, 1);
  assert.deepEqual(faultsOfImports("bgp/wire/x.ts", 'import {\n  z,\n} from "../rib/z.ts";\n'), []);
});

test("files are short, finished, and draw no randomness of their own in cores", () => {
  const faults: string[] = [];
  for (const file of ["src", "test", "lab"].flatMap(sources)) {
    const text = readFileSync(join(root, file), "utf8");
    const lines = text.split("\n").length;
    if (lines > LINES_MAX) faults.push(`${file}: ${lines} lines, at most ${LINES_MAX}`);
    if (file !== "test/tidy.test.ts" && /\b(FIXME|XXX|TODO)\b/.test(text))
      faults.push(`${file}: leftover FIXME, XXX or TODO`);
    if (
      [...CORES, "lib"].includes(file.split("/")[1] as string) &&
      file.startsWith("src/") &&
      text.includes("Math.random")
    )
      faults.push(`${file}: Math.random; take an Rng`);
  }
  assert.deepEqual(faults, []);
});

test("a function or value that a file exports is used by another", () => {
  const texts = new Map(
    ["src", "test", "lab"].flatMap(sources).map((file) => [file, readFileSync(join(root, file), "utf8")]),
  );
  const users = new Map<string, number>();
  for (const text of texts.values())
    for (const word of new Set(text.match(/[\w$]+/g))) users.set(word, (users.get(word) ?? 0) + 1);
  const exported = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/^export (?:async )?(?:function\*?|const) ([\w$]+)/gm)].map(([, name]) => ({ file, name })),
  );
  const unused = exported.filter(({ name }) => users.get(name as string) === 1);
  assert.deepEqual(unused, []);
});
