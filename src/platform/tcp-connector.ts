/*
 * Connecting to a neighbour. The socket is made by system calls, gets its options, and only then Node connects it: the
 * SYN already carries them. An option that cannot be set fails the attempt; there is no connection without it.
 */
import { Address } from "../lib/address.ts";
import { type Micros, toSeconds } from "../lib/time.ts";
import { errnoOf, PlatformError } from "./errors.ts";
import { bind, close, interfaceIndex, SOCK_STREAM, socket } from "./libc.ts";
import { type Md5Counters, md5Counters } from "./md5-counters.ts";
import { encodeSockaddr, familyOf } from "./sockaddr.ts";
import * as sockopt from "./sockopt.ts";
import { closeReason, DescriptorSocket, TcpConnection } from "./tcp-connection.ts";

const ANY_IPV4 = new Address(4, 0);
const ANY_IPV6 = new Address(6, 0);

export interface ConnectOptions extends sockopt.TcpOptions {
  /** With its zone when link-local (`fe80::1%eth0`). */
  readonly remote: Address;
  readonly port: number;
  /** Source address; the kernel's choice when undefined. */
  readonly local?: Address | undefined;
  /** Source port; the kernel's choice when undefined. */
  readonly localPort?: number | undefined;
  /** Interface by which the packets must leave. */
  readonly device?: string | undefined;
  /** How long to wait for the handshake. */
  readonly timeout: Micros;
}

/** The one answer to an attempt; neither is called during `connectTcp`, and none after `abort`. */
export interface ConnectEvents {
  /** Call `attach` before returning. */
  connected(connection: TcpConnection): void;
  /** Code "password" or "socket-option": it will fail the same way again. "connect": the network or the neighbour. */
  failed(error: PlatformError): void;
}

export class ConnectAttempt {
  readonly #options: ConnectOptions;
  readonly #events: ConnectEvents;
  #socket: DescriptorSocket | undefined;
  #fd = -1;
  #timer: NodeJS.Timeout | undefined;
  #countersBefore: Md5Counters | undefined;
  #done = false;

  /** Use {@link connectTcp}. */
  constructor(options: ConnectOptions, events: ConnectEvents) {
    this.#options = options;
    this.#events = events;
    if (options.password !== undefined) this.#countersBefore = md5Counters();
    try {
      this.#fd = openSocket(options);
    } catch (error) {
      setImmediate(() => this.#fail(connectError(options, error)));
      return;
    }
    const socket = new DescriptorSocket(this.#fd);
    this.#socket = socket;
    socket.on("error", (error) => this.#fail(connectError(options, error)));
    socket.on("connect", () => this.#succeed());
    this.#timer = setTimeout(() => this.#timeOut(), options.timeout / 1_000);
    socket.connect({ host: options.remote.toString(), port: options.port });
  }

  /** Gives up; no event follows. */
  abort(): void {
    if (this.#finish()) this.#socket?.destroy();
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    return true;
  }

  #succeed(): void {
    if (this.#done || this.#socket === undefined) return;
    let connection: TcpConnection;
    try {
      connection = new TcpConnection(this.#socket, this.#fd);
    } catch (error) {
      this.#fail(connectError(this.#options, error));
      return;
    }
    this.#finish();
    this.#events.connected(connection);
  }

  #fail(error: PlatformError): void {
    if (!this.#finish()) return;
    this.#socket?.destroy();
    this.#events.failed(error);
  }

  #timeOut(): void {
    const text = `no answer to the SYN within ${toSeconds(this.#options.timeout)} s${this.#passwordHint()}`;
    this.#fail(new PlatformError("connect", text, "ETIMEDOUT"));
  }

  /** TCP MD5 failures are silent: the receiver drops the segment. What we can say is what our own kernel has dropped. */
  #passwordHint(): string {
    const before = this.#countersBefore;
    if (before === undefined) return "";
    const now = md5Counters();
    const seen: string[] = [];
    if (now.failed > before.failed) seen.push(`${now.failed - before.failed} with a wrong TCP MD5 signature`);
    if (now.missing > before.missing) seen.push(`${now.missing - before.missing} without one`);
    const dropped = seen.length === 0 ? "" : ` (meanwhile this host dropped segments: ${seen.join(", ")})`;
    return `; with a password configured, this is how a wrong or missing one on either side looks${dropped}`;
  }
}

/** Starts a connection. Never throws: what cannot be set up is told by `failed`. */
export function connectTcp(options: ConnectOptions, events: ConnectEvents): ConnectAttempt {
  return new ConnectAttempt(options, events);
}

function openSocket(options: ConnectOptions): number {
  const { remote, local, localPort } = options;
  const family = familyOf(remote);
  if (remote.version === 6 && remote.isLinkLocal && remote.zone === undefined && options.device === undefined)
    throw new PlatformError("connect", `${remote} is link-local: name its interface, as in ${remote}%eth0`);
  if (local !== undefined && local.version !== remote.version)
    throw new PlatformError("connect", `the local address ${local} and ${remote} are of different IP versions`);
  if (remote.zone !== undefined) interfaceIndex(remote.zone);
  const fd = socket(family, SOCK_STREAM);
  try {
    sockopt.setTcpOptions(fd, family, options);
    if (options.device !== undefined) sockopt.setDevice(fd, options.device);
    if (options.password !== undefined) sockopt.setPassword(fd, family, sockopt.hostPrefix(remote), options.password);
    if (localPort !== undefined) sockopt.setReuseAddress(fd);
    const source = local ?? (remote.version === 4 ? ANY_IPV4 : ANY_IPV6);
    if (local !== undefined || localPort !== undefined)
      bind(fd, encodeSockaddr(withZone(source, remote.zone), localPort ?? 0));
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/** A link-local source address lies on the interface that leads to the neighbour. */
function withZone(local: Address, zone: string | undefined): Address {
  if (!local.isLinkLocal || local.zone !== undefined || local.version === 4) return local;
  return new Address(6, local.w0, local.w1, local.w2, local.w3, zone);
}

function connectError(options: ConnectOptions, error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  const errno = errnoOf(error);
  const text = connectFault(options, errno) ?? closeReason(error).text;
  return new PlatformError("connect", text, errno, error);
}

function connectFault(options: ConnectOptions, errno: string | undefined): string | undefined {
  switch (errno) {
    case "ECONNREFUSED":
      return "connection refused: nothing listens there, or a filter rejects it";
    case "EADDRNOTAVAIL":
      return options.local === undefined
        ? "no local address fits (EADDRNOTAVAIL)"
        : `this host does not have the local address ${options.local} (EADDRNOTAVAIL)`;
    case "EADDRINUSE":
      return `the local port ${options.localPort} is in use (EADDRINUSE)`;
    case "ETIMEDOUT":
      return "no answer to the SYN";
    case "ENODEV":
      return `there is no interface ${options.device ?? options.remote.zone ?? options.local?.zone} (ENODEV)`;
    default:
      return undefined;
  }
}
