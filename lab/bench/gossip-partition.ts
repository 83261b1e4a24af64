import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { memberlistGo } from "../peers/gossip.ts";
import { Lab } from "../topology.ts";
import { waitFor } from "../wait.ts";
import { printTable } from "./bench-lab.ts";
import { compiledNode, type Implementation } from "./gossip-cluster.ts";

/** Longer than any death and the 30 s for which the dead are listed. */
const CUT_MS = 60_000;
const PATIENCE_MS = 94_000;

/** Two nodes of each kind, cut from each other for a minute at the same time: how long until both see each other again. */
export async function partition(): Promise<void> {
  const pairs: Record<Implementation, readonly [string, string]> = { holdfast: ["a", "b"], memberlist: ["c", "d"] };
  const nodes = Object.values(pairs).flat();
  const address = (node: string) => `10.42.0.${nodes.indexOf(node) + 1}`;
  const members = nodes.map((node) => ({ node, interface: "eth0", addresses: [`${address(node)}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "lan", members }] });
  try {
    const said = (node: string) => readFileSync(join(lab.subdirectory("logs"), `${node}.log`), "utf8").split("\n");
    for (const [implementation, [first, second]] of Object.entries(pairs))
      for (const node of [first, second]) {
        const seed = node === second ? [address(first)] : [];
        const command =
          implementation === "holdfast"
            ? [process.execPath, await compiledNode(), node, address(node), ...seed]
            : [
                await memberlistGo(),
                `-name=${node}`,
                `-bind=${address(node)}`,
                "-stay",
                ...seed.map((s) => `-join=${s}`),
              ];
        await lab.start(node, { name: node, command, logFile: join(lab.subdirectory("logs"), `${node}.log`) });
        await waitFor(`${node} is ready`, () => said(node).includes("ready"));
      }
    for (const [first] of Object.values(pairs))
      for (const chain of ["INPUT", "OUTPUT"]) await lab.run(first, ["iptables", "-A", chain, "-j", "DROP"]);
    await sleep(CUT_MS);
    const from = new Map(nodes.map((node) => [node, said(node).length - 1]));
    for (const [first] of Object.values(pairs)) await lab.run(first, ["iptables", "-F"]);
    const healedAt = performance.now();
    const sees = async (node: string, other: string) => {
      const joined = () =>
        said(node)
          .slice(from.get(node))
          .some((line) => line.startsWith(`join ${other}`));
      await waitFor(`${node} sees ${other}`, joined, { timeoutMs: PATIENCE_MS, intervalMs: 50 });
      return (performance.now() - healedAt) / 1000;
    };
    const healed = async ([first, second]: readonly [string, string]) => {
      try {
        return `${Math.max(...(await Promise.all([sees(first, second), sees(second, first)]))).toFixed(1)} s`;
      } catch {
        return `not within ${PATIENCE_MS / 1000} s`;
      }
    };
    const results = await Promise.all([healed(pairs.holdfast), healed(pairs.memberlist)]);
    process.stdout.write(`### A partition of ${CUT_MS / 1000} s between two nodes\n\n`);
    printTable([
      ["", "holdfast", "memberlist 0.2.2"],
      ["whole again after", ...results],
    ]);
  } finally {
    await lab.down();
  }
}
