import type { Instant } from "../lib/time.ts";

/**
 * The gate: one pure function per VIP, from what is known of it to what is announced, and why.
 *
 * Every input is a condition with an opinion. They are asked in a fixed order, the hardest truths first; all of them
 * are listed in the reason chain, so that the question "why is this VIP (not) announced?" has one complete answer.
 * Inputs of this version: the configuration and the operator's admin state. VRRP, checks, the address on the host,
 * drain, leases and the fleet join as further conditions (DESIGN section 6).
 */

/** What a gate decides for its VIP. */
export type Action = "announce" | "withdraw";

/** One condition's opinion. */
export interface Reason {
  /** The condition that speaks: "config", "admin". */
  readonly condition: "config" | "admin";
  readonly verdict: Action;
  /** In words for the operator: "enabled in the configuration". */
  readonly text: string;
  /** Since when the condition has held this opinion. */
  readonly since: Instant;
}

/** A verdict and the whole chain that led to it. */
export interface Verdict {
  readonly action: Action;
  /** Every condition, in the order in which they were asked. */
  readonly reasons: readonly Reason[];
  /** The reason that decided: the first that says withdraw, else the last. */
  readonly decisive: Reason;
}

/** A condition's value and since when it has had it. */
export interface Held<T> {
  readonly value: T;
  readonly since: Instant;
}

/** All that is known of one VIP. */
export interface GateInputs {
  /** `enabled` of the VIP's configuration. */
  readonly configured: Held<boolean>;
  /** What an operator asked for at run time. */
  readonly admin: Held<"up" | "down">;
}

/** Decides what to do about one VIP. Pure and total. */
export function decide(inputs: GateInputs): Verdict {
  const reasons: [Reason, ...Reason[]] = [configReason(inputs.configured), adminReason(inputs.admin)];
  const against = reasons.find((reason) => reason.verdict === "withdraw");
  const decisive = against ?? (reasons.at(-1) as Reason);
  return { action: decisive.verdict, reasons, decisive };
}

function configReason({ value, since }: GateInputs["configured"]): Reason {
  return value
    ? { condition: "config", verdict: "announce", text: "enabled in the configuration", since }
    : { condition: "config", verdict: "withdraw", text: "disabled in the configuration", since };
}

function adminReason({ value, since }: GateInputs["admin"]): Reason {
  return value === "up"
    ? { condition: "admin", verdict: "announce", text: "not taken down by an operator", since }
    : { condition: "admin", verdict: "withdraw", text: "taken down by an operator", since };
}
