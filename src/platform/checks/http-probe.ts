import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Probe } from "../../health/index.ts";
import { elapsed, type Instant } from "../../lib/time.ts";
import { monotonicNow } from "../clock.ts";
import { lookupForSocket } from "./lookup.ts";
import { explain, failure, formatSeconds, type Outcome, type RunProbe, settle, success } from "./outcome.ts";

type HttpProbe = Probe & { type: "http" };
/** A run: the probe with its pattern compiled and when it began. */
type HttpRun = HttpProbe & { readonly pattern: RegExp | undefined; readonly began: Instant };

/** How much of a body is looked at; the rest is not waited for. */
const BODY_MAX = 64 * 1024;

/**
 * One request on a connection of its own: what is tested is a new client's way in. Redirects are not followed. The
 * answer is complete, and its time taken, when the body has ended or BODY_MAX of it has come.
 */
export const runHttpProbe: RunProbe<HttpProbe> = (probe, signal) =>
  settle(signal, (done) => {
    const began = monotonicNow();
    const url = new URL(probe.url);
    const pattern = probe.body === undefined ? undefined : new RegExp(probe.body);
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const request = send(url, {
      method: probe.method,
      headers: { "user-agent": "holdfast", ...lowerCaseKeys(probe.headers) },
      agent: false,
      lookup: lookupForSocket,
      rejectUnauthorized: !probe.insecure,
    });
    request.on("response", (response) => readAnswer({ ...probe, pattern, began }, response, done));
    request.on("error", (error) => done(failure(explainRequest(error))));
    request.end();
    return () => request.destroy();
  });

function explainRequest(error: NodeJS.ErrnoException): string {
  // Node's own error, of no system call, for a connection that ended early.
  if (error.code === "ECONNRESET" && error.errno === undefined) return "the server hung up without an answer";
  return explain(error);
}

function lowerCaseKeys(headers: HttpProbe["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function readAnswer(run: HttpRun, response: IncomingMessage, done: (outcome: Outcome) => void): void {
  const status = response.statusCode ?? 0;
  if (!run.status.some(([from, to]) => status >= from && status <= to)) {
    done(failure(`HTTP status ${status}, not ${run.status.map(formatRange).join(" or ")}`));
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (): void => done(judge(run, status, Buffer.concat(chunks).subarray(0, BODY_MAX)));
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= BODY_MAX) finish();
  });
  response.on("end", finish);
  response.on("error", () => done(failure("the answer broke off")));
}

function judge({ pattern, latencyMax, began }: HttpRun, status: number, body: Buffer): Outcome {
  const took = elapsed(began, monotonicNow());
  if (pattern?.test(body.toString("utf8")) === false) return failure(`the body does not match ${pattern}`);
  if (latencyMax !== undefined && took > latencyMax)
    return failure(`took ${formatSeconds(took)}, limit ${formatSeconds(latencyMax)}`);
  return success(`HTTP status ${status} in ${formatSeconds(took)}`);
}

function formatRange([from, to]: readonly [number, number]): string {
  return from === to ? String(from) : `${from}-${to}`;
}
