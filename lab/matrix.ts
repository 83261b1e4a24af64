/**
 * Graceful restart beside other speakers, as a table: `npm run matrix -- [--jobs 2] [--only TEXT;...] [--write]`. Needs
 * root. TEXT is part of a cell's name, such as "bird helps" or "SIGKILL, late". With --write the rows go into
 * docs/restart-matrix.md, in the place of older ones of the same cells. Exits 1 when a route was absent where the RFCs
 * promise that it is not, or when a cell could not be measured.
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Cell, observe, reasonAgainst } from "./matrix-cell.ts";
import { CELLS, nameOf } from "./matrix-scenarios.ts";
import { emptyRow, line, type Row, rowOf, tableOf, withRows } from "./matrix-table.ts";

const DOCUMENT = resolve(import.meta.dirname, "../docs/restart-matrix.md");

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
const wanted = values.only.split(";");
const queue = CELLS.filter((cell) => wanted.some((text) => nameOf(cell).includes(text)));
const rows: Row[] = [];

async function measure(cell: Cell): Promise<Row> {
  const reason = reasonAgainst(cell);
  if (reason !== undefined) return emptyRow(cell, reason);
  try {
    return rowOf(cell, await observe(cell));
  } catch (error) {
    process.stderr.write(`${nameOf(cell)}: ${error instanceof Error ? error.message : String(error)}\n`);
    return emptyRow(cell, "NOT MEASURED");
  }
}

async function work(): Promise<void> {
  for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
    const row = await measure(cell);
    rows.push(row);
    process.stderr.write(`${line(row)}\n`);
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
if (values.write) await writeFile(DOCUMENT, withRows(await readFile(DOCUMENT, "utf8"), rows));
process.stdout.write(`${tableOf(rows)}\n`);
if (rows.some((row) => ["VIOLATION", "NOT MEASURED"].includes(row.at(-1) ?? ""))) process.exitCode = 1;
