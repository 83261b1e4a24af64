import type { FamilyConfig } from "./peer-config.ts";
import { FAMILIES, type Family } from "./wire/index.ts";

/** What a count of received prefixes asks for. */
export type LimitVerdict = "ok" | "warn" | "exceeded";

/** Watches the number of prefixes that one neighbour has in one Adj-RIB-In against its limit; warns once per crossing. */
export class PrefixLimiter {
  readonly #warned = FAMILIES.map(() => false);

  /** The verdict on `count` prefixes of this family. "warn" is given once until the count falls below the threshold. */
  check(config: FamilyConfig, count: number): LimitVerdict {
    const limit = config.prefixLimit;
    if (limit === undefined) return "ok";
    if (count > limit.max) return "exceeded";
    const threshold = Math.ceil((limit.max * limit.warningPercent) / 100);
    const above = limit.warningPercent > 0 && count >= threshold;
    const crossed = above && !this.#warned[config.family];
    this.#warned[config.family] = above;
    return crossed ? "warn" : "ok";
  }

  /** Starts anew: the session has ended. */
  reset(): void {
    this.#warned.fill(false);
  }

  /** Whether the warning of this family stands. */
  isWarned(family: Family): boolean {
    return this.#warned[family] === true;
  }
}
