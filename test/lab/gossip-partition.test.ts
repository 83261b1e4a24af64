/** What a cut network does to ours and to Go's memberlist, in namespaces. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { memberlistGo, missingGossipPeers } from "../../lab/peers/gossip.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

const skip = missingGossipPeers();
const NODES = ["a", "b", "m"];
const host = (node: string, i: number) => ({ node, interface: "eth0", addresses: [`10.41.0.${i + 1}/24`] });
/** Longer than any death and the 30 s for which the dead are listed: then memberlist alone stays split. */
const CUT_MS = 60_000;

/** Nodes a and b of ours and m of Go's, joined. */
async function cluster() {
  const lab = await Lab.up({ segments: [{ name: "lan", members: NODES.map(host) }] });
  const logs = (node: string) => join(lab.subdirectory("logs"), `${node}.log`);
  const start = async (node: string, command: readonly string[]) => {
    await lab.start(node, { name: node, command, logFile: logs(node) });
    await waitFor(`${node} is ready`, () => /^ready$/m.test(readFileSync(logs(node), "utf8")));
  };
  const script = join(import.meta.dirname, "../../lab/gossip-node.ts");
  const ours = [process.execPath, "--import", "tsx", script];
  try {
    await start("m", [await memberlistGo(), "-name=m", "-bind=10.41.0.3", "-stay"]);
    await start("a", [...ours, "a", "10.41.0.1", "10.41.0.3"]);
    await start("b", [...ours, "b", "10.41.0.2", "10.41.0.3"]);
  } catch (error) {
    await lab.down();
    throw error;
  }
  const said = (node: string) => readFileSync(logs(node), "utf8").split("\n");
  // A node that has seeds and has not reached them yet rightly calls itself isolated: what counts begins here.
  await waitFor("all to know all", () =>
    ["a", "b"].every((n) => NODES.every((other) => said(n).includes(`join ${other}`))),
  );
  const mark = () => Object.fromEntries(NODES.map((node) => [node, said(node).length - 1]));
  /** Waits until `node` says each of these lines, in any order, after line number `from`. */
  const hears = (node: string, lines: readonly string[], from: number, timeoutMs: number) =>
    waitFor(
      `${node} says ${lines}`,
      () =>
        lines.every((line) =>
          said(node)
            .slice(from)
            .some((l) => l.startsWith(line)),
        ),
      { timeoutMs, intervalMs: 50 },
      () => said(node).slice(from).join("\n"),
    );
  return { lab, said, hears, mark };
}

test("30: a cut of a minute heals within ten seconds, between ours and with Go's", { skip }, async (t) => {
  const { lab, said, hears, mark } = await cluster();
  t.after(() => lab.down());
  const cut = mark();
  for (const chain of ["INPUT", "OUTPUT"]) await lab.run("a", ["iptables", "-A", chain, "-j", "DROP"]);
  await sleep(CUT_MS);
  const since = (node: string) => said(node).slice(cut[node]);
  for (const line of ["isolated", "dead m", "dead b"])
    assert.ok(since("a").includes(line), `${line} in ${since("a").join("; ")}`);
  assert.ok(!since("b").includes("isolated"), since("b").join("; "));
  const from = mark();
  for (const chain of ["INPUT", "OUTPUT"]) await lab.run("a", ["iptables", "-F", chain]);
  const healed = performance.now();
  await Promise.all([
    hears("a", ["join b", "join m", "connected"], from["a"] as number, 10_000),
    hears("b", ["join a"], from["b"] as number, 10_000),
    hears("m", ["join a"], from["m"] as number, 10_000),
  ]);
  t.diagnostic(`healed ${((performance.now() - healed) / 1000).toFixed(1)} s after the network's return`);
});

test("31: whose own link is down says that it is isolated, holds nobody for alive, and is back soon after", {
  skip,
}, async (t) => {
  const { lab, hears, mark } = await cluster();
  t.after(() => lab.down());
  const cut = mark();
  await lab.setLink("a", "eth0", "down");
  await hears("a", ["isolated"], cut["a"] as number, 20_000);
  await Promise.all([
    hears("a", ["dead b", "dead m"], 0, 60_000),
    hears("b", ["dead a"], 0, 30_000),
    hears("m", ["leave a"], 0, 30_000),
  ]);
  const from = mark();
  await lab.setLink("a", "eth0", "up");
  await Promise.all([
    hears("a", ["join b", "join m", "connected"], from["a"] as number, 10_000),
    hears("b", ["join a"], from["b"] as number, 10_000),
    hears("m", ["join a"], from["m"] as number, 10_000),
  ]);
});
