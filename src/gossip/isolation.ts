import type { Out } from "./gossip-io.ts";
import type { MemberTable } from "./member-table.ts";

/** Probes that fail one after another, with nothing heard from anybody between them, until we doubt ourselves. */
const SILENT_PROBES = 3;

/**
 * Notices when the one who is cut off is us: several different members fail and nobody at all is heard, or nobody is
 * left alive while there should be others. What we then believe of the others is worth nothing, and we say so.
 */
export class Isolation {
  readonly #table: MemberTable;
  readonly #out: Out;
  /** Whether somebody is missing whom we would join: the dead and the seeds. */
  readonly #missing: () => boolean;
  #silentProbes = 0;
  #isolated = false;

  constructor(table: MemberTable, out: Out, missing: () => boolean) {
    this.#table = table;
    this.#out = out;
    this.#missing = missing;
  }

  get isolated(): boolean {
    return this.#isolated;
  }

  heard(): void {
    this.#silentProbes = 0;
  }

  probeFailed(): void {
    this.#silentProbes++;
  }

  /** Looks again; to be called after each turn. `aliveOthers`: members alive but ourselves. */
  update(aliveOthers: number): void {
    const silent = this.#silentProbes >= Math.min(SILENT_PROBES, Math.max(1, aliveOthers));
    const alone = aliveOthers === 0 && (this.#table.count("suspect") > 0 || this.#missing());
    const isolated = alone || (silent && aliveOthers > 0);
    if (isolated === this.#isolated) return;
    this.#isolated = isolated;
    this.#out.event({ type: "isolation", isolated });
  }
}
