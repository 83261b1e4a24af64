import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIpv4Word } from "../../src/lib/address.ts";
import type { PeerKind } from "../peers/index.ts";
import { benchLab, FEEDER, printTable, SINK, SPEAKER, waitQuiet, withRatio } from "./bench-lab.ts";
import { cpuSeconds, median, memoryMegabytes } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";
import { eventLoopStallMs } from "./stall.ts";
import { realisticStream } from "./stream.ts";

const RUN_TIMEOUT_MS = 300_000;

interface Run {
  readonly converge: number;
  readonly first: number;
  readonly cpu: number;
  readonly peak: number;
  readonly idle: number;
  readonly updates: number;
  /** Longest stall of our event loop in ms; undefined for the others. */
  readonly stall: number | undefined;
}

/** A table from a feeder through the speaker to a sink: first octet sent to last prefix received. */
export async function ingest(options: {
  readonly speakers: readonly PeerKind[];
  readonly counts: readonly number[];
  readonly runs: number;
  readonly holdSeconds: number;
}): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  try {
    for (const count of options.counts) {
      const made = realisticStream({
        prefixes: count,
        seed: 1,
        as: FEEDER.as,
        nextHop: parseIpv4Word(FEEDER.address) as number,
      });
      const file = join(directory, `${count}.bin`);
      writeFileSync(file, made.bytes);
      process.stdout.write(
        `### ${count} prefixes in ${made.attributeSets} attribute sets, hold time ${options.holdSeconds} s\n\n`,
      );
      const results = new Map<PeerKind, Run[]>();
      // Interleaved, so that a change in the machine's speed meets everyone alike.
      for (let i = 0; i < options.runs; i++)
        for (const kind of options.speakers) {
          const run = await once(kind, count, file, options.holdSeconds);
          results.set(kind, [...(results.get(kind) ?? []), run]);
        }
      report(results);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function once(kind: PeerKind, count: number, stream: string, holdSeconds: number): Promise<Run> {
  const { lab, speaker } = await benchLab(kind, [FEEDER, SINK], holdSeconds);
  try {
    await speaker.start();
    const options = { remote: SPEAKER.address, holdSeconds };
    const sink = new BenchNeighbor(lab, "net", { ...options, local: SINK.address, as: SINK.as });
    const feeder = new BenchNeighbor(lab, "net", { ...options, local: FEEDER.address, as: FEEDER.as, stream });
    await sink.event("established", 60_000);
    await feeder.event("established", 60_000);
    await sink.ask(`expect ${count}`, "expecting");
    await waitQuiet();
    const pid = speaker.process.pid;
    const idle = memoryMegabytes(pid, "VmRSS");
    const cpuBefore = cpuSeconds(pid);
    const begin = await feeder.ask("feed", "first-byte");
    const end = await sink.event("reached", RUN_TIMEOUT_MS);
    await feeder.event("last-byte", 10_000);
    await waitQuiet(); // what is still being done belongs to the bill
    const run: Run = {
      converge: ((end["reachedAt"] as number) - begin.at) / 1e6,
      first: ((end["firstAt"] as number) - begin.at) / 1e6,
      cpu: cpuSeconds(pid) - cpuBefore,
      peak: memoryMegabytes(pid, "VmHWM"),
      idle,
      updates: end["updates"] as number,
      stall: kind === "holdfast" ? await eventLoopStallMs(speaker) : undefined,
    };
    sink.quit();
    feeder.quit();
    await speaker.stop();
    return run;
  } finally {
    await lab.down();
  }
}

function report(results: ReadonlyMap<PeerKind, readonly Run[]>): void {
  const middle = (runs: readonly Run[] | undefined, of: (run: Run) => number) =>
    runs === undefined ? undefined : median(runs.map(of));
  const bird = results.get("bird");
  printTable([
    [
      "speaker",
      "converge s (to BIRD)",
      "min-max",
      "first prefix ms",
      "CPU s",
      "peak MB above idle (to BIRD)",
      "idle MB",
      "UPDATEs",
      "longest stall ms",
    ],
    ...[...results].map(([kind, runs]) => {
      const value = (of: (run: Run) => number) => middle(runs, of) as number;
      const times = runs.map((run) => run.converge);
      const stalls = runs.flatMap((run) => (run.stall === undefined ? [] : [run.stall]));
      return [
        kind,
        withRatio(
          value((r) => r.converge),
          middle(bird, (r) => r.converge),
          3,
        ),
        `${Math.min(...times).toFixed(3)}-${Math.max(...times).toFixed(3)}`,
        (value((r) => r.first) * 1000).toFixed(1),
        value((r) => r.cpu).toFixed(2),
        withRatio(
          value((r) => r.peak - r.idle),
          middle(bird, (r) => r.peak),
          0,
        ),
        value((r) => r.idle).toFixed(0),
        value((r) => r.updates).toFixed(0),
        stalls.length === 0 ? "-" : Math.max(...stalls).toFixed(1),
      ];
    }),
  ]);
}
