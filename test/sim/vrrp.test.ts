/**
 * VRRP and the gates under every fault of network, process and host, from seeds. A seed that fails is in the message:
 * `SEED=n npx tsx --test test/sim/vrrp.test.ts` runs it alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Tally, VrrpWorld } from "./vrrp-world.ts";

/** SEED=n replays one; VRRP_SEEDS=n sets how many. */
const ONLY = process.env["SEED"];
const SEEDS = Number(process.env["VRRP_SEEDS"] ?? 10_000);
/** Advertisement intervals in which anything may happen. */
const SAFETY = 30;

const newTally = (): Tally => ({ masters: 0, priorityZero: 0, stalls: 0, kills: 0, resumptions: 0, splits: 0 });

test("whatever happens, a VIP is announced by its Master only; once it heals there is one Master", () => {
  const tally = newTally();
  for (let seed = 1; seed <= SEEDS; seed++) {
    if (ONLY !== undefined && seed !== Number(ONLY)) continue;
    try {
      const world = new VrrpWorld(seed, tally);
      world.safety(SAFETY);
      world.liveness();
      world.stops();
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  if (ONLY !== undefined) return;
  // The simulation must have been where it hurts.
  for (const [what, count] of Object.entries(tally)) assert.equal(count > SEEDS / 20, true, `${what}: ${count}`);
});
