import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";

const root = resolve(import.meta.dirname, "../../..");

test("the two routers in docs/library.md elect a Master, change an address and hand over", async () => {
  assert.equal(existsSync(`${root}/dist/vrrp/index.js`), true, "dist/ is missing: npm run build");
  const programs = [...readFileSync(`${root}/docs/library.md`, "utf8").matchAll(/```js\n([\s\S]*?)```/g)];
  const program = programs.map(([, text]) => text as string).find((text) => text.includes('"holdfast/vrrp"'));
  assert.notEqual(program, undefined, "docs/library.md has no program of virtual routers");
  // Inside the package, where "holdfast/vrrp" means this very package.
  const file = `${root}/dist/library-vrrp-example.mjs`;
  writeFileSync(file, program as string);
  const example = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  example.stdout.on("data", (chunk) => {
    output += chunk;
  });
  try {
    assert.deepEqual(await once(example, "close"), [0, null]);
    assert.deepEqual(output.trim().split("\n"), [
      "192.0.2.1 Backup (started)",
      "192.0.2.2 Backup (started)",
      "192.0.2.1 add 203.0.113.10/32",
      "192.0.2.1 Master (no Master was heard)",
      "192.0.2.1 add 203.0.113.11/32",
      "192.0.2.1 Initialize (stopped)",
      "192.0.2.1 remove 203.0.113.10/32 203.0.113.11/32",
      "192.0.2.2 add 203.0.113.10/32",
      "192.0.2.2 Master (Master 192.0.2.1 has stopped)",
      "192.0.2.2 Initialize (stopped)",
      "192.0.2.2 remove 203.0.113.10/32",
    ]);
  } finally {
    example.kill("SIGKILL");
    rmSync(file);
  }
});
