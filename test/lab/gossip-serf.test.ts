/** Against Debian's serf 0.9.4; the numbers are those of the list of interop checks in docs/gossip.md. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { missingGossipPeers, startSerf } from "../../lab/peers/gossip.ts";
import { RawGossip } from "../../lab/peers/gossip-raw.ts";
import { waitFor } from "../../lab/wait.ts";
import { encodeText } from "../../src/gossip/wire/index.ts";
import { parseAddress } from "../../src/lib/address.ts";
import type { Memberlist, MemberlistConfig } from "../../src/memberlist/index.ts";
import { ours as node, sees } from "./gossip-node.ts";

const skip = missingGossipPeers();
const SERF = { min: 2, max: 5, current: 4 };

async function ours(t: TestContext, name: string, bindAddr: string, change: Partial<MemberlistConfig> = {}) {
  const warnings: string[] = [];
  const delegate = { notifyWarning: (code: string, text: string) => void warnings.push(`${code}: ${text}`) };
  const list = await node(t, name, bindAddr, { delegateVersions: SERF, delegate, ...change });
  return { list, warnings };
}

/** serf's tags: ff and a map of raw strings. */
function tags(map: Readonly<Record<string, string>>): Uint8Array {
  const octets = [0xff, 0x80 + Object.keys(map).length];
  for (const text of Object.entries(map).flat()) octets.push(0xa0 + text.length, ...encodeText(text));
  return Uint8Array.from(octets);
}

/** Answered as they should be: by UDP and in time. */
const answeredProbes = ({ counters: { probes, probesFailed, probesByTcp } }: Memberlist) =>
  probes - probesFailed - probesByTcp;

test("1 3 4 8 20 21 25: serf and ours join, see each other's tags, probe each other and leave", { skip }, async (t) => {
  const s1 = await startSerf(t, "s1", "127.0.21.1", "-tag", "role=gw");
  const { list } = await ours(t, "js1", "127.0.21.51", { meta: tags({ role: "js", vip: "10.0.0.1" }) });
  assert.equal(await list.join(["127.0.21.1"]), 1);
  await s1.lists("js1", /alive +role=js,vip=10\.0\.0\.1/);
  assert.deepEqual(list.member("s1")?.meta, tags({ role: "gw" }));

  // The other way round, and one that does not compress.
  const s2 = await startSerf(t, "s2", "127.0.21.2", "-join=127.0.21.51:7946", "-disable-compression");
  await sees(list, "s2", "alive");
  await s2.lists("js1", /alive/);
  await s2.lists("s1", /alive/);

  await list.updateNode(tags({ role: "new" }));
  await s1.lists("js1", /role=new/);
  await s2.serf("tags", "-set", "role=x");
  await waitFor("s2's new tag", () => Buffer.from(list.member("s2")?.meta ?? []).includes("role") || undefined);

  // Where acks are not understood every probe fails; on a busy machine one or two may come too late.
  await waitFor(
    "ten probes of ours",
    () => answeredProbes(list) >= 10,
    {},
    () => JSON.stringify(list.counters),
  );
  await waitFor("good health", () => list.healthScore === 0);
  for (const agent of [s1, s2]) {
    const complaints = agent.output.match(/.*(Suspect|Failed ping|Was able to connect).*js1.*/g) ?? [];
    assert.equal(complaints.length <= 2, true, complaints.join("\n"));
  }

  await s2.serf("leave");
  await sees(list, "s2", "left");
  // serf calls "left" what announced it in serf's own messages, and everything else "failed"; at once, however.
  const leaving = s1.output.length;
  await list.leave();
  await s1.lists("js1", /failed/);
  assert.doesNotMatch(s1.output.slice(leaving), /Suspect js1/);
});

test("2: with other delegate versions serf refuses us, and we know why", { skip }, async (t) => {
  const s1 = await startSerf(t, "s1", "127.0.22.1");
  const { list } = await ours(t, "js0", "127.0.22.51", { delegateVersions: { min: 0, max: 0, current: 0 } });
  await assert.rejects(list.join(["127.0.22.1"]), /delegate version 0, not in 2\.\.0/);
  await s1.says(/delegate protocol version \(0\) is incompatible/);
  assert.deepEqual(
    list.members().map((m) => m.name),
    ["js0"],
  );
});

test("13 14 22: deaths are found out on both sides within the time of memberlist, and who returns is believed", {
  skip,
}, async (t) => {
  const s1 = await startSerf(t, "s1", "127.0.23.1");
  const s2 = await startSerf(t, "s2", "127.0.23.2", "-join=127.0.23.1:7946");
  const { list } = await ours(t, "js1", "127.0.23.51");
  await list.join(["127.0.23.1"]);
  await sees(list, "s2", "alive");
  for (let i = 0; i < 8; i++) await list.updateNode(tags({ role: `r${i}` }));

  // Hung, not dead: its ports stay open.
  s2.signal("SIGSTOP");
  const stopped = Date.now();
  await sees(list, "s2", "dead", 30_000);
  assert.ok(Date.now() - stopped > 3_900, `${Date.now() - stopped} ms`);
  s2.signal("SIGCONT");
  await sees(list, "s2", "alive", 15_000);

  const killed = Date.now();
  await list.shutdown();
  await s1.lists("js1", /failed/, 30_000);
  assert.ok(Date.now() - killed < 25_000, `${Date.now() - killed} ms`);

  const { list: again } = await ours(t, "js1", "127.0.23.51");
  await again.join(["127.0.23.1"]);
  await s1.lists("js1", /alive/);
  assert.ok(again.localNode.incarnation > 8);
});

test("5 6 7 10: pings, wrong names, checksums and relayed pings are treated alike by serf and by ours", {
  skip,
}, async (t) => {
  const s1 = await startSerf(t, "s1", "127.0.24.1");
  const { list, warnings } = await ours(t, "js1", "127.0.24.51");
  await list.join(["127.0.24.1"]);
  const raw = await RawGossip.open(t, "127.0.24.99");
  const endpoint = (text: string) => ({
    address: parseAddress(text) as NonNullable<ReturnType<typeof parseAddress>>,
    port: 7946,
  });
  let seqNo = 100;
  for (const [name, address] of [
    ["s1", "127.0.24.1"],
    ["js1", "127.0.24.51"],
  ] as const) {
    const other = name === "s1" ? "js1" : "s1";
    const target = endpoint(other === "s1" ? "127.0.24.1" : "127.0.24.51");
    const sent = raw.send(address, { type: "ping", seqNo: ++seqNo, node: name });
    const ack = await waitFor(`${name}'s ack`, () => raw.answer("ack", seqNo), { intervalMs: 5 });
    assert.ok(ack.at - sent < 2_000, `${name} took ${ack.at - sent} ms`);
    raw.send(address, { type: "ping", seqNo: ++seqNo, node: "" });
    await waitFor(`${name}'s ack to nobody`, () => raw.answer("ack", seqNo), { intervalMs: 5 });
    raw.send(address, { type: "ping", seqNo: ++seqNo, node: name }, true);
    await waitFor(`${name}'s ack with checksum`, () => raw.answer("ack", seqNo), { intervalMs: 5 });
    raw.send(address, { type: "indirectPing", seqNo: ++seqNo, target, node: other, nack: true });
    await waitFor(`${name}'s relayed ack`, () => raw.answer("ack", seqNo), { intervalMs: 5 });

    const wrongName = ++seqNo;
    const wrongSum = ++seqNo;
    const dead = ++seqNo;
    raw.send(address, { type: "ping", seqNo: wrongName, node: "other" });
    raw.send(address, { type: "ping", seqNo: wrongSum, node: name }, true, true);
    const asked = raw.send(address, {
      type: "indirectPing",
      seqNo: dead,
      target: endpoint("127.0.24.77"),
      node: "d",
      nack: true,
    });
    const nack = await waitFor(`${name}'s nack`, () => raw.answer("nack", dead), { intervalMs: 5 });
    assert.ok(nack.at - asked > 450 && nack.at - asked < 3_000, `${name}'s nack took ${nack.at - asked} ms`);
    assert.equal(
      raw.answer("ack", wrongName) ?? raw.answer("ack", wrongSum),
      undefined,
      `${name} answered what it should not`,
    );
  }
  assert.match(s1.output, /Got ping for unexpected node/);
  assert.match(s1.output, /[Ii]nvalid checksum/);
  assert.ok(warnings.some((w) => w.includes("pings us as other")));
  assert.ok(list.counters.packetsRejected > 0);
});

test("15 16: accused at incarnation 50, both serf and ours answer with 51 at once", { skip }, async (t) => {
  await startSerf(t, "s1", "127.0.25.1");
  const { list } = await ours(t, "js1", "127.0.25.51");
  await list.join(["127.0.25.1"]);
  const raw = await RawGossip.open(t, "127.0.25.99");
  raw.send("127.0.25.51", { type: "suspect", node: "js1", from: "x", incarnation: 50 });
  await waitFor("our refutation", () => list.localNode.incarnation === 51, { intervalMs: 10 });
  raw.send("127.0.25.1", { type: "suspect", node: "s1", from: "x", incarnation: 50 });
  await waitFor("serf's refutation", () => list.member("s1")?.incarnation === 51, { intervalMs: 10 });
  assert.equal(list.member("s1")?.state, "alive");
});

test("26 27: an encrypted cluster, wrong keys, and a rotation through serf's key ring", { skip }, async (t) => {
  const [k1, k2] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
  const base64 = (key: Uint8Array) => Buffer.from(key).toString("base64");
  const s1 = await startSerf(t, "s1", "127.0.26.1", `-encrypt=${base64(k1)}`);
  const { list } = await ours(t, "js1", "127.0.26.51", { keys: [k1] });
  await list.join(["127.0.26.1"]);
  await s1.lists("js1", /alive/);

  const wrong = await ours(t, "js2", "127.0.26.52", { keys: [k2] });
  await assert.rejects(wrong.list.join(["127.0.26.1"]), /no installed key decrypts/);
  await s1.says(/No installed keys could decrypt the message/);
  const none = await ours(t, "js3", "127.0.26.53");
  await assert.rejects(none.list.join(["127.0.26.1"]), /encrypted and encryption is not configured/);
  await s1.says(/Encryption is configured but remote state is not encrypted/);
  // Padded, as protocol version 1 does.
  const padded = await ours(t, "js4", "127.0.26.54", { keys: [k1], protocolVersion: 1 });
  await padded.list.join(["127.0.26.1"]);
  await s1.lists("js4", /alive/);

  for (const key of [list, padded.list]) await key.installKey(k2);
  await s1.serf("keys", `-install=${base64(k2)}`);
  await s1.serf("keys", `-use=${base64(k2)}`);
  for (const key of [list, padded.list]) await key.useKey(k2);
  await s1.serf("keys", `-remove=${base64(k1)}`);
  for (const key of [list, padded.list]) await key.removeKey(k1);
  const answered = answeredProbes(list);
  const counters = () => JSON.stringify(list.counters);
  await waitFor("probes under the new key", () => answeredProbes(list) > answered + 5, {}, counters);
  await wrong.list.join(["127.0.26.1"]);
  await s1.lists("js2", /alive/);
  for (const name of ["s1", "js1", "js4"]) await sees(wrong.list, name, "alive");
});
