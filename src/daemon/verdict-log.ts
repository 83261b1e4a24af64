import type { EventLog } from "../api/holdfast/index.ts";
import type { ComponentLogger } from "../platform/index.ts";
import type { Gates, Verdict, VipName } from "../vip/index.ts";

/** VIPs that are named one by one when many change at once: one instance or check may gate thousands. */
const NAMED_MAX = 20;

/** Logs what the gates decided, and tells those who watch, after the routes are on their way. */
export class VerdictLog {
  readonly #log: ComponentLogger;
  readonly #events: EventLog;
  readonly #gates: () => Gates;
  readonly #changed = new Set<VipName>();

  constructor(log: ComponentLogger, events: EventLog, gates: () => Gates) {
    this.#log = log;
    this.#events = events;
    this.#gates = gates;
  }

  add(vip: VipName): void {
    if (this.#changed.size === 0) setImmediate(() => this.#flush());
    this.#changed.add(vip);
  }

  #flush(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const vip of changed.slice(0, NAMED_MAX)) this.#tell(vip, this.#gates().why(vip));
    if (changed.length <= NAMED_MAX) return;
    const text = `and ${changed.length - NAMED_MAX} more VIPs`;
    this.#log.info(text);
    this.#events.push({ level: "info", source: "vip", subject: "", type: "verdicts", text });
  }

  #tell(vip: VipName, verdict: Verdict | undefined): void {
    const text =
      verdict === undefined ? "withdraw: no longer configured" : `${verdict.action}: ${verdict.decisive.text}`;
    this.#log.info(text, { vip });
    const level = verdict === undefined || verdict.action === "announce" ? "info" : "warn";
    this.#events.push({ level, source: "vip", subject: vip, type: "verdict", text });
  }
}
