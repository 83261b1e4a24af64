import type { AdjOut } from "./adj-out.ts";
import type { PathIndex, PathTable } from "./path-table.ts";
import type { PrefixIndex } from "./prefix-table.ts";

/** Rows looked at in a slice, and rows in which something was done. Either takes about a millisecond. */
const ROWS_MAX = 65_536;
const TOUCHED_MAX = 8_192;

/** Work that goes over a whole table, a slice at a time. */
export interface Sweep {
  /** Does a slice; true: it was the last. */
  step(): boolean;
}

/** Shows every path to `visit`, which says whether it did something. Paths that are added meanwhile may be missed. */
export class PathSweep implements Sweep {
  readonly #paths: PathTable;
  readonly #visit: (path: PathIndex) => boolean;
  #next = 1;

  constructor(paths: PathTable, visit: (path: PathIndex) => boolean) {
    this.#paths = paths;
    this.#visit = visit;
  }

  step(): boolean {
    const end = Math.min(this.#paths.limit, this.#next + ROWS_MAX);
    let touched = 0;
    while (this.#next < end && touched < TOUCHED_MAX) {
      const path = this.#next++;
      if (this.#paths.isUsed(path) && this.#visit(path)) touched++;
    }
    return this.#next >= this.#paths.limit;
  }
}

/** Empties an Adj-RIB-Out that nobody uses any more. */
export class DropSweep implements Sweep {
  readonly #adjOut: AdjOut;
  readonly #release: (destination: PrefixIndex) => void;
  #next = 1;

  constructor(adjOut: AdjOut, release: (destination: PrefixIndex) => void) {
    this.#adjOut = adjOut;
    this.#release = release;
  }

  step(): boolean {
    const end = Math.min(this.#adjOut.limit, this.#next + ROWS_MAX);
    let touched = 0;
    while (this.#next < end && touched < TOUCHED_MAX) {
      const destination = this.#next++;
      if (!this.#adjOut.holds(destination)) continue;
      this.#adjOut.drop(destination);
      this.#release(destination);
      touched++;
    }
    return this.#next >= this.#adjOut.limit;
  }
}

/** Something to do when the sweeps before it are done. */
export class Finally implements Sweep {
  readonly #run: () => void;

  constructor(run: () => void) {
    this.#run = run;
  }

  step(): boolean {
    this.#run();
    return true;
  }
}
