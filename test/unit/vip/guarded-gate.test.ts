import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, seconds } from "../../../src/lib/time.ts";
import { type DePreference, Gates, type Input, UNGATED, type Wish } from "../../../src/vip/index.ts";

const VIP = "203.0.113.10/32";
const WORSE: DePreference = {
  med: 500,
  localPreference: undefined,
  asPathPrepend: undefined,
  communities: [],
  largeCommunities: [],
};

/** One guarded VIP with a check, and what its gate said. */
function guarded(change: Partial<typeof UNGATED> = {}) {
  let now = seconds(1) as number as Instant;
  const told: string[] = [];
  const wishes: (Wish | undefined)[] = [];
  const gates = new Gates({
    verdict: (_, { action }) => void told.push(action),
    wish: (_, wish) => void wishes.push(wish),
  });
  const give = (input: Input) => gates.handle(now, input);
  const gate = { ...UNGATED, minAnnouncers: 1, drainDelay: seconds(10), ...change };
  give({ type: "Configure", vip: VIP, enabled: true, gate: { ...gate, checks: [{ name: "web", severity: "fail" }] } });
  give({ type: "SetCheck", check: "web", state: "up" });
  return {
    gates,
    told,
    wishes,
    give,
    permit: (step: "none" | Wish["step"], text = "") => give({ type: "SetPermit", vip: VIP, step, text }),
    wait: (duration: number) => {
      now = (now + duration) as Instant;
      gates.advance(now);
    },
    why: () => gates.why(VIP)?.reasons.map(({ condition, verdict, asks }) => [condition, verdict, asks]),
  };
}

test("a check that fails does not withdraw a guarded VIP before the guard permits it", () => {
  const { give, told, wishes, permit, gates, why } = guarded();
  give({ type: "SetCheck", check: "web", state: "down", detail: "refused" });
  assert.deepEqual(told, ["announce"]);
  assert.deepEqual(wishes, [{ step: "withdraw", cause: "check" }]);
  permit("none", "last announcer, 1 wanted besides");
  assert.equal(gates.why(VIP)?.decisive.text, "held: last announcer, 1 wanted besides");
  assert.deepEqual(why()?.slice(-2), [
    ["check", "announce", "withdraw"],
    ["guard", "announce", undefined],
  ]);
  permit("withdraw");
  assert.deepEqual(told, ["announce", "withdraw"]);
  assert.equal(wishes.at(-1), undefined);
});

test("while it is held, a VIP with a second-best form has that one", () => {
  const { give, told, gates } = guarded({ onDegraded: WORSE });
  give({ type: "SetCheck", check: "web", state: "down" });
  assert.deepEqual(told, ["announce", "de-prefer"]);
  assert.equal(gates.why(VIP)?.dePreference, WORSE);
});

test("the time of a drain begins with its permit, and its end asks again", () => {
  const { give, told, wishes, permit, wait } = guarded();
  give({ type: "SetDrain", on: true });
  wait(seconds(60));
  assert.deepEqual(told, ["announce"]);
  permit("gshut");
  assert.deepEqual(told, ["announce", "gshut"]);
  wait(seconds(9.9));
  assert.deepEqual(wishes, [{ step: "gshut", cause: "drain" }]);
  wait(seconds(0.1));
  assert.deepEqual(wishes.at(-1), { step: "withdraw", cause: "drain" });
  wait(seconds(60));
  assert.deepEqual(told, ["announce", "gshut"]);
  permit("withdraw");
  assert.deepEqual(told, ["announce", "gshut", "withdraw"]);
});

test("a drain that began is taken back when another goes first", () => {
  const { give, told, permit } = guarded();
  give({ type: "SetDrain", on: true });
  permit("gshut");
  permit("none", "gw2 leaves first");
  assert.deepEqual(told, ["announce", "gshut", "announce"]);
});

test("hard truths do not wait for the guard", () => {
  for (const input of [
    { type: "SetAdmin", vip: VIP, state: "down" },
    { type: "SetVrrp", instance: "gw", state: "Backup" },
    { type: "Remove", vip: VIP },
  ] as const) {
    const { give, told, wishes } = guarded({ vrrpInstance: "gw" });
    give({ type: "SetVrrp", instance: "gw", state: "Master" });
    give({ type: "SetDrain", on: true });
    give(input);
    assert.deepEqual(told, ["announce", "withdraw"], input.type);
    assert.equal(wishes.at(-1), undefined);
  }
});

test("the guard never announces: who is down stays down, and a permit is good for one withdraw", () => {
  const { give, told, permit } = guarded();
  give({ type: "SetCheck", check: "web", state: "down" });
  permit("withdraw");
  permit("none", "last announcer");
  assert.deepEqual(told, ["announce", "withdraw"]);
  give({ type: "SetCheck", check: "web", state: "up" });
  give({ type: "SetCheck", check: "web", state: "down" });
  assert.deepEqual(told, ["announce", "withdraw", "announce"]);
});

test("a guarded VIP that was not announced when its drain began is not announced for the drain's sake", () => {
  const { give, told, wishes } = guarded({ vrrpInstance: "gw" });
  give({ type: "SetDrain", on: true });
  give({ type: "SetVrrp", instance: "gw", state: "Master" });
  assert.deepEqual([told, wishes], [[], []]);
});

test("a permit for a step that is not wished for any more changes nothing", () => {
  const { give, told, permit } = guarded();
  give({ type: "SetDrain", on: true });
  give({ type: "SetDrain", on: false });
  permit("gshut");
  give({ type: "SetDrain", on: true });
  assert.deepEqual(told, ["announce"]);
});

test("without min-announcers nobody is asked", () => {
  const { give, told, wishes } = guarded({ minAnnouncers: 0 });
  give({ type: "SetCheck", check: "web", state: "down" });
  assert.deepEqual([told, wishes], [["announce", "withdraw"], []]);
});
