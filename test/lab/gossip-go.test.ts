/** Against a Go program on memberlist 0.2.2 (lab/memberlist-go) and alertmanager 0.25. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { missingGossipPeers, startAlertmanager, startGo } from "../../lab/peers/gossip.ts";
import { waitFor } from "../../lab/wait.ts";
import type { MemberlistDelegate } from "../../src/memberlist/index.ts";
import { ours, sees } from "./gossip-node.ts";

const skip = missingGossipPeers();
const text = (s: string) => new TextEncoder().encode(s);

test("20 21 25 28: ours and Go's exchange states, meta and messages of all kinds, and leave", { skip }, async (t) => {
  const heard: string[] = [];
  const state = Uint8Array.from({ length: 1 << 20 }, (_, i) => i & 255);
  const delegate: MemberlistDelegate = {
    localState: () => state,
    mergeRemoteState: (payload) =>
      void heard.push(`state ${payload.length} ${payload.every((b, i) => b === (i & 255))}`),
    notifyMsg: (payload) => void heard.push(`message ${new TextDecoder().decode(payload)}`),
    notifyUpdate: (m) => void heard.push(`update ${m.name} ${new TextDecoder().decode(m.meta)}`),
  };
  const m1 = await startGo(t, "m1", "127.0.31.1", "-state=700000");
  const list = await ours(t, "js1", "127.0.31.51", { delegate, meta: text("first") });
  await list.join(["127.0.31.1"]);
  await m1.says(/^join js1 127\.0\.31\.51:7946 first$/m);
  await m1.says(new RegExp(`^state ${1 << 20} sum ${state.reduce((a, b) => a + b, 0)} join true$`, "m"));
  assert.deepEqual(heard, ["state 700000 true"]);

  await list.updateNode(text("x".repeat(512)));
  await m1.says(/^update js1 x{512}$/m);
  await m1.tell("meta second");
  await waitFor("Go's meta", () => heard.includes("update m1 second"));
  await list.sendReliable("m1", text("over tcp"));
  await list.sendBestEffort("m1", text("over udp"));
  list.broadcast(text("gossiped"));
  for (const what of ["over tcp", "over udp", "gossiped"]) await m1.says(new RegExp(`^message ${what}$`, "m"));
  await m1.tell("reliable js1 by stream");
  await m1.tell("best-effort js1 by packet");
  await waitFor("Go's messages", () => heard.includes("message by stream") && heard.includes("message by packet"));

  await list.leave();
  // Before a death would be found out.
  await m1.says(/^leave js1$/m, 4_000);
  const m2 = await startGo(t, "m2", "127.0.31.2");
  const other = await ours(t, "js2", "127.0.31.52");
  await m2.tell("join 127.0.31.52");
  await sees(other, "m2", "alive");
  await m2.tell("leave");
  await sees(other, "m2", "left");
});

test("23: a name that is taken stays where it is, for Go and for ours, until its bearer has left", {
  skip,
}, async (t) => {
  const conflicts: string[] = [];
  const m1 = await startGo(t, "m1", "127.0.32.1");
  const watching = await ours(t, "js1", "127.0.32.51", {
    delegate: {
      notifyConflict: (existing, other) => void conflicts.push(`${existing.name} ${other.endpoint.address}`),
    },
  });
  await watching.join(["127.0.32.1"]);
  const first = await ours(t, "twin", "127.0.32.52");
  await first.join(["127.0.32.1"]);
  await sees(watching, "twin", "alive");
  const second = await ours(t, "twin", "127.0.32.53");
  await second.join(["127.0.32.1", "127.0.32.51"]);
  await m1.says(/^conflict twin 127\.0\.32\.53:7946$/m);
  await waitFor("our conflict", () => conflicts.includes("twin 127.0.32.53"));
  assert.equal(watching.member("twin")?.endpoint.address.toString(), "127.0.32.52");
  await first.leave();
  await first.shutdown();
  // The other goes on asking to be let in; that the first has left may be seen for a moment only.
  await m1.says(/^join twin 127\.0\.32\.53:7946/m, 15_000);
  await waitFor("the other twin, alive", () => {
    const twin = watching.member("twin");
    return twin?.state === "alive" && twin.endpoint.address.toString() === "127.0.32.53";
  });
});

test("19: in a cluster of five Go nodes and five of ours, a death is known to all in time and nobody else dies", {
  skip,
}, async (t) => {
  const go = await Promise.all([1, 2, 3, 4, 5].map((i) => startGo(t, `m${i}`, `127.0.33.${i}`)));
  const lists = await Promise.all([51, 52, 53, 54, 55].map((i) => ours(t, `js${i}`, `127.0.33.${i}`)));
  for (const node of go.slice(1)) await node.tell("join 127.0.33.1");
  for (const list of lists) await list.join(["127.0.33.1"]);
  for (const list of lists) await waitFor("all ten", () => list.members().length === 10);
  for (const node of go)
    await waitFor("all ten in Go", async () => (await node.tell("members")).match(/js5\d|m\d/g)?.length === 10);

  const killed = performance.now();
  go[4]?.signal("SIGKILL");
  const survivors = go.slice(0, 4);
  await Promise.all([
    ...lists.map((list) => sees(list, "m5", "dead", 30_000)),
    ...survivors.map((node) => node.says(/^leave m5$/m, 30_000)),
  ]);
  const seconds = (performance.now() - killed) / 1000;
  assert.ok(seconds > 4 && seconds < 25, `${seconds} s`);
  for (const node of survivors) assert.equal(node.output.match(/^leave .*/gm)?.join(), "leave m5");
  assert.ok(lists.every((list) => list.members().length === 9));
});

test("33: alertmanager lists ours, and drops it after a crash", { skip }, async (t) => {
  await startAlertmanager(t, "127.0.34.1");
  const peers = async () => {
    const status = (await (await fetch("http://127.0.34.1:9093/api/v2/status")).json()) as {
      cluster: { peers: { name: string; address: string }[] };
    };
    return status.cluster.peers;
  };
  const list = await ours(t, "js1", "127.0.34.51");
  await list.join(["127.0.34.1"]);
  await waitFor("alertmanager to list us", async () => (await peers()).some((p) => p.address === "127.0.34.51:7946"));
  const killed = performance.now();
  await list.shutdown();
  await waitFor("alertmanager to drop us", async () => !(await peers()).some((p) => p.name === "js1"), {
    timeoutMs: 30_000,
  });
  const seconds = (performance.now() - killed) / 1000;
  assert.ok(seconds > 4 && seconds < 25, `${seconds} s`);
});
