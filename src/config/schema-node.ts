import type { Effect } from "./config.ts";
import { type AnyType, listOf, type Scalar } from "./values.ts";

/**
 * The language of the schema. A schema is a tree that mirrors the file: tables, arrays of tables, keys. One row per key
 * says everything about it, and validation, defaults, the reference page and the reload classification are read from
 * that row; the TypeScript types of a file that was read are inferred from it too.
 */

/** What becomes of a key. "ignored": known to GoBGP, without meaning here. "unsupported": ignored, with a warning. */
export type Support = "yes" | "ignored" | "unsupported";

export interface KeyMeta {
  /** Meaning, and what more and less of it costs. A sentence or two. */
  readonly doc: string;
  /** What a change does to the session concerned. */
  readonly reload: Effect;
  /** Left out: "yes". */
  readonly support?: Support;
  /** Not known to GoBGP 3.10. */
  readonly own?: true;
  /** The value must not be shown. */
  readonly secret?: true;
  /** The default in words, when it is not one value. */
  readonly defaultText?: string;
}

export interface Key<T, HasDefault extends boolean = boolean> extends KeyMeta {
  readonly node: "key";
  readonly type: AnyType;
  readonly default: T | undefined;
  /** For the type checker alone. */
  readonly hasDefault: HasDefault;
}

export interface Table<C extends Children = Children> {
  readonly node: "table";
  readonly doc: string;
  readonly support: Support;
  readonly own: boolean;
  readonly children: C;
}

export interface TableList<C extends Children = Children> {
  readonly node: "list";
  readonly doc: string;
  readonly support: Support;
  readonly own: boolean;
  readonly children: C;
}

/** A key or table of a later version: an error that says so, since to ignore it would change what is announced. */
export interface Later {
  readonly node: "later";
  readonly doc: string;
}

export type Node = AnyKey | Table | TableList | Later;
// biome-ignore lint/suspicious/noExplicitAny: a key of any type; `unknown` would not accept a key's `default`
export type AnyKey = Key<any, boolean>;
export interface Children {
  readonly [name: string]: Node;
}

export interface TableMeta {
  readonly support?: Support;
  readonly own?: true;
}

/** A key with a default. */
export function key<T>(type: Scalar<T>, meta: KeyMeta & { readonly default: NoInfer<T> }): Key<T, true>;
/** A key that may be absent. */
export function key<T>(type: Scalar<T>, meta: KeyMeta): Key<T, false>;
export function key<T>(type: Scalar<T>, meta: KeyMeta & { readonly default?: T }): Key<T> {
  return {
    node: "key",
    type,
    hasDefault: meta.default !== undefined,
    default: undefined,
    ...meta,
  };
}

/** A key whose value is an array. */
export function listKey<E>(
  of: Scalar<E>,
  meta: KeyMeta & { readonly default: readonly NoInfer<E>[] },
): Key<readonly E[], true>;
export function listKey<E>(of: Scalar<E>, meta: KeyMeta): Key<readonly E[], false>;
export function listKey<E>(of: Scalar<E>, meta: KeyMeta & { readonly default?: readonly E[] }): Key<readonly E[]> {
  return {
    node: "key",
    type: listOf(of),
    hasDefault: meta.default !== undefined,
    default: undefined,
    ...meta,
  };
}

export function table<const C extends Children>(doc: string, children: C, meta: TableMeta = {}): Table<C> {
  return { node: "table", doc, ...common(children, meta) };
}

export function tableList<const C extends Children>(doc: string, children: C, meta: TableMeta = {}): TableList<C> {
  return { node: "list", doc, ...common(children, meta) };
}

/** In a table of our own every key is. */
function common<C extends Children>(children: C, meta: TableMeta) {
  const { support = "yes" } = meta;
  const own = meta.own ?? false;
  if (!own) return { children, support, own };
  const marked = Object.entries(children).map(([name, node]) => [
    name,
    node.node === "key" ? { ...node, own: true } : node,
  ]);
  return { children: Object.fromEntries(marked) as C, support, own };
}

/** GoBGP's habit: every table holds its keys in a table `config`. */
export function configTable<const C extends Children>(doc: string, children: C, meta: TableMeta = {}) {
  return table(doc, { config: table(doc, children, meta) }, meta);
}

export const later = (doc: string): Later => ({ node: "later", doc });

/** What was written, validated; absent where it was not written or was wrong. */
export type Given<N> =
  N extends Key<infer T, boolean>
    ? T
    : N extends Table<infer C>
      ? GivenTable<C>
      : N extends TableList<infer C>
        ? readonly GivenTable<C>[]
        : never;
export type GivenTable<C extends Children> = { readonly [K in keyof C]?: Given<C[K]> | undefined };

/** The same with every default filled in: tables are there, arrays of tables perhaps empty. */
export type Filled<N> =
  N extends Key<infer T, infer D>
    ? D extends true
      ? T
      : T | undefined
    : N extends Table<infer C>
      ? FilledTable<C>
      : N extends TableList<infer C>
        ? readonly FilledTable<C>[]
        : never;
export type FilledTable<C extends Children> = { readonly [K in keyof C]: Filled<C[K]> };

type Tree = Readonly<Record<string, unknown>>;

/** Fills in the defaults of a table's schema. */
export function fill<C extends Children>(children: C, given: GivenTable<C>): FilledTable<C> {
  const tree: Tree = given;
  const filled: Record<string, unknown> = {};
  for (const [name, node] of Object.entries(children)) {
    const value = tree[name];
    if (node.node === "key") filled[name] = value ?? node.default;
    else if (node.node === "table") filled[name] = fill(node.children, (value ?? {}) as GivenTable<Children>);
    else if (node.node === "list")
      filled[name] = ((value ?? []) as GivenTable<Children>[]).map((item) => fill(node.children, item));
  }
  return filled as FilledTable<C>;
}

/** `own` with everything it does not say taken from `base`: key by key in tables; arrays of tables as a whole. */
export function inherit<C extends Children>(children: C, own: GivenTable<C>, base: Tree): GivenTable<C> {
  const tree: Tree = own;
  const merged: Record<string, unknown> = {};
  for (const [name, node] of Object.entries(children)) {
    if (node.node === "table")
      merged[name] = inherit(node.children, (tree[name] ?? {}) as GivenTable<Children>, (base[name] ?? {}) as Tree);
    else merged[name] = tree[name] ?? base[name];
  }
  return merged as GivenTable<C>;
}
