import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Memberlist, type MemberlistConfig, millis, seconds } from "../../../src/memberlist/index.ts";
import { resolveSeed } from "../../../src/memberlist/seeds.ts";

/** Fast enough for tests, on loopback. */
const QUICK = {
  bindAddr: "127.0.0.1",
  bindPort: 0,
  probeInterval: millis(100),
  probeTimeout: millis(50),
  gossipInterval: millis(20),
  rejoinInterval: millis(200),
};

async function node(t: TestContext, name: string, change: Partial<MemberlistConfig> = {}): Promise<Memberlist> {
  const list = await Memberlist.create({ ...QUICK, name, ...change });
  t.after(() => list.shutdown());
  return list;
}

/** Waits for the condition, at most 30 s. */
async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !condition(); await sleep(5)) assert.ok(Date.now() < end, `waited for ${what}`);
}

const names = (list: Memberlist) =>
  list
    .members()
    .map((m) => m.name)
    .sort()
    .join();

test("nodes join, see new meta, exchange messages, and leave", async (t) => {
  const heard: string[] = [];
  const a = await node(t, "a", {
    delegate: {
      notifyJoin: (m) => void heard.push(`join ${m.name}`),
      notifyLeave: (m) => void heard.push(`${m.state} ${m.name}`),
      notifyUpdate: (m) => void heard.push(`meta ${m.name} ${new TextDecoder().decode(m.meta)}`),
      notifyMsg: (payload) => void heard.push(`message of ${payload.length}`),
      mergeRemoteState: (payload) => void heard.push(`state of ${payload.length}`),
    },
  });
  const b = await node(t, "b", { delegate: { localState: () => new Uint8Array(1_000_000) } });
  assert.equal(await b.join([a.address]), 1);
  await until("both", () => names(a) === "a,b" && names(b) === "a,b");
  await b.updateNode(new TextEncoder().encode("hello"));
  await b.sendReliable("a", new Uint8Array(100_000));
  await b.sendBestEffort("a", new Uint8Array(10));
  b.broadcast(new Uint8Array(11));
  await until("all messages", () => heard.includes("message of 11"));
  await b.leave();
  await b.shutdown();
  await until("the leave", () => heard.includes("left b"));
  const expected = ["join a", "join b", "state of 1000000", "meta b hello", "message of 100000", "message of 10"];
  for (const line of expected) assert.ok(heard.includes(line), `${line} in ${heard.join("; ")}`);
  assert.equal(names(a), "a");
});

test("a node that is gone without a word is found out, and sought until it is back", async (t) => {
  const a = await node(t, "a");
  const b = await node(t, "b");
  const c = await node(t, "c");
  for (const list of [b, c]) await list.join([a.address]);
  await until("all three", () => [a, b, c].every((list) => names(list) === "a,b,c"));
  const port = c.localNode.endpoint.port;
  await c.shutdown();
  await until("the death", () => a.member("c")?.state === "dead" && b.member("c")?.state === "dead");
  // It comes back without joining anybody: the others find it.
  const back = await node(t, "c", { bindPort: port });
  await until("the return", () => [a, b, back].every((list) => names(list) === "a,b,c"));
});

test("an encrypted cluster takes who has the key, rotates it, and refuses others with the reason", async (t) => {
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const a = await node(t, "a", { keys: [one] });
  const b = await node(t, "b", { keys: [one] });
  await b.join([a.address]);
  const stranger = await node(t, "x", { keys: [two] });
  await assert.rejects(stranger.join([a.address]), /join: 127\.0\.0\.1:\d+: no installed key decrypts the payload/);
  const open = await node(t, "y");
  await assert.rejects(open.join([a.address]), /encrypted and encryption is not configured/);
  for (const list of [a, b]) await list.installKey(two);
  for (const list of [a, b]) await list.useKey(two);
  for (const list of [a, b]) await list.removeKey(one);
  assert.equal(await stranger.join([a.address]), 1);
  await until("all with the new key", () => [a, b, stranger].every((list) => names(list) === "a,b,x"));
  await assert.rejects(a.removeKey(two), /primary/);
});

test("clusters of different labels do not mix", async (t) => {
  const a = await node(t, "a", { label: "blue" });
  const b = await node(t, "b", { label: "green" });
  const c = await node(t, "c", { label: "blue" });
  await assert.rejects(b.join([a.address]), /closed without an answer/);
  assert.equal(await c.join([a.address]), 1);
});

test("what cannot be done is rejected with the reason", async (t) => {
  const a = await node(t, "a");
  await assert.rejects(a.join(["127.0.0.1:1"]), /ECONNREFUSED/);
  await assert.rejects(a.join(["no such:thing:at all"]), /not an address and port/);
  await assert.rejects(a.join([]), /no seeds/);
  await assert.rejects(a.sendReliable("nobody", new Uint8Array(1)), /nobody is not a member/);
  await assert.rejects(a.updateNode(new Uint8Array(513)), /at most 512/);
  await assert.rejects(node(t, "b", { bindPort: a.localNode.endpoint.port }), /cannot listen on 127\.0\.0\.1 port/);
  await assert.rejects(node(t, "b", { keys: [new Uint8Array(5)] }), RangeError);
  await assert.rejects(node(t, "b", { bindAddr: "here" }), RangeError);
  const leaving = a.leave(seconds(1));
  await leaving;
  await a.shutdown();
  await a.shutdown();
  await assert.rejects(a.join(["127.0.0.1"]), /shut down/);
});

test("IPv6 works alike", async (t) => {
  const a = await node(t, "a", { bindAddr: "::1" });
  const b = await node(t, "b", { bindAddr: "::1" });
  assert.equal(await b.join([a.address]), 1);
  await until("both", () => names(a) === "a,b" && names(b) === "a,b");
});

test("seeds are spelled in every usual way", async () => {
  const shown = async (seed: string) => (await resolveSeed(seed, 7946)).map((e) => `${e.address} ${e.port}`);
  assert.deepEqual(await shown("192.0.2.1"), ["192.0.2.1 7946"]);
  assert.deepEqual(await shown("192.0.2.1:99"), ["192.0.2.1 99"]);
  assert.deepEqual(await shown("2001:db8::1"), ["2001:db8::1 7946"]);
  assert.deepEqual(await shown("[2001:db8::1]:99"), ["2001:db8::1 99"]);
  assert.ok((await shown("localhost:99")).some((e) => e === "127.0.0.1 99" || e === "::1 99"));
  for (const bad of ["", "a:b:c", "host:0", "host:65536", "host:"])
    await assert.rejects(resolveSeed(bad, 7946), RangeError);
});
