/** The counter against a model that knows no counter, only the results so far. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Tracker } from "../../src/health/tracker.ts";

const thresholds = { rise: fc.integer({ min: 1, max: 5 }), fall: fc.integer({ min: 1, max: 5 }) };
const results = fc.array(fc.boolean(), { maxLength: 60 });

/** The first result decides; then `rise` successes at the end of the list do, or `fall` failures, whichever came last. */
function model(history: readonly boolean[], rise: number, fall: number, initFail: boolean): "up" | "down" | "unknown" {
  let state: "up" | "down" | "unknown" = initFail ? "down" : "unknown";
  for (let end = 1; end <= history.length; end++) {
    const last = (count: number, value: boolean) =>
      end >= count && history.slice(end - count, end).every((result) => result === value);
    if (state === "unknown") state = history[0] === true ? "up" : "down";
    else if (last(rise, true)) state = "up";
    else if (last(fall, false)) state = "down";
  }
  return state;
}

test("the state is what rise and fall say, and the counter is at least rise when it is up", () => {
  fc.assert(
    fc.property(thresholds.rise, thresholds.fall, fc.boolean(), results, (rise, fall, initFail, history) => {
      const tracker = new Tracker(rise, fall, initFail);
      for (let i = 0; i <= history.length; i++) {
        assert.equal(tracker.state, model(history.slice(0, i), rise, fall, initFail));
        assert.equal(tracker.result >= 0 && tracker.result <= rise + fall - 1, true, `result ${tracker.result}`);
        assert.equal(tracker.result >= rise, tracker.state === "up");
        if (i < history.length) tracker.count(history[i] as boolean);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("other thresholds never change the state by themselves, nor leave the counter outside its bounds", () => {
  const { rise, fall } = thresholds;
  fc.assert(
    fc.property(rise, fall, results, rise, fall, (rise, fall, history, newRise, newFall) => {
      const tracker = new Tracker(rise, fall, false);
      for (const result of history) tracker.count(result);
      const { state } = tracker;
      tracker.resize(newRise, newFall);
      assert.equal(tracker.state, state);
      assert.equal(tracker.result >= newRise, state === "up");
      assert.equal(tracker.result >= 0 && tracker.result <= newRise + newFall - 1, true, `result ${tracker.result}`);
    }),
    { numRuns: 1_000 },
  );
});
