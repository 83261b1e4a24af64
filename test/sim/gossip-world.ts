import {
  DEFAULTS,
  type Delegate,
  type GossipConfig,
  type GossipEvent,
  type Input,
  LAN,
  type Members,
  type Out,
  Swim,
} from "../../src/gossip/index.ts";
import { Address } from "../../src/lib/address.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { type Instant, millis, seconds } from "../../src/lib/time.ts";

type Endpoint = GossipConfig["advertise"];

interface Turn {
  readonly at: number;
  readonly id: number;
  readonly run: () => void;
}

/** What happens when, earliest first; of equals, the one planned first. */
class Agenda {
  readonly #heap: Turn[] = [];
  #lastId = 0;

  push(at: number, run: () => void): void {
    const turn = { at, id: ++this.#lastId, run };
    const heap = this.#heap;
    let i = heap.push(turn) - 1;
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      if (before(heap[parent] as Turn, turn)) break;
      heap[i] = heap[parent] as Turn;
      i = parent;
    }
    heap[i] = turn;
  }

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  pop(): Turn {
    const heap = this.#heap;
    const top = heap[0] as Turn;
    const last = heap.pop() as Turn;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Turn, heap[child] as Turn)) child++;
      if (before(last, heap[child] as Turn)) break;
      heap[i] = heap[child] as Turn;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

const before = (a: Turn, b: Turn) => a.at < b.at || (a.at === b.at && a.id < b.id);

/** A node's clock: what it shows at the world's 0, and how much it goes on per second of the world. */
export interface Clock {
  readonly offset: number;
  readonly rate: number;
}

const TRUE_CLOCK: Clock = { offset: 0, rate: 1 };

/** One life of a process. */
interface Life {
  readonly name: string;
  readonly key: string;
  readonly swim: Swim;
  readonly links: Map<number, { peer: Life; stream: number }>;
  readonly clock: Clock;
  alive: boolean;
  pausedUntil: number;
  held: Input[];
  plannedAt: number;
  accepted: number;
}

/** After everything is whole again, all know of all within this who is there and who is not. */
export const HEALED_WITHIN = seconds(75);

/**
 * Any number of nodes in one process, joined by a network that loses, delays, reorders, doubles and cuts, by a seed. Each
 * life of a node has a clock of its own, and may be paused.
 */
export class GossipWorld {
  now = 0 as Instant;
  loss = 0;
  /** Packets that come twice. */
  duplication = 0;
  delayMax = 5_000;
  /** Whether nothing gets from a to b. */
  isCut: (from: string, to: string) => boolean = () => false;
  readonly rng: Rng;
  readonly lives = new Map<string, Life>();
  readonly events: { readonly at: number; readonly node: string; readonly event: GossipEvent }[] = [];
  /** What an application on top of a node wants: asked, told in the midst of things, and told when the node has returned. */
  delegate: (name: string) => Delegate | undefined = () => undefined;
  heard: (name: string, event: GossipEvent) => void = () => {};
  returned: (name: string) => void = () => {};
  steps = 0;
  packets = 0;
  octets = 0;
  /** Which events are kept in `events`: in large fleets all of them are too many. */
  isKept: (event: GossipEvent) => boolean = () => true;
  /** What the next life keeps its members in; its own table when undefined. */
  nextTable: (name: string, rng: Rng) => Members | undefined = () => undefined;
  /** The clock that the next life gets. */
  nextClock: () => Clock = () => TRUE_CLOCK;
  readonly #agenda = new Agenda();
  readonly #byAddress = new Map<string, Life>();
  readonly #change: Partial<GossipConfig>;

  constructor(seed: number, change: Partial<GossipConfig> = {}) {
    this.rng = seededRng(seed);
    this.#change = change;
  }

  int(n: number): number {
    return Math.floor(this.rng() * n);
  }

  endpoint(host: number): Endpoint {
    return { address: new Address(4, 0x0a000000 + host), port: 7946 };
  }

  /** Starts a node on host number `host`; one of that name must not be running. */
  start(name: string, host: number, change: Partial<GossipConfig> = {}): Swim {
    const advertise = this.endpoint(host);
    const config = { ...DEFAULTS, ...LAN, enableCompression: false, name, advertise, ...this.#change, ...change };
    const key = advertise.address.toString();
    let life: Life | undefined;
    const out: Out = {
      sendPacket: (to, bytes) => this.#sendPacket(life as Life, to, bytes),
      dial: (stream, to) => this.#dial(life as Life, stream, to),
      streamSend: (stream, bytes) =>
        this.#overStream(life as Life, stream, (id) => ({ type: "streamData", stream: id, bytes })),
      streamClose: (stream) => {
        this.#overStream(life as Life, stream, (id) => ({ type: "streamClosed", stream: id }));
        (life as Life).links.delete(stream);
      },
      event: (event) => {
        if (this.isKept(event)) this.events.push({ at: this.now, node: name, event });
        this.heard(name, event);
      },
      completed: () => {},
    };
    const rng = seededRng(this.int(2 ** 31));
    const swim = new Swim(config, rng, out, this.delegate(name), this.nextTable(name, rng));
    life = {
      name,
      key,
      swim,
      links: new Map(),
      clock: this.nextClock(),
      alive: true,
      pausedUntil: 0,
      held: [],
      plannedAt: Infinity,
      accepted: 0,
    };
    this.lives.set(name, life);
    this.#byAddress.set(key, life);
    this.give(name, { type: "start" });
    return swim;
  }

  /** A stranger on `host` opens a stream to a node, sends these octets and closes it. */
  intrude(name: string, host: number, bytes: Uint8Array): void {
    const life = this.lives.get(name) as Life;
    life.accepted += 2;
    const stream = life.accepted;
    this.#deliver(life, { type: "streamAccepted", stream, from: this.endpoint(host) });
    this.#deliver(life, { type: "streamData", stream, bytes });
    this.#deliver(life, { type: "streamClosed", stream });
  }

  /** Hands an input to a node now. */
  give(name: string, input: Input): void {
    this.#deliver(this.lives.get(name) as Life, input);
  }

  join(name: string, hosts: readonly number[]): void {
    this.give(name, { type: "join", request: 1, seeds: hosts.map((host) => this.endpoint(host)) });
  }

  /** The process is gone, without a word. */
  kill(name: string): void {
    const life = this.lives.get(name);
    if (life === undefined) return;
    life.alive = false;
    this.lives.delete(name);
    if (this.#byAddress.get(life.key) === life) this.#byAddress.delete(life.key);
  }

  /** The process is not run for so long; its sockets go on taking in. */
  pause(name: string, micros: number): void {
    const life = this.lives.get(name);
    if (life === undefined) return;
    life.pausedUntil = Math.max(life.pausedUntil, this.now + micros);
    this.#agenda.push(life.pausedUntil, () => this.#resume(life));
  }

  #resume(life: Life): void {
    if (!life.alive || this.now < life.pausedUntil) return;
    const held = life.held;
    life.held = [];
    for (const input of held) life.swim.handle(this.#timeOf(life), input);
    this.#turn(life);
  }

  #deliver(life: Life, input: Input): void {
    if (!life.alive) return;
    this.steps++;
    if (this.now < life.pausedUntil) {
      // A socket's buffer is finite.
      if (life.held.length < 500) life.held.push(input);
      return;
    }
    life.swim.handle(this.#timeOf(life), input);
    this.#turn(life);
  }

  /** What the clock of a node shows now. */
  #timeOf(life: Life): Instant {
    return (life.clock.offset + this.now * life.clock.rate) as Instant;
  }

  #turn(life: Life): void {
    const { swim, clock } = life;
    swim.advance(this.#timeOf(life));
    // One more, so that rounding does not make it a moment too early on a clock of another rate.
    const deadline = Math.ceil((swim.deadline - clock.offset) / clock.rate) + (clock.rate === 1 ? 0 : 1);
    if (deadline <= this.now) throw new Error(`${life.name} has a deadline that is not in the future`);
    this.#plan(life, deadline);
    this.returned(life.name);
  }

  #plan(life: Life, deadline: number): void {
    if (deadline >= life.plannedAt) return;
    life.plannedAt = deadline;
    this.#agenda.push(deadline, () => {
      if (life.plannedAt !== deadline) return;
      life.plannedAt = Infinity;
      if (!life.alive || this.now < life.pausedUntil) return;
      this.steps++;
      this.#turn(life);
    });
  }

  #delay(): number {
    return 100 + this.int(this.delayMax);
  }

  #sendPacket(from: Life, to: Endpoint, bytes: Uint8Array): void {
    this.packets++;
    this.octets += bytes.length + 28;
    const key = to.address.toString();
    const copies = this.rng() < this.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.rng() < this.loss) continue;
      this.#agenda.push(this.now + this.#delay(), () => {
        const target = this.#byAddress.get(key);
        if (target === undefined || this.isCut(from.key, key)) return;
        this.#deliver(target, { type: "packet", from: this.#endpointOf(from), bytes });
      });
    }
  }

  #endpointOf(life: Life): Endpoint {
    return (life.swim.member(life.name) as { endpoint: Endpoint }).endpoint;
  }

  #dial(from: Life, stream: number, to: Endpoint): void {
    const key = to.address.toString();
    this.#agenda.push(this.now + this.#delay(), () => {
      if (this.isCut(from.key, key) || this.isCut(key, from.key)) return;
      const peer = this.#byAddress.get(key);
      if (peer === undefined) {
        this.#deliver(from, { type: "streamClosed", stream, error: "connection refused" });
        return;
      }
      peer.accepted += 2;
      const other = peer.accepted;
      from.links.set(stream, { peer, stream: other });
      peer.links.set(other, { peer: from, stream });
      this.#deliver(peer, { type: "streamAccepted", stream: other, from: this.#endpointOf(from) });
      this.#deliver(from, { type: "streamConnected", stream });
    });
  }

  /** Streams keep order because every octet takes the same time. Across a cut nothing comes. */
  #overStream(from: Life, stream: number, input: (id: number) => Input): void {
    const link = from.links.get(stream);
    if (link === undefined) return;
    this.#agenda.push(this.now + 3_000, () => {
      if (this.isCut(from.key, link.peer.key) || this.isCut(link.peer.key, from.key)) return;
      this.#deliver(link.peer, input(link.stream));
    });
  }

  /** Plans something of the test's own. */
  at(time: number, run: () => void): void {
    this.#agenda.push(time, run);
  }

  /** Lets time pass until `end`, or until `done` says so; asked every 50 ms. Returns whether it did. */
  run(end: number, done: () => boolean = () => false): boolean {
    let asked = this.now as number;
    while (this.#agenda.nextAt <= end) {
      const turn = this.#agenda.pop();
      this.now = turn.at as Instant;
      turn.run();
      if (turn.at - asked < 50_000) continue;
      asked = turn.at;
      if (done()) return true;
    }
    this.now = end as Instant;
    return done();
  }

  /** Who does not hold whom for alive, at the right address; undefined when all agree. */
  disagreement(): string | undefined {
    for (const a of this.lives.values())
      for (const b of this.lives.values()) {
        const seen = a.swim.member(b.name);
        if (seen?.state !== "alive") return `${a.name} holds ${b.name} for ${seen?.state ?? "unknown"}`;
        if (seen.endpoint.address.toString() !== b.key) return `${a.name} has an old address of ${b.name}`;
      }
    return undefined;
  }
}

export { millis, seconds };
