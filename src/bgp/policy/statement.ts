import type { Prefix } from "../../lib/prefix.ts";
import { type Condition, compileConditions } from "./conditions.ts";
import { compileEdits, type Edit } from "./edits.ts";
import type { PrefixMatcher } from "./prefix-matcher.ts";
import type { CompiledSets } from "./sets.ts";
import type { ActionsConfig, RouteType, StatementConfig } from "./types.ts";

/** A statement, ready to be bound to a session. */
export interface Statement {
  /** About the prefix: the one condition that is asked for each route and not for each attribute set. */
  readonly prefix: { readonly matcher: PrefixMatcher; readonly isInverted: boolean } | undefined;
  /** About the neighbour: known when the policy is bound to a session. */
  readonly neighbor: { readonly prefixes: readonly Prefix[]; readonly isInverted: boolean } | undefined;
  /** On import known as well when it is bound. It is among the conditions too. */
  readonly routeType: RouteType | undefined;
  readonly conditions: readonly Condition[];
  readonly edits: readonly Edit[];
  /** Without what means nothing towards an external neighbour: LOCAL_PREF (RFC 4271 section 5.1.5). */
  readonly externalEdits: readonly Edit[];
  /** An edit asks for our address on the session. */
  readonly usesLocalAddress: boolean;
  readonly disposition: ActionsConfig["disposition"];
}

/** What is wrong with the statement goes to `fault`. */
export function compileStatement(
  { conditions, actions }: StatementConfig,
  sets: CompiledSets,
  fault: (problem: string) => void,
): Statement {
  const missing = (what: string) => fault(`there is no ${what}`);
  const { prefixSet, neighborSet, routeType } = conditions;
  const matcher = prefixSet && sets.prefix.get(prefixSet.set);
  if (prefixSet !== undefined && matcher === undefined) missing(`prefix set "${prefixSet.set}"`);
  const prefixes = neighborSet && sets.neighbor.get(neighborSet.set);
  if (neighborSet !== undefined && prefixes === undefined) missing(`neighbor set "${neighborSet.set}"`);
  const edits = compileEdits(actions, fault);
  return {
    prefix: matcher && { matcher, isInverted: prefixSet?.option === "invert" },
    neighbor: prefixes && { prefixes, isInverted: neighborSet?.option === "invert" },
    routeType,
    conditions: compileConditions(conditions, sets, missing),
    edits,
    externalEdits:
      actions.localPreference === undefined
        ? edits
        : compileEdits({ ...actions, localPreference: undefined }, () => {}),
    usesLocalAddress: actions.nextHop === "self",
    disposition: actions.disposition,
  };
}
