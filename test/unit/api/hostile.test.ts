/** What a client may send and not send: every call gets its status, sessions and memory stay as they are. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import fc from "fast-check";
import { GobgpWorld } from "./gobgp-world.ts";

/** Draw others with CASES and SEED. */
const CASES = Number(process.env["CASES"] ?? 1_000);
const SEED = Number(process.env["SEED"] ?? 20261121);

let world: GobgpWorld;
before(async () => {
  world = await GobgpWorld.start();
});
after(() => world.stop());

/** Codes that say who is at fault, and why. INTERNAL and DEADLINE_EXCEEDED would be faults of ours. */
const FITTING = ["OK", "UNKNOWN", "INVALID_ARGUMENT", "UNIMPLEMENTED", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"];
/** Ends BGP for the calls that follow, or never ends by itself. */
const APART = ["StopBgp", "StartBgp", "WatchEvent"];

/** Octets that look like a message: fields of every type, nested, with numbers and texts at their limits. */
const message = fc.letrec<{ readonly message: Uint8Array; readonly field: Uint8Array }>((tie) => ({
  message: fc.array(tie("field"), { maxLength: 6 }).map((fields) => Buffer.concat(fields)),
  field: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .tuple(fc.integer({ min: 1, max: 21 }), fc.constantFrom(0, 1, 2, 127, 128, 0xffff_ffff))
      .map(([id, value]) => Buffer.concat([varint(id << 3), varint(value)])),
    fc
      .tuple(
        fc.integer({ min: 1, max: 21 }),
        fc.constantFrom("", "10.0.0.1", "10.0.0.0/8", "::", "global", "%", "\u0000", "x".repeat(70_000)),
      )
      .map(([id, text]) => lengthDelimited(id, Buffer.from(text))),
    fc.tuple(fc.integer({ min: 1, max: 21 }), tie("message")).map(([id, inner]) => lengthDelimited(id, inner)),
    fc
      .constantFrom("IPAddressPrefix", "OriginAttribute", "MpReachNLRIAttribute", "nothing")
      .map((type) =>
        Buffer.concat([
          lengthDelimited(1, Buffer.from(`type.googleapis.com/apipb.${type}`)),
          lengthDelimited(2, Buffer.of(8, 200, 1)),
        ]),
      ),
  ),
})).message;
const request = fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) });

function varint(value: number): Buffer {
  const octets: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 0x80);
  return Buffer.from([...octets, rest]);
}

const lengthDelimited = (id: number, value: Uint8Array) =>
  Buffer.concat([varint((id << 3) | 2), varint(value.length), value]);

test(`${CASES} generated calls get a fitting status, and the daemon answers the next one`, async () => {
  const methods = Object.keys(world.definition).filter((name) => !APART.includes(name));
  const bad: string[] = [];
  const property = fc.asyncProperty(fc.constantFrom(...methods), request, async (method, bytes) => {
    const { code, details } = await world.raw(method, [bytes]);
    // What the library cannot decode itself it answers with INTERNAL; what we decode by hand is INVALID_ARGUMENT.
    const isUndecoded = code === "INTERNAL" && /deserializ|index out of range|invalid (wire|tag|end)/i.test(details);
    if (!FITTING.includes(code) && !isUndecoded)
      bad.push(`${method} ${Buffer.from(bytes).toString("hex").slice(0, 200)}: ${code} ${details}`);
  });
  await fc.assert(property, { numRuns: CASES, seed: SEED });
  assert.deepEqual(bad, []);
  const { code } = await world.call("GetBgp", {});
  assert.equal(code, "OK");
  assert.equal(world.log.read(), null, "no fault of ours was logged");
});

test("a message beyond the limit is refused by its length", async () => {
  const answer = await world.raw("AddPath", [new Uint8Array(5 * 1024 * 1024)]);
  assert.equal(answer.code, "RESOURCE_EXHAUSTED");
});

test("a connection that says nonsense, and one that says nothing, hurt nobody", async () => {
  const nonsense = connect(world.path);
  const closed = new Promise<void>((resolve) => nonsense.once("close", () => resolve()));
  nonsense.on("error", () => {});
  nonsense.resume();
  nonsense.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
  const silent = connect(world.path);
  await closed;
  assert.equal((await world.call("GetBgp", {})).code, "OK");
  silent.destroy();
});

test("streams that are left half open end with their connection, and what they brought stays", async () => {
  const client = new grpc.Client(`unix://${world.path}`, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const { path, responseDeserialize } = world.definition["AddPathStream"] as ServiceDefinition[string];
  const calls = Array.from({ length: 100 }, () =>
    client.makeClientStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      responseDeserialize,
      () => {},
    ),
  );
  for (const call of calls) {
    call.on("error", () => {});
    call.write(Buffer.of(8, 0));
  }
  assert.equal((await world.call("GetBgp", {})).code, "OK");
  client.close();
  for (const call of calls) call.cancel();
  assert.equal((await world.call("GetBgp", {})).code, "OK");
});

/** AddPathRequest for 10.x.y.z/32 with a next hop: fields by hand, as the message is always the same but for the prefix. */
function addPath(number: number): Buffer {
  const prefix = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const any = (id: number, type: string, value: Uint8Array) =>
    lengthDelimited(
      id,
      Buffer.concat([lengthDelimited(1, Buffer.from(`type.googleapis.com/apipb.${type}`)), lengthDelimited(2, value)]),
    );
  const path = Buffer.concat([
    any(1, "IPAddressPrefix", Buffer.concat([Buffer.of(8, 32), lengthDelimited(2, Buffer.from(prefix))])),
    any(2, "OriginAttribute", Buffer.of()),
    any(2, "NextHopAttribute", lengthDelimited(1, Buffer.from("192.0.2.1"))),
    lengthDelimited(9, Buffer.of(8, 1, 16, 1)),
  ]);
  return lengthDelimited(3, path);
}

test("of 500 watchers those that read see everything, those that do not are ended, and memory is bounded", async () => {
  const WATCHERS = 500;
  const ROUTES = 200;
  // A connection has at most 256 calls; those that read have connections of their own.
  const clients = Array.from(
    { length: 4 },
    () =>
      new grpc.Client(`unix://${world.path}`, grpc.credentials.createInsecure(), {
        "grpc.use_local_subchannel_pool": 1,
      }),
  );
  const { path, requestSerialize } = world.definition["WatchEvent"] as ServiceDefinition[string];
  const seen = new Array<number>(WATCHERS).fill(0);
  const watch = requestSerialize({ table: { filters: [{ type: "BEST", init: false }] } });
  const calls = seen.map((_, i) => {
    const call = (clients[i % 4] as grpc.Client).makeServerStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      watch,
    );
    call.on("error", () => {});
    if (i % 2 === 0) call.on("data", () => (seen[i] = (seen[i] as number) + 1));
    else call.pause();
    return call;
  });
  await until(() => world.daemon.watch.count === WATCHERS);
  const before = process.memoryUsage().rss;
  await world.raw(
    "AddPathStream",
    Array.from({ length: ROUTES }, (_, i) => addPath(i)),
  );
  await until(
    () => seen.every((count, i) => i % 2 === 1 || count === ROUTES),
    () => `seen: ${seen.filter((_, i) => i % 2 === 0).join()}`,
  );
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
  assert.equal(grown < 400, true, `${Math.round(grown)} MiB more, client and server in one process`);
  assert.equal((await world.call("GetBgp", {})).code, "OK");
  for (const call of calls) call.cancel();
  for (const client of clients) client.close();
  await until(() => world.daemon.watch.count === 0);
});

/** A hundred thousand messages through one process: half a minute is little on a busy machine. */
const PATIENCE_MS = 120_000;

async function until(condition: () => boolean, explain = () => ""): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${condition}: ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
