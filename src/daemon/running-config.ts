import type { Assignments, ConfigEdit } from "../api/index.ts";
import { type PolicyBook, PolicyTable } from "../bgp/index.ts";
import { type Config, type Document, loadDocument } from "../config/index.ts";
import { formatAddress, parseAddress } from "../lib/address.ts";
import { parsePrefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import type { Loaded } from "./load.ts";
import { TransportTable } from "./transport-table.ts";

/** Things of a document by their names: what the API can make, change and remove. */
interface Tables {
  readonly global: Document;
  readonly neighbors: ReadonlyMap<string, Document>;
  readonly groups: ReadonlyMap<string, Document>;
  readonly dynamic: ReadonlyMap<string, Document>;
}

/** What the file and the API come to together. */
interface Merged {
  readonly next: Loaded;
  readonly tables: Tables;
  readonly book: PolicyBook;
}

const NO_TABLES: Tables = { global: {}, neighbors: new Map(), groups: new Map(), dynamic: new Map() };

/**
 * The configuration that runs: what the file says, and what the API has made of it since.
 *
 * A change over the API is a change of the document, which is then judged as a file is; what it does to sessions is the
 * difference between the configurations before and after, as on a reload. When the file is read again, what differs
 * between its former and its present text is applied, thing by thing: a neighbour, a group, a set, a policy that the
 * file says nothing new about stays as the API has left it.
 */
export class RunningConfig {
  /** As last read. */
  #file: Loaded;
  #fileTables: Tables;
  #tables: Tables;
  #book: PolicyBook;
  #current: Loaded;

  constructor(file: Loaded) {
    this.#file = file;
    this.#fileTables = tablesOf(file.document);
    this.#tables = this.#fileTables;
    this.#book = bookOf(file.config);
    this.#current = file;
  }

  get current(): Loaded {
    return this.#current;
  }

  get policies(): PolicyBook {
    return this.#book;
  }

  get assignments(): Assignments {
    const { importPolicies, exportPolicies, defaultImport, defaultExport } = this.#current.config.global.applyPolicy;
    return {
      import: { policies: importPolicies, defaultAction: defaultImport ?? "accept" },
      export: { policies: exportPolicies, defaultAction: defaultExport ?? "accept" },
    };
  }

  /** A neighbour's or group's table as it was given. */
  tableOf(kind: "neighbor" | "peer-group", name: string): Document | undefined {
    return (kind === "neighbor" ? this.#tables.neighbors : this.#tables.groups).get(name);
  }

  /** The file was read again: what is to run now. */
  reload(file: Loaded): Result<Loaded, string> {
    const merged = this.#merge(file);
    if (!merged.ok) return merged;
    const { next, tables, book } = merged.value;
    this.#file = file;
    this.#fileTables = tablesOf(file.document);
    this.#take(next, tables, book);
    return ok(next);
  }

  /** What `reload` would give. Changes nothing. */
  preview(file: Loaded): Result<Loaded, string> {
    const merged = this.#merge(file);
    return merged.ok ? ok(merged.value.next) : merged;
  }

  #merge(file: Loaded): Result<Merged, string> {
    const now = tablesOf(file.document);
    const then = this.#fileTables;
    const tables: Tables = {
      global: isSame(then.global, now.global) ? this.#tables.global : now.global,
      neighbors: merged(this.#tables.neighbors, then.neighbors, now.neighbors),
      groups: merged(this.#tables.groups, then.groups, now.groups),
      dynamic: merged(this.#tables.dynamic, then.dynamic, now.dynamic),
    };
    const book = mergedBook(this.#book, bookOf(this.#file.config), bookOf(file.config));
    const isFile = isSame(tablesText(tables), tablesText(now)) && isSame(book, bookOf(file.config));
    const next = isFile ? ok(file) : this.#resolve(file, tables, book);
    if (!next.ok) return fail(`with what was changed over the API: ${next.error}`);
    return ok({ next: next.value, tables, book });
  }

  /** What is to run after a change; nothing has changed when it fails. */
  edit(edit: ConfigEdit): Result<Loaded, string> {
    const tables = edited(this.#tables, edit);
    const next =
      edit.type === "neighbor" ? this.#resolveOne(tables, edit) : this.#resolve(this.#file, tables, this.#book);
    if (next.ok) this.#take(next.value, tables, this.#book);
    return next;
  }

  setPolicies(book: PolicyBook, assignments: Assignments): Result<Loaded, string> {
    const tables = { ...this.#tables, global: withAssignments(this.#tables.global, assignments) };
    const next = this.#resolve(this.#file, tables, book);
    if (next.ok) this.#take(next.value, tables, book);
    return next;
  }

  /** BGP is not configured any more; what is not BGP stays. */
  clear(): Loaded {
    const book: PolicyBook = { sets: bookOf(this.#file.config).sets, policies: [], loose: [] };
    const empty: PolicyBook = { ...book, sets: mapSets(book.sets, () => []) };
    const next = this.#resolve(this.#file, NO_TABLES, empty);
    if (!next.ok) throw new Error(`an empty configuration is refused: ${next.error}`);
    this.#take(next.value, NO_TABLES, empty);
    return next.value;
  }

  #take(next: Loaded, tables: Tables, book: PolicyBook): void {
    this.#current = next;
    this.#tables = tables;
    this.#book = book;
  }

  /** One neighbour by itself: that of a thousand others, nothing has changed, need not be found out. */
  #resolveOne(tables: Tables, edit: Extract<ConfigEdit, { type: "neighbor" }>): Result<Loaded, string> {
    const { config } = this.#current;
    const { address, table } = edit;
    const others = config.neighbors.filter((neighbor) => formatAddress(neighbor.address) !== address);
    if (table === undefined) return this.#loaded({ ...config, neighbors: others });
    const one = load({ ...tables, neighbors: new Map([[address, table]]), dynamic: new Map() }, this.#book);
    if (!one.ok) return one;
    if (one.value.neighbors.length === 0) return fail("no family of this neighbour is carried here");
    return this.#loaded({ ...config, neighbors: [...others, ...one.value.neighbors] });
  }

  #resolve(file: Loaded, tables: Tables, book: PolicyBook): Result<Loaded, string> {
    const policies = PolicyTable.compile(book.sets, [...book.policies, { name: "(loose)", statements: book.loose }]);
    if (!policies.ok) return fail(policies.error.map(({ where, problem }) => `${where}: ${problem}`).join("; "));
    const bgp = load(tables, book);
    if (!bgp.ok) return bgp;
    const { global, neighbors, peerGroups, dynamicNeighbors } = bgp.value;
    const settled = { definedSets: withSettings(book).definedSets, policies: withSettings(book).policies };
    return this.#loaded({ ...file.config, global, neighbors, peerGroups, dynamicNeighbors, ...settled });
  }

  #loaded(config: Config): Result<Loaded, string> {
    const transports = TransportTable.of(config);
    if (!transports.ok) return transports;
    const policies = PolicyTable.compile(config.definedSets, config.policies);
    if (!policies.ok) return fail(policies.error.map(({ where, problem }) => `${where}: ${problem}`).join("; "));
    const { document } = this.#file;
    return ok({ config, document, transports: transports.value, policies: policies.value, warnings: "", notes: [] });
  }
}

/** What the tables mean, judged as a file is. Policies are there by name only: they are judged by themselves. */
function load(tables: Tables, book: PolicyBook): Result<Config, string> {
  const document = {
    global: tables.global,
    "peer-groups": [...tables.groups.values()],
    neighbors: [...tables.neighbors.values()],
    "dynamic-neighbors": [...tables.dynamic.values()],
    "policy-definitions": book.policies.map(({ name }) => ({ name })),
  };
  const loaded = loadDocument(document, "API");
  if (loaded.ok) return ok(loaded.config);
  return fail(
    loaded.errors.map(({ message, help }) => (help === undefined ? message : `${message}; ${help}`)).join("; "),
  );
}

function tablesOf(document: Document): Tables {
  const list = (key: string) => (document[key] ?? []) as readonly Document[];
  const named = (key: string, nameOf: (config: Document) => string) =>
    new Map(list(key).map((table) => [nameOf((table["config"] ?? {}) as Document), table]));
  return {
    global: (document["global"] ?? {}) as Document,
    neighbors: named("neighbors", (config) => addressText(String(config["neighbor-address"]))),
    groups: named("peer-groups", (config) => String(config["peer-group-name"])),
    dynamic: named("dynamic-neighbors", (config) => parsePrefix(String(config["prefix"]))?.toString() ?? ""),
  };
}

function addressText(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

function edited(tables: Tables, edit: ConfigEdit): Tables {
  switch (edit.type) {
    case "start":
      return { ...tables, global: { ...edit.global, ...policiesOf(tables.global) } };
    case "neighbor":
      return { ...tables, neighbors: put(tables.neighbors, edit.address, edit.table) };
    case "peer-group":
      return { ...tables, groups: put(tables.groups, edit.name, edit.table) };
    case "dynamic-neighbor": {
      const { prefix, peerGroup } = edit;
      const table = peerGroup === undefined ? undefined : { config: { prefix, "peer-group": peerGroup } };
      return { ...tables, dynamic: put(tables.dynamic, prefix, table) };
    }
    default:
      return edit satisfies never;
  }
}

const policiesOf = (global: Document): Document =>
  global["apply-policy"] === undefined ? {} : { "apply-policy": global["apply-policy"] };

function put<T>(map: ReadonlyMap<string, T>, name: string, value: T | undefined): ReadonlyMap<string, T> {
  const changed = new Map(map);
  if (value === undefined) changed.delete(name);
  else changed.set(name, value);
  return changed;
}

const DISPOSITION = { accept: "accept-route", reject: "reject-route" } as const;

function withAssignments(global: Document, assignments: Assignments): Document {
  const { import: into, export: out } = assignments;
  const config = {
    "import-policy-list": into.policies,
    "export-policy-list": out.policies,
    "default-import-policy": DISPOSITION[into.defaultAction],
    "default-export-policy": DISPOSITION[out.defaultAction],
  };
  return { ...global, "apply-policy": { config } };
}

/** As text: these are trees of plain values. */
const isSame = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

const tablesText = ({ global, neighbors, groups, dynamic }: Tables) =>
  JSON.stringify([global, [...neighbors].sort(), [...groups].sort(), [...dynamic].sort()]);

/** What runs, with what differs between the former and the present file. */
function merged<T>(
  running: ReadonlyMap<string, T>,
  then: ReadonlyMap<string, T>,
  now: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  let result = running;
  for (const name of new Set([...then.keys(), ...now.keys()]))
    if (!isSame(then.get(name), now.get(name))) result = put(result, name, now.get(name));
  return result;
}

function bookOf({ definedSets, policies }: Config): PolicyBook {
  return { sets: definedSets, policies, loose: [] };
}

type Sets = PolicyBook["sets"];
type AnySet = Sets[keyof Sets][number];

function mapSets(sets: Sets, map: (kind: keyof Sets, list: readonly AnySet[]) => readonly AnySet[]): Sets {
  const kinds = Object.keys(sets) as (keyof Sets)[];
  return Object.fromEntries(kinds.map((kind) => [kind, map(kind, sets[kind])])) as unknown as Sets;
}

function mergedBook(running: PolicyBook, then: PolicyBook, now: PolicyBook): PolicyBook {
  const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
    new Map(list.map((one) => [one.name, one]));
  const lists = <T extends { readonly name: string }>(a: readonly T[], b: readonly T[], c: readonly T[]) => [
    ...merged(byName(a), byName(b), byName(c)).values(),
  ];
  return {
    sets: mapSets(running.sets, (kind, list) => lists(list, then.sets[kind], now.sets[kind])),
    policies: lists(running.policies, then.policies, now.policies),
    loose: running.loose,
  };
}

/** Sets and policies as a configuration has them: their text tells whether they have changed. */
function withSettings({ sets, policies }: PolicyBook): Pick<Config, "definedSets" | "policies"> {
  const settle = (one: object) => {
    const { settings: _, ...definition } = one as { readonly settings?: unknown };
    return { ...definition, settings: { definition: JSON.stringify(definition) } };
  };
  return {
    definedSets: mapSets(
      sets,
      (_, list) => list.map(settle) as unknown as readonly AnySet[],
    ) as unknown as Config["definedSets"],
    policies: policies.map(settle) as unknown as Config["policies"],
  };
}
