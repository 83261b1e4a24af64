import type { FamilyConfig, PeerConfig } from "../../../../src/bgp/peer-config.ts";
import {
  type ConnectionId,
  type DownReason,
  type Input,
  type Out,
  Session,
  type SessionUp,
  type State,
} from "../../../../src/bgp/session/index.ts";
import { buildOpen } from "../../../../src/bgp/session/open-builder.ts";
import {
  type Capability,
  decodeNotification,
  decodeOpen,
  encodeKeepalive,
  encodeNotification,
  encodeOpen,
  encodeRouteRefresh,
  Family,
  frameMessage,
  MessageType,
  type NotificationError,
  type OpenMessage,
  type UpdateSink,
} from "../../../../src/bgp/wire/index.ts";
import { Address } from "../../../../src/lib/address.ts";
import { toHex } from "../../../../src/lib/bytes.ts";
import { seededRng } from "../../../../src/lib/rng.ts";
import { type Instant, type Micros, NEVER, seconds } from "../../../../src/lib/time.ts";

export const LOCAL = new Address(4, 0xc0000201); // 192.0.2.1
export const REMOTE = new Address(4, 0xc0000202); // 192.0.2.2
const NO_RESTART = { restarting: false, forwarding: () => false };

export function familyConfig(family: Family, given: Partial<FamilyConfig> = {}): FamilyConfig {
  const none = { prefixLimit: undefined, longLivedStaleTime: undefined };
  return { family, addPathReceive: false, addPathSendMax: 0, gracefulRestart: false, ...none, ...given };
}

/** A neighbour 192.0.2.2 in AS 65002 of ours, 192.0.2.1 in AS 65001. */
export function peerConfig(given: Partial<PeerConfig> = {}): PeerConfig {
  return {
    address: REMOTE,
    description: "",
    peerGroup: undefined,
    peerAs: 65002,
    localAs: 65001,
    globalAs: 65001,
    routerId: 0x0a000001,
    adminDown: false,
    passive: false,
    localAddress: undefined,
    remotePort: 179,
    holdTime: seconds(90),
    keepaliveTime: undefined,
    connectRetryTime: seconds(120),
    idleHoldTime: seconds(10),
    idleHoldTimeMax: seconds(60),
    sendHoldTime: undefined,
    families: [familyConfig(Family.Ipv4Unicast)],
    gracefulRestart: undefined,
    extendedNextHop: false,
    extendedMessage: false,
    fourOctetAs: true,
    role: undefined,
    roleStrict: false,
    routeReflectorClient: false,
    clusterId: 0x0a000001,
    allowOwnAs: 0,
    replacePeerAs: false,
    removePrivateAs: undefined,
    nextHop: "default",
    treatAsWithdraw: true,
    defaultImport: "accept",
    defaultExport: "accept",
    ...given,
  };
}

/** The configuration of the other side of `peerConfig`. */
export function mirrored(given: Partial<PeerConfig> = {}): PeerConfig {
  return peerConfig({ address: LOCAL, peerAs: 65001, localAs: 65002, globalAs: 65002, routerId: 0x0a000002, ...given });
}

/** The OPEN that the neighbour of `peerConfig` sends. */
export function peerOpen(given: Partial<OpenMessage> = {}, config: Partial<PeerConfig> = {}): OpenMessage {
  return { ...buildOpen(mirrored(config), NO_RESTART), ...given };
}

/** `open` without capabilities of that type, and with these instead. */
export function withCapability(open: OpenMessage, type: Capability["type"], ...instead: Capability[]): OpenMessage {
  return { ...open, capabilities: [...open.capabilities.filter((c) => c.type !== type), ...instead] };
}

export const keepalive = encodeKeepalive;
export const notification = (code: number, subcode: number, data: readonly number[] = []): Uint8Array =>
  encodeNotification({ code, subcode, data: Uint8Array.from(data) });
export const refresh = (kind: "request" | "begin" | "end" = "request", afi = 1, safi = 1): Uint8Array =>
  encodeRouteRefresh({ afi, safi, kind });
/** End-of-RIB of IPv4 unicast: the shortest UPDATE. */
export const endOfRib = (): Uint8Array => frameMessage(MessageType.Update, new Uint8Array(4));

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A message for people: "OPEN", "NOTIFICATION 6/2 0568656c6c6f". */
export function describe(bytes: Uint8Array): string {
  const names = ["", "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE", "ROUTE-REFRESH"];
  const name = names[bytes[18] as number] as string;
  if (name !== "NOTIFICATION") return name;
  const { code, subcode, data } = decodeNotification(bytes, 19, bytes.length);
  return `${name} ${code}/${subcode}${data.length > 0 ? ` ${toHex(data)}` : ""}`;
}

/** Writes down, one line each, what a session wants done: "send 1 OPEN", "close 1", "Idle>Connect". */
export class Recorder implements Out {
  readonly log: string[] = [];
  readonly reasons: string[] = [];
  readonly notices: { readonly sent: boolean; readonly error: NotificationError; readonly text: string }[] = [];
  lastUp: SessionUp | undefined;
  lastDown: DownReason | undefined;
  lastOpen: OpenMessage | undefined;
  /** Set: the owner's next refresh throws, as a fault of ours would. */
  isBroken = false;
  readonly updates: UpdateSink = {
    withdraw: () => this.log.push("withdraw"),
    reach: () => this.log.push("reach"),
    endOfRib: () => this.log.push("end-of-rib"),
  };

  connect(id: ConnectionId): void {
    this.log.push(`connect ${id}`);
  }
  close(id: ConnectionId, how?: "abort"): void {
    this.log.push(`${how ?? "close"} ${id}`);
  }
  send(id: ConnectionId, bytes: Uint8Array): void {
    this.log.push(`send ${id} ${describe(bytes)}`);
    if (bytes[18] !== MessageType.Open) return;
    const decoded = decodeOpen(bytes, 19, bytes.length);
    if (decoded.ok) this.lastOpen = decoded.value;
  }
  stateChanged(from: State, to: State, reason: string): void {
    this.log.push(`${from}>${to}`);
    this.reasons.push(reason);
  }
  established(up: SessionUp): void {
    this.lastUp = up;
    this.log.push("established");
  }
  down(reason: DownReason): void {
    this.lastDown = reason;
    this.log.push(`down ${reason.type}`);
  }
  refreshReceived(family: Family, kind: string): void {
    if (this.isBroken) throw new Error("ours");
    this.log.push(`refresh ${family} ${kind}`);
  }
  updateFaults(faults: readonly { message: string }[]): void {
    this.log.push(`faults ${faults.length}`);
  }
  notificationSent(error: NotificationError, text: string): void {
    this.notices.push({ sent: true, error, text });
  }
  notificationReceived(error: NotificationError, text: string): void {
    this.notices.push({ sent: false, error, text });
  }
}

/** A session with a clock; the test is the network. Our connections are 1, 2, ...; the neighbour's are 101, 102, ... */
export class Rig {
  readonly out = new Recorder();
  readonly session: Session;
  now = 0 as Instant;
  #ours = 0;
  #theirs = 100;

  constructor(config: Partial<PeerConfig> = {}, seed = 1) {
    const newConnection = () => ++this.#ours;
    this.session = new Session(peerConfig(config), newConnection, seededRng(seed), this.out);
  }

  get state(): State {
    return this.session.state;
  }

  /** Forgets what was written down, and returns it. */
  take(): string[] {
    return this.out.log.splice(0);
  }

  input(input: Input): this {
    this.session.handle(this.now, input);
    return this;
  }

  start(): this {
    return this.input({ type: "ManualStart" });
  }

  connected(connection = 1): this {
    return this.input({ type: "Connected", connection, local: LOCAL, remote: REMOTE });
  }

  /** The neighbour connects; its number. */
  accept(): ConnectionId {
    const connection = ++this.#theirs;
    this.input({ type: "Accepted", connection, local: LOCAL, remote: REMOTE });
    return connection;
  }

  receive(bytes: Uint8Array, connection = 1): this {
    return this.input({ type: "Received", connection, bytes });
  }

  receiveOpen(given: Partial<OpenMessage> = {}, config: Partial<PeerConfig> = {}, connection = 1): this {
    return this.receive(encodeOpen(peerOpen(given, config)), connection);
  }

  /** Lets time pass, firing timers when they are due. */
  pass(duration: Micros): this {
    const end = (this.now + duration) as Instant;
    for (let next = this.session.deadline; next <= end; next = this.session.deadline) {
      this.now = next;
      this.session.advance(next);
    }
    this.now = end;
    return this;
  }

  /** Lets time pass until the next timer has fired. */
  fire(): this {
    const next = this.session.deadline;
    if (next === NEVER) return this;
    this.now = next;
    this.session.advance(next);
    return this;
  }

  /** From the start to that state, by a connection of ours. */
  to(state: State, given: Partial<OpenMessage> = {}, config: Partial<PeerConfig> = {}): this {
    if (state === "Idle") return this;
    this.start();
    if (state === "Connect") return this;
    if (state === "Active") return this.input({ type: "ConnectFailed", connection: 1, reason: "refused" });
    this.connected();
    if (state === "OpenSent") return this;
    this.receiveOpen(given, config);
    return state === "OpenConfirm" ? this : this.receive(keepalive());
  }
}
