import type { Instant } from "../../lib/time.ts";
import { HEADER_LENGTH, MessageType, type NotificationError } from "../wire/index.ts";

/** How many messages of each type went one way since the session object was made. */
export interface MessageCounts {
  readonly open: number;
  readonly update: number;
  readonly notification: number;
  readonly keepalive: number;
  readonly routeRefresh: number;
  readonly total: number;
}

/** The last thing that went wrong with a session, or ended it. */
export interface LastError {
  readonly at: Instant;
  readonly text: string;
  /** The NOTIFICATION, when there was one. */
  readonly error: NotificationError | undefined;
}

/** What a session counts, for the API and metrics. */
export class Statistics {
  readonly #sent = new Float64Array(6);
  readonly #received = new Float64Array(6);
  /** How often the session reached Established. */
  establishedCount = 0;
  /** How often it left Established. */
  flaps = 0;
  /** When it last reached Established, and when it last left that. */
  lastUp: Instant | undefined;
  lastDown: Instant | undefined;
  lastError: LastError | undefined;

  get sent(): MessageCounts {
    return countsOf(this.#sent);
  }

  get received(): MessageCounts {
    return countsOf(this.#received);
  }

  countReceived(type: MessageType): void {
    this.#received[type] = (this.#received[type] as number) + 1;
  }

  /** Counts whole messages that stand one after the other in `bytes`, as sessions and RIB give them to `send`. */
  countSent(bytes: Uint8Array): void {
    let at = 0;
    while (at + HEADER_LENGTH <= bytes.length) {
      const type = bytes[at + 18] as number;
      this.#sent[type] = (this.#sent[type] as number) + 1;
      at += Math.max(HEADER_LENGTH, ((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number));
    }
  }
}

function countsOf(counts: Float64Array): MessageCounts {
  const of = (type: MessageType): number => counts[type] as number;
  return {
    open: of(MessageType.Open),
    update: of(MessageType.Update),
    notification: of(MessageType.Notification),
    keepalive: of(MessageType.Keepalive),
    routeRefresh: of(MessageType.RouteRefresh),
    total: counts.reduce((sum, count) => sum + count, 0),
  };
}
