import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Instant } from "../../src/lib/time.ts";
import { type CheckInput, decide, type GateInputs, type LeaseInput, rankOf } from "../../src/vip/index.ts";

const instant = fc.nat(1000).map((n) => n as Instant);
const held = <T>(...values: readonly T[]) => fc.record({ value: fc.constantFrom(...values), since: instant });

/** Values of each condition, the best first: what is further back is never better. */
const ORDER = {
  configured: [true, false],
  vrrp: ["Master", "Backup", "Fault", "Initialize", "unknown"],
  address: ["present", "absent", "unknown"],
  admin: ["up", "down"],
  check: ["up", "unknown", "down"],
  lease: ["held", "lapsed"],
} as const;

const name = fc.constantFrom("asking gw2", "last announcer");
const wait = fc.option(fc.record({ since: instant, until: instant }), { nil: undefined });
const check: fc.Arbitrary<CheckInput> = fc.record({
  name: fc.constantFrom("a", "b", "c"),
  severity: fc.constantFrom("fail", "degraded"),
  value: fc.constantFrom(...ORDER.check),
  since: instant,
  detail: fc.constantFrom("", "refused"),
});
const lease: fc.Arbitrary<LeaseInput> = fc.record({
  value: fc.constantFrom(...ORDER.lease),
  since: instant,
  until: instant,
  onLapse: fc.constantFrom("withdraw", "de-prefer"),
});
const dePreference = { med: 9, localPreference: undefined, asPathPrepend: 1, communities: [], largeCommunities: [] };
const inputs: fc.Arbitrary<GateInputs> = fc.record({
  configured: held(...ORDER.configured),
  vrrp: fc.option(
    held(...ORDER.vrrp).map((state) => ({ instance: "gw", ...state })),
    { nil: undefined },
  ),
  address: fc.option(held(...ORDER.address), { nil: undefined }),
  admin: held(...ORDER.admin),
  checks: fc.array(check, { maxLength: 4 }),
  lease: fc.option(lease, { nil: undefined }),
  holdUp: wait,
  damping: wait,
  drain: fc.option(fc.record({ value: fc.constantFrom("gshut", "drained"), since: instant, until: instant }), {
    nil: undefined,
  }),
  onDegraded: fc.option(fc.constant(dePreference), { nil: undefined }),
});

test("decide is total: one reason per condition, the decisive one is the harshest and says what is done", () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { action, reasons, decisive, dePreference: worse } = decide(given);
      const optional = [given.vrrp, given.address, given.lease, given.holdUp, given.damping, given.drain];
      const count = 2 + (given.checks?.length ?? 0) + optional.filter((input) => input !== undefined).length;
      assert.equal(reasons.length, count);
      assert.equal(action, decisive.verdict);
      assert.ok(reasons.includes(decisive), "the decisive reason is one of the chain");
      assert.equal(rankOf(action), Math.max(...reasons.map(({ verdict }) => rankOf(verdict))));
      if (action === "de-prefer") assert.equal(worse, given.onDegraded);
      if (action === "announce" || action === "withdraw") assert.equal(worse, undefined);
    }),
    { numRuns: 2000 },
  );
});

test("no condition that says no is ever outvoted", () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const no =
        !given.configured.value ||
        given.admin.value === "down" ||
        (given.vrrp !== undefined && given.vrrp.value !== "Master") ||
        (given.address !== undefined && given.address.value !== "present") ||
        (given.checks ?? []).some(({ severity, value }) => severity === "fail" && value !== "up") ||
        (given.lease?.value === "lapsed" && given.lease.onLapse === "withdraw") ||
        given.holdUp !== undefined ||
        given.damping !== undefined ||
        given.drain?.value === "drained";
      if (no) assert.equal(decide(given).action, "withdraw");
    }),
    { numRuns: 2000 },
  );
});

/** The same inputs with one condition at a value that is not better. */
function worsened(given: GateInputs, which: number, steps: number): GateInputs {
  const worse = <T>(order: readonly T[], value: T): T =>
    order[Math.min(order.indexOf(value) + steps, order.length - 1)] as T;
  const { configured, vrrp, address, admin, checks = [], lease: leased, drain } = given;
  switch (which) {
    case 0:
      return { ...given, configured: { ...configured, value: worse(ORDER.configured, configured.value) } };
    case 1:
      return vrrp === undefined ? given : { ...given, vrrp: { ...vrrp, value: worse(ORDER.vrrp, vrrp.value) } };
    case 2:
      return address === undefined
        ? given
        : { ...given, address: { ...address, value: worse(ORDER.address, address.value) } };
    case 3:
      return { ...given, admin: { ...admin, value: worse(ORDER.admin, admin.value) } };
    case 4:
      return { ...given, checks: checks.map((c, i) => (i === 0 ? { ...c, value: worse(ORDER.check, c.value) } : c)) };
    case 5:
      return leased === undefined
        ? given
        : { ...given, lease: { ...leased, value: worse(ORDER.lease, leased.value), onLapse: "withdraw" } };
    case 6:
      return { ...given, drain: { value: "drained", since: drain?.since ?? (0 as Instant), until: 0 as Instant } };
    case 7:
      return { ...given, onDegraded: undefined };
    case 8:
      return { ...given, holdUp: { since: 0 as Instant, until: 1 as Instant } };
    default:
      return {
        ...given,
        checks: [...checks, { name: "z", severity: "fail", value: "up", since: 0 as Instant, detail: "" }],
      };
  }
}

test("a condition that gets worse never makes the action better", () => {
  fc.assert(
    fc.property(inputs, fc.nat(9), fc.integer({ min: 1, max: 4 }), (given, which, steps) => {
      assert.ok(
        rankOf(decide(worsened(given, which, steps)).action) >= rankOf(decide(given).action),
        `condition ${which} made it better`,
      );
    }),
    { numRuns: 5000 },
  );
});

test("a guard holds back soft conditions alone, and never makes a verdict milder than the hard ones have it", () => {
  const guards = fc.record({
    value: fc.constantFrom("announce" as const, "gshut" as const),
    since: instant,
    text: name,
  });
  fc.assert(
    fc.property(inputs, guards, (given, guard) => {
      const held = decide({ ...given, guard });
      const hard = decide({ ...given, checks: [], lease: undefined, drain: undefined });
      assert.ok(rankOf(held.action) >= rankOf(hard.action));
      assert.ok(rankOf(held.action) <= rankOf(decide(given).action));
      if (hard.action !== "withdraw") assert.notEqual(held.action, "withdraw");
    }),
  );
});
