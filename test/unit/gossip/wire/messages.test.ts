import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeMessage,
  encodeMessage,
  encodePushPull,
  type Message,
  type NodeState,
  type PushPull,
  StreamDecoder,
} from "../../../../src/gossip/wire/index.ts";
import { encodeStreamUser } from "../../../../src/gossip/wire/stream.ts";
import { Address } from "../../../../src/lib/address.ts";
import { fromHex, toHex, Writer } from "../../../../src/lib/bytes.ts";

const none = new Uint8Array(0);
const endpoint = { address: new Address(4, 0x7f000001), port: 7946 };
const versions = { protocolMin: 1, protocolMax: 5, protocol: 2, delegateMin: 0, delegateMax: 0, delegate: 0 };
const plain = { label: none, compress: false, encryption: undefined };

/** Made by go-msgpack 0.5.5 within memberlist 0.2.2. */
const VECTORS: readonly (readonly [string, Message])[] = [
  [
    "0085a44e6f6465a162a55365714e6fcd012caa536f7572636541646472a47f000001aa536f757263654e6f6465a161aa536f75726365506f7274cd1f0a",
    { type: "ping", seqNo: 300, node: "b", source: { endpoint, node: "a" } },
  ],
  ["0082a44e6f6465a0a55365714e6f01", { type: "ping", seqNo: 1, node: "", source: undefined }],
  [
    "0185a44e61636bc3a44e6f6465a162a4506f7274cd1f0aa55365714e6f07a6546172676574a47f000001",
    { type: "indirectPing", seqNo: 7, target: endpoint, node: "b", nack: true, source: undefined },
  ],
  ["0282a75061796c6f6164c0a55365714e6f07", { type: "ack", seqNo: 7, payload: none }],
  ["0282a75061796c6f6164a20102a55365714e6f07", { type: "ack", seqNo: 7, payload: Uint8Array.of(1, 2) }],
  ["0b81a55365714e6f07", { type: "nack", seqNo: 7 }],
  ["0d81a54572726f72a4626f6f6d", { type: "error", error: "boom" }],
  [
    "0383a446726f6da161ab496e6361726e6174696f6e02a44e6f6465a162",
    { type: "suspect", incarnation: 2, node: "b", from: "a" },
  ],
  [
    "0583a446726f6da161ab496e6361726e6174696f6e02a44e6f6465a162",
    { type: "dead", incarnation: 2, node: "b", from: "a" },
  ],
  [
    "0486a441646472a47f000001ab496e6361726e6174696f6e01a44d657461a16da44e6f6465a161a4506f7274cd1f0aa356736ea6010502000000",
    { type: "alive", node: "a", endpoint, incarnation: 1, meta: Uint8Array.of(0x6d), versions },
  ],
];

test("every message of memberlist decodes to what it says", () => {
  for (const [hex, message] of VECTORS) assert.deepEqual(decodeMessage(fromHex(hex)), { ok: true, value: message });
});

test("every message is encoded octet for octet as memberlist does", () => {
  for (const [hex, message] of VECTORS) assert.equal(toHex(encodeMessage(message)), hex);
});

test("every truncation of a message is refused, never thrown", () => {
  for (const [hex] of VECTORS) {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeMessage(bytes.subarray(0, length)).ok, false, `${hex} cut to ${length}`);
  }
});

test("octets after a message are ignored", () => {
  assert.equal(decodeMessage(fromHex("0b81a55365714e6f07ffff")).ok, true);
});

const node: NodeState = { node: "a", endpoint, incarnation: 1, meta: none, versions, state: "alive" };
const NODE =
  "87a441646472a47f000001ab496e6361726e6174696f6e01a44d657461c0a44e616d65a161a4506f7274cd1f0aa5537461746500a356736ea6010502000000";

test("a push/pull is encoded as memberlist does", () => {
  const bytes = encodePushPull({ type: "pushPull", join: true, nodes: [node, node], userState: new Uint8Array(300) });
  const header = "0683a44a6f696ec3a54e6f64657302ac5573657253746174654c656ecd012c";
  assert.equal(toHex(bytes), header + NODE + NODE + "00".repeat(300));
});

test("a push/pull decodes from any two chunks", () => {
  const bytes = fromHex(`0683a44a6f696ec3a54e6f64657302ac5573657253746174654c656e03${NODE}${NODE}010203`);
  for (let split = 0; split <= bytes.length; split++) {
    const decoder = new StreamDecoder(plain, false, 10);
    let result = decoder.push(bytes.subarray(0, split));
    if (split < bytes.length) {
      assert.deepEqual(result, { ok: true, value: undefined });
      result = decoder.push(bytes.subarray(split));
    }
    const expected: PushPull = { type: "pushPull", join: true, nodes: [node, node], userState: Uint8Array.of(1, 2, 3) };
    assert.deepEqual(result, { ok: true, value: expected });
  }
});

test("integers written signed by newer versions are read", () => {
  const decoder = new StreamDecoder(plain, false, 300);
  const header = fromHex("0683a44a6f696ec2a54e6f646573d1012cac5573657253746174654c656e00");
  assert.deepEqual(decoder.push(header), { ok: true, value: undefined });
  let result = decoder.push(none);
  for (let i = 0; i < 300; i++) result = decoder.push(fromHex(NODE));
  assert.ok(result.ok && result.value?.type === "pushPull");
  assert.equal(result.value.nodes.length, 300);
});

test("a user message over a stream has its length in front", () => {
  const bytes = encodeStreamUser(new TextEncoder().encode("hello"));
  assert.equal(toHex(bytes.subarray(0, 14)), "0881aa557365724d73674c656e05");
  const decoded = new StreamDecoder(plain, false, 1).push(bytes);
  assert.ok(decoded.ok && decoded.value?.type === "user");
  assert.equal(new TextDecoder().decode(decoded.value.payload), "hello");
});

/** An ack whose Payload and SeqNo are the given raw MessagePack. */
const ack = (payload: string, seqNo: string) => fromHex(`0282a75061796c6f6164${payload}a55365714e6f${seqNo}`);

test("octets are taken as raw, str8, bin, array and nil", () => {
  for (const payload of ["a20102", "d9020102", "c4020102", "c500020102", "da00020102", "db000000020102", "920102"]) {
    const decoded = decodeMessage(ack(payload, "07"));
    assert.ok(decoded.ok && decoded.value.type === "ack", payload);
    assert.deepEqual(decoded.value.payload, Uint8Array.of(1, 2));
  }
  assert.equal(decodeMessage(ack("c0", "07")).ok, true);
});

test("an integer is taken in any width that holds it, but not negative, not a float, not too large", () => {
  for (const good of [
    "07",
    "cc07",
    "cd0007",
    "ce00000007",
    "cf0000000000000007",
    "d007",
    "d10007",
    "d30000000000000007",
  ])
    assert.equal(decodeMessage(ack("c0", good)).ok, true, good);
  for (const bad of ["ff", "d0ff", "d1ffff", "ca40e00000", "cf0000000100000000", "a107"])
    assert.equal(decodeMessage(ack("c0", bad)).ok, false, bad);
});

test("keys may be str8 but not bin; unknown keys are skipped with all they hold; wrong case is unknown", () => {
  const nack = (hex: string) => decodeMessage(fromHex(`0b${hex}`));
  const seven = { ok: true, value: { type: "nack", seqNo: 7 } };
  assert.deepEqual(nack("81d9055365714e6f07"), seven);
  assert.equal(nack("81c4055365714e6f07").ok, false);
  assert.deepEqual(nack("82a17892c081a161cb0000000000000000a55365714e6f07"), seven);
  assert.deepEqual(nack("82a57365716e6f09a55365714e6f07"), seven);
  assert.deepEqual(nack("9107"), seven);
  assert.deepEqual(nack("de0001a55365714e6f07"), seven);
});

const aliveOf = (change: Partial<Record<"name" | "addr" | "vsn", Uint8Array>>) => {
  const raw = (bytes: Uint8Array) => toHex(new Writer().u8(0xd9).u8(bytes.length).bytes(bytes).toBytes());
  const {
    name = Uint8Array.of(0x61),
    addr = Uint8Array.of(127, 0, 0, 1),
    vsn = Uint8Array.of(1, 5, 2, 0, 0, 0),
  } = change;
  return decodeMessage(
    fromHex(
      `0485a441646472${raw(addr)}ab496e6361726e6174696f6e01a44e6f6465${raw(name)}a4506f727407a356736e${raw(vsn)}`,
    ),
  );
};

test("a claim that cannot be believed in form is refused", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  assert.equal(aliveOf({}).ok, true);
  assert.equal(aliveOf({ vsn: none }).ok, true);
  assert.equal(aliveOf({ vsn: Uint8Array.of(1, 5) }).ok, false);
  assert.equal(aliveOf({ vsn: Uint8Array.of(0, 5, 2, 0, 0, 0) }).ok, false);
  assert.equal(aliveOf({ addr: none }).ok, false);
  assert.equal(aliveOf({ addr: new Uint8Array(5) }).ok, false);
  assert.equal(aliveOf({ name: none }).ok, false);
  assert.equal(aliveOf({ name: text("a\nb") }).ok, false);
  assert.equal(aliveOf({ name: Uint8Array.of(0x61, 0xff) }).ok, false);
  assert.equal(aliveOf({ name: text("gw-ü.example") }).ok, true);
});

test("an IPv4 address in sixteen octets is the same address", () => {
  const decoded = aliveOf({ addr: fromHex("00000000000000000000ffff7f000001") });
  assert.ok(decoded.ok && decoded.value.type === "alive");
  assert.equal(decoded.value.endpoint.address.toString(), "127.0.0.1");
});
