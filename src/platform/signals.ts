import { constants } from "node:os";
import { onExit } from "signal-exit";

export type StopSignal = "SIGTERM" | "SIGINT";

export interface SignalHandlers {
  /** The first SIGTERM or SIGINT: stop in an orderly way. A second one ends the process at once. */
  stop(signal: StopSignal): void;
  /** SIGHUP: read the configuration again. */
  reload(): void;
  /** SIGUSR1: write the status. */
  report(): void;
}

/** Takes over the signals that the daemon knows. Node's debugger cannot be started by SIGUSR1 any more. */
export function handleSignals(handlers: SignalHandlers): void {
  let stopping = false;
  const stop = (signal: StopSignal) => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    handlers.stop(signal);
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGHUP", () => handlers.reload());
  process.on("SIGUSR1", () => handlers.report());
}

/**
 * An exception that nobody caught, or a rejection that nobody awaited, ends the process the way SIGKILL does, once
 * `report` has returned: nothing is withdrawn and no NOTIFICATION is sent, so neighbours with graceful restart hold our
 * routes until the daemon is back. Not `abort`: while a core dump is written, TCP would stay open and lie to them.
 */
export function dieAbruptlyOnCrash(report: (error: unknown) => void): void {
  process.on("uncaughtException", (error) => {
    try {
      report(error);
    } finally {
      process.kill(process.pid, "SIGKILL");
    }
  });
}

/**
 * Calls `cleanUp` when the process ends by whatever way can still run code (exit, a fatal signal that nobody handles),
 * after all others. It must be synchronous. Returns how to take it back.
 */
export function beforeExit(cleanUp: () => void): () => void {
  return onExit(() => cleanUp(), { alwaysLast: true });
}
