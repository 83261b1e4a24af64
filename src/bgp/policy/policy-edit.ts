import { fail, ok, type Result } from "../../lib/result.ts";
import type { ActionsConfig, ConditionsConfig, DefinedSets, PolicyConfig, StatementConfig } from "./types.ts";

// Changes to statements and policies, as the API and the gobgp command make them: policies in, policies out. Whether the
// result compiles is PolicyTable's to say. Words of failures are GoBGP's.

/** All that an operator has defined. Statements of one name are one statement, in however many policies it stands. */
export interface PolicyBook {
  readonly sets: DefinedSets;
  readonly policies: readonly PolicyConfig[];
  /** Statements that are in no policy. */
  readonly loose: readonly StatementConfig[];
}

type Edited = Result<PolicyBook, string>;

/** Every statement once, those of policies first. */
export function statementsOf({ policies, loose }: PolicyBook): StatementConfig[] {
  const all = new Map<string, StatementConfig>();
  for (const statement of [...policies.flatMap((policy) => policy.statements), ...loose])
    if (!all.has(statement.name)) all.set(statement.name, statement);
  return [...all.values()];
}

function findStatement(book: PolicyBook, name: string): StatementConfig | undefined {
  return statementsOf(book).find((statement) => statement.name === name);
}

/** Puts `statement` in place of the one of its name, wherever that stands. */
function replaceStatement(book: PolicyBook, statement: StatementConfig): PolicyBook {
  const put = (list: readonly StatementConfig[]) => list.map((old) => (old.name === statement.name ? statement : old));
  return {
    sets: book.sets,
    policies: book.policies.map((policy) => ({ ...policy, statements: put(policy.statements) })),
    loose: put(book.loose),
  };
}

const isGiven = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
const given = (part: object) => Object.entries(part).filter(([, value]) => isGiven(value));

/** What both have, apart from a disposition of "none", which is none. */
function common(have: object, more: object): string | undefined {
  const present = Object.fromEntries(Object.entries(have));
  return given(more).find(([key, value]) => isGiven(present[key]) && value !== "none" && present[key] !== "none")?.[0];
}

function lacking(have: object, less: object): string | undefined {
  const present = Object.fromEntries(Object.entries(have));
  return given(less).find(
    ([key, value]) => value !== "none" && (!isGiven(present[key]) || present[key] === "none"),
  )?.[0];
}

/** Makes a statement, or adds conditions and actions to the one of that name; fails when it has one of them already. */
export function addStatement(book: PolicyBook, statement: StatementConfig): Edited {
  const old = findStatement(book, statement.name);
  if (old === undefined) return ok({ ...book, loose: [...book.loose, statement] });
  const condition = common(old.conditions, statement.conditions);
  if (condition !== undefined) return fail(`condition ${condition} is already set`);
  const action = common(old.actions, statement.actions);
  if (action !== undefined) return fail(`action ${action} is already set`);
  const { disposition } = statement.actions.disposition === "none" ? old.actions : statement.actions;
  return ok(
    replaceStatement(book, {
      name: old.name,
      conditions: { ...old.conditions, ...Object.fromEntries(given(statement.conditions)) },
      actions: { ...old.actions, ...Object.fromEntries(given(statement.actions)), disposition },
    }),
  );
}

/** Takes the conditions and actions that are given out of the statement of that name, whatever their values. */
export function removeFromStatement(book: PolicyBook, statement: StatementConfig): Edited {
  const old = findStatement(book, statement.name);
  if (old === undefined) return fail(`not found statement: ${statement.name}`);
  const missing = lacking(old.conditions, statement.conditions) ?? lacking(old.actions, statement.actions);
  if (missing !== undefined) return fail(`${missing} is not set`);
  const without = (have: object, less: object): object => {
    const gone = new Set(given(less).map(([key]) => key));
    return Object.fromEntries(Object.entries(have).filter(([key]) => !gone.has(key)));
  };
  const { disposition } = statement.actions.disposition === "none" ? old.actions : { disposition: "none" as const };
  return ok(
    replaceStatement(book, {
      name: old.name,
      conditions: without(old.conditions, statement.conditions) as ConditionsConfig,
      actions: { ...(without(old.actions, statement.actions) as ActionsConfig), disposition },
    }),
  );
}

/** Removes a statement that is in no policy. */
export function removeStatement(book: PolicyBook, name: string): Edited {
  if (findStatement(book, name) === undefined) return fail(`not found statement: ${name}`);
  if (book.policies.some(({ statements }) => statements.some((statement) => statement.name === name)))
    return fail(`can't delete. statement ${name} is in use`);
  return ok({ ...book, loose: book.loose.filter((statement) => statement.name !== name) });
}

/** Makes a policy, or adds statements to the one of that name. `refer`: the statements are there, and given by name alone. */
export function addPolicy(book: PolicyBook, policy: PolicyConfig, refer: boolean): Edited {
  const statements: StatementConfig[] = [];
  for (const statement of policy.statements) {
    const old = findStatement(book, statement.name);
    if (refer && old === undefined) return fail(`not found statement ${statement.name}`);
    if (!refer && old !== undefined) return fail(`statement ${statement.name} already defined`);
    statements.push(old ?? statement);
  }
  const names = new Set(statements.map(({ name }) => name));
  const loose = book.loose.filter(({ name }) => !names.has(name));
  const before = book.policies.find(({ name }) => name === policy.name);
  if (before === undefined)
    return ok({ ...book, loose, policies: [...book.policies, { name: policy.name, statements }] });
  const grown = { ...before, statements: [...before.statements, ...statements] };
  return ok({ ...book, loose, policies: book.policies.map((one) => (one === before ? grown : one)) });
}

/**
 * Removes a policy that `isAssigned` does not know, or (`statements`) these of its statements by name. Statements that are
 * then in no policy go with it unless they are to be preserved.
 */
export function removePolicy(
  book: PolicyBook,
  name: string,
  statements: readonly string[] | "all",
  preserve: boolean,
  isAssigned: (name: string) => boolean,
): Edited {
  const before = book.policies.find((policy) => policy.name === name);
  if (before === undefined) return fail(`not found policy: ${name}`);
  if (statements === "all" && isAssigned(name)) return fail(`can't delete. policy ${name} is in use`);
  const isGone = (statement: StatementConfig) => statements === "all" || statements.includes(statement.name);
  const rest = { ...before, statements: before.statements.filter((statement) => !isGone(statement)) };
  const policies =
    statements === "all"
      ? book.policies.filter((policy) => policy !== before)
      : book.policies.map((policy) => (policy === before ? rest : policy));
  const used = new Set(policies.flatMap((policy) => policy.statements.map((statement) => statement.name)));
  const freed = preserve ? before.statements.filter((one) => isGone(one) && !used.has(one.name)) : [];
  return ok({ ...book, policies, loose: [...book.loose, ...freed] });
}
