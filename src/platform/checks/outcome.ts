import { getSystemErrorMap } from "node:util";
import { type Micros, toSeconds } from "../../lib/time.ts";

/** What a run of a check came to. `detail`: in words for an operator. */
export interface Outcome {
  readonly success: boolean;
  readonly detail: string;
}

/** Runs one probe. When `signal` aborts, it gives up what it waits for and settles soon; it may also just fail. */
export type RunProbe<P> = (probe: P, signal: AbortSignal) => Promise<Outcome>;

export const success = (detail: string): Outcome => ({ success: true, detail });
export const failure = (detail: string): Outcome => ({ success: false, detail });

/** "1.2 s", "0.004 s". */
export function formatSeconds(duration: Micros): string {
  return `${Number(toSeconds(duration).toPrecision(2))} s`;
}

/** What went wrong, in words: "connection refused". */
export function explain(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0]);
  const { errno, code, syscall, hostname, message } = error as NodeJS.ErrnoException & { hostname?: string };
  // Of a resolver, but also that of a file: only the name says which.
  if (syscall === "getaddrinfo") return `cannot resolve ${hostname ?? "the name"} (${code})`;
  const known = typeof errno === "number" ? getSystemErrorMap().get(errno) : undefined;
  return known?.[1] ?? (message !== undefined && message !== "" ? message : String(code ?? error));
}

/** Runs `start` until it calls `done`; what it returned is called then, or when the signal aborts before. */
export function settle(signal: AbortSignal, start: (done: (outcome: Outcome) => void) => () => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const abort = (): void => done(failure("no answer in time"));
    const done = (outcome: Outcome): void => {
      signal.removeEventListener("abort", abort);
      // First, because giving up may make what is given up say so.
      resolve(outcome);
      giveUp();
    };
    const giveUp = start(done);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
