import type { MasterFacts, NodeFacts } from "../gossip/index.ts";
import { type Instant, type Micros, toSeconds } from "../lib/time.ts";
import { VERSION } from "../lib/version.ts";
import { linkNetwork } from "../platform/index.ts";
import type { Daemon } from "./daemon.ts";

/** What the others are told of this node as a whole. */
export function nodeFacts(daemon: Daemon, startedAt: Instant): NodeFacts {
  let sessions = 0;
  for (const { session } of daemon.speaker.peers.values()) if (session.state === "Established") sessions++;
  const { drain } = daemon.vips.gates;
  return {
    version: VERSION,
    startedAt: unixTime(daemon, startedAt),
    sessions,
    drain: drain.value ? "draining" : "none",
    drainSince: drain.value ? unixTime(daemon, drain.since) : 0,
    checksDown: daemon.checks
      .views()
      .filter(({ state }) => state === "down")
      .map(({ config }) => config.name),
  };
}

/** The virtual routers of which this node is Master, each with the link that it is on. */
export function masterFacts(daemon: Daemon): MasterFacts[] {
  return (daemon.routers?.views() ?? []).flatMap(({ state, since, config }) => {
    const { name, family, virtualRouterId, addresses } = config;
    const address = addresses[0]?.toString() ?? "";
    if (state !== "Master") return [];
    // Without a network of its own the addresses have to tell one link from another.
    const segment = linkNetwork(config.interface, family)?.toString() ?? address;
    return [{ name, family, virtualRouterId, segment, address, since: unixTime(daemon, since) }];
  });
}

function unixTime(daemon: Daemon, at: Instant): number {
  return Math.round(Date.now() / 1000 - toSeconds((daemon.driver.now() - at) as Micros));
}
