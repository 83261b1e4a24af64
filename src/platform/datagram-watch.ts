/*
 * Tells when a datagram arrives on a descriptor that Node has no class for (netlink). Node's UDP sockets read any
 * datagram descriptor once they own its number: one is opened as the UDP socket that Node insists on and then made to
 * mean the other socket, before the event loop has looked at it for the first time.
 */
import { createSocket, type Socket } from "node:dgram";
import { errnoOf } from "./errors.ts";
import { AF_INET, close, duplicateOnto, SOCK_DGRAM, socket } from "./libc.ts";

export interface DatagramEvents {
  /** A datagram came. */
  received(bytes: Uint8Array): void;
  /** Datagrams were lost: the receive buffer was full (ENOBUFS). */
  lost(): void;
  /** Anything else; the watch goes on. */
  failed(error: Error): void;
}

export class DatagramWatch {
  readonly #socket: Socket;

  /** Takes over `fd` (and closes it in any case). Throws SystemCallError. */
  constructor(fd: number, events: DatagramEvents) {
    const number = socket(AF_INET, SOCK_DGRAM);
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (bytes) => events.received(bytes));
    this.#socket.on("error", (error) => {
      if (errnoOf(error) === "ENOBUFS") events.lost();
      else events.failed(error);
    });
    try {
      this.#socket.bind({ fd: number, exclusive: true });
      duplicateOnto(fd, number);
    } finally {
      close(fd);
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** The process may end although the watch is open. */
  unref(): void {
    this.#socket.unref();
  }
}
