import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../../../src/lib/rng.ts";
import type { Instant } from "../../../src/lib/time.ts";
import { type Answer, type Ask, Guard } from "../../../src/vip/index.ts";

const VIP = "203.0.113.10/32";
const NOW = 1 as Instant;
/** Of a failing check. */
const RANK = 4;

/** gw5 wishes to leave; gw3 and gw4 announce the VIP as well. */
function leavingNode() {
  const asks: Ask[] = [];
  const answers: Answer[] = [];
  const permits: string[] = [];
  const guard = new Guard(
    seededRng(1),
    {
      name: "gw5",
      cutOff: () => undefined,
      announces: () => true,
      isDraining: () => false,
      announcers: () => ({ staying: ["gw3", "gw4"], leaving: [] }),
    },
    {
      ask: (_, ask) => asks.push(ask),
      answer: (_, answer) => answers.push(answer),
      permit: (_, step) => permits.push(step),
    },
  );
  guard.handle(NOW, { type: "Wish", vip: VIP, wish: { step: "withdraw", cause: "check" }, min: 1 });
  return { guard, answers, permits, id: asks[0]?.id as number };
}

test("who ranks higher goes first, as long as we have no permit", () => {
  const { guard, answers, permits, id } = leavingNode();
  guard.handle(NOW, { type: "Asked", from: "gw3", ask: { vip: VIP, id: 7, rank: RANK } });
  guard.handle(NOW, { type: "Answered", from: "gw4", answer: { vip: VIP, id, refusal: undefined } });
  assert.deepEqual([answers[0]?.refusal, permits.includes("withdraw")], [undefined, false]);
});

test("nobody goes first any more when we may withdraw, even before the gate has", () => {
  const { guard, answers, permits, id } = leavingNode();
  guard.handle(NOW, { type: "Answered", from: "gw4", answer: { vip: VIP, id, refusal: undefined } });
  assert.equal(permits.at(-1), "withdraw");
  guard.handle(NOW, { type: "Asked", from: "gw3", ask: { vip: VIP, id: 7, rank: RANK } });
  assert.deepEqual([answers[0]?.refusal, permits.at(-1)], ["leaving", "withdraw"]);
});
