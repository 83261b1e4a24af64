/** Hostile packets and streams in a fleet that lives: whole nodes, in virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GossipConfig } from "../../src/gossip/index.ts";
import {
  type Envelope,
  encodeCompound,
  encodeMessage,
  encodePushPull,
  encodeStreamUser,
  KeyRing,
  type Message,
  sealPacket,
  sealStream,
} from "../../src/gossip/wire/index.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { testAead } from "../unit/gossip/wire/aead.ts";
import { GossipWorld, millis, seconds } from "./gossip-world.ts";

/** Of each kind of cluster; GOSSIP_FUZZ=1000000 for the long run. */
const COUNT = Number(process.env["GOSSIP_FUZZ"] ?? 20_000);
const SEED = Number(process.env["SEED"] ?? 1);
const MEMBERS_MAX = 40;
const GATEWAYS = ["gateway-one", "gateway-two", "gateway-three", "gateway-four"];
const NONE = new Uint8Array(0);
const VERSIONS = { protocolMin: 1, protocolMax: 5, protocol: 2, delegateMin: 0, delegateMax: 0, delegate: 0 };

/** What a stranger might say; of visitors only, for what is said of a gateway in plain text may be believed. */
function corpus(world: GossipWorld): { messages: Message[]; nodes: Parameters<typeof encodePushPull>[0]["nodes"] } {
  const source = { endpoint: world.endpoint(77), node: "visitor-a" };
  const claim = { node: "visitor-b", endpoint: world.endpoint(78), incarnation: 3, meta: NONE, versions: VERSIONS };
  const accusation = { node: "visitor-b", from: "visitor-a", incarnation: 3 };
  const messages: Message[] = [
    { type: "ping", seqNo: 300, node: "gateway-one", source },
    { type: "ping", seqNo: 301, node: "" },
    { type: "indirectPing", seqNo: 7, target: world.endpoint(79), node: "visitor-c", nack: true, source },
    { type: "ack", seqNo: 70_000, payload: Uint8Array.of(1, 2) },
    { type: "nack", seqNo: 7 },
    { type: "suspect", ...accusation },
    { type: "dead", ...accusation },
    { type: "alive", ...claim },
    { type: "user", payload: Uint8Array.of(1) },
  ];
  return { messages, nodes: [claim, { ...claim, node: "visitor-d" }].map((node) => ({ ...node, state: "alive" })) };
}

/** Flips, overwrites, repeats and cuts. */
function mutate(rng: Rng, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const pick = (n: number) => Math.floor(rng() * n);
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(out.length);
    const kind = pick(4);
    if (kind === 0) out[at] = (out[at] as number) ^ (1 << pick(8));
    else if (kind === 1) out[at] = pick(256);
    else if (kind === 2) out[at] = [0, 0x7f, 0xc0, 0xdb, 0xdf, 0xff, 7, 9, 10, 12, 244][pick(11)] as number;
    else out.copyWithin(at, pick(out.length));
  }
  return rng() < 0.2 ? out.subarray(0, pick(out.length + 1)) : out;
}

/** Four gateways, and COUNT mutated packets and streams at a thousand a second. */
function besiege(change: Partial<GossipConfig>, envelopes: readonly Envelope[]): GossipWorld {
  const world = new GossipWorld(SEED, { ...change, membersMax: MEMBERS_MAX });
  world.isKept = (event) => event.type === "gone" || event.type === "suspected";
  for (const [i, name] of GATEWAYS.entries()) {
    world.start(name, i + 1);
    world.join(name, [1]);
  }
  world.run(seconds(5));
  const rng = seededRng(SEED);
  const { messages, nodes } = corpus(world);
  const plain = messages.map(encodeMessage);
  plain.push(encodeCompound(plain));
  const state = encodePushPull({ type: "pushPull", join: true, nodes, userState: new Uint8Array(30) });
  const streams = [state, encodeStreamUser(new Uint8Array(50)), plain[0] as Uint8Array];
  for (let i = 0; i < COUNT; i++) {
    const target = GATEWAYS[world.int(GATEWAYS.length)] as string;
    const envelope = envelopes[i % envelopes.length] as Envelope;
    if (i % 10 === 0)
      world.intrude(
        target,
        77,
        mutate(rng, sealStream(envelope, streams[world.int(streams.length)] as Uint8Array, true)),
      );
    else {
      const message = plain[world.int(plain.length)] as Uint8Array;
      // With the right key, what is inside may be hostile just as well.
      const inner = rng() < 0.5 ? mutate(rng, message) : message;
      const sealed = sealPacket(envelope, inner, rng() < 0.3);
      const bytes = inner === message ? mutate(rng, sealed) : sealed;
      world.give(target, { type: "packet", from: world.endpoint(77), bytes });
    }
    world.run(world.now + millis(1));
    if (i % 1000 === 0) assert.deepEqual(gatewaysLost(world), [], `SEED=${SEED} after ${i}`);
  }
  return world;
}

/** Gateways that a gateway does not hold for alive. */
function gatewaysLost(world: GossipWorld): string[] {
  return GATEWAYS.flatMap((by) =>
    GATEWAYS.filter((of) => world.lives.get(by)?.swim.member(of)?.state !== "alive").map((of) => `${of} by ${by}`),
  );
}

function checkUnharmed(world: GossipWorld): void {
  assert.deepEqual(gatewaysLost(world), []);
  const gone = world.events.filter(({ event }) => "member" in event && GATEWAYS.includes(event.member.name));
  assert.deepEqual(gone, [], "nobody even suspected a gateway");
  for (const { swim } of world.lives.values()) {
    assert.ok(swim.members().length <= MEMBERS_MAX);
    assert.ok(swim.counters.messagesMalformed + swim.counters.packetsRejected > COUNT / 20);
  }
  // The visitors are forgotten, in time: each is a probe that fails, and by then the nodes doubt themselves.
  const only = () => [...world.lives.values()].every(({ swim }) => swim.members().length === GATEWAYS.length);
  assert.ok(world.run(world.now + seconds(900), only), "the visitors are forgotten");
  assert.deepEqual(gatewaysLost(world), []);
}

test(`${COUNT} mutated packets and streams do a plain cluster no harm`, () => {
  const plain: Envelope = { label: NONE, compress: false, encryption: undefined };
  checkUnharmed(besiege({}, [plain, { ...plain, compress: true }]));
});

test(`${COUNT} mutated packets and streams do an encrypted cluster no harm, not even with its key`, () => {
  const encryption = {
    aead: testAead(),
    keys: new KeyRing([new Uint8Array(16).fill(7)]),
    verifyIncoming: true,
    verifyOutgoing: true,
  };
  const padded: Envelope = { label: NONE, compress: false, encryption: { ...encryption, version: 0 } };
  const unpadded: Envelope = { label: NONE, compress: true, encryption: { ...encryption, version: 1 } };
  checkUnharmed(besiege({ encryption }, [padded, unpadded]));
});
