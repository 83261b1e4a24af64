/**
 * The session with one neighbour: the finite state machine of RFC 4271 section 8, pure.
 *
 * Parts. `Session` (here) holds up to two `Connection`s, one each way, as two TCP connections may exist until a
 * collision is resolved. RFC 4271 gives each connection a state machine of its own; here a connection has a *phase*
 * (Connecting, OpenSent, OpenConfirm, Established), and the session's *state* is that of its furthest connection, or
 * Idle or Active when there is none. `open-builder` says who we are, `open-check` judges who they are, `negotiate`
 * makes of both OPENs what the codecs need, `message-event` reads a message as its phase allows, `collision` chooses
 * between connections, `timers` holds names and values.
 *
 * Flow. Octets come in by `Received`, are cut by the connection's framer and handled one message at a time; UPDATEs are
 * decoded into `out.updates`. Messages of the session itself go straight to `out.send`. UPDATEs are pulled from the RIB
 * by the owner, in small amounts, so that no KEEPALIVE ever waits behind a table. The owner catches what our own faults
 * throw, and ends the session by AutomaticStop.
 *
 * Choices that the RFCs leave open, or where practice has moved on:
 * - A connection that could not be made leads to Active, not to Idle as section 8.2.2 has it: ConnectRetryTimer is
 *   damping enough. What fails later leads to Idle for IdleHoldTime, doubled per failure in a row; a session that was
 *   up for five minutes starts afresh (DampPeerOscillations). DelayOpen is not used.
 * - A neighbour that connects while we wait in Idle is let in, since it is evidently back; but not after an error in
 *   either side's messages, nor in a quiet time that a stop asked for, nor when nobody has started us: then it gets
 *   Cease/Connection Rejected. (BIRD and FRR refuse always: a neighbour's quick restart costs them the whole wait.)
 * - The connection that section 6.8 will keep may still lack its OPEN when the other one gets its KEEPALIVE. RFC 4271
 *   lets the latter win, while the neighbour may at that moment close it for the former: both are lost. We wait in
 *   OpenConfirm (COLLISION_WAIT at most) until the former is decided, or the neighbour sends routes on the latter.
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
import { after, elapsed, type Instant, type Micros, NEVER, TimerTable } from "../../lib/time.ts";
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
import { Connections } from "./connections.ts";
import { describeDown, isProtocolError, notificationOf } from "./down-reason.ts";
import { readMessage } from "./message-event.ts";
import { negotiate } from "./negotiate.ts";
import { buildOpen, type RestartState } from "./open-builder.ts";
import { Sender, stopError } from "./sender.ts";
import type { ConnectionId, DownReason, Input, Out, SessionUp, State } from "./session-io.ts";
import { Statistics } from "./statistics.ts";
import { COLLISION_WAIT, ConnectionTimer, idleHoldWait, retryWait, SessionTimer, STABLE_TIME } from "./timers.ts";

/** When the session's timers fire, or NEVER: for status. Those of a connection are those of the furthest one. */
export interface SessionTimes {
  readonly connectRetry: Instant;
  readonly idleHold: Instant;
  readonly hold: Instant;
  readonly keepalive: Instant;
  readonly sendHold: Instant;
}

type Stop = Extract<Input, { type: "ManualStop" | "AutomaticStop" }>;

export class Session implements Core<Input> {
  readonly statistics = new Statistics();
  readonly #newConnection: () => ConnectionId;
  readonly #rng: Rng;
  readonly #out: Out;
  readonly #sender: Sender;
  readonly #timers = new TimerTable<SessionTimer>(3);
  readonly #connections = new Connections();
  #state: State = "Idle";
  #stateSince: Instant | undefined;
  #config: PeerConfig;
  #restart: RestartState = { restarting: false, forwarding: () => false };
  /** Between ManualStart and ManualStop or Abandon. */
  #isStarted = false;
  /** In Idle: the neighbour's connections are refused. */
  #refuses = true;
  #failures = 0;
  #up: SessionUp | undefined;

  /** `newConnection` gives numbers that no other connection ever had. Starts in Idle, and stays there until ManualStart. */
  constructor(config: PeerConfig, newConnection: () => ConnectionId, rng: Rng, out: Out) {
    this.#config = config;
    this.#newConnection = newConnection;
    this.#rng = rng;
    this.#out = out;
    this.#sender = new Sender(this.statistics, rng, out);
  }

  get state(): State {
    return this.#state;
  }

  /** When the state was entered; undefined while it is the first. */
  get stateSince(): Instant | undefined {
    return this.#stateSince;
  }

  get config(): PeerConfig {
    return this.#config;
  }

  /** What was agreed on, while Established. */
  get up(): SessionUp | undefined {
    return this.#up;
  }

  /** Failures in a row since the last long session: RFC 4271's ConnectRetryCounter. */
  get failures(): number {
    return this.#failures;
  }

  get times(): SessionTimes {
    const timers = this.#connections.furthest?.timers;
    return {
      connectRetry: this.#timers.at(SessionTimer.ConnectRetry),
      idleHold: this.#timers.at(SessionTimer.IdleHold),
      hold: timers?.at(ConnectionTimer.Hold) ?? NEVER,
      keepalive: timers?.at(ConnectionTimer.Keepalive) ?? NEVER,
      sendHold: timers?.at(ConnectionTimer.SendHold) ?? NEVER,
    };
  }

  /** What the graceful restart capabilities of OPENs sent from now on say. */
  setRestartState(restart: RestartState): void {
    this.#restart = restart;
  }

  /** A configuration that needs no reset: OPENs, attempts and waits to come obey it; connections that exist do not. */
  configure(now: Instant, config: PeerConfig): void {
    this.#config = config;
    if (this.#state === "Active") this.#armConnectRetry(now);
  }

  get deadline(): Instant {
    return Math.min(this.#timers.next(), this.#connections.deadline) as Instant;
  }

  advance(now: Instant): void {
    for (let due = this.deadline; due <= now; due = this.deadline) {
      const connection = this.#connections.all.find(({ timers }) => timers.next() === due);
      if (connection === undefined) this.#fire(now, this.#timers.takeDue(now) as SessionTimer);
      else this.#fireOf(now, connection, connection.timers.takeDue(now) as ConnectionTimer);
    }
  }

  handle(now: Instant, input: Input): void {
    switch (input.type) {
      case "ManualStart":
        this.#start(now);
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
        this.#connections.find(input.connection)?.noteOutstanding(now, input.outstanding);
        break;
      case "RequestRefresh":
        this.#requestRefresh(input.family);
        break;
      default:
        input satisfies never;
    }
  }

  // Events of the administrator

  /** Events 1 and 4; ignored in every state but Idle. */
  #start(now: Instant): void {
    if (this.#state !== "Idle") return;
    this.#isStarted = true;
    this.#failures = 0;
    this.#leaveIdle(now, "started");
  }

  #leaveIdle(now: Instant, reason: string): void {
    if (this.#config.passive) this.#enter(now, "Active", reason);
    else this.#connect(now, reason);
  }

  /** Events 2 and 8. In Idle a stop still decides when the session may come back. */
  #stop(now: Instant, stop: Stop): void {
    const isManual = stop.type === "ManualStop";
    const idleFor = isManual ? undefined : stop.idleFor;
    if (isManual) this.#isStarted = false;
    const isHard = isManual || idleFor !== undefined;
    for (const connection of this.#connections.all) {
      const error = stopError(connection, stop.subcode, stop.text, isHard);
      this.#dismiss(now, connection, error, stop.text);
    }
    if (idleFor !== undefined) this.#idle(now, "stopped", idleFor, true);
    else if (isManual || this.#state !== "Idle") this.#idle(now, "stopped", this.#idleHoldWait(1), false);
  }

  #abandon(now: Instant): void {
    this.#isStarted = false;
    for (const connection of this.#connections.all) this.#end(now, connection, { type: "abandoned" });
    this.#idle(now, "abandoned", 0 as Micros, true);
  }

  #requestRefresh(family: Family): void {
    const { up } = this;
    if (up === undefined || !up.routeRefresh || !up.negotiated.families.some((f) => f.family === family)) return;
    this.#sender.refreshRequest(up.connection, family);
  }

  // Events of TCP

  #connect(now: Instant, reason: string): void {
    const connection = new Connection(this.#newConnection(), "outgoing");
    this.#connections.add(connection);
    this.#enter(now, "Connect", reason);
    this.#out.connect(connection.id);
  }

  /** Event 16, Tcp_CR_Acked. */
  #connected(now: Instant, id: ConnectionId, local: Address, remote: Address): void {
    const connection = this.#connections.find(id);
    if (connection?.phase.type === "Connecting") this.#open(now, connection, local, remote);
  }

  /** Event 17, TcpConnectionConfirmed. */
  #accepted(now: Instant, id: ConnectionId, local: Address, remote: Address): void {
    if (this.#state === "Idle" && this.#refuses) {
      const text = this.#isStarted ? "refused for the idle hold time" : "refused: not started";
      this.#sender.notification(id, ceaseError(CeaseError.ConnectionRejected), text);
      this.#out.close(id);
      return;
    }
    const former = this.#connections.newcomer;
    if (former !== undefined) this.#drop(now, former);
    const connection = new Connection(id, "incoming");
    this.#connections.add(connection);
    this.#open(now, connection, local, remote);
  }

  #open(now: Instant, connection: Connection, local: Address, remote: Address): void {
    const open = buildOpen(this.#config, this.#restart);
    connection.open(now, this.#config, open, local, remote);
    this.#sender.open(connection.id, open);
    this.#settle(now, `${connection.direction} connection`);
  }

  /** Event 18, TcpConnectionFails. */
  #lost(now: Instant, id: ConnectionId, text: string): void {
    const connection = this.#connections.find(id);
    if (connection !== undefined) this.#fail(now, connection, { type: "connection-lost", text });
  }

  #received(now: Instant, id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#connections.find(id);
    if (connection === undefined || connection.phase.type === "Connecting") return;
    connection.framer.push(bytes);
    while (connection.isAlive) {
      const frame = connection.framer.next();
      if (frame === undefined) return;
      if (frame.type === "error") this.#reject(now, connection, frame.error, "");
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
        this.#reject(now, connection, event.fault.error, event.fault.text);
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
    const other = this.#connections.other(connection);
    if (other?.phase.type === "Established") {
      const since = this.#stateSince ?? now;
      if (!isRestart(other.phase.receivedOpen, open, since, now)) {
        this.#drop(now, connection);
        return;
      }
      this.#end(now, other, { type: "connection-lost", text: "the neighbour has connected again" }, "abort");
    } else if (other?.phase.type === "OpenConfirm") {
      const kept = survivor(phase.sentOpen, open, agreement.negotiated);
      const loser = kept === connection.direction ? other : connection;
      this.#drop(now, loser);
      if (loser === connection) {
        this.#settle(now, "collision resolved");
        return;
      }
    }
    connection.agree(now, phase, open, agreement);
    this.#sender.keepalive(now, connection);
    this.#settle(now, "OPEN received");
  }

  /** Event 26, KeepAliveMsg, in OpenConfirm. */
  #confirmed(now: Instant, connection: Connection, phase: OpenConfirm): void {
    if (phase.confirmed) return;
    connection.confirm(phase);
    this.#timers.arm(SessionTimer.CollisionWait, after(now, COLLISION_WAIT));
    this.#settle(now, "KEEPALIVE received");
  }

  /** Routes on a connection that waits for its rival: the neighbour has decided for this one. */
  #routing(now: Instant, connection: Connection, phase: OpenConfirm | Established): Established {
    return phase.type === "Established" ? phase : this.#establish(now, connection, phase);
  }

  /** Event 27, UpdateMsg, or 28, UpdateMsgErr. */
  #updated(now: Instant, connection: Connection, { decoder }: Established, { bytes, start, end }: Frame): void {
    const outcome = decoder.decode(bytes, start, end, this.#out.updates);
    if (outcome.type === "ok") return;
    if (outcome.type === "reset")
      this.#reject(now, connection, outcome.error, outcome.faults.map(({ message }) => message).join("; "));
    else this.#out.updateFaults(outcome.faults);
  }

  /** Events 24, NotifMsgVerErr, and 25, NotifMsg. Never answered (RFC 4271 section 6.4). */
  #notified(now: Instant, connection: Connection, error: NotificationError): void {
    const text = shutdownText(error);
    this.#out.notificationReceived(error, text);
    this.#fail(now, connection, { type: "notification-received", error, text });
  }

  // Events of timers

  #fire(now: Instant, timer: SessionTimer): void {
    switch (timer) {
      case SessionTimer.ConnectRetry: // Event 9
        for (const connection of this.#connections.all) this.#remove(connection);
        this.#connect(now, "connect retry timer expired");
        break;
      case SessionTimer.IdleHold: // Event 13
        this.#leaveIdle(now, "idle hold timer expired");
        break;
      case SessionTimer.CollisionWait: {
        const confirmed = this.#connections.confirmed;
        if (confirmed !== undefined) this.#establish(now, confirmed.connection, confirmed.phase);
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
        this.#sender.notification(connection.id, error, "nothing was heard from the neighbour");
        this.#fail(now, connection, { type: "hold-timer-expired" });
        break;
      }
      case ConnectionTimer.Keepalive: // Event 11
        this.#sender.keepalive(now, connection);
        break;
      case ConnectionTimer.SendHold:
        // RFC 9687 section 3.2, event 29. A NOTIFICATION would only wait behind what the neighbour does not take.
        this.#fail(now, connection, { type: "send-hold-timer-expired" }, "abort");
        break;
      default:
        timer satisfies never;
    }
  }

  // Transitions

  /** The only place that changes the state. */
  #enter(now: Instant, to: State, reason: string): void {
    const from = this.#state;
    this.#state = to;
    if (to === "Connect" || to === "Active") this.#armConnectRetry(now);
    else this.#timers.stop(SessionTimer.ConnectRetry);
    if (to !== "Idle") this.#timers.stop(SessionTimer.IdleHold);
    if (to === from) return;
    this.#stateSince = now;
    this.#out.stateChanged(from, to, reason);
  }

  /** Brings the state in line with the connections there are. */
  #settle(now: Instant, reason: string): void {
    const confirmed = this.#connections.confirmed;
    if (confirmed !== undefined && !this.#connections.hasRival(confirmed.phase)) {
      this.#establish(now, confirmed.connection, confirmed.phase);
      return;
    }
    const phase = this.#connections.furthest?.phase.type;
    this.#enter(now, phase === "Connecting" ? "Connect" : (phase ?? "Active"), reason);
  }

  #establish(now: Instant, connection: Connection, phase: OpenConfirm): Established {
    const other = this.#connections.other(connection);
    if (other !== undefined) this.#drop(now, other);
    this.#timers.stop(SessionTimer.CollisionWait);
    const established = connection.establish(now, phase);
    const { local, remote, sentOpen, receivedOpen, agreement } = established;
    this.#up = { connection: connection.id, local, remote, sentOpen, receivedOpen, ...agreement };
    this.statistics.establishedCount++;
    this.#enter(now, "Established", "KEEPALIVE received");
    this.#out.established(this.#up);
    return established;
  }

  /** We found something wrong: NOTIFICATION, and the connection ends. */
  #reject(now: Instant, connection: Connection, error: NotificationError, text: string): void {
    this.#sender.notification(connection.id, error, text);
    this.#fail(now, connection, { type: "notification-sent", error, text });
  }

  /** A connection has failed: the other one goes on, or we try again, at once or after the idle hold time. */
  #fail(now: Instant, connection: Connection, reason: DownReason, how?: "abort"): void {
    const { type } = connection.phase;
    this.#end(now, connection, reason, how);
    const isEarly = reason.type === "connection-lost" && (type === "Connecting" || type === "OpenSent");
    if (isEarly || this.#connections.hasOpen) {
      this.#settle(now, describeDown(reason));
      return;
    }
    this.#failures++;
    this.#idle(now, describeDown(reason), this.#idleHoldWait(this.#failures), isProtocolError(reason));
  }

  /** A connection has lost a collision. */
  #drop(now: Instant, connection: Connection): void {
    this.#dismiss(now, connection, ceaseError(CeaseError.ConnectionCollisionResolution), "");
  }

  /** Ends a connection by a NOTIFICATION, if it can carry one. Leaves the state alone. */
  #dismiss(now: Instant, connection: Connection, error: NotificationError, text: string): void {
    if (connection.phase.type === "Connecting") {
      this.#remove(connection);
      return;
    }
    this.#sender.notification(connection.id, error, text);
    this.#end(now, connection, { type: "notification-sent", error, text });
  }

  /** Closes and forgets a connection, and the session when it was the established one. Leaves the state alone. */
  #end(now: Instant, connection: Connection, reason: DownReason, how?: "abort"): void {
    this.#remove(connection, how);
    this.statistics.lastError = { at: now, text: describeDown(reason), error: notificationOf(reason) };
    if (connection.phase.type !== "Established") return;
    this.#up = undefined;
    this.statistics.flaps++;
    if (elapsed(this.#stateSince ?? now, now) >= STABLE_TIME) this.#failures = 0;
    this.#out.down(reason);
  }

  #remove(connection: Connection, how?: "abort"): void {
    connection.isAlive = false;
    this.#connections.remove(connection);
    this.#out.close(connection.id, how);
  }

  /** Into Idle; out of it after `wait`, when started. */
  #idle(now: Instant, reason: string, wait: Micros, refuses: boolean): void {
    for (const connection of this.#connections.all) this.#remove(connection);
    this.#refuses = refuses || !this.#isStarted;
    this.#timers.stopAll();
    if (this.#isStarted) this.#timers.arm(SessionTimer.IdleHold, after(now, wait));
    this.#enter(now, "Idle", reason);
  }

  #armConnectRetry(now: Instant): void {
    const isPassive = this.#config.passive && this.#state === "Active";
    if (isPassive) this.#timers.stop(SessionTimer.ConnectRetry);
    else this.#timers.arm(SessionTimer.ConnectRetry, after(now, retryWait(this.#rng, this.#config.connectRetryTime)));
  }

  #idleHoldWait(failures: number): Micros {
    return idleHoldWait(this.#rng, this.#config.idleHoldTime, this.#config.idleHoldTimeMax, failures);
  }
}
