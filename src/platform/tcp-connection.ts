/*
 * One TCP connection, as the cores see it.
 *
 * Reading: every connection of the process reads into one shared buffer (half the processor time of a stream's `data`
 * events, which allocate per read), so octets are good only during `received`. After TURN_BYTES the connection lets
 * the others have a turn of the event loop. `pause` stops reading: the neighbour's TCP then slows down (back-pressure).
 *
 * Writing: `send` owns the octets; Node keeps a reference to what the kernel would not take yet. `sent` tells how many
 * octets are still here, `drained` asks for more. A close waits for what was sent before it, then for the neighbour's
 * FIN: to close with unread octets in the kernel would send RST, which can overtake the NOTIFICATION.
 */
import { Socket } from "node:net";
import type { Address } from "../lib/address.ts";
import { assert } from "../lib/assert.ts";
import { errnoOf, messageOf } from "./errors.ts";
import { receive } from "./libc.ts";
import { formatEndpoint, fromNodeText } from "./sockaddr.ts";

/** How a connection ended. "local": we closed it. */
export type CloseCause = "local" | "peer-closed" | "reset" | "timed-out" | "unreachable" | "overflow" | "error";
export interface CloseReason {
  readonly cause: CloseCause;
  /** For people: what happened, without the neighbour's name. */
  readonly text: string;
}

/** What a connection tells. Never called during a call of ours, so a core may send from within its own turn. */
export interface ConnectionEvents {
  /** Octets from the neighbour, good until this returns: copy what must live longer. Never empty. */
  received(bytes: Uint8Array): void;
  /** The kernel took something: `outstanding` octets are still waiting here. */
  sent(outstanding: number): void;
  /** `outstanding` fell below SEND_LOW_WATER after it had been at or above it: time to send more. */
  drained(): void;
  /** The end, exactly once. Nothing is called after it. */
  closed(reason: CloseReason): void;
}

/** Octets read at once, by every connection. */
const READ_BUFFER_BYTES = 65_536;
/** Octets after which a connection that has more to read waits for the next turn of the event loop. */
const TURN_BYTES = 262_144;
/** Below this many octets outstanding a sender is asked for more. */
export const SEND_LOW_WATER = 131_072;
/** A sender that minds `drained` stays far below this; one that does not loses its connection. */
export const OUTSTANDING_MAX = 33_554_432;

const readBuffer = new Uint8Array(READ_BUFFER_BYTES);

/** What a connection does with its socket's reads and end. Set when the socket is connected. */
interface SocketHooks {
  /** `count` octets are in the shared buffer. False stops reading. */
  take(count: number): boolean;
  /** The descriptor goes when this returns. */
  beforeDestroy(error: Error | null): void;
}

/** A socket on a descriptor of ours, which it owns from now on. */
export class DescriptorSocket extends Socket {
  readonly #slot: { hooks: SocketHooks | undefined };

  constructor(fd: number) {
    const slot: { hooks: SocketHooks | undefined } = { hooks: undefined };
    const onread = { buffer: readBuffer, callback: (count: number) => slot.hooks?.take(count) ?? true };
    // The constructor takes `onread` as net.connect documents it; the type declarations know it only there.
    super({ fd, onread } as { fd: number });
    this.#slot = slot;
    this.setNoDelay(true);
  }

  hook(hooks: SocketHooks): void {
    this.#slot.hooks = hooks;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#slot.hooks?.beforeDestroy(error);
    super._destroy(error, callback);
  }
}

export class TcpConnection {
  /** Our end and the neighbour's; IPv4-mapped addresses appear as IPv4, link-local ones with their zone. */
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  readonly #socket: DescriptorSocket;
  #events: ConnectionEvents | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #paused = false;
  #reported = 0;
  #unreported = false;
  #high = false;
  #turnBytes = 0;
  #closeTimer: NodeJS.Timeout | undefined;

  /** On a socket that is connected. Throws when the connection is already gone. */
  constructor(socket: DescriptorSocket, fd: number) {
    const local = fromNodeText(socket.localAddress);
    const remote = fromNodeText(socket.remoteAddress);
    if (local === undefined || remote === undefined) throw new Error("the connection is already gone");
    this.local = local;
    this.localPort = socket.localPort as number;
    this.remote = remote;
    this.remotePort = socket.remotePort as number;
    this.#socket = socket;
    socket.hook({
      take: (count) => this.#take(count),
      beforeDestroy: (error) => {
        if (error !== null) this.#drain(fd);
      },
    });
    socket.on("end", () => this.#ended());
    socket.on("error", (error) => this.#close(closeReason(error)));
    socket.on("close", () => this.#close({ cause: "local", text: "closed by this side" }));
  }

  /** Says who is told. To be called before control returns to the event loop, once. */
  attach(events: ConnectionEvents): void {
    assert(this.#events === undefined, "a connection has one listener");
    this.#events = events;
  }

  /** Octets given to `send` that the kernel has not taken yet. */
  get outstanding(): number {
    return this.#socket.writableLength;
  }

  /** "192.0.2.1 port 179". */
  toString(): string {
    return formatEndpoint(this.remote, this.remotePort);
  }

  /** Queues `bytes`, which must not be changed from now on. Ignored once the connection is closing or closed. */
  send(bytes: Uint8Array): void {
    if (this.#state !== "open" || bytes.length === 0) return;
    this.#socket.write(bytes, this.#wrote);
    this.#unreported = true;
    const outstanding = this.outstanding;
    if (outstanding >= SEND_LOW_WATER) this.#high = true;
    if (outstanding > OUTSTANDING_MAX) {
      const text = `more than ${OUTSTANDING_MAX} octets waited to be sent`;
      setImmediate(() => this.#close({ cause: "overflow", text }));
    }
  }

  /** Stops reading; octets that are in the kernel stay there and the neighbour is slowed down. */
  pause(): void {
    if (this.#paused || this.#state !== "open") return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.#state !== "open") return;
    this.#paused = false;
    this.#socket.resume();
  }

  /**
   * Sends what was given to `send`, then FIN, then waits for the neighbour's; `closed` follows, at most `timeoutMs`
   * from now. Octets that still arrive are thrown away.
   */
  closeAfterFlush(timeoutMs: number): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#closeTimer = setTimeout(() => this.#close({ cause: "local", text: "closed by this side" }), timeoutMs);
    this.#socket.end();
    this.#socket.resume();
  }

  /** Ends the connection now; what was not sent is lost. `closed` follows. */
  destroy(): void {
    if (this.#state !== "closed") this.#socket.destroy();
  }

  readonly #wrote = (error?: Error | null): void => {
    if (error || this.#state !== "open") return;
    const outstanding = this.outstanding;
    // Writes that the kernel took together end together: told once.
    if (outstanding === this.#reported && !this.#unreported) return;
    this.#reported = outstanding;
    this.#unreported = false;
    this.#events?.sent(outstanding);
    if (!this.#high || outstanding >= SEND_LOW_WATER) return;
    this.#high = false;
    this.#events?.drained();
  };

  #take(count: number): boolean {
    if (this.#state !== "open") return true;
    this.#deliver(count);
    this.#turnBytes += count;
    if (this.#turnBytes < TURN_BYTES || this.#paused) return !this.#paused;
    this.#turnBytes = 0;
    setImmediate(() => {
      if (!this.#paused) this.#socket.resume();
    });
    return false;
  }

  #deliver(count: number): void {
    assert(this.#events !== undefined, "attach a connection before octets arrive");
    this.#events.received(readBuffer.subarray(0, count));
  }

  #ended(): void {
    // In "closing" the socket ends by itself when our side is flushed as well.
    if (this.#state === "open") this.#close({ cause: "peer-closed", text: "the neighbour closed the connection" });
  }

  /**
   * A failed write ends the socket at once. What the neighbour said before (its NOTIFICATION, which decides whether
   * its routes are held) may still be in the kernel: it is read here, before the descriptor goes.
   */
  #drain(fd: number): void {
    if (this.#state !== "open") return;
    try {
      for (let count = receive(fd, readBuffer); count > 0; count = receive(fd, readBuffer)) this.#deliver(count);
    } catch (error) {
      // EAGAIN: there was nothing. ECONNRESET and the like: the reason is reported by the caller.
      if (errnoOf(error) === undefined) throw error;
    }
  }

  #close(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#closeTimer);
    this.#socket.destroy();
    this.#events?.closed(reason);
  }
}

/** What a socket's error means to an operator. */
export function closeReason(error: unknown): CloseReason {
  switch (errnoOf(error)) {
    case "ECONNRESET":
      return { cause: "reset", text: "the neighbour reset the connection" };
    case "EPIPE":
      return { cause: "reset", text: "the neighbour takes no more octets (broken pipe)" };
    case "ETIMEDOUT":
      return { cause: "timed-out", text: "the neighbour's TCP does not answer any more" };
    case "EHOSTUNREACH":
      return { cause: "unreachable", text: "the neighbour cannot be reached (no route, or no answer on the link)" };
    case "ENETUNREACH":
    case "ENETDOWN":
      return { cause: "unreachable", text: "there is no route to the neighbour" };
    default:
      return { cause: "error", text: messageOf(error) };
  }
}
