import assert from "node:assert/strict";
import { test } from "node:test";
import { type FleetMember, isTurn, NO_FACTS, type NodeFacts } from "../../../src/gossip/index.ts";
import { type Instant, seconds } from "../../../src/lib/time.ts";

function other(
  name: string,
  drain: NodeFacts["drain"],
  drainSince = 0,
  state: FleetMember["state"] = "alive",
): FleetMember {
  const facts = { ...NO_FACTS, drain, drainSince };
  return { name, state, isCurrent: true, node: { epoch: 1, seq: 1, facts, masters: [], vips: new Map() } };
}

const wait = { at: seconds(10) as number as Instant, since: 1000, max: 1 };
const later = seconds(13) as number as Instant;

test("a drain waits for its turn: others that are drained or came earlier count, the dead do not", () => {
  const turn = (others: FleetMember[], max = 1) => isTurn(later, "gw2", { ...wait, max }, others);
  assert.equal(turn([other("gw1", "none"), other("gw3", "waiting", 1001)]), true);
  assert.equal(turn([other("gw1", "draining", 2000)]), false);
  assert.equal(turn([other("gw1", "draining", 2000)], 2), true);
  assert.equal(turn([other("gw3", "waiting", 999)]), false);
  assert.equal(turn([other("gw1", "waiting", 1000)]), false, "of one second, the name decides");
  assert.equal(turn([other("gw3", "waiting", 1000)]), true);
  assert.equal(turn([other("gw1", "draining", 5, "gone")]), true);
  assert.equal(turn([other("gw1", "draining", 5, "suspect")]), false, "it may be well, and drained");
});

test("nobody begins before all can have heard that he waits", () => {
  assert.equal(isTurn(seconds(12.9) as number as Instant, "gw2", wait, []), false);
  assert.equal(isTurn(later, "gw2", wait, []), true);
});
