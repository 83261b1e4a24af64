import { goProgram } from "../go-program.ts";
import type { PeerKind } from "../peers/index.ts";
import { benchLab, printTable, SINK, SPEAKER, waitQuiet, withRatio } from "./bench-lab.ts";
import { median, memoryMegabytes } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";
import { eventLoopStallMs } from "./stall.ts";

const RUN_TIMEOUT_MS = 600_000;
const PORT = "127.0.0.1:50051";

/** Ways to add routes: the client's arguments after the count. */
const WAYS = {
  "AddPath, 1 caller": ["unary", "1"],
  "AddPath, 16 callers": ["unary", "16"],
  "AddPathStream, 1 path a message": ["stream", "1"],
  "AddPathStream, 100 paths a message": ["stream", "100"],
} as const;
type Way = keyof typeof WAYS;
const ways = Object.keys(WAYS) as Way[];

interface Run {
  /** Seconds until the client has its last answer, and until the neighbour has the last prefix. */
  readonly answered: number;
  readonly reached: number;
}

interface Listing {
  readonly seconds: number;
  /** MB at the peak, and how much of it came by listing. */
  readonly peak: number;
  readonly more: number;
  readonly stall: number | undefined;
}

const now = () => Number(process.hrtime.bigint() / 1000n);

/**
 * Routes over GoBGP's API, into the speaker and out of it to one neighbour, and its table listed: the same Go client
 * against Holdfast and gobgpd.
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
    ["way", "speaker", "routes/s", "beside gobgpd", "at the neighbour after s", "beside gobgpd"],
  ];
  for (const way of ways) {
    const results = new Map<PeerKind, Run>();
    for (const kind of kinds) {
      const runs: Run[] = [];
      for (let i = 0; i < options.runs; i++)
        runs.push(await add(kind, client, way, options.count, options.holdSeconds));
      const of = (key: keyof Run) => median(runs.map((run) => run[key]));
      results.set(kind, { answered: of("answered"), reached: of("reached") });
    }
    const reference = results.get("gobgp") as Run;
    for (const [kind, { answered, reached }] of results)
      rows.push([
        ...[way, kind, (options.count / answered).toFixed(0), (reference.answered / answered).toFixed(2)],
        ...[reached.toFixed(2), withRatio(reached, reference.reached, 2)],
      ]);
  }
  printTable(rows);
  process.stdout.write(`### ${options.listed} routes listed\n\n`);
  const listings: string[][] = [["speaker", "s", "peak MB", "by listing MB", "worst event-loop delay ms"]];
  for (const kind of kinds) {
    const { seconds, peak, more, stall } = await list(kind, client, options.listed, options.holdSeconds);
    listings.push([kind, seconds.toFixed(1), peak.toFixed(0), more.toFixed(0), stall?.toFixed(0) ?? "-"]);
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
    const [mode, how] = WAYS[way];
    const output = await lab.run("dut", [client, PORT, mode, `${count}`, how], { timeoutMs: RUN_TIMEOUT_MS });
    const { seconds } = JSON.parse(output) as { readonly seconds: number };
    const reached = await sink.event("reached", RUN_TIMEOUT_MS);
    sink.quit();
    return { answered: seconds, reached: ((reached["reachedAt"] as number) - from) / 1e6 };
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
    if (isOurs) await eventLoopStallMs(speaker); // begins a new interval
    const output = await lab.run("dut", [client, PORT, "list"], { timeoutMs: RUN_TIMEOUT_MS });
    const listed = JSON.parse(output) as { readonly count: number; readonly seconds: number };
    if (listed.count !== count) throw new Error(`${kind} lists ${listed.count} of ${count} routes`);
    const stall = isOurs ? await eventLoopStallMs(speaker) : undefined;
    const peak = memoryMegabytes(pid, "VmHWM");
    return { seconds: listed.seconds, peak, more: peak - before, stall };
  } finally {
    await lab.down();
  }
}
