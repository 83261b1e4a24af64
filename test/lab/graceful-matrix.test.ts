/** A selection of lab/matrix.ts: what the other graceful tests do not cover, with the bits and End-of-RIB on the wire. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Cell, type Observed, observe, verdictOf } from "../../lab/matrix-cell.ts";

/** R and F of IPv4 in an OPEN. */
const bits = (open: Observed["restartingOpen"]) => [open?.restarting, open?.forwarding.includes(1)];

async function check(cell: Cell): Promise<Observed> {
  const seen = await observe(cell);
  assert.notEqual(verdictOf(cell, seen), "VIOLATION", JSON.stringify(seen));
  assert.notEqual(seen.endOfRibMs, undefined, "no End-of-RIB of the one that is back");
  assert.notEqual(seen.helperEndOfRibMs, undefined, "no End-of-RIB of its helper");
  return seen;
}

describe("graceful restart, cell by cell", { concurrency: 2 }, () => {
  for (const helper of ["bird", "frr", "openbgpd"] as const)
    test(`${helper} holds our route over holdfast stop --hold: R and F in our OPEN, routes before End-of-RIB`, async () => {
      const seen = await check({ restarting: "holdfast", helper, event: "stop --hold", back: "in time" });
      assert.equal(seen.absent, 0, JSON.stringify(seen));
      assert.deepEqual(bits(seen.restartingOpen), [true, true]);
      assert.equal(seen.restartingOpen?.notification, false);
      assert.equal(seen.endOfRibFirst, false);
    });

  test("we come back with a family missing: the other one is never absent", async () => {
    const seen = await check({ restarting: "holdfast", helper: "bird", event: "SIGKILL", back: "family missing" });
    assert.equal(seen.absent, 0, JSON.stringify(seen));
    assert.deepEqual(seen.restartingOpen?.forwarding, [1]);
  });

  test("we come back without our state: no R bit, no F bit", async () => {
    const seen = await check({ restarting: "holdfast", helper: "frr", event: "SIGKILL", back: "not forwarding" });
    assert.deepEqual(bits(seen.restartingOpen), [false, false]);
  });

  test("a reset of openbgpd's connection: nothing was lost, so F without R", async () => {
    const seen = await check({ restarting: "holdfast", helper: "openbgpd", event: "TCP reset", back: "in time" });
    assert.equal(seen.absent, 0, JSON.stringify(seen));
    assert.deepEqual(bits(seen.restartingOpen), [false, true]);
  });

  test("a bird with a family missing on its return: the other one is never absent with us", async () => {
    const seen = await check({ restarting: "bird", helper: "holdfast", event: "SIGKILL", back: "family missing" });
    assert.equal(seen.absent, 0, JSON.stringify(seen));
    assert.deepEqual(bits(seen.restartingOpen), [true, true]);
    assert.deepEqual(bits(seen.helperOpen)[0], false, "we do not restart");
  });
});
