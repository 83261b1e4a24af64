/** The runner with the health core, on the real clock. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { waitFor } from "../../../../lab/wait.ts";
import { type CheckConfig, Checks, seededRng } from "../../../../src/health/index.ts";
import { millis, seconds } from "../../../../src/lib/time.ts";
import { CheckRunner, Driver } from "../../../../src/platform/index.ts";
import { isAlive, openDescriptors, temporaryDirectory, until, write } from "./harness.ts";

const directory = temporaryDirectory();

/** The core, the runner and a driver as the daemon wires them. */
class Node {
  readonly log: string[] = [];
  readonly runner: CheckRunner;
  readonly checks: Checks;
  readonly #driver = new Driver();

  constructor() {
    this.runner = new CheckRunner((check, run, success, detail) =>
      this.handle({ type: "Result", check, run, success, detail }),
    );
    this.checks = new Checks(seededRng(1), {
      run: (check, run, probe, timeout) => this.runner.run(check, run, probe, timeout),
      end: (check, run, how) => {
        this.log.push(`${how} ${check}`);
        this.runner.end(check, run, how);
      },
      stateChanged: (check, from, to, detail) => this.log.push(`${check} ${from} -> ${to}: ${detail}`),
      skipped: () => {},
    });
    this.#driver.add(this.checks);
  }

  handle(input: Parameters<Checks["handle"]>[1]): void {
    this.#driver.touch();
    this.checks.handle(this.#driver.now(), input);
  }

  add(name: string, probe: CheckConfig["probe"], config: Partial<CheckConfig> = {}): void {
    this.handle({
      type: "AddCheck",
      config: {
        name,
        interval: millis(50),
        timeout: millis(50),
        rise: 1,
        fall: 1,
        jitter: millis(0),
        initFail: false,
        probe,
        ...config,
      },
    });
  }

  stop(): void {
    this.#driver.stop();
    this.runner.close();
  }
}

test("a check follows what it watches: down, up and down again", async () => {
  const node = new Node();
  after(() => node.stop());
  const path = write(directory, "load", "9");
  node.add("load", { type: "file", path, min: undefined, max: 5 }, { timeout: seconds(5) });
  await until(() => node.checks.view("load")?.state === "down", "down");
  write(directory, "load", "1");
  await until(() => node.checks.view("load")?.state === "up", "up");
  write(directory, "load", "7");
  await until(() => node.checks.view("load")?.state === "down", "down again");
  // A check may fall between the emptying and the filling of the file.
  assert.equal(node.log[0], "load unknown -> down: 9 is above 5");
  assert.equal(node.log.includes("load down -> up: value 1"), true);
});

test("a hung script is one failure at its time-out, ends by TERM, and runs again", async () => {
  const node = new Node();
  after(() => node.stop());
  node.add("hung", { type: "script", command: ["sleep", "1000"], user: undefined });
  await until(() => (node.checks.view("hung")?.timeouts ?? 0) >= 2, "two time-outs");
  const view = node.checks.view("hung");
  assert.equal(view?.state, "down");
  assert.equal(view?.failures, view?.timeouts);
  assert.deepEqual(node.log.slice(0, 2), ["term hung", "hung unknown -> down: timed out after 0.05 s"]);
});

test("close kills what runs, and nothing is answered any more", async () => {
  const answers: string[] = [];
  const runner = new CheckRunner((check) => answers.push(check));
  const file = `${directory}/closing`;
  runner.run(
    "a",
    1,
    { type: "script", command: ["sh", "-c", `echo $$ > ${file}; exec sleep 1000`], user: undefined },
    seconds(5),
  );
  runner.run("b", 2, { type: "tcp", host: "127.0.0.1", port: 1 }, seconds(5));
  const { readFileSync } = await import("node:fs");
  const pid = () => {
    try {
      return Number(readFileSync(file, "utf8"));
    } catch {
      return 0;
    }
  };
  await until(() => pid() > 0, "the script");
  await until(() => answers.length === 1, "the refused connection");
  runner.close();
  await until(() => !isAlive(pid()), "the end of the script");
  await until(() => runner.running === 0, "the end of the run");
  assert.deepEqual(answers, ["b"]);
});

test("500 checks that run over and over leave nothing behind when they are removed", async () => {
  const node = new Node();
  after(() => node.stop());
  const path = write(directory, "value", "1");
  const before = openDescriptors();
  const probes: CheckConfig["probe"][] = [
    { type: "script", command: ["true"], user: undefined },
    { type: "script", command: ["sleep", "1000"], user: undefined },
    { type: "tcp", host: "127.0.0.1", port: 1 },
    { type: "file", path, min: 1, max: 1 },
    { type: "process", name: "holdfast-none", pidFile: undefined, min: 1 },
  ];
  const names = Array.from({ length: 500 }, (_, i) => `c${i}`);
  // Only what hangs is to time out, however busy this machine is.
  for (const [i, name] of names.entries())
    node.add(name, probes[i % 5] as CheckConfig["probe"], {
      interval: seconds(1),
      timeout: seconds(i % 5 === 1 ? 1 : 60),
    });
  const views = () => node.checks.views();
  await waitFor("two runs of each", () => views().every(({ runs, state }) => runs >= 2 && state !== "unknown"));
  for (const [i, { state, config }] of views().entries())
    if (i % 5 !== 0) assert.equal(state, i % 5 === 3 ? "up" : "down", `${config.name} ${config.probe.type}`);
  for (const check of names) node.handle({ type: "RemoveCheck", check });
  await waitFor("the end of all runs", () => node.runner.running === 0);
  await until(() => openDescriptors() <= before, "all descriptors to be closed");
});
