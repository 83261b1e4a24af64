import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  flushCheckedFile,
  readCheckedFile,
  removeCheckedFile,
  writeCheckedFile,
} from "../../../src/platform/checked-file.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-checked-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "file");

test("what was written is read, and what was removed is not there; both can be flushed", async () => {
  for (const text of ["", "one line", "two\nlines\n", "\u00e9\u{1f600}"]) {
    assert.equal(writeCheckedFile(file, text).ok, true);
    assert.deepEqual(await flushCheckedFile(file), { ok: true, value: undefined });
    assert.deepEqual(readCheckedFile(file), { ok: true, value: text });
  }
  assert.equal(removeCheckedFile(file).ok, true);
  assert.deepEqual(await flushCheckedFile(file), { ok: true, value: undefined });
  assert.deepEqual(readCheckedFile(file), { ok: true, value: undefined });
});

test("what cannot be flushed, read or written is an error that names it", async () => {
  const missing = join(directory, "missing", "file");
  const flushed = await flushCheckedFile(missing);
  assert.match(flushed.ok ? "" : flushed.error.message, /cannot flush .*missing/);
  const written = writeCheckedFile(missing, "");
  assert.match(written.ok ? "" : written.error.message, /cannot write .*missing/);
  writeFileSync(file, "no checksum");
  const read = readCheckedFile(file);
  assert.match(read.ok ? "" : read.error.message, /is not whole/);
});
