/**
 * Writes the reference part of docs/configuration.md from the schema:
 *
 *     npx tsx test/tools/config-reference.ts
 *
 * What stands above the marker in that file is written by hand and kept.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schema } from "../../src/config/schema/index.ts";
import type { AnyKey, Children, Node, Table } from "../../src/config/schema-node.ts";
import { allKeys, formatValue } from "../../src/config/settings.ts";
import type { AnyType } from "../../src/config/values.ts";

export const DOCUMENT = join(import.meta.dirname, "../../docs/configuration.md");
const MARKER = "<!-- Below: generated from src/config/schema by test/tools/config-reference.ts -->";
/** Has the keys of `neighbors`; only its own are listed. */
const LIKE_NEIGHBORS = "peer-groups";

/** The document as it should be, given what it is. */
export function withReference(document: string): string {
  const at = document.indexOf(MARKER);
  if (at < 0) throw new Error(`${DOCUMENT} has no line "${MARKER}"`);
  return `${document.slice(0, at)}${MARKER}\n\n${reference()}`;
}

function reference(): string {
  const parts: string[] = ["## Reference\n"];
  for (const [name, node] of Object.entries(schema as Children)) {
    if (node.node === "key" || node.node === "later" || node.support !== "yes") continue;
    parts.push(`### ${name}\n`, `${node.doc}\n`);
    const children = name === LIKE_NEIGHBORS ? groupOnly(node.children) : node.children;
    parts.push(...tables(children, name, node.node === "list"));
  }
  parts.push(...later(), ...without("unsupported"), ...without("ignored"));
  return `${parts.join("\n")}\n`;
}

function groupOnly(children: Children): Children {
  const config = children["config"] as Table;
  const own = config.children["peer-group-name"] as Node;
  return { config: { ...config, children: { "peer-group-name": own } } };
}

/** A heading and a table of keys for each table that has keys of its own. */
function tables(children: Children, path: string, isList: boolean, doc?: string): string[] {
  const parts: string[] = [];
  const keys = Object.entries(children).filter(
    (entry): entry is [string, AnyKey] => entry[1].node === "key" && (entry[1].support ?? "yes") === "yes",
  );
  if (keys.length > 0) {
    parts.push(`#### \`${isList ? `[[${path}]]` : `[${path}]`}\`\n`);
    if (doc !== undefined) parts.push(`${doc}\n`);
    parts.push("| key | values | default | meaning | reload |", "| --- | --- | --- | --- | --- |");
    for (const [name, key] of keys) parts.push(row(name, key));
    parts.push("");
  }
  for (const [name, node] of Object.entries(children)) {
    if (node.node === "key" || node.node === "later" || node.support !== "yes") continue;
    parts.push(...tables(node.children, `${path}.${name}`, node.node === "list", node.doc));
  }
  return parts;
}

function row(name: string, key: AnyKey): string {
  const shown = key.own === true ? `\`${name}\` *` : `\`${name}\``;
  const cells = [shown, values(key.type), defaultOf(key), key.doc, key.reload];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function values(type: AnyType): string {
  if (type.kind === "list") return `array: ${values(type.of)}`;
  if (type.written === "boolean") return type.allowed;
  if (type.words !== undefined) return type.allowed;
  if (type.allowed.includes(type.name)) return type.allowed;
  return type.name === "integer" || type.name === "string" ? type.allowed : `${type.name}: ${type.allowed}`;
}

function defaultOf(key: AnyKey): string {
  if (key.defaultText !== undefined) return key.defaultText;
  if (key.default === undefined) return "-";
  const text = formatValue(key.type, key.default);
  const isText = key.type.kind === "scalar" && key.type.written === "string";
  return isText ? `"${text}"` : text;
}

function later(): string[] {
  const rows: string[] = [];
  const visit = (children: Children, path: string) => {
    for (const [name, node] of Object.entries(children)) {
      if (node.node === "later") rows.push(`| \`${path}${name}\` | ${node.doc} |`);
      else if (node.node !== "key") visit(node.children, `${path}${name}.`);
    }
  };
  visit(schema, "");
  const text = "Errors in this version: to ignore them would change what is announced.\n";
  return ["### Keys of later versions\n", text, "| key | part of |", "| --- | --- |", ...rows, ""];
}

/** Keys and whole tables that GoBGP knows and that do nothing here. */
function without(support: "ignored" | "unsupported"): string[] {
  const rows: string[] = [];
  const visit = (children: Children, path: string) => {
    for (const [name, node] of Object.entries(children)) {
      if (node.node === "later") continue;
      const at = `${path}${name}`;
      if (node.support === support) rows.push(`| \`${at}\` | ${node.doc} |`);
      else if (node.node !== "key" && node.support === "yes" && at !== LIKE_NEIGHBORS) visit(node.children, `${at}.`);
    }
  };
  visit(schema, "");
  const [title, text] =
    support === "ignored"
      ? ["### GoBGP's keys that do nothing here, nor would they\n", "Accepted without a word.\n"]
      : ["### GoBGP's keys that are not supported\n", "Accepted with a warning that names them.\n"];
  return [title, text, "| key | why |", "| --- | --- |", ...rows, ""];
}

/** Paths of all keys that do something, as in the reference: "neighbors[].config.peer-as". */
export function supportedKeys(): string[] {
  const isUsed = (path: string) => {
    let children: Children = schema;
    for (const part of path.split(".")) {
      const node = children[part.replace("[]", "")];
      if (node === undefined || node.node === "later" || (node.support ?? "yes") !== "yes") return false;
      if (node.node !== "key") children = node.children;
    }
    return true;
  };
  return [...allKeys(schema)].map(([path]) => path).filter(isUsed);
}

if (process.argv[1] === import.meta.filename) writeFileSync(DOCUMENT, withReference(readFileSync(DOCUMENT, "utf8")));
