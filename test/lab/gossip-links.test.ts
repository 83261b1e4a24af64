/** Links that fail between two nodes of three, in namespaces: what relays and TCP are for; and a fleet of fifty. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Cluster } from "../../lab/bench/gossip-cluster.ts";
import { memberlistGo, missingGossipPeers } from "../../lab/peers/gossip.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { Memberlist } from "../../src/memberlist/index.ts";
import "./tell.ts";

const skip = missingGossipPeers();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const NODES = ["a", "m", "n"];
const address = (node: string) => `10.43.0.${NODES.indexOf(node) + 1}`;

/** Node a of ours, m and n of Go's, joined. */
async function cluster(t: TestContext) {
  const members = NODES.map((node) => ({ node, interface: "eth0", addresses: [`${address(node)}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "lan", members }] });
  t.after(() => lab.down());
  const said = (node: string) => readFileSync(join(lab.subdirectory("logs"), `${node}.log`), "utf8");
  const script = join(import.meta.dirname, "../../lab/gossip-node.ts");
  const go = async (node: string, ...flags: string[]) => [
    await memberlistGo(),
    `-name=${node}`,
    `-bind=${address(node)}`,
    "-stay",
    ...flags,
  ];
  const start = async (node: string, command: readonly string[]) => {
    const logFile = join(lab.subdirectory("logs"), `${node}.log`);
    const started = await lab.start(node, { name: node, command, logFile });
    await waitFor(`${node} is ready`, () => /^ready$/m.test(said(node)));
    return started;
  };
  await start("m", await go("m"));
  await start("n", await go("n", `-join=${address("m")}`));
  const a = await start("a", [process.execPath, "--import", "tsx", script, "a", address("a"), address("m")]);
  await waitFor("all to know all", () => ["m", "n"].every((other) => said("a").includes(`join ${other}\n`)));
  const says = (node: string, pattern: RegExp, timeoutMs: number) =>
    waitFor(
      `${node} says ${pattern}`,
      () => pattern.test(said(node)),
      { timeoutMs },
      () => said(node).slice(-2000),
    );
  const drop = async (node: string, ...rule: string[]) => {
    await lab.run(node, ["iptables", "-A", ...rule, "-j", "DROP"]);
  };
  return { said, says, drop, a };
}

test("11: two of Go's that cannot reach each other keep each other alive through ours, and not without it", {
  skip,
}, async (t) => {
  const { said, says, drop, a } = await cluster(t);
  await drop("m", "INPUT", "-s", address("n"));
  await drop("n", "INPUT", "-s", address("m"));
  await sleep(15_000);
  for (const node of ["m", "n"]) assert.doesNotMatch(said(node), /^leave /m);
  a.kill("SIGUSR2");
  await says("a", /"relayed":[1-9]/, 5_000);
  a.kill("SIGKILL");
  await says("m", /^leave n$/m, 30_000);
});

test("12: with UDP blocked TCP keeps us alive, and both sides say so", { skip }, async (t) => {
  const { said, says, drop } = await cluster(t);
  await drop("a", "OUTPUT", "-p", "udp");
  await says("m", /Was able to connect to a but other probes failed/, 20_000);
  await says("a", /warning udp-blocked: [mn] at .* is UDP blocked\?/, 20_000);
  await sleep(10_000);
  for (const node of ["m", "n"]) assert.doesNotMatch(said(node), /^leave a$/m);
  assert.doesNotMatch(said("a"), /^dead /m);
});

test("32: in a fleet of 47 of Go's and three of ours all find all, and news is everywhere long before a push/pull", {
  skip,
}, async (t) => {
  const go = await Cluster.start("memberlist", false);
  t.after(() => go.stop());
  const numbers = Array.from({ length: 47 }, (_, i) => `${i + 1}`);
  const updates: { by: string; of: string; at: number }[] = [];
  const lists = await Promise.all(
    [51, 52, 53].map((i) =>
      Memberlist.create({
        name: `js${i}`,
        bindAddr: `127.0.9.${i}`,
        delegate: { notifyUpdate: (m) => void updates.push({ by: `js${i}`, of: m.name, at: performance.now() }) },
      }),
    ),
  );
  t.after(() => Promise.all(lists.map((list) => list.shutdown())));
  await go.tellAll(numbers.map((i) => `start ${i}`));
  await go.tellAll(numbers.slice(1).map((i) => `join ${i} 1`));
  await Promise.all(lists.map((list) => list.join(["127.0.9.1"])));
  // What a storm of joins leaves out, push/pulls bring: after a minute at this size.
  const everybody = [...numbers, ...lists.map((list) => list.localNode.name)];
  for (const name of everybody)
    assert.ok((await go.noticed("join", name, 0, numbers.includes(name) ? 46 : 47, 150_000)) !== undefined, name);
  for (const list of lists)
    await waitFor("ours to know all", () => list.members().length === 50, { timeoutMs: 150_000 });

  const slowest: number[] = [];
  for (let i = 0; i < 5; i++) {
    const [list] = lists;
    const before = performance.now();
    const mark = go.lines.at(-1)?.ms ?? 0;
    await Promise.all([list?.updateNode(Uint8Array.of(i)), go.tell(`meta 7 new${i}`)]);
    const ours = await go.noticed("update", "js51", mark, 47, 30_000);
    const theirs = await go.noticed("update", "7", mark, 46, 30_000);
    assert.ok(ours !== undefined && theirs !== undefined);
    await waitFor("ours to hear of it", () => updates.filter((u) => u.of === "7" && u.at > before).length === 3);
    slowest.push(ours.at(-1) as number, theirs.at(-1) as number);
  }
  t.diagnostic(`ms until all know: ${slowest.map(Math.round).join(", ")}`);
  // A second on a machine that has time; push/pulls are a minute apart at this size.
  assert.ok(Math.max(...slowest) < 10_000, `${slowest}`);
});
