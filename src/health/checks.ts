/*
 * Health checks as a pure core: when to run which check, and what its results mean. Running them is the driver's work
 * (here platform/checks), asked for by `Out.run` and answered by the input `Result`.
 *
 * Schedule. A check runs for the first time as soon as it is added, spread over FIRST_RUN_SPREAD so that a start-up
 * with hundreds of checks does not begin them in one moment; from then on at every interval, counted from that first
 * run and not from the end of the one before. Each run starts up to `jitter` later, drawn anew, which does not add up.
 * A run that is due while the former one still goes is skipped and counts for nothing. After a stall of the whole
 * process one run makes up for all that were missed.
 *
 * Verdict. tracker.ts: keepalived's counter of rise and fall. The state is "unknown" until the first result, which
 * decides alone; with `initFail` it is "down" from the beginning.
 *
 * Time-out. At `timeout` the run counts as one failure, at that moment and whatever comes later, and the driver is told
 * to end it: "term", "kill" two seconds later, again after two seconds, and then every ten, until it has answered.
 * Until then the check has no other run. The same is done, without a failure, to a run whose check is removed or gets
 * another probe.
 *
 * What a verdict means (weights, `reverse`, FAULT of a VRRP instance, the gate of a VIP) is not known here.
 *
 * Source: the behaviour of keepalived's vrrp_script. Unlike keepalived's, a command that cannot be executed has failed.
 */
import { assert } from "../lib/assert.ts";
import type { Core } from "../lib/core.ts";
import type { Rng } from "../lib/rng.ts";
import { after, type Instant, type Micros, millis, NEVER, seconds, toSeconds } from "../lib/time.ts";
import type { CheckConfig, CheckName, CheckView, Input, Out, Probe } from "./health-io.ts";
import { Tracker } from "./tracker.ts";

/** First runs of checks that were added together are spread over this, or over their interval when that is shorter. */
const FIRST_RUN_SPREAD = millis(100);
/** From "term" to the first "kill", and from that to the second. */
const KILL_AFTER = seconds(2);
/** From the second "kill" to the third, and so on. */
const KILL_AGAIN_AFTER = seconds(10);

/** A run that has not answered yet. */
interface Run {
  readonly number: number;
  readonly check: CheckName;
  /** Its time-out; once it no longer counts: when to press it again. */
  at: Instant;
  /** False from the time-out on, and when its check was removed or changed. */
  counts: boolean;
  kills: number;
}

interface Check {
  config: CheckConfig;
  readonly tracker: Tracker;
  since: Instant;
  /** The interval's beat, without jitter. */
  beat: Instant;
  /** When the next run starts: the beat and its jitter. */
  due: Instant;
  run: Run | undefined;
  lastDetail: string;
  runs: number;
  failures: number;
  timeouts: number;
}

/** See the head of this file. */
export class Checks implements Core<Input> {
  readonly #rng: Rng;
  readonly #out: Out;
  readonly #checks = new Map<CheckName, Check>();
  /** By number. At most one for each check, and those that removed checks left behind. */
  readonly #runs = new Map<number, Run>();
  #lastRun = 0;
  #deadline: Instant = NEVER;

  constructor(rng: Rng, out: Out) {
    this.#rng = rng;
    this.#out = out;
  }

  get deadline(): Instant {
    return this.#deadline;
  }

  advance(now: Instant): void {
    // Whatever fires is armed anew for later than `now`, so one collection is complete.
    const due: { at: Instant; fire: () => void }[] = [];
    for (const run of this.#runs.values()) {
      if (run.at <= now) due.push({ at: run.at, fire: () => this.#press(now, run) });
    }
    for (const check of this.#checks.values()) {
      if (check.due <= now) due.push({ at: check.due, fire: () => this.#start(now, check) });
    }
    due.sort((a, b) => a.at - b.at);
    for (const { fire } of due) fire();
    this.#findDeadline();
  }

  handle(now: Instant, input: Input): void {
    switch (input.type) {
      case "AddCheck":
        this.#add(now, input.config);
        break;
      case "UpdateCheck":
        this.#update(now, input.config);
        break;
      case "RemoveCheck":
        this.#remove(now, input.check);
        break;
      case "Result":
        this.#ended(now, input.run, input.success, input.detail);
        break;
      default:
        input satisfies never;
    }
    this.#findDeadline();
  }

  /** What is known of a check, or undefined when there is none of that name. */
  view(name: CheckName): CheckView | undefined {
    const check = this.#checks.get(name);
    return check === undefined ? undefined : viewOf(check);
  }

  /** All checks, in the order they were added. */
  views(): CheckView[] {
    return [...this.#checks.values()].map(viewOf);
  }

  #add(now: Instant, config: CheckConfig): void {
    assertConfig(config);
    assert(!this.#checks.has(config.name), `check ${config.name} exists`);
    const first = after(now, this.#upTo(Math.min(FIRST_RUN_SPREAD, config.interval)));
    const check: Check = {
      config,
      tracker: new Tracker(config.rise, config.fall, config.initFail),
      since: now,
      beat: first,
      due: first,
      run: undefined,
      lastDetail: config.initFail ? `down until ${config.rise} successes in a row` : "",
      runs: 0,
      failures: 0,
      timeouts: 0,
    };
    this.#checks.set(config.name, check);
    if (check.tracker.state === "down") this.#out.stateChanged(config.name, "unknown", "down", check.lastDetail);
  }

  #update(now: Instant, config: CheckConfig): void {
    assertConfig(config);
    const check = this.#find(config.name);
    const former = check.config;
    check.config = config;
    check.tracker.resize(config.rise, config.fall);
    if (!isSameProbe(former.probe, config.probe)) {
      if (check.run?.counts === true) this.#end(now, check.run);
      check.beat = now;
      check.due = now;
    } else if (config.interval !== former.interval && check.runs > 0) {
      // The beat is that of the next run: as if the former one had been followed by the new interval.
      check.beat = Math.max(now, check.beat - former.interval + config.interval) as Instant;
      check.due = after(check.beat, this.#upTo(config.jitter));
    }
  }

  #remove(now: Instant, name: CheckName): void {
    const { run } = this.#find(name);
    this.#checks.delete(name);
    if (run?.counts === true) this.#end(now, run);
  }

  #find(name: CheckName): Check {
    const check = this.#checks.get(name);
    assert(check !== undefined, `there is no check ${name}`);
    return check;
  }

  #start(now: Instant, check: Check): void {
    const { name, interval, jitter, probe, timeout } = check.config;
    check.beat = after(check.beat, interval);
    if (check.beat <= now) check.beat = after(now, interval);
    check.due = after(check.beat, this.#upTo(jitter));
    if (check.run !== undefined) {
      this.#out.skipped(name);
      return;
    }
    const run = { number: ++this.#lastRun, check: name, at: after(now, timeout), counts: true, kills: 0 };
    check.run = run;
    check.runs++;
    this.#runs.set(run.number, run);
    this.#out.run(name, run.number, probe, timeout);
  }

  /** The time-out of a run has come, or it did not end by what it was told. */
  #press(now: Instant, run: Run): void {
    if (run.counts) {
      const check = this.#find(run.check);
      check.timeouts++;
      this.#end(now, run);
      this.#count(now, check, false, `timed out after ${toSeconds(check.config.timeout)} s`);
      return;
    }
    run.kills++;
    run.at = after(now, run.kills === 1 ? KILL_AFTER : KILL_AGAIN_AFTER);
    this.#out.end(run.check, run.number, "kill");
  }

  #end(now: Instant, run: Run): void {
    run.counts = false;
    run.at = after(now, KILL_AFTER);
    this.#out.end(run.check, run.number, "term");
  }

  /** A run has answered. Numbers are never used twice, so an answer that nobody waits for is seen to be one. */
  #ended(now: Instant, number: number, success: boolean, detail: string): void {
    const run = this.#runs.get(number);
    if (run === undefined) return;
    this.#runs.delete(number);
    const check = this.#checks.get(run.check);
    // A removed check's run may end when another check has its name.
    if (check?.run !== run) return;
    check.run = undefined;
    if (run.counts) this.#count(now, check, success, detail);
  }

  #count(now: Instant, check: Check, success: boolean, detail: string): void {
    const { tracker } = check;
    const from = tracker.state;
    tracker.count(success);
    check.lastDetail = detail;
    if (!success) check.failures++;
    if (tracker.state === from) return;
    check.since = now;
    this.#out.stateChanged(check.config.name, from, tracker.state, detail);
  }

  #upTo(span: number): Micros {
    return Math.floor(this.#rng() * span) as Micros;
  }

  #findDeadline(): void {
    let deadline = NEVER;
    for (const { due } of this.#checks.values()) if (due < deadline) deadline = due;
    for (const { at } of this.#runs.values()) if (at < deadline) deadline = at;
    this.#deadline = deadline;
  }
}

function assertConfig({ name, interval, timeout, rise, fall, jitter }: CheckConfig): void {
  assert(interval > 0 && timeout > 0 && jitter >= 0, `check ${name}: interval and timeout must be above 0`);
  assert(Number.isInteger(rise) && rise >= 1, `check ${name}: rise must be at least 1`);
  assert(Number.isInteger(fall) && fall >= 1, `check ${name}: fall must be at least 1`);
}

/** Probes come from one loader, which names their fields in one order. */
function isSameProbe(a: Probe, b: Probe): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function viewOf({ config, tracker, since, run, lastDetail, runs, failures, timeouts }: Check): CheckView {
  const { state, result } = tracker;
  return { config, state, since, result, running: run !== undefined, lastDetail, runs, failures, timeouts };
}
