import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord, describeOrder, encodeRecord, type Order } from "../../../src/daemon/orders.ts";

const SINCE = Date.UTC(2026, 10, 21, 13, 20, 5);

test("every order says what it is, since when, and what ends it", () => {
  const texts = (
    [
      { kind: "drain-node", name: "" },
      { kind: "drain-node", name: "", maxConcurrent: 1 },
      { kind: "drain-vip", name: "203.0.113.10/32" },
      { kind: "down-vip", name: "203.0.113.10/32" },
      { kind: "drain-neighbor", name: "192.0.2.1" },
      { kind: "disable-neighbor", name: "192.0.2.1", text: "new line card" },
    ] satisfies Omit<Order, "since">[]
  ).map((order) => describeOrder({ ...order, since: SINCE }));
  const since = "since 2026-11-21T13:20:05.000Z";
  assert.deepEqual(texts, [
    `this node is still drained, ${since}; \`holdfast undrain --node\` ends it`,
    `this node still waits for its turn to be drained, ${since}; \`holdfast undrain --node\` ends it`,
    `203.0.113.10/32 is still drained, ${since}; \`holdfast undrain 203.0.113.10/32\` ends it`,
    `203.0.113.10/32 is still taken down, ${since}; \`holdfast up 203.0.113.10/32\` ends it`,
    `neighbour 192.0.2.1 is still drained, ${since}; \`holdfast undrain --peer 192.0.2.1\` ends it`,
    `neighbour 192.0.2.1 is still disabled, ${since} (new line card); \`holdfast enable 192.0.2.1\` ends it`,
  ]);
});

test("a record with anything in it that is not known here is not read in part", () => {
  const order = { kind: "drain-vip", name: "203.0.113.10/32", since: SINCE };
  const held = { vip: "203.0.113.10/32", step: "gshut", since: SINCE };
  const good = JSON.stringify({ format: 1, orders: [order], held: [held] });
  assert.deepEqual(decodeRecord(good), { ok: true, value: { orders: [order], held: [held] } });
  const bad: unknown[] = [
    null,
    [],
    "drained",
    { format: 2, orders: [order], held: [] },
    { format: 1, orders: [order] },
    { format: 1, orders: { ...order }, held: [] },
    ...[null, { kind: "toString" }, { kind: "drain-moon" }, { name: 7 }, { since: "now" }, { since: 1e300 }].map(
      (change) => ({ format: 1, orders: [order, change && { ...order, ...change }], held: [] }),
    ),
    ...[{ maxConcurrent: 0 }, { text: 1 }].map((change) => ({
      format: 1,
      orders: [{ ...order, ...change }],
      held: [],
    })),
    ...[{ step: "withdraw" }, { vip: null }, { since: null }].map((change) => ({
      format: 1,
      orders: [order],
      held: [{ ...held, ...change }],
    })),
  ];
  for (const content of bad) assert.equal(decodeRecord(JSON.stringify(content)).ok, false, JSON.stringify(content));
  assert.equal(decodeRecord("").ok, false);
});

test("without orders there is a record all the same", () => {
  assert.deepEqual(decodeRecord(encodeRecord({ orders: [], held: [] })), { ok: true, value: { orders: [], held: [] } });
});
