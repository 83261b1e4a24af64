import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Effects } from "../../src/daemon/effects.ts";
import { FleetLink } from "../../src/daemon/fleet-link.ts";
import type { Disagreement, FleetMember, GossipEvent, NodeFacts } from "../../src/gossip/index.ts";
import { seededRng } from "../../src/lib/rng.ts";
import { after, type Instant, seconds } from "../../src/lib/time.ts";
import {
  type Action,
  Gates,
  type Input as GatesInput,
  type Standing,
  UNGATED,
  type Verdict,
} from "../../src/vip/index.ts";
import { GossipWorld } from "./gossip-world.ts";

export const VIPS = ["203.0.113.10/32", "2001:db8::10/128"] as const;
const CHECK = "web";
const DRAIN_DELAY = seconds(3);
/** A confirmation is used within this time or not at all (`ANSWER_TIMEOUT` of the guard). */
const GOOD_FOR = seconds(2);
const SOFT: readonly string[] = ["check", "lease", "drain"];
const FACTS: NodeFacts = { version: "1", startedAt: 0, sessions: 1, drain: "none", drainSince: 0, checksDown: [] };

export interface Gateway {
  readonly name: string;
  readonly host: number;
  readonly gates: Gates;
  readonly link: FleetLink;
  readonly actions: Map<string, Action>;
  /** What operators and checks want, so that the test knows. */
  drained: boolean;
  failing: boolean;
  admin: "up" | "down";
  readonly effects: Effects;
  plannedAt: number;
  /** VIPs that the process before this one had left for a drain that stands. */
  readonly left: Set<string>;
  readonly disagreements: { readonly what: Disagreement; readonly isOver: boolean }[];
}

/**
 * Whole gateways but for BGP and VRRP: gossip, fleet, guard and gates of each, as the daemon joins them, on a network
 * that loses, cuts and delays. Checks after every withdraw that enough others announce the VIP.
 */
export class FleetWorld {
  readonly net: GossipWorld;
  readonly min: number;
  readonly gateways = new Map<string, Gateway>();
  softLeaves = 0;
  holds = 0;
  /** VIPs of a process that was started with a drain that its predecessor had got no permit for. */
  heldOver = 0;
  /** What operators had ordered of processes that were killed. */
  readonly #orders = new Map<
    string,
    { readonly drainedAt: Instant | undefined; readonly vips: Map<string, Standing> }
  >();
  #hardLeaves: { readonly vip: string; readonly at: number }[] = [];
  #epoch = 1;

  constructor(seed: number, min: number) {
    this.net = new GossipWorld(seed);
    this.min = min;
    this.net.delegate = (name) => ({
      localState: () => this.gateways.get(name)?.link.fleet.localState() ?? new Uint8Array(0),
    });
    this.net.heard = (name, event) => this.gateways.get(name)?.effects.push(() => this.#heard(name, event));
    this.net.returned = (name) => {
      const gateway = this.gateways.get(name);
      if (gateway !== undefined) this.#settle(gateway);
    };
  }

  get now(): Instant {
    return this.net.now;
  }

  start(name: string, host: number, seeds: readonly number[]): void {
    const rng = seededRng(this.net.int(2 ** 31));
    const actions = new Map<string, Action>();
    const effects = new Effects();
    const gateway: Gateway = {
      name,
      host,
      actions,
      effects,
      drained: false,
      failing: false,
      admin: "up",
      plannedAt: Infinity,
      left: new Set(),
      disagreements: [],
      gates: new Gates({
        verdict: (vip, verdict) => {
          this.#verdict(gateway, vip, verdict);
          effects.push(() => gateway.link.verdict(this.now, vip, verdict.action, this.min));
        },
        wish: (vip, wish) => effects.push(() => gateway.link.wish(this.now, vip, wish, this.min)),
      }),
      link: new FleetLink({ name, epoch: this.#epoch++, quiet: false, unixTime: (now) => Math.round(now / 1e6) }, rng, {
        send: (to, payload) => this.#command(name, { type: "sendReliable", request: 1, to, payload }),
        broadcast: (payload) => this.#command(name, { type: "broadcast", payload }),
        setMeta: (meta) => this.#command(name, { type: "updateNode", request: 1, meta, timeout: seconds(5) }),
        permit: (vip, step, text) => {
          if (step === "none" && text.includes("wanted")) this.holds++;
          gateway.gates.handle(this.now, { type: "SetPermit", vip, step, text });
        },
        disagreement: (what, isOver) => gateway.disagreements.push({ what, isOver }),
        rejected: (text) => assert.fail(`${name} rejected a message: ${text}`),
        isIsolated: () => this.net.lives.get(name)?.swim.isolated ?? true,
      }),
    };
    this.gateways.set(name, gateway);
    this.net.start(name, host, { meta: gateway.link.fleet.meta });
    gateway.link.setFacts(this.now, FACTS);
    const orders = this.#orders.get(name);
    if (orders?.drainedAt !== undefined) this.#drainedBefore(gateway, orders.drainedAt, orders.vips);
    for (const vip of VIPS) {
      const standing = orders?.vips.get(vip);
      if (standing?.downSince !== undefined) gateway.admin = "down";
      this.give(name, {
        type: "Configure",
        vip,
        enabled: true,
        standing,
        gate: {
          ...UNGATED,
          minAnnouncers: this.min,
          drainDelay: DRAIN_DELAY,
          checks: [{ name: CHECK, severity: "fail" }],
        },
      });
    }
    this.check(name, true);
    if (seeds.length > 0) this.net.join(name, seeds);
  }

  #drainedBefore(gateway: Gateway, since: Instant, vips: ReadonlyMap<string, Standing>): void {
    gateway.drained = true;
    for (const vip of VIPS) {
      if (vips.get(vip)?.held === undefined) gateway.left.add(vip);
      else this.heldOver++;
    }
    this.give(gateway.name, { type: "SetDrain", on: true, since });
  }

  /** The process dies: a hard reason. What operators have ordered stands. */
  kill(name: string): void {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) return;
    for (const vip of VIPS) if (isAnnounced(gateway, vip)) this.#hardLeaves.push({ vip, at: this.now });
    const { drain } = gateway.gates;
    const held = new Map(gateway.gates.heldDrains());
    const downSince = gateway.admin === "down" ? this.now : undefined;
    this.#orders.set(name, {
      drainedAt: drain.value ? drain.since : undefined,
      vips: new Map(VIPS.map((vip) => [vip, { downSince, held: held.get(vip) }])),
    });
    this.net.kill(name);
    this.gateways.delete(name);
  }

  drain(name: string, on: boolean): void {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) return;
    gateway.drained = on;
    gateway.left.clear();
    this.give(name, { type: "SetDrain", on });
  }

  check(name: string, up: boolean): void {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) return;
    gateway.failing = !up;
    this.give(name, { type: "SetCheck", check: CHECK, state: up ? "up" : "down" });
  }

  /** Hard: an operator's word. */
  setAdmin(name: string, state: "up" | "down"): void {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) return;
    gateway.admin = state;
    for (const vip of VIPS) this.give(name, { type: "SetAdmin", vip, state });
  }

  give(name: string, input: GatesInput): void {
    const gateway = this.gateways.get(name) as Gateway;
    // What is not run does not look at its checks either.
    if (this.#pausedUntil(name) > this.now) {
      this.net.at(this.#pausedUntil(name) + 1, () => {
        if (this.gateways.get(name) === gateway) this.give(name, input);
      });
      return;
    }
    gateway.gates.handle(this.now, input);
    this.#settle(gateway);
  }

  announcers(vip: string): string[] {
    return [...this.gateways.values()].filter((gateway) => isAnnounced(gateway, vip)).map(({ name }) => name);
  }

  /** Where a node's picture of the fleet is not what is so; undefined when all agree. */
  disagreement(): string | undefined {
    for (const a of this.gateways.values()) {
      const seen = new Map<string, FleetMember>(a.link.fleet.members().map((member) => [member.name, member]));
      for (const b of this.gateways.values()) {
        if (a === b) continue;
        const member = seen.get(b.name);
        if (member?.state !== "alive" || !member.isCurrent) return `${a.name} holds ${b.name} for ${member?.state}`;
        for (const vip of VIPS) {
          const claim = member.node?.vips.get(vip);
          const truth = b.link.fleet.self.vips.get(vip);
          if (!isDeepStrictEqual(claim, truth))
            return `${a.name} has of ${b.name}: ${JSON.stringify(claim)}, so is ${JSON.stringify(truth)}`;
        }
      }
      for (const [name, { state }] of seen)
        if (state !== "gone" && !this.gateways.has(name)) return `${a.name} holds ${name} for ${state}, and it is dead`;
    }
    return undefined;
  }

  #pausedUntil(name: string): number {
    return this.net.lives.get(name)?.pausedUntil ?? 0;
  }

  #command(name: string, input: Parameters<GossipWorld["give"]>[1]): void {
    if (this.net.lives.has(name)) this.net.give(name, input);
  }

  #heard(name: string, event: GossipEvent): void {
    const link = this.gateways.get(name)?.link;
    if (link === undefined) return;
    if ("member" in event && event.type !== "pinged") link.member(this.now, event.member);
    else if (event.type === "userMessage" || event.type === "remoteState") link.received(this.now, event.payload);
    else if (event.type === "isolation") link.isolationChanged(this.now);
  }

  /** What cores told each other is handed on, timers of this node's own are planned. */
  #settle(gateway: Gateway): void {
    gateway.effects.carryOut();
    const at = Math.min(gateway.link.deadline, gateway.gates.deadline);
    if (at >= gateway.plannedAt || at === Infinity) return;
    gateway.plannedAt = at;
    this.net.at(Math.max(at, this.now + 1), () => this.#wake(gateway, at));
  }

  #wake(gateway: Gateway, plannedAt: number): void {
    if (gateway.plannedAt !== plannedAt || this.gateways.get(gateway.name) !== gateway) return;
    gateway.plannedAt = Infinity;
    const paused = this.#pausedUntil(gateway.name);
    if (paused > this.now) {
      // What came meanwhile is handed over first.
      gateway.plannedAt = plannedAt;
      this.net.at(paused + 1, () => this.#wake(gateway, plannedAt));
      return;
    }
    gateway.gates.advance(this.now);
    gateway.link.advance(this.now);
    this.#settle(gateway);
  }

  /** The guard's invariant, at the moment of every withdraw. */
  #verdict(gateway: Gateway, vip: string, { action, reasons }: Verdict): void {
    const before = gateway.actions.get(vip) ?? "withdraw";
    gateway.actions.set(vip, action);
    const mayLinger = action === "gshut" && this.now < after(gateway.gates.drain.since, DRAIN_DELAY);
    assert.ok(
      action === "withdraw" || mayLinger || !gateway.left.has(vip),
      `${gateway.name} announces ${vip} again, which it had left (${action})`,
    );
    if (action !== "withdraw" || before === "withdraw") return;
    const asking = reasons.filter(({ verdict }) => verdict === "withdraw").map(({ condition }) => condition);
    if (!asking.every((condition) => SOFT.includes(condition))) {
      this.#hardLeaves.push({ vip, at: this.now });
      return;
    }
    this.softLeaves++;
    this.#hardLeaves = this.#hardLeaves.filter(({ at }) => at > this.now - GOOD_FOR);
    const lost = this.#hardLeaves.filter((leave) => leave.vip === vip).length;
    const left = this.announcers(vip).length;
    assert.ok(
      left >= this.min - lost,
      `${gateway.name} left ${left} announcers of ${vip} behind; ${this.min} are wanted, ${lost} have just been lost`,
    );
  }
}

function isAnnounced({ actions }: Gateway, vip: string): boolean {
  return (actions.get(vip) ?? "withdraw") !== "withdraw";
}

/** A fleet of `size` that has just been started, each seeded with the first five hosts. */
export function fleet(seed: number, size: number, min: number): FleetWorld {
  const world = new FleetWorld(seed, min);
  for (let i = 1; i <= size; i++) world.start(`gw${i}`, i, everybody(Math.min(size, 5)));
  return world;
}

/** Of fewer seeds the ones might all be dead that a node knows. */
export const everybody = (size: number) => Array.from({ length: size }, (_, i) => i + 1);
