import type { Instant } from "../lib/time.ts";
import type { Gate } from "./gate-state.ts";

/** What many VIPs may hang on: a virtual router, or a check. Knows whom a change concerns. */
export interface Source<T> {
  readonly name: string;
  value: T | "unknown";
  since: Instant;
  detail: string;
  readonly gates: Set<Gate>;
}

/** All virtual routers, or all checks, by name: those that a VIP asks for and those that have said something. */
export class Sources<T> {
  readonly #byName = new Map<string, Source<T>>();

  /** Hangs a gate on a source. */
  join(now: Instant, name: string, gate: Gate): Source<T> {
    const source = this.#get(now, name);
    source.gates.add(gate);
    return source;
  }

  leave(source: Source<T>, gate: Gate): void {
    source.gates.delete(gate);
    this.#forget(source);
  }

  /** Takes up a new value. The source when it is a new one, undefined when nobody needs to hear of it. */
  set(now: Instant, name: string, value: T | "unknown", detail: string): Source<T> | undefined {
    const source = this.#get(now, name);
    source.detail = detail;
    const isNew = source.value !== value;
    if (isNew) {
      source.value = value;
      source.since = now;
    }
    this.#forget(source);
    return isNew && source.gates.size > 0 ? source : undefined;
  }

  #get(now: Instant, name: string): Source<T> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const source: Source<T> = { name, value: "unknown", since: now, detail: "", gates: new Set() };
    this.#byName.set(name, source);
    return source;
  }

  /** A source that knows nothing and concerns nobody: its configuration is gone. */
  #forget(source: Source<T>): void {
    if (source.value === "unknown" && source.gates.size === 0) this.#byName.delete(source.name);
  }
}
