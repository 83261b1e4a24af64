import type { Effect, Settings } from "./config.ts";
import type { AnyKey, Children, FilledTable } from "./schema-node.ts";
import type { AnyType } from "./values.ts";

/** Effective values of a table as text, by key. Keys without meaning here are left out: a change of theirs is none. */
export function settingsOf<C extends Children>(children: C, filled: FilledTable<C>): Settings {
  const settings: Record<string, string> = {};
  collect(children, filled as Tree, "", settings);
  return settings;
}

type Tree = Readonly<Record<string, unknown>>;

function collect(children: Children, tree: Tree, prefix: string, settings: Record<string, string>): void {
  for (const [name, node] of Object.entries(children)) {
    if (node.node === "later" || (node.support ?? "yes") !== "yes") continue;
    const value = tree[name];
    if (value === undefined) continue;
    if (node.node === "table") collect(node.children, value as Tree, `${prefix}${name}.`, settings);
    else if (node.node === "key") settings[prefix + name] = formatValue(node.type, value);
    else
      for (const [index, item] of (value as Tree[]).entries())
        collect(node.children, item, `${prefix}${name}[${labelOf(item) ?? index}].`, settings);
  }
}

/** Families are known by their name, wherever they stand in the list. */
function labelOf(item: Tree): string | undefined {
  return (item["config"] as { "afi-safi-name"?: string } | undefined)?.["afi-safi-name"];
}

/** A value as it would be written, without quotes. */
export function formatValue(type: AnyType, value: unknown): string {
  if (type.kind === "list") return `[${(value as unknown[]).map((item) => formatValue(type.of, item)).join(", ")}]`;
  return type.format === undefined ? String(value) : type.format(value as never);
}

/** The key that a name in {@link Settings} stands for. */
export function keyOf(children: Children, name: string): AnyKey | undefined {
  let inner = children;
  for (const part of name.split(".")) {
    const node = inner[part.replace(/\[[^\]]*\]$/, "")];
    if (node === undefined || node.node === "later") return undefined;
    if (node.node === "key") return node;
    inner = node.children;
  }
  return undefined;
}

/** Every key of a schema with its path in the form of the documentation: "neighbors[].config.peer-as". */
export function* allKeys(children: Children, prefix = ""): Generator<readonly [path: string, key: AnyKey]> {
  for (const [name, node] of Object.entries(children)) {
    if (node.node === "key") yield [prefix + name, node];
    else if (node.node !== "later")
      yield* allKeys(node.children, `${prefix}${name}${node.node === "list" ? "[]" : ""}.`);
  }
}

const STRENGTH: readonly Effect[] = ["live", "soft", "reset", "restart"];

/** The strongest of some effects; "live" when there are none. */
export function strongest(effects: readonly Effect[]): Effect {
  return effects.reduce((a, b) => (STRENGTH.indexOf(b) > STRENGTH.indexOf(a) ? b : a), "live");
}
