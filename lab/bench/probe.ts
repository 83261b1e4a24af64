import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { inNamespace } from "../exec.ts";
import type { Lab } from "../topology.ts";

/** How long calls of a client took, in milliseconds. */
export interface Waits {
  readonly count: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Another client of the API, on a connection of its own, that asks for next to nothing a thousand times a second. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;

  constructor(lab: Lab, node: string, client: string, address: string) {
    const [command, ...args] = inNamespace(lab.namespace(node), [client, address, "probe"]);
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#output = text(this.#child.stdout as NodeJS.ReadableStream);
  }

  /** Ends it, and tells what it saw. */
  async end(): Promise<Waits> {
    this.#child.stdin?.end();
    return JSON.parse(await this.#output) as Waits;
  }
}
