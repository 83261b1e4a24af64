/**
 * Graceful restart, both roles, under every fault of processes, hosts, links and operators, from seeds. A seed that
 * fails is in the message: `SEED=n npx tsx --test test/sim/restart.test.ts` runs it alone; `SEEDS=n` runs so many.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tally } from "./restart-node.ts";
import { World } from "./restart-world.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 600);

test("no route that stays is lost over a restart, none outlives its time, and in the end all agree", () => {
  const tally: Tally = {
    kept: 0,
    longLived: 0,
    resumed: 0,
    ended: 0,
    hardResets: 0,
    holdExpiries: 0,
    stops: 0,
    restartsOver: 0,
    deferralTimeouts: 0,
  };
  const only = process.env["SEED"];
  for (let seed = 1; seed <= SEEDS; seed++)
    try {
      if (only !== undefined) seed = Number(only);
      const world = new World(seed, tally);
      world.safety();
      world.liveness();
      if (only !== undefined) break;
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  if (process.env["SEED"] !== undefined || process.env["SEEDS"] !== undefined) console.log(JSON.stringify(tally));
  if (only !== undefined) return;
  // The simulation must have been where it hurts.
  for (const [key, count] of Object.entries(tally)) assert.ok(count > SEEDS / 50, `${key}: ${count}`);
});
