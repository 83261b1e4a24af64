import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { DemoNeighbor } from "../../../lab/demo/neighbor.ts";
import { waitFor } from "../../../lab/wait.ts";
import type { SpeakerEvent } from "../../../src/bgp/index.ts";

const root = resolve(import.meta.dirname, "../../..");

test("the program in docs/library.md announces its route and says goodbye", async () => {
  assert.equal(existsSync(`${root}/dist/bgp/index.js`), true, "dist/ is missing: npm run build");
  const [, program] = /```js\n([\s\S]*?)```/.exec(readFileSync(`${root}/docs/library.md`, "utf8")) ?? [];
  assert.notEqual(program, undefined, "docs/library.md has no program");
  // Inside the package, where "holdfast/bgp" means this very package.
  const file = `${root}/dist/library-example.mjs`;
  writeFileSync(file, program as string);
  const events: SpeakerEvent[] = [];
  const router = new DemoNeighbor("127.0.0.1", 65002, "127.0.0.1", 65001, (event) => events.push(event));
  await router.listen("127.0.0.1", 1790);
  const example = spawn(process.execPath, [file], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    const exited = once(example, "exit");
    const [route] = await waitFor("its route", () => (router.routes().length === 1 ? router.routes() : undefined), {
      intervalMs: 5,
    });
    assert.equal(route?.prefix, "203.0.113.10/32");
    assert.equal(route?.attributes.med, 50);
    assert.deepEqual(await exited, [0, null]);
    const farewell = events.find((event) => event.type === "notification-received");
    assert.equal(farewell?.type === "notification-received" && farewell.text, "goodbye");
    assert.equal(router.routes().length, 0);
  } finally {
    example.kill("SIGKILL");
    router.close();
    rmSync(file);
  }
});
