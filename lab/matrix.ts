/**
 * Graceful restart beside other speakers, as a table: `npm run matrix -- [--jobs 2] [--only TEXT;...]`. Needs root. TEXT
 * is part of a cell's name, such as "bird helps" or "SIGKILL, late". Exits 1 when a route was absent where the RFCs
 * promise that it is not, or when a cell could not be measured.
 */
import { parseArgs } from "node:util";
import { printTable } from "./bench/bench-lab.ts";
import type { CapturedOpen } from "./capture.ts";
import { type Cell, type Observed, observe, reasonAgainst, type Scenario, verdictOf } from "./matrix-cell.ts";
import type { PeerKind } from "./peers/index.ts";

/** Long-lived staleness matters to who is late or does not come, the N bit to who falls silent. */
const SCENARIOS: readonly Scenario[] = [
  { event: "SIGKILL", back: "in time" },
  { event: "SIGKILL", back: "in time", longLived: true },
  { event: "SIGKILL", back: "late" },
  { event: "SIGKILL", back: "late", longLived: true },
  { event: "SIGKILL", back: "never" },
  { event: "SIGKILL", back: "never", longLived: true },
  { event: "SIGKILL", back: "route missing" },
  { event: "SIGKILL", back: "family missing" },
  { event: "SIGKILL", back: "not forwarding" },
  { event: "SIGKILL", back: "twice" },
  { event: "SIGTERM", back: "in time" },
  { event: "stop --hold", back: "in time" },
  { event: "TCP reset", back: "in time" },
  { event: "SIGSTOP", back: "in time" },
  { event: "SIGSTOP", back: "in time", notification: true },
  { event: "SIGSTOP", back: "late", notification: true },
  { event: "SIGSTOP", back: "never", longLived: true, notification: true },
  { event: "link loss", back: "in time" },
  { event: "link loss", back: "in time", notification: true },
  { event: "link loss", back: "never", longLived: true, notification: true },
];

const PAIRS: readonly { readonly restarting: PeerKind; readonly helper: PeerKind }[] = [
  ...(["bird", "frr", "gobgp", "openbgpd"] as const).map((helper) => ({ restarting: "holdfast" as const, helper })),
  ...(["bird", "frr", "gobgp"] as const).map((restarting) => ({ restarting, helper: "holdfast" as const })),
];

const HEAD = [
  "restarts",
  "helps",
  "event",
  "is back",
  "with",
  "absent",
  "stale",
  "LLGR_STALE",
  "gone",
  "fresh",
  "OPEN of who restarts",
  "OPEN of who helps",
  "End-of-RIB of each",
  "verdict",
];

const withOf = ({ longLived, notification }: Scenario) =>
  [longLived ? "LLGR" : "", notification ? "N" : ""].filter(Boolean).join(", ");

function nameOf(cell: Cell): string {
  const extra = withOf(cell);
  return `${cell.restarting} restarts, ${cell.helper} helps: ${cell.event}, ${cell.back}${extra && `, with ${extra}`}`;
}

const ms = (value: number | undefined) => (value === undefined ? "-" : `${value}`);

function bits(open: CapturedOpen | undefined): string {
  if (open === undefined) return "-";
  if (!open.gracefulRestart) return "none";
  return `R${Number(open.restarting)} F${Number(open.forwarding.includes(1))}${open.notification ? " N" : ""}`;
}

function row(cell: Cell, seen: Observed): string[] {
  return [
    `${seen.absent} of ${seen.asked}`,
    ms(seen.staleMs),
    ms(seen.longLivedMs),
    ms(seen.goneMs),
    ms(seen.backMs),
    bits(seen.restartingOpen),
    bits(seen.helperOpen),
    `${ms(seen.endOfRibMs)}, ${ms(seen.helperEndOfRibMs)}`,
    verdictOf(cell, seen),
  ];
}

const { values } = parseArgs({ options: { jobs: { type: "string", default: "2" }, only: { type: "string" } } });
const wanted = values.only?.split(";") ?? [""];
const cells = SCENARIOS.flatMap((scenario) => PAIRS.map((pair): Cell => ({ ...pair, ...scenario }))).filter((cell) =>
  wanted.some((text) => nameOf(cell).includes(text)),
);
const rows: string[][] = cells.map(() => []);
let next = 0;
let hasFailed = false;

async function work(): Promise<void> {
  for (let index = next++; index < cells.length; index = next++) {
    const cell = cells[index] as Cell;
    const name = [cell.restarting, cell.helper, cell.event, cell.back, withOf(cell)];
    const reason = reasonAgainst(cell);
    let result: string[];
    try {
      result = reason === undefined ? row(cell, await observe(cell)) : [...HEAD.slice(6).map(() => ""), reason];
    } catch (error) {
      process.stderr.write(`${nameOf(cell)}: ${error instanceof Error ? error.message : String(error)}\n`);
      result = [...HEAD.slice(6).map(() => ""), "NOT MEASURED"];
    }
    const verdict = result.at(-1) ?? "";
    hasFailed ||= verdict === "VIOLATION" || verdict === "NOT MEASURED";
    rows[index] = [...name, ...result];
    process.stderr.write(`| ${[...name, ...result].join(" | ")} |\n`);
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
printTable([HEAD, ...rows]);
if (hasFailed) process.exitCode = 1;
