import assert from "node:assert/strict";
import { test } from "node:test";
import { encodePushPull } from "../../../src/gossip/wire/index.ts";
import { seconds } from "../../../src/lib/time.ts";
import { claim, host, Lab, NONE, VERSIONS } from "./lab.ts";

/** A lab with members a, b, c on hosts 2, 3, 4. */
function four(change: ConstructorParameters<typeof Lab>[0] = {}): Lab {
  const lab = new Lab(change);
  for (const [i, name] of ["a", "b", "c"].entries()) lab.alive(name, i + 2);
  return lab;
}

test("a claim of a higher incarnation is believed, one of the same or a lower is not", () => {
  const lab = new Lab();
  lab.alive("a", 2, 5, { meta: Uint8Array.of(1) });
  lab.alive("a", 2, 5, { meta: Uint8Array.of(2) });
  lab.alive("a", 2, 4, { meta: Uint8Array.of(3) });
  assert.deepEqual(lab.swim.member("a")?.meta, Uint8Array.of(1));
  lab.alive("a", 2, 6, { meta: Uint8Array.of(4) });
  assert.deepEqual(lab.swim.member("a")?.meta, Uint8Array.of(4));
  assert.deepEqual(lab.told(), ["joined us", "joined a", "updated a"]);
});

test("a suspicion applies at the known incarnation and above, and a newer claim ends it", () => {
  const lab = four();
  lab.alive("a", 2, 5);
  lab.suspect("a", "b", 4);
  assert.equal(lab.state("a"), "alive");
  lab.suspect("a", "b", 5);
  assert.equal(lab.state("a"), "suspect");
  lab.alive("a", 2, 5);
  assert.equal(lab.state("a"), "suspect");
  lab.alive("a", 2, 6);
  assert.equal(lab.state("a"), "alive");
  lab.pass(seconds(0.1));
  assert.ok(lab.told().includes("recovered a"));
  lab.suspect("stranger", "b", 9);
  assert.equal(lab.state("stranger"), undefined);
});

test("death by another's word is death, by its own word it is leave", () => {
  const lab = four();
  lab.dead("a", "b");
  lab.dead("b", "b");
  assert.deepEqual([lab.state("a"), lab.state("b")], ["dead", "left"]);
  lab.dead("a", "a");
  assert.equal(lab.state("a"), "dead");
  assert.equal(lab.told().filter((t) => t.startsWith("gone")).length, 2);
});

test("what is said against us is outdone by one, in each way it can be said", () => {
  const lab = four();
  lab.suspect("us", "b", 50);
  assert.equal(lab.swim.member("us")?.incarnation, 51);
  lab.dead("us", "b", 51);
  assert.equal(lab.swim.member("us")?.incarnation, 52);
  lab.suspect("us", "b", 3);
  assert.equal(lab.swim.member("us")?.incarnation, 52);
  lab.alive("us", 1, 60, { meta: Uint8Array.of(7) });
  assert.equal(lab.swim.member("us")?.incarnation, 61);
  lab.alive("us", 1, 61);
  assert.equal(lab.swim.member("us")?.incarnation, 61);
  assert.equal(lab.swim.healthScore, 3);
  lab.pass(seconds(1));
  const last = lab.sent("alive").findLast((m) => m.node === "us");
  assert.equal(last?.incarnation, 61);
  assert.equal(lab.sent("suspect").length + lab.sent("dead").length, 0);
});

test("an accusation at the end of the numbers does not bring us back to their beginning", () => {
  const lab = four();
  lab.suspect("us", "b", 0xffffffff);
  assert.equal(lab.swim.member("us")?.incarnation, 0xffffffff);
});

test("a name with another address is a conflict while its bearer lives, and free when it has left", () => {
  const lab = four();
  lab.alive("a", 7, 9);
  assert.equal(lab.swim.member("a")?.endpoint.address.toString(), "10.0.0.2");
  assert.ok(lab.told().includes("conflict"));
  lab.dead("a", "a", 1);
  lab.alive("a", 7, 1);
  assert.equal(lab.swim.member("a")?.endpoint.address.toString(), "10.0.0.7");
  assert.equal(lab.state("a"), "alive");
});

test("a dead member's name is free for another address after the reclaim time, not before", () => {
  const lab = four({ deadNodeReclaimTime: seconds(2) });
  lab.dead("a", "b");
  lab.alive("a", 7);
  assert.equal(lab.state("a"), "dead");
  lab.pass(seconds(2.1));
  lab.alive("a", 7);
  assert.equal(lab.state("a"), "alive");
  const never = four({ deadNodeReclaimTime: seconds(0) });
  never.dead("a", "b");
  never.pass(seconds(25));
  never.alive("a", 7);
  assert.equal(never.state("a"), "dead");
});

test("somebody with our name and another address does not disturb us", () => {
  const lab = new Lab();
  lab.alive("us", 7, 99);
  assert.equal(lab.swim.member("us")?.incarnation, 1);
  assert.ok(lab.told().includes("conflict"));
});

test("a gossiped claim whose versions do not fit is not believed, and said so once", () => {
  const serf = { min: 2, max: 5, current: 4 };
  const lab = new Lab({ delegateVersions: serf });
  lab.alive("plain", 2);
  lab.alive("plain", 2, 2);
  assert.equal(lab.state("plain"), undefined);
  assert.equal(lab.told().filter((t) => t === "incompatible").length, 1);
  lab.alive("serf", 3, 1, { versions: { ...VERSIONS, delegateMin: 2, delegateMax: 5, delegate: 5 } });
  assert.equal(lab.state("serf"), "alive");
});

test("a gossiped claim without versions is not believed: memberlist refuses whoever passes it on", () => {
  const lab = new Lab();
  lab.alive("none", 2, 1, { versions: undefined });
  assert.equal(lab.state("none"), undefined);
  lab.alive("none", 2);
  assert.equal(lab.state("none"), "alive");
});

test("the application may refuse a member", () => {
  const lab = new Lab(
    {},
    { refuseAlive: (c) => (c.endpoint.address.w0 === 0x0a000002 ? "not of our network" : undefined) },
  );
  lab.alive("a", 2);
  lab.alive("b", 3);
  assert.deepEqual([lab.state("a"), lab.state("b")], [undefined, "alive"]);
});

test("members beyond the limit are not kept", () => {
  const lab = new Lab({ membersMax: 10 });
  for (let i = 0; i < 50; i++) lab.alive(`m${i}`, i + 2);
  assert.equal(lab.swim.members().length, 10);
  assert.ok(lab.told().includes("limit"));
});

test("a push/pull is answered with our state; its dead are suspects to us, its left have left", () => {
  const lab = four();
  const nodes = [
    claim("d", 5),
    claim("a", 2, 1, { state: "dead" }),
    claim("b", 3, 1, { state: "left" }),
    claim("c", 4, 1, { state: "suspect" }),
  ];
  const reply = lab.call(5, encodePushPull({ type: "pushPull", join: true, nodes, userState: Uint8Array.of(1, 2) }));
  assert.ok(reply?.type === "pushPull");
  assert.deepEqual(reply.nodes.map((n) => n.node).sort(), ["a", "b", "c", "us"]);
  assert.equal(reply.join, true);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((n) => lab.state(n)),
    ["suspect", "left", "suspect", "alive"],
  );
  const state = lab.events.find((e) => e.type === "remoteState");
  assert.ok(state?.type === "remoteState" && state.join);
  assert.deepEqual(state.payload, Uint8Array.of(1, 2));
});

test("a join completes with the seeds that answered, or with why none did", () => {
  const lab = new Lab();
  lab.give({ type: "join", request: 1, seeds: [host(2), host(3)] });
  const streams = lab.dials.map((d) => d.stream);
  assert.equal(streams.length, 2);
  lab.give({ type: "streamClosed", stream: streams[0] as number, error: "connection refused" });
  assert.equal(lab.outcomes.size, 0);
  lab.answer([claim("a", 3)]);
  assert.deepEqual(lab.outcomes.get(1), { ok: true, contacted: 1 });
  assert.equal(lab.state("a"), "alive");

  const alone = new Lab({ rejoinInterval: seconds(100) });
  alone.give({ type: "join", request: 1, seeds: [host(2)] });
  alone.pass(seconds(11));
  assert.deepEqual(alone.outcomes.get(1), { ok: false, error: "10.0.0.2:7946: no answer in time" });
});

test("a join into a cluster of other versions fails, says why, and leaves us as we were", () => {
  const lab = new Lab();
  lab.give({ type: "join", request: 1, seeds: [host(2)] });
  lab.answer([claim("s1", 2, 1, { versions: { ...VERSIONS, delegateMin: 2, delegateMax: 5, delegate: 5 } })]);
  const outcome = lab.outcomes.get(1);
  assert.ok(
    outcome?.ok === false && /us speaks delegate version 0, not in 2\.\.0/.test(outcome.error),
    JSON.stringify(outcome),
  );
  assert.equal(lab.swim.members().length, 1);
});

test("a cluster that answers but does not list us is asked again, and its refusal told", () => {
  const lab = new Lab({ disableTcpPings: true });
  lab.give({ type: "join", request: 1, seeds: [host(2)] });
  lab.answer([claim("a", 2)]);
  const before = lab.dials.length;
  lab.pass(seconds(2.1));
  assert.ok(lab.dials.length > before);
  lab.answer([claim("a", 2)]);
  assert.ok(lab.told().includes("not-admitted"));
  const asked = lab.dials.length;
  lab.pass(seconds(5.1));
  assert.ok(
    lab.dials.slice(asked).some((d) => d.to === "10.0.0.2"),
    "it goes on asking",
  );

  const admitted = new Lab({ disableTcpPings: true });
  admitted.give({ type: "join", request: 1, seeds: [host(2)] });
  admitted.answer([claim("a", 2)]);
  admitted.hear(2, { type: "ping", seqNo: 1, node: "us" });
  const dials = admitted.dials.length;
  admitted.pass(seconds(2.1));
  assert.equal(admitted.dials.filter((d) => d.to === "10.0.0.2").length, dials);
});

test("leaving is told, completes when it has been told often enough, and cannot be contradicted", () => {
  const lab = four();
  lab.pass(seconds(3));
  lab.give({ type: "leave", request: 5, timeout: seconds(5) });
  assert.equal(lab.outcomes.has(5), false);
  lab.pass(seconds(2));
  assert.deepEqual(lab.outcomes.get(5), { ok: true });
  assert.ok(lab.sent("dead").some((m) => m.node === "us" && m.from === "us"));
  assert.equal(lab.state("us"), "left");
  lab.alive("us", 1, 99);
  lab.suspect("us", "a", 99);
  assert.equal(lab.state("us"), "left");
  const pings = lab.sent("ping").length;
  lab.pass(seconds(5));
  assert.equal(lab.sent("ping").length, pings);
  lab.hear(2, { type: "ping", seqNo: 77, node: "us" });
  assert.equal(lab.sent("ack").at(-1)?.seqNo, 77);
});

test("leaving alone completes at once", () => {
  const lab = new Lab();
  lab.give({ type: "leave", request: 5, timeout: seconds(5) });
  assert.deepEqual(lab.outcomes.get(5), { ok: true });
});

test("new meta counts the incarnation up and is told; 513 octets are refused", () => {
  const lab = four();
  lab.give({ type: "updateNode", request: 1, meta: new Uint8Array(512), timeout: seconds(5) });
  lab.pass(seconds(2));
  assert.deepEqual(lab.outcomes.get(1), { ok: true });
  const alive = lab.sent("alive").findLast((m) => m.node === "us");
  assert.deepEqual([alive?.incarnation, alive?.meta.length], [2, 512]);
  lab.give({ type: "updateNode", request: 2, meta: new Uint8Array(513), timeout: seconds(5) });
  assert.equal(lab.outcomes.get(2)?.ok, false);
});

test("who is dead or left is forgotten after the gossip-to-the-dead time, but the dead are still sought", () => {
  const lab = four({ gossipToTheDeadTime: seconds(3) });
  lab.dead("a", "b");
  lab.dead("b", "b");
  lab.pass(seconds(10));
  assert.deepEqual([lab.state("a"), lab.state("b")], [undefined, undefined]);
  const before = lab.dials.length;
  lab.pass(seconds(10));
  const sought = new Set(lab.dials.slice(before).map((d) => d.to));
  assert.ok(sought.has("10.0.0.2"));
  assert.ok(!sought.has("10.0.0.3"));
});

test("a push/pull that makes us refute is followed by another with the same node at once", () => {
  const lab = new Lab();
  lab.give({ type: "join", request: 1, seeds: [host(2)] });
  lab.answer([claim("a", 2), claim("us", 1, 9, { state: "dead" })]);
  assert.equal(lab.dials.length, 2);
  assert.equal(lab.outcomes.size, 0);
  const own = lab.swim.member("us");
  assert.equal(own?.incarnation, 10);
  lab.answer([claim("a", 2), claim("us", 1, 10)]);
  assert.deepEqual(lab.outcomes.get(1), { ok: true, contacted: 1 });
  assert.equal(lab.dials.length, 2);
});

test("seeds that are given instead of others are sought, the others no more", () => {
  const lab = new Lab();
  lab.give({ type: "join", request: 1, seeds: [host(2), host(3)] });
  lab.give({ type: "seeds", seeds: [host(3), host(4)] });
  const before = lab.dials.length;
  lab.pass(seconds(30));
  assert.deepEqual([...new Set(lab.dials.slice(before).map((d) => d.to))].sort(), ["10.0.0.3", "10.0.0.4"]);
});

test("octets are no reason to keep what is not needed: an empty user state makes no event", () => {
  const lab = new Lab();
  lab.call(2, encodePushPull({ type: "pushPull", join: false, nodes: [], userState: NONE }));
  assert.ok(!lab.events.some((e) => e.type === "remoteState"));
});
