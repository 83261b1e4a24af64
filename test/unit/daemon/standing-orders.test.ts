import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import type { HeldVip } from "../../../src/daemon/orders.ts";
import { StandingOrders } from "../../../src/daemon/standing-orders.ts";
import type { ComponentLogger } from "../../../src/platform/index.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-orders-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "orders");
beforeEach(() => {
  for (const path of [file, `${file}.new`]) rmSync(path, { force: true, recursive: true });
});

const VIP = "203.0.113.10/32";
const OTHER = "203.0.113.11/32";

/** One life of the daemon, as far as orders are concerned. */
function life({ isWritable = true, held = [] as readonly HeldVip[], configured = [VIP, OTHER, "192.0.2.1", ""] } = {}) {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const log = { info: write, warn: write, error: write, limited: () => ({ warn: write }) };
  const orders = new StandingOrders({ directory, isWritable, held: () => held }, log as unknown as ComponentLogger);
  orders.begin(({ name }) => configured.includes(name));
  return { orders, lines };
}

const kinds = (orders: StandingOrders) =>
  (["drain-node", "drain-vip", "down-vip", "drain-neighbor", "disable-neighbor"] as const).flatMap((kind) =>
    orders.all(kind).map(({ name }) => `${kind} ${name}`),
  );

test("an order lasts from life to life until it is taken back, with its time, and every life says so", () => {
  const first = life();
  assert.equal(first.orders.give({ kind: "drain-vip", name: VIP }), undefined);
  assert.equal(first.orders.give({ kind: "disable-neighbor", name: "192.0.2.1", text: "cable" }), undefined);
  assert.deepEqual([first.lines, first.orders.warnings()], [[], []], "who has just ordered it knows");
  const since = first.orders.all("drain-vip")[0]?.since;
  for (let i = 0; i < 2; i++) {
    const { orders, lines } = life();
    assert.deepEqual(kinds(orders), [`drain-vip ${VIP}`, "disable-neighbor 192.0.2.1"]);
    assert.equal(orders.all("drain-vip")[0]?.since, since);
    assert.match(lines.join("\n"), /203\.0\.113\.10\/32 is still drained[\s\S]*192\.0\.2\.1 is still disabled.*cable/);
    assert.deepEqual(
      orders.warnings().map(({ text }) => text),
      lines,
    );
  }
  const last = life();
  last.orders.end("drain-vip", VIP);
  assert.equal(last.orders.warnings().length, 1);
  last.orders.end("disable-neighbor", "192.0.2.1");
  assert.equal(existsSync(file), false, "without orders there is no file");
  assert.deepEqual(kinds(life().orders), []);
});

test("the same order again keeps its time; a turn that has come is another order", () => {
  const { orders } = life();
  orders.give({ kind: "drain-node", name: "", maxConcurrent: 1 });
  const [waiting] = orders.all("drain-node");
  orders.give({ kind: "drain-node", name: "", maxConcurrent: 1 });
  assert.equal(orders.all("drain-node")[0], waiting);
  orders.give({ kind: "drain-node", name: "" });
  assert.deepEqual(
    life()
      .orders.all("drain-node")
      .map(({ maxConcurrent }) => maxConcurrent),
    [undefined],
  );
});

test("whoever is configured no longer loses his orders, which is said", () => {
  const { orders } = life();
  orders.give({ kind: "drain-vip", name: VIP });
  orders.give({ kind: "down-vip", name: OTHER });
  const { orders: next, lines } = life({ configured: [OTHER] });
  assert.deepEqual(kinds(next), [`down-vip ${OTHER}`]);
  assert.match(lines.join("\n"), /no longer configured.*203\.0\.113\.10\/32 is still drained/);
  assert.deepEqual(kinds(life().orders), [`down-vip ${OTHER}`], "it does not come back with its VIP");
});

test("a record that is cut at any octet, or changed in any, is a drained node, and said to be", () => {
  life().orders.give({ kind: "drain-vip", name: VIP });
  const whole = readFileSync(file);
  const damaged = [
    ...Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length)),
    ...Array.from({ length: whole.length }, (_, at) => {
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] as number) ^ 0x04;
      return changed;
    }),
  ];
  for (const [i, bytes] of damaged.entries()) {
    writeFileSync(file, bytes);
    const { orders, lines } = life();
    assert.deepEqual(kinds(orders), ["drain-node "], `case ${i}`);
    assert.match(lines.join("\n"), /is not whole.*is lost, so this node counts as drained/);
  }
  // It says so until somebody takes the node back.
  const { orders, lines } = life();
  assert.match(lines.join("\n"), /this node is still drained.*is not whole.*holdfast undrain --node/);
  orders.end("drain-node");
  assert.deepEqual(kinds(life().orders), []);
});

test("a record of another version, or one that cannot be read, is a drained node as well", () => {
  life().orders.give({ kind: "drain-vip", name: VIP });
  rmSync(file);
  mkdirSync(file);
  assert.deepEqual(kinds(life().orders), ["drain-node "]);
  rmSync(file, { recursive: true });
});

test("what cannot be written holds, is told, and is written when that is possible again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { orders, lines } = life();
  // A directory in the way refuses the new file as a full disk does, also to root.
  mkdirSync(`${file}.new`);
  assert.match(orders.give({ kind: "drain-vip", name: VIP }) ?? "", /cannot write .*orders/);
  assert.deepEqual(kinds(orders), [`drain-vip ${VIP}`]);
  assert.match(lines.join("\n"), /a restart would not know what operators have ordered: cannot write/);
  assert.match(orders.warnings()[0]?.text ?? "", /a restart would not know/);
  rmSync(`${file}.new`, { recursive: true });
  t.mock.timers.tick(5_000);
  assert.deepEqual([kinds(life().orders), orders.warnings()], [[`drain-vip ${VIP}`], []]);
});

test("where nothing can be written, what stands there holds, and what is new is told not to last", () => {
  life().orders.give({ kind: "drain-vip", name: VIP });
  const { orders } = life({ isWritable: false });
  assert.deepEqual(kinds(orders), [`drain-vip ${VIP}`]);
  assert.match(orders.end("drain-vip", VIP) ?? "", /cannot be used/);
  assert.deepEqual(kinds(life().orders), [`drain-vip ${VIP}`]);
});

test("how far a drain has come is kept while there is one, and not what a stop does to it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const held: HeldVip[] = [{ vip: VIP, step: "none", since: 1_000 }];
  const { orders } = life({ held });
  orders.touch();
  t.mock.timers.tick(20);
  assert.equal(existsSync(file), false);
  orders.give({ kind: "drain-node", name: "" });
  assert.deepEqual(life().orders.heldBefore, held);
  held[0] = { vip: VIP, step: "gshut", since: 2_000 };
  orders.touch();
  t.mock.timers.tick(20);
  assert.deepEqual(life().orders.heldBefore, held);
  assert.deepEqual(life({ configured: [""] }).orders.heldBefore, [], "of a VIP that is gone");
  orders.close();
  held.pop();
  orders.touch();
  t.mock.timers.tick(20);
  assert.equal(life().orders.heldBefore.length, 1);
});
