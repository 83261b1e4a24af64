import { goProgram } from "../go-program.ts";
import type { PeerKind } from "../peers/index.ts";
import { benchLab, printTable, SINK, SPEAKER, waitQuiet, withRatio } from "./bench-lab.ts";
import { type LoopDelay, loopDelay, watchLoopDelay } from "./loop-delay.ts";
import { cpuSeconds, median, memoryMegabytes } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";
import { Probe, type Waits } from "./probe.ts";

const RUN_TIMEOUT_MS = 600_000;
const PORT = "127.0.0.1:50051";

/** Ways to add routes: the client's arguments after the count. */
const WAYS = {
  "AddPath, 1 caller": ["unary", "1"],
  "AddPath, 16 callers": ["unary", "16"],
  "AddPath, 64 callers": ["unary", "64"],
  "AddPathStream, 1 path a message": ["stream", "1"],
  "AddPathStream, 100 paths a message": ["stream", "100"],
} as const;
type Way = keyof typeof WAYS;
const ways = Object.keys(WAYS) as Way[];

interface Run {
  /** Seconds until the client has its last answer, and until the neighbour has the last prefix. */
  readonly answered: number;
  readonly reached: number;
  /** Processor seconds of the speaker and of the client, until then. */
  readonly speaker: number;
  readonly client: number;
}

interface Listing {
  readonly seconds: number;
  /** MB at the peak, and how much of it came by listing. */
  readonly peak: number;
  readonly more: number;
  /** Of Holdfast's event loop while it lists. */
  readonly delay: LoopDelay | undefined;
  /** What another client's calls took before, and meanwhile. */
  readonly quiet: Waits;
  readonly waits: Waits;
}

/** How long the probe asks before the listing begins. */
const QUIET_MS = 2_000;

const now = () => Number(process.hrtime.bigint() / 1000n);

/**
 * Routes over GoBGP's API, into the speaker and out of it to one neighbour, and its table listed, with another client
 * that asks meanwhile: the same Go client against Holdfast and gobgpd.
 */
export async function api(options: {
  readonly count: number;
  readonly listed: number;
  readonly runs: number;
  readonly holdSeconds: number;
}): Promise<void> {
  const client = await goProgram("gobgp-client/main.go");
  const kinds: readonly PeerKind[] = ["gobgp", "holdfast"];
  process.stdout.write(`### ${options.count} routes over GoBGP's API\n\n`);
  const rows: string[][] = [
    [
      ...["way", "speaker", "routes/s", "beside gobgpd", "at the neighbour after s", "beside gobgpd"],
      ...["processor µs a route", "the client's"],
    ],
  ];
  for (const way of ways) {
    const runs = new Map(kinds.map((kind) => [kind, [] as Run[]]));
    for (let i = 0; i < options.runs; i++)
      for (const kind of kinds) runs.get(kind)?.push(await add(kind, client, way, options.count, options.holdSeconds));
    const of = (kind: PeerKind, key: keyof Run) => median((runs.get(kind) as Run[]).map((run) => run[key]));
    const microsOf = (kind: PeerKind, key: keyof Run) => ((of(kind, key) * 1e6) / options.count).toFixed(0);
    for (const kind of kinds)
      rows.push([
        ...[way, kind, (options.count / of(kind, "answered")).toFixed(0)],
        (of("gobgp", "answered") / of(kind, "answered")).toFixed(2),
        ...[of(kind, "reached").toFixed(2), withRatio(of(kind, "reached"), of("gobgp", "reached"), 2)],
        ...[microsOf(kind, "speaker"), microsOf(kind, "client")],
      ]);
  }
  printTable(rows);
  process.stdout.write(`### ${options.listed} routes listed\n\n`);
  const listings: string[][] = [
    [
      ...["speaker", "s", "peak MB", "by listing MB", "event-loop delay, p99 / max ms"],
      ...["another call before, p99 / max ms", "meanwhile"],
    ],
  ];
  watchLoopDelay();
  const waitsOf = ({ p99Ms, maxMs }: Waits | LoopDelay) => `${p99Ms.toFixed(1)} / ${maxMs.toFixed(1)}`;
  for (const kind of kinds) {
    const { seconds, peak, more, delay, quiet, waits } = await list(kind, client, options.listed, options.holdSeconds);
    listings.push([
      ...[kind, seconds.toFixed(1), peak.toFixed(0), more.toFixed(0), delay === undefined ? "-" : waitsOf(delay)],
      ...[waitsOf(quiet), waitsOf(waits)],
    ]);
  }
  printTable(listings);
}

async function add(kind: PeerKind, client: string, way: Way, count: number, holdSeconds: number): Promise<Run> {
  const { lab, speaker } = await benchLab(kind, [SINK], holdSeconds);
  try {
    await speaker.start();
    const options = { remote: SPEAKER.address, local: SINK.address, as: SINK.as, holdSeconds };
    const sink = new BenchNeighbor(lab, "net", options);
    await sink.event("established", 60_000);
    await sink.ask(`expect ${count}`, "expecting");
    await waitQuiet();
    const from = now();
    const before = cpuSeconds(speaker.process.pid);
    const [mode, how] = WAYS[way];
    const output = await lab.run("dut", [client, PORT, mode, `${count}`, how], { timeoutMs: RUN_TIMEOUT_MS });
    const { seconds, processor } = JSON.parse(output) as { readonly seconds: number; readonly processor: number };
    const reached = await sink.event("reached", RUN_TIMEOUT_MS);
    const used = cpuSeconds(speaker.process.pid) - before;
    sink.quit();
    const reachedAt = ((reached["reachedAt"] as number) - from) / 1e6;
    return { answered: seconds, reached: reachedAt, speaker: used, client: processor };
  } finally {
    await lab.down();
  }
}

async function list(kind: PeerKind, client: string, count: number, holdSeconds: number): Promise<Listing> {
  const { lab, speaker } = await benchLab(kind, [SINK], holdSeconds);
  try {
    await speaker.start();
    await lab.run("dut", [client, PORT, "stream", `${count}`, "100"], { timeoutMs: RUN_TIMEOUT_MS });
    await waitQuiet();
    const { pid } = speaker.process;
    const before = memoryMegabytes(pid, "VmHWM");
    const isOurs = kind === "holdfast";
    const quietProbe = new Probe(lab, "dut", client, PORT);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const quiet = await quietProbe.end();
    if (isOurs) await loopDelay(pid); // begins a new interval
    const probe = new Probe(lab, "dut", client, PORT);
    const output = await lab.run("dut", [client, PORT, "list"], { timeoutMs: RUN_TIMEOUT_MS });
    const listed = JSON.parse(output) as { readonly count: number; readonly seconds: number };
    if (listed.count !== count) throw new Error(`${kind} lists ${listed.count} of ${count} routes`);
    const waits = await probe.end();
    const delay = isOurs ? await loopDelay(pid) : undefined;
    const peak = memoryMegabytes(pid, "VmHWM");
    return { seconds: listed.seconds, peak, more: peak - before, delay, quiet, waits };
  } finally {
    await lab.down();
  }
}
