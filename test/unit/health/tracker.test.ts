import assert from "node:assert/strict";
import { test } from "node:test";
import { Tracker } from "../../../src/health/tracker.ts";

/** Counts "+" as success and "-" as failure; the counter after each, with ^ where it is up and _ where it is down. */
function counts(tracker: Tracker, results: string): string {
  const marks = { up: "^", down: "_", unknown: "?" };
  return [...results]
    .map((result) => {
      tracker.count(result === "+");
      return `${tracker.result}${marks[tracker.state]}`;
    })
    .join(" ");
}

test("before the first result nothing is known, and the counter stands one below rise", () => {
  const tracker = new Tracker(3, 2, false);
  assert.equal(tracker.state, "unknown");
  assert.equal(tracker.result, 2);
});

test("one success decides when it is the first result, and fills the counter", () => {
  assert.equal(counts(new Tracker(3, 2, false), "+"), "4^");
});

test("one failure decides when it is the first result, and empties the counter", () => {
  assert.equal(counts(new Tracker(3, 2, false), "-"), "0_");
  assert.equal(counts(new Tracker(1, 5, false), "-"), "0_");
});

test("rise successes in a row bring it up", () => {
  assert.equal(counts(new Tracker(3, 2, false), "-+++"), "0_ 1_ 2_ 4^");
});

test("fall failures in a row bring it down", () => {
  assert.equal(counts(new Tracker(2, 3, false), "+---"), "4^ 3^ 2^ 0_");
});

test("one failure on the way up starts the count anew", () => {
  assert.equal(counts(new Tracker(3, 1, false), "-++-+++"), "0_ 1_ 2_ 0_ 1_ 2_ 3^");
});

test("one success on the way down fills the counter again", () => {
  assert.equal(counts(new Tracker(1, 3, false), "+--+---"), "3^ 2^ 1^ 3^ 2^ 1^ 0_");
});

test("with rise 1 and fall 1 every result decides", () => {
  assert.equal(counts(new Tracker(1, 1, false), "+-+--++"), "1^ 0_ 1^ 0_ 0_ 1^ 1^");
});

test("init-fail begins down, and the first success is one of rise", () => {
  const tracker = new Tracker(2, 2, true);
  assert.equal(tracker.state, "down");
  assert.equal(counts(tracker, "+-++"), "1_ 0_ 1_ 3^");
});

test("other thresholds keep the state and the failures counted so far", () => {
  const tracker = new Tracker(1, 4, false);
  assert.equal(counts(tracker, "+--"), "4^ 3^ 2^");
  tracker.resize(5, 5);
  assert.equal(tracker.result, 7);
  assert.equal(counts(tracker, "---"), "6^ 5^ 0_");
});

test("thresholds that are already passed do not bring it down or up by themselves", () => {
  const up = new Tracker(1, 4, false);
  counts(up, "+---");
  up.resize(1, 2);
  assert.equal(up.state, "up");
  assert.equal(counts(up, "-"), "0_");
  const down = new Tracker(4, 1, false);
  counts(down, "-+++");
  down.resize(2, 1);
  assert.equal(down.state, "down");
  assert.equal(counts(down, "+"), "2^");
});
