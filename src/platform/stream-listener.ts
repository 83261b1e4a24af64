import { chmodSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { messageOf } from "./errors.ts";

/** Where a server of ours is reached: over TCP, or by a socket in the file system. */
export type StreamEndpoint =
  | { readonly type: "tcp"; readonly host: string | undefined; readonly port: number }
  | { readonly type: "unix"; readonly path: string };

export interface StreamListenerEvents {
  connected(socket: Socket): void;
  /** A connection was closed at once, or the listener has failed. */
  refused(reason: string): void;
}

/** Connections at once; and how many may come in a second, with a reserve for bursts. */
const CONNECTIONS_MAX = 256;
const CONNECTIONS_A_SECOND = 200;
const BURST = 400;
/** Who has not sent an octet by then is not going to. */
const SILENCE_MS = 10_000;
const BACKLOG = 128;

/** Only the owner and the group may use a socket in the file system. */
const SOCKET_MODE = 0o660;

/** Listens for clients of ours, and keeps their number and rate within limits. */
export class StreamListener {
  readonly #server: Server;
  readonly #endpoint: StreamEndpoint;
  readonly #events: StreamListenerEvents;
  readonly #sockets = new Set<Socket>();
  #tokens = BURST;
  #filledAt = performance.now();

  private constructor(endpoint: StreamEndpoint, events: StreamListenerEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
  }

  /** Rejects with the reason when it cannot listen. */
  static async open(endpoint: StreamEndpoint, events: StreamListenerEvents): Promise<StreamListener> {
    const listener = new StreamListener(endpoint, events);
    if (endpoint.type === "unix") await removeLeftover(endpoint.path);
    await listener.#listen();
    return listener;
  }

  /** Takes no more connections; those that are open stay. */
  stopListening(): void {
    this.#server.close();
  }

  /** Stops listening, and closes what is open. */
  close(): void {
    this.stopListening();
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(): Promise<void> {
    const { promise, resolve, reject } = withResolvers();
    const server = this.#server;
    server.once("error", reject);
    const listening = () => {
      server.off("error", reject);
      server.on("error", (error) => this.#events.refused(messageOf(error)));
      if (this.#endpoint.type === "unix") chmodSync(this.#endpoint.path, SOCKET_MODE);
      resolve();
    };
    const { type } = this.#endpoint;
    if (type === "unix") server.listen({ path: this.#endpoint.path, backlog: BACKLOG }, listening);
    else {
      const { host, port } = this.#endpoint;
      server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) }, listening);
    }
    return promise;
  }

  #connected(socket: Socket): void {
    const reason = this.#judge();
    if (reason !== undefined) {
      socket.destroy();
      this.#events.refused(reason);
      return;
    }
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    const silence = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, SILENCE_MS);
    silence.unref();
    socket.once("close", () => {
      clearTimeout(silence);
      this.#sockets.delete(socket);
    });
    this.#events.connected(socket);
  }

  /** Why one more connection is too much. */
  #judge(): string | undefined {
    if (this.#sockets.size >= CONNECTIONS_MAX) return `there are ${CONNECTIONS_MAX} connections already`;
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filledAt) / 1_000) * CONNECTIONS_A_SECOND);
    this.#filledAt = now;
    if (this.#tokens < 1) return `more than ${CONNECTIONS_A_SECOND} connections a second`;
    this.#tokens--;
    return undefined;
  }
}

/** A socket that a process left behind when it died; one that somebody answers on stays, and listening then fails. */
async function removeLeftover(path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const { promise, resolve, reject } = withResolvers();
  const probe = connect(path, () => reject(new Error(`${path} is in use by another process`)));
  probe.once("error", () => resolve());
  await promise.finally(() => probe.destroy());
  rmSync(path, { force: true });
}

function withResolvers() {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
