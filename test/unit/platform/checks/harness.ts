/** Runs single probes by a real CheckRunner. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Probe } from "../../../../src/health/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { CheckRunner } from "../../../../src/platform/checks/check-runner.ts";
import { until } from "../harness.ts";

export { until };

export interface Answer {
  readonly success: boolean;
  readonly detail: string;
}

/** One runner for a test file; each run has a number of its own. */
export class Bench {
  readonly answers = new Map<number, Answer>();
  readonly #runner = new CheckRunner((_check, run, success, detail) => {
    assert.equal(this.answers.has(run), false, `run ${run} answers twice`);
    this.answers.set(run, { success, detail });
  });
  #last = 0;

  get running(): number {
    return this.#runner.running;
  }

  start(probe: Probe, timeoutSeconds = 5): number {
    this.#runner.run("chk", ++this.#last, probe, seconds(timeoutSeconds));
    assert.equal(this.answers.has(this.#last), false, "it answers before run() has returned");
    return this.#last;
  }

  end(run: number, how: "term" | "kill" = "term"): void {
    this.#runner.end("chk", run, how);
    assert.equal(this.answers.has(run), false, "it answers before end() has returned");
  }

  async answer(run: number): Promise<Answer> {
    await until(() => this.answers.has(run), `the answer of run ${run}`);
    return this.answers.get(run) as Answer;
  }

  run(probe: Probe): Promise<Answer> {
    return this.answer(this.start(probe));
  }

  close(): void {
    this.#runner.close();
  }
}

export const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

/** A directory for the test file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hf-checks-"));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Writes a file and returns its path. */
export function write(directory: string, name: string, text: string, mode = 0o644): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}

/** Whether a process with this number lives, zombies not counted: their parent here may be slow to ask for them. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
