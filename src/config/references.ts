import { nearest } from "./nearest.ts";
import type { Path } from "./positions.ts";
import type { Report } from "./report.ts";

/** Faults that keys of several tables make together: what is missing, given twice, or named and not there. */

/** Reports a key that must be there, unless it is there and wrong. `path` is the table's. */
export function requireKey(report: Report, path: Path, key: string): void {
  const at = [...path, key];
  if (report.isWritten(at) || path.some((_, i) => report.isFaulty(path.slice(0, i + 1)))) return;
  report.error(at, `\`${key}\` is missing`);
}

/** An array that was written without elements; not one whose elements were all wrong. */
export function isEmptyArray(report: Report, at: Path, items: readonly unknown[] | undefined): boolean {
  return items?.length === 0 && !report.isWritten([...at, 0]);
}

/** Reports every name that was there before, with the line of the first. */
export function checkDuplicates(
  report: Report,
  entries: readonly (readonly [name: string | undefined, at: Path])[],
): void {
  const seen = new Map<string, Path>();
  for (const [name, at] of entries) {
    if (name === undefined) continue;
    const first = seen.get(name);
    const key = at.findLast((part) => typeof part === "string");
    if (first === undefined) seen.set(name, at);
    else report.error(at, `\`${key}\` "${name}" is there twice; first in line ${report.lineOf(first)}`);
  }
}

/** Reports a name that nothing has. `what`: "peer group". */
export function reportUnknown(report: Report, at: Path, what: string, name: string, known: readonly string[]): void {
  const meant = nearest(name, known);
  const there = known.length === 0 ? `there is no ${what}` : `there is: ${known.map((n) => `"${n}"`).join(", ")}`;
  const help = meant === undefined ? there : `did you mean "${meant}"?`;
  report.error(at, `${what} "${name}" is not defined`, { help });
}
