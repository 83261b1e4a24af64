import { renameSync, writeFileSync } from "node:fs";
import {
  FAMILIES,
  FAMILY_SPECS,
  formatCommunity,
  formatExtCommunity,
  formatIpv4Word,
  formatLargeCommunity,
  type Peer,
  parseAttributes,
  type RouteView,
} from "../bgp/index.ts";
import { elapsed, type Instant, toSeconds } from "../lib/time.ts";
import type { Daemon } from "./daemon.ts";

/** The state of the daemon as JSON: what SIGUSR1 writes. Names are stable; fields may be added. */
export function describeStatus(daemon: Daemon, version: string): object {
  const now = daemon.driver.now();
  const { lagMaxEver } = daemon.driver.stats;
  return {
    version,
    as: daemon.config.global.as,
    routerId: formatIpv4Word(daemon.config.global.routerId),
    eventLoop: { lagMaxMs: lagMaxEver / 1000 },
    peers: [...daemon.speaker.peers.values()].map((peer) => describePeer(daemon, peer, now)),
    vips: [...daemon.vips.gates.names()].map((name) => describeVip(daemon, name, now)),
    rib: Object.fromEntries(FAMILIES.map((family) => [FAMILY_SPECS[family].name, ribOf(daemon, family)])),
  };
}

/** Writes the status to `file` in one step: a reader sees the old or the new one, never half. Throws when it cannot. */
export function writeStatus(daemon: Daemon, version: string, file: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, `${JSON.stringify(describeStatus(daemon, version))}\n`);
  renameSync(temporary, file);
}
