import type { Address } from "../../lib/address.ts";
import type { PolicyRoute, RoutePolicy } from "../rib/rib-io.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import type { Condition } from "./conditions.ts";
import type { Edit } from "./edits.ts";
import { type Outcome, OutcomeCache } from "./outcome-cache.ts";
import type { PrefixMatcher } from "./prefix-matcher.ts";
import type { Direction } from "./types.ts";
import { WorkingRoute } from "./working-route.ts";

/** Prefix conditions whose answers fit one number. With more, outcomes are not remembered. */
const REMEMBERED_CONDITIONS_MAX = 52;

/** A statement with all that the session decides worked in. */
export interface BoundStatement {
  /** Index in {@link BoundPolicyParts.prefixConditions}, or -1. */
  readonly prefixCondition: number;
  readonly conditions: readonly Condition[];
  readonly edits: readonly Edit[];
  readonly disposition: "accept" | "reject" | "none";
}

export interface PrefixCondition {
  readonly matcher: PrefixMatcher;
  readonly isInverted: boolean;
}

export interface BoundPolicyParts {
  readonly direction: Direction;
  /** Of all policies, in order. */
  readonly statements: readonly BoundStatement[];
  readonly prefixConditions: readonly PrefixCondition[];
  readonly defaultAction: "accept" | "reject";
  readonly localAddress: Address | undefined;
}

/**
 * Policies as the RIB asks them. The prefix conditions are answered for each route, by numbers; all else is a matter of
 * the attribute set, and remembered for it.
 */
export class BoundPolicy implements RoutePolicy {
  readonly perPrefix: boolean;
  readonly #parts: BoundPolicyParts;
  readonly #cache: OutcomeCache | undefined;
  /** Answers of the prefix conditions for the route at hand: 1 holds. */
  readonly #holds: Uint8Array;

  constructor(parts: BoundPolicyParts) {
    this.#parts = parts;
    this.perPrefix = parts.prefixConditions.length > 0;
    this.#holds = new Uint8Array(parts.prefixConditions.length);
    if (this.#holds.length <= REMEMBERED_CONDITIONS_MAX) this.#cache = new OutcomeCache();
  }

  apply(route: PolicyRoute): CanonicalAttributes | undefined {
    const prefixes = this.#askPrefixes(route);
    let outcome = this.#cache?.get(route, prefixes);
    if (outcome === undefined) {
      outcome = this.#evaluate(route);
      this.#cache?.put(prefixes, outcome);
    }
    if (outcome === "reject") return undefined;
    return outcome === "same" ? route.attributes : outcome;
  }

  /** Answers the prefix conditions; all answers in one number. Hot. */
  #askPrefixes({ family, w0, w1, w2, w3, length }: PolicyRoute): number {
    let answers = 0;
    for (let i = 0; i < this.#holds.length; i++) {
      const { matcher, isInverted } = this.#parts.prefixConditions[i] as PrefixCondition;
      // A set of the other family holds for nothing, not even inverted.
      const holds = matcher.family === family && matcher.matches(w0, w1, w2, w3, length) !== isInverted;
      this.#holds[i] = holds ? 1 : 0;
      answers = answers * 2 + (holds ? 1 : 0);
    }
    return answers;
  }

  /** Statement by statement, until one accepts or rejects. */
  #evaluate(source: PolicyRoute): Outcome {
    const { statements, direction, localAddress, defaultAction } = this.#parts;
    const route = new WorkingRoute(source, direction);
    for (const { prefixCondition, conditions, edits, disposition } of statements) {
      if (prefixCondition >= 0 && this.#holds[prefixCondition] === 0) continue;
      if (!conditions.every((holds) => holds(route))) continue;
      if (disposition === "reject") return "reject";
      for (const edit of edits) edit(route, localAddress);
      if (disposition === "accept") return route.result() ?? "reject";
    }
    return defaultAction === "reject" ? "reject" : (route.result() ?? "reject");
  }
}
