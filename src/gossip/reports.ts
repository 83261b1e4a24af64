import { elapsed, type Instant, seconds } from "../lib/time.ts";
import type { GossipEvent, Out, WarningCode } from "./gossip-io.ts";
import type { MemberView } from "./member.ts";
import type { NodeClaim } from "./wire/index.ts";

const QUIET = seconds(30);
const SUBJECTS_MAX = 256;

/** Complaints about peers, each subject at most once in 30 s: whoever sends packets must not fill our log. */
export class Reports {
  readonly #out: Out;
  /** Insertion order is order of time. */
  readonly #said = new Map<string, Instant>();

  constructor(out: Out) {
    this.#out = out;
  }

  warn(now: Instant, code: WarningCode, subject: string, text: string): void {
    this.#once(now, `${code} ${subject}`, { type: "warning", code, text });
  }

  conflict(now: Instant, existing: MemberView, other: NodeClaim): void {
    this.#once(now, `conflict ${existing.name}`, { type: "conflict", existing: { ...existing }, other });
  }

  #once(now: Instant, key: string, event: GossipEvent): void {
    const before = this.#said.get(key);
    if (before !== undefined && elapsed(before, now) < QUIET) return;
    this.#said.delete(key);
    if (this.#said.size >= SUBJECTS_MAX) {
      const [oldest] = this.#said.keys();
      if (oldest !== undefined) this.#said.delete(oldest);
    }
    this.#said.set(key, now);
    this.#out.event(event);
  }
}
