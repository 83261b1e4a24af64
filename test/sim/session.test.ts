/** RFC 4271 sessions under every fault of TCP and of the processes, from seeds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../src/lib/time.ts";
import { eachSeed, isReplay, seedCount, seedsOf } from "./seeds.ts";
import { type Tally, World } from "./session-world.ts";

const SEEDS = seedCount(2_500);
const SAFETY = seconds(60);

function newTally(): Tally {
  return { established: 0, collisions: 0, holdExpiries: 0, takeovers: 0, refusals: 0 };
}

test("once faults stop, both sides are Established on one and the same connection, and stay so", () => {
  const tally = newTally();
  eachSeed(seedsOf(SEEDS), (seed) => {
    const world = new World(seed, tally);
    world.safety(SAFETY);
    world.liveness();
  });
  if (isReplay) return console.log(JSON.stringify(tally));
  // The simulation must have been where it hurts.
  for (const key of ["collisions", "holdExpiries", "takeovers", "refusals"] as const) assert.ok(tally[key] > 50, key);
});

test("without faults the first session is the last, however the two connections cross", () => {
  const tally = newTally();
  eachSeed(seedsOf(SEEDS), (seed) => new World(seed, tally).start());
  if (isReplay) return;
  assert.equal(tally.established, 2 * SEEDS);
  assert.ok(tally.collisions > SEEDS / 10);
});
