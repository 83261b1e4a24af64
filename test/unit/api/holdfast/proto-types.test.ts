import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { protoTypes } from "../../../tools/proto-types.ts";

const folder = join(import.meta.dirname, "../../../../proto/holdfast/v1");
const proto = readFileSync(`${folder}/holdfast.proto`, "utf8");
const types = readFileSync(`${folder}/holdfast.d.ts`, "utf8");

test("the types are those of the file (npx tsx test/tools/proto-types.ts proto/holdfast/v1/holdfast.proto)", () => {
  assert.equal(protoTypes(proto), types);
});

test("a message in a message is optional: absent ones would come as null where the types know undefined", () => {
  const messages = new Set([...types.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name));
  const fields = [...types.matchAll(/^ {2}readonly (\w+): (\w+);$/gm)];
  assert.deepEqual(
    fields.filter(([, , type]) => messages.has(type)).map(([, name]) => name),
    [],
  );
});

test("what is not proto3 as we write it is refused, not skipped", () => {
  assert.throws(() => protoTypes("message A {\n  string a;\n}\n"), /not understood: string a;/);
  assert.match(protoTypes("message A {\n  // Why.\n  optional uint64 some_count = 3;\n}\n"), /\/\*\* Why\. \*\//);
  assert.match(
    protoTypes("message A {\n  optional uint64 some_count = 3;\n}\n"),
    /readonly someCount\?: number \| undefined;/,
  );
});
