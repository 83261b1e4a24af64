/** What goes wrong between Go's memberlist 0.2.2 and ours; the numbers are those of the list of checks in docs/gossip.md. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { GossipPeer, missingGossipPeers, startGo } from "../../lab/peers/gossip.ts";
import { RawGossip } from "../../lab/peers/gossip-raw.ts";
import { waitFor } from "../../lab/wait.ts";
import { encodeMessage, type Message, MessageType, sealPacket } from "../../src/gossip/wire/index.ts";
import { parseAddress } from "../../src/lib/address.ts";
import { Writer } from "../../src/lib/bytes.ts";
import { seededRng } from "../../src/lib/rng.ts";
import { seconds } from "../../src/memberlist/index.ts";
import { ours, sees } from "./gossip-node.ts";

const skip = missingGossipPeers();
const VERSIONS = { protocolMin: 1, protocolMax: 5, protocol: 2, delegateMin: 0, delegateMax: 0, delegate: 0 };

function claim(name: string, text: string, incarnation = 1): Message {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  const endpoint = { address, port: 7946 };
  return { type: "alive", node: name, endpoint, incarnation, meta: new Uint8Array(0), versions: VERSIONS };
}

test("9: of a compound all parts count, of a truncated one those that are whole, up to 127 (Go's) and 255 (ours)", {
  skip,
}, async (t) => {
  const m1 = await startGo(t, "m1", "127.0.41.1");
  const list = await ours(t, "js1", "127.0.41.51");
  const raw = await RawGossip.open(t, "127.0.41.99");
  const crowd = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => claim(`x${from + i}`, `127.0.42.${1 + ((from + i) % 250)}`));
  // 0.2.2 loses a compound of 128 parts and more: it counts their lengths' octets in eight bits.
  const most = { "127.0.41.1": 127, "127.0.41.51": 255 };
  for (const [to, count] of Object.entries(most)) {
    raw.sendCompound(to, crowd(0, 2));
    raw.sendCompound(to, crowd(1000, count));
    raw.sendCompound(to, crowd(2000, 3), 5);
  }
  const expected = (count: number) =>
    [...crowd(0, 2), ...crowd(1000, count), ...crowd(2000, 2)].map((m) => (m as { node: string }).node);
  const named = (text: string) => [...text.matchAll(/^join (\S+)/gm)].map((m) => m[1] ?? "");
  const ourMissing = () => expected(255).filter((name) => list.member(name) === undefined);
  const theirMissing = () => expected(127).filter((name) => !named(m1.output).includes(name));
  await waitFor(
    "ours to know them",
    () => ourMissing().length === 0,
    {},
    () => `${ourMissing()}`,
  );
  await waitFor(
    "Go's to know them",
    () => theirMissing().length === 0,
    {},
    () => `${theirMissing()}`,
  );
  assert.equal(list.member("x2002"), undefined);
  assert.doesNotMatch(m1.output, /^join x2002 /m);
});

test("17: a suspect is told so in the packet that probes it, by Go's and by ours", { skip }, async (t) => {
  for (const [name, address] of [
    ["m1", "127.0.43.1"],
    ["js1", "127.0.43.51"],
  ] as const) {
    if (name === "m1") await startGo(t, name, address);
    else await ours(t, name, address);
  }
  const raw = await RawGossip.open(t, "127.0.43.99");
  for (const [name, address] of [
    ["m1", "127.0.43.1"],
    ["js1", "127.0.43.51"],
  ] as const) {
    // It never answers: it is suspected by the first probe, and the second brings both.
    raw.send(address, claim(`raw-${name}`, "127.0.43.99"));
    const both = () =>
      raw.packets().find((packet) => {
        const [ping, suspect] = packet;
        return ping?.type === "ping" && ping.node === `raw-${name}` && suspect?.type === "suspect";
      });
    const packet = await waitFor(`${name}'s ping of a suspect`, both, { intervalMs: 20, timeoutMs: 10_000 });
    assert.deepEqual(packet[1], { type: "suspect", node: `raw-${name}`, from: name, incarnation: 1 });
    assert.equal(packet.length, 2, "nothing rides on it");
  }
});

test("18: who hangs for three seconds of ten among nine of Go's takes nobody for dead, and is well afterwards", {
  skip,
}, async (t) => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const go = await Promise.all(numbers.map((i) => startGo(t, `m${i}`, `127.0.44.${i}`)));
  for (const node of go.slice(1)) await node.tell("join 127.0.44.1");
  const script = join(import.meta.dirname, "../../lab/gossip-node.ts");
  const node = new GossipPeer(t, process.execPath, ["--import", "tsx", script, "js1", "127.0.44.51", "127.0.44.1"]);
  await node.says(/^ready$/m, 30_000);
  await waitFor("all ten", () => numbers.every((i) => node.output.includes(`join m${i}\n`)));
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let i = 0; i < 3; i++) {
    node.signal("SIGSTOP");
    await wait(3_000);
    node.signal("SIGCONT");
    await wait(7_000);
  }
  assert.doesNotMatch(node.output, /^dead /m);
  for (const other of go) assert.doesNotMatch(other.output, /^leave /m, "nobody died anywhere");
  assert.match(node.output, /warning stalled/);
  const health = async () => {
    const from = node.output.length;
    node.signal("SIGUSR2");
    return (await node.says(/"health":(\d+)/, 2_000, from))[1] === "0";
  };
  await waitFor("health 0", health, { timeoutMs: 20_000, intervalMs: 500 });
});

test("24: a dead member's name is free for another address after DeadNodeReclaimTime, for Go's and for ours", {
  skip,
}, async (t) => {
  const m1 = await startGo(t, "m1", "127.0.45.1", "-reclaim=5s");
  const watching = await ours(t, "js1", "127.0.45.51", { deadNodeReclaimTime: seconds(5) });
  await watching.join(["127.0.45.1"]);
  const first = await ours(t, "twin", "127.0.45.52");
  await first.join(["127.0.45.1"]);
  await sees(watching, "twin", "alive");
  await first.shutdown();
  await sees(watching, "twin", "dead", 20_000);
  await m1.says(/^leave twin$/m);
  const died = performance.now();
  const second = await ours(t, "twin", "127.0.45.53");
  await second.join(["127.0.45.1", "127.0.45.51"]);
  await m1.says(/^conflict twin 127\.0\.45\.53:7946$/m);
  assert.equal(watching.member("twin")?.state, "dead");
  await m1.says(/^join twin 127\.0\.45\.53:7946/m, 25_000);
  await sees(watching, "twin", "alive");
  assert.equal(watching.member("twin")?.endpoint.address.toString(), "127.0.45.53");
  assert.ok(performance.now() - died > 4_000, "not before");
});

test("29: hostile packets and streams neither harm ours nor make it lose its members", { skip }, async (t) => {
  const m1 = await startGo(t, "m1", "127.0.46.1");
  const gone: string[] = [];
  const heard: string[] = [];
  const list = await ours(t, "js1", "127.0.46.51", {
    delegate: {
      notifyLeave: (m) => void (m.name === "m1" && gone.push(m.name)),
      notifyMsg: (payload) => void heard.push(new TextDecoder().decode(payload)),
    },
  });
  await list.join(["127.0.46.1"]);
  const raw = await RawGossip.open(t, "127.0.46.99");
  const rng = seededRng(1);
  const pick = (n: number) => Math.floor(rng() * n);
  const plain = { label: new Uint8Array(0), compress: true, encryption: undefined };
  const message = encodeMessage(claim("x", "127.0.46.99"));
  const seeds = [message, sealPacket(plain, message, true)];
  // A bomb: 16 million zeros, compressed in steps.
  const bomb = sealPacket(plain, new Uint8Array(60_000), false);
  // Slow loris: connections that say a little and stay. And a head that promises two milliards of nodes.
  const sockets = Array.from({ length: 200 }, () => connect(7946, "127.0.46.51"));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const promising = new Writer().u8(MessageType.PushPull).u8(0x83);
  for (const [key, value] of [
    ["Join", undefined],
    ["Nodes", 2 ** 31],
    ["UserStateLen", 2 ** 31],
  ] as const) {
    promising.u8(0xa0 + key.length).bytes(new TextEncoder().encode(key));
    if (value === undefined) promising.u8(0xc2);
    else promising.u8(0xce).u32(value);
  }
  for (const [i, socket] of sockets.entries()) {
    socket.on("error", () => {});
    socket.write(i % 2 === 0 ? Uint8Array.of(MessageType.PushPull) : promising.toBytes());
  }
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 100_000; i++) {
    const packet = i % 100 === 0 ? bomb.slice() : (seeds[i % 2] as Uint8Array).slice();
    for (let n = 1 + pick(4); n > 0; n--) packet[pick(packet.length)] = pick(256);
    raw.sendOctets("127.0.46.51", rng() < 0.2 ? packet.subarray(0, pick(packet.length)) : packet);
    if (i % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const state = () =>
    [heard.join(), list.members().length, JSON.stringify(list.counters), m1.output.slice(-2_000)].join("\n");
  await waitFor(
    "many of them to have come",
    () => list.counters.packetsRejected > 5_000 && list.counters.messagesMalformed > 1_000,
    {},
    state,
  );
  const grown = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(grown < 200, `${grown} MB more`);
  assert.ok(list.allMembers().length <= 16_384, "members are bounded");
  assert.deepEqual(gone, []);
  // What is said before the last of them is read may find no room, as may this ping.
  let seqNo = 100;
  const isAnswered = () => {
    raw.send("127.0.46.51", { type: "ping", seqNo: ++seqNo, node: "js1" });
    return raw.heard.some(({ message }) => message.type === "ack" && message.seqNo > 100);
  };
  await waitFor("an answer behind the last of them", isAnswered, {}, state);
  // Said to ours alone: of what is gossiped, nearly all goes to the members that the hostile packets made up.
  await m1.tell("reliable js1 by stream");
  await m1.tell("best-effort js1 by packet");
  await waitFor(
    "what Go's says afterwards",
    () => heard.includes("by stream") && heard.includes("by packet"),
    {},
    state,
  );
  await m1.tell("meta after");
  assert.match(await m1.tell("join 127.0.46.51"), /^done/m);
  await waitFor("its meta", () => new TextDecoder().decode(list.member("m1")?.meta) === "after", {}, state);
  assert.doesNotMatch(m1.output, /^leave js1$/m);
});

test("34: a labelled cluster takes those of its label alone; memberlist 0.2.2, which knows no labels, stays out", {
  skip,
}, async (t) => {
  const m1 = await startGo(t, "m1", "127.0.47.1");
  const labelled = await ours(t, "js1", "127.0.47.51", { label: "gateways", keys: [new Uint8Array(32).fill(1)] });
  await assert.rejects(labelled.join(["127.0.47.1"]));
  await m1.says(/invalid msgType|msg type|Received/i);
  await assert.rejects(async () => assert.match(await m1.tell("join 127.0.47.51"), /^done/m));
  const same = await ours(t, "js2", "127.0.47.52", { label: "gateways", keys: [new Uint8Array(32).fill(1)] });
  await same.join(["127.0.47.51"]);
  await sees(labelled, "js2", "alive");
  const other = await ours(t, "js3", "127.0.47.53", { label: "others", keys: [new Uint8Array(32).fill(1)] });
  await assert.rejects(other.join(["127.0.47.51"]));
  const none = await ours(t, "js4", "127.0.47.54", { keys: [new Uint8Array(32).fill(1)] });
  await assert.rejects(none.join(["127.0.47.51"]));
  assert.deepEqual(
    labelled
      .members()
      .map((m) => m.name)
      .sort(),
    ["js1", "js2"],
  );
});
