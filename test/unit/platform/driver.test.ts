import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { test } from "node:test";
import { after, type Instant, millis, NEVER } from "../../../src/lib/time.ts";
import { type Driven, Driver, monotonicNow } from "../../../src/platform/index.ts";
import { until } from "./harness.ts";

/** A core with one timer, which writes down when it fired. */
class Alarm implements Driven {
  deadline: Instant = NEVER;
  readonly fired: { readonly due: Instant; readonly at: Instant }[] = [];

  advance(now: Instant): void {
    this.fired.push({ due: this.deadline, at: now });
    this.deadline = NEVER;
  }
}

/** Holds the event loop as a stopped process would be, without using the processor. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("a core is advanced when its deadline has passed, never before", async (t) => {
  const driver = new Driver();
  t.after(() => driver.stop());
  const alarm = new Alarm();
  driver.add(alarm);
  for (const ms of [1, 3, 0.4, 12, 0]) {
    alarm.fired.length = 0;
    driver.touch();
    alarm.deadline = after(driver.now(), millis(ms));
    await until(() => alarm.fired.length > 0, "the alarm fires");
    const [{ due, at }] = alarm.fired as [{ due: Instant; at: Instant }];
    assert(at >= due, `${due - at} us early`);
  }
});

test("the earliest of several cores wakes the driver, and a deadline that moves earlier is kept", async (t) => {
  const driver = new Driver();
  t.after(() => driver.stop());
  const [soon, late, moved] = [new Alarm(), new Alarm(), new Alarm()];
  late.deadline = after(driver.now(), millis(60_000));
  moved.deadline = after(driver.now(), millis(60_000));
  soon.deadline = after(driver.now(), millis(5));
  for (const alarm of [late, moved, soon]) driver.add(alarm);
  await until(() => soon.fired.length === 1, "the first");
  driver.touch();
  moved.deadline = after(driver.now(), millis(5));
  await until(() => moved.fired.length === 1, "the moved one");
  assert.equal(late.fired.length, 0);
});

test("input that arrived before the deadline is handed over before the timer fires, also after a stall", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const child = netConnect((server.address() as { port: number }).port, "127.0.0.1");
  t.after(() => {
    child.destroy();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await until(() => sockets.length === 1, "connected");
  const driver = new Driver();
  t.after(() => driver.stop());
  // A hold timer of 100 ms, restarted by octets: this process may be kept from running for some of them.
  let deaths = 0;
  let inputs = 0;
  let inHandler = () => {};
  const hold: Driven & { deadline: Instant } = {
    deadline: NEVER,
    advance: () => {
      deaths++;
      hold.deadline = NEVER;
    },
  };
  driver.add(hold);
  (sockets[0] as Socket).on("data", () => {
    driver.touch();
    inputs++;
    hold.deadline = after(driver.now(), millis(100));
    inHandler();
  });
  // The stall begins wherever the loop may be: in I/O behind the input itself, in setImmediate, in a timer, in a write.
  const places: readonly ((run: () => void) => void)[] = [
    (run) => run(),
    (run) => setImmediate(run),
    (run) => setTimeout(run, 1),
    (run) => child.write("x", run),
  ];
  for (let round = 0; round < 12; round++) {
    const stalled = new Promise<void>((resolve) => {
      inHandler = () => {
        inHandler = () => {};
        (places[round % places.length] as (typeof places)[0])(() => {
          child.write("keepalive that is in the kernel all the while");
          stall(150);
          resolve();
        });
      };
    });
    const seen = inputs;
    child.write("keepalive");
    await stalled;
    await until(() => inputs >= seen + 2, "the second keepalive");
    assert.equal(deaths, 0, `a live peer was declared dead in round ${round}`);
  }
  await until(() => deaths === 1, "silence is noticed all the same");
});

test("a deadline of 0 gives a slice every turn, and I/O goes on between slices", async (t) => {
  const driver = new Driver();
  t.after(() => driver.stop());
  let slices = 0;
  const work = {
    deadline: 0 as Instant,
    advance() {
      slices++;
      if (slices === 1_000) work.deadline = NEVER;
    },
  };
  let timers = 0;
  const ticking = setInterval(() => timers++, 1);
  t.after(() => clearInterval(ticking));
  driver.add(work);
  await until(() => slices === 1_000, "the work is done");
  await until(() => timers > 0, "timers run beside it");
  const { passes } = driver.stats;
  assert(passes >= 1_000, `${passes} passes for 1,000 slices`);
});

test("nothing is advanced after stop or remove", async () => {
  const driver = new Driver();
  const [removed, stopped] = [new Alarm(), new Alarm()];
  for (const alarm of [removed, stopped]) {
    alarm.deadline = after(driver.now(), millis(2));
    driver.add(alarm);
  }
  driver.remove(removed);
  driver.stop();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([...removed.fired, ...stopped.fired], []);
});

test("a stalled loop shows in the lag", async (t) => {
  const driver = new Driver();
  t.after(() => driver.stop());
  const alarm = new Alarm();
  driver.add(alarm);
  const lagOf = async (act: () => void) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    driver.resetStats();
    alarm.fired.length = 0;
    driver.touch();
    alarm.deadline = after(driver.now(), millis(5));
    act();
    await until(() => alarm.fired.length > 0, "the alarm fires");
    return driver.stats.lagMax;
  };
  assert((await lagOf(() => stall(60))) >= 50_000, "an input that takes long");
  assert((await lagOf(() => setTimeout(() => stall(60), 1))) >= 50_000, "something else that takes long");
  alarm.advance = function (now) {
    stall(60);
    Alarm.prototype.advance.call(this, now);
  };
  await lagOf(() => {});
  assert(driver.stats.lagMax >= 50_000, "a core that takes long");
  assert(driver.stats.lagMaxEver >= 50_000);
});

test("an idle driver sleeps", async (t) => {
  const driver = new Driver();
  t.after(() => driver.stop());
  const alarm = new Alarm();
  alarm.deadline = after(driver.now(), millis(3_000));
  driver.add(alarm);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(driver.stats.passes <= 2, `${driver.stats.passes} passes with nothing to do`);
});

test("the clock is monotonic and counts microseconds", () => {
  const a = monotonicNow();
  stall(20);
  const passed = monotonicNow() - a;
  assert(Number.isInteger(a));
  assert(passed >= 19_900 && passed < 2_000_000, `${passed} us`);
});
