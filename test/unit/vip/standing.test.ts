import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, seconds } from "../../../src/lib/time.ts";
import { Gates, type Input, type Standing, UNGATED, type Wish } from "../../../src/vip/index.ts";

const VIP = "203.0.113.10/32";
const GUARDED = { minAnnouncers: 1 };

/** A process that starts at 100 s of the clock, with a VIP about which something stands; drained at 95 s if the node is. */
function started(standing: Standing, { node = false, ...change }: Partial<typeof UNGATED> & { node?: boolean } = {}) {
  let now = seconds(100) as number as Instant;
  const told: string[] = [];
  const wishes: (Wish | undefined)[] = [];
  const gates = new Gates({
    verdict: (_, { action }) => void told.push(action),
    wish: (_, wish) => void wishes.push(wish),
  });
  const give = (input: Input) => gates.handle(now, input);
  if (node) give({ type: "SetDrain", on: true, since: at(95) });
  const gate = { ...UNGATED, drainDelay: seconds(10), ...change };
  give({ type: "Configure", vip: VIP, enabled: true, gate, standing });
  const wait = (duration: number) => {
    now = (now + duration) as Instant;
    gates.advance(now);
  };
  const permit = (step: "none" | Wish["step"]) => give({ type: "SetPermit", vip: VIP, step, text: "" });
  return { gates, told, wishes, give, wait, permit };
}

const at = (s: number) => seconds(s) as number as Instant;

test("a VIP that was drained is never announced, until undrain", () => {
  const { told, give } = started({ drainSince: at(-7) });
  assert.deepEqual(told, []);
  give({ type: "SetDrain", vip: VIP, on: false });
  assert.deepEqual(told, ["announce"]);
});

test("nor is one that was taken down, until up", () => {
  const { told, give, gates } = started({ downSince: at(50) });
  assert.deepEqual([told, gates.why(VIP)?.decisive.since], [[], at(50)]);
  give({ type: "SetAdmin", vip: VIP, state: "up" });
  assert.deepEqual(told, ["announce"]);
});

test("a drain that was under way goes on where it was", () => {
  for (const { told, wait } of [started({ drainSince: at(95) }), started({}, { node: true })]) {
    assert.deepEqual(told, ["gshut"]);
    wait(seconds(4.9));
    assert.deepEqual(told, ["gshut"]);
    wait(seconds(0.1));
    assert.deepEqual(told, ["gshut", "withdraw"]);
  }
});

test("a guarded VIP that had its permit to withdraw is not announced, and asks nobody", () => {
  const { told, wishes } = started({ drainSince: at(50) }, GUARDED);
  assert.deepEqual([told, wishes], [[], []]);
});

test("one that was held is announced as before, and asks", () => {
  const { told, wishes, permit, wait } = started(
    { drainSince: at(50), held: { value: "none", since: at(50) } },
    GUARDED,
  );
  assert.deepEqual([told, wishes], [["announce"], [{ step: "gshut", cause: "drain" }]]);
  permit("gshut");
  wait(seconds(10));
  permit("withdraw");
  assert.deepEqual(told, ["announce", "gshut", "withdraw"]);
});

test("one that was on its way out is announced with GRACEFUL_SHUTDOWN, and asks when its time is over", () => {
  const held = { value: "gshut", since: at(95) } as const;
  const { told, wishes, permit, wait } = started({ held }, { ...GUARDED, node: true });
  assert.deepEqual([told, wishes], [["gshut"], [{ step: "gshut", cause: "drain" }]]);
  wait(seconds(5));
  assert.deepEqual(wishes.at(-1), { step: "withdraw", cause: "drain" });
  permit("withdraw");
  assert.deepEqual(told, ["gshut", "withdraw"]);
});

test("who was held is not announced against a check that has no result or fails, nor before its router is Master", () => {
  const held: Standing = { drainSince: at(50), held: { value: "none", since: at(50) } };
  const { told, wishes, give } = started(held, {
    ...GUARDED,
    vrrpInstance: "gw",
    checks: [{ name: "web", severity: "fail" }],
  });
  give({ type: "SetCheck", check: "web", state: "up" });
  give({ type: "SetVrrp", instance: "gw", state: "Backup" });
  give({ type: "SetCheck", check: "web", state: "down" });
  give({ type: "SetVrrp", instance: "gw", state: "Master" });
  assert.deepEqual([told, wishes], [[], []]);
  give({ type: "SetCheck", check: "web", state: "up" });
  assert.deepEqual(told, ["announce"]);
  assert.equal(wishes.length, 1);
});

test("a drain that is taken back is forgotten: the next one of a VIP that is not announced asks nobody", () => {
  const held: Standing = { drainSince: at(50), held: { value: "none", since: at(50) } };
  const { told, give } = started(held, { ...GUARDED, vrrpInstance: "gw" });
  give({ type: "SetDrain", vip: VIP, on: false });
  give({ type: "SetDrain", vip: VIP, on: true });
  give({ type: "SetVrrp", instance: "gw", state: "Master" });
  assert.deepEqual(told, []);
});

test("VIPs that are held are known with how far they may go, from before their first verdict on", () => {
  const held = { value: "none", since: at(50) } as const;
  const { gates, give, permit } = started({ drainSince: at(50), held }, { ...GUARDED, vrrpInstance: "gw" });
  const steps = () => [...gates.heldDrains()].map(([, { value, since }]) => [value, since]);
  assert.deepEqual(steps(), [["none", at(50)]]);
  give({ type: "SetVrrp", instance: "gw", state: "Master" });
  assert.deepEqual(steps(), [["none", at(50)]]);
  permit("gshut");
  assert.deepEqual(steps(), [["gshut", at(100)]]);
  give({ type: "SetDrain", vip: VIP, on: false });
  assert.deepEqual(steps(), []);
});
