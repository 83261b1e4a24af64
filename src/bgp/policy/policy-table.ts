import type { Address } from "../../lib/address.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import type { RoutePolicy } from "../rib/rib-io.ts";
import { BoundPolicy, type BoundPolicyParts, type BoundStatement, type PrefixCondition } from "./bound-policy.ts";
import { isWithin } from "./conditions.ts";
import { compileSets } from "./sets.ts";
import { compileStatement, type Statement } from "./statement.ts";
import type { DefinedSets, Direction, PolicyConfig, PolicyFault } from "./types.ts";

/** The session that policies are bound to. */
export interface PolicyNeighbor {
  readonly address: Address;
  /** Our address on the session: what `set-next-hop self` means. */
  readonly localAddress: Address;
  readonly type: "internal" | "external";
}

/** Which policies apply where: one direction of an `apply-policy`, and the session. */
export interface PolicyUse {
  readonly direction: Direction;
  /** Names, in the order in which they are asked. */
  readonly policies: readonly string[];
  /** What happens to routes that no statement decides on. */
  readonly defaultAction: "accept" | "reject";
  /** Undefined: routes of our own, on import. */
  readonly neighbor: PolicyNeighbor | undefined;
}

/**
 * Defined sets and policies, compiled. Immutable: a change makes another table of which everything is bound anew, and the
 * RIB works out again what the new objects say.
 */
export class PolicyTable {
  readonly definedSets: DefinedSets;
  readonly policies: readonly PolicyConfig[];
  readonly #statements: ReadonlyMap<string, readonly Statement[]>;
  /** Everything bound so far, by what it was made from; as many as there are ways in which sessions differ for policies. */
  readonly #bound = new Map<string, RoutePolicy>();

  private constructor(
    definedSets: DefinedSets,
    policies: readonly PolicyConfig[],
    statements: ReadonlyMap<string, readonly Statement[]>,
  ) {
    this.definedSets = definedSets;
    this.policies = policies;
    this.#statements = statements;
  }

  /** Everything compiled, or all that is wrong. */
  static compile(
    definedSets: DefinedSets,
    policies: readonly PolicyConfig[],
  ): Result<PolicyTable, readonly PolicyFault[]> {
    const faults: PolicyFault[] = [];
    const sets = compileSets(definedSets, faults);
    const compiled = new Map<string, readonly Statement[]>();
    for (const { name, statements } of policies) {
      if (compiled.has(name)) faults.push({ where: `policy "${name}"`, problem: "there are two of that name" });
      const one = (statement: PolicyConfig["statements"][number]) =>
        compileStatement(statement, sets, (problem) =>
          faults.push({ where: `policy "${name}", statement "${statement.name}"`, problem }),
        );
      compiled.set(name, statements.map(one));
    }
    return faults.length > 0 ? fail(faults) : ok(new PolicyTable(definedSets, policies, compiled));
  }

  /**
   * The policies as the RIB asks them on one session, or undefined when none of their statements can ever apply there, so
   * that the default alone decides. Sessions for which there is no difference get the same object, and with it may share
   * an update group. Fails when a name is not known, or stands twice.
   */
  bind(use: PolicyUse): Result<RoutePolicy | undefined, PolicyFault> {
    const applicable: [key: string, statement: Statement][] = [];
    for (const [i, name] of use.policies.entries()) {
      const statements = this.#statements.get(name);
      if (statements === undefined) return fail({ where: `policy "${name}"`, problem: "there is none of that name" });
      if (use.policies.indexOf(name) < i) return fail({ where: `policy "${name}"`, problem: "it is named twice" });
      for (const [at, statement] of statements.entries())
        if (canApply(statement, use)) applicable.push([`${JSON.stringify(name)} ${at}`, statement]);
    }
    if (applicable.length === 0) return ok(undefined);
    const localAddress = applicable.some(([, statement]) => statement.usesLocalAddress)
      ? use.neighbor?.localAddress
      : undefined;
    const isExternal = use.direction === "export" && use.neighbor?.type === "external";
    const names = applicable.map(([key]) => key).join(", ");
    const key = `${use.direction} ${use.defaultAction} ${isExternal} ${localAddress} ${names}`;
    let policy = this.#bound.get(key);
    if (policy === undefined) {
      const statements = applicable.map(([, statement]) => statement);
      policy = new BoundPolicy(bindStatements(statements, use, isExternal, localAddress));
      this.#bound.set(key, policy);
    }
    return ok(policy);
  }
}

/** Whether a statement can match on the session at all: its conditions about the neighbour, and on import the source. */
function canApply({ neighbor, routeType }: Statement, use: PolicyUse): boolean {
  const source = use.neighbor?.type ?? "local";
  if (use.direction === "import" && routeType !== undefined && routeType !== source) return false;
  // A set without members holds for every route; any other for none of ours, not even inverted.
  if (neighbor === undefined || neighbor.prefixes.length === 0) return true;
  return use.neighbor !== undefined && isWithin(neighbor.prefixes, use.neighbor.address) !== neighbor.isInverted;
}

function bindStatements(
  statements: readonly Statement[],
  { direction, defaultAction }: PolicyUse,
  isExternal: boolean,
  localAddress: Address | undefined,
): BoundPolicyParts {
  const prefixConditions: PrefixCondition[] = [];
  const indexOf = (wanted: PrefixCondition): number => {
    const isSame = (known: PrefixCondition) =>
      known.matcher === wanted.matcher && known.isInverted === wanted.isInverted;
    const index = prefixConditions.findIndex(isSame);
    return index >= 0 ? index : prefixConditions.push(wanted) - 1;
  };
  const bound = statements.map(
    (statement): BoundStatement => ({
      prefixCondition: statement.prefix === undefined ? -1 : indexOf(statement.prefix),
      conditions: statement.conditions,
      edits: isExternal ? statement.externalEdits : statement.edits,
      disposition: statement.disposition,
    }),
  );
  return { direction, statements: bound, prefixConditions, defaultAction, localAddress };
}
