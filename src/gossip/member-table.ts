import { assert } from "../lib/assert.ts";
import type { Rng } from "../lib/rng.ts";
import { elapsed, type Instant, type Micros } from "../lib/time.ts";
import type { Member } from "./member.ts";
import type { MemberState } from "./wire/index.ts";

/** What the parts of a node ask of its table of members. A simulation of thousands of nodes has one that shares them. */
export type Members = Pick<MemberTable, keyof MemberTable>;

/** All members by name, ourselves among them, and the order in which they are probed. */
export class MemberTable {
  readonly #byName = new Map<string, Member>();
  /** The probe order: a random permutation, shuffled anew after each round. */
  readonly #order: Member[] = [];
  #cursor = 0;
  readonly #counts: Record<MemberState, number> = { alive: 0, suspect: 0, dead: 0, left: 0 };
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Entries of any state: the n of every formula, as in memberlist. */
  get size(): number {
    return this.#order.length;
  }

  get(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  [Symbol.iterator](): IterableIterator<Member> {
    return this.#order.values();
  }

  count(state: MemberState): number {
    return this.#counts[state];
  }

  /** Adds a member at a random place of the probe order, so that a crowd of newcomers is not probed in a row. */
  insert(member: Member): void {
    assert(!this.#byName.has(member.name), "a member is inserted once");
    this.#byName.set(member.name, member);
    this.#counts[member.state]++;
    const at = Math.floor(this.#rng() * (this.#order.length + 1));
    const displaced = this.#order[at];
    this.#order.push(member);
    if (displaced !== undefined) {
      this.#order[at] = member;
      this.#order[this.#order.length - 1] = displaced;
    }
  }

  /** The one place where a member's state changes. */
  setState(now: Instant, member: Member, state: MemberState): void {
    this.#counts[member.state]--;
    this.#counts[state]++;
    member.state = state;
    member.since = now;
  }

  /**
   * The next member to probe: alive or suspect, not `self`. At the end of a round forgets those that are dead or left
   * for longer than `forgetAfter` and shuffles. Undefined when there is none.
   */
  nextToProbe(now: Instant, self: string, forgetAfter: Micros): Member | undefined {
    for (let checked = 0; checked < this.#order.length; checked++) {
      if (this.#cursor >= this.#order.length) {
        this.#forget(now, forgetAfter);
        this.#shuffle();
        this.#cursor = 0;
      }
      const member = this.#order[this.#cursor++];
      if (member === undefined || member.name === self) continue;
      if (member.state === "alive" || member.state === "suspect") return member;
    }
    return undefined;
  }

  #forget(now: Instant, forgetAfter: Micros): void {
    let kept = 0;
    for (const member of this.#order) {
      const gone = member.state === "dead" || member.state === "left";
      if (gone && elapsed(member.since, now) > forgetAfter) {
        this.#byName.delete(member.name);
        this.#counts[member.state]--;
      } else this.#order[kept++] = member;
    }
    this.#order.length = kept;
  }

  #shuffle(): void {
    const order = this.#order;
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.#rng() * (i + 1));
      [order[i], order[j]] = [order[j] as Member, order[i] as Member];
    }
  }

  /** Up to `count` different members that `wanted` accepts, at random; all of them when there are no more. */
  sample(count: number, wanted: (member: Member) => boolean): Member[] {
    const order = this.#order;
    if (order.length <= 3 * count + 3) {
      const fit = order.filter(wanted);
      for (let i = 0; i < Math.min(count, fit.length); i++) {
        const j = i + Math.floor(this.#rng() * (fit.length - i));
        [fit[i], fit[j]] = [fit[j] as Member, fit[i] as Member];
      }
      return fit.slice(0, count);
    }
    const picked: Member[] = [];
    for (let tries = 3 * order.length; tries > 0 && picked.length < count; tries--) {
      const member = order[Math.floor(this.#rng() * order.length)] as Member;
      if (wanted(member) && !picked.includes(member)) picked.push(member);
    }
    return picked;
  }
}
