import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../../src/lib/time.ts";
import { type CheckInput, CONDITIONS, decide, type GateInputs } from "../../../src/vip/index.ts";

const at = (n: number) => n as Instant;

const ON_DEGRADED = {
  med: 500,
  localPreference: undefined,
  asPathPrepend: undefined,
  communities: [],
  largeCommunities: [],
};
const check = (name: string, value: CheckInput["value"], severity: CheckInput["severity"] = "fail"): CheckInput => ({
  name,
  severity,
  value,
  since: at(5),
  detail: "",
});
/** A VIP for which everything speaks. */
const GOOD = {
  configured: { value: true, since: at(1) },
  vrrp: { instance: "gw", value: "Master", since: at(9) },
  address: { value: "present", since: at(3) },
  admin: { value: "up", since: at(2) },
  checks: [check("web", "up"), check("disk", "up", "degraded")],
  onDegraded: ON_DEGRADED,
} as const satisfies GateInputs;

test("a VIP is announced when every condition agrees, and the chain lists them all", () => {
  const verdict = decide(GOOD);
  assert.equal(verdict.action, "announce");
  assert.equal(verdict.dePreference, undefined);
  assert.deepEqual(
    verdict.reasons.map((r) => [r.condition, r.name, r.verdict, r.since]),
    [
      ["config", undefined, "announce", 1],
      ["vrrp", "gw", "announce", 9],
      ["address", undefined, "announce", 3],
      ["admin", undefined, "announce", 2],
      ["check", "web", "announce", 5],
      ["check", "disk", "announce", 5],
    ],
  );
});

test("the reason of an announcement is what came to agree last", () => {
  assert.equal(decide(GOOD).decisive.text, "VRRP instance gw is Master");
  const { decisive } = decide({ ...GOOD, vrrp: { ...GOOD.vrrp, since: at(4) } });
  assert.equal(decisive.name, "disk");
});

test("the first of the conditions that object decides, and later ones are still listed", () => {
  const verdict = decide({
    ...GOOD,
    configured: { value: false, since: at(5) },
    admin: { value: "down", since: at(2) },
  });
  assert.equal(verdict.action, "withdraw");
  assert.deepEqual([verdict.decisive.condition, verdict.decisive.since], ["config", 5]);
  assert.equal(verdict.reasons.length, 6);
  assert.equal(decide({ ...GOOD, admin: { value: "down", since: at(2) } }).decisive.condition, "admin");
});

/** Each way in which one condition alone takes the VIP away. */
const OBJECTIONS: Readonly<Record<string, Partial<GateInputs>>> = {
  "disabled in the configuration": { configured: { value: false, since: at(7) } },
  "VRRP instance gw is Backup": { vrrp: { instance: "gw", value: "Backup", since: at(7) } },
  "VRRP instance gw is Fault": { vrrp: { instance: "gw", value: "Fault", since: at(7) } },
  "VRRP instance gw is Initialize": { vrrp: { instance: "gw", value: "Initialize", since: at(7) } },
  "VRRP instance gw has not started yet": { vrrp: { instance: "gw", value: "unknown", since: at(7) } },
  "the address is on no interface of this host": { address: { value: "absent", since: at(7) } },
  "the address has not been looked for on this host yet": { address: { value: "unknown", since: at(7) } },
  "taken down by an operator": { admin: { value: "down", since: at(7) } },
  "check web is down": { checks: [{ ...check("web", "down"), since: at(7) }] },
  "check web has no result yet": { checks: [{ ...check("web", "unknown"), since: at(7) }] },
  "check disk is down: 97 % full": {
    checks: [{ ...check("disk", "down", "degraded"), since: at(7), detail: "97 % full" }],
    onDegraded: undefined,
  },
  "the lease has lapsed": { lease: { value: "lapsed", since: at(7), until: at(7), onLapse: "withdraw" } },
  "healthy again, and waiting for `hold-up` to see that it stays so": { holdUp: { since: at(7), until: at(8) } },
  "went up and down too often: suppressed until its penalty has decayed": { damping: { since: at(7), until: at(8) } },
  drained: { drain: { value: "drained", since: at(7), until: at(7) } },
};
for (const [text, worse] of Object.entries(OBJECTIONS))
  test(`withdrawn: ${text}`, () => {
    const { action, decisive } = decide({ ...GOOD, ...worse });
    assert.deepEqual([action, decisive.text, decisive.since], ["withdraw", text, 7]);
  });

test("the order of the conditions is the documented one", () => {
  const { reasons } = decide({
    ...GOOD,
    lease: { value: "held", since: at(1), until: at(2), onLapse: "withdraw" },
    holdUp: { since: at(1), until: at(2) },
    damping: { since: at(1), until: at(2) },
    drain: { value: "gshut", since: at(1), until: at(2) },
    guard: { value: "announce", since: at(1), text: "asking gw2" },
  });
  assert.deepEqual([...new Set(reasons.map((r) => r.condition))], CONDITIONS);
});

test("a failing check of severity degraded de-prefers, and says how", () => {
  for (const state of ["down", "unknown"] as const) {
    const verdict = decide({ ...GOOD, checks: [check("web", "up"), check("disk", state, "degraded")] });
    assert.deepEqual([verdict.action, verdict.decisive.name], ["de-prefer", "disk"]);
    assert.equal(verdict.dePreference, ON_DEGRADED);
  }
});

test("a lease that has lapsed de-prefers when it was taken so", () => {
  const lease = { value: "lapsed", since: at(8), until: at(8), onLapse: "de-prefer" } as const;
  assert.equal(decide({ ...GOOD, lease }).action, "de-prefer");
  assert.equal(decide({ ...GOOD, lease, onDegraded: undefined }).action, "withdraw");
});

test("a drain is announced with GRACEFUL_SHUTDOWN, and stays de-preferred if it was", () => {
  const drain = { value: "gshut", since: at(10), until: at(20) } as const;
  const plain = decide({ ...GOOD, drain });
  assert.deepEqual([plain.action, plain.dePreference, plain.decisive.until], ["gshut", undefined, 20]);
  const degraded = decide({ ...GOOD, drain, checks: [check("disk", "down", "degraded")] });
  assert.deepEqual([degraded.action, degraded.dePreference], ["gshut", ON_DEGRADED]);
  const failing = decide({ ...GOOD, drain, checks: [check("disk", "down", "degraded"), check("web", "down")] });
  assert.deepEqual([failing.action, failing.dePreference], ["withdraw", undefined]);
});

test("a verdict is settled once VRRP, the address and every check are known", () => {
  const isSettled = (worse: Partial<GateInputs>) => decide({ ...GOOD, ...worse }).settled;
  assert.equal(isSettled({}), true);
  assert.equal(isSettled({ vrrp: { ...GOOD.vrrp, value: "Backup" } }), true);
  assert.equal(isSettled({ vrrp: { ...GOOD.vrrp, value: "Initialize" } }), false);
  assert.equal(isSettled({ vrrp: { ...GOOD.vrrp, value: "unknown" } }), false);
  assert.equal(isSettled({ address: { value: "unknown", since: at(1) } }), false);
  assert.equal(isSettled({ checks: [check("web", "down"), check("disk", "unknown")] }), false);
});
