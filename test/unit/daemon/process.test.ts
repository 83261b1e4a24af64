import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../../lab/wait.ts";

const DAEMON = resolve(import.meta.dirname, "../../../dist/holdfastd.js");

/** A daemon that listens nowhere, with one neighbour that is never there. */
class Run {
  readonly directory = mkdtempSync(join(tmpdir(), "holdfast-process-"));
  readonly file = join(this.directory, "gateway.toml");
  /** A module that is loaded before the daemon. */
  preload = "";
  #child: ChildProcess | undefined;
  #log = "";

  configure(extra = "", state = join(this.directory, "state")): void {
    writeFileSync(
      this.file,
      `[state]
  directory = "${state}"
[global.config]
  as = 65001
  router-id = "192.0.2.1"
  port = -1
[[neighbors]]
  [neighbors.config]
    neighbor-address = "127.0.0.9"
    peer-as = 65002
  [neighbors.transport.config]
    remote-port = 9
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 60
    deferral-time = 20
${extra}
`,
    );
  }

  async start(...flags: readonly string[]): Promise<void> {
    this.#log = "";
    const preload = ["--import", `data:text/javascript,${encodeURIComponent(this.preload)}`];
    const child = spawn(process.execPath, [...preload, DAEMON, "-p", "-f", this.file, ...flags]);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        this.#log += text;
      });
    this.#child = child;
    await this.logged(" runs: ");
  }

  get log(): string {
    return this.#log;
  }

  get runs(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  logged(text: string): Promise<unknown> {
    return waitFor(
      `the log has: ${text}`,
      () => this.#log.includes(text),
      { intervalMs: 10 },
      () => this.#log,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child as ChildProcess;
    const exited = once(child, "exit");
    child.kill(signal);
    const [code] = await exited;
    return code;
  }
}

async function withRun(body: (run: Run) => Promise<void>): Promise<void> {
  const run = new Run();
  try {
    await body(run);
  } finally {
    if (run.runs) await run.end("SIGKILL");
    rmSync(run.directory, { recursive: true });
  }
}

test("after SIGKILL the next start is a graceful restart, after SIGTERM it is not", () =>
  withRun(async (run) => {
    run.configure();
    await run.start();
    assert.doesNotMatch(run.log, /a graceful restart/);
    await run.end("SIGKILL");
    await run.start();
    assert.match(run.log, /a graceful restart \(last alive \d+ ms ago\)/);
    assert.equal(await run.end("SIGTERM"), 0);
    await run.start();
    assert.doesNotMatch(run.log, /a graceful restart/);
    await run.end("SIGTERM");
    await run.start("-r");
    assert.match(run.log, /a graceful restart \(as --graceful-restart says\)/);
  }));

test("a state directory that cannot be used is a warning, and the daemon runs", () =>
  withRun(async (run) => {
    const file = join(run.directory, "file");
    writeFileSync(file, "");
    run.configure("", join(file, "state"));
    await run.start();
    assert.match(run.log, /WARN.*cannot use the state directory .*will not be a graceful one/);
    assert.equal(await run.end("SIGTERM"), 0);
  }));

test("two daemons do not share a state directory: the second says so, and runs", () =>
  withRun(async (one) => {
    one.configure();
    await one.start();
    await withRun(async (other) => {
      other.configure("", join(one.directory, "state"));
      await other.start();
      assert.match(other.log, /another holdfastd uses it/);
    });
    assert.equal(one.runs, true);
  }));

test("a status file that cannot be written is an error in the log, and nothing else", () =>
  withRun(async (run) => {
    run.configure();
    const status = join(run.directory, "status.json");
    mkdirSync(status);
    await run.start("--status-file", status);
    run.signal("SIGUSR1");
    await run.logged(`cannot write the status to ${status}`);
    assert.equal(run.runs, true);
  }));

test("what signals ask for before the daemon runs is done when it runs", () =>
  withRun(async (run) => {
    run.configure();
    // The crash handler is the first thing that the daemon sets up.
    run.preload = `process.on("newListener", (event) => {
      if (event !== "uncaughtException") return;
      queueMicrotask(() => ["SIGHUP", "SIGUSR1"].forEach((signal) => process.kill(process.pid, signal)));
    })`;
    const status = join(run.directory, "status.json");
    await run.start("--status-file", status);
    await run.logged("read again: 0 differences applied");
    await waitFor("the status", () => existsSync(status));
    assert.doesNotMatch(run.log, /Debugger listening/);
  }));

test("a file that is broken when SIGHUP comes changes nothing, and is reported with line and key", () =>
  withRun(async (run) => {
    run.configure();
    await run.start();
    run.configure('[[vips]]\nprefix = "203.0.113.1"\n');
    run.signal("SIGHUP");
    await run.logged("is refused, the running configuration stays");
    assert.match(run.log, /gateway\.toml:\d+/);
    run.configure('[[vips]]\nprefix = "203.0.113.1/32"\n');
    run.signal("SIGHUP");
    await run.logged("vip 203.0.113.1/32 added");
  }));
