import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../src/lib/time.ts";
import { fleet, VIPS } from "./fleet-world.ts";

/** Not drawn: what happens is told here, and how soon gossip brings news to the last of a fleet is a matter of luck. */
const SEED = 1;

test("all of a fleet are drained at once: so many stay as are wanted, and leave when another comes", () => {
  for (const min of [1, 2]) {
    const world = fleet(SEED, 4, min);
    const { net } = world;
    net.run(seconds(5));
    for (const name of world.gateways.keys()) world.drain(name, true);
    net.run(net.now + seconds(30));
    for (const vip of VIPS) assert.equal(world.announcers(vip).length, min, vip);
    for (const name of ["gw5", "gw6"].slice(0, min)) world.start(name, Number(name.slice(2)), [1]);
    net.run(net.now + seconds(40));
    for (const vip of VIPS) assert.deepEqual(world.announcers(vip), ["gw5", "gw6"].slice(0, min), vip);
  }
});

test("who is cut off from all others is not drained, and is when they can be reached again", () => {
  const world = fleet(SEED, 3, 1);
  const { net } = world;
  net.run(seconds(5));
  net.isCut = (a, b) => a === "10.0.0.3" || b === "10.0.0.3";
  net.run(net.now + seconds(1));
  world.drain("gw3", true);
  net.run(net.now + seconds(60));
  const why = world.gateways.get("gw3")?.gates.why(VIPS[0]);
  assert.equal(why?.decisive.condition, "guard");
  assert.equal(why?.decisive.text, "held: cut off from all other gateways");
  assert.equal(world.announcers(VIPS[0]).length, 3);
  net.isCut = () => false;
  net.run(net.now + seconds(20));
  assert.deepEqual(world.announcers(VIPS[0]), ["gw1", "gw2"]);
});

test("a change is known to a fleet of 50 within two seconds, without being fetched by each", () => {
  const world = fleet(SEED, 50, 1);
  const { net } = world;
  net.run(seconds(20));
  assert.equal(world.disagreement(), undefined);
  world.setAdmin("gw7", "down");
  const from = net.now;
  assert.ok(
    net.run(from + seconds(2), () => world.disagreement() === undefined),
    world.disagreement(),
  );
});

test("two Masters of one virtual router are told on every node, and when it is over", () => {
  const world = fleet(SEED, 3, 1);
  const { net } = world;
  net.run(seconds(5));
  const master = {
    name: "gw",
    family: 4,
    virtualRouterId: 51,
    segment: "192.0.2.0/24",
    address: "",
    since: 5,
  } as const;
  const [a, b] = ["gw1", "gw2"].map((name) => world.gateways.get(name)?.link);
  a?.setMasters(net.now, [master]);
  b?.setMasters(net.now, [{ ...master, segment: "198.51.100.0/24" }]);
  net.run(net.now + seconds(10));
  b?.setMasters(net.now, [master]);
  net.run(net.now + seconds(2));
  for (const gateway of world.gateways.values())
    assert.deepEqual(gateway.disagreements, [], "another link, and then too short");
  net.run(net.now + seconds(5));
  for (const { disagreements } of world.gateways.values())
    assert.deepEqual(
      disagreements.map(({ what, isOver }) => [what.virtualRouterId, what.masters, isOver]),
      [[51, ["gw1", "gw2"], false]],
    );
  b?.setMasters(net.now, []);
  net.run(net.now + seconds(5));
  for (const { disagreements, link } of world.gateways.values()) {
    assert.equal(disagreements.at(-1)?.isOver, true);
    assert.deepEqual(link.fleet.disagreements(), []);
  }
});
