import type { Instant, Micros } from "../lib/time.ts";

/** A check's name in the configuration: `[[checks]].name`. Unique on this node. */
export type CheckName = string;

/** How a check's results become a verdict. Plain data; defaults are filled in by the configuration. */
export interface CheckConfig {
  readonly name: CheckName;
  readonly interval: Micros;
  /** A run that takes longer is ended (a script: SIGTERM, then SIGKILL) and counts as one failure. */
  readonly timeout: Micros;
  /** Consecutive successes to come up, and failures to go down. */
  readonly rise: number;
  readonly fall: number;
  /** Each run starts up to this much later, drawn anew; so that many checks do not run at the same moment. */
  readonly jitter: Micros;
  /** Down until `rise` successes after the start; otherwise the first result decides. */
  readonly initFail: boolean;
  /** What is run. The tracker hands it on as it is. */
  readonly probe: Probe;
}

/** What a check does. Run by platform/checks. */
export type Probe =
  /** Exit status 0 is success; anything else is failure, also a command that cannot be run and 126/127 of a shell. */
  | { readonly type: "script"; readonly command: readonly string[]; readonly user: string | undefined }
  /** At least `min` processes with this name (as in /proc/PID/comm) are alive, or the one that the file names. */
  | {
      readonly type: "process";
      readonly name: string | undefined;
      readonly pidFile: string | undefined;
      readonly min: number;
    }
  /** The file's first line is a number within these bounds; without bounds: the file exists. */
  | { readonly type: "file"; readonly path: string; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly type: "interface"; readonly interface: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | {
      readonly type: "http";
      /** http:// or https:// */
      readonly url: string;
      readonly method: "GET" | "HEAD";
      readonly headers: Readonly<Record<string, string>>;
      /** Accepted status codes as ranges, [[200, 299]]. */
      readonly status: readonly (readonly [number, number])[];
      /** A regular expression that the first 64 KiB of the body must match. */
      readonly body: string | undefined;
      /** A slower answer is a failure. */
      readonly latencyMax: Micros | undefined;
      /** https: accept any certificate. */
      readonly insecure: boolean;
    }
  | {
      readonly type: "dns";
      readonly server: string;
      readonly port: number;
      readonly name: string;
      readonly recordType: "A" | "AAAA" | "NS" | "SOA" | "TXT" | "CNAME" | "MX";
      /** One of the answers must be this text; undefined: any answer with at least one record. */
      readonly expect: string | undefined;
    }
  | { readonly type: "ping"; readonly host: string };

/** What happens to the checks. Plain data. */
export type Input =
  | { readonly type: "AddCheck"; readonly config: CheckConfig }
  /** Other settings; the state stays, the counter is cut to the new rise and fall. */
  | { readonly type: "UpdateCheck"; readonly config: CheckConfig }
  | { readonly type: "RemoveCheck"; readonly check: CheckName }
  /** The run that `Out.run` asked for has ended. `detail`: in words, "exit status 2", "connection refused". */
  | {
      readonly type: "Result";
      readonly check: CheckName;
      readonly run: number;
      readonly success: boolean;
      readonly detail: string;
    };

export type CheckState = "unknown" | "up" | "down";

/** What the tracker wants done. Must not call back in. */
export interface Out {
  /** Start a run; answered by one `Result` with the same number, whatever happens. */
  run(check: CheckName, run: number, probe: Probe, timeout: Micros): void;
  /** The run has had its time: end it ("term", then "kill"). It still answers with a Result, which no longer counts. */
  end(check: CheckName, run: number, how: "term" | "kill"): void;
  stateChanged(check: CheckName, from: CheckState, to: CheckState, detail: string): void;
  /** A run was due while the former one was still going: skipped, no result counted. */
  skipped(check: CheckName): void;
}

/** What is known of a check: for `status`, the API and metrics. */
export interface CheckView {
  readonly config: CheckConfig;
  readonly state: CheckState;
  readonly since: Instant;
  /** keepalived's result counter, 0 .. rise + fall - 1. */
  readonly result: number;
  readonly running: boolean;
  readonly lastDetail: string;
  readonly runs: number;
  readonly failures: number;
  readonly timeouts: number;
}
