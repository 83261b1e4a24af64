/*
 * Requests to the kernel's routing tables and interfaces (rtnetlink(7)). The kernel works on a request within the
 * sendto that carries it, so the answer waits already when that returns: every call is synchronous, and what it tells
 * is what the kernel did. One address costs a tenth of what a line to `ip -batch` does, and there is no child to lose.
 */
import { SystemCallError } from "../errors.ts";
import { AF_NETLINK, bind, close, receive, SOCK_RAW, sendTo, socket } from "../libc.ts";
import { LITTLE_ENDIAN } from "../sockaddr.ts";
import { type Message, MessageWriter, NLM_F, NLMSG, readMessages } from "./message.ts";

/** The kernel fills parts of a dump up to 32 KiB when the reader offers as much. */
const BUFFER_SIZE = 65_536;
/** A dump that something changed in the middle of is taken again so often; then it is used as it is. */
const DUMP_ATTEMPTS_MAX = 4;

/** `struct sockaddr_nl`; port 0 is the kernel, or when binding: any. */
export function encodeNetlinkAddress(groups: number): Uint8Array {
  const out = new Uint8Array(12);
  const view = new DataView(out.buffer);
  view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
  view.setUint32(8, groups, LITTLE_ENDIAN);
  return out;
}

const KERNEL = encodeNetlinkAddress(0);

export class RouteSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #sequence = 0;

  /** Throws SystemCallError. */
  constructor() {
    this.#fd = socket(AF_NETLINK, SOCK_RAW);
    bind(this.#fd, KERNEL);
  }

  /** Asks for a change. `write` adds the structure and attributes. Throws SystemCallError with the kernel's answer. */
  change(what: string, type: number, flags: number, write: (message: MessageWriter) => void): void {
    this.#send(type, flags | NLM_F.ACK, write);
    for (;;) {
      for (const message of this.#receive()) {
        if (message.type !== NLMSG.ERROR) continue;
        throwIfError(what, message);
        return;
      }
    }
  }

  /** Everything of a kind: `visit` is called with each message, which is valid during the call. Throws SystemCallError. */
  dump<T>(what: string, type: number, write: (message: MessageWriter) => void, read: (message: Message) => T): T[] {
    for (let attempt = 1; ; attempt++) {
      this.#send(type, NLM_F.DUMP, write);
      const items: T[] = [];
      const interrupted = this.#collect(what, (message) => items.push(read(message)));
      if (!interrupted || attempt === DUMP_ATTEMPTS_MAX) return items;
    }
  }

  close(): void {
    close(this.#fd);
  }

  #collect(what: string, visit: (message: Message) => void): boolean {
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive()) {
        if ((message.flags & NLM_F.DUMP_INTERRUPTED) !== 0) interrupted = true;
        if (message.type === NLMSG.ERROR) throwIfError(what, message);
        if (message.type === NLMSG.DONE) return interrupted;
        visit(message);
      }
    }
  }

  #send(type: number, flags: number, write: (message: MessageWriter) => void): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const message = new MessageWriter(type, flags | NLM_F.REQUEST, this.#sequence);
    write(message);
    sendTo(this.#fd, message.finish(), KERNEL);
  }

  /** The answer's next datagram. What is left of an earlier answer that was given up is skipped. Throws EAGAIN at its end. */
  *#receive(): Generator<Message> {
    const length = receive(this.#fd, this.#buffer);
    for (const message of readMessages(this.#buffer.subarray(0, length)))
      if (message.sequence === this.#sequence) yield message;
  }
}

/** `struct nlmsgerr` opens with the negative errno; 0 is an acknowledgement. */
function throwIfError(what: string, message: Message): void {
  const error = message.payload.getInt32(0, LITTLE_ENDIAN);
  if (error !== 0) throw new SystemCallError(what, -error);
}
