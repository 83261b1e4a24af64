import {
  DEFAULTS,
  type Delegate,
  type GossipConfig,
  type GossipEvent,
  type Input,
  LAN,
  type Outcome,
  Swim,
} from "../../../src/gossip/index.ts";
import { encodeCompound } from "../../../src/gossip/wire/compound.ts";
import {
  decodeMessage,
  type Envelope,
  encodeMessage,
  encodePushPull,
  type Message,
  type NodeState,
  openPacket,
  StreamDecoder,
  type StreamMessage,
  type Versions,
} from "../../../src/gossip/wire/index.ts";
import { Address } from "../../../src/lib/address.ts";
import { seededRng } from "../../../src/lib/rng.ts";
import { type Instant, type Micros, seconds } from "../../../src/lib/time.ts";

export const VERSIONS: Versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocol: 2,
  delegateMin: 0,
  delegateMax: 0,
  delegate: 0,
};
export const NONE = new Uint8Array(0);
const PLAIN: Envelope = { label: NONE, compress: false, encryption: undefined };

export const host = (n: number) => ({ address: new Address(4, 0x0a000000 + n), port: 7946 });

/** A claim of `name` on host number `n`. */
export function claim(name: string, n: number, incarnation = 1, change: Partial<NodeState> = {}): NodeState {
  return { node: name, endpoint: host(n), incarnation, meta: NONE, versions: VERSIONS, state: "alive", ...change };
}

/** One node, "us" on host 1, whose every effect is kept; time passes by `pass`. */
export class Lab {
  now = 0 as Instant;
  readonly swim: Swim;
  readonly packets: { readonly to: string; readonly raw: Uint8Array; readonly messages: Message[] }[] = [];
  readonly dials: { readonly stream: number; readonly to: string }[] = [];
  readonly written = new Map<number, Uint8Array[]>();
  readonly closed: number[] = [];
  readonly events: GossipEvent[] = [];
  readonly outcomes = new Map<number, Outcome>();
  #accepted = 0;

  constructor(change: Partial<GossipConfig> = {}, delegate: Delegate = {}) {
    const config = { ...DEFAULTS, ...LAN, enableCompression: false, name: "us", advertise: host(1), ...change };
    const out = {
      sendPacket: (to: ReturnType<typeof host>, raw: Uint8Array) => {
        const opened = openPacket({ ...PLAIN, encryption: undefined }, raw);
        const plain = opened.ok ? opened.value.messages : [];
        const messages = plain.flatMap((bytes) => {
          const message = decodeMessage(bytes);
          return message.ok ? [message.value] : [];
        });
        this.packets.push({ to: to.address.toString(), raw, messages });
      },
      dial: (stream: number, to: ReturnType<typeof host>) =>
        void this.dials.push({ stream, to: to.address.toString() }),
      streamSend: (stream: number, bytes: Uint8Array) =>
        void this.written.set(stream, [...(this.written.get(stream) ?? []), bytes]),
      streamClose: (stream: number) => void this.closed.push(stream),
      event: (event: GossipEvent) => void this.events.push(event),
      completed: (request: number, outcome: Outcome) => void this.outcomes.set(request, outcome),
    };
    this.swim = new Swim(config, seededRng(1), out, delegate);
    this.give({ type: "start" });
  }

  give(input: Input): void {
    this.swim.handle(this.now, input);
    this.swim.advance(this.now);
  }

  /** Lets time pass, firing each deadline on its moment. */
  pass(time: Micros): void {
    const end = this.now + time;
    while (this.swim.deadline <= end) {
      this.now = this.swim.deadline;
      this.swim.advance(this.now);
    }
    this.now = end as Instant;
  }

  /** Messages in one packet from host `n`. */
  hear(n: number, ...messages: Message[]): void {
    const encoded = messages.map(encodeMessage);
    const bytes = encoded.length === 1 ? (encoded[0] as Uint8Array) : encodeCompound(encoded);
    this.give({ type: "packet", from: host(n), bytes });
  }

  /** A gossiped claim. */
  alive(name: string, n: number, incarnation = 1, change: Partial<NodeState> = {}): void {
    this.hear(n, { type: "alive", ...claim(name, n, incarnation, change) });
  }

  suspect(node: string, from: string, incarnation = 1): void {
    this.hear(9, { type: "suspect", node, from, incarnation });
  }

  dead(node: string, from: string, incarnation = 1): void {
    this.hear(9, { type: "dead", node, from, incarnation });
  }

  /** Opens a stream to us from host `n`, sends `bytes` on it, returns our reply. */
  call(n: number, bytes: Uint8Array): StreamMessage | undefined {
    this.#accepted += 2;
    const stream = this.#accepted;
    this.give({ type: "streamAccepted", stream, from: host(n) });
    this.give({ type: "streamData", stream, bytes });
    return this.read(stream, true);
  }

  /** What we wrote on a stream, decoded as `dialer` of it would. */
  read(stream: number, dialer: boolean): StreamMessage | undefined {
    const decoder = new StreamDecoder(PLAIN, dialer, 1000);
    for (const chunk of this.written.get(stream) ?? []) {
      const result = decoder.push(chunk);
      if (result.ok && result.value !== undefined) return result.value;
    }
    return undefined;
  }

  /** Answers the push/pull that we dialed last with these nodes. */
  answer(nodes: readonly NodeState[], userState = NONE): void {
    const { stream } = this.dials.at(-1) as { stream: number };
    this.give({ type: "streamConnected", stream });
    const bytes = encodePushPull({ type: "pushPull", join: false, nodes, userState });
    this.give({ type: "streamData", stream, bytes });
  }

  state(name: string): string | undefined {
    return this.swim.member(name)?.state;
  }

  /** Messages of a type that we sent, latest last. */
  sent<T extends Message["type"]>(type: T): (Message & { readonly type: T })[] {
    const all = this.packets.flatMap((packet) => packet.messages);
    return all.filter((m): m is Message & { readonly type: T } => m.type === type);
  }

  /** Events as "type name". */
  told(): string[] {
    return this.events.map((e) =>
      "member" in e ? `${e.type} ${e.member.name}` : e.type === "warning" ? e.code : e.type,
    );
  }
}

/** Answers every ping of ours from now on, for so long. */
export function answering(lab: Lab, time: Micros, but: (name: string) => boolean = () => false): void {
  const end = lab.now + time;
  let seen = lab.packets.length;
  while (lab.now < end) {
    lab.pass(seconds(0.01));
    for (; seen < lab.packets.length; seen++) {
      const packet = lab.packets[seen] as (typeof lab.packets)[number];
      for (const message of packet.messages)
        if (message.type === "ping" && !but(message.node))
          lab.hear(2, { type: "ack", seqNo: message.seqNo, payload: NONE });
    }
  }
}
