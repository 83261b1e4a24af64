import type { Event } from "./messages.ts";

/** What happened, as the daemon tells it. */
export type EventEntry = Pick<Event, "level" | "source" | "subject" | "type" | "text">;

/** Events that are remembered. */
export const EVENTS_KEPT = 1_000;
/** Readers at once; each has a queue of its own. */
export const WATCHERS_MAX = 512;

/** What happened lately, and who wants to hear of what happens. Nobody who listens can hold up who tells. */
export class EventLog {
  readonly #wallClock: () => number;
  readonly #kept: Event[] = [];
  readonly #watchers = new Set<(event: Event) => void>();
  #last = 0;

  /** `wallClock`: milliseconds since 1970. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  /** Tells everybody. */
  push(entry: EventEntry): void {
    this.#last++;
    const event: Event = { number: this.#last, time: this.#wallClock() / 1000, ...entry, lost: 0 };
    this.#kept.push(event);
    if (this.#kept.length > EVENTS_KEPT) this.#kept.shift();
    for (const watcher of this.#watchers) watcher(event);
  }

  /** The last `count` events, oldest first. */
  recent(count: number): readonly Event[] {
    return count <= 0 ? [] : this.#kept.slice(-count);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** `watcher` is called for every event from now on, and must not throw; call what is returned to end that. */
  watch(watcher: (event: Event) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}
