import { Socket } from "node:net";
import { type ExitStatus, reapCommands, spawnCommand } from "./posix-spawn.ts";

/** How much of its output is kept; the rest is read and forgotten, so that the command is not held up. */
const OUTPUT_MAX = 4096;
/** How long the output may go on when the command has ended: children that it left behind may keep it open. */
const OUTPUT_AFTER_EXIT_MS = 50;

/** What became of a command. `output`: the beginning of what it wrote to standard output and error. */
export interface CommandEnd {
  readonly status: ExitStatus;
  readonly output: string;
}

/** A running command and all that it started, as one process group. */
export class Command {
  readonly #pid: number;
  readonly #output: Socket;
  readonly #ended: (end: CommandEnd) => void;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #status: ExitStatus | undefined;
  #outputEnded = false;
  #killed = false;
  #timer: NodeJS.Timeout | undefined;

  /** `ended` is called once, later. Throws SystemCallError when it cannot be started. */
  constructor(
    argv: readonly string[],
    environment: Readonly<Record<string, string | undefined>>,
    ended: (end: CommandEnd) => void,
  ) {
    this.#ended = ended;
    const { pid, output } = spawnCommand(argv, environment, (status) => this.#exited(status));
    this.#pid = pid;
    this.#output = new Socket({ fd: output, readable: true, writable: false });
    this.#output.on("data", (chunk) => this.#keep(chunk));
    this.#output.on("error", () => this.#output.destroy());
    this.#output.on("close", () => {
      this.#outputEnded = true;
      this.#finish();
    });
  }

  /** Sends a signal to the command and all of its group. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    // If it has just ended, its number is nobody's, or another's soon.
    reapCommands();
    if (this.#status !== undefined) return;
    this.#killed = true;
    this.#signal(signal);
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.#pid, signal);
    } catch {
      // Nobody is left, or somebody whom we may not signal: a setuid program. The run goes on until he ends.
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#length >= OUTPUT_MAX) return;
    this.#chunks.push(chunk.subarray(0, OUTPUT_MAX - this.#length));
    this.#length += chunk.length;
  }

  #exited(status: ExitStatus): void {
    this.#status = status;
    // Children that did not heed SIGTERM, or were not waited for by a leader that did. Those of a command that ended by
    // itself are left alone: a check may start a service.
    if (this.#killed) this.#signal("SIGKILL");
    this.#timer = setTimeout(() => this.#output.destroy(), OUTPUT_AFTER_EXIT_MS);
    this.#finish();
  }

  #finish(): void {
    if (this.#status === undefined || !this.#outputEnded) return;
    clearTimeout(this.#timer);
    this.#ended({ status: this.#status, output: Buffer.concat(this.#chunks).toString("utf8") });
  }
}
