/** Cells of lab/matrix.ts in which we help, by every event of every other speaker, and back in every way. */
import { describe } from "node:test";
import { everyEvent, testCells, wayBack } from "./graceful-cells.ts";

const SPEAKERS = ["bird", "frr", "gobgp"] as const;
const EVENTS = ["SIGKILL", "SIGTERM", "TCP reset", "SIGSTOP", "link loss"] as const;

describe("graceful restart of others, cell by cell", { concurrency: 2 }, () => {
  testCells([
    ...everyEvent(SPEAKERS, EVENTS, "restarting"),
    wayBack("frr", "restarting", "late"),
    wayBack("gobgp", "restarting", "late", true),
    wayBack("bird", "restarting", "never"),
    wayBack("frr", "restarting", "never", true),
    wayBack("frr", "restarting", "route missing"),
    wayBack("bird", "restarting", "family missing"),
    wayBack("bird", "restarting", "not forwarding"),
    wayBack("frr", "restarting", "twice"),
  ]);
});
