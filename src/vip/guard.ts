import type { Core } from "../lib/core.ts";
import type { Rng } from "../lib/rng.ts";
import { after, elapsed, type Instant, type Micros, millis, NEVER, seconds } from "../lib/time.ts";
import { Agenda, type Sleeper } from "./agenda.ts";
import type { Wish } from "./gate.ts";
import type { VipName } from "./gates.ts";
import { outranks, rankOf } from "./guard-rank.ts";

/*
 * The guard: no soft condition (drain, failing check, lapsed lease) withdraws a VIP before as many other gateways as
 * `min-announcers` says have confirmed that they announce it and stay.
 *
 * Whoever wishes to leave asks others, each directly and reliably; what gossip tells only says whom to ask. Two rules
 * are all of it:
 *
 * 1. Who wishes to leave a VIP itself confirms nobody else's leave of it,
 * 2. unless the asker ranks higher: then it first gives up its own asking (answers that still come are void) and takes
 *    back a drain that it was permitted. A withdraw that was permitted is not taken back.
 *
 * Why that is enough. Say nodes have just left softly, and one of them began to ask last (its last attempt, at time r).
 * It counted `min` others, each confirmed after r. Had one of these left softly too, it began to ask after it confirmed
 * (rule 1 and 2), so later than r, which was the last. So all of them still announce. This needs no clocks, no leases, no
 * agreement on who is a member, and holds with any loss, delay or partition: what does not arrive confirms nothing.
 * Only hard truths (a crash, VRRP, an address that is gone) can take away a node that was counted; a confirmation is
 * therefore used at once and void after {@link ANSWER_TIMEOUT}.
 *
 * Rank is total and the same for everybody (guard-rank.ts), so of several that wish to leave at once exactly one gets
 * what the last announcers have to give.
 */

/** How long answers are waited for: many round trips, and short enough for a confirmation to be worth something. */
const ANSWER_TIMEOUT = seconds(2);
/** Between two attempts to leave; up to half as much is added at random. */
const RETRY = seconds(1);
/** After an attempt, news of the fleet may bring the next one forward to here. */
const RETRY_MIN = millis(250);
/** Gateways asked besides the `min-announcers` needed, so that one that is busy dying costs no attempt. */
const SPARE = 2;

/** "May I take this step?" */
export interface Ask {
  readonly vip: VipName;
  /** Of this attempt; answers repeat it. Never 0. */
  readonly id: number;
  /** See guard-rank.ts. */
  readonly rank: number;
}

export type Refusal = "not-announcing" | "leaving";

export interface Answer {
  readonly vip: VipName;
  readonly id: number;
  /** Undefined: go, I announce it and stay. */
  readonly refusal: Refusal | undefined;
}

export type GuardInput =
  /** What the gate wishes; undefined: nothing any more. `min`: the VIP's `min-announcers`. */
  | { readonly type: "Wish"; readonly vip: VipName; readonly wish: Wish | undefined; readonly min: number }
  | { readonly type: "Asked"; readonly from: string; readonly ask: Ask }
  | { readonly type: "Answered"; readonly from: string; readonly answer: Answer }
  /** Who announces this VIP may have changed. Without `vip`: any. */
  | { readonly type: "FleetChanged"; readonly vip?: VipName };

/** What the guard asks of others in the midst of its work: must not call back in. */
export interface GuardView {
  /** This node's name. */
  readonly name: string;
  /** Why nothing that is known of the others counts now ("cut off from all other gateways"), or undefined. */
  cutOff(): string | undefined;
  /** Whether this node announces the VIP, and has somebody to announce it to. */
  announces(vip: VipName): boolean;
  /** Whether it does so with GRACEFUL_SHUTDOWN: its drain has begun, whoever permitted that. */
  isDraining(vip: VipName): boolean;
  /** Others that are alive, not suspect, and announce the VIP. */
  announcers(vip: VipName): Announcers;
}

export interface Announcers {
  readonly staying: readonly string[];
  /** Those that wish to leave it as well: only who ranks lower gives way. */
  readonly leaving: readonly string[];
}

/** What the guard wants done. Must not call back in. */
export interface GuardOut {
  ask(to: string, ask: Ask): void;
  answer(to: string, answer: Answer): void;
  /** For the gate: SetPermit. */
  permit(vip: VipName, step: "none" | Wish["step"], text: string): void;
}

/** A VIP that this node wishes to leave. */
interface Leave extends Sleeper {
  readonly vip: VipName;
  wish: Wish;
  min: number;
  /** A drain that may have begun: it still announces. */
  isDraining: boolean;
  /** It may withdraw, which cannot be taken back: until the gate has done so, it counts as done. */
  hasLeft: boolean;
  /** The first attempt has not been made. */
  isFirst: boolean;
  /** Of the attempt under way; 0: none. */
  id: number;
  askedAt: Instant;
  readonly waiting: Set<string>;
  readonly confirmed: Set<string>;
  readonly refused: Map<string, Refusal>;
}

/** See the head of this file. One for all VIPs of a node. */
export class Guard implements Core<GuardInput> {
  readonly #rng: Rng;
  readonly #view: GuardView;
  readonly #out: GuardOut;
  readonly #leaves = new Map<VipName, Leave>();
  readonly #agenda = new Agenda<Leave>();
  #lastId: number;

  constructor(rng: Rng, view: GuardView, out: GuardOut) {
    this.#rng = rng;
    this.#view = view;
    this.#out = out;
    // A process that was restarted takes no answer to its predecessor for one of its own.
    this.#lastId = Math.floor(rng() * 2 ** 31);
  }

  get deadline(): Instant {
    return this.#agenda.next;
  }

  advance(now: Instant): void {
    for (let leave = this.#agenda.takeDue(now); leave !== undefined; leave = this.#agenda.takeDue(now)) {
      if (leave.id === 0) this.#attempt(now, leave);
      else this.#fail(now, leave, `no answer from ${list(leave.waiting)}`);
    }
  }

  handle(now: Instant, input: GuardInput): void {
    switch (input.type) {
      case "Wish":
        this.#wish(now, input.vip, input.wish, input.min);
        return;
      case "Asked":
        this.#asked(now, input.from, input.ask);
        return;
      case "Answered":
        this.#answered(now, input.from, input.answer);
        return;
      case "FleetChanged":
        this.#fleetChanged(now, input.vip);
        return;
      default:
        input satisfies never;
    }
  }

  /** VIPs that this node wishes to leave and may not. */
  held(): VipName[] {
    return [...this.#leaves.values()].filter(({ isDraining }) => !isDraining).map(({ vip }) => vip);
  }

  /** Whether this node wishes to leave the VIP. */
  isLeaving(vip: VipName): boolean {
    return this.#leaves.has(vip);
  }

  #wish(now: Instant, vip: VipName, wish: Wish | undefined, min: number): void {
    const before = this.#leaves.get(vip);
    if (wish === undefined) {
      if (before === undefined) return;
      this.#agenda.set(before, NEVER);
      this.#leaves.delete(vip);
      return;
    }
    const leave = before ?? newLeave(vip, wish, this.#view.isDraining(vip));
    this.#leaves.set(vip, leave);
    leave.wish = wish;
    leave.min = min;
    leave.hasLeft = false;
    // What was permitted or asked for was another step.
    this.#attempt(now, leave);
  }

  #attempt(now: Instant, leave: Leave): void {
    const cutOff = this.#view.cutOff();
    this.#forget(leave);
    if (cutOff !== undefined) {
      this.#fail(now, leave, cutOff);
      return;
    }
    const { staying, leaving } = this.#view.announcers(leave.vip);
    const known = staying.length + leaving.length;
    if (known < leave.min) {
      this.#fail(now, leave, tooFew(known, leave.min));
      return;
    }
    leave.id = this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    leave.askedAt = now;
    const ask: Ask = { vip: leave.vip, id: leave.id, rank: rankOf(leave.wish.cause, leave.isDraining) };
    const wanted = leave.min + SPARE;
    for (const node of [...this.#some(staying, wanted), ...this.#some(leaving, wanted - staying.length)]) {
      leave.waiting.add(node);
      this.#out.ask(node, ask);
    }
    // While it is asked what was said last goes on to be said, if there was anything.
    if (leave.isFirst)
      this.#out.permit(leave.vip, leave.isDraining ? "gshut" : "none", `asking ${list(leave.waiting)}`);
    leave.isFirst = false;
    this.#agenda.set(leave, after(now, ANSWER_TIMEOUT));
  }

  /** Any so many of them: not everybody asks the same ones, and not always the same who does not answer. */
  #some(names: readonly string[], count: number): readonly string[] {
    if (names.length <= count) return names;
    const start = Math.floor(this.#rng() * names.length);
    return [...names.slice(start), ...names.slice(0, start)].slice(0, Math.max(0, count));
  }

  #asked(now: Instant, from: string, { vip, id, rank }: Ask): void {
    this.#out.answer(from, { vip, id, refusal: this.#judge(now, from, vip, rank) });
  }

  #judge(now: Instant, from: string, vip: VipName, rank: number): Refusal | undefined {
    if (!this.#view.announces(vip)) return "not-announcing";
    const leave = this.#leaves.get(vip);
    if (leave === undefined) return undefined;
    const ours = { rank: rankOf(leave.wish.cause, leave.isDraining), name: this.#view.name };
    if (leave.hasLeft || !outranks({ rank, name: from }, ours)) return "leaving";
    leave.isDraining = false;
    this.#fail(now, leave, `${from} leaves first`);
    return undefined;
  }

  #answered(now: Instant, from: string, { vip, id, refusal }: Answer): void {
    const leave = this.#leaves.get(vip);
    if (leave === undefined || leave.id !== id || !leave.waiting.delete(from)) return;
    if (elapsed(leave.askedAt, now) >= ANSWER_TIMEOUT) {
      this.#fail(now, leave, `the answer of ${from} came too late`);
      return;
    }
    if (refusal === undefined) leave.confirmed.add(from);
    else leave.refused.set(from, refusal);
    this.#count(now, leave);
  }

  #count(now: Instant, leave: Leave): void {
    const { confirmed, waiting, refused, min } = leave;
    if (confirmed.size >= min) this.#permit(leave);
    else if (confirmed.size + waiting.size < min) this.#fail(now, leave, why(confirmed.size, min, refused));
  }

  #permit(leave: Leave): void {
    const text = `${list(leave.confirmed)} stay${leave.confirmed.size === 1 ? "s" : ""}`;
    this.#forget(leave);
    this.#agenda.set(leave, NEVER);
    // After a withdraw the gate takes its wish back; a drain goes on with the next one.
    leave.isDraining = leave.wish.step === "gshut";
    leave.hasLeft = leave.wish.step === "withdraw";
    this.#out.permit(leave.vip, leave.wish.step, text);
  }

  #fail(now: Instant, leave: Leave, text: string): void {
    this.#forget(leave);
    leave.askedAt = now;
    this.#agenda.set(leave, after(now, (RETRY * (1 + this.#rng() / 2)) as Micros));
    this.#out.permit(leave.vip, leave.isDraining ? "gshut" : "none", text);
  }

  #forget(leave: Leave): void {
    leave.id = 0;
    leave.waiting.clear();
    leave.confirmed.clear();
    leave.refused.clear();
  }

  #fleetChanged(now: Instant, vip: VipName | undefined): void {
    const all = vip === undefined ? this.#leaves.values() : [this.#leaves.get(vip)];
    for (const leave of all) {
      if (leave === undefined || leave.wakeAt === NEVER) continue;
      if (leave.id === 0) {
        const soon = Math.max(now, after(leave.askedAt, RETRY_MIN)) as Instant;
        if (soon < leave.wakeAt) this.#agenda.set(leave, soon);
      } else if (leave.confirmed.size + leave.waiting.size > 0) this.#recount(now, leave);
    }
  }

  /** Who has been heard to leave, or does not answer probes, is not counted any more. */
  #recount(now: Instant, leave: Leave): void {
    const { staying, leaving } = this.#view.announcers(leave.vip);
    const announcers = new Set([...staying, ...leaving]);
    for (const set of [leave.confirmed, leave.waiting])
      for (const node of set) if (!announcers.has(node)) set.delete(node);
    if (leave.confirmed.size + leave.waiting.size < leave.min)
      this.#fail(now, leave, tooFew(announcers.size, leave.min));
  }
}

function newLeave(vip: VipName, wish: Wish, isDraining: boolean): Leave {
  const none = { id: 0, askedAt: 0 as Instant, waiting: new Set<string>(), confirmed: new Set<string>() };
  const flags = { isDraining, hasLeft: false, isFirst: true };
  return { vip, wish, min: 0, ...flags, ...none, refused: new Map(), wakeAt: NEVER, slot: 0 };
}

function tooFew(others: number, min: number): string {
  return others === 0 ? `last announcer, ${min} wanted besides` : `${others} other announcers, ${min} wanted`;
}

function why(confirmed: number, min: number, refused: ReadonlyMap<string, Refusal>): string {
  const said = [...refused].map(([node, refusal]) =>
    refusal === "leaving" ? `${node} leaves too` : `${node} does not announce it`,
  );
  said.sort();
  return `${confirmed} of ${min} confirmed: ${said.slice(0, 4).join(", ")}${said.length > 4 ? ", ..." : ""}`;
}

function list(names: ReadonlySet<string>): string {
  const all = [...names];
  return all.length <= 4 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} others`;
}
