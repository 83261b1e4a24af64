/*
 * A listening TCP socket for BGP. The socket is made and bound by system calls and then handed to Node, so that keys
 * and options are in place before the first SYN can be answered.
 *
 * Its TTL is 255, since a neighbour that demands TTL security would not see our SYN-ACK otherwise; each accepted
 * connection gets its own neighbour's TTL. TTL security of a connection is checked on the SYN it came with (the kernel
 * keeps it) and from then on by the kernel, because a minimum on the listener would hold for all neighbours.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";
import { AF_INET, AF_INET6, bind, close, duplicate, listen, SOCK_STREAM, socket } from "./libc.ts";
import { encodeSockaddr, familyOf, formatEndpoint, fromNodeText } from "./sockaddr.ts";
import * as sockopt from "./sockopt.ts";
import { DescriptorSocket, TcpConnection } from "./tcp-connection.ts";

/** Connections that wait in the kernel to be accepted. */
const BACKLOG = 256;

export interface ListenOptions {
  readonly address: Address;
  /** 0: any free port (tests). */
  readonly port: number;
  /** Interface to listen on alone. */
  readonly device?: string | undefined;
  /** IPv6 only: false takes IPv4 connections as well (by default each version has its own listener). */
  readonly ipv6Only?: boolean | undefined;
}

export interface ListenerEvents {
  /** What the neighbour at `remote` is configured with, or why it is not welcome (for the log). */
  admit(remote: Address, local: Address): Result<sockopt.TcpOptions, string>;
  /** A connection, with its options in place. Call `attach` before returning. */
  accepted(connection: TcpConnection): void;
  /** A connection was closed at once, for `reason`. Anyone on the network can cause this: limit what is logged. */
  refused(remote: Address, reason: string): void;
  /** The kernel could not give us a connection (out of descriptors or memory); the listener goes on. */
  failed(reason: string): void;
}

interface Password {
  readonly peer: Prefix;
  readonly password: string;
}

export class TcpListener {
  readonly address: Address;
  readonly port: number;
  readonly #fd: number;
  readonly #server: Server;
  readonly #events: ListenerEvents;
  /** Keys that the kernel has accepted. */
  readonly #passwords = new Map<string, Password>();
  #open = true;

  private constructor(fd: number, options: ListenOptions, events: ListenerEvents) {
    this.#fd = fd;
    this.#events = events;
    this.#server = createServer({ pauseOnConnect: true }, (accepted) => this.#accept(accepted));
    this.#server.on("error", (error) => events.failed(messageOf(error)));
    this.#server.listen({ fd, backlog: BACKLOG });
    this.address = options.address;
    this.port = (this.#server.address() as { port: number }).port;
  }

  /** Listens, or says which address and port could not be had, and why. */
  static open(options: ListenOptions, events: ListenerEvents): Result<TcpListener, PlatformError> {
    let fd = -1;
    try {
      const family = familyOf(options.address);
      fd = socket(family, SOCK_STREAM);
      sockopt.setReuseAddress(fd);
      const ipv6Only = options.ipv6Only ?? true;
      if (family === AF_INET6) sockopt.setIpv6Only(fd, ipv6Only);
      for (const packets of family === AF_INET6 && !ipv6Only ? [AF_INET, AF_INET6] : [family]) {
        sockopt.setTtl(fd, packets, 255);
        sockopt.setNetworkControl(fd, packets);
      }
      sockopt.saveSyn(fd);
      if (options.device !== undefined) sockopt.setDevice(fd, options.device);
      bind(fd, encodeSockaddr(options.address, options.port));
      listen(fd, BACKLOG);
      return ok(new TcpListener(fd, options, events));
    } catch (error) {
      if (fd >= 0) close(fd);
      return fail(listenError(options, error));
    }
  }

  /**
   * Sets, replaces or (undefined) removes the TCP MD5 password for connections from `peer`, live. Established
   * connections keep the key they came with. When the kernel refuses, connections that `admit` says need this
   * password are refused as well.
   */
  setPassword(peer: Prefix, password: string | undefined): Result<void, PlatformError> {
    if (password === undefined && !this.#passwords.has(peer.toString())) return ok(undefined);
    try {
      sockopt.setPassword(this.#fd, familyOf(this.address), peer, password);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      return fail(error);
    }
    if (password === undefined) this.#passwords.delete(peer.toString());
    else this.#passwords.set(peer.toString(), { peer, password });
    return ok(undefined);
  }

  /** Stops listening; accepted connections live on. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#server.close();
  }

  #accept(accepted: Socket): void {
    const remote = fromNodeText(accepted.remoteAddress);
    const local = fromNodeText(accepted.localAddress);
    if (remote === undefined || local === undefined) {
      accepted.destroy(); // The neighbour was gone before we looked.
      return;
    }
    const connection = this.#setUp(accepted, remote, local);
    if (connection.ok) this.#events.accepted(connection.value);
    else this.#events.refused(remote, connection.error);
  }

  /** Applies the neighbour's options; takes over the descriptor so that the connection reads into the shared buffer. */
  #setUp(accepted: Socket, remote: Address, local: Address): Result<TcpConnection, string> {
    let fd = -1;
    const admitted = this.#events.admit(remote, local);
    try {
      if (!admitted.ok) return admitted;
      const refusal = this.#checkPassword(remote, admitted.value.password);
      if (refusal !== undefined) return fail(refusal);
      fd = duplicate(descriptorOf(accepted));
      const lowTtl = checkSynTtl(fd, admitted.value.minTtl);
      if (lowTtl !== undefined) return fail(lowTtl);
      sockopt.setTcpOptions(fd, familyOf(remote), admitted.value);
      const own = fd;
      fd = -1; // The socket's from here on.
      return ok(new TcpConnection(new DescriptorSocket(own), own));
    } catch (error) {
      return fail(messageOf(error));
    } finally {
      if (fd >= 0) close(fd);
      accepted.destroy();
    }
  }

  /** The kernel has checked the signature against the most specific key: it must be the one that is configured. */
  #checkPassword(remote: Address, password: string | undefined): string | undefined {
    let best: Password | undefined;
    for (const known of this.#passwords.values()) {
      if (known.peer.contains(remote) && (best === undefined || known.peer.length > best.peer.length)) best = known;
    }
    if (best?.password === password || password === undefined) return undefined;
    return "its password could not be applied to the listening socket";
  }
}

/** The descriptor of an accepted socket: Node has no public way to ask for it. The only use of its private `_handle`. */
export function descriptorOf(socket: Socket): number {
  const fd = (socket as unknown as { _handle?: { fd?: unknown } | null })._handle?.fd;
  if (typeof fd !== "number" || fd < 0) throw new Error("this version of Node does not tell a socket's descriptor");
  return fd;
}

function checkSynTtl(fd: number, minTtl: number | undefined): string | undefined {
  const ttl = minTtl === undefined ? undefined : sockopt.synTtl(fd);
  if (ttl === undefined || minTtl === undefined || ttl >= minTtl) return undefined;
  return `TTL security: its SYN arrived with TTL ${ttl}, at least ${minTtl} is required (RFC 5082)`;
}

function listenError(options: ListenOptions, error: unknown): PlatformError {
  const where = `cannot listen on ${formatEndpoint(options.address, options.port)}`;
  const errno = errnoOf(error);
  return new PlatformError("listen", `${where}: ${listenFault(errno) ?? messageOf(error)}`, errno, error);
}

function listenFault(errno: string | undefined): string | undefined {
  switch (errno) {
    case "EADDRINUSE":
      return "another process listens there (EADDRINUSE)";
    case "EADDRNOTAVAIL":
      return "this host does not have the address (EADDRNOTAVAIL)";
    case "EACCES":
      return "ports below 1024 need root or CAP_NET_BIND_SERVICE (EACCES)";
    default:
      return undefined;
  }
}
