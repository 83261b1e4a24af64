import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Input, Out, StreamId } from "./gossip-io.ts";
import { formatEndpoint } from "./member.ts";
import type { Reports } from "./reports.ts";
import {
  type Endpoint,
  type Envelope,
  encodeMessage,
  StreamDecoder,
  type StreamMessage,
  sealStream,
} from "./wire/index.ts";

/** Most streams from others at a time, as memberlist's; further ones are closed at once. */
const ACCEPTED_MAX = 128;
/** Octets held for all of these together: each alone may be entitled to 20 MiB. */
const ACCEPTED_OCTETS_MAX = 64 * 1024 * 1024;
/** Most streams to others at a time. */
const DIALED_MAX = 256;

/** What becomes of a stream that we dial. Exactly one of `replied`, `sent`, `failed` is called, once. */
export interface Dial {
  readonly timeout: Micros;
  /** The reply; an error message of the other side is a failure. */
  readonly replied?: (now: Instant, message: StreamMessage) => void;
  /** For messages that have no reply: it was handed to the network. */
  readonly sent?: (now: Instant) => void;
  readonly failed: (now: Instant, error: string) => void;
}

interface Accepted {
  readonly type: "accepted";
  readonly from: Endpoint;
  readonly decoder: StreamDecoder;
  readonly deadline: Instant;
}
interface Dialed {
  readonly type: "dialed";
  readonly to: Endpoint;
  readonly request: Uint8Array;
  readonly dial: Dial;
  readonly decoder: StreamDecoder;
  readonly deadline: Instant;
}
type Stream = Accepted | Dialed;

type StreamInput = Extract<Input, { readonly stream: StreamId }>;

/** All TCP streams: one request each, at most one reply, a deadline for the whole. */
export class Streams {
  readonly #config: GossipConfig;
  readonly #envelope: Envelope;
  readonly #out: Out;
  readonly #reports: Reports;
  readonly #counters: Counters;
  /** Carries out a request of another node; returns the reply, plain, if there is one. */
  readonly #serve: (now: Instant, message: StreamMessage) => Uint8Array | undefined;
  readonly #streams = new Map<StreamId, Stream>();
  #accepted = 0;
  #lastDialed = -1;

  constructor(
    config: GossipConfig,
    envelope: Envelope,
    out: Out,
    reports: Reports,
    counters: Counters,
    serve: (now: Instant, message: StreamMessage) => Uint8Array | undefined,
  ) {
    this.#config = config;
    this.#envelope = envelope;
    this.#out = out;
    this.#reports = reports;
    this.#counters = counters;
    this.#serve = serve;
  }

  get deadline(): Instant {
    let min = NEVER;
    for (const { deadline } of this.#streams.values()) if (deadline < min) min = deadline;
    return min;
  }

  /** Ends streams that took too long: a peer that sends an octet a second must not keep one for ever. */
  advance(now: Instant): void {
    for (const [id, stream] of this.#streams) {
      if (stream.deadline > now) continue;
      this.#close(id);
      if (stream.type === "dialed") this.#fail(now, stream, "no answer in time");
    }
  }

  /** Opens a stream to `to` and sends the plain message `request` once it is up. */
  dial(now: Instant, to: Endpoint, request: Uint8Array, dial: Dial): void {
    if (this.#streams.size - this.#accepted >= DIALED_MAX) {
      dial.failed(now, `${DIALED_MAX} streams are open already`);
      return;
    }
    this.#lastDialed += 2;
    this.#counters.streamsDialed++;
    const decoder = new StreamDecoder(this.#envelope, true, this.#config.membersMax);
    const deadline = after(now, dial.timeout);
    this.#streams.set(this.#lastDialed, { type: "dialed", to, request, dial, decoder, deadline });
    this.#out.dial(this.#lastDialed, to);
  }

  handle(now: Instant, input: StreamInput): void {
    if (input.type === "streamAccepted") {
      this.#accept(now, input.stream, input.from);
      return;
    }
    // Of a stream that we have closed, something may still have been on its way to us.
    const stream = this.#streams.get(input.stream);
    if (stream === undefined) return;
    switch (input.type) {
      case "streamConnected":
        if (stream.type === "dialed") this.#sendRequest(now, input.stream, stream);
        return;
      case "streamData":
        if (stream.type === "dialed") this.#takeReply(now, input.stream, stream, input.bytes);
        else this.#takeRequest(now, input.stream, stream, input.bytes);
        return;
      case "streamClosed":
        this.#forget(input.stream);
        if (stream.type === "dialed") this.#fail(now, stream, input.error ?? "closed without an answer");
        return;
      default:
        input satisfies never;
    }
  }

  #accept(now: Instant, id: StreamId, from: Endpoint): void {
    if (this.#accepted >= ACCEPTED_MAX) {
      this.#reports.warn(now, "limit", "streams", `${ACCEPTED_MAX} streams are open: one more was turned away`);
      this.#out.streamClose(id);
      return;
    }
    this.#accepted++;
    this.#counters.streamsAccepted++;
    const decoder = new StreamDecoder(this.#envelope, false, this.#config.membersMax);
    const deadline = after(now, this.#config.tcpTimeout);
    this.#streams.set(id, { type: "accepted", from, decoder, deadline });
  }

  #sendRequest(now: Instant, id: StreamId, stream: Dialed): void {
    this.#out.streamSend(id, sealStream(this.#envelope, stream.request, true));
    if (stream.dial.sent === undefined) return;
    this.#close(id);
    stream.dial.sent(now);
  }

  #takeReply(now: Instant, id: StreamId, stream: Dialed, bytes: Uint8Array): void {
    const result = stream.decoder.push(bytes);
    if (result.ok && result.value === undefined) return;
    this.#close(id);
    if (!result.ok) this.#fail(now, stream, result.error.text);
    else if (result.value?.type === "error") this.#fail(now, stream, `the other side says: ${result.value.error}`);
    else if (result.value !== undefined) stream.dial.replied?.(now, result.value);
  }

  #takeRequest(now: Instant, id: StreamId, stream: Accepted, bytes: Uint8Array): void {
    const result = stream.decoder.push(bytes);
    if (!result.ok) {
      const { text, tell } = result.error;
      this.#counters.streamsFailed++;
      const from = stream.from.address.toString();
      this.#reports.warn(now, "rejected", `stream ${from}`, `a stream from ${from} was rejected: ${text}`);
      if (tell) this.#reply(id, encodeMessage({ type: "error", error: text }));
      this.#close(id);
    } else if (result.value !== undefined) {
      const reply = this.#serve(now, result.value);
      if (reply !== undefined) this.#reply(id, reply);
      this.#close(id);
    } else if (this.#octetsAccepted() > ACCEPTED_OCTETS_MAX) {
      this.#reports.warn(now, "limit", "stream octets", "streams hold too much: one was cut off");
      this.#close(id);
    }
  }

  #octetsAccepted(): number {
    let sum = 0;
    for (const stream of this.#streams.values()) if (stream.type === "accepted") sum += stream.decoder.buffered;
    return sum;
  }

  #reply(id: StreamId, message: Uint8Array): void {
    this.#out.streamSend(id, sealStream(this.#envelope, message, false));
  }

  #fail(now: Instant, stream: Dialed, error: string): void {
    this.#counters.streamsFailed++;
    stream.dial.failed(now, `${formatEndpoint(stream.to)}: ${error}`);
  }

  #forget(id: StreamId): void {
    if (this.#streams.get(id)?.type === "accepted") this.#accepted--;
    this.#streams.delete(id);
  }

  #close(id: StreamId): void {
    this.#forget(id);
    this.#out.streamClose(id);
  }
}
