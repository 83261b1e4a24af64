/*
 * Runs the probes that the health core describes. A script is a process group of its own, ended by signals (script.ts);
 * everything else is an asynchronous function that is told by an AbortSignal when its time is over (the other files).
 *
 * A run answers once. Those that hold a socket answer as soon as they are told to end. A script, and a read of a file
 * on a server that is gone, answer when they have really ended, however long that takes: until then the core starts no
 * other run of this check, so what hangs is there once and does not pile up.
 */
import type { CheckName, Probe } from "../../health/index.ts";
import { type Micros, seconds } from "../../lib/time.ts";
import { runDnsProbe } from "./dns-probe.ts";
import { runFileProbe, runInterfaceProbe, runProcessProbe } from "./host-probes.ts";
import { runHttpProbe } from "./http-probe.ts";
import { explain, failure, type Outcome } from "./outcome.ts";
import { Pinger } from "./pinger.ts";
import { ScriptRun } from "./script.ts";
import { runTcpProbe } from "./tcp-probe.ts";

/** Told once for every run. Never called before `run` or `end` has returned. */
export type RunResult = (check: CheckName, run: number, success: boolean, detail: string) => void;

/** The core ends a run at its time-out. If nobody does, a run ends itself this much later; a script is killed then. */
const GRACE = seconds(15);

interface ActiveRun {
  end(how: "term" | "kill"): void;
}

/** See the head of this file. */
export class CheckRunner {
  readonly #result: RunResult;
  readonly #runs = new Map<number, ActiveRun>();
  readonly #pinger = new Pinger();
  #closed = false;

  constructor(result: RunResult) {
    this.#result = result;
  }

  /** How many runs have not answered yet. */
  get running(): number {
    return this.#runs.size;
  }

  /** Starts a run, which is answered once by `result`, whatever happens. `run` is unique among all checks. */
  run(check: CheckName, run: number, probe: Probe, timeout: Micros): void {
    const limit = setTimeout(() => this.end(check, run, "kill"), (timeout + GRACE) / 1_000);
    const finish = ({ success, detail }: Outcome): void => {
      clearTimeout(limit);
      this.#runs.delete(run);
      if (!this.#closed) this.#result(check, run, success, detail);
    };
    this.#runs.set(run, probe.type === "script" ? startScript(probe, finish) : this.#start(probe, finish));
  }

  /** Ends a run early: a script's process group by SIGTERM or SIGKILL, anything else at once. It answers yet. */
  end(_check: CheckName, run: number, how: "term" | "kill"): void {
    this.#runs.get(run)?.end(how);
  }

  /** Kills all that runs; nothing is answered any more. */
  close(): void {
    this.#closed = true;
    for (const run of this.#runs.values()) run.end("kill");
    this.#pinger.close();
  }

  #start(probe: Exclude<Probe, { type: "script" }>, finish: (outcome: Outcome) => void): ActiveRun {
    const controller = new AbortController();
    // Promises settle after the caller has returned.
    this.#outcomeOf(probe, controller.signal).then(finish, (error: unknown) => finish(failure(explain(error))));
    return { end: () => controller.abort() };
  }

  async #outcomeOf(probe: Exclude<Probe, { type: "script" }>, signal: AbortSignal): Promise<Outcome> {
    switch (probe.type) {
      case "process":
        return runProcessProbe(probe, signal);
      case "file":
        return runFileProbe(probe, signal);
      case "interface":
        return runInterfaceProbe(probe, signal);
      case "tcp":
        return runTcpProbe(probe, signal);
      case "http":
        return runHttpProbe(probe, signal);
      case "dns":
        return runDnsProbe(probe, signal);
      case "ping":
        return this.#pinger.run(probe, signal);
      default:
        return probe satisfies never;
    }
  }
}

/** A script that cannot be started says so at once: that answer waits for the next turn. */
function startScript(probe: Probe & { type: "script" }, finish: (outcome: Outcome) => void): ActiveRun {
  return new ScriptRun(probe, (outcome) => setImmediate(finish, outcome));
}
