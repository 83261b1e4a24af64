import type { Address } from "../../lib/address.ts";
import type { Family } from "../wire/family.ts";
import type { Negotiated } from "../wire/negotiated.ts";
import type { OpenMessage } from "../wire/open.ts";
import type { NotificationError, UpdateFault } from "../wire/outcome.ts";
import type { UpdateSink } from "../wire/sink.ts";

/** RFC 4271 section 8.2.2. */
export type State = "Idle" | "Connect" | "Active" | "OpenSent" | "OpenConfirm" | "Established";

/** One TCP connection, by a number that the speaker hands out and never uses twice. */
export type ConnectionId = number;

/** What happens to a session from outside. Plain data: can be recorded and replayed. */
export type Input =
  | { readonly type: "ManualStart" }
  /** Ends the session with Cease/`subcode` and keeps it down until ManualStart. */
  | { readonly type: "ManualStop"; readonly subcode: number; readonly text: string }
  /** Ends the session with Cease/`subcode`; it comes back by itself after IdleHoldTime. */
  | { readonly type: "AutomaticStop"; readonly subcode: number; readonly text: string }
  /** TCP closes without a NOTIFICATION: the peer's graceful restart keeps our routes (RFC 4724). */
  | { readonly type: "Abandon" }
  /** The connection we asked for by `Out.connect` is up (TcpCR_Acked). */
  | { readonly type: "Connected"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  /** The connection we asked for could not be made. */
  | { readonly type: "ConnectFailed"; readonly connection: ConnectionId; readonly reason: string }
  /** The neighbour connected to us (TcpConnectionConfirmed). */
  | { readonly type: "Accepted"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  /** TCP ended (TcpConnectionFails). */
  | { readonly type: "Closed"; readonly connection: ConnectionId; readonly reason: string }
  /** Octets from the neighbour. The session is done with them when `handle` returns. */
  | { readonly type: "Received"; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The kernel took octets that were waiting: `outstanding` are still queued. Drives the send hold timer (RFC 9687). */
  | { readonly type: "Sent"; readonly connection: ConnectionId; readonly outstanding: number }
  /** Asks the neighbour for its routes again (RFC 2918). Ignored unless Established with the capability. */
  | { readonly type: "RequestRefresh"; readonly family: Family };

/** Why a session went down. For logs, the API and the restart machinery (RFC 4724, 8538). */
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
}

/** What a session wants done. Called during `handle` or `advance`; must not call back in. */
export interface Out {
  /** Open a TCP connection to the neighbour; answered by Connected or ConnectFailed. */
  connect(connection: ConnectionId): void;
  /** Close the connection once everything given to `send` before is out; no further input for it is expected. */
  close(connection: ConnectionId): void;
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
  notificationSent(error: NotificationError, text: string): void;
  notificationReceived(error: NotificationError, text: string): void;
  /** Where decoded UPDATEs go. */
  readonly updates: UpdateSink;
}
