import assert from "node:assert/strict";
import { test } from "node:test";
import { rehearse } from "../../../src/daemon/rehearsal.ts";

test("a rehearsal comes to its end, in small steps", () => {
  let steps = 0;
  for (const _ of rehearse()) steps++;
  assert.equal(steps > 100, true, `${steps} steps`);
});
