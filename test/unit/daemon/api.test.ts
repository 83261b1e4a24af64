import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { holdfastService } from "../../../src/api/holdfast/index.ts";
import type { Service } from "../../../src/api/index.ts";
import { Api } from "../../../src/daemon/api.ts";
import { ok } from "../../../src/lib/result.ts";
import type { ComponentLogger, Logger } from "../../../src/platform/index.ts";
import { FakeHost } from "../api/holdfast/fake-host.ts";
import { run } from "../cli/run.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-api-"));
after(() => rmSync(directory, { recursive: true }));

const component = {
  isEnabled: () => false,
  error: assert.fail,
  warn: assert.fail,
  info: () => {},
  debug: () => {},
  limited: () => component,
} as unknown as ComponentLogger;
const LOG = { component: () => component } as unknown as Logger;

test("an answer that is on its way when the API closes arrives", async () => {
  const service = holdfastService(new FakeHost());
  let api: Api;
  let closed: Promise<void> | undefined;
  // What stops the daemon is the call itself, and its answer is not written yet.
  const handle = async () => {
    closed = api.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    return ok({});
  };
  const stopping: Service = { ...service, methods: { ...service.methods, Stop: { type: "unary", handle } } };
  api = new Api([stopping], LOG);
  const path = join(directory, "sock");
  const opened = await api.open([
    { text: path, endpoint: { type: "unix", path }, tls: undefined, access: { type: "open" } },
  ]);
  assert.equal(opened.ok, true);
  const { status, stderr } = await run(["-u", `unix:${path}`, "stop"]);
  assert.deepEqual([status, stderr], [0, ""]);
  await closed;
  assert.match((await run(["-u", `unix:${path}`, "status"])).stderr, /nobody answers/);
});
