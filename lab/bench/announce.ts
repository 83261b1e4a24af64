import type { PeerKind, RouteSpec } from "../peers/index.ts";
import { benchLab, printTable, SINK, SPEAKER, waitQuiet, withRatio } from "./bench-lab.ts";
import { cpuSeconds, median, memoryMegabytes } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";
import { eventLoopStallMs } from "./stall.ts";

const RUN_TIMEOUT_MS = 300_000;
/**
 * The most routes that a speaker is asked for: OpenBGPD's reload is quadratic, and those with 0 are given routes one
 * command at a time by their drivers, so that the driver would be measured.
 */
const ROUTES_MAX: Readonly<Partial<Record<PeerKind, number>>> = { openbgpd: 10_000, frr: 0, gobgp: 0, exabgp: 0 };

interface Run {
  /** From the reload to the last prefix at the sink. */
  readonly reload: number;
  /** From Established to the last prefix, for a neighbour that comes when everything is announced already. */
  readonly dump: number;
  readonly cpu: number;
  readonly peak: number;
  readonly stall: number | undefined;
}

const now = () => Number(process.hrtime.bigint() / 1000n);

/** Host routes that appear by a reload of the configuration, and once more for a neighbour that comes later. */
export async function announce(options: {
  readonly speakers: readonly PeerKind[];
  readonly counts: readonly number[];
  readonly runs: number;
  readonly holdSeconds: number;
}): Promise<void> {
  for (const count of options.counts) {
    process.stdout.write(`### ${count} host routes announced from the configuration\n\n`);
    const results = new Map<PeerKind, Run[]>();
    const speakers = options.speakers.filter((kind) => count <= (ROUTES_MAX[kind] ?? count));
    for (let i = 0; i < options.runs; i++)
      for (const kind of speakers)
        results.set(kind, [...(results.get(kind) ?? []), await once(kind, count, options.holdSeconds)]);
    report(results);
  }
}

async function once(kind: PeerKind, count: number, holdSeconds: number): Promise<Run> {
  const { lab, speaker } = await benchLab(kind, [SINK], holdSeconds);
  try {
    await speaker.start();
    const options = { remote: SPEAKER.address, local: SINK.address, as: SINK.as, holdSeconds };
    const sink = new BenchNeighbor(lab, "net", options);
    await sink.event("established", 60_000);
    await sink.ask(`expect ${count}`, "expecting");
    const before = speaker.spec;
    const after = { ...before, routes: hostRoutes(count) };
    await speaker.driver.writeConfig(after);
    await waitQuiet();
    const pid = speaker.process.pid;
    const cpuBefore = cpuSeconds(pid);
    const from = now();
    await speaker.driver.reload(before, after, pid);
    const reached = await sink.event("reached", RUN_TIMEOUT_MS);
    await waitQuiet();
    const cpu = cpuSeconds(pid) - cpuBefore;
    sink.quit();
    await sink.event("closed", 10_000);
    const late = await lateNeighbor(() => new BenchNeighbor(lab, "net", options), count);
    const stall = kind === "holdfast" ? await eventLoopStallMs(speaker) : undefined;
    const peak = memoryMegabytes(pid, "VmHWM");
    await speaker.stop();
    return {
      reload: ((reached["reachedAt"] as number) - from) / 1e6,
      dump: late,
      cpu,
      peak,
      stall,
    };
  } finally {
    await lab.down();
  }
}

/** Some speakers refuse a returning neighbour for a few seconds: it tries until it is let in. */
async function lateNeighbor(make: () => BenchNeighbor, count: number): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const sink = make();
    sink.send(`expect ${count}`);
    try {
      const established = await sink.event("established", 10_000);
      const reached = await sink.event("reached", RUN_TIMEOUT_MS);
      sink.quit();
      return ((reached["reachedAt"] as number) - established.at) / 1e6;
    } catch (error) {
      sink.quit();
      if (attempt === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function hostRoutes(count: number): RouteSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    prefix: `20.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}/32`,
  }));
}

function report(results: ReadonlyMap<PeerKind, readonly Run[]>): void {
  const bird = results.get("bird");
  const reference = (of: (run: Run) => number) => (bird === undefined ? undefined : median(bird.map(of)));
  printTable([
    [
      "speaker",
      "reload to last prefix s (to BIRD)",
      "Established to last prefix s (to BIRD)",
      "CPU s",
      "peak MB",
      "longest stall ms",
    ],
    ...[...results].map(([kind, runs]) => {
      const value = (of: (run: Run) => number) => median(runs.map(of));
      const stalls = runs.flatMap((run) => (run.stall === undefined ? [] : [run.stall]));
      return [
        kind,
        withRatio(
          value((r) => r.reload),
          reference((r) => r.reload),
          3,
        ),
        withRatio(
          value((r) => r.dump),
          reference((r) => r.dump),
          3,
        ),
        value((r) => r.cpu).toFixed(2),
        value((r) => r.peak).toFixed(0),
        stalls.length === 0 ? "-" : Math.max(...stalls).toFixed(1),
      ];
    }),
  ]);
}
