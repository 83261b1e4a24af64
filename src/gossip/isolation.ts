import type { Out } from "./gossip-io.ts";
import type { Members } from "./member-table.ts";

/**
 * Probes that fail with nothing heard from anybody since, until we doubt ourselves. Those who are asked to probe for us
 * answer with a nack if they are there, so one silent probe alone is rare enough already.
 */
const SILENT_PROBES = 2;

/**
 * Notices when the one who is cut off is us: several different members fail and nobody at all is heard, or nobody is
 * left alive while there should be others. What we then believe of the others is worth nothing, and we say so.
 */
export class Isolation {
  readonly #table: Members;
  readonly #out: Out;
  /** Whether somebody is missing whom we would join: the dead and the seeds. */
  readonly #missing: () => boolean;
  #silentProbes = 0;
  #isolated = false;

  constructor(table: Members, out: Out, missing: () => boolean) {
    this.#table = table;
    this.#out = out;
    this.#missing = missing;
  }

  get isolated(): boolean {
    return this.#isolated;
  }

  /** Anybody was heard. */
  heard(): void {
    this.#silentProbes = 0;
  }

  probeFailed(): void {
    this.#silentProbes++;
  }

  /** Looks again; to be called after each turn. `aliveOthers`: members alive but ourselves. */
  update(aliveOthers: number): void {
    const silent = this.#silentProbes >= SILENT_PROBES && aliveOthers > 0;
    const alone = aliveOthers === 0 && (this.#table.count("suspect") > 0 || this.#missing());
    const isolated = alone || silent;
    if (isolated === this.#isolated) return;
    this.#isolated = isolated;
    this.#out.event({ type: "isolation", isolated });
  }
}
