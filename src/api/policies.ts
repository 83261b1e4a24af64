import {
  addMembers,
  addPolicy,
  addStatement,
  type DefinedSets,
  NO_SETS,
  type PolicyBook,
  removeFromStatement,
  removeMembers,
  removePolicy,
  removeSet,
  removeStatement,
  type StatementConfig,
  statementsOf,
} from "../bgp/index.ts";
import { ok, type Result } from "../lib/result.ts";
import { type Fault, invalid, type Outcome, refused } from "./fault.ts";
import type { ApiHost, Assignment, Assignments } from "./host.ts";
import { POLICIES_MAX } from "./limits.ts";
import type * as api from "./messages.ts";
import { findPeer, shorten } from "./peers.ts";
import {
  policyMessage,
  readPolicy,
  readSet,
  readStatement,
  SET_KINDS,
  setMessages,
  statementMessage,
} from "./policy-messages.ts";
import { type Message, type Methods, sourceOf, stream, unary } from "./service.ts";

/** The name of the assignments that hold for every neighbour. */
const GLOBAL = "global";

type Direction = keyof Assignments;

export function policyMethods(host: ApiHost): Methods {
  return {
    ...setMethods(host),
    ...statementMethods(host),
    ...policyDefinitionMethods(host),
    ...assignmentMethods(host),
  };
}

/** Makes a changed book the one that counts. */
function commit(host: ApiHost, edited: Result<PolicyBook, string>, assignments = host.assignments): Outcome<Message> {
  if (!edited.ok) return refused(edited.error);
  const done = host.setPolicies(edited.value, assignments);
  return done.ok ? ok({}) : invalid(done.error);
}

const withSets = (book: PolicyBook, sets: Result<DefinedSets, string>): Result<PolicyBook, string> =>
  sets.ok ? ok({ ...book, sets: sets.value }) : sets;

const isText = (text: string | undefined) => text !== undefined;

/** GoBGP's words for a set that a condition names and nobody has defined. */
function missingSet(sets: DefinedSets, { conditions }: StatementConfig): string | undefined {
  const asked = [
    ["prefix set", sets.prefixSets, conditions.prefixSet],
    ["neighbor set", sets.neighborSets, conditions.neighborSet],
    ["as path set", sets.asPathSets, conditions.asPathSet],
    ["community set", sets.communitySets, conditions.communitySet],
    ["ext-community set", sets.extCommunitySets, conditions.extCommunitySet],
    ["large-community set", sets.largeCommunitySets, conditions.largeCommunitySet],
  ] as const;
  for (const [kind, list, condition] of asked)
    if (condition !== undefined && !list.some(({ name }) => name === condition.set))
      return `not found ${kind} ${shorten(condition.set)}`;
  return undefined;
}

function setMethods(host: ApiHost): Methods {
  return {
    ListDefinedSet: stream<api.ListDefinedSetRequest>(({ definedType, name }) => {
      const kind = SET_KINDS[definedType];
      if (kind === undefined) return invalid(`there are no defined sets of type ${String(definedType)}`);
      const wanted = [...setMessages(host.policies.sets, kind)].filter((set) => name === "" || set.name === name);
      return ok(sourceOf(wanted.map((definedSet) => ({ definedSet }) satisfies api.Given<api.ListDefinedSetResponse>)));
    }),
    AddDefinedSet: unary<api.AddDefinedSetRequest>(({ definedSet }) => {
      const set = readSet(definedSet);
      if (!set.ok) return set;
      return commit(host, withSets(host.policies, addMembers(host.policies.sets, ...set.value)));
    }),
    DeleteDefinedSet: unary<api.DeleteDefinedSetRequest>(({ definedSet, all }) => {
      const set = readSet(definedSet);
      if (!set.ok) return set;
      const [kind, { name }] = set.value;
      const { sets } = host.policies;
      const users = [...host.policies.policies, { name: "", statements: host.policies.loose }];
      const left = all ? removeSet(sets, users, kind, name) : removeMembers(sets, ...set.value);
      return commit(host, withSets(host.policies, left));
    }),
  };
}

function statementMethods(host: ApiHost): Methods {
  return {
    ListStatement: stream<api.ListStatementRequest>(({ name }) => {
      const wanted = statementsOf(host.policies).filter((statement) => name === "" || statement.name === name);
      const message = (one: (typeof wanted)[number]) =>
        ({ statement: statementMessage(one) }) satisfies api.Given<api.ListStatementResponse>;
      return ok(sourceOf([...wanted].sort((a, b) => (a.name < b.name ? -1 : 1)).map(message)));
    }),
    AddStatement: unary<api.AddStatementRequest>(({ statement }) => {
      const read = readStatement(statement);
      const missing = read.ok ? missingSet(host.policies.sets, read.value) : undefined;
      if (missing !== undefined) return refused(missing);
      return read.ok ? commit(host, addStatement(host.policies, read.value)) : read;
    }),
    DeleteStatement: unary<api.DeleteStatementRequest>(({ statement, all }) => {
      const read = readStatement(statement);
      if (!read.ok) return read;
      const { policies } = host;
      return commit(host, all ? removeStatement(policies, read.value.name) : removeFromStatement(policies, read.value));
    }),
  };
}

function policyDefinitionMethods(host: ApiHost): Methods {
  const isAssigned = (name: string) =>
    [host.assignments.import, host.assignments.export].some(({ policies }) => policies.includes(name)) ||
    host.config.neighbors.some(({ applyPolicy }) =>
      [...applyPolicy.importPolicies, ...applyPolicy.exportPolicies].includes(name),
    );
  return {
    ListPolicy: stream<api.ListPolicyRequest>(({ name }) => {
      const wanted = host.policies.policies.filter((policy) => name === "" || policy.name === name);
      const message = (one: (typeof wanted)[number]) =>
        ({ policy: policyMessage(one) }) satisfies api.Given<api.ListPolicyResponse>;
      return ok(sourceOf([...wanted].sort((a, b) => (a.name < b.name ? -1 : 1)).map(message)));
    }),
    AddPolicy: unary<api.AddPolicyRequest>(({ policy, referExistingStatements }) => {
      const read = readPolicy(policy);
      if (!read.ok) return read;
      const missing = read.value.statements.map((one) => missingSet(host.policies.sets, one)).find(isText);
      if (missing !== undefined) return refused(missing);
      return read.ok ? commit(host, addPolicy(host.policies, read.value, referExistingStatements)) : read;
    }),
    DeletePolicy: unary<api.DeletePolicyRequest>(({ policy, preserveStatements, all }) => {
      const read = readPolicy(policy);
      if (!read.ok) return read;
      const { name, statements } = read.value;
      const gone = all ? "all" : statements.map((statement) => statement.name);
      return commit(host, removePolicy(host.policies, name, gone, preserveStatements, isAssigned));
    }),
    SetPolicies: unary<api.SetPoliciesRequest>((request) => setPolicies(host, request)),
  };
}

/** Replaces everything in one step: nothing has changed when a part of it is wrong. */
function setPolicies(host: ApiHost, request: api.SetPoliciesRequest): Outcome<Message> {
  if (Math.max(request.definedSets.length, request.policies.length, request.assignments.length) > POLICIES_MAX)
    return invalid(`at most ${POLICIES_MAX} sets and policies can be set at once`);
  let book: Result<PolicyBook, string> = ok({ sets: NO_SETS, policies: [], loose: [] });
  for (const one of request.definedSets) {
    const set = readSet(one);
    if (!set.ok) return set;
    if (book.ok) book = withSets(book.value, addMembers(book.value.sets, ...set.value));
  }
  for (const one of request.policies) {
    const policy = readPolicy(one);
    if (!policy.ok) return policy;
    if (book.ok) book = addPolicy(book.value, policy.value, false);
  }
  let assignments: Assignments = { import: NONE_ASSIGNED, export: NONE_ASSIGNED };
  for (const one of request.assignments) {
    const target = targetOf(host, one);
    if (!target.ok) return target;
    assignments = { ...assignments, [target.value]: assignmentOf(one, NONE_ASSIGNED) };
  }
  return commit(host, book, assignments);
}

const NONE_ASSIGNED: Assignment = { policies: [], defaultAction: "accept" };

function assignmentMethods(host: ApiHost): Methods {
  const change = (
    message: api.PolicyAssignment | null,
    edit: (present: Assignment, given: readonly string[]) => Result<Assignment, string>,
  ): Outcome<Message> => {
    if (message === null) return invalid("nil request");
    const target = targetOf(host, message);
    if (!target.ok) return target;
    const names = message.policies.map(({ name }) => name);
    const fault = namesFault(host, names);
    if (fault !== undefined) return refused(fault);
    const edited = edit(host.assignments[target.value], names);
    if (!edited.ok) return refused(edited.error);
    return commit(host, ok(host.policies), { ...host.assignments, [target.value]: edited.value });
  };
  return {
    ListPolicyAssignment: stream<api.ListPolicyAssignmentRequest>(({ name, direction }) => {
      const named = { name: name === "" ? GLOBAL : name, direction };
      const directions: Outcome<readonly Direction[]> =
        direction === "UNKNOWN" ? bothOf(host, named.name) : oneOf(targetOf(host, named));
      if (!directions.ok) return directions;
      return ok(sourceOf(directions.value.map((one) => assignmentMessage(host, one))));
    }),
    AddPolicyAssignment: unary<api.AddPolicyAssignmentRequest>(({ assignment }) =>
      change(assignment, (present, names) => {
        const policies = [...present.policies, ...names];
        const twice = policies.find((name, i) => policies.indexOf(name) < i);
        if (twice !== undefined) return { ok: false, error: `duplicated policy ${twice}` };
        return ok({ ...assignmentOf(assignment as api.PolicyAssignment, present), policies });
      }),
    ),
    DeletePolicyAssignment: unary<api.DeletePolicyAssignmentRequest>(({ assignment, all }) =>
      change(assignment, (present, names) =>
        ok(all ? NONE_ASSIGNED : { ...present, policies: present.policies.filter((name) => !names.includes(name)) }),
      ),
    ),
    SetPolicyAssignment: unary<api.SetPolicyAssignmentRequest>(({ assignment }) =>
      change(assignment, (present) => ok(assignmentOf(assignment as api.PolicyAssignment, present))),
    ),
  };
}

/** What the message says; a default action that it leaves out stays. */
function assignmentOf({ policies, defaultAction }: api.PolicyAssignment, present: Assignment): Assignment {
  const action = defaultAction === "ACCEPT" ? "accept" : defaultAction === "REJECT" ? "reject" : present.defaultAction;
  return { policies: policies.map(({ name }) => name), defaultAction: action };
}

function namesFault({ policies }: ApiHost, names: readonly string[]): string | undefined {
  const unknown = names.find((name) => !policies.policies.some((policy) => policy.name === name));
  if (unknown !== undefined) return `not found policy ${shorten(unknown)}`;
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return twice === undefined ? undefined : `duplicated policy ${twice}`;
}

function bothOf(host: ApiHost, name: string): Outcome<readonly Direction[]> {
  const fault = nameFault(host, name);
  return fault === undefined ? ok(["export", "import"]) : { ok: false, error: fault };
}

const oneOf = (direction: Outcome<Direction>): Outcome<readonly Direction[]> =>
  direction.ok ? ok([direction.value]) : direction;

/** Which assignment is meant. */
function targetOf(
  host: ApiHost,
  { name, direction }: Pick<api.PolicyAssignment, "name" | "direction">,
): Outcome<Direction> {
  const fault = nameFault(host, name);
  if (fault !== undefined) return { ok: false, error: fault };
  if (direction === "IMPORT") return ok("import");
  return direction === "EXPORT" ? ok("export") : invalid("invalid policy type");
}

/** In GoBGP only route-server clients have policies of their own that the API can change; here, those of the file. */
function nameFault(host: ApiHost, name: string): Fault | undefined {
  if (name === GLOBAL) return undefined;
  if (name === "") return { code: "INVALID_ARGUMENT", message: "empty table name" };
  const peer = findPeer(host, name);
  const message = peer.ok
    ? `non-rs-client peer ${peer.value.name} doesn't have per peer policy`
    : `not found peer ${shorten(name)}`;
  return { code: "UNKNOWN", message };
}

function assignmentMessage(host: ApiHost, direction: Direction): api.Given<api.ListPolicyAssignmentResponse> {
  const { policies, defaultAction } = host.assignments[direction];
  const known = policies.flatMap((name) => host.policies.policies.find((policy) => policy.name === name) ?? []);
  return {
    assignment: {
      name: GLOBAL,
      direction: direction === "import" ? "IMPORT" : "EXPORT",
      policies: known.map(policyMessage),
      defaultAction: defaultAction === "accept" ? "ACCEPT" : "REJECT",
    },
  };
}
