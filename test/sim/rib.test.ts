import { test } from "node:test";
import { RibWorld } from "./rib-world.ts";

const SEEDS = 1000;
const STEPS = 150;
const first = Number(process.env["SEED"] ?? 1);
const count = process.env["SEED"] === undefined ? SEEDS : 1;

test(`every neighbour knows policy(Loc-RIB) at rest, and nothing is left when all have gone: ${count} seeds`, () => {
  for (let seed = first; seed < first + count; seed++) {
    try {
      const world = new RibWorld(seed);
      for (let step = 1; step <= STEPS; step++) {
        world.step();
        if (step % 50 === 0) world.settle();
      }
      world.clear();
    } catch (error) {
      throw new Error(`SEED=${seed}`, { cause: error });
    }
  }
});
