import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { inNamespace } from "./exec.ts";
import { waitFor } from "./wait.ts";

/** How a process ended: one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** For messages, e.g. "bird in gw". */
  readonly name: string;
  readonly command: readonly string[];
  readonly logFile: string;
  readonly namespace?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Time between the polite signal and SIGKILL when a process is stopped. */
const STOP_TIMEOUT_MS = 5_000;
/** A daemon's start on a busy machine. */
const READY_TIMEOUT_MS = 30_000;
/** Of a log, what its last lines are looked for in. */
const TAIL_OCTETS_MAX = 64 * 1024;

/**
 * A daemon of the lab, in its own session and process group. Output goes straight to a file, so that the daemon survives
 * the process that started it when the lab is used by hand. It is only ever signalled by pid, and only while we know
 * that the pid is still its own: until its exit has been reaped.
 */
export class LabProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;

  private constructor(name: string, pid: number, logFile: string, exited: Promise<Exit>) {
    this.name = name;
    this.pid = pid;
    this.logFile = logFile;
    this.exited = exited.then((exit) => {
      this.#exit = exit;
      return exit;
    });
  }

  /** Resolves once the process runs; rejects when the program cannot be executed. */
  static async start(options: ProcessOptions): Promise<LabProcess> {
    const [command, ...args] = inNamespace(options.namespace, options.command);
    const log = openSync(options.logFile, "a");
    const child = spawn(command, args, {
      stdio: ["ignore", log, log],
      detached: true,
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    closeSync(log);
    const exited = new Promise<Exit>((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    // The lab's owner may end while a lab made by hand lives on.
    child.unref();
    return new LabProcess(options.name, child.pid as number, options.logFile, exited);
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  get log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** Sends a signal to the process alone; false when it has ended. */
  kill(signal: NodeJS.Signals): boolean {
    return this.#send(this.pid, signal);
  }

  /** Sends a signal to its whole group, for speakers made of several processes; false when the leader has ended. */
  killGroup(signal: NodeJS.Signals): boolean {
    return this.#send(-this.pid, signal);
  }

  #send(target: number, signal: NodeJS.Signals): boolean {
    if (this.#exit !== undefined) return false;
    try {
      return process.kill(target, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw error;
    }
  }

  /**
   * Waits for the end, whoever causes it. Rejects after `timeoutMs`. The wait itself keeps the event loop alive, which
   * the unreferenced child does not.
   */
  async waitExit(timeoutMs = STOP_TIMEOUT_MS): Promise<Exit> {
    return waitFor(`${this.name} (pid ${this.pid}) ends`, () => this.#exit, { timeoutMs, intervalMs: 10 });
  }

  /** Signals it, waits, and kills the group if it does not end in time. */
  async stop(signal: NodeJS.Signals = "SIGTERM", timeoutMs = STOP_TIMEOUT_MS): Promise<Exit> {
    this.kill(signal);
    try {
      return await this.waitExit(timeoutMs);
    } catch {
      this.killGroup("SIGKILL");
      return this.waitExit();
    }
  }

  /** Polls `ready` until it holds; fails at once, with the end of the log, when the process ends before. */
  async waitReady(ready: () => Promise<boolean>, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const ended = () => {
      const { code, signal } = this.#exit as Exit;
      return new Error(`${this.name} ended (${signal ?? `exit ${code}`}) before it was ready:\n${this.tail()}`);
    };
    await waitFor(
      `${this.name} is ready`,
      async () => this.#exit !== undefined || (await ready()),
      { timeoutMs, intervalMs: 30 },
      () => this.tail(),
    );
    if (this.#exit !== undefined) throw ended();
  }

  /** The last lines of the log, for messages. */
  tail(lines = 25): string {
    const fd = openSync(this.logFile, "r");
    try {
      const { size } = fstatSync(fd);
      const end = Buffer.alloc(Math.min(size, TAIL_OCTETS_MAX));
      readSync(fd, end, 0, end.length, size - end.length);
      return end.toString().trimEnd().split("\n").slice(-lines).join("\n");
    } finally {
      closeSync(fd);
    }
  }
}
