/** DNS against a server of the test, which answers by what it is asked. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Probe } from "../../../../src/health/index.ts";
import { Bench, openDescriptors, until } from "./harness.ts";

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28 } as const;
type RecordType = keyof typeof TYPES;

const u16 = (...values: number[]) => values.flatMap((value) => [value >>> 8, value & 0xff]);
const u32 = (...values: number[]) => values.flatMap((value) => u16(value >>> 16, value & 0xffff));
const text = (value: string) => [value.length, ...Buffer.from(value)];
const name = (value: string) => [...value.split(".").flatMap(text), 0];

/** Answers by name: record data, or the RCODE; a name that is not here is not answered at all. */
const zone: Readonly<Record<string, { rcode?: number; data?: readonly (readonly number[])[] }>> = {
  "four.test": {
    data: [
      [192, 0, 2, 1],
      [192, 0, 2, 2],
    ],
  },
  "many.test": { data: [1, 2, 3, 4, 5].map((i) => [192, 0, 2, i]) },
  "six.test": { data: [[0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1]] },
  "alias.test": { data: [name("Target.example")] },
  "mail.test": { data: [[...u16(10), ...name("mx.example")]] },
  "text.test": { data: [[...text("v=one "), ...text("and two")]] },
  "zone.test": { data: [[...name("ns.example"), ...name("admin.example"), ...u32(2026, 1, 2, 3, 4)]] },
  "empty.test": { data: [] },
  "failed.test": { rcode: 2 },
  "missing.test": { rcode: 3 },
  "refused.test": { rcode: 5 },
};

const server = createSocket("udp4");
const questions: string[] = [];
server.on("message", (query, from) => {
  let end = 12;
  const labels: string[] = [];
  for (let length = query[end] as number; length > 0; length = query[end] as number) {
    labels.push(query.toString("latin1", end + 1, end + 1 + length));
    end += 1 + length;
  }
  const asked = labels.join(".").toLowerCase();
  const type = query.readUInt16BE(end + 1);
  questions.push(`${asked} ${type}`);
  const entry = zone[asked];
  if (entry === undefined) return;
  const records = (entry.data ?? []).flatMap((data) => [
    ...u16(0xc00c, type, 1),
    ...u32(60),
    ...u16(data.length),
    ...data,
  ]);
  const header = [...query.subarray(0, 2), 0x85, entry.rcode ?? 0, ...u16(1, entry.data?.length ?? 0, 0, 0)];
  server.send(Uint8Array.from([...header, ...query.subarray(12, end + 5), ...records]), from.port, from.address);
});
server.bind(0, "127.0.0.1");
let port = 0;
await until(() => {
  try {
    port = server.address().port;
  } catch {
    // Not bound yet.
  }
  return port !== 0;
}, "the server");

const bench = new Bench();
after(() => {
  bench.close();
  server.close();
});

function dns(asked: string, recordType: RecordType, expect?: string): Probe {
  return { type: "dns", server: "127.0.0.1", port, name: asked, recordType, expect };
}

test("any record of the type is success, and is told", async () => {
  assert.deepEqual(await bench.run(dns("four.test", "A")), {
    success: true,
    detail: "four.test A is 192.0.2.1, 192.0.2.2",
  });
  assert.equal((await bench.run(dns("many.test", "A"))).detail.endsWith("192.0.2.3 and 2 more"), true);
});

test("one of the answers must be what is expected", async () => {
  assert.equal((await bench.run(dns("four.test", "A", "192.0.2.2"))).success, true);
  assert.deepEqual(await bench.run(dns("four.test", "A", "192.0.2.9")), {
    success: false,
    detail: "four.test A is 192.0.2.1, 192.0.2.2, not 192.0.2.9",
  });
});

test("addresses are compared by value, names without case and final dot", async () => {
  for (const [asked, type, expect] of [
    ["six.test", "AAAA", "2001:DB8:0::1"],
    ["alias.test", "CNAME", "target.example."],
    ["alias.test", "NS", "TARGET.example"],
    ["mail.test", "MX", "10 mx.example"],
    ["text.test", "TXT", "v=one and two"],
    ["zone.test", "SOA", "ns.example admin.example 2026 1 2 3 4"],
  ] as const) {
    const { success, detail } = await bench.run(dns(asked, type, expect));
    assert.equal(success, true, detail);
  }
});

test("what the server says instead of an answer is told in words", async () => {
  for (const [asked, detail] of [
    ["missing.test", "no such name (NXDOMAIN)"],
    ["empty.test", "no record of that type"],
    ["failed.test", "the server failed (SERVFAIL)"],
    ["refused.test", "the server refused the query (REFUSED)"],
  ] as const)
    assert.deepEqual(await bench.run(dns(asked, "A")), { success: false, detail });
});

test("where nobody listens the connection is refused", async () => {
  const probe = { ...dns("four.test", "A"), port: 1 } as Probe;
  assert.deepEqual(await bench.run(probe), { success: false, detail: "connection refused" });
});

test("a server that is no address is a failure", async () => {
  const probe = { ...dns("four.test", "A"), server: "ns.example" } as Probe;
  assert.equal((await bench.run(probe)).success, false);
});

test("nothing is remembered: every run asks, and asks once", async () => {
  questions.length = 0;
  for (let i = 0; i < 3; i++) await bench.run(dns("four.test", "A"));
  assert.deepEqual(questions, ["four.test 1", "four.test 1", "four.test 1"]);
});

test("runs that are not answered are given up, at once and without a trace", async () => {
  const before = openDescriptors();
  questions.length = 0;
  const runs = Array.from({ length: 100 }, (_, i) => bench.start(dns(`silent${i}.test`, "A")));
  await until(() => questions.length >= runs.length, "all questions");
  for (const run of runs) bench.end(run);
  for (const run of runs) assert.deepEqual(await bench.answer(run), { success: false, detail: "no answer in time" });
  await setImmediate();
  assert.equal(openDescriptors(), before);
});
