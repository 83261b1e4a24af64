/** The matrix as text: a row for a cell, and the part of docs/restart-matrix.md that is made of rows. */
import type { CapturedOpen } from "./capture.ts";
import { type Cell, type Observed, type Scenario, verdictOf } from "./matrix-cell.ts";
import { CELLS, PAIRS, withOf } from "./matrix-scenarios.ts";

/** The first words of a row say which cell it is, the last is the verdict. */
export type Row = readonly string[];

const NAME_WORDS = 5;
const HEAD: Row = [
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

const ms = (value: number | undefined) => (value === undefined ? "-" : `${value}`);

function bits(open: CapturedOpen | undefined): string {
  if (open === undefined) return "-";
  if (!open.gracefulRestart) return "none";
  return `R${Number(open.restarting)} F${Number(open.forwarding.includes(1))}${open.notification ? " N" : ""}`;
}

const scenarioWords = (scenario: Scenario): Row => [scenario.event, scenario.back, withOf(scenario)];
const nameWords = (cell: Cell): Row => [cell.restarting, cell.helper, ...scenarioWords(cell)];
const keyOf = (row: Row): string => row.slice(0, NAME_WORDS).join(" | ");

export function rowOf(cell: Cell, seen: Observed): Row {
  return [
    ...nameWords(cell),
    `${seen.absent} of ${seen.asked}`,
    ms(seen.staleMs),
    ms(seen.longLivedMs),
    ms(seen.goneMs),
    ms(seen.freshMs),
    bits(seen.restartingOpen),
    bits(seen.helperOpen),
    `${ms(seen.endOfRibMs)}, ${ms(seen.helperEndOfRibMs)}`,
    verdictOf(cell, seen),
  ];
}

/** A cell of which nothing was seen, and why. */
export function emptyRow(cell: Cell, reason: string): Row {
  return [...nameWords(cell), ...HEAD.slice(NAME_WORDS + 1).map(() => ""), reason];
}

export const line = (row: Row): string => `| ${row.join(" | ")} |`;

function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** All rows, in the order of the cells whatever the order in which they were measured. */
export function tableOf(rows: readonly Row[]): string {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const inOrder = CELLS.map((cell) => byKey.get(keyOf(nameWords(cell))));
  return table(
    HEAD,
    inOrder.filter((row) => row !== undefined),
  );
}

/** The verdict, and when the route was gone. */
function shortVerdict(row: Row | undefined): string {
  const verdict = row?.at(-1) ?? "";
  return verdict === "allowed" ? `gone, ${(Number(row?.[HEAD.indexOf("gone")]) / 1000).toFixed(1)} s` : verdict;
}

/** One line for a scenario, one column for a pair, and nothing but the verdicts. */
function verdicts(rows: readonly Row[]): string {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const columns = PAIRS.map((pair) =>
    pair.helper === "holdfast" ? `${pair.restarting} restarts` : `${pair.helper} helps`,
  );
  const scenarios = new Map(CELLS.map((cell) => [scenarioWords(cell).join(), scenarioWords(cell)]));
  const body = [...scenarios.values()].map((words) => [
    ...words,
    ...PAIRS.map((pair) => shortVerdict(byKey.get(keyOf([pair.restarting, pair.helper, ...words])))),
  ]);
  return table(["event", "is back", "with", ...columns], body);
}

const MARK = "<!-- What follows is written by: npm run matrix -- --write -->";

/** The document with what was measured now; what it had of other cells stays. */
export function withRows(document: string, rows: readonly Row[]): string {
  const [prose = "", old = ""] = document.split(MARK);
  const kept = old
    .split("\n")
    .map((text) => text.split("|").slice(1, -1))
    .filter((words) => words.length === HEAD.length)
    .map((words) => words.map((word) => word.trim()));
  const all = [...kept, ...rows];
  const parts = ["## Verdicts", verdicts(all), "## What was seen", tableOf(all)];
  return `${[`${prose.trimEnd()}`, MARK, ...parts].join("\n\n")}\n`;
}
