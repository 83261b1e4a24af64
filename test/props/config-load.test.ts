import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { diffConfigs, formatDiagnostics, loadConfig } from "../../src/config/index.ts";

const example = readFileSync(join(import.meta.dirname, "../../gobgp.toml.example"), "utf8")
  .replace(/^( *)#(?=[^ #\n])/gm, "$1")
  .replace(/^ *# .*\n/gm, "");
const lines = example.split("\n");

/** Something an editor, or a person in a hurry, does to one line. */
const edit = fc.oneof(
  fc.constant((_: string) => ""),
  fc.constant((line: string) => `${line}\n${line}`),
  fc.constant((line: string) => line.replace(/= .*/, "= 'x'")),
  fc.constant((line: string) => line.replace(/= .*/, "= -1")),
  fc.constant((line: string) => line.replace(/= .*/, "= [[], {}, 1e400, true]")),
  fc.constant((line: string) => line.replace(/= .*/, "= { config = 1, x.y = 2 }")),
  fc.constant((line: string) => line.replace(/\[+([^\]]*)\]+/, "[[$1]]")),
  fc.constant((line: string) => line.replace(/\[+([^\]]*)\]+/, "[$1]")),
  fc.constant((line: string) => line.replace("e", "")),
  fc.constant((line: string) => line.toUpperCase()),
  fc.string({ maxLength: 5 }).map((text) => (line: string) => line + text),
);

test("whatever is done to a file, it loads or has errors with a place, and nothing throws", () => {
  const original = loadConfig(example, "example");
  assert.ok(original.ok);
  let broken = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(lines.length - 1), edit), { minLength: 1, maxLength: 4 }), (edits) => {
      const edited = [...lines];
      for (const [index, change] of edits) edited[index] = change(edited[index] as string);
      const text = edited.join("\n");
      const loaded = loadConfig(text, "edited");
      const findings = [...(loaded.ok ? [] : loaded.errors), ...loaded.warnings];
      const count = text.split("\n").length;
      for (const { line, column, message } of findings) {
        assert.ok(line >= 0 && line <= count && column >= 0);
        assert.doesNotMatch(message, /undefined|\[object/);
      }
      assert.ok(formatDiagnostics(findings).length > 0 || findings.length === 0);
      if (loaded.ok) diffConfigs(original.config, loaded.config);
      else broken++;
    }),
    { numRuns: 250 },
  );
  assert.ok(broken > 100, `only ${broken} were broken`);
});
