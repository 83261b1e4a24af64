import type { Address } from "../../lib/address.ts";
import type { Rng } from "../../lib/rng.ts";
import { after, type Instant, seconds, TimerTable } from "../../lib/time.ts";
import type { PeerConfig } from "../peer-config.ts";
import { Framer, type OpenMessage, UpdateDecoder } from "../wire/index.ts";
import type { Agreement } from "./negotiate.ts";
import type { ConnectionId } from "./session-io.ts";
import { ConnectionTimer, HOLD_TIME_LARGE, keepaliveWait, SEND_HOLD_TIME } from "./timers.ts";

/** Who opened a connection: we, or the neighbour. */
export type Direction = "outgoing" | "incoming";

/** What is known once TCP is up and our OPEN is sent. `config`: as it was then, whatever is configured later. */
interface Opened {
  readonly config: PeerConfig;
  readonly local: Address;
  readonly remote: Address;
  readonly sentOpen: OpenMessage;
}

/** What is known once the neighbour's OPEN is accepted. */
interface Agreed extends Opened {
  readonly receivedOpen: OpenMessage;
  readonly agreement: Agreement;
}

export interface OpenSent extends Opened {
  readonly type: "OpenSent";
}

export interface OpenConfirm extends Agreed {
  readonly type: "OpenConfirm";
  /** The KEEPALIVE has come, but a colliding connection that would be kept instead is not decided yet. */
  readonly confirmed: boolean;
}

export interface Established extends Agreed {
  readonly type: "Established";
  readonly decoder: UpdateDecoder;
}

/** How far a connection has come (RFC 4271 has one state machine for each), with what is known by then. */
export type Phase = { readonly type: "Connecting" } | OpenSent | OpenConfirm | Established;

/** One TCP connection with the neighbour: its framer, its timers, and how far it has come. */
export class Connection {
  readonly id: ConnectionId;
  readonly direction: Direction;
  readonly framer = new Framer();
  readonly timers = new TimerTable<ConnectionTimer>(3);
  /** False once the session is done with it: octets that still arrive are not read. */
  isAlive = true;
  #phase: Phase = { type: "Connecting" };
  #outstanding = 0;

  constructor(id: ConnectionId, direction: Direction) {
    this.id = id;
    this.direction = direction;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** TCP is up and our OPEN is on its way: the neighbour has a long time to answer (RFC 4271 section 8.2.2). */
  open(now: Instant, config: PeerConfig, sentOpen: OpenMessage, local: Address, remote: Address): void {
    this.#phase = { type: "OpenSent", config, sentOpen, local, remote };
    this.restartHold(now);
  }

  /** The neighbour's OPEN is accepted: from now on the agreed hold time counts. */
  agree(now: Instant, phase: OpenSent, receivedOpen: OpenMessage, agreement: Agreement): OpenConfirm {
    const { config, local, remote, sentOpen } = phase;
    const next = { config, local, remote, sentOpen, receivedOpen, agreement, confirmed: false };
    this.#phase = { ...next, type: "OpenConfirm" };
    this.framer.lengthMax = agreement.negotiated.receiveLengthMax;
    this.restartHold(now);
    return this.#phase;
  }

  /** The neighbour's KEEPALIVE has come. */
  confirm(phase: OpenConfirm): void {
    this.#phase = { ...phase, confirmed: true };
  }

  establish(now: Instant, phase: OpenConfirm): Established {
    const { confirmed: _, ...agreed } = phase;
    const { treatAsWithdraw } = phase.config;
    const options = { treatAsWithdraw, loopbackNextHop: phase.local.isLoopback };
    const decoder = new UpdateDecoder(phase.agreement.negotiated, options);
    this.#phase = { ...agreed, type: "Established", decoder };
    this.restartHold(now);
    this.noteOutstanding(now, this.#outstanding);
    return this.#phase;
  }

  /**
   * The neighbour was heard. Until Established a hold time of 0 still means the large value: a neighbour that never
   * confirms is not waited for for ever.
   */
  restartHold(now: Instant): void {
    const phase = this.#phase;
    if (phase.type === "Connecting") return;
    const agreed = phase.type === "OpenSent" ? 0 : phase.agreement.holdTimeSeconds;
    if (agreed > 0) this.timers.arm(ConnectionTimer.Hold, after(now, seconds(agreed)));
    else if (phase.type === "Established") this.timers.stop(ConnectionTimer.Hold);
    else this.timers.arm(ConnectionTimer.Hold, after(now, HOLD_TIME_LARGE));
  }

  /** A KEEPALIVE was sent; the next one is due a jittered keepalive time later. */
  restartKeepalive(now: Instant, rng: Rng): void {
    const phase = this.#phase;
    if (phase.type !== "OpenConfirm" && phase.type !== "Established") return;
    const { keepaliveTimeSeconds } = phase.agreement;
    if (keepaliveTimeSeconds === 0) return;
    this.timers.arm(ConnectionTimer.Keepalive, after(now, keepaliveWait(rng, keepaliveTimeSeconds)));
  }

  /**
   * RFC 9687 section 3.2: the send hold timer runs in Established while octets wait, and starts again when some went.
   * Fewer than last time means progress; more does not, for they may be new ones.
   */
  noteOutstanding(now: Instant, outstanding: number): void {
    const progress = outstanding < this.#outstanding;
    this.#outstanding = outstanding;
    if (this.#phase.type !== "Established") return;
    const { config, agreement } = this.#phase;
    const byDefault = Math.max(SEND_HOLD_TIME, seconds(2 * agreement.holdTimeSeconds));
    const time = config.sendHoldTime ?? byDefault;
    const { timers } = this;
    if (outstanding === 0 || time === 0) timers.stop(ConnectionTimer.SendHold);
    else if (progress || !timers.isArmed(ConnectionTimer.SendHold))
      timers.arm(ConnectionTimer.SendHold, (now + time) as Instant);
  }
}
