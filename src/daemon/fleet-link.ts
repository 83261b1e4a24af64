import {
  ASKS_MAX,
  type Disagreement,
  type DrainWait,
  encodeFleetMessage,
  Fleet,
  isTurn,
  type MasterFacts,
  type MemberView,
  type NodeFacts,
  type VipFacts,
  type VipState,
  type WireAnswer,
  type WireAsk,
} from "../gossip/index.ts";
import type { Rng } from "../lib/rng.ts";
import type { Instant } from "../lib/time.ts";
import { type Action, Guard, type VipName, type Wish } from "../vip/index.ts";
import { Effects } from "./effects.ts";

/** What the link needs of the node around it. `send` to `permit` may call the link. */
export interface FleetPorts {
  /** A user message over TCP. */
  send(to: string, bytes: Uint8Array): void;
  /** A gossiped user message, in place of the one before. */
  broadcast(bytes: Uint8Array): void;
  setMeta(meta: Uint8Array): void;
  /** To the gates: SetPermit. */
  permit(vip: VipName, step: "none" | Wish["step"], text: string): void;
  disagreement(what: Disagreement, isOver: boolean): void;
  rejected(text: string): void;
  /** Asked in the midst of things: must not call back. Whether nobody else can be reached. */
  isIsolated(): boolean;
}

export interface FleetLinkOptions {
  readonly name: string;
  readonly epoch: number;
  readonly quiet: boolean;
  /** Seconds since 1970. */
  readonly unixTime: (now: Instant) => number;
}

const STATE_OF: Readonly<Record<Action, VipState>> = {
  announce: "announced",
  "de-prefer": "de-preferred",
  gshut: "draining",
  withdraw: "withdrawn",
};

/**
 * Joins the two cores of the fleet to the rest of a node: verdicts of the gates become fleet state, wishes go to the
 * guard, the guard's questions travel as the fleet's messages, and its permits go back to the gates. Knows no sockets: the
 * simulator runs it as the daemon does.
 */
export class FleetLink {
  readonly fleet: Fleet;
  readonly guard: Guard;
  readonly #name: string;
  readonly #ports: FleetPorts;
  readonly #unixTime: (now: Instant) => number;
  readonly #effects = new Effects();
  /** By receiver, until the cores have returned: a drained node asks for all its VIPs at once. */
  readonly #asks = new Map<string, WireAsk[]>();
  readonly #answers = new Map<string, WireAnswer[]>();
  readonly #vips = new Map<VipName, VipFacts>();
  #sessions = 0;
  #isBusy = false;
  #now = 0 as Instant;

  constructor({ name, epoch, quiet, unixTime }: FleetLinkOptions, rng: Rng, ports: FleetPorts) {
    this.#name = name;
    this.#ports = ports;
    this.#unixTime = unixTime;
    const later = (effect: () => void) => this.#effects.push(effect);
    this.fleet = new Fleet({ name, epoch, quiet }, rng, {
      send: (to, bytes) => later(() => ports.send(to, bytes)),
      broadcast: (bytes) => later(() => ports.broadcast(bytes)),
      setMeta: (meta) => later(() => ports.setMeta(meta)),
      asked: (from, asks) => later(() => this.#asked(from, asks)),
      answered: (from, answers) => later(() => this.#answered(from, answers)),
      changed: () => later(() => this.guard.handle(this.#now, { type: "FleetChanged" })),
      disagreement: (what, isOver) => later(() => ports.disagreement(what, isOver)),
      rejected: (text) => later(() => ports.rejected(text)),
    });
    this.guard = new Guard(
      rng,
      {
        name,
        cutOff: () => (ports.isIsolated() ? "cut off from all other gateways" : undefined),
        announces: (vip) => this.#announces(vip),
        isDraining: (vip) => this.#vips.get(vip)?.state === "draining",
        announcers: (vip) => this.fleet.announcers(vip),
      },
      {
        ask: (to, ask) => append(this.#asks, to, ask),
        answer: (to, answer) => append(this.#answers, to, answer),
        permit: (vip, step, text) => later(() => this.#permit(vip, step, text)),
      },
    );
  }

  get deadline(): Instant {
    return Math.min(this.fleet.deadline, this.guard.deadline) as Instant;
  }

  advance(now: Instant): void {
    this.#now = now;
    this.guard.advance(now);
    this.#carryOut();
    this.fleet.advance(now);
    this.#carryOut();
  }

  /** The gate of a VIP has decided. */
  verdict(now: Instant, vip: VipName, action: Action, minAnnouncers: number): void {
    const state = STATE_OF[action];
    const before = this.#vips.get(vip);
    const since = before?.state === state ? before.since : this.#unixTime(now);
    this.#setVip(now, vip, { state, since, isLeaving: this.guard.isLeaving(vip), minAnnouncers });
  }

  /** The configuration has this VIP no longer. */
  remove(now: Instant, vip: VipName): void {
    this.wish(now, vip, undefined, 0);
    this.#setVip(now, vip, undefined);
  }

  /** What the gate of a VIP wishes (`Out.wish` of the gates). */
  wish(now: Instant, vip: VipName, wish: Wish | undefined, minAnnouncers: number): void {
    this.#now = now;
    this.guard.handle(now, { type: "Wish", vip, wish, min: minAnnouncers });
    const facts = this.#vips.get(vip);
    if (facts !== undefined) this.#setVip(now, vip, { ...facts, isLeaving: wish !== undefined });
    this.#carryOut();
  }

  setFacts(now: Instant, facts: NodeFacts): void {
    this.#now = now;
    this.#sessions = facts.sessions;
    this.fleet.handle(now, { type: "SetFacts", facts });
    this.#carryOut();
  }

  setMasters(now: Instant, masters: readonly MasterFacts[]): void {
    this.#now = now;
    this.fleet.handle(now, { type: "SetMasters", masters });
    this.#carryOut();
  }

  /** Gossip has news of a member. */
  member(now: Instant, { name, state, meta }: MemberView): void {
    if (name === this.#name) return;
    this.#now = now;
    const opinion = state === "alive" || state === "suspect" ? state : "gone";
    this.fleet.handle(now, { type: "Member", name, state: opinion, meta });
    this.#carryOut();
  }

  /** A user message or user state has come. */
  received(now: Instant, bytes: Uint8Array): void {
    this.#now = now;
    this.fleet.handle(now, { type: "Received", bytes });
    this.#carryOut();
  }

  /** Whether this node is cut off has changed. */
  isolationChanged(now: Instant): void {
    this.#now = now;
    this.guard.handle(now, { type: "FleetChanged" });
    this.#carryOut();
  }

  /** Whether it is this node's turn to be drained. */
  isTurn(now: Instant, wait: DrainWait): boolean {
    return isTurn(now, this.#name, wait, this.fleet.members());
  }

  #setVip(now: Instant, vip: VipName, facts: VipFacts | undefined): void {
    this.#now = now;
    if (facts === undefined) this.#vips.delete(vip);
    else this.#vips.set(vip, facts);
    this.fleet.handle(now, { type: "SetVip", vip, facts });
    this.#carryOut();
  }

  #announces(vip: VipName): boolean {
    const facts = this.#vips.get(vip);
    return facts !== undefined && facts.state !== "withdrawn" && this.#sessions > 0;
  }

  #permit(vip: VipName, step: "none" | Wish["step"], text: string): void {
    this.#ports.permit(vip, step, text);
  }

  #asked(from: string, asks: readonly WireAsk[]): void {
    for (const ask of asks) this.guard.handle(this.#now, { type: "Asked", from, ask });
  }

  #answered(from: string, answers: readonly WireAnswer[]): void {
    for (const answer of answers) this.guard.handle(this.#now, { type: "Answered", from, answer });
  }

  /** Nothing that is asked or answered leaves before what it says is done: the gates have withdrawn before we refuse. */
  #carryOut(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      do {
        this.#effects.carryOut();
        for (const [to, asks] of take(this.#asks)) this.#post(to, asks, (part) => ({ type: "ask", asks: part }));
        for (const [to, answers] of take(this.#answers))
          this.#post(to, answers, (part) => ({ type: "answer", answers: part }));
      } while (this.#asks.size + this.#answers.size > 0);
    } finally {
      this.#isBusy = false;
    }
  }

  #post<T>(
    to: string,
    all: readonly T[],
    body: (part: readonly T[]) => Parameters<typeof encodeFleetMessage>[1],
  ): void {
    for (let at = 0; at < all.length; at += ASKS_MAX)
      this.#ports.send(to, encodeFleetMessage(this.#name, body(all.slice(at, at + ASKS_MAX))));
  }
}

function append<T>(byReceiver: Map<string, T[]>, to: string, item: T): void {
  const list = byReceiver.get(to);
  if (list === undefined) byReceiver.set(to, [item]);
  else list.push(item);
}

function take<T>(byReceiver: Map<string, T[]>): [string, T[]][] {
  const all = [...byReceiver];
  byReceiver.clear();
  return all;
}
