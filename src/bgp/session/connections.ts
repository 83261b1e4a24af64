import { assert } from "../../lib/assert.ts";
import { type Instant, NEVER } from "../../lib/time.ts";
import { survivor } from "./collision.ts";
import type { Connection, OpenConfirm } from "./connection.ts";
import type { ConnectionId } from "./session-io.ts";

/** One each way, or an established one and a newer one from the neighbour. */
const CONNECTIONS_MAX = 2;

const RANK = { Connecting: 0, OpenSent: 1, OpenConfirm: 2, Established: 3 } as const;

interface Confirmed {
  readonly connection: Connection;
  readonly phase: OpenConfirm;
}

/** The connections of one session. */
export class Connections {
  /** Replaced, never changed: whoever walks it may add and remove. */
  #list: readonly Connection[] = [];

  get all(): readonly Connection[] {
    return this.#list;
  }

  add(connection: Connection): void {
    assert(this.#list.length < CONNECTIONS_MAX, "a session has two connections at most");
    this.#list = [...this.#list, connection];
  }

  remove(connection: Connection): void {
    this.#list = this.#list.filter((other) => other !== connection);
  }

  find(id: ConnectionId): Connection | undefined {
    return this.#list.find((connection) => connection.id === id);
  }

  other(than: Connection): Connection | undefined {
    return this.#list.find((connection) => connection !== than);
  }

  /** The one whose phase is the session's state. */
  get furthest(): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.#list)
      if (best === undefined || RANK[connection.phase.type] > RANK[best.phase.type]) best = connection;
    return best;
  }

  /** One that the neighbour opened and that is not Established. */
  get newcomer(): Connection | undefined {
    return this.#list.find(({ direction, phase }) => direction === "incoming" && phase.type !== "Established");
  }

  /** Whether TCP is up on any. */
  get hasOpen(): boolean {
    return this.#list.some(({ phase }) => phase.type !== "Connecting");
  }

  /** Those that have their KEEPALIVE and are not Established yet. */
  get confirmed(): readonly Confirmed[] {
    const list: Confirmed[] = [];
    for (const connection of this.#list) {
      const { phase } = connection;
      if (phase.type === "OpenConfirm" && phase.confirmed) list.push({ connection, phase });
    }
    return list;
  }

  /** A confirmed one that has not to wait for the other, if there is another. */
  get ready(): Confirmed | undefined {
    return this.confirmed.find((confirmed) => !this.#hasRival(confirmed));
  }

  /** Whether TCP is up on another that RFC 4271 section 6.8 keeps instead. */
  #hasRival({ connection, phase }: Confirmed): boolean {
    const kept = survivor(phase.sentOpen, phase.receivedOpen, phase.agreement.negotiated);
    const other = this.other(connection);
    return other !== undefined && other.phase.type !== "Connecting" && other.direction === kept;
  }

  /** When the first of their timers fires, or NEVER. */
  get deadline(): Instant {
    let min = NEVER;
    for (const { timers } of this.#list) min = Math.min(min, timers.next()) as Instant;
    return min;
  }
}
