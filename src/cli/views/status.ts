import type { Status } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, formatDuration } from "../format.ts";
import type { Look, Style } from "../style.ts";
import { apiRouteTable, checkTable, peerTable, routerTable, vipTable } from "./tables.ts";

/** One screen: what the daemon is, what is wrong, and a block for each kind of thing it has. */
export function statusText(status: Status, style: Style, width: number | undefined): string {
  const options = { width, indent: "  " };
  const { totals } = status;
  const parts = [headOf(status, style), warningsOf(status, style)];
  const block = (title: string, count: string, good: boolean, table: string, shown: number, total: number) => {
    if (total === 0) return;
    const more = shown < total ? style.paint(`  ... and ${total - shown} more\n`, "dim") : "";
    const look: Look = good ? "good" : "warn";
    parts.push(`${style.paint(title, "bold")}  ${style.paint(count, look)}\n${table}${more}`);
  };
  if (totals === undefined) return parts.join("\n");
  const of = (some: number, all: number, what: string) => `${some} of ${all} ${what}`;
  const { vips, vipsAnnounced, peers, peersEstablished, routers, routersMaster, checks, checksUp, apiRoutes } = totals;
  block(
    "VIPs",
    of(vipsAnnounced, vips, "announced"),
    vipsAnnounced === vips,
    vipTable(status.vips, style, options),
    status.vips.length,
    vips,
  );
  block(
    "Neighbours",
    of(peersEstablished, peers, "established"),
    peersEstablished === peers,
    peerTable(status.peers, style, options),
    status.peers.length,
    peers,
  );
  block(
    "VRRP",
    of(routersMaster, routers, "Master"),
    !status.routers.some(({ state }) => state === "Fault"),
    routerTable(status.routers, style, options),
    status.routers.length,
    routers,
  );
  block(
    "Checks",
    of(checksUp, checks, "up"),
    checksUp === checks,
    checkTable(status.checks, style, options),
    status.checks.length,
    checks,
  );
  block(
    "Routes of the API",
    String(apiRoutes),
    !status.apiRoutes.some(({ action }) => action !== "announce"),
    apiRouteTable(status.apiRoutes, style, options),
    status.apiRoutes.length,
    apiRoutes,
  );
  return parts.filter((part) => part !== "").join("\n");
}

function headOf(status: Status, style: Style): string {
  const { version, as, routerId, uptimeSeconds, drained, tables, eventLoopLagMs } = status;
  const who = as === 0 ? "BGP not started" : `AS ${as}, router id ${routerId}`;
  const first = `${style.paint(`holdfastd ${version}`, "bold")}  ${who}, up ${formatDuration(uptimeSeconds)}`;
  const counts = tables
    .filter(({ paths }) => paths > 0)
    .map(({ family, destinations, paths }) => `${family} ${destinations} prefixes, ${paths} paths`);
  const lag = `longest stall ${eventLoopLagMs.toFixed(eventLoopLagMs < 10 ? 1 : 0)} ms`;
  const second = style.paint([...counts, lag].join("; "), "dim");
  const third = drained ? `${style.paint("this node is drained", "warn")}: holdfast undrain --node\n` : "";
  return `${first}\n${second}\n${third}`;
}

function warningsOf({ warnings }: Status, style: Style): string {
  return warnings
    .map(({ source, text }) => `${style.paint(`warning (${clean(source)})`, "warn")}: ${clean(text)}\n`)
    .join("");
}
