import type { Io } from "../../../src/cli/io.ts";
import { main } from "../../../src/cli/main.ts";

export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A world for one run: a pipe, unless the test gives it a terminal. */
export class FakeIo implements Io {
  stdout = "";
  stderr = "";
  env: Record<string, string | undefined> = {};
  columns: number | undefined;
  rows: number | undefined;
  /** What a SIGINT calls. */
  interrupt: (() => void) | undefined;
  /** What a key calls. */
  press: ((key: string) => void) | undefined;
  /** Called with all that was written so far, whenever something is. */
  watch: ((stdout: string) => void) | undefined;

  out(text: string): void {
    this.stdout += text;
    this.watch?.(this.stdout);
  }

  err(text: string): void {
    this.stderr += text;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  interrupted(callback: () => void): () => void {
    this.interrupt = callback;
    return () => {
      this.interrupt = undefined;
    };
  }

  get keys(): Io["keys"] {
    if (this.columns === undefined) return undefined;
    return (pressed) => {
      this.press = pressed;
      return () => {
        this.press = undefined;
      };
    };
  }
}

/** Runs the command in this process. */
export async function run(argv: readonly string[], io = new FakeIo()): Promise<Run> {
  const status = await main(argv, io);
  return { status, stdout: io.stdout, stderr: io.stderr };
}
