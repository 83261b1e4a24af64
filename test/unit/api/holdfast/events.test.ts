import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENTS_KEPT, EventLog, WATCHERS_MAX } from "../../../../src/api/holdfast/event-log.ts";
import { EVENTS_WAITING_MAX, watchEvents } from "../../../../src/api/holdfast/event-source.ts";
import type { Event, WatchEventsRequest } from "../../../../src/api/holdfast/messages.ts";
import type { Source } from "../../../../src/api/service.ts";

const entry = (text: string, source = "bgp") => ({ level: "info", source, subject: "", type: "state", text });
const request: WatchEventsRequest = { follow: false, recent: 1000, sources: [] };

function begin(log: EventLog, given: Partial<WatchEventsRequest> = {}) {
  const outcome = watchEvents(log, { ...request, ...given });
  assert.equal(outcome.ok, true);
  const source = (outcome as Extract<typeof outcome, { ok: true }>).value;
  let wakes = 0;
  source.start?.(() => wakes++);
  return { source, wakes: () => wakes };
}

function drain(source: Source): (Event | string)[] {
  const all: (Event | string)[] = [];
  for (;;) {
    const next = source.next() as Event | string;
    if (typeof next === "string") return [...all, next];
    all.push(next);
  }
}

const texts = (all: readonly (Event | string)[]) => all.map((each) => (typeof each === "string" ? each : each.text));

test("the last events are kept, numbered and dated, and the oldest go first", () => {
  const log = new EventLog(() => 1_500);
  for (let i = 1; i <= EVENTS_KEPT + 5; i++) log.push(entry(String(i)));
  const all = log.recent(EVENTS_KEPT);
  assert.equal(all.length, EVENTS_KEPT);
  assert.deepEqual([all[0]?.text, all[0]?.number, all[0]?.time], ["6", 6, 1.5]);
  assert.deepEqual(
    log.recent(2).map(({ text }) => text),
    [String(EVENTS_KEPT + 4), String(EVENTS_KEPT + 5)],
  );
  assert.deepEqual(log.recent(0), []);
});

test("without follow the stream ends after the past", () => {
  const log = new EventLog(() => 0);
  log.push(entry("a"));
  log.push(entry("b"));
  assert.deepEqual(texts(drain(begin(log).source)), ["a", "b", "end"]);
  assert.equal(log.watchers, 0);
});

test("with follow it goes on, wakes its reader, and costs nothing once closed", () => {
  const log = new EventLog(() => 0);
  log.push(entry("past"));
  const { source, wakes } = begin(log, { follow: true, recent: 0 });
  assert.deepEqual(drain(source), ["idle"]);
  log.push(entry("now"));
  assert.equal(wakes(), 1);
  assert.deepEqual(texts(drain(source)), ["now", "idle"]);
  source.close?.();
  log.push(entry("later"));
  assert.equal(wakes(), 1);
  assert.equal(log.watchers, 0);
});

test("only the sources that were asked for", () => {
  const log = new EventLog(() => 0);
  log.push(entry("a", "vip"));
  log.push(entry("b"));
  const { source } = begin(log, { follow: true, sources: ["vip"] });
  log.push(entry("c"));
  log.push(entry("d", "vip"));
  assert.deepEqual(texts(drain(source)), ["a", "d", "idle"]);
});

test("a reader that is too slow loses the oldest, and is told how many", () => {
  const log = new EventLog(() => 0);
  const { source } = begin(log, { follow: true, recent: 0 });
  for (let i = 1; i <= EVENTS_WAITING_MAX + 7; i++) log.push(entry(String(i)));
  const all = drain(source) as Event[];
  assert.equal(all.length, EVENTS_WAITING_MAX + 1);
  assert.deepEqual([all[0]?.text, all[0]?.lost], ["8", 7]);
  assert.equal(all[1]?.lost, 0);
});

test("there is an end to readers", () => {
  const log = new EventLog(() => 0);
  for (let i = 0; i < WATCHERS_MAX; i++) begin(log, { follow: true });
  const refused = watchEvents(log, { ...request, follow: true });
  assert.equal(refused.ok === false && refused.error.code, "RESOURCE_EXHAUSTED");
});
