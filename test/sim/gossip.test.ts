import assert from "node:assert/strict";
import { test } from "node:test";
import { GossipWorld, HEALED_WITHIN, seconds } from "./gossip-world.ts";
import { eachSeed, seedCount, seedsOf } from "./seeds.ts";

/** A small fleet, faults drawn from the seed for some time, then peace: safety first, then liveness. */
function smallFleet(seed: number): { world: GossipWorld; failure: string | undefined } {
  const world = new GossipWorld(seed);
  // Clocks count from some boot of long ago, and no two run alike: up to a tenth fast or slow.
  world.nextClock = () => ({ offset: world.int(seconds(1e6)), rate: 0.9 + world.rng() / 5 });
  const size = 2 + world.int(4);
  const hosts = new Map<string, number>();
  const boot = (i: number) => {
    const name = `n${i}`;
    const host = hosts.get(name) as number;
    world.start(name, host);
    world.join(name, [...hosts.values()]);
  };
  for (let i = 0; i < size; i++) hosts.set(`n${i}`, i + 1);
  for (let i = 0; i < size; i++) world.at(world.int(seconds(2)), () => boot(i));

  const chaos = seconds(3 + world.int(15));
  const faults = 1 + world.int(5);
  for (let f = 0; f < faults; f++) world.at(seconds(2) + world.int(chaos), () => fault(world, size, hosts, boot));
  world.run(seconds(2) + chaos);

  world.loss = 0;
  world.duplication = 0;
  world.isCut = () => false;
  for (let i = 0; i < size; i++) if (!world.lives.has(`n${i}`)) boot(i);
  const healed = world.now;
  const agreed = world.run(healed + HEALED_WITHIN, () => world.disagreement() === undefined);
  return { world, failure: agreed ? undefined : world.disagreement() };
}

function fault(world: GossipWorld, size: number, hosts: Map<string, number>, boot: (i: number) => void): void {
  const i = world.int(size);
  const name = `n${i}`;
  switch (world.int(7)) {
    case 0:
      world.loss = 0.5 * world.rng();
      return;
    case 1: {
      const side = new Set([...hosts.values()].filter(() => world.rng() < 0.5).map((h) => `10.0.0.${h}`));
      world.isCut = (a, b) => side.has(a) !== side.has(b);
      return;
    }
    case 2: {
      // One direction only.
      const victim = `10.0.0.${hosts.get(name)}`;
      world.isCut = (a) => a === victim;
      return;
    }
    case 3:
      world.pause(name, world.int(seconds(8)));
      return;
    case 4:
      world.kill(name);
      if (world.rng() < 0.7) world.at(world.now + world.int(seconds(6)), () => !world.lives.has(name) && boot(i));
      return;
    case 5:
      // The same name comes back with another address.
      world.kill(name);
      hosts.set(name, 100 + world.int(100));
      return;
    default:
      world.duplication = 0.3 * world.rng();
      if (world.lives.has(name))
        world.give(name, { type: "updateNode", request: 2, meta: Uint8Array.of(world.int(256)), timeout: seconds(5) });
  }
}

test("after loss, cuts, pauses, kills, moves and skewed clocks, every member knows every other after the healing", () => {
  eachSeed(seedsOf(seedCount(10_000)), (seed) => assert.equal(smallFleet(seed).failure, undefined));
});

test("the same seed gives the same run", () => {
  const trace = (seed: number) => smallFleet(seed).world.events.map((e) => `${e.at} ${e.node} ${e.event.type}`);
  assert.deepEqual(trace(7), trace(7));
  assert.notDeepEqual(trace(7), trace(8));
});
