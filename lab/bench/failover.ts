/**
 * How long a gateway's failover takes, on the wire: `npm run bench:failover -- [events|load|scale|all] [--runs 5]`.
 * Needs root. Holdfast beside keepalived with notify scripts that call gobgp, in the same run.
 */
import { parseArgs } from "node:util";
import { printTable, waitQuiet } from "./bench-lab.ts";
import { EVENTS, type Failover, type Failovers, failovers, type Scenario } from "./failover-events.ts";
import { scale } from "./failover-scale.ts";
import type { SystemKind } from "./gateway-pair.ts";
import { median } from "./measure.ts";

const SYSTEMS: readonly SystemKind[] = ["holdfast", "keepalived + gobgp"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    intervals: { type: "string", default: "1000,100" },
    hogs: { type: "string", default: "8" },
    instances: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    prefixes: { type: "string", default: "1000000" },
  },
});
const what = positionals[0] ?? "all";
const runs = Number(values.runs);
const intervals = values.intervals.split(",").map(Number);

if (what === "events" || what === "all") {
  process.stdout.write("### A Master goes: idle machine, ms\n\n");
  await compare(EVENTS.flatMap((event) => intervals.map((intervalMs) => ({ event, intervalMs, hogs: 0 }))));
}
if (what === "load" || what === "all") {
  const hogs = Number(values.hogs);
  process.stdout.write(`### A Master goes: ${hogs} processes that take all processor time they get, ms\n\n`);
  await compare((["SIGTERM", "SIGKILL"] as const).map((event) => ({ event, intervalMs: 100, hogs })));
}
if (what === "scale" || what === "all")
  await scale({
    instances: Number(values.instances),
    seconds: Number(values.seconds),
    prefixes: Number(values.prefixes),
  });

async function compare(scenarios: readonly Scenario[]): Promise<void> {
  await waitQuiet();
  const rows: string[][] = [
    ["event", "interval", "system", "takeover beyond theory", "advert to UPDATE", "old path gone", "event to new path"],
  ];
  for (const scenario of scenarios) {
    const results = new Map<SystemKind, Failovers>();
    for (const system of SYSTEMS) results.set(system, await failovers(system, scenario, runs));
    const reference = results.get("keepalived + gobgp")?.done;
    const columns: ((one: Failover) => number | undefined)[] = [
      (one) => one.takeover - one.theory,
      (one) => one.announce,
      (one) => one.withdraw,
      (one) => one.total,
    ];
    for (const [system, { done, flapped }] of results) {
      const cells = columns.map((of) => cell(done.map(of), system === "holdfast" ? reference?.map(of) : undefined));
      const count = flapped === 0 ? `${done.length}` : `${done.length}, and ${flapped} had flapped before`;
      rows.push([scenario.event, `${scenario.intervalMs}`, `${system} (${count})`, ...cells]);
    }
  }
  printTable(rows);
}

/** Median, least and most, and the ratio to the reference's median; "never" for what did not happen. */
function cell(
  measured: readonly (number | undefined)[],
  reference: readonly (number | undefined)[] | undefined,
): string {
  const known = measured.filter((value) => value !== undefined);
  if (known.length === 0) return "never";
  const range = `${median(known).toFixed(1)} (${Math.min(...known).toFixed(1)}-${Math.max(...known).toFixed(1)})`;
  const kept =
    known.length === measured.length ? "" : `, ${measured.length - known.length} of ${measured.length} never`;
  const theirs = (reference ?? []).filter((value) => value !== undefined);
  const ratio = theirs.length === 0 ? "" : ` ${(median(known) / median(theirs)).toFixed(2)} x`;
  return `${range}${kept}${ratio}`;
}
