import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { run, tryRun } from "../../lab/exec.ts";
import { namespacesOf, processesIn, reapLeftovers, STATE_ROOT } from "../../lab/reaper.ts";
import { Lab, type TopologySpec } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";

const host = (node: string, n: number) => ({
  node,
  interface: "eth0",
  addresses: [`10.3.0.${n}/24`, `fd03::${n}/64`],
});
const PAIR: TopologySpec = { segments: [{ name: "link", members: [host("a", 1), host("b", 2)] }] };
const TRIPLE: TopologySpec = { segments: [{ name: "lan", members: [host("a", 1), host("b", 2), host("c", 3)] }] };

/**
 * A host that is there refuses a connection to a port nobody listens on; one that is not there says nothing, for as long
 * as `patience` seconds.
 */
async function canReach(lab: Lab, from: string, address: string, patience = 10): Promise<boolean> {
  const connect = ["timeout", `${patience}`, "bash", "-c", `: </dev/tcp/${address}/9`];
  return (await lab.tryRun(from, connect)).stderr.includes("refused");
}

const leftNothing = (id: string) => namespacesOf(id).length === 0 && !existsSync(join(STATE_ROOT, id));

describe("topologies", { concurrency: true }, () => {
  for (const [name, spec] of [
    ["a veth pair", PAIR],
    ["a bridge", TRIPLE],
  ] as const) {
    test(`nodes on ${name} reach each other over both families at once`, async () => {
      const lab = await Lab.up(spec);
      try {
        const far = lab.nodes.at(-1) as string;
        const n = lab.nodes.length;
        assert.equal(await canReach(lab, "a", `10.3.0.${n}`), true);
        assert.equal(await canReach(lab, far, "fd03::1"), true);
        const addresses = await lab.run(far, ["ip", "-6", "addr", "show", "tentative"]);
        assert.equal(addresses, "", "no address waits for duplicate address detection");
      } finally {
        await lab.down();
      }
      assert.equal(leftNothing(lab.id), true);
    });
  }

  test("a link that is down carries nothing, and does again when it is up", async () => {
    const lab = await Lab.up(PAIR);
    try {
      await lab.setLink("b", "eth0", "down");
      assert.equal(await canReach(lab, "a", "10.3.0.2", 1), false);
      await lab.setLink("b", "eth0", "up");
      await waitFor("the link to carry again", () => canReach(lab, "a", "10.3.0.2", 1));
      await lab.addAddress("b", "eth0", "10.3.0.77/32");
      await lab.run("a", ["ip", "route", "add", "10.3.0.77/32", "dev", "eth0"]);
      assert.equal(await canReach(lab, "a", "10.3.0.77"), true);
      await lab.deleteAddress("b", "eth0", "10.3.0.77/32");
      assert.equal(await canReach(lab, "a", "10.3.0.77", 1), false);
    } finally {
      await lab.down();
    }
  });

  test("two labs of one description do not see each other", async () => {
    const [one, two] = await Promise.all([Lab.up(PAIR), Lab.up(PAIR)]);
    try {
      assert.notEqual(one.id, two.id);
      await one.run("a", ["ip", "addr", "del", "10.3.0.1/24", "dev", "eth0"]);
      assert.match(await two.run("a", ["ip", "addr"]), /10\.3\.0\.1/);
    } finally {
      await Promise.all([one.down(), two.down()]);
    }
  });

  test("a process that ends before it is ready fails at once, with its log", async () => {
    const lab = await Lab.up(PAIR);
    try {
      const logFile = join(lab.directory, "log");
      const process = await lab.start("a", { name: "sh", command: ["sh", "-c", "echo not today; exit 3"], logFile });
      await assert.rejects(
        process.waitReady(async () => false),
        /exit 3.*not today/s,
      );
    } finally {
      await lab.down();
    }
  });

  test("stopping kills a process that does not listen", async () => {
    const lab = await Lab.up(PAIR);
    try {
      const logFile = join(lab.directory, "log");
      const command = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"];
      const process = await lab.start("a", { name: "deaf", command, logFile });
      await process.waitReady(async () => process.log.includes("ready"));
      assert.deepEqual(await process.stop("SIGTERM", 300), { code: null, signal: "SIGKILL" });
    } finally {
      await lab.down();
    }
  });

  for (const [how, end] of [
    ["an uncaught error", "throw"],
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGINT"],
  ] as const) {
    test(`a test process that dies by ${how} leaves nothing`, async () => {
      const child = await startChild(end);
      if (end !== "throw") child.process.kill(end);
      await child.ended;
      assert.equal(leftNothing(child.id), true);
    });
  }

  test("what a test process killed by SIGKILL leaves is removed at the next start of a lab", async () => {
    const child = await startChild("stay");
    const namespaces = namespacesOf(child.id);
    assert.notDeepEqual(processesIn(namespaces), [], "its speaker runs");
    child.process.kill("SIGKILL");
    await child.ended;
    reapLeftovers();
    // Another test file may have been faster; what counts is that nothing is left.
    await waitFor("nothing left", () => leftNothing(child.id));
    assert.deepEqual(processesIn(namespaces), []);
  });

  test("the labs of the living are not reaped", async () => {
    const lab = await Lab.up(PAIR);
    try {
      assert.equal(reapLeftovers().includes(lab.id), false);
      assert.equal(await canReach(lab, "a", "10.3.0.2"), true);
    } finally {
      await lab.down();
    }
  });
});

test("a lab by hand: up, status, down", async () => {
  const lab = (...args: string[]) => run([process.execPath, "--import", "tsx", resolve("lab/cli.ts"), ...args]);
  await lab("down", "peers");
  assert.match(await lab("up", "peers"), /hf-peers-bird/);
  try {
    await waitFor(
      "two sessions on each side",
      async () => (await lab("status", "peers")).match(/ established$/gm)?.length === 4,
    );
    const again = await tryRun([process.execPath, "--import", "tsx", resolve("lab/cli.ts"), "up", "peers"]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /up already/);
  } finally {
    await lab("down", "peers");
  }
  assert.equal(leftNothing("peers"), true);
});

async function startChild(end: string) {
  const script = resolve(import.meta.dirname, "crash-child.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, end], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  const [id] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, id, ended };
}
