import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, NEVER, seconds } from "../../../src/lib/time.ts";
import { Bench, VIP, vrrp, WEB, web } from "./bench.ts";

const HOLD = { checks: WEB, holdUp: seconds(10) };
const DAMPED = {
  checks: WEB,
  damping: { halfLife: seconds(60), suppress: 2000, reuse: 750, suppressMax: seconds(240) },
};

/** A VIP that is announced from second 1 on. */
function announced(settings: Parameters<Bench["configure"]>[1]): Bench {
  const bench = new Bench();
  bench.at(0, web("up"), vrrp("Master"));
  bench.configure(1, settings);
  assert.deepEqual(bench.news(), ["1 announce"]);
  return bench;
}

test("hold-up: after a failing check it has to be well for so long; the withdraw itself is at once", () => {
  const bench = announced(HOLD);
  bench.at(20, web("down"));
  bench.at(30, web("up"));
  const reason = bench.gates.why(VIP)?.decisive;
  assert.deepEqual([reason?.condition, reason?.since, reason?.until], ["hold-up", seconds(30), seconds(40)]);
  bench.at(100);
  assert.deepEqual(bench.news(), ["20 withdraw", "40 announce"]);
  assert.equal(bench.gates.deadline, NEVER);
});

test("hold-up begins anew when the check fails again before it is over", () => {
  const bench = announced(HOLD);
  bench.at(20, web("down"));
  for (const second of [25, 30, 35]) {
    bench.at(second, web("up"));
    bench.at(second + 3, web("down"));
  }
  bench.at(50, web("up"));
  bench.at(100);
  assert.deepEqual(bench.news(), ["20 withdraw", "60 announce"]);
});

test("hold-up begins anew when something else closes the gate before it is over", () => {
  const bench = announced(HOLD);
  bench.at(2, { type: "SetAddress", vip: VIP, present: true });
  bench.configure(3, { ...HOLD, requireAddress: true });
  bench.at(20, web("down"));
  bench.at(30, web("up"));
  bench.at(35, { type: "SetAddress", vip: VIP, present: false });
  bench.at(36, { type: "SetAddress", vip: VIP, present: true });
  bench.at(100);
  assert.deepEqual(bench.news(), ["20 withdraw", "46 announce"]);
});

test("the first announcement does not wait, nor what was withdrawn for another reason", () => {
  const bench = new Bench();
  bench.at(1, vrrp("Backup"));
  bench.configure(1, { ...HOLD, vrrpInstance: "gw" });
  bench.at(2, vrrp("Master"));
  bench.at(3, web("down"));
  bench.at(4, web("up"));
  bench.at(5, vrrp("Fault"));
  bench.at(6, vrrp("Master"), { type: "SetAdmin", vip: VIP, state: "down" });
  bench.at(7, { type: "SetAdmin", vip: VIP, state: "up" });
  assert.deepEqual(bench.news(), ["4 announce", "5 withdraw", "6 announce", "6 withdraw", "7 announce"]);
});

test("who becomes Master announces at once, also within hold-up", () => {
  const bench = announced({ ...HOLD, vrrpInstance: "gw" });
  bench.at(20, web("down"));
  bench.at(21, vrrp("Backup"));
  bench.at(22, web("up"));
  bench.at(23, vrrp("Master"));
  assert.deepEqual(bench.news(), ["20 withdraw", "23 announce"]);
  bench.at(40, web("down"));
  bench.at(41, web("up"));
  bench.at(100);
  assert.deepEqual(bench.news(), ["40 withdraw", "51 announce"]);
});

test("a check that fails while the VIP is a Backup's is no reason to wait", () => {
  const bench = announced({ ...HOLD, vrrpInstance: "gw" });
  bench.at(20, vrrp("Backup"));
  bench.at(21, web("down"));
  bench.at(22, web("up"));
  bench.at(22.5, vrrp("Master"));
  assert.deepEqual(bench.news(), ["20 withdraw", "22.5 announce"]);
});

test("hold-up that is configured away ends", () => {
  const bench = announced(HOLD);
  bench.at(20, web("down"));
  bench.at(21, web("up"));
  bench.configure(22, { checks: WEB });
  assert.deepEqual(bench.news(), ["20 withdraw", "22 announce"]);
});

/** Down at each of these seconds, and up one second later. */
function flap(bench: Bench, ...at: readonly number[]): void {
  for (const second of at) {
    bench.at(second, web("down"));
    bench.at(second + 1, web("up"));
  }
}

test("damping: the third withdraw in short time suppresses until the penalty has decayed", () => {
  const bench = announced(DAMPED);
  flap(bench, 10, 20);
  assert.deepEqual(bench.news(), ["10 withdraw", "11 announce", "20 withdraw", "21 announce"]);
  flap(bench, 30);
  const reason = bench.gates.why(VIP)?.decisive;
  // 1000 three times, of which two had decayed for 20 and 10 seconds; 60 seconds a half.
  const penalty = 1000 * (2 ** (-20 / 60) + 2 ** (-10 / 60) + 1);
  const until = 30 + 60 * Math.log2(penalty / 750);
  assert.equal(reason?.condition, "damping");
  assert.ok(Math.abs((reason?.until ?? 0) / 1e6 - until) < 0.001, `until ${reason?.until}, not ${until}`);
  bench.at(1000);
  const [withdrawn, back, ...rest] = bench.news();
  assert.deepEqual([withdrawn, rest], ["30 withdraw", []]);
  assert.match(back as string, /^14\d\.\d+ announce$/);
  assert.equal(bench.gates.deadline, NEVER);
});

test("damping: flaps while suppressed count, and never keep it down longer than suppress-max after the last", () => {
  const bench = announced(DAMPED);
  const flaps = Array.from({ length: 100 }, (_, i) => 10 + 2 * i);
  flap(bench, ...flaps);
  bench.at(10_000);
  const news = bench.news();
  assert.equal(news.length, 6, news.join(", "));
  const last = 10 + 2 * 99;
  const back = Number(news.at(-1)?.split(" ")[0]);
  assert.ok(back > last + 200 && back <= last + 240.001, `back at ${back}, last flap at ${last}`);
});

test("damping: slow flaps never suppress", () => {
  const bench = announced(DAMPED);
  flap(bench, ...Array.from({ length: 50 }, (_, i) => 100 + 120 * i));
  const news = bench.news();
  assert.equal(news.length, 100);
  assert.equal(new Set(news.map((line) => line.split(" ")[1])).size, 2);
});

test("damping holds also who becomes Master", () => {
  const bench = announced({ ...DAMPED, vrrpInstance: "gw" });
  flap(bench, 10, 12, 14);
  bench.at(20, vrrp("Backup"));
  bench.at(21, vrrp("Master"));
  assert.equal(bench.gates.why(VIP)?.decisive.condition, "damping");
});

test("damping counts withdraws for checks that are down, not for what is not known, and not others", () => {
  const bench = announced({ ...DAMPED, vrrpInstance: "gw" });
  for (let i = 0; i < 10; i++) {
    bench.at(10 + 3 * i, web("unknown"));
    bench.at(11 + 3 * i, web("up"), vrrp("Backup"));
    bench.at(12 + 3 * i, vrrp("Master"));
  }
  assert.equal(bench.gates.why(VIP)?.action, "announce");
  assert.equal(bench.gates.deadline as Instant, NEVER);
});

test("damping that is configured away ends, and what it remembered is forgotten", () => {
  const bench = announced(DAMPED);
  flap(bench, 10, 12, 14);
  bench.configure(20, { checks: WEB });
  bench.configure(21, DAMPED);
  flap(bench, 22);
  assert.deepEqual(bench.news().slice(-3), ["20 announce", "22 withdraw", "23 announce"]);
});
