import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "../../../src/config/nearest.ts";

test("edits are counted, a swap of neighbours as one", () => {
  assert.equal(editDistance("hold-time", "hold-time"), 0);
  assert.equal(editDistance("hold-tme", "hold-time"), 1);
  assert.equal(editDistance("prot", "port"), 1);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
});

test("the nearest is offered, and nothing when none is near", () => {
  const keys = ["hold-time", "keepalive-interval", "connect-retry", "send-hold-time"];
  assert.equal(nearest("hold_time", keys), "hold-time");
  assert.equal(nearest("keepalive", keys), "keepalive-interval");
  assert.equal(nearest("HoldTime", keys), "hold-time");
  assert.equal(nearest("colour", keys), undefined);
  assert.equal(nearest("x", keys), undefined);
});
