import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatDiagnostic, loadConfig } from "../../../src/config/index.ts";

const folder = join(import.meta.dirname, "broken");
const GLOBAL = 'global = { config = { as = 65001, router-id = "192.0.2.11" } }';
const CASES_MIN = 100;

/** An error that a case is marked with: see broken/README.md. */
interface Expected {
  readonly line: number;
  readonly key: string;
  readonly fragment: string;
}

function expectedOf(text: string): Expected[] {
  return text.split("\n").flatMap((source, index) =>
    [...source.matchAll(/#~(0?) ([^|]*)\| ([^#]*)/g)].map(([, unplaced, key, fragment]) => ({
      line: unplaced === "0" ? 0 : index + 1,
      key: (key as string).trim(),
      fragment: (fragment as string).trim(),
    })),
  );
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".toml"))
  .flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split(/^#### /m)
      .slice(1)
      .map((chunk) => {
        const end = chunk.indexOf("\n");
        const text = chunk.slice(end + 1).replace(/^@G$/m, GLOBAL);
        return { file, name: chunk.slice(0, end), text, expected: expectedOf(text) };
      }),
  );

describe("each fault is one error, in its line, with its key", () => {
  for (const { file, name, text, expected } of cases)
    test(`${file}: ${name}`, () => {
      const loaded = loadConfig(text, file);
      assert.ok(expected.length > 0, "the case expects nothing");
      assert.ok(!loaded.ok, "it loads");
      const report = loaded.errors.map(formatDiagnostic).join("\n\n");
      assert.equal(loaded.errors.length, expected.length, report);
      const rest = [...loaded.errors];
      for (const { line, key, fragment } of expected) {
        const at = rest.findIndex((e) => e.line === line && e.key === key);
        assert.ok(at >= 0, `no error in line ${line} for "${key}":\n${report}`);
        const [error] = rest.splice(at, 1);
        assert.ok(`${error?.message} ${error?.help}`.includes(fragment), `"${fragment}" is not said:\n${report}`);
      }
    });

  test(`there are at least ${CASES_MIN} cases`, () => assert.ok(cases.length >= CASES_MIN, `${cases.length}`));
});
