import { FAMILIES } from "../../bgp/index.ts";
import { formatIpv4Word } from "../../lib/address.ts";
import { apiRouteMessage, checkMessage, routerMessage, vipSummary } from "./describe-node.ts";
import { age, peerMessage } from "./describe-peer.ts";
import { familyName } from "./describe-route.ts";
import type { HoldfastHost } from "./host.ts";
import type { Status } from "./messages.ts";

/** Rows of each kind that one screen could use. */
const STATUS_ROWS_MAX = 100;

/** The state of everything, cut to what one screen could show: what needs attention comes first, totals are whole. */
export function statusMessage(host: HoldfastHost): Status {
  const now = host.now();
  const { speaker, config } = host;
  const peers = [...speaker.peers.values()];
  const vips = [...host.vips()];
  const routers = [...host.routers()];
  const checks = [...host.checks()];
  const apiRoutes = [...host.apiRoutes()];
  const count = <T>(items: readonly T[], is: (item: T) => boolean) => items.filter(is).length;
  return {
    version: host.version,
    uptimeSeconds: age(host.startedAt, now),
    as: config.global.as,
    routerId: formatIpv4Word(config.global.routerId),
    drained: host.drained,
    totals: {
      peers: peers.length,
      peersEstablished: count(peers, ({ session }) => session.state === "Established"),
      vips: vips.length,
      vipsAnnounced: count(vips, ({ action }) => action !== "withdraw"),
      routers: routers.length,
      routersMaster: count(routers, ({ state }) => state === "Master"),
      checks: checks.length,
      checksUp: count(checks, ({ state }) => state === "up"),
      apiRoutes: apiRoutes.length,
    },
    peers: first(peers, ({ session }) => session.state !== "Established").map((peer) => peerMessage(host, peer, false)),
    vips: first(vips, ({ action }) => action !== "announce").map((vip) => vipSummary(host, vip)),
    routers: first(routers, ({ state }) => state === "Fault").map((router) => routerMessage(router, now)),
    checks: first(checks, ({ state }) => state !== "up").map((check) => checkMessage(check, now)),
    apiRoutes: first(apiRoutes, ({ lapsed }) => lapsed).map((route) => apiRouteMessage(route, now)),
    warnings: host.warnings().slice(0, STATUS_ROWS_MAX),
    tables: FAMILIES.map((family) => ({ family: familyName(family), ...speaker.rib.view.counts(family) })),
    restart: { ...speaker.restartAt(now) },
    eventLoopLagMs: host.eventLoopLagMax / 1000,
  };
}

/** As they come if they all fit; else those that ask for attention before the others. */
function first<T>(items: readonly T[], needsAttention: (item: T) => boolean): readonly T[] {
  if (items.length <= STATUS_ROWS_MAX) return items;
  const rest = items.filter((item) => !needsAttention(item));
  return [...items.filter(needsAttention), ...rest].slice(0, STATUS_ROWS_MAX);
}
