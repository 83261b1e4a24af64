import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { DOCUMENT, withOutputs } from "../../tools/cli-doc.ts";

const document = readFileSync(DOCUMENT, "utf8");

test("docs/cli.md shows what the program prints (npx tsx test/tools/cli-doc.ts)", async () => {
  assert.equal(await withOutputs(document), document);
});

test("docs/cli.md has the help of every command", () => {
  for (const { name } of COMMANDS) assert.ok(document.includes(`$ holdfast help ${name}\n`), name);
});
