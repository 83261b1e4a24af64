/*
 * Clusters for lab/bench/gossip.ts: all nodes in one process in a network namespace that has nothing but loopback, so
 * that the loopback counters are the cluster's traffic.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../exec.ts";
import { goProgram } from "../go-program.ts";
import { waitFor } from "../wait.ts";

export type Implementation = "holdfast" | "memberlist";

/** Something that a node noticed of another, or that a command began or ended. */
export interface Line {
  readonly ms: number;
  readonly words: readonly string[];
}

const root = join(import.meta.dirname, "../..");
let folderOfCompiled: string | undefined;

/** Our programs as plain JavaScript, so that no loader takes part in what is measured. Compiled once a process. */
async function compiled(): Promise<string> {
  if (folderOfCompiled !== undefined) return folderOfCompiled;
  const folder = mkdtempSync(join(tmpdir(), "hf-gossip-host-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const options = { rootDir: root, outDir: folder, sourceMap: false, declaration: false };
  const files = [join(import.meta.dirname, "gossip-host.ts"), join(root, "lab/gossip-node.ts")];
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: options, files, include: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  await run([join(root, "node_modules/.bin/tsc"), "-p", folder], { timeoutMs: 120_000 });
  folderOfCompiled = join(folder, "lab");
  return folderOfCompiled;
}

/** lab/gossip-node.ts, compiled. */
export async function compiledNode(): Promise<string> {
  return join(await compiled(), "gossip-node.js");
}

async function hostCommand(implementation: Implementation): Promise<string[]> {
  if (implementation === "holdfast") return [process.execPath, join(await compiled(), "bench/gossip-host.js")];
  return [await goProgram("memberlist-go/bench/main.go")];
}

/** The process of a cluster, told what to do by lines. */
export class Cluster {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #rest = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#take(chunk.toString()));
  }

  /** `alone`: in a namespace of its own, so that its traffic can be told; otherwise on this host's loopback. */
  static async start(implementation: Implementation, alone = true): Promise<Cluster> {
    const command = await hostCommand(implementation);
    const inNamespace = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
    const [program = "", ...args] = alone ? [...inNamespace, ...command] : command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    process.on("exit", () => child.kill("SIGKILL"));
    const cluster = new Cluster(child);
    await cluster.#heard(0, ({ words }) => words[0] === "ready");
    return cluster;
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) {
      const [ms, ...words] = part.split(" ");
      this.lines.push({ ms: Number(ms), words });
    }
  }

  async #heard(from: number, wanted: (line: Line) => boolean): Promise<Line> {
    return await waitFor(
      "the host",
      () => {
        const error = this.lines.slice(from).find(({ words }) => words[0] === "error");
        if (error !== undefined) throw new Error(error.words.join(" "));
        return this.lines.slice(from).find(wanted);
      },
      { intervalMs: 2, timeoutMs: 60_000 },
    );
  }

  /** Carries out a command; resolves, when it has ended, to the time at which it began. */
  async tell(command: string): Promise<number> {
    return await this.tellAll([command]);
  }

  /** Carries out commands one after another; resolves, when all have ended, to the time at which the first began. */
  async tellAll(commands: readonly string[]): Promise<number> {
    const from = this.lines.length;
    this.#child.stdin?.write(`${commands.join("\n")}\n`);
    const command = commands.at(-1);
    await this.#heard(from, ({ words }) => words[0] === "end" && words.slice(1).join(" ") === command);
    const begun = this.lines.slice(from).find(({ words }) => words[0] === "begin");
    return begun?.ms ?? Number.NaN;
  }

  /**
   * Waits until `observers` different nodes have noticed `what` about `subject` since `since`; their times after `since`,
   * in ascending order. Undefined when they have not within `timeoutMs`.
   */
  async noticed(
    what: string,
    subject: string,
    since: number,
    observers: number,
    timeoutMs: number,
  ): Promise<number[] | undefined> {
    const times = () => {
      const first = new Map<string, number>();
      for (const { ms, words } of this.lines)
        if (ms >= since && words[0] === what && words[2] === subject && words[1] !== subject)
          first.set(
            words[1] as string,
            Math.min(ms - since, first.get(words[1] as string) ?? Number.POSITIVE_INFINITY),
          );
      return [...first.values()].sort((a, b) => a - b);
    };
    try {
      return await waitFor(what, () => times().length >= observers && times(), { timeoutMs, intervalMs: 50 });
    } catch {
      return undefined;
    }
  }

  /** Packets and octets (with all headers down to IP) that crossed this cluster's loopback so far. */
  traffic(): { packets: number; octets: number } {
    const text = readFileSync(`/proc/${this.pid}/net/dev`, "utf8");
    const [octets = 0, packets = 0] = (/lo:\s*(.*)/.exec(text)?.[1] ?? "").split(/\s+/).map(Number);
    return { packets, octets };
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
