import type { ComponentLogger } from "../platform/index.ts";
import type { Gates, VipName } from "../vip/index.ts";

/** VIPs that are named one by one when many change at once: one instance or check may gate thousands. */
const NAMED_MAX = 20;

/** Logs what the gates decided, after the routes are on their way. */
export class VerdictLog {
  readonly #log: ComponentLogger;
  readonly #gates: () => Gates;
  readonly #changed = new Set<VipName>();

  constructor(log: ComponentLogger, gates: () => Gates) {
    this.#log = log;
    this.#gates = gates;
  }

  add(vip: VipName): void {
    if (this.#changed.size === 0) setImmediate(() => this.#flush());
    this.#changed.add(vip);
  }

  #flush(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const vip of changed.slice(0, NAMED_MAX)) {
      const verdict = this.#gates().why(vip);
      if (verdict === undefined) this.#log.info("withdraw: no longer configured", { vip });
      else this.#log.info(`${verdict.action}: ${verdict.decisive.text}`, { vip });
    }
    if (changed.length > NAMED_MAX) this.#log.info(`and ${changed.length - NAMED_MAX} more VIPs`);
  }
}
