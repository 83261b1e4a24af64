import { elapsed, type Instant, type Micros } from "../lib/time.ts";
import type { MemberView } from "./member.ts";
import type { Endpoint } from "./wire/index.ts";

const LOST_MAX = 4096;

/** Members that died without leaving and have not come back: remembered after the member table has forgotten them. */
export class Lost {
  readonly #timeout: Micros;
  /** By name; the longest dead first. */
  readonly #lost = new Map<string, { readonly endpoint: Endpoint; readonly since: Instant }>();

  /** `timeout`: how long each is remembered. */
  constructor(timeout: Micros) {
    this.#timeout = timeout;
  }

  get size(): number {
    return this.#lost.size;
  }

  /** Where they were last. */
  *[Symbol.iterator](): IterableIterator<Endpoint> {
    for (const { endpoint } of this.#lost.values()) yield endpoint;
  }

  /** A member is gone. Only the dead are sought: who left does not want to be found. */
  gone(now: Instant, member: MemberView): void {
    this.#lost.delete(member.name);
    if (member.state !== "dead") return;
    if (this.#lost.size >= LOST_MAX) {
      const [oldest] = this.#lost.keys();
      if (oldest !== undefined) this.#lost.delete(oldest);
    }
    this.#lost.set(member.name, { endpoint: member.endpoint, since: now });
  }

  /** A member is (back) there. */
  found(name: string): void {
    this.#lost.delete(name);
  }

  /** Gives up those that are dead for too long. */
  expire(now: Instant): void {
    for (const [name, { since }] of this.#lost) {
      if (elapsed(since, now) <= this.#timeout) return;
      this.#lost.delete(name);
    }
  }
}
