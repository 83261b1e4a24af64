/**
 * Two sessions joined by an in-memory TCP with faults, all from one seed: streams are cut at random points and delayed,
 * connections are refused, lost on one side or both, or swallow what they are given; processes stall, are killed, or
 * are stopped by their operator. First anything may fail (`safety`), then nothing does (`liveness`).
 */
import assert from "node:assert/strict";
import { type ConnectionId, type DownReason, type Input, type Out, Session } from "../../src/bgp/session/index.ts";
import { MessageType } from "../../src/bgp/wire/index.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { after, type Instant, millis, NEVER, seconds } from "../../src/lib/time.ts";
import { LOCAL, mirrored, peerConfig, REMOTE } from "../unit/bgp/session/harness.ts";

/** One end of a TCP connection. */
interface End {
  readonly node: Node;
  readonly id: ConnectionId;
  readonly link: Link;
  other: End | undefined;
  /** When what is sent to this end arrives at the earliest: TCP keeps the order. */
  arrival: Instant;
  /** The session has been told of it, or asked for it. */
  known: boolean;
  /** Closed by its session, or told that it is closed. */
  closed: boolean;
}

interface Link {
  /** Octets vanish, and nobody is told. */
  swallows: boolean;
  /** A fault has befallen it: it will end, though perhaps nobody knows yet. */
  doomed: boolean;
}

interface Event {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

/** How likely each fault is, drawn per seed so that each seed has another character. */
interface Faults {
  readonly refuse: number;
  readonly cut: number;
  readonly swallow: number;
  readonly stall: number;
  readonly kill: number;
  readonly stop: number;
}
const NO_FAULTS: Faults = { refuse: 0, cut: 0, swallow: 0, stall: 0, kill: 0, stop: 0 };

/** Longer than any hold time that is drawn. */
const AFTERMATH = seconds(15);
/** The large hold time of OpenSent, the longest idle hold and connect retry, and then some. */
const LIVENESS_MAX = seconds(400);

/** What happened in all worlds: a simulation that never collides proves nothing about collisions. */
export interface Tally {
  established: number;
  collisions: number;
  holdExpiries: number;
  takeovers: number;
  refusals: number;
}

export class Node implements Out {
  readonly inbox: { readonly end: End; readonly input: Input }[] = [];
  readonly ends = new Map<ConnectionId, End>();
  readonly updates = { withdraw: () => {}, reach: () => {}, endOfRib: () => {} };
  session: Session;
  stalledUntil = 0 as Instant;
  isStopped = false;
  isUp = false;
  readonly #world: World;
  readonly #make: (out: Out) => Session;

  constructor(world: World, make: (out: Out) => Session) {
    this.#world = world;
    this.#make = make;
    this.session = make(this);
  }

  get wakeAt(): Instant {
    const wish = this.inbox.length > 0 ? this.#world.now : this.session.deadline;
    return Math.max(wish, this.stalledUntil) as Instant;
  }

  /** All waiting input first, then the clock. Octets of different connections are read in any order. */
  turn(): void {
    const { now, rng } = this.#world;
    while (this.inbox.length > 0) {
      const pick = (this.inbox[Math.floor(rng() * this.inbox.length)] as (typeof this.inbox)[0]).end;
      const [{ end, input }] = this.inbox.splice(
        this.inbox.findIndex((item) => item.end === pick),
        1,
      ) as [(typeof this.inbox)[0]];
      end.known = true;
      if (input.type === "Closed" || input.type === "ConnectFailed") this.#forget(end);
      this.session.handle(now, input);
      this.check();
    }
    this.session.advance(now);
    this.check();
  }

  check(): void {
    assert.equal(this.session.state === "Established", this.isUp);
    assert.equal(this.session.up !== undefined, this.isUp);
    const known = [...this.ends.values()].filter((end) => end.known).length;
    assert.ok(known <= 2, `${known} connections`);
  }

  /** The process dies and comes back: nothing is said, its TCP connections are reset. */
  kill(): void {
    for (const end of [...this.ends.values()]) this.#world.close(end, "reset");
    this.inbox.length = 0;
    this.isUp = false;
    this.session = this.#make(this);
    if (!this.isStopped) this.session.handle(this.#world.now, { type: "ManualStart" });
  }

  #forget(end: End): void {
    end.closed = true;
    this.ends.delete(end.id);
  }

  connect(id: ConnectionId): void {
    this.#world.connect(this, id);
  }
  close(id: ConnectionId, how?: "abort"): void {
    const end = this.ends.get(id);
    if (end !== undefined) this.#world.close(end, how === "abort" ? "reset" : "closed");
  }
  send(id: ConnectionId, bytes: Uint8Array): void {
    const end = this.ends.get(id);
    const [code, subcode] = [bytes[19], bytes[20]];
    if (bytes[18] === MessageType.Notification && code === 6) {
      if (subcode === 7) this.#world.tally.collisions++;
      if (subcode === 5) this.#world.tally.refusals++;
    }
    if (end !== undefined) this.#world.transmit(end, bytes);
  }
  stateChanged(): void {}
  established(): void {
    assert.ok(!this.isUp, "established twice");
    this.isUp = true;
    this.#world.tally.established++;
  }
  down(reason: DownReason): void {
    assert.ok(this.isUp, "down without established");
    this.isUp = false;
    if (reason.type === "hold-timer-expired") this.#world.tally.holdExpiries++;
    if (reason.type === "connection-lost" && /again/.test(reason.text)) this.#world.tally.takeovers++;
    if (this.#world.isCalm) this.#world.lost.push(reason.type);
  }
  refreshReceived(): void {}
  updateFaults(): void {}
  notificationSent(): void {}
  notificationReceived(): void {}
}

export class World {
  now = 0 as Instant;
  readonly rng: Rng;
  readonly tally: Tally;
  /** Both were Established with no fault left: from here on no session may go down. */
  isCalm = false;
  readonly lost: string[] = [];
  readonly nodes: readonly [Node, Node];
  readonly #holds: boolean;
  #faults: Faults;
  #events: Event[] = [];
  #order = 0;
  #lastId = 0;

  constructor(seed: number, tally: Tally) {
    this.rng = seededRng(seed);
    this.tally = tally;
    const maybe = (p: number) => (this.rng() < 0.5 ? 0 : p * this.rng());
    // What one side alone knows to be lost, or nobody, is found by the hold timer alone.
    const holdTime = seconds(this.rng() < 0.1 ? 0 : this.#int(3, 12));
    this.#holds = holdTime > 0;
    const swallow = this.#holds ? maybe(0.1) : 0;
    this.#faults = {
      refuse: maybe(0.8),
      cut: maybe(0.2),
      swallow,
      stall: maybe(0.2),
      kill: maybe(0.1),
      stop: maybe(0.1),
    };
    const ids = [0x0a000001, 0x0a000002, 0xc0000001];
    const restart = { restartTime: seconds(60), notification: this.rng() < 0.5, longLived: false, helperOnly: false };
    const graceful = this.rng() < 0.5 ? { ...restart, deferralTime: seconds(30) } : undefined;
    const passive = this.#int(0, 3);
    const common = () => ({
      holdTime,
      routerId: ids[this.#int(0, 2)] as number,
      connectRetryTime: seconds(this.#int(1, 8)),
      idleHoldTime: millis(this.#int(100, 3000)),
      idleHoldTimeMax: seconds(20),
      gracefulRestart: graceful,
      families: [{ ...(peerConfig().families[0] as object), gracefulRestart: true } as never],
    });
    const configs = [
      peerConfig({ ...common(), passive: passive === 0 }),
      mirrored({ ...common(), passive: passive === 1 }),
    ];
    const make = (i: number) => (out: Out) => new Session(configs[i] as never, () => ++this.#lastId, this.rng, out);
    this.nodes = [new Node(this, make(0)), new Node(this, make(1))];
  }

  #int(low: number, high: number): number {
    return low + Math.floor(this.rng() * (high - low + 1));
  }

  #delay(): number {
    return millis(this.#int(0, this.rng() < 0.1 ? 400 : 20));
  }

  at(when: Instant, run: () => void): void {
    const event = { at: when, order: this.#order++, run };
    let i = this.#events.length;
    while (i > 0 && (this.#events[i - 1] as Event).at > when) i--;
    this.#events.splice(i, 0, event);
  }

  #later(end: End, delay: number, run: () => void): void {
    end.arrival = Math.max(end.arrival, this.now + delay) as Instant;
    this.at(end.arrival, run);
  }

  #tell(end: End, input: Input): void {
    if (!end.closed && end.node.ends.get(end.id) === end) end.node.inbox.push({ end, input });
  }

  connect(node: Node, id: ConnectionId): void {
    const link: Link = { swallows: false, doomed: false };
    const near: End = { node, id, link, other: undefined, arrival: this.now, known: true, closed: false };
    node.ends.set(id, near);
    const target = this.nodes[node === this.nodes[0] ? 1 : 0];
    if (this.rng() < this.#faults.refuse) {
      // Refused at once, or never answered.
      if (this.rng() < 0.7)
        this.#later(near, this.#delay(), () => this.#tell(near, { type: "ConnectFailed", connection: id, reason: "" }));
      return;
    }
    this.at(after(this.now, this.#delay() as never), () => {
      const other: End = {
        node: target,
        id: ++this.#lastId,
        link,
        other: near,
        arrival: this.now,
        known: false,
        closed: false,
      };
      near.other = other;
      target.ends.set(other.id, other);
      const addresses = { local: LOCAL, remote: REMOTE };
      this.#tell(other, { type: "Accepted", connection: other.id, ...addresses });
      if (near.closed) this.#later(other, this.#delay(), () => this.#closed(other, "gone"));
      else
        this.#later(near, this.#delay(), () => this.#tell(near, { type: "Connected", connection: id, ...addresses }));
    });
  }

  transmit(from: End, bytes: Uint8Array): void {
    const to = from.other;
    if (to === undefined || from.closed) return;
    if (this.rng() < this.#faults.swallow) {
      from.link.swallows = true;
      from.link.doomed = true;
    }
    if (from.link.swallows) return;
    if (to.closed) this.#later(from, this.#delay(), () => this.#closed(from, "reset"));
    else if (this.rng() < this.#faults.cut) this.#cut(from, to);
    else this.#stream(to, bytes);
  }

  /** Cut anywhere, often into octets. */
  #stream(to: End, bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const size = this.rng() < 0.7 ? bytes.length : this.#int(1, 7);
      const piece = bytes.slice(at, at + size);
      this.#later(to, this.#delay(), () => this.#tell(to, { type: "Received", connection: to.id, bytes: piece }));
      at += size;
    }
  }

  /** The network or a kernel ends it: both are told, or one, and the other when it sends again. */
  #cut(a: End, b: End): void {
    a.link.doomed = true;
    const who = this.#holds ? this.#int(0, 2) : 2;
    if (who !== 0) this.#later(a, this.#delay(), () => this.#closed(a, "reset"));
    if (who !== 1) this.#later(b, this.#delay(), () => this.#closed(b, "reset"));
  }

  #closed(end: End, reason: string): void {
    this.#tell(end, { type: "Closed", connection: end.id, reason });
  }

  /** Closed by its own session or process. */
  close(end: End, reason: string): void {
    end.closed = true;
    end.node.ends.delete(end.id);
    const { other } = end;
    if (other === undefined || end.link.swallows) return;
    this.#later(other, this.#delay(), () => this.#closed(other, reason));
  }

  /** Every half second something may happen to a process. */
  #mischief(): void {
    for (const node of this.nodes) {
      if (this.rng() < this.#faults.stall) node.stalledUntil = after(this.now, seconds(this.rng() * 15));
      if (this.rng() < this.#faults.kill) node.kill();
      if (this.rng() < this.#faults.stop) this.#operate(node);
    }
  }

  #operate(node: Node): void {
    const { session } = node;
    const text = "operator";
    const choices: Input[] = [
      { type: "ManualStop", subcode: 2, text },
      { type: "AutomaticStop", subcode: 4, text },
      { type: "AutomaticStop", subcode: 1, text, idleFor: seconds(10) },
      { type: "Abandon" },
      { type: "RequestRefresh", family: 0 },
    ];
    const input: Input = node.isStopped ? { type: "ManualStart" } : (choices[this.#int(0, 4)] as Input);
    node.isStopped = input.type === "ManualStop" || input.type === "Abandon";
    session.handle(this.now, input);
    node.check();
  }

  /** Runs until `end`, or until `done` says so. */
  #run(end: Instant, done: () => boolean): void {
    for (let turns = 0; !done(); turns++) {
      assert.ok(turns < 200_000, "the world does not come to rest");
      const next = Math.min(this.#events[0]?.at ?? NEVER, ...this.nodes.map(({ wakeAt }) => wakeAt)) as Instant;
      if (next > end) break;
      this.now = Math.max(this.now, next) as Instant;
      while ((this.#events[0]?.at ?? NEVER) <= this.now) (this.#events.shift() as Event).run();
      for (const node of this.nodes) if (node.wakeAt <= this.now) node.turn();
    }
    if (!done()) this.now = end;
  }

  safety(duration: number): void {
    for (const node of this.nodes) node.session.handle(this.now, { type: "ManualStart" });
    for (let t = 0; t < duration; t += seconds(0.5)) this.at(t as Instant, () => this.#mischief());
    this.#run(duration as Instant, () => false);
  }

  /** Both start at the same moment, or nearly, and nothing fails: nobody may go down even once. */
  start(): void {
    this.#faults = NO_FAULTS;
    this.isCalm = true;
    for (const { session } of this.nodes)
      this.at(this.#delay() as Instant, () => session.handle(this.now, { type: "ManualStart" }));
    this.#run(seconds(30) as number as Instant, () => false);
    this.#assertCalm();
  }

  liveness(): void {
    this.#faults = NO_FAULTS;
    for (const node of this.nodes) {
      node.stalledUntil = this.now;
      if (node.isStopped) node.session.handle(this.now, { type: "ManualStart" });
    }
    const start = this.now;
    // What the last faults have done shows within a hold time.
    this.#run(after(start, AFTERMATH), () => false);
    this.#run(after(start, LIVENESS_MAX), () => this.#isJoined());
    assert.ok(this.#isJoined(), `not joined: ${this.nodes.map(({ session }) => session.state).join(", ")}`);
    // Connections of former attempts may still be on their way out, but nothing may hurt the session.
    this.isCalm = true;
    this.#run(after(this.now, seconds(40)), () => false);
    this.#assertCalm();
  }

  #assertCalm(): void {
    assert.deepEqual(this.lost, []);
    assert.ok(this.#isJoined());
    for (const { ends } of this.nodes) assert.equal(ends.size, 1, "exactly one connection remains");
  }

  #isJoined(): boolean {
    const [a, b] = this.nodes.map(({ session, ends }) => ends.get(session.up?.connection ?? -1));
    return a !== undefined && a.other === b && !a.link.doomed;
  }
}
