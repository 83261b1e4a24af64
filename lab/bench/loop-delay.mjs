/**
 * Loaded into the daemon before itself (`node --import`): how late its event loop is, a thousand times a second. SIGUSR2
 * writes what was seen since the last one to the file LOOP_DELAY_FILE. The daemon's own gauge looks only when a core has something to
 * do, which in a listing is seldom.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const file = process.env["LOOP_DELAY_FILE"];
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on("SIGUSR2", () => {
  const seen = { p99Ms: delays.percentile(99) / 1e6, maxMs: delays.max / 1e6 };
  writeFileSync(`${file}.new`, JSON.stringify(seen));
  renameSync(`${file}.new`, file);
  delays.reset();
});
