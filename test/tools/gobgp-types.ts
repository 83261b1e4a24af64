import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Protobuf from "protobufjs";

/**
 * TypeScript's view of GoBGP's messages as `LOAD_OPTIONS` of src/api/proto.ts gives them: field names in camelCase, enums
 * by name, absent messages null. Run as a program it writes proto/gobgp/gobgp.d.ts; a test holds it and the .proto files
 * together.
 *
 *     npx tsx test/tools/gobgp-types.ts
 */
const FOLDER = join(import.meta.dirname, "../../proto/gobgp");
const SCALARS: Readonly<Record<string, string>> = { bool: "boolean", string: "string", bytes: "Uint8Array" };
const GOOGLE: Readonly<Record<string, string>> = {
  "google.protobuf.Any": "Any",
  "google.protobuf.Timestamp": "Timestamp",
};

// protobufjs comes with @grpc/proto-loader, and is resolved from there.
const require = createRequire(createRequire(import.meta.url).resolve("@grpc/proto-loader"));
const protobuf = require("protobufjs") as typeof Protobuf;

/** The text of the `.d.ts`. */
export function gobgpTypes(): string {
  const root = new protobuf.Root();
  const resolve = root.resolvePath;
  root.resolvePath = (origin, target) =>
    target.startsWith("google/") ? resolve.call(root, origin, target) : join(FOLDER, target);
  root.loadSync(["gobgp.proto", "attribute.proto", "capability.proto"], { keepCase: false });
  root.resolveAll();
  const out = [
    "// Made from the .proto files by test/tools/gobgp-types.ts: change those, then run it again.",
    "",
    "export interface Any {\n  readonly type_url: string;\n  readonly value: Uint8Array;\n}",
    "",
    "export interface Timestamp {\n  readonly seconds: number;\n  readonly nanos: number;\n}",
  ];
  for (const item of (root.lookup("apipb") as Protobuf.Namespace).nestedArray) emit(item, out);
  return `${out.join("\n")}\n`;
}

function emit(item: Protobuf.ReflectionObject, out: string[]): void {
  if (item instanceof protobuf.Enum) {
    out.push(
      "",
      `export type ${nameOf(item)} = ${Object.keys(item.values)
        .map((name) => `"${name}"`)
        .join(" | ")};`,
    );
    return;
  }
  if (!(item instanceof protobuf.Type)) return;
  for (const inner of item.nestedArray) emit(inner, out);
  const fields = item.fieldsArray.map((field) => `  readonly ${field.name}: ${typeOf(field)};`);
  if (fields.length === 0) out.push("", `export type ${nameOf(item)} = Readonly<Record<never, never>>;`);
  else out.push("", `export interface ${nameOf(item)} {`, ...fields, "}");
}

/** "PeerState.SessionState" becomes "PeerStateSessionState". */
function nameOf(item: Protobuf.ReflectionObject): string {
  return GOOGLE[item.fullName.slice(1)] ?? item.fullName.replace(".apipb.", "").replaceAll(".", "");
}

function typeOf(field: Protobuf.Field): string {
  const { resolvedType } = field;
  const one = resolvedType === null ? (SCALARS[field.type] ?? "number") : nameOf(resolvedType);
  if (field instanceof protobuf.MapField) return `Readonly<Record<string, ${one}>>`;
  if (field.repeated) return `readonly ${one}[]`;
  return resolvedType instanceof protobuf.Type ? `${one} | null` : one;
}

if (import.meta.filename === process.argv[1]) writeFileSync(join(FOLDER, "gobgp.d.ts"), gobgpTypes());
