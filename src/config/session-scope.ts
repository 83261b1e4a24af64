import type { Path } from "./positions.ts";
import type { Report } from "./report.ts";

/** Reports faults of a session where its key is written: with the neighbour, or with its group. */
export class SessionScope {
  readonly report: Report;
  /** Tables that the values come from, the strongest first. */
  readonly #paths: readonly [Path, ...Path[]];

  constructor(report: Report, paths: readonly [Path, ...Path[]]) {
    this.report = report;
    this.#paths = paths;
  }

  at(...key: Path): Path {
    const [first] = this.#paths;
    return [...(this.#paths.find((path) => this.report.isWritten([...path, ...key])) ?? first), ...key];
  }

  isWritten(...key: Path): boolean {
    return this.report.isWritten(this.at(...key));
  }

  /** Written, and wrong by itself. */
  isFaulty(...key: Path): boolean {
    return this.report.isFaulty(this.at(...key));
  }

  error(key: Path, message: string, help?: string): void {
    this.report.error(this.at(...key), message, { help });
  }

  warning(key: Path, message: string, help?: string): void {
    this.report.warning(this.at(...key), message, { help });
  }
}
