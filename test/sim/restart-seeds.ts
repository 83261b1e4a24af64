import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tally } from "./restart-node.ts";
import { World } from "./restart-world.ts";
import { eachSeed, isReplay, type Share, seedCount, seedsOf } from "./seeds.ts";

/** Graceful restart, both roles, under every fault of processes, hosts, links and operators, from 10,000 seeds. */
export function testRestarts(share: Share): void {
  const seeds = seedsOf(seedCount(10_000), share);
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
    eachSeed(seeds, (seed) => {
      const world = new World(seed, tally);
      world.safety();
      world.liveness();
    });
    if (isReplay) return console.log(JSON.stringify(tally));
    // The simulation must have been where it hurts.
    for (const [key, count] of Object.entries(tally)) assert.ok(count > seeds.length / 50, `${key}: ${count}`);
  });
}
