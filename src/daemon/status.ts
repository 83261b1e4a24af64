import { renameSync, writeFileSync } from "node:fs";
import {
  FAMILIES,
  FAMILY_SPECS,
  type Family,
  formatCommunity,
  formatExtCommunity,
  formatLargeCommunity,
  type Peer,
  parseAttributes,
  type RouteView,
} from "../bgp/index.ts";
import type { CheckView } from "../health/index.ts";
import { formatIpv4Word } from "../lib/address.ts";
import { elapsed, type Instant, toSeconds } from "../lib/time.ts";
import type { RouterView } from "../vrrp/index.ts";
import type { Daemon } from "./daemon.ts";

/** Rows of each table that are written: the whole Internet as text would hold up everything for seconds. */
const ROWS_MAX = 10_000;

/** The state of the daemon as JSON: what SIGUSR1 writes. Names are stable; fields may be added. */
function describeStatus(daemon: Daemon, version: string): object {
  const now = daemon.driver.now();
  const names = new Map<number, string>();
  for (const peer of daemon.speaker.peers.values()) if (peer.index !== undefined) names.set(peer.index, peer.name);
  return {
    version,
    as: daemon.config.global.as,
    routerId: formatIpv4Word(daemon.config.global.routerId),
    eventLoop: { lagMaxMs: daemon.driver.stats.lagMax / 1000 },
    peers: [...daemon.speaker.peers.values()].map((peer) => describePeer(daemon, peer, now)),
    vips: [...daemon.vips.gates.names()].map((name) => describeVip(daemon, name, now)),
    vrrp: (daemon.routers?.views() ?? []).map((router) => describeRouter(router, now)),
    checks: daemon.checks.views().map((check) => describeCheck(check, now)),
    tables: Object.fromEntries(
      FAMILIES.map((family) => [FAMILY_SPECS[family].name, daemon.speaker.rib.view.counts(family)]),
    ),
    rib: Object.fromEntries(FAMILIES.map((family) => [FAMILY_SPECS[family].name, ribOf(daemon, family, names)])),
  };
}

/** Writes the status to `file` in one step: a reader sees the old or the new one, never half. Throws when it cannot. */
export function writeStatus(daemon: Daemon, version: string, file: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, `${JSON.stringify(describeStatus(daemon, version))}\n`);
  renameSync(temporary, file);
}

function describePeer({ speaker }: Daemon, peer: Peer, now: Instant): object {
  const { session, up, index } = peer;
  const { statistics, stateSince } = session;
  return {
    address: peer.name,
    as: up?.negotiated.peerAs ?? peer.config.peerAs,
    description: peer.config.description,
    state: session.state,
    adminState: peer.config.adminDown ? "down" : "up",
    dynamic: peer.dynamic,
    routerId: up && formatIpv4Word(up.receivedOpen.identifier),
    stateSeconds: stateSince && toSeconds(elapsed(stateSince, now)),
    uptime: up && stateSince && toSeconds(elapsed(stateSince, now)),
    holdTime: up?.holdTimeSeconds,
    keepaliveTime: up?.keepaliveTimeSeconds,
    capabilities: up?.receivedOpen.capabilities.map(({ type }) => type),
    lastError: statistics.lastError?.text,
    flaps: statistics.flaps,
    messages: { sent: statistics.sent, received: statistics.received },
    families:
      index === undefined
        ? []
        : up?.negotiated.families.map(({ family }) => ({
            family: FAMILY_SPECS[family].name,
            received: speaker.rib.receivedCount(index, family),
            accepted: speaker.rib.acceptedCount(index, family),
            advertised: speaker.rib.advertisedCount(index, family),
          })),
  };
}

function describeVip({ vips }: Daemon, name: string, now: Instant): object {
  const verdict = vips.gates.why(name);
  return {
    prefix: name,
    action: verdict?.action,
    reasons: verdict?.reasons.map(({ since, ...reason }) => ({ ...reason, seconds: toSeconds(elapsed(since, now)) })),
  };
}

function describeRouter(router: RouterView, now: Instant): object {
  return {
    name: router.name,
    interface: router.config.interface,
    virtualRouterId: router.config.virtualRouterId,
    state: router.state,
    stateSeconds: toSeconds(elapsed(router.since, now)),
    reason: router.reason,
    priority: router.effectivePriority,
    master: router.master && { address: router.master.address.toString(), priority: router.master.priority },
    statistics: router.statistics,
  };
}

function describeCheck(check: CheckView, now: Instant): object {
  return {
    name: check.config.name,
    type: check.config.probe.type,
    state: check.state,
    stateSeconds: toSeconds(elapsed(check.since, now)),
    detail: check.lastDetail,
    runs: check.runs,
    failures: check.failures,
    timeouts: check.timeouts,
  };
}

/** The Loc-RIB with what is not considered; the first {@link ROWS_MAX} rows of it. */
function ribOf({ speaker }: Daemon, family: Family, names: ReadonlyMap<number, string>): object[] {
  return speaker.rib.view.routes(family, 0, ROWS_MAX).routes.map((route) => describeRoute(route, names));
}

function describeRoute(route: RouteView, names: ReadonlyMap<number, string>): object {
  const attributes = parseAttributes(route.attributes);
  return {
    prefix: route.prefix.toString(),
    nextHop: attributes.nextHop?.toString(),
    asPath: attributes.asPath.flatMap(({ asns }) => asns),
    origin: attributes.origin,
    med: attributes.med,
    localPref: attributes.localPref,
    communities: attributes.communities.map(formatCommunity),
    largeCommunities: attributes.largeCommunities.map(formatLargeCommunity),
    extCommunities: attributes.extCommunities.map(formatExtCommunity),
    from: names.get(route.peer),
    best: route.best,
    stale: route.stale,
    rejected: route.rejected,
  };
}
