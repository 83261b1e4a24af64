import assert from "node:assert/strict";
import { test } from "node:test";
import { LAN } from "../../../src/gossip/index.ts";
import { suspicionMin, suspicionTimeout } from "../../../src/gossip/suspicion.ts";
import { pushPullScale } from "../../../src/gossip/sync.ts";
import { encodeMessage } from "../../../src/gossip/wire/index.ts";
import { millis, seconds, toSeconds } from "../../../src/lib/time.ts";
import { answering, host, Lab, NONE } from "./lab.ts";

/** A lab with `n` other members m2, m3, ... on hosts of these numbers; their gossip has been spent. */
function cluster(n: number): Lab {
  const lab = new Lab();
  for (let i = 0; i < n; i++) lab.alive(`m${i + 2}`, i + 2);
  answering(lab, seconds(5));
  lab.packets.length = 0;
  return lab;
}

/** Lets time pass until we have sent a ping; returns it. */
function nextPing(lab: Lab) {
  const before = lab.sent("ping").length;
  for (let i = 0; i < 400 && lab.sent("ping").length === before; i++) lab.pass(millis(5));
  const ping = lab.sent("ping").at(-1);
  assert.ok(ping !== undefined && lab.sent("ping").length === before + 1);
  return ping;
}

test("one member is probed a second, each in turn", () => {
  const lab = cluster(4);
  answering(lab, seconds(8));
  const names = lab.sent("ping").map((p) => p.node);
  assert.equal(names.length, 8);
  for (const name of ["m2", "m3", "m4", "m5"]) assert.ok(names.includes(name), name);
});

test("a ping tells who asks and where the ack shall go", () => {
  const ping = nextPing(cluster(1));
  assert.deepEqual(ping.source, { endpoint: host(1), node: "us" });
});

test("who does not answer is pinged by three others and over TCP, then suspected, then dead", () => {
  const lab = cluster(6);
  const ping = nextPing(lab);
  lab.pass(millis(505));
  const indirect = lab.sent("indirectPing");
  assert.equal(indirect.length, 3);
  for (const request of indirect) {
    assert.deepEqual([request.node, request.seqNo, request.nack], [ping.node, ping.seqNo, true]);
    assert.deepEqual(request.source, { endpoint: host(1), node: "us" });
  }
  assert.equal(lab.dials.at(-1)?.to, `10.0.0.${ping.node.slice(1)}`);
  const { stream } = lab.dials.at(-1) as { stream: number };
  lab.give({ type: "streamConnected", stream });
  const request = lab.read(stream, false);
  assert.ok(request?.type === "ping" && request.node === ping.node);
  assert.equal(lab.state(ping.node), "alive");
  lab.pass(millis(500));
  assert.equal(lab.state(ping.node), "suspect");
  // Nobody confirms: all of the 24 s.
  answering(lab, seconds(23), (name) => name === ping.node);
  assert.equal(lab.state(ping.node), "suspect");
  answering(lab, seconds(2), (name) => name === ping.node);
  assert.equal(lab.state(ping.node), "dead");
});

test("an ack that comes by way of another is as good", () => {
  const lab = cluster(3);
  const ping = nextPing(lab);
  lab.pass(millis(700));
  lab.hear(4, { type: "ack", seqNo: ping.seqNo, payload: NONE });
  lab.pass(millis(400));
  assert.equal(lab.state(ping.node), "alive");
  assert.equal(lab.swim.healthScore, 0);
});

test("an ack over TCP alone keeps a member alive, and is told as blocked UDP", () => {
  const lab = cluster(3);
  const ping = nextPing(lab);
  lab.pass(millis(505));
  const { stream } = lab.dials.at(-1) as { stream: number };
  lab.give({ type: "streamConnected", stream });
  lab.give({ type: "streamData", stream, bytes: encodeMessage({ type: "ack", seqNo: ping.seqNo, payload: NONE }) });
  lab.pass(millis(500));
  assert.equal(lab.state(ping.node), "alive");
  assert.ok(lab.told().includes("udp-blocked"));
});

test("a packet that the system will not send makes the probe go on at once", () => {
  const lab = cluster(3);
  const ping = nextPing(lab);
  assert.equal(lab.sent("indirectPing").length, 0);
  lab.give({ type: "packetFailed", to: host(Number(ping.node.slice(1))) });
  assert.equal(lab.sent("indirectPing").length, 2);
});

test("missing nacks count against our own health, and stretch the next probe", () => {
  const lab = cluster(4);
  nextPing(lab);
  lab.pass(millis(1000));
  assert.equal(lab.swim.healthScore, 3);
  // The interval is over as well, so the next probe has begun.
  const next = lab.sent("ping").at(-1) as { node: string };
  assert.equal(lab.sent("ping").length, 2);
  lab.pass(millis(3900));
  assert.equal(lab.state(next.node), "alive");
  lab.pass(millis(200));
  assert.equal(lab.state(next.node), "suspect");
});

test("nacks from all whom we asked leave our health as it is", () => {
  const lab = cluster(4);
  const ping = nextPing(lab);
  lab.pass(millis(505));
  for (let i = 0; i < 3; i++) lab.hear(3, { type: "nack", seqNo: ping.seqNo });
  lab.pass(millis(500));
  assert.equal(lab.state(ping.node), "suspect");
  assert.equal(lab.swim.healthScore, 0);
});

test("confirmations shorten a suspicion: LAN, ten nodes: 24 s, 14.7 s, 4 s", () => {
  const times = [0, 1, 2].map((c) => toSeconds(suspicionTimeout(c, 2, seconds(4), seconds(24))));
  assert.deepEqual(times, [24, 11.381, 4]);
  assert.equal(suspicionTimeout(0, 0, seconds(4), seconds(24)), seconds(4));
  assert.deepEqual(
    [3, 10, 50, 100, 1000].map((n) => Number(toSeconds(suspicionMin(LAN, n)).toFixed(1))),
    [4, 4, 6.8, 8, 12],
  );
});

test("two that confirm a suspicion end it in four seconds; they are passed on, a third is not", () => {
  const lab = cluster(6);
  lab.suspect("m2", "m3");
  lab.suspect("m2", "m3");
  lab.suspect("m2", "m4");
  lab.suspect("m2", "m5");
  lab.suspect("m2", "m6");
  answering(lab, seconds(3.5), (name) => name === "m2");
  assert.equal(lab.state("m2"), "suspect");
  answering(lab, seconds(1), (name) => name === "m2");
  assert.equal(lab.state("m2"), "dead");
  assert.ok(!lab.sent("suspect").some((s) => s.from === "m6"));
  assert.ok(lab.sent("suspect").some((s) => s.from === "m5"));
});

test("a suspect is told of the suspicion with the ping", () => {
  const lab = cluster(1);
  lab.suspect("m2", "m3");
  nextPing(lab);
  const packet = lab.packets.findLast((p) => p.messages[0]?.type === "ping");
  assert.deepEqual(
    packet?.messages.map((m) => m.type),
    ["ping", "suspect"],
  );
  // A checksum, since the member is known to understand it.
  assert.equal(packet?.raw[0], 12);
});

test("a stall of ours is not their death: suspects and the running probe get the time back", () => {
  const lab = cluster(6);
  lab.suspect("m2", "m3");
  lab.suspect("m2", "m4");
  lab.suspect("m2", "m5");
  lab.now = (lab.now + seconds(30)) as typeof lab.now;
  lab.swim.advance(lab.now);
  assert.equal(lab.state("m2"), "suspect");
  assert.ok(lab.told().includes("stalled"));
});

test("a ping for us is answered where its source says; one for another is not; one for nobody is", () => {
  const lab = new Lab();
  lab.hear(2, { type: "ping", seqNo: 5, node: "us", source: { endpoint: host(3), node: "c" } });
  assert.equal(lab.packets.at(-1)?.to, "10.0.0.3");
  lab.hear(2, { type: "ping", seqNo: 6, node: "" });
  assert.equal(lab.packets.at(-1)?.to, "10.0.0.2");
  lab.hear(2, { type: "ping", seqNo: 7, node: "other" });
  assert.deepEqual(
    lab.sent("ack").map((a) => a.seqNo),
    [5, 6],
  );
  assert.ok(lab.told().includes("rejected"));
});

test("a ping over TCP is answered on its stream; for another name the stream is just closed", () => {
  const lab = new Lab();
  const reply = lab.call(2, encodeMessage({ type: "ping", seqNo: 8, node: "us" }));
  assert.ok(reply?.type === "ack" && reply.seqNo === 8);
  assert.equal(lab.call(2, encodeMessage({ type: "ping", seqNo: 8, node: "other" })), undefined);
  assert.deepEqual(lab.closed, [2, 4]);
});

test("for others we ping with our own number and pass the ack on with theirs", () => {
  const lab = new Lab({}, { ackPayload: () => Uint8Array.of(9) });
  const source = { endpoint: host(2), node: "a" };
  lab.hear(2, { type: "indirectPing", seqNo: 5, target: host(7), node: "t", nack: true, source });
  const ping = lab.sent("ping").at(-1);
  assert.equal(lab.packets.at(-1)?.to, "10.0.0.7");
  assert.ok(ping !== undefined && ping.node === "t" && ping.seqNo !== 5);
  assert.deepEqual(ping.source, { endpoint: host(1), node: "us" });
  lab.hear(7, { type: "ack", seqNo: ping.seqNo, payload: Uint8Array.of(1) });
  assert.equal(lab.packets.at(-1)?.to, "10.0.0.2");
  assert.deepEqual(lab.sent("ack").at(-1), { type: "ack", seqNo: 5, payload: NONE });
  lab.pass(seconds(1));
  assert.equal(lab.sent("nack").length, 0);
});

test("who asked hears of a target that does not answer after 500 ms, if it wants to", () => {
  const lab = new Lab();
  lab.hear(2, { type: "indirectPing", seqNo: 5, target: host(7), node: "t", nack: true });
  lab.hear(2, { type: "indirectPing", seqNo: 6, target: host(7), node: "t", nack: false });
  lab.pass(millis(495));
  assert.equal(lab.sent("nack").length, 0);
  lab.pass(millis(10));
  assert.deepEqual(lab.sent("nack"), [{ type: "nack", seqNo: 5 }]);
});

test("requests to ping for others are bounded", () => {
  const lab = new Lab();
  for (let i = 0; i < 3000; i++)
    lab.hear(2, { type: "indirectPing", seqNo: i, target: host(7), node: "t", nack: true });
  assert.equal(lab.swim.counters.relayed, 1024);
});

test("push/pulls become rarer with each doubling over 32", () => {
  const at = (n: number) => toSeconds(pushPullScale(seconds(30), n));
  assert.deepEqual([1, 32, 33, 64, 65, 128, 1000].map(at), [30, 30, 60, 60, 90, 90, 180]);
});
