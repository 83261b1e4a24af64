/*
 * How a service is written, without a word of gRPC: handlers are plain functions over plain messages, faults are values.
 * server.ts puts them on the wire, in turns (turns.ts).
 *
 * Messages are as @grpc/proto-loader makes them with LOAD_OPTIONS of proto.ts: field names in camelCase,
 * absent scalars filled in, absent messages null, enums by name, 64-bit numbers as numbers, bytes as Buffer.
 */
import type { Fault, Outcome } from "./fault.ts";

/** An answer, or one message of a stream; octets are a message that is encoded already. */
export type Message = object | Uint8Array;

/** What a source says instead of a message. "idle": nothing now, it will `wake`; "pause": let others have their turn. */
export type SourceSignal = "idle" | "pause" | "end";

/** Where the messages of a server stream come from: pulled as the client reads, so that nothing piles up. */
export interface Source {
  next(): Message | SourceSignal | Fault;
  /** Called once, before `next`: `wake` is to be called when there is something after "idle". */
  start?(wake: () => void): void;
  /** Called once when the call is over, however it ended. */
  close?(): void;
}

/** Takes the messages of a client stream as they come. */
export interface Collector {
  /** A fault ends the call. What was taken before stays. "more": there is more to do than a slice; `more` goes on. */
  take(request: never): Fault | "more" | undefined;
  more?(): Fault | "more" | undefined;
  /** The client has finished. */
  end(): Outcome<Message>;
}

/**
 * One RPC. Requests are `never` here so that every handler can name the message it takes. `isRaw`: requests are given as
 * the octets they came as.
 */
export type Method = { readonly isRaw?: boolean } & (
  | { readonly type: "unary"; handle(request: never): Outcome<Message> | Promise<Outcome<Message>> }
  | { readonly type: "stream"; handle(request: never): Outcome<Source> }
  | { readonly type: "collect"; begin(): Collector }
);

export type Methods = Readonly<Record<string, Method>>;

/** A service of a .proto file; every RPC it has must be among the methods. */
export interface Service {
  /** "apipb.GobgpApi". */
  readonly name: string;
  /** The folder below proto/, also the include path, and the files in it that are loaded. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly methods: Methods;
}

export const unary = <Request>(handle: (request: Request) => Outcome<Message> | Promise<Outcome<Message>>): Method => ({
  type: "unary",
  handle: handle as (request: never) => Outcome<Message>,
});

export const stream = <Request>(handle: (request: Request) => Outcome<Source>): Method => ({
  type: "stream",
  handle: handle as (request: never) => Outcome<Source>,
});

/** The messages of `items`; "pause" among them lets others have their turn. */
export function sourceOf(items: Iterable<Message | "pause">): Source {
  const iterator = items[Symbol.iterator]();
  return {
    next: () => {
      const step = iterator.next();
      return step.done === true ? "end" : step.value;
    },
    close: () => void iterator.return?.(),
  };
}
