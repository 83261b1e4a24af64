import { assert } from "../lib/assert.ts";
import { bytesEqual } from "../lib/bytes.ts";
import { elapsed, type Instant, type Micros } from "../lib/time.ts";
import type { Awareness } from "./awareness.ts";
import type { BroadcastQueue } from "./broadcast-queue.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Delegate, GossipEvent, Out } from "./gossip-io.ts";
import type { Lost } from "./lost.ts";
import { type Member, sameEndpoint } from "./member.ts";
import type { Members } from "./member-table.ts";
import type { Reports } from "./reports.ts";
import { SuspicionTable } from "./suspicion.ts";
import { incompatibility, NO_VERSIONS, ownVersions } from "./versions.ts";
import { encodeMessage, type NodeClaim, type NodeState, type Versions } from "./wire/index.ts";

/** An accusation: `from` says that `node` is suspect or dead as of `incarnation`. */
export interface Accusation {
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

type MemberEvent = Extract<
  GossipEvent,
  { readonly type: "joined" | "suspected" | "recovered" | "updated" | "gone" }
>["type"];

const INCARNATION_MAX = 0xffffffff;

export interface MembershipParts {
  readonly config: GossipConfig;
  readonly table: Members;
  /** Broadcasts about members. */
  readonly queue: BroadcastQueue;
  readonly awareness: Awareness;
  readonly lost: Lost;
  readonly delegate: Delegate;
  readonly out: Out;
  readonly reports: Reports;
  readonly counters: Counters;
}

/**
 * What is believed of whom, and why it changes: claims of being alive, suspicions, deaths. A higher incarnation, which
 * only its owner counts up, beats all that was said before; at the same one, suspect beats alive and dead beats both.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #suspicions: SuspicionTable;
  readonly #versions: Versions;
  #self: Member | undefined;
  #leaving = false;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#suspicions = new SuspicionTable(parts.config);
    this.#versions = ownVersions(parts.config);
  }

  /** When the first suspicion becomes a death. */
  get deadline(): Instant {
    return this.#suspicions.deadline;
  }

  get self(): Member {
    assert(this.#self !== undefined, "the node has been started");
    return this.#self;
  }

  get isLeaving(): boolean {
    return this.#leaving;
  }

  /** Members other than ourselves that are alive. */
  get aliveOthers(): number {
    return this.#parts.table.count("alive") - (this.self.state === "alive" ? 1 : 0);
  }

  start(now: Instant): void {
    const { name, advertise: endpoint, meta } = this.#parts.config;
    const self: Member = {
      name,
      endpoint,
      meta,
      state: "alive",
      since: now,
      incarnation: 1,
      versions: this.#versions,
    };
    this.#self = self;
    this.#parts.table.insert(self);
    this.#broadcastAlive(self);
    this.#tell("joined", self);
  }

  /** Suspicions that have run out become deaths of our own finding. */
  advance(now: Instant): void {
    for (const { name } of this.#suspicions.takeDue(now)) {
      const member = this.#parts.table.get(name);
      if (member?.state !== "suspect") continue;
      this.handleDead(now, { incarnation: member.incarnation, node: name, from: this.#parts.config.name });
    }
  }

  /** Every suspect gets `late` more time: for as long we heard nobody. */
  extendSuspicions(late: Micros): void {
    this.#suspicions.extend(late);
  }

  /** New meta for ourselves; `sent` is called when the news has been spread as often as it will be. */
  updateMeta(meta: Uint8Array, sent: () => void): void {
    const self = this.self;
    const changed = !bytesEqual(self.meta, meta);
    self.meta = meta;
    self.incarnation = nextIncarnation(self.incarnation);
    this.#broadcastAlive(self, sent);
    if (changed) this.#tell("updated", self);
  }

  /** We go. `sent` as for {@link updateMeta}. */
  leave(now: Instant, sent: () => void): void {
    this.#leaving = true;
    const { name, incarnation } = this.self;
    this.handleDead(now, { incarnation, node: name, from: name }, sent);
  }

  /** Somebody is said to be alive, with an address, meta and an incarnation. */
  handleAlive(now: Instant, claim: NodeClaim): void {
    if (claim.node === this.#parts.config.name) {
      this.#handleOwnAlive(now, claim);
      return;
    }
    let member = this.#parts.table.get(claim.node);
    const moves = member !== undefined && !sameEndpoint(member.endpoint, claim.endpoint);
    if (member !== undefined && moves && !this.#mayMove(now, member)) {
      this.#parts.reports.conflict(now, member, claim);
      return;
    }
    if (!moves && claim.incarnation <= (member?.incarnation ?? 0)) return;
    if (!this.#mayBelieve(now, claim)) return;
    if (member === undefined) {
      member = this.#insertUnknown(now, claim);
      if (member === undefined) return;
    }
    this.#suspicions.clear(member.name);
    const before = member.state;
    const metaChanged = !bytesEqual(member.meta, claim.meta);
    member.endpoint = claim.endpoint;
    member.meta = claim.meta;
    member.versions = claim.versions;
    member.incarnation = claim.incarnation;
    if (before !== "alive") this.#parts.table.setState(now, member, "alive");
    this.#parts.lost.found(member.name);
    this.#broadcastAlive(member);
    if (before === "dead" || before === "left") this.#tell("joined", member);
    else {
      if (before === "suspect") this.#tell("recovered", member);
      if (metaChanged) this.#tell("updated", member);
    }
  }

  /** A name goes over to another address only when its bearer has left, or is dead for long enough. */
  #mayMove(now: Instant, member: Member): boolean {
    const reclaim = this.#parts.config.deadNodeReclaimTime;
    if (member.state === "left") return true;
    return member.state === "dead" && reclaim > 0 && elapsed(member.since, now) > reclaim;
  }

  /**
   * memberlist checks versions only in a push/pull, so that one gossiped claim of a misconfigured node makes every
   * later join of a good one fail. Here such a claim is not believed in the first place. One without versions counts as
   * one of version 0, as it does there: we would pass it on, and be refused for it.
   */
  #mayBelieve(now: Instant, claim: NodeClaim): boolean {
    const obstacle =
      incompatibility([
        { name: this.#parts.config.name, versions: this.#versions },
        { name: claim.node, versions: claim.versions ?? NO_VERSIONS },
      ]) ?? this.#parts.delegate.refuseAlive?.(claim);
    if (obstacle === undefined) return true;
    this.#parts.reports.warn(now, "incompatible", claim.node, `${claim.node} is not taken as a member: ${obstacle}`);
    return false;
  }

  #insertUnknown(now: Instant, claim: NodeClaim): Member | undefined {
    if (this.#parts.table.size >= this.#parts.config.membersMax) {
      const text = `${claim.node} is not taken as a member: there are ${this.#parts.table.size} already`;
      this.#parts.reports.warn(now, "limit", "members", text);
      return undefined;
    }
    const { node: name, endpoint, meta, versions } = claim;
    const member: Member = { name, endpoint, meta, versions, state: "dead", since: now, incarnation: 0 };
    this.#parts.table.insert(member);
    return member;
  }

  /** A claim about us that is newer than ours, or as new and different, comes from a former life: we outdo it. */
  #handleOwnAlive(now: Instant, claim: NodeClaim): void {
    const self = this.self;
    if (this.#leaving) return;
    if (!sameEndpoint(self.endpoint, claim.endpoint)) {
      this.#parts.reports.conflict(now, self, claim);
      return;
    }
    if (claim.incarnation < self.incarnation) return;
    const same = bytesEqual(self.meta, claim.meta) && sameVersions(self.versions, claim.versions);
    if (claim.incarnation === self.incarnation && same) return;
    this.#refute(claim.incarnation);
  }

  /** Somebody is said to be suspect. */
  handleSuspect(now: Instant, accusation: Accusation): void {
    const member = this.#parts.table.get(accusation.node);
    if (member === undefined || accusation.incarnation < member.incarnation) return;
    if (this.#suspicions.has(member.name)) {
      if (this.#suspicions.confirm(member.name, accusation.from)) this.#broadcastAccusation("suspect", accusation);
      return;
    }
    if (member.state !== "alive") return;
    if (member === this.#self) {
      this.#refute(accusation.incarnation);
      return;
    }
    this.#broadcastAccusation("suspect", accusation);
    member.incarnation = accusation.incarnation;
    this.#parts.table.setState(now, member, "suspect");
    this.#suspicions.start(now, member.name, accusation.from, this.#parts.table.size);
    this.#tell("suspected", member);
  }

  /** Somebody is said to be dead; by himself: to have left. */
  handleDead(now: Instant, accusation: Accusation, sent?: () => void): void {
    const member = this.#parts.table.get(accusation.node);
    if (member === undefined || accusation.incarnation < member.incarnation) return;
    this.#suspicions.clear(member.name);
    if (member.state === "dead" || member.state === "left") return;
    if (member === this.#self && !this.#leaving) {
      this.#refute(accusation.incarnation);
      return;
    }
    this.#broadcastAccusation("dead", accusation, sent);
    member.incarnation = accusation.incarnation;
    this.#parts.table.setState(now, member, accusation.node === accusation.from ? "left" : "dead");
    this.#parts.lost.gone(now, member);
    this.#tell("gone", member);
  }

  /**
   * The state of another node, which counts as gossip. Those it holds for dead we only suspect, so that they can refute.
   * Returns whether it made us refute something: then that node does not believe in us yet.
   */
  merge(now: Instant, nodes: readonly NodeState[]): boolean {
    const before = this.self.incarnation;
    for (const node of nodes) {
      const { node: name, incarnation } = node;
      if (node.state === "alive") this.handleAlive(now, node);
      else if (node.state === "left") this.handleDead(now, { node: name, incarnation, from: name });
      else this.handleSuspect(now, { node: name, incarnation, from: this.#parts.config.name });
    }
    return this.self.incarnation !== before;
  }

  /** Outdoes what is said about us. That it was said at all does not speak for our own health. */
  #refute(accused: number): void {
    const self = this.self;
    self.incarnation = nextIncarnation(Math.max(self.incarnation, accused));
    this.#parts.counters.refutations++;
    this.#parts.awareness.apply(1);
    this.#broadcastAlive(self);
  }

  #broadcastAlive(member: Member, sent?: () => void): void {
    const { name: node, endpoint, meta, incarnation, versions } = member;
    const message = encodeMessage({ type: "alive", node, endpoint, meta, incarnation, versions });
    this.#parts.queue.push(node, message, sent);
  }

  #broadcastAccusation(type: "suspect" | "dead", accusation: Accusation, sent?: () => void): void {
    const { incarnation, node, from } = accusation;
    this.#parts.queue.push(node, encodeMessage({ type, incarnation, node, from }), sent);
  }

  #tell(type: MemberEvent, member: Member): void {
    this.#parts.out.event({ type, member: { ...member } });
  }
}

/** At the end of its 32 bits an incarnation stays: a cluster that says so is hostile, and the name is lost to it. */
function nextIncarnation(incarnation: number): number {
  return Math.min(INCARNATION_MAX, incarnation + 1);
}

function sameVersions(a: Versions | undefined, b: Versions | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return versionsText(a) === versionsText(b);
}

function versionsText(v: Versions): string {
  return [v.protocolMin, v.protocolMax, v.protocol, v.delegateMin, v.delegateMax, v.delegate].join();
}
