/**
 * The session with one neighbour: the finite state machine of RFC 4271 section 8, pure.
 *
 * Parts. `Session` (here) holds up to two `Connection`s, one each way, as two TCP connections may exist until a
 * collision is resolved. RFC 4271 gives each connection a state machine of its own; here a connection has a *phase*
 * (Connecting, OpenSent, OpenConfirm, Established), and the session's *state* is that of its furthest connection, or
 * Idle or Active when there is none. The events are here, the transitions in `machine`. `open-builder` says who we are,
 * `open-check` judges who they are, `negotiate` makes of both OPENs what the codecs need, `message-event` reads what a
 * phase allows, `collision` chooses between connections, `timers` holds names and values.
 *
 * Flow. Octets come in by `Received`, are cut by the connection's framer and handled one message at a time; UPDATEs are
 * decoded into `out.updates`. Messages of the session itself go straight to `out.send`. UPDATEs are pulled from the RIB
 * by the owner, in small amounts, so that no KEEPALIVE ever waits behind a table. The owner catches what our own faults
 * throw, and ends the session by AutomaticStop.
 *
 * Choices that the RFCs leave open, or where practice has moved on:
 * - A connection that could not be made leads to Active, not to Idle as section 8.2.2 has it: ConnectRetryTimer is
 *   damping enough. What fails later leads to Idle for IdleHoldTime, doubled per failure in a row (but the end of TCP
 *   in OpenSent to Active, as the RFC has it). A session that was up for five minutes starts afresh: this is our
 *   DampPeerOscillations. DelayOpen is not used.
 * - A neighbour that connects while we wait in Idle is let in, since it is evidently back; but not after an error in
 *   either side's messages, nor in a quiet time that a stop asked for, nor when nobody has started us: then it gets
 *   Cease/Connection Rejected. (BIRD and FRR refuse always: a neighbour's quick restart costs them the whole wait.)
 * - Section 6.8 closes a connection in OpenConfirm as soon as the one that is to be kept has its OPEN. The neighbour
 *   may be Established on the former by then, and close the latter: both are lost. We close the former when the
 *   neighbour has confirmed the latter by a KEEPALIVE, and wait with Established on the former meanwhile (at most
 *   COLLISION_WAIT), unless it closes one or sends routes on one. So it decides, whichever rule it goes by.
 * - A newer connection from the neighbour replaces an older one of its that is not Established; `isRestart` says what
 *   becomes of one that is.
 * - We never send an OPEN without capabilities, though RFC 5492 section 3 would have it tried after a NOTIFICATION 2/4:
 *   a session that silently lost four-octet AS numbers or graceful restart is worse than none.
 *
 * RFCs: 4271; 2918, 4486, 4724 (sections 3 and 5), 5492, 6286, 6608, 6793, 7313, 8538 (Hard Reset), 8654, 8950, 9003,
 * 9234, 9687.
 */
import type { Address } from "../../lib/address.ts";
import type { Core } from "../../lib/core.ts";
import type { Rng } from "../../lib/rng.ts";
import { after, type Instant, type Micros, NEVER } from "../../lib/time.ts";
import type { PeerConfig } from "../peer-config.ts";
import {
  CeaseError,
  ceaseError,
  ErrorCode,
  type Family,
  type Frame,
  type NotificationError,
  type OpenMessage,
  shutdownText,
} from "../wire/index.ts";
import { isRestart, survivor } from "./collision.ts";
import { Connection, type Established, type OpenConfirm, type OpenSent } from "./connection.ts";
import { Machine } from "./machine.ts";
import { readMessage } from "./message-event.ts";
import { negotiate } from "./negotiate.ts";
import { buildOpen, type RestartState } from "./open-builder.ts";
import { stopError } from "./sender.ts";
import type { ConnectionId, Input, Out, SessionTimes, SessionUp, State } from "./session-io.ts";
import type { Statistics } from "./statistics.ts";
import { COLLISION_WAIT, ConnectionTimer, SessionTimer } from "./timers.ts";

type Stop = Extract<Input, { type: "ManualStop" | "AutomaticStop" }>;

export class Session implements Core<Input> {
  readonly #machine: Machine;
  readonly #out: Out;

  /** `newConnection` gives numbers that no other connection ever had. Stays in Idle until ManualStart. */
  constructor(config: PeerConfig, newConnection: () => ConnectionId, rng: Rng, out: Out) {
    this.#machine = new Machine(config, newConnection, rng, out);
    this.#out = out;
  }

  get state(): State {
    return this.#machine.state;
  }

  /** When the state was entered; undefined while it is the first. */
  get stateSince(): Instant | undefined {
    return this.#machine.stateSince;
  }

  /** Between ManualStart and ManualStop: an operator wants it up. */
  get isStarted(): boolean {
    return this.#machine.isStarted;
  }

  /** In Idle, and the neighbour's connections are refused: it was stopped, or failed in a way that must not be repeated at once. */
  get refuses(): boolean {
    return this.#machine.refuses;
  }

  get config(): PeerConfig {
    return this.#machine.config;
  }

  /** What was agreed on, while Established. */
  get up(): SessionUp | undefined {
    return this.#machine.up;
  }

  /** Failures in a row since the last long session: RFC 4271's ConnectRetryCounter. */
  get failures(): number {
    return this.#machine.failures;
  }

  /** What was sent and received, how often it came up and went down, the last error. */
  get statistics(): Statistics {
    return this.#machine.statistics;
  }

  get times(): SessionTimes {
    const { timers: own, connections } = this.#machine;
    const timers = connections.furthest?.timers;
    return {
      connectRetry: own.at(SessionTimer.ConnectRetry),
      idleHold: own.at(SessionTimer.IdleHold),
      hold: timers?.at(ConnectionTimer.Hold) ?? NEVER,
      keepalive: timers?.at(ConnectionTimer.Keepalive) ?? NEVER,
      sendHold: timers?.at(ConnectionTimer.SendHold) ?? NEVER,
    };
  }

  /** What the graceful restart capabilities of OPENs sent from now on say. Read whenever it is needed. */
  setRestartState(restart: RestartState): void {
    this.#machine.restart = restart;
  }

  /** A configuration that needs no reset: OPENs, attempts and waits to come obey it; connections that exist do not. */
  configure(now: Instant, config: PeerConfig): void {
    this.#machine.configure(now, config);
  }

  get deadline(): Instant {
    return Math.min(this.#machine.timers.next(), this.#machine.connections.deadline) as Instant;
  }

  advance(now: Instant): void {
    for (let due = this.deadline; due <= now; due = this.deadline) {
      const connection = this.#machine.connections.all.find(({ timers }) => timers.next() === due);
      if (connection === undefined) this.#fire(now, this.#machine.timers.takeDue(now) as SessionTimer);
      else this.#fireOf(now, connection, connection.timers.takeDue(now) as ConnectionTimer);
    }
  }

  handle(now: Instant, input: Input): void {
    switch (input.type) {
      case "ManualStart":
        // Events 1 and 4; ignored in every state but Idle.
        if (this.state === "Idle") this.#machine.start(now);
        break;
      case "ManualStop":
      case "AutomaticStop":
        this.#stop(now, input);
        break;
      case "Abandon":
        this.#abandon(now);
        break;
      case "Connected":
        this.#connected(now, input.connection, input.local, input.remote);
        break;
      case "Accepted":
        this.#accepted(now, input.connection, input.local, input.remote);
        break;
      case "ConnectFailed":
      case "Closed":
        this.#lost(now, input.connection, input.reason);
        break;
      case "Received":
        this.#received(now, input.connection, input.bytes);
        break;
      case "Sent":
        this.#machine.connections.find(input.connection)?.noteOutstanding(now, input.outstanding);
        break;
      case "RequestRefresh":
        this.#requestRefresh(input.family);
        break;
      default:
        input satisfies never;
    }
  }

  // Events of the administrator

  /** Events 2 and 8. In Idle a stop still decides when the session may come back. */
  #stop(now: Instant, stop: Stop): void {
    const machine = this.#machine;
    const isManual = stop.type === "ManualStop";
    const idleFor = isManual ? undefined : stop.idleFor;
    const wasIdle = machine.state === "Idle";
    if (isManual) machine.isStarted = false;
    const isHard = isManual || idleFor !== undefined || stop.hard === true;
    for (const connection of machine.connections.all) {
      const error = stopError(connection, stop.subcode, stop.text, isHard);
      machine.dismiss(now, connection, error, stop.text);
    }
    if (idleFor !== undefined) machine.idle(now, "stopped", idleFor, true);
    else if (isManual || !wasIdle) machine.idle(now, "stopped", machine.idleHoldWait(1), false);
  }

  #abandon(now: Instant): void {
    const machine = this.#machine;
    machine.isStarted = false;
    for (const connection of machine.connections.all) machine.end(now, connection, { type: "abandoned" });
    machine.idle(now, "abandoned", 0 as Micros, true);
  }

  #requestRefresh(family: Family): void {
    const { up } = this;
    if (up === undefined || !up.routeRefresh || !up.negotiated.families.some((f) => f.family === family)) return;
    this.#machine.sender.refreshRequest(up.connection, family);
  }

  // Events of TCP

  /** Event 16, Tcp_CR_Acked. */
  #connected(now: Instant, id: ConnectionId, local: Address, remote: Address): void {
    const connection = this.#machine.connections.find(id);
    if (connection?.phase.type === "Connecting") this.#open(now, connection, local, remote);
  }

  /** Event 17, TcpConnectionConfirmed. */
  #accepted(now: Instant, id: ConnectionId, local: Address, remote: Address): void {
    const { connections, isStarted, refuses, sender } = this.#machine;
    if (refuses) {
      const text = isStarted ? "refused for the idle hold time" : "refused: not started";
      sender.notification(id, ceaseError(CeaseError.ConnectionRejected), text);
      this.#out.close(id);
      return;
    }
    const former = connections.newcomer;
    if (former !== undefined) this.#machine.drop(now, former);
    const connection = new Connection(id, "incoming");
    connections.add(connection);
    this.#open(now, connection, local, remote);
  }

  #open(now: Instant, connection: Connection, local: Address, remote: Address): void {
    const { config, restart, sender } = this.#machine;
    const open = buildOpen(config, restart);
    connection.open(now, config, open, local, remote);
    sender.open(connection.id, open);
    this.#machine.settle(now, `${connection.direction} connection`);
  }

  /** Event 18, TcpConnectionFails. */
  #lost(now: Instant, id: ConnectionId, text: string): void {
    const connection = this.#machine.connections.find(id);
    if (connection === undefined) return;
    if (connection.phase.type === "Connecting") this.#machine.failConnect(now, connection, text);
    else this.#machine.fail(now, connection, { type: "connection-lost", text }, "gone");
  }

  #received(now: Instant, id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#machine.connections.find(id);
    if (connection === undefined || connection.phase.type === "Connecting") return;
    connection.framer.push(bytes);
    while (connection.isAlive) {
      const frame = connection.framer.next();
      if (frame === undefined) return;
      if (frame.type === "error") this.#machine.reject(now, connection, frame.error, "");
      else this.#message(now, connection, frame);
    }
  }

  // Events of messages

  #message(now: Instant, connection: Connection, frame: Frame): void {
    const { phase } = connection;
    if (phase.type === "Connecting") return;
    this.statistics.countReceived(frame.messageType);
    const event = readMessage(phase, frame);
    switch (event.type) {
      case "Open":
        this.#opened(now, connection, event.phase, event.open);
        break;
      case "Keepalive":
        connection.restartHold(now);
        if (phase.type === "OpenConfirm") this.#confirmed(now, connection, phase);
        break;
      case "Update":
        connection.restartHold(now);
        this.#updated(now, connection, this.#routing(now, connection, event.phase), frame);
        break;
      case "RouteRefresh":
        connection.restartHold(now);
        this.#routing(now, connection, event.phase);
        this.#out.refreshReceived(event.family, event.kind);
        break;
      case "Notification":
        this.#notified(now, connection, event.error);
        break;
      case "Fault":
        this.#machine.reject(now, connection, event.fault.error, event.fault.text);
        break;
      case "Ignored":
        connection.restartHold(now);
        break;
      default:
        event satisfies never;
    }
  }

  /** Event 19, BGPOpen: now RFC 4271 section 6.8 looks at the other connection. */
  #opened(now: Instant, connection: Connection, phase: OpenSent, open: OpenMessage): void {
    const agreement = negotiate(phase.config, phase.sentOpen, open);
    const other = this.#machine.connections.other(connection);
    if (other?.phase.type === "Established") {
      const since = this.#machine.stateSince ?? now;
      if (!isRestart(other.phase.receivedOpen, open, since, now)) {
        this.#machine.drop(now, connection);
        // If the neighbour has lost the old connection, its TCP will say so now, not when the hold time is over.
        this.#machine.sender.keepalive(now, other);
        return;
      }
      this.#machine.end(now, other, { type: "connection-lost", text: "the neighbour has connected again" }, "abort");
    } else if (other?.phase.type === "OpenConfirm") {
      // When this one is to be kept, the other goes when the neighbour has confirmed this one.
      if (survivor(phase.sentOpen, open, agreement.negotiated) !== connection.direction) {
        this.#machine.drop(now, connection);
        return;
      }
    }
    connection.agree(now, phase, open, agreement);
    this.#machine.sender.keepalive(now, connection);
    this.#machine.settle(now, "OPEN received");
  }

  /** Event 26, KeepAliveMsg, in OpenConfirm. */
  #confirmed(now: Instant, connection: Connection, phase: OpenConfirm): void {
    if (phase.confirmed) return;
    connection.confirm(phase);
    this.#machine.timers.arm(SessionTimer.CollisionWait, after(now, COLLISION_WAIT));
    this.#machine.settle(now, "KEEPALIVE received");
  }

  /** Routes on a connection that waits for its rival: the neighbour has decided for this one. */
  #routing(now: Instant, connection: Connection, phase: OpenConfirm | Established): Established {
    return phase.type === "Established" ? phase : this.#machine.establish(now, connection, phase);
  }

  /** Event 27, UpdateMsg, or 28, UpdateMsgErr. */
  #updated(now: Instant, connection: Connection, { decoder }: Established, { bytes, start, end }: Frame): void {
    const outcome = decoder.decode(bytes, start, end, this.#out.updates);
    if (outcome.type === "ok") return;
    if (outcome.type === "reset")
      this.#machine.reject(now, connection, outcome.error, outcome.faults.map(({ message }) => message).join("; "));
    else this.#out.updateFaults(outcome.faults);
  }

  /** Events 24, NotifMsgVerErr, and 25, NotifMsg. Never answered (RFC 4271 section 6.4). */
  #notified(now: Instant, connection: Connection, error: NotificationError): void {
    const text = shutdownText(error);
    this.#out.notificationReceived(error, text);
    this.#machine.fail(now, connection, { type: "notification-received", error, text });
  }

  // Events of timers

  #fire(now: Instant, timer: SessionTimer): void {
    switch (timer) {
      case SessionTimer.ConnectRetry: // Event 9
        for (const connection of this.#machine.connections.all) this.#machine.remove(connection);
        this.#machine.connect(now, "connect retry timer expired");
        break;
      case SessionTimer.IdleHold: // Event 13
        this.#machine.leaveIdle(now, "idle hold timer expired");
        break;
      case SessionTimer.CollisionWait: {
        const [first] = this.#machine.connections.confirmed;
        if (first !== undefined) this.#machine.establish(now, first.connection, first.phase);
        break;
      }
      default:
        timer satisfies never;
    }
  }

  #fireOf(now: Instant, connection: Connection, timer: ConnectionTimer): void {
    switch (timer) {
      case ConnectionTimer.Hold: {
        // Event 10
        const error = { code: ErrorCode.HoldTimerExpired, subcode: 0, data: new Uint8Array(0) };
        this.#machine.sender.notification(connection.id, error, "nothing was heard from the neighbour");
        this.#machine.fail(now, connection, { type: "hold-timer-expired" });
        break;
      }
      case ConnectionTimer.Keepalive: // Event 11
        this.#machine.sender.keepalive(now, connection);
        break;
      case ConnectionTimer.SendHold:
        // RFC 9687 section 3.2, event 29. A NOTIFICATION would only wait behind what the neighbour does not take.
        this.#machine.fail(now, connection, { type: "send-hold-timer-expired" }, "abort");
        break;
      default:
        timer satisfies never;
    }
  }
}
