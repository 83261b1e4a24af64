import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Out, Outcome, RequestId } from "./gossip-io.ts";

/** Commands that wait for their news to be spread. Few, and our own: no limit but good sense. */
export class Waiters {
  readonly #out: Out;
  readonly #waiting = new Map<RequestId, { readonly what: string; readonly deadline: Instant }>();

  constructor(out: Out) {
    this.#out = out;
  }

  get deadline(): Instant {
    let min = NEVER;
    for (const { deadline } of this.#waiting.values()) if (deadline < min) min = deadline;
    return min;
  }

  add(now: Instant, request: RequestId, what: string, timeout: Micros): void {
    this.#waiting.set(request, { what, deadline: after(now, timeout) });
  }

  /** Completes the command, unless its time was up before. */
  finish(request: RequestId, outcome: Outcome): void {
    if (this.#waiting.delete(request)) this.#out.completed(request, outcome);
  }

  advance(now: Instant): void {
    for (const [request, { what, deadline }] of this.#waiting)
      if (deadline <= now) this.finish(request, { ok: false, error: `${what} was not spread in time` });
  }
}
