import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../../src/lib/time.ts";
import { decide, Gates, type Verdict } from "../../../src/vip/index.ts";

const at = (n: number) => n as Instant;

test("a VIP is announced when every condition agrees, and the chain lists them all", () => {
  const verdict = decide({ configured: { value: true, since: at(1) }, admin: { value: "up", since: at(2) } });
  assert.equal(verdict.action, "announce");
  assert.deepEqual(
    verdict.reasons.map((r) => [r.condition, r.verdict, r.since]),
    [
      ["config", "announce", 1],
      ["admin", "announce", 2],
    ],
  );
});

test("the first condition that objects decides, and later ones are still listed", () => {
  const verdict = decide({ configured: { value: false, since: at(5) }, admin: { value: "down", since: at(2) } });
  assert.equal(verdict.action, "withdraw");
  assert.equal(verdict.decisive.condition, "config");
  assert.equal(verdict.decisive.since, 5);
  assert.equal(verdict.reasons.length, 2);
  const byAdmin = decide({ configured: { value: true, since: at(5) }, admin: { value: "down", since: at(2) } });
  assert.equal(byAdmin.decisive.condition, "admin");
});

function recorded() {
  const seen: string[] = [];
  const gates = new Gates({ verdict: (vip: string, v: Verdict) => seen.push(`${v.action} ${vip}`) });
  return { gates, seen };
}

test("gates speak only of changes", () => {
  const { gates, seen } = recorded();
  const vip = "203.0.113.10/32";
  gates.handle(at(1), { type: "Configure", vip, enabled: true });
  gates.handle(at(2), { type: "Configure", vip, enabled: true });
  gates.handle(at(3), { type: "SetAdmin", vip, state: "down" });
  gates.handle(at(4), { type: "SetAdmin", vip, state: "down" });
  gates.handle(at(5), { type: "SetAdmin", vip, state: "up" });
  assert.deepEqual(seen, [`announce ${vip}`, `withdraw ${vip}`, `announce ${vip}`]);
});

test("a VIP that is disabled from the start says nothing", () => {
  const { gates, seen } = recorded();
  gates.handle(at(1), { type: "Configure", vip: "192.0.2.1/32", enabled: false });
  assert.deepEqual(seen, []);
  assert.equal(gates.why("192.0.2.1/32")?.action, "withdraw");
});

test("a removed VIP is withdrawn once, and only if it was announced", () => {
  const { gates, seen } = recorded();
  gates.handle(at(1), { type: "Configure", vip: "a", enabled: true });
  gates.handle(at(1), { type: "Configure", vip: "b", enabled: false });
  for (const vip of ["a", "b", "a", "never"]) gates.handle(at(2), { type: "Remove", vip });
  assert.deepEqual(seen, ["announce a", "withdraw a"]);
  assert.equal(gates.why("a"), undefined);
});

test("the admin state survives a reload and keeps its time", () => {
  const { gates } = recorded();
  gates.handle(at(1), { type: "Configure", vip: "a", enabled: true });
  gates.handle(at(7), { type: "SetAdmin", vip: "a", state: "down" });
  gates.handle(at(9), { type: "Configure", vip: "a", enabled: true });
  assert.deepEqual(gates.why("a")?.decisive, {
    condition: "admin",
    verdict: "withdraw",
    text: "taken down by an operator",
    since: 7,
  });
});
