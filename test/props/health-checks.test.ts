/** The schedule under whatever the world does to it: runs of any length, changes of settings, stalls. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Checks, type Input, type Instant, type Micros, type Probe, seededRng } from "../../src/health/index.ts";

const NAMES = ["a", "b", "c"];
type Step =
  | { readonly do: "advance" | "stall" | "answer" | "answerOver" | "remove"; readonly pick: number }
  | { readonly do: "add" | "update"; readonly pick: number; readonly probe: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom("advance", "advance", "answer", "answerOver", "remove", "stall" as const),
      pick: fc.nat({ max: 100 }),
    }),
    fc.record({ do: fc.constantFrom("add", "update" as const), pick: fc.nat({ max: 100 }), probe: fc.nat({ max: 2 }) }),
  ),
  { maxLength: 200 },
) as fc.Arbitrary<Step[]>;

/** A driver that knows which runs go on, and objects to what must not be. */
class Driver {
  now = 0 as Instant;
  readonly checks: Checks;
  readonly known = new Set<string>();
  /** Runs that have not answered. */
  readonly going = new Map<number, { check: string; ended: boolean; life: number }>();
  readonly #lives = new Map<string, number>();
  counted = 0;

  constructor(seed: number) {
    this.checks = new Checks(seededRng(seed), {
      run: (check, run) => {
        const life = this.#lives.get(check) as number;
        const rival = [...this.going.values()].find((other) => other.check === check && other.life === life);
        assert.equal(rival, undefined, "two runs of one check");
        assert.equal(this.going.has(run), false, "a run's number is used twice");
        this.going.set(run, { check, ended: false, life });
      },
      end: (_check, run, how) => {
        const going = this.going.get(run);
        assert.notEqual(going, undefined, "a run is ended that has answered");
        if (going === undefined) return;
        assert.equal(going.ended, how === "kill", "first term, then kill");
        going.ended = true;
      },
      stateChanged: (check, from, to) => {
        assert.notEqual(from, to);
        assert.equal(this.known.has(check), true, "a removed check changes");
      },
      skipped: (check) => assert.equal(this.checks.view(check)?.running, true, "skipped without a run"),
    });
  }

  add(name: string): void {
    this.#lives.set(name, (this.#lives.get(name) ?? 0) + 1);
    this.known.add(name);
  }

  answer(ended: boolean, pick: number): void {
    const runs = [...this.going].filter(([, run]) => run.ended === ended);
    const [number, run] = runs[pick % runs.length] ?? [];
    if (number === undefined || run === undefined) return;
    this.going.delete(number);
    const before = this.checks.view(run.check)?.failures;
    this.checks.handle(this.now, { type: "Result", check: run.check, run: number, success: false, detail: "" });
    if (ended) assert.equal(this.checks.view(run.check)?.failures, before, "a late answer counts");
  }
}

function configOf(name: string, pick: number, command: number): Input & { type: "AddCheck" } {
  const probe: Probe = { type: "script", command: [String(command)], user: undefined };
  const micros = (n: number) => (n * 100_000) as Micros;
  return {
    type: "AddCheck",
    config: {
      name,
      interval: micros(1 + (pick % 20)),
      timeout: micros(1 + (pick % 7)),
      jitter: micros(pick % 3),
      rise: 1 + (pick % 3),
      fall: 1 + (pick % 2),
      initFail: pick % 5 === 0,
      probe,
    },
  };
}

test("a check has one run at a time, each is pressed until it answers, and nothing is ever overdue", () => {
  fc.assert(
    fc.property(fc.nat(), steps, (seed, script) => {
      const driver = new Driver(seed);
      const { checks, known } = driver;
      for (const step of script) {
        const name = NAMES[step.pick % NAMES.length] as string;
        if (step.do === "add" && !known.has(name)) {
          driver.add(name);
          checks.handle(driver.now, configOf(name, step.pick, step.probe));
        } else if (step.do === "update" && known.has(name)) {
          checks.handle(driver.now, { ...configOf(name, step.pick, step.probe), type: "UpdateCheck" });
        } else if (step.do === "remove" && known.delete(name)) {
          checks.handle(driver.now, { type: "RemoveCheck", check: name });
        } else if (step.do === "answer" || step.do === "answerOver") {
          driver.answer(step.do === "answerOver", step.pick);
        } else if (step.do === "advance" || step.do === "stall") {
          if (checks.deadline === Number.POSITIVE_INFINITY) continue;
          const late = step.do === "stall" ? step.pick * 1_000_000 : 0;
          driver.now = (Math.max(driver.now, checks.deadline) + late) as Instant;
          checks.advance(driver.now);
          assert.equal(checks.deadline > driver.now, true, "something is due after advance");
        }
        const busy = driver.going.size > 0 || known.size > 0;
        assert.equal(checks.deadline < Number.POSITIVE_INFINITY, busy, "a deadline exactly while there is work");
      }
    }),
    { numRuns: 500 },
  );
});
