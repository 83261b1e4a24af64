import type { Core } from "../lib/core.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import { Agenda } from "./agenda.ts";
import type { CheckState, Held, Verdict, VrrpState, Wish } from "./gate.ts";
import { Gate, type Standing } from "./gate-state.ts";
import { type GateSettings, sameDePreference, UNGATED } from "./settings.ts";
import { type Source, Sources } from "./sources.ts";

/** A VIP's name: its prefix as text. */
export type VipName = string;

/** What happens to the set of gates. Plain data. */
export type Input =
  /**
   * The configuration has this VIP; again when its settings changed. Without `gate` nothing gates it but this. `standing`
   * counts when the VIP is new: its first verdict goes by it.
   */
  | {
      readonly type: "Configure";
      readonly vip: VipName;
      readonly enabled: boolean;
      readonly gate?: GateSettings;
      readonly standing?: Standing | undefined;
    }
  /** The configuration has this VIP no longer. */
  | { readonly type: "Remove"; readonly vip: VipName }
  | { readonly type: "SetAdmin"; readonly vip: VipName; readonly state: "up" | "down" }
  /** "unknown" when there is no such virtual router any more. May come before the VIPs that name it. */
  | { readonly type: "SetVrrp"; readonly instance: string; readonly state: VrrpState }
  /** "unknown" when there is no such check any more. May come before the VIPs that name it. */
  | { readonly type: "SetCheck"; readonly check: string; readonly state: CheckState; readonly detail?: string }
  /** Whether the VIP's address is on an interface of this host. */
  | { readonly type: "SetAddress"; readonly vip: VipName; readonly present: boolean }
  /**
   * Without `vip`: the whole node, with the VIPs that come later. Independent of each other. `since`: when it was asked
   * for, if that was before this process began; now, when nothing is said.
   */
  | { readonly type: "SetDrain"; readonly vip?: VipName; readonly on: boolean; readonly since?: Instant }
  /** Somebody vouches for the VIP until then, and has to say so again before; undefined gives the lease back. */
  | {
      readonly type: "SetLease";
      readonly vip: VipName;
      readonly until: Instant | undefined;
      readonly onLapse?: "withdraw" | "de-prefer";
    }
  /**
   * The guard's answer to a wish. A step that is not the one wished for now is ignored; "none" takes back what was
   * permitted and not done yet. `text`: why not, as in "last announcer of 1 wanted".
   */
  | {
      readonly type: "SetPermit";
      readonly vip: VipName;
      readonly step: "none" | Wish["step"];
      readonly text: string;
    };

/** What the gates want done. Must not call back in. */
export interface Out {
  /**
   * The gate changed its mind (or made it up for the first time, when that is not to withdraw): another action, or
   * another `dePreference` of the same.
   */
  verdict(vip: VipName, verdict: Verdict): void;
  /**
   * What soft conditions want done about a VIP with `min-announcers` that is announced, whenever it changes: to be
   * answered by SetPermit. Undefined: nothing any more; done, or not wished for. Who does not answer holds every such VIP.
   */
  wish?(vip: VipName, wish: Wish | undefined): void;
}

/** Gates judged in one call, when one input or one moment concerns many: a millisecond, or a few. */
const GATES_A_SLICE = 1_024;

/** Gates that are still to be judged for one cause; `again`: it has changed once more meanwhile. */
interface Sweep {
  gates: Iterator<Gate>;
  readonly all: () => Iterator<Gate>;
  again: boolean;
}

/**
 * Every VIP's gate. Tells `Out` only of changes; a VIP that is removed while announced is withdrawn first.
 *
 * An input is judged before `handle` returns, for every VIP it concerns and for no other: virtual routers and checks
 * know the VIPs that hang on them. Where these are more than a slice, the rest follows in `advance`, slice by slice,
 * for which `deadline` is in the past until it is done. A gate is always judged by how things stand at that moment.
 */
export class Gates implements Core<Input> {
  readonly #gates = new Map<VipName, Gate>();
  readonly #routers = new Sources<VrrpState>();
  readonly #checks = new Sources<CheckState>();
  readonly #agenda = new Agenda<Gate>();
  /** By cause: a source, or `this` for the whole node. */
  readonly #sweeps = new Map<object, Sweep>();
  readonly #out: Out;
  #drainAll: Held<boolean> = { value: false, since: 0 as Instant };
  #unsettled = 0;
  /** Of the last call: nothing has changed since, or `advance` would have been called. */
  #now = 0 as Instant;

  constructor(out: Out) {
    this.#out = out;
  }

  get deadline(): Instant {
    return this.#sweeps.size > 0 ? (0 as Instant) : this.#agenda.next;
  }

  /** One slice of what is due; `deadline` tells whether there is more. */
  advance(now: Instant): void {
    this.#now = now;
    let room = GATES_A_SLICE;
    for (const cause of this.#sweeps.keys()) {
      room = this.#sweep(now, cause, room);
      if (room === 0) return;
    }
    for (; room > 0; room--) {
      const gate = this.#agenda.takeDue(now);
      if (gate === undefined) return;
      this.#judge(now, gate);
    }
  }

  handle(now: Instant, input: Input): void {
    this.#now = now;
    switch (input.type) {
      case "Configure":
        this.#configure(now, input);
        return;
      case "Remove":
        this.#remove(now, input.vip);
        return;
      case "SetVrrp":
        this.#changed(now, this.#routers.set(now, input.instance, input.state, ""));
        return;
      case "SetCheck":
        this.#changed(now, this.#checks.set(now, input.check, input.state, input.detail ?? ""));
        return;
      case "SetDrain":
        if (input.vip === undefined) this.#setDrainAll(now, input.on, input.since ?? now);
        else this.#update(now, input.vip, (gate) => ({ drain: hold(gate.drain, input.on, input.since ?? now) }));
        return;
      case "SetAdmin":
        this.#update(now, input.vip, (gate) => ({ admin: hold(gate.admin, input.state, now) }));
        return;
      case "SetAddress": {
        const presence = input.present ? "present" : "absent";
        this.#update(now, input.vip, (gate) => ({ address: hold(gate.address, presence, now) }));
        return;
      }
      case "SetLease": {
        const { until, onLapse = "withdraw" } = input;
        this.#update(now, input.vip, (gate) => ({
          lease: until === undefined ? undefined : { ...hold(gate.lease, "held", now), until, onLapse },
        }));
        return;
      }
      case "SetPermit":
        this.#setPermit(now, input);
        return;
      default:
        input satisfies never;
    }
  }

  #setPermit(now: Instant, { vip, step, text }: Extract<Input, { readonly type: "SetPermit" }>): void {
    if (step !== "none" && step !== this.#gates.get(vip)?.wish?.step) return;
    this.#update(now, vip, (gate) => ({ permit: { ...hold(gate.permit, step, now), text } }));
  }

  /** The verdict on a VIP with its reason chain, or undefined for a VIP that is not configured. */
  why(vip: VipName): Verdict | undefined {
    return this.#gates.get(vip)?.judge(this.#now, this.#drainAll);
  }

  /** Names of all VIPs, in the order in which they were configured. */
  names(): Iterable<VipName> {
    return this.#gates.keys();
  }

  /** VIPs of which not every condition is known yet: while there are any, this node cannot say what it announces. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Whether the whole node is being drained, or has been. */
  get draining(): boolean {
    return this.#drainAll.value;
  }

  /** The same, and since when. */
  get drain(): Held<boolean> {
    return this.#drainAll;
  }

  /** VIPs with `min-announcers` that are announced, and to be drained: with how far that has come. */
  *heldDrains(): Iterable<readonly [VipName, NonNullable<Standing["held"]>]> {
    for (const gate of this.#gates.values()) {
      const held = gate.heldDrain(this.#drainAll);
      if (held !== undefined) yield [gate.vip, held];
    }
  }

  #configure(now: Instant, input: Extract<Input, { readonly type: "Configure" }>): void {
    const { vip, enabled, gate: settings = UNGATED, standing } = input;
    let gate = this.#gates.get(vip);
    if (gate === undefined) {
      gate = new Gate(vip, now, standing);
      this.#gates.set(vip, gate);
    }
    gate.configured = hold(gate.configured, enabled, now);
    const former = [gate.vrrp, gate.checks] as const;
    gate.settings = settings;
    gate.vrrp = settings.vrrpInstance === undefined ? undefined : this.#routers.join(now, settings.vrrpInstance, gate);
    gate.checks = settings.checks.map(({ name, severity }) => ({
      source: this.#checks.join(now, name, gate as Gate),
      severity,
    }));
    this.#unhang(gate, ...former);
    this.#judge(now, gate);
  }

  #remove(now: Instant, vip: VipName): void {
    const gate = this.#gates.get(vip);
    if (gate === undefined) return;
    const { vrrp, checks } = gate;
    gate.configured = hold(gate.configured, false, now);
    gate.vrrp = undefined;
    gate.checks = [];
    this.#unhang(gate, vrrp, checks);
    gate.settings = UNGATED;
    this.#judge(now, gate);
    this.#agenda.set(gate, NEVER);
    this.#gates.delete(vip);
  }

  /** Takes a gate off the sources of its former settings that are not of its present ones. */
  #unhang(gate: Gate, vrrp: Gate["vrrp"], checks: Gate["checks"]): void {
    if (vrrp !== undefined && vrrp !== gate.vrrp) this.#routers.leave(vrrp, gate);
    for (const { source } of checks)
      if (!gate.checks.some((present) => present.source === source)) this.#checks.leave(source, gate);
  }

  #update(now: Instant, vip: VipName, change: (gate: Gate) => Partial<Gate>): void {
    const gate = this.#gates.get(vip);
    if (gate === undefined) return;
    Object.assign(gate, change(gate));
    this.#judge(now, gate);
  }

  #setDrainAll(now: Instant, on: boolean, since: Instant): void {
    if (this.#drainAll.value === on) return;
    this.#drainAll = { value: on, since };
    this.#begin(now, this, () => this.#gates.values());
  }

  #changed(now: Instant, source: Source<VrrpState> | Source<CheckState> | undefined): void {
    if (source !== undefined) this.#begin(now, source, () => source.gates.values());
  }

  #begin(now: Instant, cause: object, all: Sweep["all"]): void {
    const before = this.#sweeps.get(cause);
    // To begin again at once would never come to an end where the cause changes faster than a sweep takes.
    if (before !== undefined) before.again = true;
    else {
      this.#sweeps.set(cause, { gates: all(), all, again: false });
      this.#sweep(now, cause, GATES_A_SLICE);
    }
  }

  /** Judges up to `room` gates of a sweep; what is left of the room. */
  #sweep(now: Instant, cause: object, room: number): number {
    const sweep = this.#sweeps.get(cause) as Sweep;
    for (; room > 0; room--) {
      const next = sweep.gates.next();
      if (next.done !== true) this.#judge(now, next.value);
      else if (sweep.again) Object.assign(sweep, { gates: sweep.all(), again: false });
      else {
        this.#sweeps.delete(cause);
        return room;
      }
    }
    return 0;
  }

  /** The one place that judges, tells and sets the alarm. */
  #judge(now: Instant, gate: Gate): void {
    const verdict = gate.judge(now, this.#drainAll);
    this.#agenda.set(gate, Gate.wakeAt(verdict));
    if (verdict.settled !== gate.isSettled) {
      this.#unsettled += verdict.settled ? -1 : 1;
      gate.isSettled = verdict.settled;
    }
    if (verdict.action !== gate.action || !sameDePreference(verdict.dePreference, gate.dePreference)) {
      gate.action = verdict.action;
      gate.dePreference = verdict.dePreference;
      this.#out.verdict(gate.vip, verdict);
    }
    this.#tellWish(gate);
  }

  #tellWish(gate: Gate): void {
    const wish = gate.action === "withdraw" ? undefined : gate.wish;
    const { told } = gate;
    if (wish?.step === told?.step && wish?.cause === told?.cause) return;
    gate.told = wish;
    this.#out.wish?.(gate.vip, wish);
  }
}

function hold<T>(before: Held<T> | undefined, value: T, now: Instant): Held<T> {
  return before !== undefined && before.value === value ? before : { value, since: now };
}
