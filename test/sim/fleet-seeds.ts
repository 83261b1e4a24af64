import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../src/lib/time.ts";
import { everybody, type FleetWorld, fleet, VIPS } from "./fleet-world.ts";
import { HEALED_WITHIN } from "./gossip-world.ts";
import { eachSeed, isReplay, type Share, seedCount, seedsOf } from "./seeds.ts";

/** So long things go wrong. */
const TROUBLE = seconds(40);

/** One thing that goes wrong, or is put right. */
function disturb(world: FleetWorld, size: number): void {
  const { net } = world;
  const host = 1 + net.int(size);
  const name = `gw${host}`;
  const dice = net.int(20);
  if (dice < 5) world.drain(name, net.int(3) > 0);
  else if (dice < 9) world.check(name, net.int(2) === 0);
  else if (dice === 9) for (let i = 1; i <= size; i++) world.drain(`gw${i}`, true);
  else if (dice === 10) world.setAdmin(name, net.int(2) === 0 ? "up" : "down");
  else if (dice < 13) net.pause(name, net.int(seconds(4)));
  else if (dice === 13) net.loss = net.int(2) === 0 ? 0 : 0.3 * net.rng();
  else if (dice < 16) {
    const side = new Set(everybody(size).flatMap((n) => (net.int(2) === 0 ? [`10.0.0.${n}`] : [])));
    const oneWay = net.int(4) === 0;
    net.isCut = (a, b) => (oneWay ? side.has(a) && !side.has(b) : side.has(a) !== side.has(b));
  } else if (dice === 16) net.isCut = () => false;
  else if (dice < 19) {
    if (world.gateways.has(name)) world.kill(name);
    else world.start(name, host, everybody(size));
  }
}

function trouble(seed: number): FleetWorld {
  const size = 2 + (seed % 4);
  const world = fleet(seed, size, 1 + (seed % 2 === 0 ? 0 : seed % Math.min(3, size)));
  const { net } = world;
  let at = seconds(3) as number;
  while (at < TROUBLE) {
    net.at(at, () => disturb(world, size));
    at += net.int(net.int(2) === 0 ? seconds(2) : millis(5));
  }
  net.run(TROUBLE);
  return world;
}

/** The network works again and nobody is killed any more; drains and checks stay as they are. */
function rest(world: FleetWorld): void {
  const { net } = world;
  net.loss = 0;
  net.isCut = () => false;
  net.run(net.now + HEALED_WITHIN);
  assert.equal(world.disagreement(), undefined);
  const stays = [...world.gateways.values()].filter((g) => !g.drained && !g.failing && g.admin === "up").length;
  for (const vip of VIPS) {
    const announcers = world.announcers(vip).length;
    // Those that are drained and may not leave, and nobody more; fewer only if hard reasons took them.
    const allowed = Math.max(stays, world.min);
    assert.ok(announcers <= allowed, `${announcers} announce ${vip}, ${stays} need not leave, ${world.min} must stay`);
  }
}

/** Gossip, fleet, guard and gates of two to five gateways, under every fault of network, node and operator, from 10,000 seeds. */
export function testSmallFleets(share: Share): void {
  const seeds = seedsOf(seedCount(10_000), share);
  test("small fleets in trouble: nobody leaves a VIP softly without leaving enough behind, and all agree in the end", () => {
    let softLeaves = 0;
    let holds = 0;
    let heldOver = 0;
    eachSeed(seeds, (seed) => {
      const world = trouble(seed);
      rest(world);
      softLeaves += world.softLeaves;
      holds += world.holds;
      heldOver += world.heldOver;
    });
    if (isReplay) return;
    const shown = `${softLeaves} left, ${holds} held, ${heldOver} over a restart`;
    assert.ok(softLeaves > seeds.length && holds > seeds.length && heldOver > 0, `${shown}: this shows nothing`);
  });
}
