import assert from "node:assert/strict";
import { test } from "node:test";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { after, type Instant, type Micros, seconds } from "../../src/lib/time.ts";
import { type CheckState, type GateSettings, Gates, type Input, UNGATED, type VrrpState } from "../../src/vip/index.ts";

/*
 * Random lives of gates against a model that knows only what each condition says at this moment, and nothing of how the
 * gates remember, index or wait. A seed that fails prints itself; `SEED=n node --import tsx --test test/sim/gates.test.ts`
 * runs that one.
 */

const SEEDS = 400;
const STEPS = 250;
const VIPS = ["a", "b", "c", "d", "e", "f"];
const ROUTERS = ["r1", "r2"];
const CHECKS = ["c1", "c2", "c3"];
const HALF_LIFE_S = 60;
const DAMPING = { halfLife: seconds(HALF_LIFE_S), suppress: 2000, reuse: 750, suppressMax: seconds(240) };
/** n withdraws within one half-life leave a penalty of at least n / 2 x 1000; from 2000 on there is no other for 85 s. */
const WITHDRAWS_A_HALF_LIFE_MAX = 4;

interface Vip {
  enabled: boolean;
  settings: GateSettings;
  admin: "up" | "down";
  present: boolean | undefined;
  drainSince: number | undefined;
  lease: { until: number; onLapse: "withdraw" | "de-prefer" } | undefined;
  /** Since when every condition but waiting says yes. */
  openSince: number | undefined;
  told: string;
  /** With or without `on-degraded`. */
  form: string;
  /** When a check took it away. */
  withdraws: number[];
}

class World {
  readonly vips = new Map<string, Vip>();
  readonly routers = new Map<string, VrrpState>();
  readonly checks = new Map<string, CheckState>();
  drainAllSince: number | undefined;
  now = 0;
  readonly gates: Gates;
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = seededRng(seed);
    this.gates = new Gates({
      verdict: (name, { action, decisive, dePreference }) => {
        const vip = this.vips.get(name);
        if (vip === undefined) return;
        const form = dePreference === undefined ? action : `${action}, degraded`;
        assert.notEqual(form, vip.form, `${name}: ${form} was told already`);
        Object.assign(vip, { told: action, form });
        if (action === "withdraw" && decisive.condition === "check") vip.withdraws.push(this.now);
      },
    });
  }

  #pick<T>(...items: readonly T[]): T {
    return items[Math.floor(this.#rng() * items.length)] as T;
  }

  /** Lets some time pass, and does one thing. */
  step(): void {
    const until = this.now + this.#pick(0, 1, 1_000, 300_000, 2_000_000, 9_000_000, 40_000_000);
    while (this.gates.deadline <= until) {
      this.now = Math.max(this.now, this.gates.deadline);
      this.gates.advance(this.now as Instant);
      this.check();
    }
    this.now = until;
    const input = this.#input();
    this.gates.handle(this.now as Instant, input);
    this.check();
  }

  #input(): Input {
    const vip = this.#pick(...VIPS);
    const known = this.vips.get(vip);
    const kind = this.#rng();
    if (known === undefined || kind < 0.06) return this.#configure(vip, known);
    if (kind < 0.08) {
      this.vips.delete(vip);
      return { type: "Remove", vip };
    }
    if (kind < 0.2) {
      known.admin = this.#pick("up", "up", "down");
      return { type: "SetAdmin", vip, state: known.admin };
    }
    if (kind < 0.4) return this.#setRouter();
    if (kind < 0.75) return this.#setCheck();
    if (kind < 0.85) {
      known.present = this.#pick(true, true, false);
      return { type: "SetAddress", vip, present: known.present };
    }
    return kind < 0.93 ? this.#drain(vip, known) : this.#lease(vip, known);
  }

  #configure(vip: string, known: Vip | undefined): Input {
    const settings: GateSettings = {
      ...UNGATED,
      vrrpInstance: this.#pick(undefined, ...ROUTERS),
      checks: CHECKS.filter(() => this.#rng() < 0.5).map((name) => ({
        name,
        severity: this.#pick("fail", "degraded"),
      })),
      requireAddress: this.#pick(true, false),
      onDegraded: this.#pick(undefined, {
        med: 5,
        localPreference: 0,
        asPathPrepend: 1,
        communities: [],
        largeCommunities: [],
      }),
      drainDelay: seconds(this.#pick(0, 5, 30)),
      holdUp: seconds(this.#pick(0, 0, 7)),
      damping: this.#pick(undefined, DAMPING),
    };
    const enabled = this.#rng() < 0.9;
    if (known !== undefined) Object.assign(known, { enabled, settings, withdraws: [] });
    else
      this.vips.set(vip, {
        ...{ enabled, settings, admin: "up", present: undefined, drainSince: undefined, lease: undefined },
        ...{ openSince: undefined, told: "withdraw", form: "withdraw", withdraws: [] },
      });
    return { type: "Configure", vip, enabled, gate: settings };
  }

  #setRouter(): Input {
    const instance = this.#pick(...ROUTERS);
    const state = this.#pick<VrrpState>("Master", "Master", "Backup", "Fault", "Initialize");
    this.routers.set(instance, state);
    return { type: "SetVrrp", instance, state };
  }

  #setCheck(): Input {
    const check = this.#pick(...CHECKS);
    const state = this.#pick<CheckState>("up", "up", "up", "down", "unknown");
    this.checks.set(check, state);
    return { type: "SetCheck", check, state, detail: this.#pick("", "x") };
  }

  #drain(name: string, vip: Vip): Input {
    const on = this.#pick(true, false, false);
    if (this.#rng() < 0.3) {
      this.drainAllSince = on ? (this.drainAllSince ?? this.now) : undefined;
      return { type: "SetDrain", on };
    }
    vip.drainSince = on ? (vip.drainSince ?? this.now) : undefined;
    return { type: "SetDrain", vip: name, on };
  }

  #lease(name: string, vip: Vip): Input {
    const onLapse = this.#pick("withdraw", "de-prefer");
    vip.lease = this.#pick(undefined, { until: this.now + this.#pick(1, 3_000_000, 60_000_000), onLapse });
    return { type: "SetLease", vip: name, until: vip.lease?.until as Instant | undefined, onLapse };
  }

  /** What the conditions that do not wait make of it. */
  #ladder(vip: Vip): string {
    const { settings, lease } = vip;
    if (!vip.enabled || vip.admin === "down") return "withdraw";
    if (settings.vrrpInstance !== undefined && this.routers.get(settings.vrrpInstance) !== "Master") return "withdraw";
    if (settings.requireAddress && vip.present !== true) return "withdraw";
    const failing = settings.checks.filter(({ name }) => this.checks.get(name) !== "up");
    if (failing.some(({ severity }) => severity === "fail")) return "withdraw";
    const lapsed = lease !== undefined && lease.until <= this.now ? lease.onLapse : undefined;
    if (lapsed === "withdraw") return "withdraw";
    const isLesser = failing.length > 0 || lapsed !== undefined;
    if (isLesser && settings.onDegraded === undefined) return "withdraw";
    const drained = Math.min(vip.drainSince ?? Infinity, this.drainAllSince ?? Infinity);
    if (drained + settings.drainDelay <= this.now) return "withdraw";
    if (drained <= this.now) return "gshut";
    return isLesser ? "de-prefer" : "announce";
  }

  /** What must hold after every step. */
  check(): void {
    for (const [name, vip] of this.vips) {
      const wanted = this.#ladder(vip);
      const { action, decisive } = this.gates.why(name) ?? assert.fail(`${name} is not known`);
      assert.equal(vip.told, action, `${name}: what was told is not what why() says`);
      vip.openSince = wanted === "withdraw" ? undefined : (vip.openSince ?? this.now);
      const waits = decisive.condition === "hold-up" || decisive.condition === "damping";
      assert.equal(action, waits ? "withdraw" : wanted, `${name}: ${decisive.text}`);
      if (waits) this.#checkWait(name, vip, decisive.condition, decisive.until as Instant);
      if (vip.settings.damping !== undefined) checkRate(name, vip.withdraws);
    }
  }

  /** Waiting is bounded, and is for VIPs that asked for it. */
  #checkWait(name: string, vip: Vip, condition: string, until: Instant): void {
    const now = this.now as Instant;
    assert.ok(until > now, `${name} waits for what is past`);
    if (condition === "damping") {
      assert.ok(vip.settings.damping !== undefined, `${name} is damped without being asked to`);
      assert.ok(until <= after(now, DAMPING.suppressMax), `${name} is suppressed for too long`);
    } else {
      assert.ok(vip.openSince !== undefined, `${name} is held while it is closed`);
      assert.equal(until, after(vip.openSince as Instant, vip.settings.holdUp as Micros), `${name} is held too long`);
    }
  }
}

function checkRate(name: string, withdraws: readonly number[]): void {
  const oldest = withdraws.at(-1 - WITHDRAWS_A_HALF_LIFE_MAX);
  const newest = withdraws.at(-1);
  if (oldest === undefined || newest === undefined) return;
  assert.ok(newest - oldest > HALF_LIFE_S * 1e6, `${name} was withdrawn too often: ${withdraws.join(", ")}`);
}

function live(seed: number): void {
  const world = new World(seed);
  for (let step = 0; step < STEPS; step++) {
    try {
      world.step();
    } catch (cause) {
      throw new Error(`SEED=${seed} fails at step ${step}: ${(cause as Error).message}`, { cause });
    }
  }
}

test("gates do what their conditions say, whatever happens in whatever order", () => {
  const only = process.env["SEED"];
  if (only !== undefined) live(Number(only));
  else for (let seed = 1; seed <= SEEDS; seed++) live(seed);
});
