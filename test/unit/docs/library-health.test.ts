import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../../lab/wait.ts";

const root = resolve(import.meta.dirname, "../../..");

test("the program in docs/library.md sees a port go down, and ends", async () => {
  assert.equal(existsSync(`${root}/dist/health/index.js`), true, "dist/ is missing: npm run build");
  const programs = [...readFileSync(`${root}/docs/library.md`, "utf8").matchAll(/```js\n([\s\S]*?)```/g)];
  const program = programs.map(([, text]) => text as string).find((text) => text.includes('"holdfast/health"'));
  assert.notEqual(program, undefined, "docs/library.md has no program of health checks");
  // Inside the package, where "holdfast/health" means this very package.
  const file = `${root}/dist/library-health-example.mjs`;
  writeFileSync(file, program as string);
  const server = createServer((socket) => socket.on("error", () => {})).listen(18080, "127.0.0.1");
  await once(server, "listening");
  const example = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  example.stdout.on("data", (chunk) => {
    output += chunk;
  });
  try {
    const exited = once(example, "exit");
    await waitFor("up", () => output.includes("\n"), { intervalMs: 5 });
    server.close();
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(output.trim().split("\n"), [
      "web: unknown -> up (connected)",
      "web: up -> down (connect ECONNREFUSED 127.0.0.1:18080)",
    ]);
  } finally {
    example.kill("SIGKILL");
    server.close();
    rmSync(file);
  }
});
