import assert from "node:assert/strict";
import { test } from "node:test";
import { compressMessage } from "../../../../src/gossip/wire/compression.ts";
import {
  type Aead,
  decryptPayload,
  type EncryptionVersion,
  type Envelope,
  encodeCompound,
  encodePushPull,
  encryptPayload,
  KeyRing,
  openPacket,
  type PushPull,
  packetRoom,
  StreamDecoder,
  sealPacket,
  sealStream,
} from "../../../../src/gossip/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import { testAead } from "./aead.ts";

const text = (s: string) => new TextEncoder().encode(s);
const none = new Uint8Array(0);
const ALIVE =
  "0486a441646472a47f000001ab496e6361726e6174696f6e01a44d657461a16da44e6f6465a161a4506f7274cd1f0aa356736ea6010502000000";
const DEAD = "0583a446726f6da161ab496e6361726e6174696f6e02a44e6f6465a162";
const COMPOUND = `0702003a001d${ALIVE}${DEAD}`;
const COMPRESSED =
  "0982a4416c676f00a3427566da005e000f0800a0034007028648052143460ea93f0000045895c4cd983072dc84a193e68d9b00a49a94a11326541b524ede9029132a0c29286fe4d069f641c1282b73dc980a506060c40283481991f3a64d4b8a16316ae4e851004a952cc50404";
const key = text("0123456789abcdef");
const key2 = text("fedcba9876543210");
const plain: Envelope = { label: none, compress: false, encryption: undefined };

function encrypted(keys: Uint8Array[], change: Partial<Envelope["encryption"] & object> = {}, label = ""): Envelope {
  const encryption = { aead: testAead(), keys: new KeyRing(keys), version: 1 as EncryptionVersion };
  return {
    label: text(label),
    compress: true,
    encryption: { ...encryption, verifyIncoming: true, verifyOutgoing: true, ...change },
  };
}

const hexes = (envelope: Envelope, packet: Uint8Array) => {
  const opened = openPacket(envelope, packet);
  return opened.ok ? opened.value.messages.map(toHex) : opened.error;
};

test("a compound and its compressed form are octet for octet memberlist's", () => {
  assert.equal(toHex(encodeCompound([fromHex(ALIVE), fromHex(DEAD)])), COMPOUND);
  assert.equal(toHex(compressMessage(fromHex(COMPOUND))), COMPRESSED);
});

test("a compressed compound opens to its messages", () => {
  assert.deepEqual(hexes(plain, fromHex(COMPRESSED)), [ALIVE, DEAD]);
});

test("a compound that was cut yields its whole parts and counts the others", () => {
  const opened = openPacket(plain, fromHex(COMPOUND).subarray(0, -1));
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.messages.map(toHex), [ALIVE]);
  assert.equal(opened.value.faults, 1);
  for (let n = 0; n < COMPOUND.length / 2; n++)
    assert.equal(openPacket(plain, fromHex(COMPOUND).subarray(0, n)).ok, true);
});

test("encryption agrees with Go's, with and without padding", () => {
  const vectors: [EncryptionVersion, string][] = [
    [1, "013239738105df249653cbd39baea0010e3bfe3a36205e83a560129d7c2368c39962"],
    [0, "00750c6495da1a6ee3b0e3d1e3ef384a3d21ada59d46adc6143070a00e0bda5d9609aca48ccd44aa908279b424"],
  ];
  for (const [version, hex] of vectors) {
    const bytes = fromHex(hex);
    const aead = testAead(() => bytes.slice(1, 13));
    assert.deepEqual(decryptPayload(aead, [key2, key], bytes, none), { ok: true, value: text("hello") });
    assert.equal(toHex(encryptPayload(aead, key, version, text("hello"), none)), hex);
    for (let n = 0; n < bytes.length; n++)
      assert.equal(decryptPayload(aead, [key], bytes.subarray(0, n), none).ok, false);
    bytes[20] = (bytes[20] as number) ^ 1;
    assert.equal(decryptPayload(aead, [key], bytes, none).ok, false);
  }
});

test("a packet goes through every combination of layers", () => {
  const message = fromHex(COMPOUND);
  for (const label of ["", "x", "y".repeat(255)])
    for (const withCrc of [false, true])
      for (const version of [undefined, 0, 1] as const)
        for (const compress of [false, true]) {
          const base = version === undefined ? plain : encrypted([key], { version });
          const envelope = { ...base, compress, label: text(label) };
          const packet = sealPacket(envelope, message, withCrc);
          assert.deepEqual(hexes(envelope, packet), [ALIVE, DEAD]);
          const slack = (withCrc ? 5 : 0) + 2;
          assert.ok(compress || packet.length <= message.length + (1400 - packetRoom(envelope, 1400)) + slack);
        }
});

test("a wrong checksum, label or key is refused", () => {
  const packet = sealPacket(plain, fromHex(ALIVE), true);
  packet[packet.length - 1] = (packet[packet.length - 1] as number) ^ 1;
  assert.equal(hexes(plain, packet), "the checksum is wrong");
  const labelled = { ...plain, label: text("blue") };
  assert.equal(hexes(plain, sealPacket(labelled, fromHex(ALIVE), false)), "the label is not ours");
  assert.equal(hexes(labelled, fromHex(ALIVE)), "the label is not ours");
  assert.equal(hexes(plain, fromHex("f400")), "the label header is malformed");
  const other = sealPacket(encrypted([key2]), fromHex(ALIVE), false);
  assert.equal(hexes(encrypted([key]), other), "no installed key decrypts the payload");
  assert.deepEqual(hexes(encrypted([key, key2]), other), [ALIVE]);
  assert.equal(
    hexes(encrypted([key], {}, "a"), sealPacket(encrypted([key], {}, "b"), fromHex(ALIVE), false)),
    "the label is not ours",
  );
});

test("plaintext is taken only while a migration to encryption allows it", () => {
  assert.deepEqual(hexes(encrypted([key], { verifyIncoming: false }), fromHex(ALIVE)), [ALIVE]);
  assert.notDeepEqual(hexes(encrypted([key]), fromHex(ALIVE)), [ALIVE]);
  const silent = encrypted([key], { verifyOutgoing: false });
  assert.deepEqual(hexes(plain, sealPacket(silent, fromHex(ALIVE), false)), [ALIVE]);
});

test("a packet of nested bombs costs no more than its limit", () => {
  let bomb = compressMessage(new Uint8Array(200_000).fill(8));
  for (let i = 0; i < 3; i++) bomb = compressMessage(encodeCompound([bomb, bomb, bomb, bomb]));
  const opened = openPacket(plain, bomb);
  assert.ok(opened.ok);
  assert.ok(opened.value.messages.reduce((sum, m) => sum + m.length, 0) <= 256 * 1024);
  assert.ok(opened.value.faults > 0);
});

test("a packet of too many or too deeply nested messages is cut, not followed", () => {
  const many = encodeCompound(Array.from({ length: 255 }, () => Uint8Array.of(8)));
  const opened = openPacket(plain, encodeCompound(Array.from({ length: 20 }, () => many)));
  assert.ok(opened.ok);
  assert.equal(opened.value.messages.length, 2048);
  let deep: Uint8Array = Uint8Array.of(8);
  for (let i = 0; i < 20; i++) deep = encodeCompound([deep]);
  const cut = openPacket(plain, deep);
  assert.deepEqual(cut, { ok: true, value: { messages: [], faults: 1 } });
});

const sync: PushPull = { type: "pushPull", join: false, nodes: [], userState: text("state".repeat(100)) };

test("a stream goes through every combination of layers, in both directions and any chunks", () => {
  for (const label of ["", "blue"])
    for (const version of [undefined, 0, 1] as const)
      for (const compress of [false, true])
        for (const dialer of [false, true]) {
          const base = version === undefined ? plain : encrypted([key], { version });
          const envelope = { ...base, compress, label: text(label) };
          const bytes = sealStream(envelope, encodePushPull(sync), dialer);
          for (const step of [1, 7, bytes.length]) {
            const decoder = new StreamDecoder(envelope, !dialer, 5);
            for (let at = 0; at < bytes.length; at += step) {
              const result = decoder.push(bytes.slice(at, at + step));
              assert.deepEqual(result, { ok: true, value: at + step >= bytes.length ? sync : undefined });
            }
          }
        }
});

test("every truncation of a stream waits for more", () => {
  for (const envelope of [plain, { ...plain, compress: true }, encrypted([key])]) {
    const bytes = sealStream(envelope, encodePushPull(sync), true);
    for (let n = 0; n < bytes.length; n++)
      assert.deepEqual(new StreamDecoder(envelope, false, 5).push(bytes.subarray(0, n)), {
        ok: true,
        value: undefined,
      });
  }
});

const faultOf = (envelope: Envelope, bytes: Uint8Array) => {
  const result = new StreamDecoder(envelope, false, 100).push(bytes);
  return result.ok ? result.value : result.error;
};

test("a stream that is not for us says why", () => {
  const sealed = sealStream(encrypted([key]), encodePushPull(sync), true);
  assert.deepEqual(faultOf(plain, sealed), {
    text: "remote state is encrypted and encryption is not configured",
    tell: true,
  });
  assert.deepEqual(faultOf(encrypted([key2]), sealed), { text: "no installed key decrypts the payload", tell: true });
  assert.deepEqual(faultOf(encrypted([key]), encodePushPull(sync)), {
    text: "encryption is configured but remote state is not encrypted",
    tell: true,
  });
  assert.deepEqual(faultOf({ ...plain, label: text("x") }, encodePushPull(sync)), {
    text: "the label is not ours",
    tell: false,
  });
  assert.deepEqual(faultOf(plain, fromHex("0102")), { text: "message type 1 is not for streams", tell: true });
});

test("lengths on a stream are limited before anything is kept", () => {
  const told = (t: string) => ({ text: t, tell: true });
  assert.deepEqual(
    faultOf(plain, fromHex("0682a54e6f646573ce80000000ac5573657253746174654c656e00")),
    told("the push/pull has too many nodes"),
  );
  assert.deepEqual(
    faultOf(plain, fromHex("0682a54e6f64657300ac5573657253746174654c656ece01400001")),
    told("the user state is too long"),
  );
  assert.deepEqual(
    faultOf(plain, fromHex("0881aa557365724d73674c656ece01400001")),
    told("the user message is too long"),
  );
  assert.deepEqual(faultOf(encrypted([key]), fromHex("0a01400001")), told("the encrypted message is too long"));
  const longName = fromHex(
    `0682a54e6f64657301ac5573657253746174654c656e0081a44e616d65db00ffffff${"00".repeat(70_000)}`,
  );
  assert.deepEqual(faultOf(plain, longName), told("a text is too long"));
  const longMeta = fromHex(
    `0682a54e6f64657301ac5573657253746174654c656e0081a44d657461db00ffffff${"00".repeat(70_000)}`,
  );
  assert.deepEqual(faultOf(plain, longMeta), told("a node of the push/pull is too long"));
  const bomb = compressMessage(new Uint8Array(41 * 1024 * 1024));
  assert.deepEqual(faultOf(plain, bomb), told("decompressed data is too long"));
});

test("keys rotate: install, use, remove; the primary stays", () => {
  const ring = new KeyRing([key]);
  assert.equal(ring.install(key2).ok, true);
  assert.equal(ring.primary, ring.keys[0]);
  assert.deepEqual(ring.primary, key);
  assert.equal(ring.remove(key).ok, false);
  assert.equal(ring.use(key2).ok, true);
  assert.deepEqual(ring.keys, [key2, key]);
  assert.equal(ring.remove(key).ok, true);
  assert.deepEqual(ring.keys, [key2]);
  assert.equal(ring.use(key).ok, false);
  assert.equal(ring.install(text("short")).ok, false);
  assert.throws(() => new KeyRing([text("short")]), RangeError);
  for (let i = 0; i < 40; i++) ring.install(new Uint8Array(32).fill(i));
  assert.equal(ring.keys.length, KeyRing.keysMax);
});

test("the AEAD is called with the label as additional data on packets", () => {
  const seen: string[] = [];
  const inner = testAead();
  const seal: Aead["seal"] = (k, nonce, additional, bytes) => {
    seen.push(toHex(additional));
    return inner.seal(k, nonce, additional, bytes);
  };
  const aead: Aead = { ...inner, seal };
  sealPacket(encrypted([key], { aead }, "blue"), fromHex(ALIVE), false);
  const stream = sealStream(encrypted([key], { aead }, "blue"), encodePushPull(sync), false);
  assert.deepEqual(seen, [toHex(text("blue")), `${toHex(stream.subarray(0, 5))}${toHex(text("blue"))}`]);
});
