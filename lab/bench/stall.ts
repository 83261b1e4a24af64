import { readFile } from "node:fs/promises";
import type { Peer } from "../peers/index.ts";

/** The longest that the daemon's event loop was late or busy since it started, in ms: from its status file. */
export async function eventLoopStallMs(speaker: Peer): Promise<number> {
  await speaker.neighbors(); // makes it write a new one
  const status = JSON.parse(await readFile(`${speaker.place.directory}/status.json`, "utf8")) as {
    readonly eventLoop: { readonly lagMaxMs: number };
  };
  return status.eventLoop.lagMaxMs;
}
