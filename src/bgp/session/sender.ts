import type { Rng } from "../../lib/rng.ts";
import type { Instant } from "../../lib/time.ts";
import {
  ceaseError,
  encodeKeepalive,
  encodeNotification,
  encodeOpen,
  encodeRouteRefresh,
  FAMILY_SPECS,
  type Family,
  type NotificationError,
  type OpenMessage,
  wrapHardReset,
} from "../wire/index.ts";
import { gracefulRestart } from "./collision.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionId, Out } from "./session-io.ts";
import type { Statistics } from "./statistics.ts";

/** Sends the messages that are the session's own, and counts them. */
export class Sender {
  readonly #statistics: Statistics;
  readonly #rng: Rng;
  readonly #out: Out;

  constructor(statistics: Statistics, rng: Rng, out: Out) {
    this.#statistics = statistics;
    this.#rng = rng;
    this.#out = out;
  }

  open(id: ConnectionId, open: OpenMessage): void {
    this.#send(id, encodeOpen(open));
  }

  /** The next one is due a keepalive time later. */
  keepalive(now: Instant, connection: Connection): void {
    this.#send(connection.id, encodeKeepalive());
    connection.restartKeepalive(now, this.#rng);
  }

  notification(id: ConnectionId, error: NotificationError, text: string): void {
    this.#send(id, encodeNotification(error));
    this.#out.notificationSent(error, text);
  }

  refreshRequest(id: ConnectionId, family: Family): void {
    const { afi, safi } = FAMILY_SPECS[family];
    this.#send(id, encodeRouteRefresh({ afi, safi, kind: "request" }));
  }

  #send(id: ConnectionId, bytes: Uint8Array): void {
    this.#statistics.countSent(bytes);
    this.#out.send(id, bytes);
  }
}

/**
 * The Cease that stops a connection. When we do not come back at once, a neighbour with the N bit is told to drop our
 * routes by a Hard Reset (RFC 8538 section 3.1): it would keep them for a plain Cease.
 */
export function stopError({ phase }: Connection, subcode: number, text: string, isHard: boolean): NotificationError {
  const error = ceaseError(subcode, text);
  if (!isHard || phase.type === "Connecting" || phase.type === "OpenSent") return error;
  const both = [phase.sentOpen, phase.receivedOpen].every((open) => gracefulRestart(open)?.notification === true);
  return both ? wrapHardReset(error) : error;
}
