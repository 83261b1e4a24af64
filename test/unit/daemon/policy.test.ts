import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { DemoNeighbor } from "../../../lab/demo/neighbor.ts";
import { waitFor } from "../../../lab/wait.ts";

const DAEMON = resolve(import.meta.dirname, "../../../dist/holdfastd.js");
const VIPS = ["203.0.113.1/32", "203.0.113.2/32", "203.0.113.3/32"];

/** A gobgpd-style file: one VIP is blocked by a prefix set, the others get a MED. */
function configuration(directory: string, port: number, blocked: string, med: number): string {
  return `
[state]
  directory = "${directory}/state"
[global.config]
  as = 65001
  router-id = "192.0.2.1"
  port = -1
[global.apply-policy.config]
  export-policy-list = ["out"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "127.0.0.4"
    peer-as = 65002
  [neighbors.transport.config]
    local-address = "127.0.0.3"
    remote-port = ${port}
  [neighbors.timers.config]
    connect-retry = 1
[[defined-sets.prefix-sets]]
  prefix-set-name = "blocked"
  [[defined-sets.prefix-sets.prefix-list]]
    ip-prefix = "${blocked}"
[[policy-definitions]]
  name = "out"
  [[policy-definitions.statements]]
    name = "block"
    [policy-definitions.statements.conditions.match-prefix-set]
      prefix-set = "blocked"
    [policy-definitions.statements.actions]
      route-disposition = "reject-route"
  [[policy-definitions.statements]]
    name = "mark"
    [policy-definitions.statements.actions]
      route-disposition = "accept-route"
    [policy-definitions.statements.actions.bgp-actions]
      set-med = "${med}"
${VIPS.map((prefix) => `[[vips]]\n  prefix = "${prefix}"`).join("\n")}
`;
}

test("policies of the file decide what is told, and a reload judges again without a new session", async () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-policy-"));
  const file = join(directory, "gateway.toml");
  let sessions = 0;
  const router = new DemoNeighbor("127.0.0.4", 65002, "127.0.0.3", 65001, (event) => {
    if (event.type === "established") sessions++;
  });
  const told = () => router.routes().map(({ prefix, attributes }) => [prefix, attributes.med]);
  const port = await router.listen("127.0.0.4");
  writeFileSync(file, configuration(directory, port, "203.0.113.2/32", 70));
  const daemon = spawn(process.execPath, [DAEMON, "-f", file], { stdio: "ignore" });
  try {
    await waitFor("the first table", () => told().length === 2, { intervalMs: 10 });
    assert.deepEqual(told(), [
      ["203.0.113.1/32", 70],
      ["203.0.113.3/32", 70],
    ]);
    writeFileSync(file, configuration(directory, port, "203.0.113.3/32", 80));
    daemon.kill("SIGHUP");
    await waitFor("the new policy", () => JSON.stringify(told()).includes("203.0.113.2/32"), { intervalMs: 10 });
    await waitFor("the withdrawal", () => told().length === 2, { intervalMs: 10 });
    assert.deepEqual(told(), [
      ["203.0.113.1/32", 80],
      ["203.0.113.2/32", 80],
    ]);
    assert.equal(sessions, 1);
  } finally {
    daemon.kill("SIGKILL");
    router.close();
    rmSync(directory, { recursive: true });
  }
});
