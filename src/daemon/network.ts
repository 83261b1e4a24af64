import type { ConnectionId, PeerConfig, Speaker, Input as SpeakerInput, Out as SpeakerOut } from "../bgp/index.ts";
import type { TtlConfig } from "../config/index.ts";
import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { type Micros, seconds } from "../lib/time.ts";
import {
  type ConnectAttempt,
  connectTcp,
  type Driver,
  type TcpConnection,
  TcpListener,
  type TcpOptions,
} from "../platform/index.ts";

/** How long a closing connection may take to get its last octets out: the Cease of an orderly stop is among them. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * The share of ConnectRetryTime that a connection may take, and the longest: the session gives up (with jitter) after
 * three quarters of it at the earliest, and then nobody hears why.
 */
const CONNECT_SHARE = 0.7;
const CONNECT_TIMEOUT_MAX = seconds(20);

/** What the network must know of a neighbour, beside what its session does. */
export interface Transport {
  readonly ttl: TtlConfig;
  readonly password: string | undefined;
  readonly device: string | undefined;
  readonly localPort: number | undefined;
}

/** Where {@link Network} learns how to reach whom. */
export interface Transports {
  /** The transport of this neighbour, configured or within a dynamic prefix; undefined when it is neither. */
  find(remote: Address): Transport | undefined;
}

export interface NetworkEvents {
  /** A connection was closed before the speaker heard of it. Anyone can cause this: rate-limit what is logged. */
  refused(remote: Address, reason: string): void;
  listenerFailed(reason: string): void;
}

/** TCP for the speaker: turns its requests into connections and what happens to those into its inputs. */
export class Network implements Pick<SpeakerOut, "connect" | "send" | "close"> {
  readonly #driver: Driver;
  readonly #transports: Transports;
  readonly #events: NetworkEvents;
  readonly #attempts = new Map<ConnectionId, ConnectAttempt>();
  readonly #connections = new Map<ConnectionId, TcpConnection>();
  /** Closed by the speaker, with octets that are still on their way out. */
  readonly #closing = new Set<TcpConnection>();
  readonly #paused = new Set<TcpConnection>();
  /** Connections whose last `send` left octets that the kernel would not take. */
  readonly #waiting = new Set<ConnectionId>();
  readonly #listeners = new Map<string, TcpListener>();
  #speaker: Speaker | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(driver: Driver, transports: Transports, events: NetworkEvents) {
    this.#driver = driver;
    this.#transports = transports;
    this.#events = events;
  }

  /** The speaker whose `Out` this is. To be called once, before the event loop turns. */
  attach(speaker: Speaker): void {
    this.#speaker = speaker;
    this.#driver.add({
      get deadline() {
        return speaker.deadline;
      },
      advance: (now) => {
        speaker.advance(now);
        this.#reportWaiting();
        if (this.#paused.size > 0 && !speaker.congested) this.#resumeAll();
      },
    });
  }

  /** Listens on each of these endpoints and on no other; those that are open already stay. Returns what failed. */
  listen(addresses: readonly Address[], port: number): readonly Error[] {
    const wanted = new Map(addresses.map((address) => [`${address} ${port}`, address]));
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      listener.close();
      this.#listeners.delete(key);
    }
    const errors: Error[] = [];
    for (const [key, address] of wanted) {
      if (this.#listeners.has(key)) continue;
      const opened = TcpListener.open(
        { address, port, device: address.zone },
        {
          admit: (remote) => this.#admit(remote),
          accepted: (connection) => this.#accepted(connection),
          refused: (remote, reason) => this.#events.refused(remote, reason),
          failed: (reason) => this.#events.listenerFailed(reason),
        },
      );
      if (opened.ok) this.#listeners.set(key, opened.value);
      else errors.push(opened.error);
    }
    return errors;
  }

  /** Sets or removes the password for connections from `peer` on every listener of its IP version. */
  setPassword(peer: Prefix, password: string | undefined): Result<void, Error> {
    for (const listener of this.#listeners.values()) {
      if (listener.address.version !== peer.version) continue;
      const set = listener.setPassword(peer, password);
      if (!set.ok) return fail(set.error);
    }
    return ok(undefined);
  }

  /** Stops listening, and calls back once no connection is left. */
  shutDown(whenIdle: () => void): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#whenIdle = whenIdle;
    this.#checkIdle();
  }

  /** Gives the speaker an input: the way for everything that is not from the network as well. */
  tell(input: SpeakerInput): void {
    this.#driver.touch();
    this.#speaker?.handle(this.#driver.now(), input);
    this.#reportWaiting();
  }

  connect(connection: ConnectionId, peer: PeerConfig): void {
    const transport = this.#transports.find(peer.address);
    const attempt = connectTcp(
      {
        remote: peer.address,
        port: peer.remotePort,
        local: peer.localAddress,
        localPort: transport?.localPort,
        device: transport?.device,
        timeout: Math.min(peer.connectRetryTime * CONNECT_SHARE, CONNECT_TIMEOUT_MAX) as Micros,
        ...(transport === undefined ? {} : tcpOptionsOf(transport)),
      },
      {
        connected: (tcp) => {
          this.#attempts.delete(connection);
          this.#own(connection, tcp);
          this.tell({ type: "Connected", connection, local: tcp.local, remote: tcp.remote });
        },
        failed: (error) => {
          this.#attempts.delete(connection);
          this.tell({ type: "ConnectFailed", connection, reason: error.message });
        },
      },
    );
    this.#attempts.set(connection, attempt);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const tcp = this.#connections.get(connection);
    if (tcp === undefined) return;
    tcp.send(bytes);
    if (tcp.outstanding > 0) this.#waiting.add(connection);
  }

  close(connection: ConnectionId, how?: "abort"): void {
    this.#attempts.get(connection)?.abort();
    this.#attempts.delete(connection);
    const tcp = this.#connections.get(connection);
    if (tcp === undefined) return;
    this.#connections.delete(connection);
    this.#closing.add(tcp);
    if (how === "abort") tcp.destroy();
    else tcp.closeAfterFlush(CLOSE_TIMEOUT_MS);
  }

  #admit(remote: Address): Result<TcpOptions, string> {
    const transport = this.#transports.find(remote);
    return transport === undefined ? fail("no such neighbour") : ok(tcpOptionsOf(transport));
  }

  #accepted(tcp: TcpConnection): void {
    if (this.#speaker === undefined) {
      tcp.destroy();
      return;
    }
    const connection = this.#speaker.newConnection();
    this.#own(connection, tcp);
    this.tell({ type: "Accepted", connection, local: tcp.local, remote: tcp.remote });
  }

  #own(connection: ConnectionId, tcp: TcpConnection): void {
    this.#connections.set(connection, tcp);
    tcp.attach({
      received: (bytes) => this.#received(connection, tcp, bytes),
      sent: (outstanding) => this.#tellIfOpen(connection, { type: "Sent", connection, outstanding }),
      drained: () => {}, // `sent` has said it
      closed: ({ text }) => this.#closed(connection, tcp, text),
    });
  }

  #received(connection: ConnectionId, tcp: TcpConnection, bytes: Uint8Array): void {
    this.#tellIfOpen(connection, { type: "Received", connection, bytes });
    if (this.#speaker?.congested !== true) return;
    // Back-pressure: the table takes a breath, and the neighbour's TCP waits with it.
    this.#paused.add(tcp);
    tcp.pause();
  }

  #closed(connection: ConnectionId, tcp: TcpConnection, reason: string): void {
    this.#paused.delete(tcp);
    if (this.#closing.delete(tcp)) this.#checkIdle();
    this.#tellIfOpen(connection, { type: "Closed", connection, reason });
    this.#connections.delete(connection);
  }

  #resumeAll(): void {
    for (const tcp of this.#paused) tcp.resume();
    this.#paused.clear();
  }

  #tellIfOpen(connection: ConnectionId, input: SpeakerInput): void {
    if (this.#connections.has(connection)) this.tell(input);
  }

  /** Tells the speaker, now that it has returned, what the kernel would not take of what it has sent. */
  #reportWaiting(): void {
    while (this.#waiting.size > 0) {
      const connections = [...this.#waiting];
      this.#waiting.clear();
      for (const connection of connections) {
        const outstanding = this.#connections.get(connection)?.outstanding ?? 0;
        if (outstanding > 0) this.#speaker?.handle(this.#driver.now(), { type: "Sent", connection, outstanding });
      }
    }
  }

  #checkIdle(): void {
    if (this.#whenIdle !== undefined && this.#closing.size === 0) this.#whenIdle();
  }
}

function tcpOptionsOf({ ttl, password }: Transport): TcpOptions {
  return { ttl: ttl.send, minTtl: ttl.min, password };
}
