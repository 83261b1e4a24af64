/** VRRP and the gates under every fault of network, process and host, from seeds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachSeed, isReplay, seedCount, seedsOf } from "./seeds.ts";
import { SpeakerUpstream } from "./vrrp-speakers.ts";
import { ModelUpstream, type Upstream } from "./vrrp-upstream.ts";
import { type Tally, VrrpWorld } from "./vrrp-world.ts";

const SEEDS = seedCount(10_000);
/** Those with real speakers: each costs ten times as much. */
const SPEAKER_SEEDS = Math.ceil(SEEDS / 10);
/** Advertisement intervals in which anything may happen. */
const SAFETY = 30;

function play(seeds: number, makeUpstream: (world: VrrpWorld) => Upstream): void {
  const tally: Tally = { masters: 0, priorityZero: 0, stalls: 0, kills: 0, resumptions: 0, splits: 0 };
  eachSeed(seedsOf(seeds), (seed) => {
    const world = new VrrpWorld(seed, tally, makeUpstream);
    world.safety(SAFETY);
    world.liveness();
    world.stops();
  });
  if (isReplay) return;
  // The simulation must have been where it hurts.
  for (const [what, count] of Object.entries(tally)) assert.equal(count > seeds / 20, true, `${what}: ${count}`);
}

test("whatever happens, a VIP is announced by its Master only; once it heals there is one Master", () => {
  play(SEEDS, (world) => new ModelUpstream(world));
});

test("so it is with speakers: a router upstream has paths of the Master only, and none of who has stopped", () => {
  play(SPEAKER_SEEDS, (world) => new SpeakerUpstream(world));
});
