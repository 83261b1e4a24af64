import assert from "node:assert/strict";
import { test } from "node:test";
import { LEASES_MAX, Leases, type OnLapse } from "../../../../src/api/holdfast/leases.ts";
import { type Instant, NEVER, seconds } from "../../../../src/lib/time.ts";

const at = (s: number) => seconds(s) as number as Instant;

function make() {
  const lapsed: string[] = [];
  const leases = new Leases({ lapsed: (prefix, onLapse) => lapsed.push(`${prefix} ${onLapse}`) });
  const grant = (s: number, prefix: string, duration: number | undefined, onLapse: OnLapse = "withdraw") =>
    leases.handle(at(s), {
      type: "Grant",
      prefix,
      duration: duration === undefined ? undefined : seconds(duration),
      onLapse,
    });
  return { leases, lapsed, grant };
}

test("a lease that is not renewed lapses at its moment and not before, and the route is forgotten", () => {
  const { leases, lapsed, grant } = make();
  grant(10, "198.51.100.1/32", 30);
  assert.equal(leases.deadline, at(40));
  leases.advance(at(39.999));
  assert.deepEqual(lapsed, []);
  leases.advance(at(40));
  assert.deepEqual(lapsed, ["198.51.100.1/32 withdraw"]);
  assert.equal(leases.size, 0);
  assert.equal(leases.deadline, NEVER);
});

test("a lease that is renewed in time never lapses, and keeps its age", () => {
  const { leases, lapsed, grant } = make();
  for (let s = 0; s <= 300; s += 20) {
    leases.advance(at(s));
    grant(s, "198.51.100.1/32", 30);
  }
  assert.deepEqual(lapsed, []);
  assert.equal(leases.get("198.51.100.1/32")?.since, at(0));
  assert.equal(leases.get("198.51.100.1/32")?.until, at(330));
});

test("a de-preferred route stays until it is renewed or released, and lapses again", () => {
  const { leases, lapsed, grant } = make();
  grant(0, "198.51.100.1/32", 5, "de-prefer");
  leases.advance(at(100));
  assert.deepEqual(lapsed, ["198.51.100.1/32 de-prefer"]);
  assert.equal(leases.get("198.51.100.1/32")?.lapsed, true);
  leases.advance(at(200));
  assert.equal(lapsed.length, 1, "once");
  grant(200, "198.51.100.1/32", 5, "de-prefer");
  assert.equal(leases.get("198.51.100.1/32")?.lapsed, false);
  leases.advance(at(205));
  assert.equal(lapsed.length, 2);
  leases.handle(at(206), { type: "Release", prefix: "198.51.100.1/32" });
  assert.equal(leases.size, 0);
});

test("a route without a lease never lapses, and a lease may be given up for none", () => {
  const { leases, lapsed, grant } = make();
  grant(0, "198.51.100.1/32", undefined);
  assert.equal(leases.deadline, NEVER);
  grant(0, "198.51.100.2/32", 5);
  grant(1, "198.51.100.2/32", undefined);
  leases.advance(at(1e6));
  assert.deepEqual(lapsed, []);
  assert.equal(leases.size, 2);
});

test("those that lapse in one look do so in the order of their moments", () => {
  const { leases, lapsed, grant } = make();
  grant(0, "198.51.100.1/32", 9);
  grant(0, "198.51.100.2/32", 3);
  grant(0, "198.51.100.3/32", 6);
  leases.advance(at(7));
  assert.deepEqual(lapsed, ["198.51.100.2/32 withdraw", "198.51.100.3/32 withdraw"]);
  assert.equal(leases.deadline, at(9));
});

test("the table has an end", () => {
  const { leases, grant } = make();
  for (let i = 0; i < LEASES_MAX - 1; i++) grant(0, String(i), undefined);
  assert.equal(leases.full, false);
  grant(0, "last", undefined);
  assert.equal(leases.full, true);
});
