import type { Instant } from "../lib/time.ts";
import type { Out } from "./gossip-io.ts";
import type { MemberTable } from "./member-table.ts";

/**
 * Probes that fail one after another with nothing heard from anybody while they ran, until we doubt ourselves. Those who
 * are asked to probe for us answer with a nack if they are there, so one silent probe alone is rare enough already.
 */
const SILENT_PROBES = 2;

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
  #lastHeard = Number.NEGATIVE_INFINITY as Instant;
  #isolated = false;

  constructor(table: MemberTable, out: Out, missing: () => boolean) {
    this.#table = table;
    this.#out = out;
    this.#missing = missing;
  }

  get isolated(): boolean {
    return this.#isolated;
  }

  /** Anybody was heard. */
  heard(now: Instant): void {
    this.#lastHeard = now;
    this.#silentProbes = 0;
  }

  /** A probe that began at `sentAt` failed. */
  probeFailed(sentAt: Instant): void {
    if (this.#lastHeard < sentAt) this.#silentProbes++;
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
