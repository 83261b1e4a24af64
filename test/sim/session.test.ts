/**
 * RFC 4271 sessions under every fault of TCP and of the processes, from seeds. A seed that fails is in the message:
 * `SEED=n npx tsx --test test/sim/session.test.ts` runs it alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../src/lib/time.ts";
import { type Tally, World } from "./session-world.ts";

const SEEDS = 2_500;
const SAFETY = seconds(60);

function newTally(): Tally {
  return { established: 0, collisions: 0, holdExpiries: 0, takeovers: 0, refusals: 0 };
}

/** Runs a world per seed, or the one that SEED names. */
function eachSeed(tally: Tally, play: (world: World) => void): void {
  const only = process.env["SEED"];
  for (let seed = 1; seed <= SEEDS; seed++)
    try {
      if (only === undefined || seed === Number(only)) play(new World(seed, tally));
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  if (only !== undefined) console.log(JSON.stringify(tally));
}

test("once faults stop, both sides are Established on one and the same connection, and stay so", () => {
  const tally = newTally();
  eachSeed(tally, (world) => {
    world.safety(SAFETY);
    world.liveness();
  });
  if (process.env["SEED"] !== undefined) return;
  // The simulation must have been where it hurts.
  for (const key of ["collisions", "holdExpiries", "takeovers", "refusals"] as const) assert.ok(tally[key] > 50, key);
});

test("without faults the first session is the last, however the two connections cross", () => {
  const tally = newTally();
  eachSeed(tally, (world) => world.start());
  if (process.env["SEED"] !== undefined) return;
  assert.equal(tally.established, 2 * SEEDS);
  assert.ok(tally.collisions > SEEDS / 10);
});
