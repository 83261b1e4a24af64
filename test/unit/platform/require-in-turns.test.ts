import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { requireInTurns } from "../../../src/platform/index.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-require-"));
after(() => rmSync(directory, { recursive: true }));
const from = pathToFileURL(join(directory, "program.js")).href;

/** Loaded files, in order: every file says so itself. */
const order: string[] = [];
Object.assign(globalThis, { loadedInTurns: order });

function library(name: string, files: Readonly<Record<string, string>>): void {
  const folder = join(directory, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(folder, file), `globalThis.loadedInTurns.push("${name}/${file}");\n${text}`);
}

test("the innermost file is loaded first, each in a turn of its own, and circles end", async () => {
  library("inner", { "index.js": 'exports.back = () => require("outer");' });
  library("outer", {
    "index.js": 'require("./a"); require("inner"); require("node:fs");',
    "a.js": 'require("./b.js"); require("./index.js");',
    "b.js": "",
  });
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  await requireInTurns(["outer"], from);
  clearInterval(ticking);
  assert.deepEqual(order.splice(0), ["outer/b.js", "outer/a.js", "outer/index.js", "inner/index.js"]);
  assert.ok(turns >= 2, "others had their turns");
  createRequire(from)("outer");
  assert.deepEqual(order, [], "all was there");
});

test("what is not there or fails is nobody's business before it is imported", async () => {
  library("broken", { "index.js": 'require("absent"); require("./fault");', "fault.js": 'throw new Error("no");' });
  await requireInTurns(["missing", "node:fs", "broken"], from);
  assert.throws(() => createRequire(from)("broken"), /absent|no/);
});
