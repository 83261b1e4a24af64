import type { Address } from "../../lib/address.ts";
import type { Instant, Micros } from "../../lib/time.ts";
import type { Family } from "../wire/family.ts";
import type { Negotiated } from "../wire/negotiated.ts";
import type { OpenMessage } from "../wire/open.ts";
import type { NotificationError, UpdateFault } from "../wire/outcome.ts";
import type { UpdateSink } from "../wire/sink.ts";

/** RFC 4271 section 8.2.2. */
export type State = "Idle" | "Connect" | "Active" | "OpenSent" | "OpenConfirm" | "Established";

/** One TCP connection, by a number that the speaker hands out and never uses twice. */
export type ConnectionId = number;

/**
 * What happens to a session from outside. Plain data: can be recorded and replayed. Numbers and names of the events
 * are those of RFC 4271 section 8.1; the timers' events (3, 9, 10, 11, 29 of RFC 9687) come from `advance`, those of
 * the messages (19 to 28) from the octets in `Received`. An input for a connection the session has closed is ignored.
 */
export type Input =
  /** Event 1, ManualStart, or 4, ManualStart_with_PassiveTcpEstablishment, as the configuration says. */
  | { readonly type: "ManualStart" }
  /** Event 2. Ends the session with Cease/`subcode` and keeps it down until ManualStart. */
  | { readonly type: "ManualStop"; readonly subcode: number; readonly text: string }
  /**
   * Event 8. Ends the session with Cease/`subcode`; it comes back by itself after IdleHoldTime, or, when `idleFor` is
   * given, exactly after that: until then the neighbour's connections are refused as well (prefix limit). `hard`: as a
   * Hard Reset where that is negotiated, as it is anyhow with `idleFor`.
   */
  | {
      readonly type: "AutomaticStop";
      readonly subcode: number;
      readonly text: string;
      readonly idleFor?: Micros;
      readonly hard?: boolean;
    }
  /**
   * TCP closes without a NOTIFICATION: the peer's graceful restart keeps our routes (RFC 4724). For a process that is
   * about to be replaced: nothing comes back until ManualStart.
   */
  | { readonly type: "Abandon" }
  /** Event 16, Tcp_CR_Acked: the connection we asked for by `Out.connect` is up. */
  | { readonly type: "Connected"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  /** Event 18 while connecting: the connection we asked for could not be made. */
  | { readonly type: "ConnectFailed"; readonly connection: ConnectionId; readonly reason: string }
  /** Event 17, TcpConnectionConfirmed: the neighbour connected to us. */
  | { readonly type: "Accepted"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  /** Event 18, TcpConnectionFails: TCP ended. */
  | { readonly type: "Closed"; readonly connection: ConnectionId; readonly reason: string }
  /** Octets from the neighbour. The session is done with them when `handle` returns. */
  | { readonly type: "Received"; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /**
   * `outstanding` octets wait for the kernel to take them. To be told whenever it took some, and whenever a `send` left
   * some waiting: the send hold timer (RFC 9687) starts when there are any and starts again when there are fewer.
   */
  | { readonly type: "Sent"; readonly connection: ConnectionId; readonly outstanding: number }
  /** Asks the neighbour for its routes again (RFC 2918). Ignored unless Established with the capability and family. */
  | { readonly type: "RequestRefresh"; readonly family: Family };

/**
 * Why a session went down. For logs, the API and the restart machinery (RFC 4724, 8538). The `text` of a NOTIFICATION
 * that was received is the neighbour's own (RFC 9003), "" when it sent none; that of one sent says what we saw.
 */
export type DownReason =
  | { readonly type: "notification-received"; readonly error: NotificationError; readonly text: string }
  | { readonly type: "notification-sent"; readonly error: NotificationError; readonly text: string }
  | { readonly type: "hold-timer-expired" }
  | { readonly type: "send-hold-timer-expired" }
  | { readonly type: "connection-lost"; readonly text: string }
  | { readonly type: "abandoned" };

/** What a session became when it reached Established. */
export interface SessionUp {
  readonly connection: ConnectionId;
  readonly local: Address;
  readonly remote: Address;
  readonly negotiated: Negotiated;
  readonly sentOpen: OpenMessage;
  readonly receivedOpen: OpenMessage;
  /** Seconds, as agreed; 0: no keepalives. */
  readonly holdTimeSeconds: number;
  readonly keepaliveTimeSeconds: number;
  /** The neighbour sends its routes again when asked (RFC 2918). */
  readonly routeRefresh: boolean;
  /** Both sides mark begin and end of a refresh (RFC 7313). */
  readonly enhancedRefresh: boolean;
}

/** When the session's timers fire, or NEVER: for status. Those of a connection are those of the furthest one. */
export interface SessionTimes {
  readonly connectRetry: Instant;
  readonly idleHold: Instant;
  readonly hold: Instant;
  readonly keepalive: Instant;
  readonly sendHold: Instant;
}

/** What a session wants done. Called during `handle` or `advance`; must not call back in. */
export interface Out {
  /** Open a TCP connection to the neighbour; answered by Connected or ConnectFailed. */
  connect(connection: ConnectionId): void;
  /**
   * Close the connection once everything given to `send` before is out, or give up connecting; no further input for it
   * is expected. "abort": now, and what was not sent is lost (the neighbour does not take it, RFC 9687).
   */
  close(connection: ConnectionId, how?: "abort"): void;
  /** Octets to send. They belong to the receiver of this call from now on. */
  send(connection: ConnectionId, bytes: Uint8Array): void;
  stateChanged(from: State, to: State, reason: string): void;
  established(up: SessionUp): void;
  /** Called once for every `established`, before the session can be established again. */
  down(reason: DownReason): void;
  /** The neighbour asks for our routes (RFC 2918), or marks the begin or end of its own refresh (RFC 7313). */
  refreshReceived(family: Family, kind: "request" | "begin" | "end"): void;
  /** RFC 7606 faults that did not end the session. */
  updateFaults(faults: readonly UpdateFault[]): void;
  /** `text`: what we saw, for people; of a Cease, the words sent along. */
  notificationSent(error: NotificationError, text: string): void;
  /** `text`: the neighbour's words (RFC 9003), or "". */
  notificationReceived(error: NotificationError, text: string): void;
  /** Where decoded UPDATEs go. */
  readonly updates: UpdateSink;
}
