/**
 * Gossip beside HashiCorp's: `npm run bench:gossip -- [protocol|partition|all] [--n 3,10,50] [--runs 3] [--crashes 5]
 * [--idle 10]`. Needs root. Both with LAN settings, all nodes of a cluster in one process, on loopback, in turns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { printTable } from "./bench-lab.ts";
import { Cluster, type Implementation } from "./gossip-cluster.ts";
import { partition } from "./gossip-partition.ts";
import { cpuSeconds, median, memoryMegabytes } from "./measure.ts";

const IMPLEMENTATIONS: readonly Implementation[] = ["holdfast", "memberlist"];
/** memberlist's storms of joins may need a push/pull, which is due after a minute at 50 nodes. */
const JOIN_TIMEOUT_MS = 90_000;
const NEWS_TIMEOUT_MS = 60_000;
/** Who joined last is still being told for some seconds, and push/pulls come early in a node's life. */
const SETTLE_MS = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: "string", default: "3,10,50" },
    runs: { type: "string", default: "3" },
    crashes: { type: "string", default: "5" },
    idle: { type: "string", default: "10" },
  },
});
const what = positionals[0] ?? "all";
const runs = Number(values.runs);
const crashes = Number(values.crashes);
const idleMs = 1000 * Number(values.idle);

type Figure = number | undefined;

/** Figures of one run, in the order of ROWS: what was measured, undefined for what did not happen in time. */
type Figures = readonly (readonly Figure[])[];

/** In the order in which a run gives them. */
const ROWS: readonly { readonly name: string; readonly digits: number }[] = [
  { name: "join one after another, all see all, s", digits: 2 },
  { name: "new meta at all, s", digits: 2 },
  { name: "crash, first observer, s", digits: 2 },
  { name: "crash, median observer, s", digits: 2 },
  { name: "crash, last observer, s", digits: 2 },
  { name: "restart and join, all see it, s", digits: 2 },
  { name: "leave known to all, s", digits: 2 },
  { name: "idle: packets/s a node", digits: 2 },
  { name: "idle: octets/s a node", digits: 0 },
  { name: "whole run: packets a node", digits: 0 },
  { name: "whole run: kB a node", digits: 1 },
  { name: "idle: CPU a node, % of a core", digits: 3 },
  { name: "whole run: CPU a node, ms", digits: 1 },
  { name: "memory of the process, MB", digits: 0 },
];

async function joinAll(cluster: Cluster, n: number): Promise<number | undefined> {
  const numbers = Array.from({ length: n }, (_, i) => i + 1);
  await cluster.tellAll(numbers.map((i) => `start ${i}`));
  const begun = await cluster.tellAll(numbers.slice(1).map((i) => `join ${i} 1`));
  let last = 0;
  for (let i = 1; i <= n; i++) {
    const times = await cluster.noticed("join", `${i}`, begun, n - 1, JOIN_TIMEOUT_MS);
    if (times === undefined) return undefined;
    last = Math.max(last, times.at(-1) as number);
  }
  return last / 1000;
}

async function idle(cluster: Cluster, n: number): Promise<number[]> {
  const cpu = cpuSeconds(cluster.pid);
  const { packets, octets } = cluster.traffic();
  const begun = performance.now();
  await sleep(idleMs);
  const seconds = (performance.now() - begun) / 1000;
  const after = cluster.traffic();
  return [
    (after.packets - packets) / seconds / n,
    (after.octets - octets) / seconds / n,
    (100 * (cpuSeconds(cluster.pid) - cpu)) / seconds / n,
  ];
}

/** One cluster through all that happens to a cluster. */
async function protocolRun(implementation: Implementation, n: number): Promise<Figures> {
  const cluster = await Cluster.start(implementation);
  try {
    const joined = await joinAll(cluster, n);
    await sleep(SETTLE_MS);
    const [packets, octets, cpu] = await idle(cluster, n);
    const news = async (event: string, subject: number, at: number) =>
      (await cluster.noticed(event, `${subject}`, at, n - 1, NEWS_TIMEOUT_MS))?.map((ms) => ms / 1000);
    const [meta, first, middle, last, rejoined]: Figure[][] = [[], [], [], [], []];
    for (let i = 0; i < crashes; i++) {
      meta?.push((await news("update", 1, await cluster.tell(`meta 1 new${i}`)))?.at(-1));
      // Not always at the same point of the others' turns.
      await sleep(1000 * Math.random());
      const victim = n - (i % (n - 1));
      const died = await news("gone", victim, await cluster.tell(`crash ${victim}`));
      first?.push(died?.[0]);
      middle?.push(died === undefined ? undefined : median(died));
      last?.push(died?.at(-1));
      const restarted = await cluster.tell(`start ${victim}`);
      await cluster.tell(`join ${victim} 1`);
      rejoined?.push((await news("join", victim, restarted))?.at(-1));
      await sleep(1000);
    }
    const left = (await news("gone", 2, await cluster.tell("leave 2")))?.at(-1);
    const total = cluster.traffic();
    const singles = [total.packets / n, total.octets / n / 1000, cpu, (1000 * cpuSeconds(cluster.pid)) / n];
    const protocol = [[joined], meta, first, middle, last, rejoined, [left], [packets], [octets]];
    return [...protocol, ...singles.map((v) => [v]), [memoryMegabytes(cluster.pid, "VmRSS")]] as Figures;
  } finally {
    cluster.stop();
  }
}

function cell(values: readonly Figure[], digits: number): string {
  const numbers = values.filter((v) => v !== undefined);
  if (numbers.length === 0) return "never";
  const range = `${Math.min(...numbers).toFixed(digits)}-${Math.max(...numbers).toFixed(digits)}`;
  const missing = values.length - numbers.length;
  return `${median(numbers).toFixed(digits)} (${range})${missing > 0 ? `, ${missing} never` : ""}`;
}

function ratio(ours: readonly Figure[], theirs: readonly Figure[]): string {
  const numbers = [ours, theirs].map((list) => list.filter((v) => v !== undefined));
  const [a = [], b = []] = numbers;
  if (a.length === 0 || b.length === 0 || median(b) === 0) return "-";
  return `${(median(a) / median(b)).toFixed(2)} x`;
}

async function protocol(): Promise<void> {
  for (const n of values.n.split(",").map(Number)) {
    const results = new Map<Implementation, Figures[]>(IMPLEMENTATIONS.map((i) => [i, []]));
    // Side by side, so that what else the machine does meets both.
    const both = async () =>
      await Promise.all(IMPLEMENTATIONS.map(async (i) => results.get(i)?.push(await protocolRun(i, n))));
    for (let run = 0; run < runs; run++) await both();
    const of = (implementation: Implementation, row: number) =>
      (results.get(implementation) ?? []).flatMap((figures) => figures[row] ?? []);
    process.stdout.write(
      `### ${n} nodes, ${runs} clusters of each, ${crashes} crashes in each: median (least-most)\n\n`,
    );
    const rows = ROWS.map(({ name, digits }, row) => {
      const [ours, theirs] = [of("holdfast", row), of("memberlist", row)];
      return [name, cell(ours, digits), cell(theirs, digits), ratio(ours, theirs)];
    });
    printTable([["", "holdfast", "memberlist 0.2.2", "ratio"], ...rows]);
  }
}

if (what === "protocol" || what === "all") await protocol();
if (what === "partition" || what === "all") await partition();
process.exit();
