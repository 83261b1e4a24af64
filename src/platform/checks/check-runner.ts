import type { CheckName, Probe } from "../../health/index.ts";
import type { Micros } from "../../lib/time.ts";

/** Told once for every run. Never called before `run` has returned. */
export type RunResult = (check: CheckName, run: number, success: boolean, detail: string) => void;

/** Runs probes for the health core. */
export class CheckRunner {
  readonly #result: RunResult;

  constructor(result: RunResult) {
    this.#result = result;
  }

  /** Starts a run, which is answered once by `result`, whatever happens. `run` is unique among all checks. */
  run(check: CheckName, run: number, probe: Probe, _timeout: Micros): void {
    setImmediate(() => this.#result(check, run, false, `${probe.type} checks cannot be run yet`));
  }

  /** Ends a run early: a script by signal, the rest at once. It answers with a failure. */
  end(_check: CheckName, _run: number, _how: "term" | "kill"): void {}

  /** Kills what runs; nothing is answered any more. */
  close(): void {}
}
