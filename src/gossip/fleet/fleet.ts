import type { Core } from "../../lib/core.ts";
import type { Rng } from "../../lib/rng.ts";
import { after, type Instant, type Micros, millis, NEVER, seconds } from "../../lib/time.ts";
import {
  decodeMessage,
  decodeMeta,
  encodeMessage,
  encodeMeta,
  isFleetMessage,
  type Message,
  type Update,
  type WireAnswer,
  type WireAsk,
} from "./codec.ts";
import { Conflicts, type Disagreement } from "./conflicts.ts";
import { type FleetMember, Others } from "./others.ts";
import { Self } from "./self.ts";
import type { Digest, MasterFacts, NodeFacts, NodeState, VipFacts, VipName } from "./state.ts";

/*
 * The fleet: what gateways tell each other of themselves, on top of the members that gossip knows.
 *
 *     SetVip, SetFacts, ... ──> Self ──delta──> broadcast ─┐                        ┌──> announcers(), members()
 *                                │ └───full──> push/pull ──┼──> the others' Others ─┤
 *                                └──digest──> node meta ───┘        │ ^             └──> Conflicts ──> disagreement
 *                                                      differs: Fetch │ Update
 *
 * Each node owns its own state and nobody passes on that of others. A change is broadcast as the difference to the state
 * before, which fits a packet; the node meta, which reaches everybody even when broadcasts get lost, has the digest of
 * the newest state. Who holds another one waits a moment for the broadcast, then fetches the whole from its owner.
 *
 * A restart is a new epoch. The meta decides which one counts (gossip orders it by incarnation), so a clock that was
 * set back does no harm.
 *
 * `quiet` is for clusters of serf agents, which would complain of broadcasts and user state that are not serf's: there
 * everything but the meta goes from node to node.
 */

/** Changes are collected for so long, but the first after a pause, which goes out at once. */
const PUBLISH_INTERVAL = millis(200);
/** A user message that is gossiped has at most so many octets. */
const BROADCAST_MAX = 1_024;
/** Larger states are not put into every push/pull: the digest in the meta says that there is one to fetch. */
const PUSH_PULL_MAX = 64 * 1_024;
/** The broadcast gets so long before the state is fetched; and as much again at random. */
const FETCH_DELAY = millis(500);
const FETCH_RETRY = seconds(3);
/** Full states sent in one second, at most: the rest is asked for again. */
const SERVED_MAX = 50;
/** Fetches begun in one call of `advance`. */
const FETCHES_MAX = 16;

export type Input =
  | { readonly type: "SetFacts"; readonly facts: NodeFacts }
  | { readonly type: "SetMasters"; readonly masters: readonly MasterFacts[] }
  /** Undefined: the configuration has it no longer. */
  | { readonly type: "SetVip"; readonly vip: VipName; readonly facts: VipFacts | undefined }
  /** Gossip's opinion of a member: whenever it changes, and when its meta does. Not of this node. */
  | {
      readonly type: "Member";
      readonly name: string;
      readonly state: "alive" | "suspect" | "gone";
      readonly meta: Uint8Array;
    }
  /** A user message or user state. */
  | { readonly type: "Received"; readonly bytes: Uint8Array };

/** What the fleet wants done. Must not call back in. */
export interface Out {
  /** Reliably, to one member. */
  send(to: string, bytes: Uint8Array): void;
  /** To all, in place of the one before. */
  broadcast(bytes: Uint8Array): void;
  setMeta(meta: Uint8Array): void;
  asked(from: string, asks: readonly WireAsk[]): void;
  answered(from: string, answers: readonly WireAnswer[]): void;
  /** What is known of this member has changed. */
  changed(member: string): void;
  /** `isOver`: it has ended. */
  disagreement(what: Disagreement, isOver: boolean): void;
  /** A message that was not taken. */
  rejected(text: string): void;
}

export interface Options {
  readonly name: string;
  /** Larger than that of the process before: milliseconds since 1970. */
  readonly epoch: number;
  readonly quiet?: boolean;
}

/** See the head of this file. */
export class Fleet implements Core<Input> {
  readonly #name: string;
  readonly #quiet: boolean;
  readonly #rng: Rng;
  readonly #out: Out;
  readonly #self: Self;
  readonly #others = new Others();
  readonly #conflicts: Conflicts;
  #publishAt: Instant = NEVER;
  #publishedAt = Number.NEGATIVE_INFINITY as Instant;
  #servedSince = 0 as Instant;
  #served = 0;

  constructor({ name, epoch, quiet = false }: Options, rng: Rng, out: Out) {
    this.#name = name;
    this.#quiet = quiet;
    this.#rng = rng;
    this.#out = out;
    this.#self = new Self(epoch);
    this.#conflicts = new Conflicts((what, isOver) => this.#out.disagreement(what, isOver));
  }

  get deadline(): Instant {
    return Math.min(this.#publishAt, this.#others.nextFetch, this.#conflicts.deadline) as Instant;
  }

  advance(now: Instant): void {
    if (this.#publishAt <= now) this.#publish(now);
    for (let i = 0; i < FETCHES_MAX; i++) {
      const member = this.#others.takeFetch(now, after(now, this.#jittered(FETCH_RETRY)));
      if (member === undefined) break;
      this.#out.send(member, encodeMessage(this.#name, { type: "fetch" }));
    }
    if (this.#conflicts.deadline <= now) this.#conflicts.look(now, this.#alive());
  }

  handle(now: Instant, input: Input): void {
    switch (input.type) {
      case "SetFacts":
        this.#changedIf(now, this.#self.setFacts(input.facts));
        return;
      case "SetMasters":
        this.#changedIf(now, this.#self.setMasters(input.masters));
        this.#conflicts.touch(now);
        return;
      case "SetVip":
        this.#changedIf(now, this.#self.setVip(input.vip, input.facts));
        return;
      case "Member":
        this.#member(now, input.name, input.state, decodeMeta(input.meta));
        return;
      case "Received":
        this.#received(now, input.bytes);
        return;
      default:
        input satisfies never;
    }
  }

  /** For a push/pull. */
  localState(): Uint8Array {
    const full = this.#quiet ? undefined : this.#self.encodeFull(this.#name);
    return full === undefined || full.length > PUSH_PULL_MAX ? new Uint8Array(0) : full;
  }

  /** For the node meta at the start. */
  get meta(): Uint8Array {
    return encodeMeta(this.#self.digest);
  }

  /** What this node tells of itself. */
  get self(): NodeState {
    return this.#self.state;
  }

  /** What is known of the others; of those that are no gateways there is no `node`. */
  members(): FleetMember[] {
    return this.#others.views();
  }

  /** What two or more gateways do that only one may do. */
  disagreements(): Disagreement[] {
    return this.#conflicts.standing();
  }

  /** Other members that are alive, not suspect, and announce this VIP. */
  announcers(vip: VipName): { staying: string[]; leaving: string[] } {
    return this.#others.announcers(vip);
  }

  #changedIf(now: Instant, changed: boolean): void {
    if (!changed || this.#publishAt !== NEVER) return;
    this.#publishAt = Math.max(now, after(this.#publishedAt, PUBLISH_INTERVAL)) as Instant;
  }

  #publish(now: Instant): void {
    this.#publishAt = NEVER;
    this.#publishedAt = now;
    const update = this.#self.takeChanges();
    this.#out.setMeta(this.meta);
    if (this.#quiet || update === undefined) return;
    const bytes = encodeMessage(this.#name, { type: "update", update });
    // What does not fit is fetched by everybody, since the meta differs.
    if (bytes.length <= BROADCAST_MAX) this.#out.broadcast(bytes);
  }

  #member(now: Instant, name: string, state: FleetMember["state"], digest: Digest | undefined): void {
    if (name === this.#name) return;
    this.#others.setMember(now, name, state, digest);
    this.#fetchIfStale(now, name);
    this.#conflicts.touch(now);
    this.#out.changed(name);
  }

  #received(now: Instant, bytes: Uint8Array): void {
    // Others may use the cluster for their own: nothing to complain of.
    if (!isFleetMessage(bytes)) return;
    const decoded = decodeMessage(bytes);
    if (decoded.ok) this.#message(now, decoded.value);
    else this.#out.rejected(decoded.error);
  }

  #message(now: Instant, message: Message): void {
    const { from } = message;
    // Our own broadcast, or that of another node of our name: gossip tells of the conflict.
    if (from === this.#name || !this.#others.has(from)) return;
    switch (message.type) {
      case "update":
        this.#update(now, from, message.update);
        return;
      case "fetch":
        this.#serve(now, from);
        return;
      case "ask":
        this.#out.asked(from, message.asks);
        return;
      case "answer":
        this.#out.answered(from, message.answers);
        return;
      default:
        message satisfies never;
    }
  }

  #update(now: Instant, from: string, update: Update): void {
    const taken = this.#others.update(from, update);
    if (taken === "too-many") this.#out.rejected(`the state of ${from}: no room for so many VIPs`);
    else this.#fetchIfStale(now, from);
    if (taken !== "taken") return;
    this.#conflicts.touch(now);
    this.#out.changed(from);
  }

  #fetchIfStale(now: Instant, name: string): void {
    this.#others.wantFetch(name, after(now, this.#jittered(FETCH_DELAY)));
  }

  #jittered(delay: Micros): Micros {
    return (delay * (1 + this.#rng())) as Micros;
  }

  #serve(now: Instant, to: string): void {
    if (now >= after(this.#servedSince, seconds(1))) {
      this.#servedSince = now;
      this.#served = 0;
    }
    if (++this.#served <= SERVED_MAX) this.#out.send(to, this.#self.encodeFull(this.#name));
  }

  *#alive(): Iterable<readonly [string, NodeState]> {
    yield [this.#name, this.#self.state];
    for (const { name, state, node } of this.#others.views())
      if (state !== "gone" && node !== undefined) yield [name, node];
  }
}
