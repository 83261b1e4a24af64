import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIpv4Word } from "../../src/lib/address.ts";
import { FrameCapture, now } from "../frames.ts";
import { HoldfastVrrp } from "../peers/holdfast-vrrp.ts";
import { Keepalived } from "../peers/keepalived.ts";
import { type RouterSpec, type VrrpNode, waitState } from "../peers/vrrp-spec.ts";
import { Lab } from "../topology.ts";
import { printTable, waitQuiet } from "./bench-lab.ts";
import { cpuSeconds } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";
import { realisticStream } from "./stream.ts";

const INTERVAL_MS = 100;
const MASTER = { node: "a", address: "10.91.0.1" } as const;
const BACKUP = { node: "b", address: "10.91.0.2" } as const;
const FEEDER = { node: "c", address: "10.91.0.3", as: 65010 } as const;
const AS = 65001;
const FEED_TIMEOUT_MS = 300_000;
/** Processor time in a second that a speaker needs for its adverts alone, and no more: the table has been taken. */
const FED_CPU_SECONDS = 0.6;

export interface ScaleOptions {
  readonly instances: number;
  readonly seconds: number;
  /** Taken by the Master from a BGP neighbour meanwhile, in a run of their own; 0: no such run. */
  readonly prefixes: number;
}

interface Load {
  readonly masterCpu: number;
  readonly backupCpu: number;
  readonly jitter: Jitter;
  readonly adverts: number;
  readonly changes: number;
}

/** How far the pauses between a router's adverts are from the interval, in milliseconds. */
interface Jitter {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Many virtual routers at 100 ms: processor time of both sides, and how even the adverts are. */
export async function scale(options: ScaleOptions): Promise<void> {
  const { instances, seconds, prefixes } = options;
  process.stdout.write(`### ${instances} virtual routers at ${INTERVAL_MS} ms for ${seconds} s\n\n`);
  await waitQuiet();
  const idle = { ...options, prefixes: 0 };
  const rows: [string, Load][] = [
    ["keepalived", await measure("keepalived", idle)],
    ["holdfast", await measure("holdfast", idle)],
  ];
  if (prefixes > 0) rows.push([`holdfast while it takes ${prefixes} prefixes`, await measure("holdfast", options)]);
  const reference = rows[0]?.[1];
  const percent = (cpu: number, base: number | undefined) =>
    `${(cpu * 100).toFixed(1)} %${base === undefined ? "" : ` (${(cpu / base).toFixed(1)} x)`}`;
  printTable([
    ["system", "Master, of a core", "Backup, of a core", "jitter median / p99 / max ms", "adverts", "changes of state"],
    ...rows.map(([name, load]) => [
      name,
      percent(load.masterCpu, reference?.masterCpu),
      percent(load.backupCpu, reference?.backupCpu),
      [load.jitter.median, load.jitter.p99, load.jitter.max].map((ms) => ms.toFixed(2)).join(" / "),
      String(load.adverts),
      String(load.changes),
    ]),
  ]);
}

function routers(count: number, priority: number): RouterSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `r${i + 1}`,
    virtualRouterId: i + 1,
    priority,
    interval: INTERVAL_MS / 1000,
    addresses: [`10.91.9.${i + 1}/32`],
  }));
}

async function measure(kind: "holdfast" | "keepalived", options: ScaleOptions): Promise<Load> {
  const all = [MASTER, BACKUP, FEEDER];
  const members = all.map(({ node, address }) => ({ node, interface: "eth0", addresses: [`${address}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "link", members }] });
  const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  try {
    const frames = await FrameCapture.start(lab, FEEDER.node, "eth0", "vrrp");
    const [master, backup] = [MASTER, BACKUP].map(({ node, address }) =>
      speaker(kind, lab, node, address, routers(options.instances, node === MASTER.node ? 200 : 100)),
    ) as [VrrpNode, VrrpNode];
    const names = routers(options.instances, 100).map(({ name }) => name);
    await master.start();
    await waitState(master, names, "master");
    await backup.start();
    await waitState(backup, names, "backup");
    const feeder = options.prefixes === 0 ? undefined : await startFeeder(lab, directory, options.prefixes);
    // The second set of gratuitous ARPs, five seconds after the start, belongs to the start.
    await pause(6_000);
    const before = { master: cpu(master), backup: cpu(backup), at: now() };
    await (feeder === undefined ? pause(options.seconds * 1000) : feed(feeder, master as HoldfastVrrp));
    const after = { master: cpu(master), backup: cpu(backup), at: now() };
    const seconds = (after.at - before.at) / 1000;
    const adverts = frames.adverts((a) => a.time > before.at && a.time < after.at);
    if (feeder !== undefined) await assertTaken(master as HoldfastVrrp, options.prefixes);
    feeder?.quit();
    return {
      masterCpu: (after.master - before.master) / seconds,
      backupCpu: (after.backup - before.backup) / seconds,
      jitter: jitterOf(adverts),
      adverts: adverts.length,
      changes: adverts.filter((a) => a.source !== MASTER.address).length,
    };
  } finally {
    rmSync(directory, { recursive: true });
    await lab.down();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function speaker(
  kind: "holdfast" | "keepalived",
  lab: Lab,
  node: string,
  address: string,
  specs: RouterSpec[],
): VrrpNode {
  if (kind === "keepalived") return new Keepalived(lab, node, { routers: specs });
  const neighbor = { address: FEEDER.address, localAddress: address, as: FEEDER.as, passive: true, holdTime: 180 };
  const neighbors = node === MASTER.node ? [neighbor] : [];
  return new HoldfastVrrp(lab, node, { routers: specs }, { as: AS, routerId: address, neighbors });
}

/** Processor seconds of the process that speaks VRRP. */
function cpu(node: VrrpNode): number {
  return node instanceof Keepalived ? ticks(node.child as number) / 100 : cpuSeconds((node as HoldfastVrrp).pid);
}

/** keepalived's parent and child have one group; only the child's time is of interest. */
function ticks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

async function startFeeder(lab: Lab, directory: string, prefixes: number): Promise<BenchNeighbor> {
  const file = join(directory, "stream.bin");
  const nextHop = parseIpv4Word(FEEDER.address) as number;
  writeFileSync(file, realisticStream({ prefixes, seed: 1, as: FEEDER.as, nextHop }).bytes);
  const feeder = new BenchNeighbor(lab, FEEDER.node, {
    local: FEEDER.address,
    remote: MASTER.address,
    as: FEEDER.as,
    holdSeconds: 180,
    stream: file,
  });
  await feeder.event("established", 60_000);
  return feeder;
}

/** Feeds the table and waits until the speaker has it all, by its processor time: it is at rest again. */
async function feed(feeder: BenchNeighbor, master: HoldfastVrrp): Promise<void> {
  await feeder.ask("feed", "first-byte");
  await feeder.event("last-byte", FEED_TIMEOUT_MS);
  for (;;) {
    const before = cpuSeconds(master.pid);
    await pause(1_000);
    if (cpuSeconds(master.pid) - before < FED_CPU_SECONDS) return;
  }
}

async function assertTaken(master: HoldfastVrrp, prefixes: number): Promise<void> {
  const held = (await master.status()).tables["ipv4-unicast"].destinations;
  if (held !== prefixes) throw new Error(`the speaker holds ${held} of ${prefixes} prefixes`);
}

function jitterOf(adverts: readonly { readonly virtualRouterId: number; readonly time: number }[]): Jitter {
  const last = new Map<number, number>();
  const off: number[] = [];
  for (const { virtualRouterId, time } of adverts) {
    const before = last.get(virtualRouterId);
    last.set(virtualRouterId, time);
    if (before !== undefined) off.push(Math.abs(time - before - INTERVAL_MS));
  }
  off.sort((a, b) => a - b);
  const at = (share: number) => off[Math.min(off.length - 1, Math.floor(off.length * share))] ?? 0;
  return { median: at(0.5), p99: at(0.99), max: at(1) };
}
