import { ok } from "../../lib/result.ts";
import { faultOf, type Outcome } from "../fault.ts";
import type { Source } from "../service.ts";
import { EVENTS_KEPT, type EventLog, WATCHERS_MAX } from "./event-log.ts";
import type { Event, WatchEventsRequest } from "./messages.ts";

/** Events that wait for one reader; of further ones the oldest go, and it is told how many. */
export const EVENTS_WAITING_MAX = 1_000;

/** The events that a request asks for. Costs nothing until the call begins, and at most a queue while it lasts. */
export function watchEvents(log: EventLog, request: WatchEventsRequest): Outcome<Source> {
  if (log.watchers >= WATCHERS_MAX)
    return faultOf("RESOURCE_EXHAUSTED", `${WATCHERS_MAX} readers of events are there already`);
  const isWanted = ({ source }: Event) => request.sources.length === 0 || request.sources.includes(source);
  const queue: Event[] = log.recent(Math.min(request.recent, EVENTS_KEPT)).filter(isWanted);
  let lost = 0;
  let unwatch: (() => void) | undefined;
  return ok({
    start: (wake) => {
      if (!request.follow) return;
      unwatch = log.watch((event) => {
        if (!isWanted(event)) return;
        if (queue.length >= EVENTS_WAITING_MAX) {
          queue.shift();
          lost++;
        }
        queue.push(event);
        wake();
      });
    },
    next: () => {
      const event = queue.shift();
      if (event === undefined) return request.follow ? "idle" : "end";
      if (lost === 0) return event;
      const told = { ...event, lost };
      lost = 0;
      return told;
    },
    close: () => unwatch?.(),
  });
}
