import { test } from "node:test";
import { RibWorld } from "./rib-world.ts";
import { eachSeed, seedCount, seedsOf } from "./seeds.ts";

const STEPS = 150;

test("every neighbour knows policy(Loc-RIB) at rest, and nothing is left when all have gone", () => {
  eachSeed(seedsOf(seedCount(1000)), (seed) => {
    const world = new RibWorld(seed);
    for (let step = 1; step <= STEPS; step++) {
      world.step();
      if (step % 50 === 0) world.settle();
    }
    world.clear();
  });
});
