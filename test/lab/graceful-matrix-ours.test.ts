/** Cells of lab/matrix.ts in which we restart, by every event beside every helper, and back in every way. */
import { describe } from "node:test";
import { everyEvent, testCells, wayBack } from "./graceful-cells.ts";

const HELPERS = ["bird", "frr", "gobgp", "openbgpd"] as const;
const EVENTS = ["SIGKILL", "SIGTERM", "stop --hold", "TCP reset", "SIGSTOP", "link loss"] as const;

describe("graceful restart of ours, cell by cell", { concurrency: 2 }, () => {
  testCells([
    ...everyEvent(HELPERS, EVENTS, "helper"),
    wayBack("openbgpd", "helper", "late"),
    wayBack("bird", "helper", "late", true),
    wayBack("frr", "helper", "late", true),
    wayBack("gobgp", "helper", "late", true),
    wayBack("gobgp", "helper", "never"),
    wayBack("frr", "helper", "never", true),
    wayBack("openbgpd", "helper", "route missing"),
    wayBack("bird", "helper", "family missing"),
    wayBack("frr", "helper", "not forwarding"),
    wayBack("bird", "helper", "twice"),
    wayBack("frr", "helper", "twice"),
    wayBack("gobgp", "helper", "twice"),
  ]);
});
