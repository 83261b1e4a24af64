import assert from "node:assert/strict";
import { test } from "node:test";
import { GossipWorld, millis, seconds } from "./gossip-world.ts";

const SEED = Number(process.env["SEED"] ?? 1);
/** Nodes of the larger fleet. */
const LARGE = Number(process.env["GOSSIP_LARGE"] ?? 200);

function fleet(size: number, seed = SEED): GossipWorld {
  const world = new GossipWorld(seed);
  for (let i = 1; i <= size; i++)
    world.at(millis(10 * i), () => {
      world.start(`n${i}`, i);
      world.join(`n${i}`, [1]);
    });
  return world;
}

const agreed = (world: GossipWorld) => () => world.disagreement() === undefined;
const kinds = (world: GossipWorld, type: string) => world.events.filter((e) => e.event.type === type);

/** When each of the others learned that `name` is gone, in seconds after `from`. */
function learned(world: GossipWorld, name: string, from: number): number[] {
  return world.events
    .filter(({ at, event }) => event.type === "gone" && event.member.name === name && at >= from)
    .map(({ at }) => (at - from) / 1e6);
}

test(`${LARGE} nodes that start within ${LARGE / 100} s all know each other, hear of a death and of new meta, and stay calm`, () => {
  const world = fleet(LARGE);
  world.run(millis(10 * LARGE));
  const started = world.now;
  assert.ok(world.run(started + seconds(90), agreed(world)), world.disagreement());
  assert.equal(kinds(world, "gone").length, 0);

  const updated = world.now;
  world.give("n7", { type: "updateNode", request: 1, meta: Uint8Array.of(42), timeout: seconds(10) });
  const seen = () => [...world.lives.values()].every((life) => life.swim.member("n7")?.meta[0] === 42);
  assert.ok(world.run(updated + seconds(5), seen), "meta reached everybody");

  const killed = world.now;
  world.kill("n9");
  world.run(killed + seconds(40), () => learned(world, "n9", killed).length >= LARGE - 1);
  const times = learned(world, "n9", killed);
  assert.equal(times.length, LARGE - 1);
  assert.equal(kinds(world, "gone").length, LARGE - 1, "nobody else was taken for dead");
  // Least suspicion at 200 nodes is 9.2 s.
  assert.ok(Math.min(...times) > 9 && Math.max(...times) < 30, `${Math.min(...times)} to ${Math.max(...times)} s`);
});

test("a fleet split for a minute is one again within ten seconds of the network's return", () => {
  for (let seed = SEED; seed < SEED + 20; seed++) {
    const world = fleet(10, seed);
    world.run(seconds(5));
    const side = new Set(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    world.isCut = (a, b) => side.has(a) !== side.has(b);
    world.run(world.now + seconds(60));
    for (const life of world.lives.values()) {
      const alive = life.swim.members().filter((m) => m.state === "alive").length;
      assert.equal(alive, side.has(life.key) ? 3 : 7, `SEED=${seed}: the cut was seen by ${life.name}`);
    }
    world.isCut = () => false;
    assert.ok(world.run(world.now + seconds(10), agreed(world)), `SEED=${seed}: ${world.disagreement()}`);
  }
});

test("two nodes split for ten minutes find each other again without seeds", () => {
  const world = fleet(2);
  world.run(seconds(5));
  world.isCut = () => true;
  world.run(world.now + seconds(600));
  world.isCut = () => false;
  assert.ok(world.run(world.now + seconds(10), agreed(world)), world.disagreement());
});

test("loss of a fifth of all packets kills nobody in ten minutes", () => {
  const world = fleet(8);
  world.loss = 0.2;
  world.run(seconds(600));
  assert.deepEqual(kinds(world, "gone"), []);
  const byTcp = [...world.lives.values()].reduce((sum, life) => sum + life.swim.counters.probesByTcp, 0);
  assert.ok(byTcp > 0, "the loss was felt");
});

test("a node that hangs for three seconds of every ten takes nobody for dead, and is taken for dead by nobody", () => {
  const world = fleet(10);
  for (let at = 5; at < 300; at += 10) world.at(seconds(at), () => world.pause("n4", seconds(3)));
  world.run(seconds(300));
  assert.deepEqual(
    kinds(world, "gone").map((e) => e.node),
    [],
  );
  world.run(seconds(330));
  assert.equal(world.lives.get("n4")?.swim.healthScore, 0);
});

test("a node whose network is gone says that it is isolated, the others are not; both end with the network's return", () => {
  const world = fleet(5);
  world.run(seconds(5));
  const cut = world.now;
  world.isCut = (a, b) => a === "10.0.0.3" || b === "10.0.0.3";
  const isolated = () => [...world.lives.values()].filter((life) => life.swim.isolated).map((life) => life.name);
  assert.ok(world.run(world.now + seconds(20), () => isolated().length > 0));
  world.run(world.now + seconds(60));
  assert.deepEqual(isolated(), ["n3"]);
  const said = kinds(world, "isolation").filter((e) => e.at > cut);
  assert.deepEqual(
    said.map((e) => e.node),
    ["n3"],
  );
  world.isCut = () => false;
  assert.ok(world.run(world.now + seconds(10), () => isolated().length === 0 && world.disagreement() === undefined));
});

test("the death of one of three makes neither of the others think that it is isolated", () => {
  for (let seed = SEED; seed < SEED + 20; seed++) {
    const world = fleet(3, seed);
    world.run(seconds(5));
    const killed = world.now;
    world.kill("n2");
    world.run(killed + seconds(40));
    assert.deepEqual(
      kinds(world, "isolation").filter((e) => e.at > killed),
      [],
      `SEED=${seed}`,
    );
  }
});

test("nodes that leave are known to have left, are not sought, and isolate nobody", () => {
  const world = fleet(4);
  world.run(seconds(5));
  const left = world.now;
  for (const name of ["n2", "n3"]) world.give(name, { type: "leave", request: 9, timeout: seconds(5) });
  world.at(left + seconds(3), () => world.kill("n2"));
  world.at(left + seconds(3), () => world.kill("n3"));
  world.run(left + seconds(2));
  for (const name of ["n1", "n4"])
    for (const gone of ["n2", "n3"]) assert.equal(world.lives.get(name)?.swim.member(gone)?.state, "left");
  const dialed = world.lives.get("n4")?.swim.counters.streamsDialed ?? 0;
  world.run(left + seconds(60));
  // Two push/pulls by the clock; n4's seed is n1, so nothing is sought.
  assert.ok((world.lives.get("n4")?.swim.counters.streamsDialed ?? 0) - dialed <= 3);
  assert.equal(world.lives.get("n1")?.swim.isolated, false);
});

test("a node that comes back with its old name and incarnation 1 is believed within a second", () => {
  const world = fleet(5);
  world.run(seconds(5));
  for (let i = 0; i < 9; i++)
    world.give("n2", { type: "updateNode", request: 1, meta: Uint8Array.of(i), timeout: seconds(1) });
  world.run(world.now + seconds(5));
  world.kill("n2");
  world.run(world.now + seconds(25));
  world.start("n2", 2);
  world.join("n2", [1]);
  assert.ok(world.run(world.now + seconds(1), agreed(world)), world.disagreement());
  assert.ok((world.lives.get("n2")?.swim.member("n2")?.incarnation ?? 0) > 9);
});

test("idle nodes send one ping and one ack a second", () => {
  const world = fleet(10);
  world.run(seconds(30));
  const packets = world.packets;
  world.run(seconds(90));
  const perNode = (world.packets - packets) / 10 / 60;
  assert.ok(perNode > 1.9 && perNode < 2.1, `${perNode} packets a second`);
});
