import type { Core } from "../lib/core.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import { type Action, decide, type GateInputs, type Held, type Verdict } from "./gate.ts";

/** A VIP's name: its prefix as text. */
export type VipName = string;

/** What happens to the set of gates. Plain data. */
export type Input =
  /** The configuration has this VIP; again with another `enabled` when it changed. */
  | { readonly type: "Configure"; readonly vip: VipName; readonly enabled: boolean }
  /** The configuration has this VIP no longer. */
  | { readonly type: "Remove"; readonly vip: VipName }
  | { readonly type: "SetAdmin"; readonly vip: VipName; readonly state: "up" | "down" };

/** What the gates want done. Must not call back in. */
export interface Out {
  /** The gate changed its mind (or made it up for the first time, when that is to announce). */
  verdict(vip: VipName, verdict: Verdict): void;
}

interface Gate {
  readonly configured: Held<boolean>;
  readonly admin: Held<"up" | "down">;
  readonly action: Action;
}

/** Every VIP's gate. Tells `Out` only of changes; a VIP that is removed while announced is withdrawn first. */
export class Gates implements Core<Input> {
  readonly #gates = new Map<VipName, Gate>();
  readonly #out: Out;

  constructor(out: Out) {
    this.#out = out;
  }

  /** No gate waits for a moment yet. */
  get deadline(): Instant {
    return NEVER;
  }

  advance(_now: Instant): void {}

  handle(now: Instant, input: Input): void {
    const gate = this.#gates.get(input.vip);
    switch (input.type) {
      case "Configure":
        this.#update(input.vip, gate, {
          configured: hold(gate?.configured, input.enabled, now),
          admin: gate?.admin ?? { value: "up", since: now },
        });
        return;
      case "SetAdmin":
        if (gate === undefined) return;
        this.#update(input.vip, gate, { ...gate, admin: hold(gate.admin, input.state, now) });
        return;
      case "Remove":
        if (gate === undefined) return;
        this.#update(input.vip, gate, { ...gate, configured: { value: false, since: now } });
        this.#gates.delete(input.vip);
        return;
      default:
        input satisfies never;
    }
  }

  /** The verdict on a VIP with its reason chain, or undefined for a VIP that is not configured. */
  why(vip: VipName): Verdict | undefined {
    const gate = this.#gates.get(vip);
    return gate && decide(gate);
  }

  /** Names of all VIPs, in the order in which they were configured. */
  names(): Iterable<VipName> {
    return this.#gates.keys();
  }

  #update(vip: VipName, before: Gate | undefined, inputs: GateInputs): void {
    const verdict = decide(inputs);
    this.#gates.set(vip, { configured: inputs.configured, admin: inputs.admin, action: verdict.action });
    if (verdict.action !== (before?.action ?? "withdraw")) this.#out.verdict(vip, verdict);
  }
}

function hold<T>(before: Held<T> | undefined, value: T, now: Instant): Held<T> {
  return before !== undefined && before.value === value ? before : { value, since: now };
}
