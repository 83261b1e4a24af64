import assert from "node:assert/strict";
import { test } from "node:test";
import { BroadcastQueue, retransmitLimit } from "../../../src/gossip/broadcast-queue.ts";
import { KeyRing } from "../../../src/gossip/index.ts";
import { type Envelope, encodeMessage, encodePushPull, sealPacket } from "../../../src/gossip/wire/index.ts";
import { encodeStreamUser } from "../../../src/gossip/wire/stream.ts";
import { seededRng } from "../../../src/lib/rng.ts";
import { seconds } from "../../../src/lib/time.ts";
import { claim, host, Lab, NONE } from "./lab.ts";
import { testAead } from "./wire/aead.ts";

const octets = (length: number, fill = 0) => new Uint8Array(length).fill(fill);
const lengths = (messages: readonly Uint8Array[]) => messages.map((m) => m.length);

test("the least sent goes first, then the longest, then the newest", () => {
  const queue = new BroadcastQueue(100);
  queue.push("a", octets(10));
  queue.push("b", octets(30));
  queue.push("c", octets(20, 1));
  queue.push("d", octets(20, 2));
  const first = queue.take(56, 2, 4);
  assert.deepEqual(lengths(first), [30, 20]);
  assert.equal(first[1]?.[0], 2);
  assert.deepEqual(lengths(queue.take(34, 2, 4)), [20, 10]);
  assert.deepEqual(lengths(queue.take(12, 2, 4)), [10]);
});

test("a broadcast is sent its number of times, then it is finished", () => {
  const queue = new BroadcastQueue(100);
  let finished = 0;
  queue.push("a", octets(10), () => finished++);
  for (let i = 0; i < 3; i++) assert.equal(queue.take(100, 2, 3).length, 1);
  assert.deepEqual([queue.size, finished], [0, 1]);
  assert.deepEqual(queue.take(100, 2, 3), []);
});

test("news about a name replaces what was queued about it", () => {
  const queue = new BroadcastQueue(100);
  let finished = 0;
  queue.push("a", octets(10), () => finished++);
  queue.take(100, 2, 9);
  queue.push("a", octets(11));
  assert.deepEqual([queue.size, finished], [1, 1]);
  assert.deepEqual(lengths(queue.take(100, 2, 9)), [11]);
});

test("a full queue drops what was sent most often", () => {
  const queue = new BroadcastQueue(2);
  queue.push(undefined, octets(10));
  queue.take(100, 2, 9);
  queue.push(undefined, octets(20));
  queue.push(undefined, octets(30));
  assert.deepEqual(lengths(queue.take(100, 2, 9)), [30, 20]);
});

test("the number of times grows with the logarithm of the cluster", () => {
  assert.deepEqual(
    [1, 9, 10, 99, 100, 999].map((n) => retransmitLimit(4, n)),
    [4, 4, 8, 8, 12, 12],
  );
});

test("gossip packets stay within 1400 octets, however much there is to tell", () => {
  const lab = new Lab();
  for (let i = 2; i < 90; i++) lab.alive(`member-${i}`, i, 1, { meta: octets(200) });
  lab.pass(seconds(5));
  assert.ok(Math.max(...lab.packets.map((p) => p.raw.length)) > 1200);
  for (const { raw } of lab.packets) assert.ok(raw.length <= 1400 + 5, `${raw.length}`);
});

test("the dead are gossiped to while they may still refute, those who left are not", () => {
  const lab = new Lab({ gossipToTheDeadTime: seconds(5), probeInterval: seconds(100) });
  for (const [i, name] of ["a", "b", "c"].entries()) lab.alive(name, i + 2);
  lab.dead("b", "a");
  lab.dead("c", "c");
  lab.packets.length = 0;
  const reached = () => new Set(lab.packets.splice(0).map((p) => p.to));
  lab.pass(seconds(4));
  assert.deepEqual(reached(), new Set(["10.0.0.2", "10.0.0.3"]));
  lab.pass(seconds(2));
  lab.give({ type: "broadcast", payload: octets(3) });
  lab.pass(seconds(2));
  assert.deepEqual(reached(), new Set(["10.0.0.2"]));
});

test("a user broadcast goes to members in a few packets; a newer one of its topic replaces it", () => {
  const lab = new Lab();
  lab.alive("a", 2);
  lab.pass(seconds(4));
  lab.packets.length = 0;
  lab.give({ type: "broadcast", topic: "t", payload: octets(3, 1) });
  lab.give({ type: "broadcast", topic: "t", payload: octets(3, 2) });
  lab.pass(seconds(4));
  const sent = lab.sent("user").map((m) => m.payload[0]);
  assert.equal(sent.filter((x) => x === 2).length, 4);
  assert.ok(sent.filter((x) => x === 1).length <= 1);
});

test("user messages reach the application from packets and streams", () => {
  const lab = new Lab();
  lab.hear(2, { type: "user", payload: Uint8Array.of(1, 2) });
  lab.call(2, encodeStreamUser(Uint8Array.of(3)));
  const got = lab.events.flatMap((e) => (e.type === "userMessage" ? [[...e.payload]] : []));
  assert.deepEqual(got, [[1, 2], [3]]);
});

test("a reliable message completes when it is handed over, and fails with the reason", () => {
  const lab = new Lab();
  lab.alive("a", 2);
  lab.give({ type: "sendReliable", request: 1, to: "a", payload: octets(100_000, 7) });
  const { stream } = lab.dials.at(-1) as { stream: number };
  assert.equal(lab.outcomes.size, 0);
  lab.give({ type: "streamConnected", stream });
  assert.deepEqual(lab.outcomes.get(1), { ok: true });
  const sent = lab.read(stream, false);
  assert.ok(sent?.type === "user" && sent.payload.length === 100_000);
  lab.give({ type: "sendReliable", request: 2, to: "a", payload: NONE });
  lab.give({ type: "streamClosed", stream: lab.dials.at(-1)?.stream ?? 0, error: "connection refused" });
  assert.deepEqual(lab.outcomes.get(2), { ok: false, error: "10.0.0.2:7946: connection refused" });
  lab.give({ type: "sendBestEffort", request: 3, to: "nobody", payload: NONE });
  assert.deepEqual(lab.outcomes.get(3), { ok: false, error: "nobody is not a member" });
  lab.give({ type: "sendBestEffort", request: 4, to: "a", payload: octets(60_001) });
  assert.equal(lab.outcomes.get(4)?.ok, false);
});

test("streams beyond 128 are turned away, and one that dawdles is closed after ten seconds", () => {
  const lab = new Lab();
  for (let i = 1; i <= 130; i++) lab.give({ type: "streamAccepted", stream: 2 * i, from: host(2) });
  assert.deepEqual(lab.closed, [258, 260]);
  for (let i = 0; i < 9; i++) {
    lab.give({ type: "streamData", stream: 2, bytes: Uint8Array.of([6, 0x83, 0xa4][i % 3] as number) });
    lab.pass(seconds(1));
  }
  lab.pass(seconds(1.1));
  assert.equal(new Set(lab.closed).size, 130);
  lab.call(3, encodeMessage({ type: "ping", seqNo: 8, node: "us" }));
});

test("a stream that makes no sense is told so and closed", () => {
  const lab = new Lab();
  const reply = lab.call(2, Uint8Array.of(1, 2, 3));
  assert.deepEqual(reply, { type: "error", error: "message type 1 is not for streams" });
  assert.deepEqual(lab.closed, [2]);
  assert.ok(lab.told().includes("rejected"));
});

test("an error that the other side tells is the reason why a join failed", () => {
  const lab = new Lab();
  lab.give({ type: "join", request: 1, seeds: [host(2)] });
  const { stream } = lab.dials.at(-1) as { stream: number };
  lab.give({ type: "streamConnected", stream });
  lab.give({ type: "streamData", stream, bytes: encodeMessage({ type: "error", error: "go away" }) });
  assert.deepEqual(lab.outcomes.get(1), { ok: false, error: "10.0.0.2:7946: the other side says: go away" });
});

test("keys rotate in a running node", () => {
  const [one, two] = [octets(16, 1), octets(16, 2)];
  const keys = new KeyRing([one]);
  const encryption = { aead: testAead(), keys, verifyIncoming: true, verifyOutgoing: true };
  const lab = new Lab({ encryption });
  const envelope = (key: Uint8Array): Envelope => ({
    label: NONE,
    compress: false,
    encryption: { ...encryption, keys: new KeyRing([key]), version: 1 },
  });
  const alive = (name: string, key: Uint8Array) => {
    const message = encodeMessage({ type: "alive", ...claim(name, 2) });
    lab.give({ type: "packet", from: host(2), bytes: sealPacket(envelope(key), message, false) });
    return lab.state(name);
  };
  assert.equal(alive("a", one), "alive");
  assert.equal(alive("b", two), undefined);
  lab.give({ type: "installKey", request: 1, key: two });
  assert.equal(alive("c", two), "alive");
  lab.give({ type: "useKey", request: 2, key: two });
  lab.give({ type: "removeKey", request: 3, key: two });
  lab.give({ type: "removeKey", request: 4, key: one });
  assert.deepEqual(
    [1, 2, 3, 4].map((r) => lab.outcomes.get(r)?.ok),
    [true, true, false, true],
  );
  assert.equal(alive("d", one), undefined);
  assert.ok(lab.swim.counters.packetsRejected > 0);
});

test("complaints about one peer come once in thirty seconds", () => {
  const lab = new Lab();
  for (let i = 0; i < 1000; i++) lab.give({ type: "packet", from: host(2), bytes: Uint8Array.of(99) });
  assert.equal(lab.told().filter((t) => t === "rejected").length, 1);
  lab.pass(seconds(31));
  lab.give({ type: "packet", from: host(2), bytes: Uint8Array.of(99) });
  assert.equal(lab.told().filter((t) => t === "rejected").length, 2);
});

test("no octets from outside make a node throw or forget its members", () => {
  const lab = new Lab();
  lab.alive("a", 2);
  const rng = seededRng(3);
  const good = [
    encodeMessage({ type: "alive", ...claim("b", 3) }),
    encodeMessage({ type: "suspect", node: "us", from: "a", incarnation: 1 }),
    encodeMessage({ type: "indirectPing", seqNo: 1, target: host(4), node: "x", nack: true }),
    encodePushPull({ type: "pushPull", join: true, nodes: [claim("a", 2), claim("us", 1)], userState: octets(9) }),
  ];
  for (let i = 0; i < 20_000; i++) {
    const bytes = (good[i % good.length] as Uint8Array).slice();
    for (let n = 0; n < 3; n++) bytes[Math.floor(rng() * bytes.length)] = Math.floor(rng() * 256);
    if (i % 10 === 0) lab.call(2, bytes.subarray(0, Math.floor(rng() * bytes.length)));
    else lab.give({ type: "packet", from: host(2), bytes });
    lab.packets.length = 0;
    lab.written.clear();
  }
  assert.notEqual(lab.state("a"), undefined);
  assert.equal(lab.state("us"), "alive");
  lab.pass(seconds(60));
});
