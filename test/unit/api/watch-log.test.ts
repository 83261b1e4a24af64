import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WatchLog } from "../../../src/api/watch-log.ts";

const EVENTS_MAX = 65_536;

describe("a log of events with many readers", () => {
  test("every reader has its own place, from when it came", () => {
    const log = new WatchLog<string>();
    const first = log.open();
    log.push("a");
    const second = log.open();
    log.push("b");
    assert.deepEqual([first.next(), first.next(), first.next()], ["a", "b", "idle"]);
    assert.deepEqual([second.next(), second.next()], ["b", "idle"]);
  });

  test("who does not read is ended with RESOURCE_EXHAUSTED, and who reads is not", () => {
    const log = new WatchLog<number>();
    const reads = log.open();
    const stalls = log.open();
    for (let i = 0; i <= EVENTS_MAX; i++) {
      log.push(i);
      assert.equal(reads.next(), i);
    }
    assert.equal(reads.next(), "idle");
    const fault = stalls.next();
    assert.equal(typeof fault === "object" && fault.code, "RESOURCE_EXHAUSTED");
  });

  test("nothing is kept that nobody waits for", () => {
    const log = new WatchLog<number>();
    log.push(1);
    const reader = log.open();
    log.push(2);
    reader.close();
    assert.equal(log.isWatched, false);
    assert.equal(log.at(0), undefined);
  });
});
