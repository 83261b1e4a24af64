import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeMessage,
  encodeMessage,
  encodePushPull,
  type Message,
  type NodeState,
  StreamDecoder,
  WIRE_STATES,
} from "../../src/gossip/wire/index.ts";
import { lzwDecode, lzwEncode } from "../../src/gossip/wire/lzw.ts";
import { Address } from "../../src/lib/address.ts";

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u8 = fc.integer({ min: 0, max: 255 });
const port = fc.integer({ min: 1, max: 65535 });
const octets = (maxLength: number) => fc.uint8Array({ maxLength });
// U+FFFD stands for what was not UTF-8, and control characters are not for names.
const name = fc
  .string({ minLength: 1, maxLength: 60, unit: "binary" })
  .filter((s) => !/[\p{Cc}\p{Cs}\ufffd]/u.test(s) && s.length > 0);
const address = fc.oneof(
  u32.map((w) => new Address(4, w)),
  fc.tuple(u32, u32, u32, u32).map((w) => new Address(6, w[0] | 1, w[1], w[2], w[3])),
);
const endpoint = record({ address, port });
const versions = record({
  protocolMin: fc.integer({ min: 1, max: 3 }),
  protocolMax: fc.integer({ min: 3, max: 9 }),
  protocol: u8,
  delegateMin: u8,
  delegateMax: u8,
  delegate: u8,
});
const source = fc.option(record({ endpoint, node: name }), { nil: undefined });
const claim = {
  node: name,
  endpoint,
  incarnation: u32,
  meta: octets(600),
  versions: fc.option(versions, { nil: undefined }),
};
const accusation = record({ incarnation: u32, node: name, from: name });
const message: fc.Arbitrary<Message> = fc.oneof(
  record({ type: fc.constant("ping" as const), seqNo: u32, node: name, source }),
  record({
    type: fc.constant("indirectPing" as const),
    seqNo: u32,
    target: endpoint,
    node: name,
    nack: fc.boolean(),
    source,
  }),
  record({ type: fc.constant("ack" as const), seqNo: u32, payload: octets(300) }),
  record({ type: fc.constant("nack" as const), seqNo: u32 }),
  accusation.map((a) => ({ type: "suspect" as const, ...a })),
  accusation.map((a) => ({ type: "dead" as const, ...a })),
  record({ type: fc.constant("alive" as const), ...claim }),
  record({ type: fc.constant("user" as const), payload: octets(300) }),
  record({ type: fc.constant("error" as const), error: fc.string({ maxLength: 200 }) }),
);
const node: fc.Arbitrary<NodeState> = record({ ...claim, state: fc.constantFrom(...WIRE_STATES) });

test("any message survives encoding and decoding", () => {
  fc.assert(
    fc.property(message, (m) => assert.deepEqual(decodeMessage(encodeMessage(m)), { ok: true, value: m })),
    { numRuns: 2000 },
  );
});

test("any push/pull survives, whatever the chunks", () => {
  const runs = fc.property(
    fc.array(node, { maxLength: 12 }),
    octets(500),
    fc.boolean(),
    fc.integer({ min: 1, max: 2000 }),
    (nodes, userState, join, step) => {
      const value = { type: "pushPull" as const, join, nodes, userState };
      const bytes = encodePushPull(value);
      const decoder = new StreamDecoder(
        { label: new Uint8Array(0), compress: false, encryption: undefined },
        false,
        99,
      );
      for (let at = 0; at < bytes.length; at += step) {
        const result = decoder.push(bytes.slice(at, at + step));
        assert.deepEqual(result, { ok: true, value: at + step >= bytes.length ? value : undefined });
      }
    },
  );
  fc.assert(runs, { numRuns: 300 });
});

test("any octets survive compression", () => {
  const any = fc.oneof(
    octets(5000),
    fc.array(fc.constantFrom(1, 2), { maxLength: 9000 }).map((a) => Uint8Array.from(a)),
  );
  fc.assert(
    fc.property(any, (plain) =>
      assert.deepEqual(lzwDecode(lzwEncode(plain), plain.length), { ok: true, value: plain }),
    ),
    { numRuns: 200 },
  );
});
