import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeMessage,
  type Envelope,
  encodeCompound,
  encodePushPull,
  KeyRing,
  openPacket,
  StreamDecoder,
  sealPacket,
  sealStream,
} from "../../../../src/gossip/wire/index.ts";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { seededRng } from "../../../../src/lib/rng.ts";
import { testAead } from "./aead.ts";

/** GOSSIP_FUZZ=1000000 for the long run (about ten seconds). */
const COUNT = Number(process.env["GOSSIP_FUZZ"] ?? 100_000);
const SEED = Number(process.env["SEED"] ?? 1);
const none = new Uint8Array(0);
const plain: Envelope = { label: none, compress: false, encryption: undefined };
const key = new Uint8Array(16).fill(7);
const encryption = {
  aead: testAead(),
  keys: new KeyRing([key]),
  version: 1 as const,
  verifyIncoming: true,
  verifyOutgoing: true,
};

const MESSAGES = [
  "0085a44e6f6465a162a55365714e6fcd012caa536f7572636541646472a47f000001aa536f757263654e6f6465a161aa536f75726365506f7274cd1f0a",
  "0185a44e61636bc3a44e6f6465a162a4506f7274cd1f0aa55365714e6f07a6546172676574a47f000001",
  "0282a75061796c6f6164a20102a55365714e6f07",
  "0b81a55365714e6f07",
  "0383a446726f6da161ab496e6361726e6174696f6e02a44e6f6465a162",
  "0486a441646472a47f000001ab496e6361726e6174696f6e01a44d657461a16da44e6f6465a161a4506f7274cd1f0aa356736ea6010502000000",
].map(fromHex);
const NODE = {
  node: "a",
  endpoint: { address: addressOf(), port: 7 },
  incarnation: 3,
  meta: none,
  versions: undefined,
};

function addressOf() {
  const alive = decodeMessage(MESSAGES[5] as Uint8Array);
  assert.ok(alive.ok && alive.value.type === "alive");
  return alive.value.endpoint.address;
}

/** Flips, cuts, repeats and overwrites with the octets that matter in these formats. */
function mutate(rng: () => number, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const pick = (n: number) => Math.floor(rng() * n);
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(out.length);
    const kind = pick(4);
    if (kind === 0) out[at] = (out[at] as number) ^ (1 << pick(8));
    else if (kind === 1) out[at] = pick(256);
    else if (kind === 2)
      out[at] = [0, 0x7f, 0x80, 0xc0, 0xdb, 0xdd, 0xdf, 0xc6, 0xff, 7, 9, 12, 244][pick(13)] as number;
    else out.copyWithin(at, pick(out.length));
  }
  return rng() < 0.2 ? out.subarray(0, pick(out.length + 1)) : out;
}

test(`${COUNT} mutated packets are messages or refused, never thrown`, () => {
  const rng = seededRng(SEED);
  const compound = encodeCompound(MESSAGES);
  const sources = [
    ...MESSAGES,
    compound,
    sealPacket({ ...plain, compress: true }, compound, false),
    sealPacket({ ...plain, compress: true }, compound, true),
  ];
  let understood = 0;
  for (let i = 0; i < COUNT; i++) {
    const packet = mutate(rng, sources[i % sources.length] as Uint8Array);
    const opened = openPacket(plain, packet);
    if (opened.ok) for (const message of opened.value.messages) if (decodeMessage(message).ok) understood++;
  }
  // A mutation that leaves a message whole is common; if none did, the test would not reach the decoders.
  assert.ok(understood > COUNT / 10, `${understood} understood`);
});

test(`${COUNT / 20} mutated streams and encrypted packets are messages or refused, never thrown`, () => {
  const rng = seededRng(SEED + 1);
  const sync = encodePushPull({
    type: "pushPull",
    join: true,
    nodes: Array.from({ length: 5 }, () => ({ ...NODE, state: "alive" as const })),
    userState: new Uint8Array(20),
  });
  const envelopes: Envelope[] = [plain, { ...plain, compress: true }, { label: none, compress: false, encryption }];
  for (let i = 0; i < COUNT / 20; i++) {
    const envelope = envelopes[i % envelopes.length] as Envelope;
    const decoder = new StreamDecoder(envelope, true, 50);
    const bytes = mutate(rng, sealStream(envelope, sync, false));
    const half = Math.floor(rng() * bytes.length);
    const first = decoder.push(bytes.subarray(0, half));
    if (first.ok && first.value === undefined) decoder.push(bytes.subarray(half));
    assert.ok(decoder.buffered < 100_000);
    // What is inside an encryption that holds may be hostile as well: mutate before sealing.
    const inner = mutate(rng, MESSAGES[i % MESSAGES.length] as Uint8Array);
    const opened = openPacket(
      { label: none, compress: false, encryption },
      sealPacket({ ...plain, encryption }, inner, false),
    );
    if (opened.ok) for (const message of opened.value.messages) decodeMessage(message);
  }
});
