import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inNamespace } from "../exec.ts";
import type { Lab } from "../topology.ts";

export interface NeighborEvent {
  readonly event: string;
  /** Microseconds of CLOCK_MONOTONIC. */
  readonly at: number;
  readonly [field: string]: unknown;
}

export interface NeighborOptions {
  readonly local: string;
  readonly remote: string;
  readonly as: number;
  readonly holdSeconds: number;
  /** File with the UPDATEs to send. */
  readonly stream?: string;
  /** Wait for the speaker to connect. */
  readonly listen?: boolean;
}

/** A `client.ts` process in a node: give it commands, wait for its events. */
export class BenchNeighbor {
  readonly #child: ChildProcess;
  readonly #events: NeighborEvent[] = [];
  #wake: (() => void) | undefined;

  constructor(lab: Lab, node: string, options: NeighborOptions) {
    const argv = [
      process.execPath,
      "--import",
      "tsx",
      join(import.meta.dirname, "client.ts"),
      ...["--local", options.local, "--remote", options.remote],
      ...["--as", String(options.as), "--hold", String(options.holdSeconds)],
      ...(options.stream === undefined ? [] : ["--stream", options.stream]),
      ...(options.listen === true ? ["--listen"] : []),
    ];
    const [command, ...args] = inNamespace(lab.namespace(node), argv);
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.#events.push(JSON.parse(line) as NeighborEvent);
      this.#wake?.();
    });
  }

  send(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** The first event of this name from now on or already seen; rejects after the timeout or when the session ended. */
  async event(name: string, timeoutMs: number): Promise<NeighborEvent> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = this.#events.find(({ event }) => event === name);
      if (found !== undefined) return found;
      const end = this.#events.find(({ event }) => ["closed", "error", "notification"].includes(event));
      const left = deadline - performance.now();
      if (end !== undefined || left <= 0)
        throw new Error(
          `no "${name}" ${end === undefined ? `within ${timeoutMs} ms` : `before ${JSON.stringify(end)}`}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Sends a command and waits for its answer, not for an earlier one. */
  async ask(command: string, answer: string, timeoutMs = 10_000): Promise<NeighborEvent> {
    this.forget(answer);
    this.send(command);
    return await this.event(answer, timeoutMs);
  }

  /** Drops events of this name. */
  forget(name: string): void {
    for (let i = this.#events.length - 1; i >= 0; i--) if (this.#events[i]?.event === name) this.#events.splice(i, 1);
  }

  quit(): void {
    this.#child.stdin?.end("quit\n");
    setTimeout(() => this.#child.kill("SIGKILL"), 2_000).unref();
  }
}
