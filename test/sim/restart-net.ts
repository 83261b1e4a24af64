/**
 * An in-memory network in virtual time for speakers: connections are streams with delay; links are partitioned, hosts
 * die without a word, processes with a reset. See restart-world.ts.
 */
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { after, type Instant, type Micros, millis, NEVER, seconds } from "../../src/lib/time.ts";

/** Somebody who has connections. */
export interface Host {
  /** Input for connection `id`; false in `alive`: it goes nowhere. */
  deliver(what: Delivery): void;
  readonly isAlive: boolean;
  /** A number for a connection that somebody has made. */
  newConnection(): number;
}

export type Delivery =
  | { readonly type: "Accepted"; readonly connection: number; readonly from: Host }
  | { readonly type: "Connected"; readonly connection: number }
  | { readonly type: "ConnectFailed"; readonly connection: number }
  | { readonly type: "Closed"; readonly connection: number }
  | { readonly type: "Received"; readonly connection: number; readonly bytes: Uint8Array };

interface End {
  readonly host: Host;
  readonly id: number;
  readonly pipe: Pipe;
  other: End | undefined;
  arrival: Instant;
  isClosed: boolean;
}

interface Pipe {
  /** Octets vanish, and nobody is told. */
  swallows: boolean;
}

interface Event {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

export class Net {
  now = 0 as Instant;
  readonly rng: Rng;
  readonly #events: Event[] = [];
  readonly #ends = new Map<Host, Map<number, End>>();
  readonly #partitions = new Set<string>();
  readonly #numbers = new Map<Host, number>();
  #order = 0;

  constructor(seed: number) {
    this.rng = seededRng(seed);
  }

  int(low: number, high: number): number {
    return low + Math.floor(this.rng() * (high - low + 1));
  }

  chance(p: number): boolean {
    return this.rng() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T;
  }

  /** When the next event is due, or NEVER. */
  get next(): Instant {
    return this.#events[0]?.at ?? NEVER;
  }

  at(when: Instant, run: () => void): void {
    const event = { at: when, order: this.#order++, run };
    let i = this.#events.length;
    while (i > 0 && (this.#events[i - 1] as Event).at > when) i--;
    this.#events.splice(i, 0, event);
  }

  /** Runs what is due now. */
  runDue(): void {
    while (this.next <= this.now) (this.#events.shift() as Event).run();
  }

  /** Whether these two can reach each other. */
  isLinked(a: Host, b: Host): boolean {
    return !this.#partitions.has(this.#key(a, b));
  }

  /** Nothing passes between the two until `heal`, and what they had open is lost without a word. */
  partition(a: Host, b: Host): void {
    this.#partitions.add(this.#key(a, b));
    for (const end of this.#endsOf(a).values()) if (end.other?.host === b) end.pipe.swallows = true;
  }

  heal(): void {
    this.#partitions.clear();
  }

  connect(host: Host, id: number, target: Host): void {
    const near: End = { host, id, pipe: { swallows: false }, other: undefined, arrival: this.now, isClosed: false };
    this.#endsOf(host).set(id, near);
    const fail = (delay: Micros) => this.#tell(near, delay, { type: "ConnectFailed", connection: id });
    if (!this.isLinked(host, target)) {
      fail(seconds(3));
      return;
    }
    this.at(after(this.now, this.#delay()), () => {
      if (near.isClosed) return;
      if (!target.isAlive || !this.isLinked(host, target)) {
        fail(this.#delay());
        return;
      }
      const far: End = { ...near, host: target, id: target.newConnection(), other: near, arrival: this.now };
      near.other = far;
      this.#endsOf(target).set(far.id, far);
      this.#tell(far, this.#delay(), { type: "Accepted", connection: far.id, from: host });
      this.#tell(near, this.#delay(), { type: "Connected", connection: id });
    });
  }

  send(host: Host, id: number, bytes: Uint8Array): void {
    const end = this.#endsOf(host).get(id);
    if (end?.other === undefined || end.pipe.swallows) return;
    this.#tell(end.other, this.#delay(), { type: "Received", connection: end.other.id, bytes });
  }

  close(host: Host, id: number): void {
    const end = this.#endsOf(host).get(id);
    if (end === undefined) return;
    end.isClosed = true;
    this.#endsOf(host).delete(id);
    const { other } = end;
    if (other === undefined || end.pipe.swallows) return;
    this.#tell(other, this.#delay(), { type: "Closed", connection: other.id });
  }

  /** The process of the host is gone: its kernel says so, or, with the whole host, nobody does. */
  drop(host: Host, isSilent: boolean): void {
    for (const end of [...this.#endsOf(host).values()]) {
      if (isSilent) end.pipe.swallows = true;
      this.close(host, end.id);
    }
  }

  /** A middlebox resets a connection. */
  cut(host: Host, id: number): void {
    const end = this.#endsOf(host).get(id);
    if (end?.other === undefined) return;
    for (const one of [end, end.other]) this.#tell(one, this.#delay(), { type: "Closed", connection: one.id });
  }

  /** Whether what the host sends on this connection arrives. */
  isSound(host: Host, id: number): boolean {
    const end = this.#endsOf(host).get(id);
    return end?.other !== undefined && !end.other.isClosed && !end.pipe.swallows;
  }

  #tell(end: End, delay: Micros, what: Delivery): void {
    end.arrival = Math.max(end.arrival, this.now + delay) as Instant;
    this.at(end.arrival, () => {
      const isOwn = end.pipe.swallows && what.type !== "ConnectFailed";
      if (end.isClosed || isOwn || this.#endsOf(end.host).get(end.id) !== end) return;
      if (what.type === "Closed" || what.type === "ConnectFailed") {
        end.isClosed = true;
        this.#endsOf(end.host).delete(end.id);
      }
      end.host.deliver(what);
    });
  }

  #delay(): Micros {
    return millis(this.int(1, this.chance(0.05) ? 300 : 15));
  }

  #endsOf(host: Host): Map<number, End> {
    const ends = this.#ends.get(host) ?? new Map<number, End>();
    this.#ends.set(host, ends);
    return ends;
  }

  #key(a: Host, b: Host): string {
    const number = (host: Host) => {
      const known = this.#numbers.get(host) ?? this.#numbers.size;
      this.#numbers.set(host, known);
      return known;
    };
    return [number(a), number(b)].sort().join(" ");
  }
}
