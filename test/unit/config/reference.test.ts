import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { schema } from "../../../src/config/schema/index.ts";
import { allKeys } from "../../../src/config/settings.ts";
import { DOCUMENT, withReference } from "../../tools/config-reference.ts";

test("docs/configuration.md is what the schema says (else: npx tsx test/tools/config-reference.ts)", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  assert.equal(withReference(document), document);
});

test("every key has a sentence of documentation", () => {
  const without = [...allKeys(schema)].filter(([, key]) => !/^\S.*(\.|\.\)| \.\.\.)$/.test(key.doc));
  assert.deepEqual(
    without.map(([path]) => path),
    [],
  );
});
