import type { Rng } from "../../lib/rng.ts";
import { after, elapsed, type Instant, type Micros, TimerTable } from "../../lib/time.ts";
import type { PeerConfig } from "../peer-config.ts";
import { CeaseError, ceaseError, type NotificationError } from "../wire/index.ts";
import { Connection, type Established, type OpenConfirm } from "./connection.ts";
import { Connections } from "./connections.ts";
import { describeDown, isProtocolError, notificationOf } from "./down-reason.ts";
import type { RestartState } from "./open-builder.ts";
import { Sender } from "./sender.ts";
import type { ConnectionId, DownReason, Out, SessionUp, State } from "./session-io.ts";
import { Statistics } from "./statistics.ts";
import { ATTEMPT_TIME, idleHoldWait, retryWait, SessionTimer, STABLE_TIME } from "./timers.ts";

/** What becomes of a connection's TCP; "gone": it has ended already. */
export type Ending = "close" | "abort" | "gone";

/**
 * The transitions of a session: how connections begin and end, and what the state becomes by that. `Session` has the
 * events, and calls these.
 */
export class Machine {
  readonly statistics = new Statistics();
  readonly timers = new TimerTable<SessionTimer>(3);
  readonly connections = new Connections();
  readonly sender: Sender;
  /** Between ManualStart and ManualStop or Abandon. */
  isStarted = false;
  restart: RestartState = { restarting: false, forwarding: () => false };
  #config: PeerConfig;
  readonly #newConnection: () => ConnectionId;
  readonly #rng: Rng;
  readonly #out: Out;
  #state: State = "Idle";
  #stateSince: Instant | undefined;
  #failures = 0;
  #refuses = true;
  #up: SessionUp | undefined;

  constructor(config: PeerConfig, newConnection: () => ConnectionId, rng: Rng, out: Out) {
    this.#config = config;
    this.#newConnection = newConnection;
    this.#rng = rng;
    this.#out = out;
    this.sender = new Sender(this.statistics, rng, out);
  }

  get config(): PeerConfig {
    return this.#config;
  }

  get state(): State {
    return this.#state;
  }

  get stateSince(): Instant | undefined {
    return this.#stateSince;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether the neighbour's connections are refused. */
  get refuses(): boolean {
    return this.#state === "Idle" && this.#refuses;
  }

  get up(): SessionUp | undefined {
    return this.#up;
  }

  configure(now: Instant, config: PeerConfig): void {
    this.#config = config;
    if (this.#state === "Active") this.#armConnectRetry(now);
  }

  /** By the administrator: earlier failures are forgotten. */
  start(now: Instant): void {
    this.isStarted = true;
    this.#failures = 0;
    this.leaveIdle(now, "started");
  }

  /** Because we were started, or the idle hold time is over. */
  leaveIdle(now: Instant, reason: string): void {
    if (this.#config.passive) this.#enter(now, "Active", reason);
    else this.connect(now, reason);
  }

  /** A connection of our own. */
  connect(now: Instant, reason: string): void {
    const connection = new Connection(this.#newConnection(), "outgoing");
    this.connections.add(connection);
    this.#enter(now, "Connect", reason);
    this.#out.connect(connection.id);
  }

  /** The only place that changes the state. */
  #enter(now: Instant, to: State, reason: string): void {
    const from = this.#state;
    this.#state = to;
    if (to === "Connect" || to === "Active") this.#armConnectRetry(now);
    else this.timers.stop(SessionTimer.ConnectRetry);
    if (to !== "Idle") this.timers.stop(SessionTimer.IdleHold);
    if (to === from) return;
    this.#stateSince = now;
    this.#out.stateChanged(from, to, reason);
  }

  /** Brings the state in line with the connections there are. */
  settle(now: Instant, reason: string): void {
    const { ready } = this.connections;
    if (ready !== undefined) {
      this.establish(now, ready.connection, ready.phase);
      return;
    }
    const phase = this.connections.furthest?.phase.type;
    this.#enter(now, phase === "Connecting" ? "Connect" : (phase ?? "Active"), reason);
  }

  establish(now: Instant, connection: Connection, phase: OpenConfirm): Established {
    const other = this.connections.other(connection);
    if (other !== undefined) this.drop(now, other);
    this.timers.stop(SessionTimer.CollisionWait);
    const established = connection.establish(now, phase);
    const { local, remote, sentOpen, receivedOpen, agreement } = established;
    this.#up = { connection: connection.id, local, remote, sentOpen, receivedOpen, ...agreement };
    this.statistics.establishedCount++;
    this.statistics.lastUp = now;
    this.#enter(now, "Established", "KEEPALIVE received");
    this.#out.established(this.#up);
    return established;
  }

  /** We found something wrong: NOTIFICATION, and the connection ends. */
  reject(now: Instant, connection: Connection, error: NotificationError, text: string): void {
    this.sender.notification(connection.id, error, text);
    this.fail(now, connection, { type: "notification-sent", error, text });
  }

  /** A connection has failed: the other one goes on, or we try again, at once or after the idle hold time. */
  fail(now: Instant, connection: Connection, reason: DownReason, how: Ending = "close"): void {
    const { type } = connection.phase;
    const text = describeDown(reason);
    this.statistics.lastError = { at: now, text, error: notificationOf(reason) };
    this.end(now, connection, reason, how);
    const isEarly = reason.type === "connection-lost" && type === "OpenSent";
    if (isEarly || this.connections.hasOpen) {
      this.settle(now, text);
      return;
    }
    this.#failures++;
    this.idle(now, text, this.idleHoldWait(this.#failures), isProtocolError(reason));
  }

  /** A connection of ours could not be made. */
  failConnect(now: Instant, connection: Connection, why: string): void {
    const text = `could not connect: ${why}`;
    this.statistics.lastError = { at: now, text, error: undefined };
    this.remove(connection, "gone");
    this.settle(now, text);
  }

  /** A connection has lost a collision. */
  drop(now: Instant, connection: Connection): void {
    this.dismiss(now, connection, ceaseError(CeaseError.ConnectionCollisionResolution), "");
  }

  /** Ends a connection by a NOTIFICATION, if it can carry one. Leaves the state alone. */
  dismiss(now: Instant, connection: Connection, error: NotificationError, text: string): void {
    if (connection.phase.type === "Connecting") {
      this.remove(connection);
      return;
    }
    this.sender.notification(connection.id, error, text);
    this.end(now, connection, { type: "notification-sent", error, text });
  }

  /** Closes and forgets a connection, and the session when it was the established one. Leaves the state alone. */
  end(now: Instant, connection: Connection, reason: DownReason, how: Ending = "close"): void {
    this.remove(connection, how);
    if (connection.phase.type !== "Established") return;
    this.#up = undefined;
    this.statistics.flaps++;
    this.statistics.lastDown = now;
    this.statistics.lastError = { at: now, text: describeDown(reason), error: notificationOf(reason) };
    if (elapsed(this.#stateSince ?? now, now) >= STABLE_TIME) this.#failures = 0;
    this.#out.down(reason);
  }

  remove(connection: Connection, how: Ending = "close"): void {
    connection.isAlive = false;
    this.connections.remove(connection);
    if (how === "close") this.#out.close(connection.id);
    else if (how === "abort") this.#out.close(connection.id, how);
  }

  /** Into Idle; out of it after `wait`, when started. */
  idle(now: Instant, reason: string, wait: Micros, refuses: boolean): void {
    for (const connection of this.connections.all) this.remove(connection);
    this.#refuses = refuses || !this.isStarted;
    this.timers.stopAll();
    if (this.isStarted) this.timers.arm(SessionTimer.IdleHold, after(now, wait));
    this.#enter(now, "Idle", reason);
  }

  #armConnectRetry(now: Instant): void {
    const isPassive = this.#config.passive && this.#state === "Active";
    if (isPassive) this.timers.stop(SessionTimer.ConnectRetry);
    else this.timers.arm(SessionTimer.ConnectRetry, after(now, this.#retryWait()));
  }

  /** How long an attempt in Connect may take, or Active waits for the next one. */
  #retryWait(): Micros {
    const { retryTime } = this.restart;
    const wait = retryWait(this.#rng, this.#config.connectRetryTime);
    if (retryTime === undefined) return wait;
    return Math.min(wait, this.#state === "Connect" ? ATTEMPT_TIME : retryWait(this.#rng, retryTime)) as Micros;
  }

  idleHoldWait(failures: number): Micros {
    const { retryTime } = this.restart;
    const wait = idleHoldWait(this.#rng, this.#config.idleHoldTime, this.#config.idleHoldTimeMax, failures);
    return retryTime === undefined ? wait : (Math.min(wait, retryWait(this.#rng, retryTime)) as Micros);
  }
}
