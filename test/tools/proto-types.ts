import { readFileSync, writeFileSync } from "node:fs";

/**
 * TypeScript's view of a proto3 file of ours, as `@grpc/proto-loader` gives and takes its messages with the options
 * of src/api/proto.ts (field names in camelCase, enums as names, longs as numbers, defaults filled in): one
 * interface a message, one union an enum, with the file's comments. Run as a program it writes `FILE.d.ts` beside
 * `FILE.proto`; a test holds the two together.
 *
 *     npx tsx test/tools/proto-types.ts proto/holdfast/v1/holdfast.proto
 */
const SCALARS: Readonly<Record<string, string>> = {
  double: "number",
  float: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  uint64: "number",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
};

const OPENING = /^(message|enum|oneof|service)\s+(\w+)\s*\{(\})?$/;
const FIELD = /^(optional |repeated )?(map<\w+, \w+>|\w+) (\w+) = \d+;$/;
const VALUE = /^([A-Z][A-Z0-9_]*) = \d+;$/;

/** The text of the `.d.ts` for the text of a `.proto`. Throws on what it does not know. */
export function protoTypes(proto: string): string {
  const out = ["// Made from holdfast.proto by test/tools/proto-types.ts: change that file, then run it again."];
  let comment: string[] = [];
  const open: { readonly kind: string; readonly name: string; readonly values: string[] }[] = [];
  const write = (line: string) => {
    out.push(...docOf(comment, line.startsWith("  ") ? "  " : ""), line);
    comment = [];
  };
  for (const line of proto.split("\n").map((text) => text.trim())) {
    const opening = OPENING.exec(line);
    const inner = open.at(-1);
    if (line.startsWith("//")) comment.push(line.slice(2).trim());
    else if (opening !== null) {
      const [, kind, name, closed] = opening as unknown as [string, string, string, string | undefined];
      if (kind === "message") {
        out.push("");
        write(
          closed === undefined ? `export interface ${name} {` : `export type ${name} = Readonly<Record<never, never>>;`,
        );
      } else comment = [];
      if (closed === undefined) open.push({ kind, name, values: [] });
    } else if (line === "}") {
      open.pop();
      if (inner?.kind === "message") out.push("}");
      if (inner?.kind === "enum") out.push("", `export type ${inner.name} = ${inner.values.join(" | ")};`);
    } else if (inner?.kind === "enum" && VALUE.test(line)) inner.values.push(`"${(VALUE.exec(line) as string[])[1]}"`);
    else if (inner?.kind === "message" || inner?.kind === "oneof") {
      const field = FIELD.exec(line);
      if (field !== null) write(fieldOf(field, inner.kind === "oneof"));
      else if (line !== "") throw new Error(`not understood: ${line}`);
    } else comment = [];
  }
  return `${out.join("\n")}\n`;
}

function fieldOf([, label, type, name]: RegExpExecArray, isChoice: boolean): string {
  const camel = (name as string).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const map = /^map<\w+, (\w+)>$/.exec(type as string);
  if (map !== null) return `  readonly ${camel}: Readonly<Record<string, ${SCALARS[map[1] as string] ?? map[1]}>>;`;
  const typescript = SCALARS[type as string] ?? type;
  if (label === "repeated ") return `  readonly ${camel}: readonly ${typescript}[];`;
  if (label === "optional " || isChoice) return `  readonly ${camel}?: ${typescript} | undefined;`;
  return `  readonly ${camel}: ${typescript};`;
}

function docOf(comment: readonly string[], indent: string): string[] {
  if (comment.length === 0) return [];
  if (comment.length === 1) return [`${indent}/** ${comment[0]} */`];
  return [`${indent}/**`, ...comment.map((line) => `${indent} * ${line}`), `${indent} */`];
}

const file = process.argv[2];
if (import.meta.filename === process.argv[1] && file !== undefined)
  writeFileSync(file.replace(/\.proto$/, ".d.ts"), protoTypes(readFileSync(file, "utf8")));
