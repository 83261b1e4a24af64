import type * as Grpc from "@grpc/grpc-js";
import type { MethodDefinition, ServiceDefinition } from "@grpc/proto-loader";
import type { Fault, Outcome } from "./fault.ts";
import type { Collector, Message, Method, Service, Source } from "./service.ts";
import { StreamWriter } from "./stream-writer.ts";
import type { Turns } from "./turns.ts";

export interface MethodContext {
  readonly grpc: typeof Grpc;
  readonly turns: Turns;
  readonly events: { internalError(method: string, error: unknown): void };
}

export interface Implementation {
  readonly definition: ServiceDefinition;
  readonly handlers: Grpc.UntypedServiceImplementation;
}

type UnaryCall = Grpc.ServerUnaryCall<never, Message>;
type UnaryCallback = Grpc.sendUnaryData<Message>;
type StreamCall = Grpc.ServerWritableStream<never, Message>;
type CollectCall = Grpc.ServerReadableStream<never, Message>;

/** What gRPC needs to serve a service. Throws when an RPC of the definition has no method: our mistake. */
export function implementationOf(
  service: Service,
  definition: ServiceDefinition,
  context: MethodContext,
): Implementation {
  const handlers: Grpc.UntypedServiceImplementation = {};
  const methods: ServiceDefinition = {};
  for (const [name, method] of Object.entries(definition)) {
    const ours = service.methods[name];
    if (ours === undefined) throw new Error(`${service.name} has an RPC ${name} that nobody serves`);
    methods[name] = withOctets(method, ours);
    handlers[name] = new Handler(`${service.name}/${name}`, context).of(ours);
  }
  return { definition: methods, handlers };
}

/** Answers that are octets already are sent as they are; so are requests given that are wanted as octets. */
function withOctets(method: MethodDefinition<object, object>, { isRaw }: Method): MethodDefinition<object, object> {
  const { responseSerialize, requestDeserialize } = method;
  return {
    ...method,
    requestDeserialize: isRaw === true ? (bytes) => bytes : requestDeserialize,
    responseSerialize: (message) => (message instanceof Uint8Array ? bufferOf(message) : responseSerialize(message)),
  };
}

const bufferOf = (bytes: Uint8Array) =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Serves one RPC. What its method throws is a fault of ours: INTERNAL for this call, and told. */
class Handler {
  readonly #name: string;
  readonly #context: MethodContext;

  constructor(name: string, context: MethodContext) {
    this.#name = name;
    this.#context = context;
  }

  of(method: Method): Grpc.UntypedHandleCall {
    switch (method.type) {
      case "unary": {
        const handle: Grpc.handleUnaryCall<never, Message> = (call, callback) => this.#unary(method, call, callback);
        return handle as Grpc.UntypedHandleCall;
      }
      case "stream": {
        const handle: Grpc.handleServerStreamingCall<never, Message> = (call) => this.#stream(method, call);
        return handle as Grpc.UntypedHandleCall;
      }
      case "collect": {
        const handle: Grpc.handleClientStreamingCall<never, Message> = (call, callback) =>
          this.#collect(method, call, callback);
        return handle as Grpc.UntypedHandleCall;
      }
      default:
        return method satisfies never;
    }
  }

  #unary(method: Extract<Method, { type: "unary" }>, call: UnaryCall, callback: UnaryCallback): void {
    this.#context.turns.ask(() => {
      if (!call.cancelled) this.#answer(() => method.handle(call.request), callback);
      return false;
    });
  }

  #answer(handle: () => Outcome<Message> | Promise<Outcome<Message>>, callback: UnaryCallback): void {
    const answer = (outcome: Outcome<Message>) => {
      if (outcome.ok) callback(null, outcome.value);
      else callback(this.#statusOf(outcome.error));
    };
    try {
      const outcome = handle();
      if (outcome instanceof Promise) outcome.then(answer, (error: unknown) => callback(this.#internal(error)));
      else answer(outcome);
    } catch (error) {
      callback(this.#internal(error));
    }
  }

  #stream(method: Extract<Method, { type: "stream" }>, call: StreamCall): void {
    this.#context.turns.ask(() => {
      if (call.cancelled) return false;
      try {
        const outcome = method.handle(call.request);
        if (outcome.ok) new Pump(outcome.value, call, this.#context.turns, this.#endOf(call)).start();
        else call.emit("error", this.#statusOf(outcome.error));
      } catch (error) {
        call.emit("error", this.#internal(error));
      }
      return false;
    });
  }

  #endOf(call: StreamCall): (end: Fault | undefined | Error) => void {
    return (end) => {
      if (end === undefined) call.end();
      else call.emit("error", end instanceof Error ? this.#internal(end) : this.#statusOf(end));
    };
  }

  /** Messages are read one by one in our turns, so that the client waits when we cannot follow. */
  #collect(method: Extract<Method, { type: "collect" }>, call: CollectCall, callback: UnaryCallback): void {
    let collector: Collector | undefined;
    const begun = (): Collector => {
      collector ??= method.begin();
      return collector;
    };
    let isDone = false;
    let isAsked = false;
    let hasMore = false;
    let hasEnded = false;
    const finish = (answer: () => Outcome<Message>) => {
      if (isDone) return;
      isDone = true;
      this.#answer(answer, callback);
    };
    const read = (isOver: () => boolean): boolean => {
      isAsked = false;
      try {
        while (!isDone) {
          const request = hasMore ? undefined : call.read();
          if (request === null) break;
          const taken = hasMore ? begun().more?.() : begun().take(request as never);
          hasMore = taken === "more";
          if (taken !== undefined && taken !== "more") finish(() => ({ ok: false, error: taken }));
          if (isOver()) {
            ask();
            return false;
          }
        }
        if (hasEnded) finish(() => begun().end());
      } catch (error) {
        isDone = true;
        callback(this.#internal(error));
      }
      return false;
    };
    const ask = () => {
      if (isAsked || isDone) return;
      isAsked = true;
      this.#context.turns.ask(read);
    };
    call.on("readable", ask);
    call.on("end", () => {
      hasEnded = true;
      if (!hasMore) finish(() => begun().end());
    });
    // The client has gone: what it sent so far stays, nobody waits for an answer.
    const abandon = () => {
      isDone = true;
    };
    call.on("cancelled", abandon);
    call.on("error", abandon);
  }

  #statusOf({ code, message }: Fault): Grpc.ServerErrorResponse {
    return Object.assign(new Error(message), { code: this.#context.grpc.status[code], details: message });
  }

  #internal(error: unknown): Grpc.ServerErrorResponse {
    this.#context.events.internalError(this.#name, error);
    return this.#statusOf({ code: "INTERNAL", message: "a fault of Holdfast, see its log" });
  }
}

/** Moves messages from a source to a client, no faster than the client reads. */
class Pump {
  readonly #source: Source;
  readonly #call: StreamCall;
  readonly #writer: StreamWriter;
  readonly #turns: Turns;
  readonly #end: (end: Fault | undefined | Error) => void;
  /** What has to happen before there is more to do. */
  #waitsFor: "turn" | "source" | "client" | "nothing" = "source";

  constructor(source: Source, call: StreamCall, turns: Turns, end: (end: Fault | undefined | Error) => void) {
    this.#source = source;
    this.#call = call;
    this.#writer = new StreamWriter(call, () => this.#wake("client"));
    this.#turns = turns;
    this.#end = end;
  }

  start(): void {
    this.#call.on("cancelled", () => this.#finish());
    this.#call.on("close", () => this.#finish());
    this.#call.on("error", () => this.#finish());
    this.#source.start?.(() => this.#wake("source"));
    this.#wake("source");
  }

  #wake(by: "source" | "client"): void {
    if (this.#waitsFor !== by) return;
    this.#waitsFor = "turn";
    this.#turns.ask((isOver) => this.#run(isOver));
  }

  #run(isOver: () => boolean): boolean {
    if (this.#waitsFor !== "turn") return false;
    try {
      do {
        const next = this.#source.next();
        if (next === "pause") return true;
        if (next === "idle") {
          this.#waitsFor = "source";
          return false;
        }
        if (next === "end" || isFault(next)) {
          this.#finish();
          this.#end(next === "end" ? undefined : next);
          return false;
        }
        if (!this.#writer.write(next)) {
          this.#waitsFor = "client";
          return false;
        }
      } while (!isOver());
      return true;
    } catch (error) {
      this.#finish();
      this.#end(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  #finish(): void {
    if (this.#waitsFor === "nothing") return;
    this.#waitsFor = "nothing";
    this.#source.close?.();
  }
}

/** Messages have no field `code` beside a `message`; faults are of that shape alone. */
function isFault(next: Message | Fault): next is Fault {
  return "code" in next && "message" in next;
}
