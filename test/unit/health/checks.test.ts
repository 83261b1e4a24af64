import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER, type Probe, seconds, seededRng } from "../../../src/health/index.ts";
import { bad, checkConfig, ok, World } from "./world.ts";

test("a check runs at once, and then at every interval whatever a run takes", () => {
  const world = new World();
  world.plan = [{ after: 0.3, success: true }];
  world.add({ interval: seconds(2) });
  world.runUntil(7);
  assert.deepEqual(world.lines("run"), ["0 run chk", "2 run chk", "4 run chk", "6 run chk"]);
});

test("the first success decides", () => {
  const world = new World();
  world.add({ rise: 3, fall: 2 });
  world.runUntil(0.5);
  assert.deepEqual(world.lines("->"), ["0.01 chk unknown -> up: exit status 0"]);
  assert.equal(world.view().result, 4);
});

test("the first failure decides", () => {
  const world = new World();
  world.plan = [bad];
  world.add({ rise: 3, fall: 2 });
  world.runUntil(0.5);
  assert.deepEqual(world.lines("->"), ["0.01 chk unknown -> down: exit status 1"]);
});

test("with init-fail it is down from the start, until rise successes", () => {
  const world = new World();
  world.add({ rise: 2, initFail: true });
  world.runUntil(3);
  assert.deepEqual(world.lines("->"), [
    "0 chk unknown -> down: down until 2 successes in a row",
    "1.01 chk down -> up: exit status 0",
  ]);
});

test("fall failures in a row bring it down, rise successes up; changes alone are told", () => {
  const world = new World();
  world.plan = [ok, bad, ok, bad, bad, ok, bad, ok, ok, ok];
  world.add({ rise: 2, fall: 2 });
  world.runUntil(10);
  assert.deepEqual(world.lines("->"), [
    "0.01 chk unknown -> up: exit status 0",
    "4.01 chk up -> down: exit status 1",
    "8.01 chk down -> up: exit status 0",
  ]);
  const { runs, failures, timeouts, since, state } = world.view();
  assert.deepEqual(
    { runs, failures, timeouts, since, state },
    { runs: 11, failures: 4, timeouts: 0, since: 8_010_000, state: "up" },
  );
});

test("a run that is due while the former one still goes is skipped and counts for nothing", () => {
  const world = new World();
  world.plan = [ok, { after: 2.5, success: true }, ok];
  world.add({ timeout: seconds(3) });
  world.runUntil(4.5);
  assert.deepEqual(world.lines("", 1), ["1 run chk", "2 skipped chk", "3 skipped chk", "4 run chk"]);
  assert.equal(world.view().runs, 3);
  assert.equal(world.view().failures, 0);
});

test("a time-out is one failure at that moment, and whatever the run says later does not count", () => {
  const world = new World();
  world.plan = [ok, { after: 1.8, success: true }, ok];
  world.add({ interval: seconds(5), timeout: seconds(1) });
  world.runUntil(9);
  assert.deepEqual(world.lines("", 5), ["5 run chk", "6 term chk", "6 chk up -> down: timed out after 1 s"]);
  assert.equal(world.view().timeouts, 1);
  assert.equal(world.view().failures, 1);
  assert.equal(world.view().running, false);
});

test("timeout 3, interval 1, fall 2: a hung script is seen after 7 s", () => {
  const world = new World();
  world.plan = [ok, { until: "term" }];
  world.add({ timeout: seconds(3), fall: 2 });
  world.runUntil(9);
  assert.deepEqual(world.lines("", 1), [
    "1 run chk",
    "2 skipped chk",
    "3 skipped chk",
    "4 term chk",
    "4 skipped chk",
    "5 run chk",
    "6 skipped chk",
    "7 skipped chk",
    "8 term chk",
    "8 chk up -> down: timed out after 3 s",
    "8 skipped chk",
    "9 run chk",
  ]);
});

test("a run that does not end is pressed: TERM, KILL after 2 s and 2 s, then every 10 s; and stays the only one", () => {
  const world = new World();
  world.plan = [{ until: "never" }];
  world.add({ interval: seconds(60), timeout: seconds(1) });
  world.runUntil(36);
  assert.deepEqual(
    world.lines("chk").filter((line) => /term|kill/.test(line)),
    ["1 term chk", "3 kill chk", "5 kill chk", "15 kill chk", "25 kill chk", "35 kill chk"],
  );
  world.runUntil(130);
  assert.deepEqual(world.lines("run"), ["0 run chk"]);
  assert.deepEqual(world.lines("skipped"), ["60 skipped chk", "120 skipped chk"]);
  assert.equal(world.view().failures, 1);
});

test("an answer that comes together with the time-out counts: input goes before timers", () => {
  const world = new World();
  world.plan = [{ after: 1, success: true }];
  world.add({ timeout: seconds(1), interval: seconds(5) });
  world.runUntil(2);
  assert.deepEqual(world.lines("->"), ["1 chk unknown -> up: exit status 0"]);
  assert.deepEqual(world.lines("term"), []);
});

test("a stalled process makes up for missed runs by one", () => {
  const world = new World();
  world.add();
  world.runUntil(1.5);
  world.now = (seconds(60) + 500_000) as typeof world.now;
  world.checks.advance(world.now);
  world.runUntil(62);
  assert.deepEqual(world.lines("run", 2), ["60.5 run chk", "61.5 run chk"]);
});

test("jitter delays each run anew and does not add up", () => {
  const world = new World(seededRng(7));
  world.add({ interval: seconds(10), jitter: seconds(2) });
  world.runUntil(1_000);
  const starts = world.lines("run").map((line) => Number(line.split(" ")[0]));
  assert.equal(starts.length, 100);
  const offsets = starts.map((start, i) => start - (starts[0] as number) - i * 10).slice(1);
  for (const offset of offsets) assert.equal(offset >= 0 && offset <= 2, true, `offset ${offset}`);
  assert.equal(new Set(offsets.map((offset) => Math.floor(offset * 4))).size, 8, "offsets do not fill the jitter");
});

test("checks that are added together do not begin together, but within a tenth of a second", () => {
  const world = new World(seededRng(1));
  for (let i = 0; i < 50; i++) world.add({ name: `c${i}` });
  world.runUntil(0.9);
  const starts = world.lines("run").map((line) => Number(line.split(" ")[0]));
  assert.equal(starts.length, 50);
  assert.equal(Math.max(...starts) < 0.1, true);
  assert.equal(new Set(starts).size > 45, true);
});

test("new settings keep state, statistics and beat", () => {
  const world = new World();
  world.add({ rise: 2, fall: 3 });
  world.runUntil(2.5);
  world.handle({ type: "UpdateCheck", config: checkConfig({ rise: 2, fall: 3 }) });
  world.handle({ type: "UpdateCheck", config: checkConfig({ rise: 2, fall: 5 }) });
  world.runUntil(3.5);
  assert.deepEqual(world.lines("->").length, 1);
  assert.deepEqual(world.lines("run"), ["0 run chk", "1 run chk", "2 run chk", "3 run chk"]);
  assert.equal(world.view().result, 6);
  assert.equal(world.view().runs, 4);
});

test("a new interval counts from the last run", () => {
  const world = new World();
  world.add({ interval: seconds(60) });
  world.runUntil(1);
  world.handle({ type: "UpdateCheck", config: checkConfig({ interval: seconds(3) }) });
  world.runUntil(7);
  assert.deepEqual(world.lines("run"), ["0 run chk", "3 run chk", "6 run chk"]);
});

test("another probe runs at once; what the former one still says does not count", () => {
  const world = new World();
  world.plan = [ok, { until: "term" }, bad];
  world.add({ interval: seconds(10), timeout: seconds(5) });
  world.runUntil(11);
  const probe: Probe = { type: "script", command: ["/bin/other"], user: undefined };
  world.handle({ type: "UpdateCheck", config: checkConfig({ interval: seconds(1), probe }) });
  world.runUntil(12.5);
  assert.deepEqual(world.lines("", 11), [
    "11 term chk",
    "11 skipped chk",
    "12 run chk",
    "12.01 chk up -> down: exit status 1",
  ]);
  assert.equal(world.view().timeouts, 0);
});

test("a removed check is silent, and its run is pressed until it ends", () => {
  const world = new World();
  world.plan = [{ until: "kill" }, ok];
  world.add();
  world.runUntil(0.5);
  world.handle({ type: "RemoveCheck", check: "chk" });
  assert.equal(world.checks.view("chk"), undefined);
  world.runUntil(10);
  assert.deepEqual(world.log, ["0 run chk", "0.5 term chk", "2.5 kill chk"]);
  assert.equal(world.checks.deadline, NEVER);
});

test("a check that is removed and added again does not take the answer of its former life", () => {
  const world = new World();
  world.plan = [
    { after: 0.6, success: false },
    { after: 0.5, success: true },
  ];
  world.add();
  world.runUntil(0.5);
  world.handle({ type: "RemoveCheck", check: "chk" });
  world.add();
  world.runUntil(0.7);
  assert.equal(world.view().state, "unknown");
  assert.equal(world.view().running, true);
  world.runUntil(1.1);
  assert.equal(world.view().state, "up");
});

test("an answer to no run is ignored", () => {
  const world = new World();
  world.add();
  world.runUntil(0.5);
  world.handle({ type: "Result", check: "chk", run: 1, success: false, detail: "again" });
  world.handle({ type: "Result", check: "other", run: 99, success: false, detail: "never" });
  assert.equal(world.view().state, "up");
  assert.equal(world.view().failures, 0);
});
