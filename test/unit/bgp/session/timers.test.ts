/** Timers, in virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { idleHoldWait, jitter, keepaliveWait, retryWait } from "../../../../src/bgp/session/timers.ts";
import { seededRng } from "../../../../src/lib/rng.ts";
import { elapsed, type Instant, type Micros, NEVER, seconds, toSeconds } from "../../../../src/lib/time.ts";
import { keepalive, notification, peerConfig, Rig } from "./harness.ts";

const EPSILON = 1 as Micros;
const within = (value: number, low: number, high: number) => assert.ok(value >= low && value <= high, `${value}`);

/** A neighbour that sends a KEEPALIVE every `every` for `duration`. */
function live(rig: Rig, duration: Micros, every: Micros): void {
  for (let t = 0; t < duration; t += every) rig.pass(every).receive(keepalive());
}

test("jitter is a factor in 0.75 .. 1, spread over the whole range", () => {
  const rng = seededRng(7);
  const factors = Array.from({ length: 1000 }, () => jitter(rng, seconds(100)) / seconds(100));
  within(Math.min(...factors), 0.75, 0.76);
  within(Math.max(...factors), 0.99, 1);
});

test("no wait is 0, and no KEEPALIVE comes before a second is over", () => {
  const rng = seededRng(7);
  assert.ok(retryWait(rng, 0 as Micros) > 0);
  assert.ok(idleHoldWait(rng, 0 as Micros, 0 as Micros, 1) > 0);
  for (let i = 0; i < 50; i++) assert.equal(keepaliveWait(rng, 1), seconds(1));
});

test("IdleHoldTime doubles per failure up to its maximum", () => {
  const whole = () => 0.999999999;
  const waits = [1, 2, 3, 4, 5, 1000].map((n) =>
    Math.round(toSeconds(idleHoldWait(whole, seconds(5), seconds(60), n))),
  );
  assert.deepEqual(waits, [5, 10, 20, 40, 60, 60]);
});

test("a silent neighbour is given up when the hold time is over, with 4/0", () => {
  const rig = new Rig().to("Established");
  rig.take();
  rig.pass((seconds(90) - 1) as Micros);
  assert.equal(rig.state, "Established");
  rig.take();
  rig.pass(EPSILON);
  assert.deepEqual(rig.take(), ["send 1 NOTIFICATION 4/0", "close 1", "down hold-timer-expired", "Established>Idle"]);
});

test("each message starts the hold time again", () => {
  const rig = new Rig().to("Established");
  live(rig, seconds(1000), seconds(89));
  assert.equal(rig.state, "Established");
});

test("octets that waited while we stalled are heard before the hold timer fires", () => {
  const rig = new Rig().to("Established");
  rig.now = seconds(500) as number as Instant;
  rig.receive(keepalive());
  rig.session.advance(rig.now);
  assert.equal(rig.state, "Established");
});

test("KEEPALIVEs go out every jittered third of the hold time", () => {
  const rig = new Rig().to("Established");
  const gaps: number[] = [];
  let last = rig.now;
  for (let i = 0; i < 200; i++) {
    rig.take();
    rig.fire().receive(keepalive());
    assert.deepEqual(rig.take(), ["send 1 KEEPALIVE"]);
    gaps.push(toSeconds(elapsed(last, rig.now)));
    last = rig.now;
  }
  within(Math.min(...gaps), 22.5, 23.5);
  within(Math.max(...gaps), 29, 30);
});

test("hold time 0: no KEEPALIVE, no hold timer, once Established", () => {
  const rig = new Rig().to("Established", { holdTimeSeconds: 0 });
  assert.equal(rig.session.deadline, NEVER);
});

test("hold time 0: a neighbour that never confirms is not waited for for ever", () => {
  const rig = new Rig().to("OpenConfirm", { holdTimeSeconds: 0 });
  rig.take();
  rig.pass(seconds(240));
  assert.equal(rig.take()[0], "send 1 NOTIFICATION 4/0");
});

test("an OPEN is waited for four minutes", () => {
  const rig = new Rig().to("OpenSent").pass((seconds(240) - 1) as Micros);
  assert.equal(rig.state, "OpenSent");
  assert.equal(rig.pass(EPSILON).state, "Idle");
});

test("a connection that is refused is tried again after ConnectRetryTime, with jitter", () => {
  const waits = Array.from({ length: 100 }, (_, seed) => {
    const rig = new Rig({}, seed).to("Active");
    rig.fire();
    assert.equal(rig.state, "Connect");
    return toSeconds(rig.now as number as Micros);
  });
  within(Math.min(...waits), 90, 92);
  within(Math.max(...waits), 118, 120);
});

test("an attempt that is never answered is given up for a new one", () => {
  const rig = new Rig().to("Connect");
  rig.take();
  rig.pass(seconds(120));
  assert.deepEqual(rig.take(), ["close 1", "connect 2"]);
});

test("a passive session waits, and takes who comes", () => {
  const rig = new Rig({ passive: true }).start();
  assert.deepEqual([rig.state, rig.session.deadline], ["Active", NEVER]);
  rig.accept();
  assert.equal(rig.state, "OpenSent");
});

test("a session that fails again and again waits longer and longer, until it was up for five minutes", () => {
  const rig = new Rig({ idleHoldTime: seconds(4), idleHoldTimeMax: seconds(30) }).start();
  const fail = (up: Micros): number => {
    const id = Number(/connect (\d+)/.exec(rig.take().join())?.[1]);
    rig.connected(id).receiveOpen({}, {}, id).receive(keepalive(), id);
    for (let t = 0; t < up; t += seconds(60)) rig.pass(seconds(60)).receive(keepalive(), id);
    rig.input({ type: "Closed", connection: id, reason: "reset" });
    const wait = toSeconds(elapsed(rig.now, rig.session.deadline));
    rig.fire();
    return wait;
  };
  for (const expected of [4, 8, 16, 30, 30]) within(fail(0 as Micros), 0.75 * expected, expected);
  within(fail(seconds(240)), 0.75 * 30, 30);
  within(fail(seconds(300)), 0.75 * 4, 4);
});

test("a stop may ask for a quiet time: exactly that, and nobody is let in before", () => {
  const rig = new Rig().to("Established");
  rig.input({ type: "AutomaticStop", subcode: 1, text: "", idleFor: seconds(600) });
  rig.take();
  rig.pass((seconds(600) - 1) as Micros).accept();
  assert.deepEqual(rig.take(), ["send 101 NOTIFICATION 6/5", "close 101"]);
  rig.pass(EPSILON);
  assert.deepEqual(rig.take(), ["Idle>Connect", "connect 2"]);
});

test("a quiet time can be asked for when the session has just gone by itself", () => {
  const rig = new Rig().to("Established").input({ type: "Closed", connection: 1, reason: "reset" });
  rig.input({ type: "AutomaticStop", subcode: 1, text: "", idleFor: seconds(600) });
  assert.equal(rig.session.deadline, seconds(600));
});

test("an error in the messages keeps the neighbour out, a lost connection or a Cease does not", () => {
  const refused = (act: (rig: Rig) => unknown): boolean => {
    const rig = new Rig().to("Established");
    act(rig);
    assert.equal(rig.state, "Idle");
    rig.accept();
    return rig.state === "Idle";
  };
  assert.ok(refused((rig) => rig.receiveOpen()));
  assert.ok(refused((rig) => rig.receive(notification(3, 1))));
  assert.ok(!refused((rig) => rig.receive(notification(6, 4))));
  assert.ok(!refused((rig) => rig.receive(notification(4, 0))));
  assert.ok(!refused((rig) => rig.input({ type: "Closed", connection: 1, reason: "reset" })));
  assert.ok(!refused((rig) => rig.input({ type: "AutomaticStop", subcode: 6, text: "" })));
});

test("after an abandon or a manual stop nothing happens until a start", () => {
  for (const input of [{ type: "Abandon" }, { type: "ManualStop", subcode: 2, text: "" }] as const) {
    const rig = new Rig().to("Established").input(input);
    assert.equal(rig.session.deadline, NEVER);
    assert.equal(rig.start().state, "Connect");
  }
});

test("the send hold timer gives up a neighbour that takes nothing, without relying on a NOTIFICATION", () => {
  const rig = new Rig().to("Established");
  rig.input({ type: "Sent", connection: 1, outstanding: 50 });
  live(rig, seconds(479), seconds(1));
  // More octets wait: that is no progress.
  rig.input({ type: "Sent", connection: 1, outstanding: 69 });
  rig.take();
  rig.pass(seconds(1));
  assert.deepEqual(rig.take().slice(-3), ["abort 1", "down send-hold-timer-expired", "Established>Idle"]);
});

test("the send hold timer starts again with progress, stops when nothing waits, and can be off", () => {
  const outstanding = (rig: Rig, count: number) => rig.input({ type: "Sent", connection: 1, outstanding: count });
  const rig = new Rig({ sendHoldTime: seconds(20) }).to("Established");
  outstanding(rig, 50).pass(seconds(15));
  outstanding(rig, 49).pass(seconds(15));
  assert.equal(rig.state, "Established");
  outstanding(rig, 0).pass(seconds(30));
  assert.equal(rig.state, "Established");
  assert.equal(rig.session.times.sendHold, NEVER);
  const off = new Rig({ sendHoldTime: 0 as Micros }).to("Established");
  assert.equal(outstanding(off, 50).session.times.sendHold, NEVER);
});

test("the send hold time is twice a long hold time", () => {
  const rig = new Rig({ holdTime: seconds(600) }).to("Established", { holdTimeSeconds: 600 });
  rig.input({ type: "Sent", connection: 1, outstanding: 1 });
  assert.equal(rig.session.times.sendHold, seconds(1200));
});

test("a new configuration counts for what comes: the next OPEN, the next attempt", () => {
  const rig = new Rig({ passive: true }).start();
  rig.session.configure(rig.now, peerConfig({ holdTime: seconds(30), connectRetryTime: seconds(8) }));
  within(toSeconds(rig.session.deadline as number as Micros), 6, 8);
  rig.fire().connected();
  assert.equal(rig.out.lastOpen?.holdTimeSeconds, 30);
  rig.session.configure(rig.now, peerConfig({ holdTime: seconds(60) }));
  rig.receiveOpen().receive(keepalive());
  assert.equal(rig.session.up?.holdTimeSeconds, 30);
});

test("status shows when each timer fires", () => {
  const active = new Rig().to("Active").session.times;
  assert.ok(active.connectRetry < NEVER && active.hold === NEVER && active.idleHold === NEVER);
  const up = new Rig().to("Established").session.times;
  assert.ok(up.connectRetry === NEVER && toSeconds(elapsed(0 as Instant, up.hold)) === 90 && up.keepalive < NEVER);
});
