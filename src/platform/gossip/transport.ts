/*
 * The sockets of a gossip node: one UDP socket and one TCP listener on the same port, and the streams that come of the
 * listener or are dialed. Knows nothing of what goes over them.
 */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { Address, parseAddress } from "../../lib/address.ts";
import { parsePrefix } from "../../lib/prefix.ts";
import { errnoOf, messageOf, PlatformError } from "../errors.ts";

/** An address and a port, for UDP and TCP alike. */
export interface Peer {
  readonly address: Address;
  readonly port: number;
}

/** What the sockets report. Octets are plain Uint8Arrays, the receiver's from then on. */
export interface TransportEvents {
  packet(from: Peer, bytes: Uint8Array): void;
  /** The kernel would not send a packet there. */
  packetFailed(to: Peer): void;
  /** Accepted streams have even numbers; those dialed have the odd ones that the caller gave them. */
  streamAccepted(stream: number, from: Peer): void;
  streamConnected(stream: number): void;
  streamData(stream: number, bytes: Uint8Array): void;
  /** Not for streams that the caller closed. */
  streamClosed(stream: number, error: string | undefined): void;
}

/** Wished for; the kernel may give less (net.core.rmem_max). A burst of gossip must not be lost while we are busy. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;
/** Connections open at a time, those that are being closed included. */
const CONNECTIONS_MAX = 512;
/** How long a stream that we closed may take to send what is left. */
const LINGER_MS = 5_000;
/** Tries to find a port that is free for both, when any will do. */
const PORT_TRIES = 10;

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8"].map((t) =>
  parsePrefix(t),
);

/** A private address of this host, which is what to advertise when bound to all; undefined when there is none. */
export function firstPrivateAddress(): Address | undefined {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { address: text, internal } of addresses ?? []) {
      const address = parseAddress(text);
      if (internal || address === undefined) continue;
      if (PRIVATE.some((prefix) => prefix?.contains(address))) return address;
    }
  return undefined;
}

export class GossipTransport {
  readonly #udp: UdpSocket;
  readonly #server: Server;
  readonly #events: TransportEvents;
  readonly #streams = new Map<number, Socket>();
  /** Every socket that is not closed, those included that the caller is done with. */
  readonly #sockets = new Set<Socket>();
  #lastAccepted = 0;
  #closed = false;

  private constructor(udp: UdpSocket, server: Server, events: TransportEvents) {
    this.#udp = udp;
    this.#server = server;
    this.#events = events;
    udp.on("message", (message, { address, port }) => {
      const from = peerOf(address, port);
      if (from !== undefined) events.packet(from, plain(message));
    });
    // What a socket reports outside of a send concerns nobody in particular; sends report for themselves.
    udp.on("error", () => {});
    server.on("connection", (socket) => this.#accept(socket));
  }

  /**
   * Binds both sockets to `address`; port 0 takes any that is free for both. Rejects with PlatformError "listen".
   */
  static async open(address: Address, port: number, events: TransportEvents): Promise<GossipTransport> {
    for (let tries = port === 0 ? PORT_TRIES : 1; ; tries--) {
      const server = createServer({ noDelay: true });
      server.maxConnections = CONNECTIONS_MAX;
      const udp = createSocket({ type: address.version === 4 ? "udp4" : "udp6", lookup: asIs });
      try {
        server.listen({ host: address.toString(), port });
        await once(server, "listening");
        // It may be listening before `bind` returns, with a resolver that answers at once.
        const listening = once(udp, "listening");
        udp.bind({ address: address.toString(), port: portOf(server) });
        await listening;
        widen(udp);
        return new GossipTransport(udp, server, events);
      } catch (error) {
        server.close();
        udp.close();
        const errno = errnoOf(error);
        if (errno === "EADDRINUSE" && tries > 1) continue;
        throw new PlatformError(
          "listen",
          `cannot listen on ${address} port ${port}: ${messageOf(error)}`,
          errno,
          error,
        );
      }
    }
  }

  /** The port that both sockets are bound to. */
  get port(): number {
    return portOf(this.#server);
  }

  sendPacket(to: Peer, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#udp.send(bytes, to.port, to.address.toString(), (error) => {
      if (error !== null && !this.#closed) this.#events.packetFailed(to);
    });
  }

  /** Begins to connect; the outcome is `streamConnected` or `streamClosed`. */
  dial(stream: number, to: Peer): void {
    if (this.#closed) return;
    const socket = connect({ host: to.address.toString(), port: to.port, noDelay: true });
    this.#watch(stream, socket);
    socket.on("connect", () => this.#streams.has(stream) && this.#events.streamConnected(stream));
  }

  streamSend(stream: number, bytes: Uint8Array): void {
    this.#streams.get(stream)?.write(bytes);
  }

  /** Sends what is waiting, then closes. Nothing is reported of this stream any more. */
  streamClose(stream: number): void {
    const socket = this.#streams.get(stream);
    if (socket === undefined) return;
    this.#streams.delete(stream);
    if (socket.connecting) {
      socket.destroy();
      return;
    }
    // Not destroyed at once: unread octets would make the kernel reset the connection and drop our last words.
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on("close", () => clearTimeout(timer));
  }

  /** Closes everything. Nothing is reported any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#streams.clear();
    for (const socket of this.#sockets) socket.destroy();
    const closed = [once(this.#server, "close"), once(this.#udp, "close")];
    this.#server.close();
    this.#udp.close();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    const from = peerOf(socket.remoteAddress, socket.remotePort);
    if (from === undefined || this.#closed) {
      socket.destroy();
      return;
    }
    this.#lastAccepted += 2;
    this.#watch(this.#lastAccepted, socket);
    this.#events.streamAccepted(this.#lastAccepted, from);
  }

  #watch(stream: number, socket: Socket): void {
    let failure: string | undefined;
    this.#streams.set(stream, socket);
    this.#sockets.add(socket);
    socket.on("data", (chunk) => this.#streams.has(stream) && this.#events.streamData(stream, plain(chunk)));
    socket.on("error", (error) => {
      failure = messageOf(error);
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#streams.delete(stream)) this.#events.streamClosed(stream, failure);
    });
  }
}

/** Addresses are numeric: no resolver, no thread pool. */
const asIs = (
  host: string,
  _options: unknown,
  done: (error: Error | null, address: string, family: number) => void,
): void => done(null, host, host.includes(":") ? 6 : 4);

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A Buffer's `slice` is a view, where cores expect a copy: they get the same octets as what they know. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** A dual-stack socket gives IPv4 addresses as ::ffff:a.b.c.d. */
function peerOf(text: string | undefined, port: number | undefined): Peer | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  if (address === undefined || port === undefined || port === 0) return undefined;
  const mapped = address.version === 6 && address.w0 === 0 && address.w1 === 0 && address.w2 === 0xffff;
  return { address: mapped ? new Address(4, address.w3) : address, port };
}

/** The largest receive buffer that the kernel takes, halving from the one wished for. */
function widen(udp: UdpSocket): void {
  for (let size = RECEIVE_BUFFER; size > 65_536; size /= 2) {
    try {
      udp.setRecvBufferSize(size);
      return;
    } catch {
      // Too much for this system: half of it.
    }
  }
}
