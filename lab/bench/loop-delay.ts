import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { waitFor } from "../wait.ts";

export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const FILE = join(tmpdir(), `hf-loop-delay-${process.pid}`);

/** From here on the lab's own daemons tell how late their event loop is: see loop-delay.mjs. */
export function watchLoopDelay(): void {
  const { dirname } = import.meta;
  const daemon = resolve(dirname, "../../dist/holdfastd.js");
  process.env["LOOP_DELAY_FILE"] = FILE;
  process.env["HOLDFASTD"] ??= `node --import ${join(dirname, "loop-delay.mjs")} ${daemon}`;
}

/** How late the event loop of the daemon was since this was last asked, each look being a millisecond after the last. */
export async function loopDelay(pid: number): Promise<LoopDelay> {
  rmSync(FILE, { force: true });
  process.kill(pid, "SIGUSR2");
  const read = () => JSON.parse(readFileSync(FILE, "utf8")) as LoopDelay;
  return await waitFor("the delays of the event loop", read, { timeoutMs: 10_000, intervalMs: 10 });
}
