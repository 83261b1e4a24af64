/**
 * Runs the tests: `tsx test/run.ts [PART ...]` runs the files whose path contains a PART, all of them without one.
 *
 * Node 20's own runner expands no globs and is content with no file at all; this one lists the files itself and fails
 * when it finds none. Pure tests go first, as many at once as there are cores; then the lab's, which mostly wait for
 * real peers. Ends with the line `N passed, N failed`.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const LAB_CONCURRENCY = 2;
/**
 * These measure time on the wire, and nothing runs beside them: to make or remove a namespace holds the kernel's lock on
 * addresses and links for up to a second, and with it every router that is about to put an address on.
 */
const ALONE = /^lab\/(vrrp|hitless)/;
/** Longer than any file needs; a test that hangs must not hang CI. */
const FILE_TIMEOUT_MS = 600_000;

const root = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort();
const isLab = (name: string) => name.startsWith("lab/");

let passed = 0;
let failed = 0;

async function runAll(names: readonly string[], concurrency: number): Promise<void> {
  if (names.length === 0) return;
  const stream = run({ files: names.map((name) => join(root, name)), concurrency, timeout: FILE_TIMEOUT_MS });
  stream.on("test:pass", (t) => {
    if (t.details.type !== "suite" && !t.skip && !t.todo) passed++;
  });
  stream.on("test:fail", (t) => {
    if (t.details.type !== "suite" && !t.todo) failed++;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
}

await runAll(
  files.filter((name) => !isLab(name)),
  availableParallelism(),
);
await runAll(
  files.filter((name) => isLab(name) && !ALONE.test(name)),
  LAB_CONCURRENCY,
);
await runAll(
  files.filter((name) => ALONE.test(name)),
  1,
);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;
