/*
 * Going before all other work of the machine, where that is allowed (containers may forbid it). Nice would not do: the
 * kernel counts it within a session only, and each daemon of a lab leads its own. And in turns (SCHED_RR), not first come
 * first served: a runtime whose threads waited for each other that way held all cores for a quarter of an hour.
 */
import { spawnSync } from "node:child_process";

const REALTIME = ["chrt", "--rr", "1"];
let isAllowed: boolean | undefined;

/** What stands before a command that is to go before others. */
export function realtimePrefix(): readonly string[] {
  isAllowed ??= spawnSync(REALTIME[0] as string, [...REALTIME.slice(1), "true"]).status === 0;
  return isAllowed ? REALTIME : [];
}

/** Lets this process, and what it starts from now on, go before others. */
export function goFirst(): void {
  spawnSync("chrt", ["--rr", "--all-tasks", "--pid", "1", `${process.pid}`]);
}
