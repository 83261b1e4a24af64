import type { Members, MemberView } from "../../src/gossip/index.ts";
import type { Rng } from "../../src/lib/rng.ts";
import { elapsed, type Instant } from "../../src/lib/time.ts";

type Member = NonNullable<ReturnType<Members["get"]>>;
type State = Member["state"];

/** Members that all nodes of a fleet know from the beginning, as they are then: alive. */
export class Roster {
  readonly members: readonly MemberView[];
  readonly indexes: ReadonlyMap<string, number>;

  constructor(members: readonly MemberView[]) {
    this.members = members;
    this.indexes = new Map(members.map(({ name }, i) => [name, i]));
  }
}

/**
 * A node's table of members that holds only what differs from a roster shared by all: ten thousand nodes that each know
 * ten thousand members would need a hundred million records. Takes no member that is not on the roster.
 */
export class SharedTable implements Members {
  readonly #roster: Roster;
  readonly #rng: Rng;
  /** Members that this node has looked up or changed, by index. */
  readonly #own = new Map<number, Member>();
  readonly #forgotten = new Set<number>();
  readonly #counts: Record<State, number>;
  /** The probe order is start, start + stride, ...: a permutation, as the stride shares no factor with the size. */
  #start = 0;
  #stride = 1;
  #cursor = 0;

  constructor(roster: Roster, rng: Rng) {
    this.#roster = roster;
    this.#rng = rng;
    this.#counts = { alive: roster.members.length, suspect: 0, dead: 0, left: 0 };
    this.#shuffle();
  }

  get size(): number {
    return this.#roster.members.length - this.#forgotten.size;
  }

  get(name: string): Member | undefined {
    const index = this.#roster.indexes.get(name);
    return index === undefined || this.#forgotten.has(index) ? undefined : this.#owned(index);
  }

  /** A copy that may be changed. */
  #owned(index: number): Member {
    let member = this.#own.get(index);
    if (member === undefined) {
      member = { ...(this.#roster.members[index] as MemberView) };
      this.#own.set(index, member);
    }
    return member;
  }

  #seen(index: number): Member {
    return this.#own.get(index) ?? (this.#roster.members[index] as Member);
  }

  *[Symbol.iterator](): IterableIterator<Member> {
    for (let i = 0; i < this.#roster.members.length; i++) if (!this.#forgotten.has(i)) yield this.#seen(i);
  }

  count(state: State): number {
    return this.#counts[state];
  }

  insert(member: Member): void {
    const index = this.#roster.indexes.get(member.name);
    if (index === undefined) throw new Error(`${member.name} is not on the roster`);
    if (this.#forgotten.delete(index)) this.#counts[member.state]++;
    this.#own.set(index, member);
  }

  setState(now: Instant, member: Member, state: State): void {
    this.#counts[member.state]--;
    this.#counts[state]++;
    member.state = state;
    member.since = now;
  }

  nextToProbe(now: Instant, self: string, forgetAfter: number): Member | undefined {
    const n = this.#roster.members.length;
    for (let checked = 0; checked < n; checked++) {
      if (this.#cursor >= n) {
        this.#forget(now, forgetAfter);
        this.#shuffle();
        this.#cursor = 0;
      }
      const index = (this.#start + this.#cursor++ * this.#stride) % n;
      const member = this.#seen(index);
      if (member.name === self || this.#forgotten.has(index)) continue;
      if (member.state === "alive" || member.state === "suspect") return this.#owned(index);
    }
    return undefined;
  }

  #forget(now: Instant, forgetAfter: number): void {
    for (const [index, member] of this.#own) {
      const gone = member.state === "dead" || member.state === "left";
      if (!gone || elapsed(member.since, now) <= forgetAfter) continue;
      this.#own.delete(index);
      this.#forgotten.add(index);
      this.#counts[member.state]--;
    }
  }

  #shuffle(): void {
    const n = this.#roster.members.length;
    this.#start = Math.floor(this.#rng() * n);
    do this.#stride = 1 + Math.floor(this.#rng() * n);
    while (commonFactor(this.#stride, n) !== 1);
  }

  sample(count: number, wanted: (member: Member) => boolean): Member[] {
    const n = this.#roster.members.length;
    const picked: Member[] = [];
    for (let tries = 3 * n; tries > 0 && picked.length < count; tries--) {
      const index = Math.floor(this.#rng() * n);
      const member = this.#seen(index);
      if (!this.#forgotten.has(index) && wanted(member) && !picked.includes(member)) picked.push(member);
    }
    return picked;
  }
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}
