import type * as Grpc from "@grpc/grpc-js";
import type { Message } from "./service.ts";

/** Messages that may be on their way to one client at once, and how few there are when more are made. */
const WINDOW = 64;
const LOW = WINDOW / 2;

/** The part of a call that is below its stream interface, in the version of the library that we use. */
interface InnerCall {
  sendMessage?(message: Message, written: () => void): void;
}

/**
 * Writes a stream's messages. The library's own stream hands on one message, waits until that is written, and hands on
 * the next: a turn of the event loop each. Here a window of them is handed on, and the socket writes many at once.
 */
export class StreamWriter {
  readonly #call: Grpc.ServerWritableStream<never, Message>;
  readonly #inner: InnerCall | undefined;
  readonly #drained: () => void;
  #outstanding = 0;

  /** `drained` is called when `write` may go on after it has said false. */
  constructor(call: Grpc.ServerWritableStream<never, Message>, drained: () => void) {
    this.#call = call;
    this.#drained = drained;
    const { call: inner } = call as unknown as { readonly call?: InnerCall };
    this.#inner = typeof inner?.sendMessage === "function" ? inner : undefined;
    if (this.#inner === undefined) call.on("drain", drained);
  }

  /** False: the client has enough for now. */
  write(message: Message): boolean {
    if (this.#inner?.sendMessage === undefined) return this.#call.write(message);
    this.#outstanding++;
    this.#inner.sendMessage(message, this.#written);
    return this.#outstanding < WINDOW;
  }

  readonly #written = (): void => {
    this.#outstanding--;
    if (this.#outstanding === LOW) this.#drained();
  };
}
