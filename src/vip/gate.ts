import type { Instant } from "../lib/time.ts";
import type { DePreference, Severity } from "./settings.ts";

/**
 * The gate: one pure function per VIP, from what is known of it to what is announced, and why.
 *
 * Every input is a condition with an opinion. They are asked in a fixed order, the hardest truths first; all of them
 * are listed in the reason chain, so that the question "why is this VIP (not) announced?" has one complete answer. The
 * harshest opinion counts, and of equally harsh ones the first. No condition can outvote another: there is no input that
 * announces a VIP against the one that says no. The fleet guard does not either: while it holds a VIP that is announced,
 * the soft conditions (checks, lease, drain) ask for less, and say so; the hard ones are as they are.
 *
 * The function knows no time. What depends on it (how far a drain has come, whether a lease has lapsed, what an unsteady
 * VIP still has to wait for) comes as a state, which `gates.ts` moves on.
 */

/**
 * What is done about a VIP, the mildest first: announced as configured; announced with less attractive attributes;
 * announced with GRACEFUL_SHUTDOWN and LOCAL_PREF 0 (RFC 8326), so that everybody moves away while it still works; not
 * announced.
 */
export type Action = "announce" | "de-prefer" | "gshut" | "withdraw";

const RANK: Readonly<Record<Action, number>> = { announce: 0, "de-prefer": 1, gshut: 2, withdraw: 3 };

/** How far an action is from announcing: 0 for announce, 3 for withdraw. */
export const rankOf = (action: Action): number => RANK[action];

/** Names of the conditions, in the order in which they are asked. */
export const CONDITIONS = [
  "config",
  "vrrp",
  "address",
  "admin",
  "check",
  "lease",
  "hold-up",
  "damping",
  "drain",
  "guard",
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One condition's opinion. */
export interface Reason {
  readonly condition: Condition;
  /** Which one, where there may be several: the VRRP instance's or the check's name. */
  readonly name?: string;
  readonly verdict: Action;
  /** What it would have, were it not for the guard. */
  readonly asks?: Action;
  /** In words for the operator: "enabled in the configuration". */
  readonly text: string;
  /** Since when the condition has held this opinion. */
  readonly since: Instant;
  /** When time alone will change it. */
  readonly until?: Instant;
}

/** A verdict and the whole chain that led to it. */
export interface Verdict {
  readonly action: Action;
  /** `on-degraded`, while a condition asks for it and the VIP is announced (with "gshut" too). */
  readonly dePreference: DePreference | undefined;
  /** Every condition, in the order in which they were asked. */
  readonly reasons: readonly Reason[];
  /** The reason that decided: the first of the harshest; when all agree to announce, the last that came to agree. */
  readonly decisive: Reason;
  /** Every condition knows its state: false while VRRP initializes and until each check and the address have been seen. */
  readonly settled: boolean;
}

/** A condition's value and since when it has had it. */
export interface Held<T> {
  readonly value: T;
  readonly since: Instant;
}

/** A virtual router's state as the VRRP core names it; "unknown" until it has said one. */
export type VrrpState = "unknown" | "Initialize" | "Backup" | "Master" | "Fault";
export type CheckState = "unknown" | "up" | "down";
export type Presence = "unknown" | "present" | "absent";

export interface VrrpInput extends Held<VrrpState> {
  readonly instance: string;
}

export interface CheckInput extends Held<CheckState> {
  readonly name: string;
  readonly severity: Severity;
  /** What the last run said: "connection refused"; "" when it said nothing. */
  readonly detail: string;
}

/** Somebody outside vouches for the VIP for a time, and has to do so again before it ends. */
export interface LeaseInput extends Held<"held" | "lapsed"> {
  readonly until: Instant;
  readonly onLapse: "withdraw" | "de-prefer";
}

/** What an unsteady VIP waits for. */
export interface WaitInput {
  readonly since: Instant;
  readonly until: Instant;
}

/** The guard holds back what soft conditions ask for. `value`: how far a drain may go; a check or a lease goes nowhere. */
export interface GuardInput extends Held<"announce" | "gshut"> {
  /** Why: "last announcer of 1 wanted". */
  readonly text: string;
}

/** All that is known of one VIP. */
export interface GateInputs {
  /** `enabled` of the VIP's configuration. */
  readonly configured: Held<boolean>;
  /** Undefined: the VIP belongs to no virtual router. */
  readonly vrrp?: VrrpInput | undefined;
  /** Undefined: the address need not be on this host. */
  readonly address?: Held<Presence> | undefined;
  /** What an operator asked for at run time. */
  readonly admin: Held<"up" | "down">;
  readonly checks?: readonly CheckInput[];
  /** Undefined: nobody has taken one. */
  readonly lease?: LeaseInput | undefined;
  /** Undefined: nothing to wait for. */
  readonly holdUp?: WaitInput | undefined;
  readonly damping?: WaitInput | undefined;
  /** "gshut": asked for, traffic still comes; "drained": it has had its time. Undefined: not draining. */
  readonly drain?: (Held<"gshut" | "drained"> & { readonly until?: Instant }) | undefined;
  /** Undefined: nothing is held back. */
  readonly guard?: GuardInput | undefined;
  /** `on-degraded` of the configuration. Without it, what would de-prefer the VIP withdraws it. */
  readonly onDegraded?: DePreference | undefined;
}

/** Decides what to do about one VIP. Pure and total. */
export function decide(inputs: GateInputs): Verdict {
  const reasons: [Reason, ...Reason[]] = [configReason(inputs.configured)];
  if (inputs.vrrp !== undefined) reasons.push(vrrpReason(inputs.vrrp));
  if (inputs.address !== undefined) reasons.push(addressReason(inputs.address));
  reasons.push(adminReason(inputs.admin));
  const lesser: Action = inputs.onDegraded === undefined ? "withdraw" : "de-prefer";
  for (const check of inputs.checks ?? []) reasons.push(checkReason(check, lesser));
  if (inputs.lease !== undefined) reasons.push(leaseReason(inputs.lease, lesser));
  if (inputs.holdUp !== undefined) reasons.push(holdUpReason(inputs.holdUp));
  if (inputs.damping !== undefined) reasons.push(dampingReason(inputs.damping));
  if (inputs.drain !== undefined) reasons.push(drainReason(inputs.drain));
  const decisive = (inputs.guard && restrain(reasons, inputs.guard, lesser)) ?? decisiveOf(reasons);
  const action = decisive.verdict;
  const isLesser = action !== "withdraw" && reasons.some((reason) => reason.verdict === "de-prefer");
  return {
    action,
    dePreference: isLesser ? inputs.onDegraded : undefined,
    reasons,
    decisive,
    settled: isSettled(inputs),
  };
}

/** Conditions of which a node may be wrong, or in no hurry: the guard may hold them back. All others are hard. */
const SOFT: ReadonlySet<Condition> = new Set<Condition>(["check", "lease", "drain"]);

/** What the soft conditions ask for, and the gravest of those that do. */
export interface Wish {
  readonly step: "gshut" | "withdraw";
  /** A drained node still works; a failing check says that it may not. */
  readonly cause: "drain" | "lease" | "check";
}

/** The step down that soft conditions alone ask for; undefined when there is none, or a hard one withdraws it anyway. */
export function softWish({ action, reasons }: Verdict): Wish | undefined {
  if (action !== "gshut" && action !== "withdraw") return undefined;
  const asking = reasons.filter(({ verdict }) => verdict === action).map(({ condition }) => condition);
  if (!asking.every((condition) => SOFT.has(condition))) return undefined;
  const cause = asking.includes("check") ? "check" : asking.includes("lease") ? "lease" : "drain";
  return { step: action, cause };
}

/** Takes back what soft conditions ask for, as far as the guard wants it; its own reason, which decides then. */
function restrain(reasons: Reason[], { value, since, text }: GuardInput, lesser: Action): Reason {
  let verdict: Action = "announce";
  for (const [i, reason] of reasons.entries()) {
    const limit = reason.condition === "drain" ? value : lesser === "withdraw" ? "announce" : lesser;
    if (SOFT.has(reason.condition) && RANK[reason.verdict] > RANK[limit])
      reasons[i] = { ...reason, verdict: limit, asks: reason.verdict };
    const left = (reasons[i] as Reason).verdict;
    if (RANK[left] > RANK[verdict]) verdict = left;
  }
  const guard: Reason = { condition: "guard", verdict, text: `held: ${text}`, since };
  reasons.push(guard);
  return guard;
}

function decisiveOf(reasons: readonly [Reason, ...Reason[]]): Reason {
  let [decisive] = reasons;
  for (const reason of reasons) {
    const harsher = RANK[reason.verdict] - RANK[decisive.verdict];
    const isLaterConsent = harsher === 0 && reason.verdict === "announce" && reason.since >= decisive.since;
    if (harsher > 0 || isLaterConsent) decisive = reason;
  }
  return decisive;
}

function isSettled({ vrrp, address, checks }: GateInputs): boolean {
  if (vrrp?.value === "unknown" || vrrp?.value === "Initialize" || address?.value === "unknown") return false;
  return checks === undefined || checks.every((check) => check.value !== "unknown");
}

function configReason({ value, since }: Held<boolean>): Reason {
  return value
    ? { condition: "config", verdict: "announce", text: "enabled in the configuration", since }
    : { condition: "config", verdict: "withdraw", text: "disabled in the configuration", since };
}

function vrrpReason({ instance, value, since }: VrrpInput): Reason {
  const text =
    value === "unknown" ? `VRRP instance ${instance} has not started yet` : `VRRP instance ${instance} is ${value}`;
  return { condition: "vrrp", name: instance, verdict: value === "Master" ? "announce" : "withdraw", text, since };
}

const ADDRESS_TEXT: Readonly<Record<Presence, string>> = {
  unknown: "the address has not been looked for on this host yet",
  present: "the address is on this host",
  absent: "the address is on no interface of this host",
};

function addressReason({ value, since }: Held<Presence>): Reason {
  const verdict = value === "present" ? "announce" : "withdraw";
  return { condition: "address", verdict, text: ADDRESS_TEXT[value], since };
}

function adminReason({ value, since }: Held<"up" | "down">): Reason {
  return value === "up"
    ? { condition: "admin", verdict: "announce", text: "not taken down by an operator", since }
    : { condition: "admin", verdict: "withdraw", text: "taken down by an operator", since };
}

/** A check that has no result yet counts as failing: what has not been seen to work is not announced in full. */
function checkReason({ name, severity, value, since, detail }: CheckInput, lesser: Action): Reason {
  const state = value === "unknown" ? "has no result yet" : `is ${value}`;
  const text = `check ${name} ${state}${detail === "" ? "" : `: ${detail}`}`;
  const failing = severity === "fail" ? "withdraw" : lesser;
  return { condition: "check", name, verdict: value === "up" ? "announce" : failing, text, since };
}

function leaseReason({ value, since, until, onLapse }: LeaseInput, lesser: Action): Reason {
  return value === "held"
    ? { condition: "lease", verdict: "announce", text: "a lease is held over the API", since, until }
    : {
        condition: "lease",
        verdict: onLapse === "withdraw" ? "withdraw" : lesser,
        text: "the lease has lapsed",
        since,
      };
}

function holdUpReason({ since, until }: WaitInput): Reason {
  const text = "healthy again, and waiting for `hold-up` to see that it stays so";
  return { condition: "hold-up", verdict: "withdraw", text, since, until };
}

function dampingReason({ since, until }: WaitInput): Reason {
  const text = "went up and down too often: suppressed until its penalty has decayed";
  return { condition: "damping", verdict: "withdraw", text, since, until };
}

function drainReason({ value, since, until }: NonNullable<GateInputs["drain"]>): Reason {
  return value === "gshut"
    ? {
        condition: "drain",
        verdict: "gshut",
        text: "draining: announced with GRACEFUL_SHUTDOWN",
        since,
        ...(until !== undefined && { until }),
      }
    : { condition: "drain", verdict: "withdraw", text: "drained", since };
}
