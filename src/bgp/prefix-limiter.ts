import type { PrefixLimit } from "./peer-config.ts";
import { FAMILIES, type Family } from "./wire/index.ts";

/** What a count of received prefixes asks for. */
export type LimitVerdict = "ok" | "warn" | "exceeded";

/** Watches the number of prefixes that one neighbour has in each Adj-RIB-In against its limit. Speaks once per crossing. */
export class PrefixLimiter {
  readonly #said: LimitVerdict[] = FAMILIES.map(() => "ok");

  /** The verdict on `count` prefixes of this family when it is worse than the last one; else "ok". */
  check(family: Family, limit: PrefixLimit, count: number): LimitVerdict {
    const before = this.#said[family] as LimitVerdict;
    const verdict = judge(limit, count);
    this.#said[family] = verdict;
    return verdict === before || (verdict === "warn" && before === "exceeded") ? "ok" : verdict;
  }

  /** Starts anew: the session has ended. */
  reset(): void {
    this.#said.fill("ok");
  }
}

function judge({ max, warningPercent, action }: PrefixLimit, count: number): LimitVerdict {
  // What is beyond the limit is not counted when it is dropped: to be full is all there is to see.
  if (action === "discard" ? count >= max : count > max) return "exceeded";
  return warningPercent > 0 && count >= Math.ceil((max * warningPercent) / 100) ? "warn" : "ok";
}
