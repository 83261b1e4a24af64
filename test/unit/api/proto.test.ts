import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type * as Protobuf from "protobufjs";
import { gobgpTypes } from "../../tools/gobgp-types.ts";

/** Where Debian's golang-github-osrg-gobgp-dev puts GoBGP's own files. */
const REFERENCE = "/usr/share/gocode/src/github.com/osrg/gobgp/api";
const OURS = join(import.meta.dirname, "../../../proto/gobgp");
const FILES = ["gobgp.proto", "attribute.proto", "capability.proto"];

const require = createRequire(createRequire(import.meta.url).resolve("@grpc/proto-loader"));
const protobuf = require("protobufjs") as typeof Protobuf;

/** Everything that is on the wire, a line each: services, messages, fields, enums. */
function wireOf(folder: string): string[] {
  const root = new protobuf.Root();
  const resolve = root.resolvePath;
  root.resolvePath = (origin, target) =>
    target.startsWith("google/") ? resolve.call(root, origin, target) : join(folder, target);
  root.loadSync(FILES, { keepCase: true });
  root.resolveAll();
  const lines: string[] = [];
  const visit = (item: Protobuf.ReflectionObject): void => {
    const name = item.fullName;
    if (item instanceof protobuf.Enum)
      lines.push(...Object.entries(item.values).map(([key, value]) => `enum ${name} ${key} = ${value}`));
    else if (item instanceof protobuf.Service)
      for (const rpc of item.methodsArray) {
        const stream = (is: boolean | undefined) => (is === true ? "stream " : "");
        lines.push(
          `rpc ${name}/${rpc.name} (${stream(rpc.requestStream)}${rpc.requestType}) (${stream(rpc.responseStream)}${rpc.responseType})`,
        );
      }
    else if (item instanceof protobuf.Type) {
      lines.push(`message ${name}`);
      for (const field of item.fieldsArray) {
        const type = field.resolvedType?.fullName ?? field.type;
        const key = field instanceof protobuf.MapField ? `map<${field.keyType}> ` : "";
        const label = field.repeated ? "repeated " : "";
        lines.push(`field ${name}.${field.name} = ${field.id} ${key}${label}${type} ${field.partOf?.name ?? ""}`);
      }
      item.nestedArray.forEach(visit);
    }
  };
  (root.lookup("apipb") as Protobuf.Namespace).nestedArray.forEach(visit);
  return lines.sort();
}

test("our proto files say the same on the wire as GoBGP's own", {
  skip: !existsSync(REFERENCE) && "not installed",
}, () => {
  const ours = wireOf(OURS);
  assert.deepEqual(ours, wireOf(REFERENCE));
  assert.equal(ours.filter((line) => line.startsWith("rpc ")).length, 55);
  assert.equal(ours.length > 1_000, true, `${ours.length} lines`);
});

test("the types of GoBGP's messages are those of the proto files", () => {
  assert.equal(readFileSync(join(OURS, "gobgp.d.ts"), "utf8"), gobgpTypes());
});
