/** What an operator does to a session that is configured: enable, disable, reset, soft reset. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute } from "../../../../src/bgp/index.ts";
import { encodeRouteRefresh } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { withCapability } from "../session/harness.ts";
import { prefix } from "./neighbor.ts";
import { config, Rig } from "./rig.ts";

const ROUTES = ["203.0.113.10/32", "203.0.113.11/32"].map((text) => localRoute(prefix(text)));
/** RFC 9003's form of "maintenance". */
const MAINTENANCE = "0b6d61696e74656e616e6365";

test("a disabled neighbour gets Cease/2 with the text, and stays down until it is enabled", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.input({ type: "DisablePeer", peer: neighbor.name, text: "maintenance" });
  assert.deepEqual(neighbor.take(), [`NOTIFICATION 6/2 ${MAINTENANCE}`]);
  assert.equal(neighbor.state, "Idle");
  rig.take();
  rig.pass(seconds(600));
  assert.deepEqual(rig.take(), []);
  neighbor.connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5"], "refused meanwhile");
  rig.take();
  rig.input({ type: "EnablePeer", peer: neighbor.name });
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
  assert.equal(neighbor.establish().state, "Established");
});

test("a neighbour that is disabled from the start is not connected to before it is enabled", () => {
  const rig = new Rig();
  rig.input({ type: "AddPeer", config: config({}), disabled: true });
  rig.pass(seconds(600));
  assert.deepEqual(rig.take(), []);
  rig.input({ type: "EnablePeer", peer: "192.0.2.2" });
  assert.deepEqual(rig.take(), ["connect 192.0.2.2"]);
});

test("a reset neighbour gets Cease/4 with the text, and comes back by itself", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.take();
  rig.input({ type: "ResetPeer", peer: neighbor.name, text: "maintenance" });
  assert.deepEqual(neighbor.take(), [`NOTIFICATION 6/4 ${MAINTENANCE}`]);
  rig.pass(seconds(1));
  assert.deepEqual(rig.take(), ["close 192.0.2.2", "connect 192.0.2.2"]);
  assert.equal(neighbor.establish().state, "Established");
});

test("to enable a neighbour that is up changes nothing", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  neighbor.take();
  rig.take();
  rig.input({ type: "EnablePeer", peer: neighbor.name });
  assert.deepEqual([...neighbor.take(), ...rig.take()], []);
  assert.equal(neighbor.state, "Established");
});

test("a soft reset in asks the neighbour for its routes, one out sends ours again, one both does both", () => {
  const expected = { in: ["ROUTE-REFRESH"], out: ["UPDATE"], both: ["ROUTE-REFRESH", "UPDATE"] };
  for (const direction of ["in", "out", "both"] as const) {
    const rig = new Rig();
    const neighbor = rig.join();
    const other = rig.join({ address: "192.0.2.3" });
    rig.input({ type: "Announce", routes: ROUTES });
    neighbor.take();
    other.take();
    const before = neighbor.receiver?.announced ?? 0;
    rig.input({ type: "SoftReset", peer: neighbor.name, direction });
    assert.deepEqual(neighbor.take(), expected[direction]);
    assert.equal((neighbor.receiver?.announced ?? 0) - before, direction === "in" ? 0 : 2);
    assert.deepEqual(other.take(), [], "nobody else is told");
    assert.equal(neighbor.state, "Established");
  }
});

test("a soft reset in asks nothing of a neighbour without the capability", () => {
  const rig = new Rig();
  const neighbor = rig.add().connect();
  const { capabilities } = withCapability(neighbor.openMessage(), "route-refresh");
  neighbor.establishWith({ capabilities }).take();
  assert.equal(neighbor.state, "Established");
  rig.input({ type: "SoftReset", peer: neighbor.name, direction: "in" });
  assert.deepEqual(neighbor.take(), []);
});

test("a soft reset of a session that is down does nothing", () => {
  const rig = new Rig();
  const neighbor = rig.add();
  rig.take();
  rig.input({ type: "SoftReset", peer: neighbor.name, direction: "both" });
  rig.input({ type: "SoftReset", peer: "192.0.2.9", direction: "both" });
  assert.deepEqual([...rig.take(), ...neighbor.take()], []);
});

test("a refresh that the neighbour asks for is the whole table, between BoRR and EoRR", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  rig.input({ type: "Announce", routes: ROUTES });
  neighbor.takeLog();
  neighbor.send(encodeRouteRefresh({ afi: 1, safi: 1, kind: "request" }));
  assert.deepEqual(neighbor.takeLog(), ["refresh-1", "reach", "refresh-2"]);
  assert.equal(neighbor.receiver?.announced, 4);
});

test("without enhanced refresh there is no BoRR and no EoRR", () => {
  const rig = new Rig();
  const neighbor = rig.add().connect();
  const { capabilities } = withCapability(neighbor.openMessage(), "enhanced-route-refresh");
  neighbor.establishWith({ capabilities });
  rig.input({ type: "Announce", routes: ROUTES });
  neighbor.takeLog();
  neighbor.send(encodeRouteRefresh({ afi: 1, safi: 1, kind: "request" }));
  assert.deepEqual(neighbor.takeLog(), ["reach"]);
});

test("the neighbour's routes that it does not send again between its BoRR and EoRR are gone", () => {
  const rig = new Rig();
  const [neighbor, other] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  neighbor.announce(["10.1.0.0/16", "10.2.0.0/16"]);
  assert.equal(other.routeCount, 2);
  other.takeLog();
  neighbor.send(encodeRouteRefresh({ afi: 1, safi: 1, kind: "begin" }));
  neighbor.announce(["10.2.0.0/16"]);
  assert.equal(other.routeCount, 2);
  neighbor.send(encodeRouteRefresh({ afi: 1, safi: 1, kind: "end" }));
  assert.equal(other.routeCount, 1);
  assert.deepEqual(other.takeLog(), ["withdraw"]);
});
