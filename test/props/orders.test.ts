import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeRecord, encodeRecord, type HeldVip, type Order } from "../../src/daemon/orders.ts";

const text = fc.string({ unit: "binary", maxLength: 20 });
const since = fc.integer({ min: 0, max: 4_102_444_800_000 });
const order: fc.Arbitrary<Order> = fc.record(
  {
    kind: fc.constantFrom("drain-node", "drain-vip", "down-vip", "drain-neighbor", "disable-neighbor"),
    name: text,
    since,
    maxConcurrent: fc.integer({ min: 1, max: 1_000_000 }),
    text,
  },
  { requiredKeys: ["kind", "name", "since"], noNullPrototype: true },
);
const held: fc.Arbitrary<HeldVip> = fc.record(
  { vip: text, step: fc.constantFrom("none", "gshut"), since },
  { noNullPrototype: true },
);
const record = fc.record({ orders: fc.array(order), held: fc.array(held) }, { noNullPrototype: true });

test("what is kept of an operator's orders is read as it was written", () => {
  fc.assert(
    fc.property(record, (given) => {
      assert.deepEqual(decodeRecord(encodeRecord(given)), { ok: true, value: given });
    }),
    { numRuns: 300 },
  );
});

test("no text throws, whatever it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (given) => {
      assert.equal(typeof decodeRecord(given).ok, "boolean");
    }),
    { numRuns: 300 },
  );
});
