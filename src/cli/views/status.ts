import type { OwnRestart, Status } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, counted, formatDuration } from "../format.ts";
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
    "By holdfast announce",
    String(apiRoutes),
    !status.apiRoutes.some(({ action }) => action !== "announce"),
    apiRouteTable(status.apiRoutes, style, options),
    status.apiRoutes.length,
    apiRoutes,
  );
  return parts.filter((part) => part !== "").join("\n");
}

function headOf(status: Status, style: Style): string {
  const { version, as, routerId, uptimeSeconds, drained, tables, eventLoopLagMs, restart } = status;
  const who = as === 0 ? "BGP not started" : `AS ${as}, router id ${routerId}`;
  const first = `${style.paint(`holdfastd ${version}`, "bold")}  ${who}, up ${formatDuration(uptimeSeconds)}`;
  const counts = tables
    .filter(({ paths }) => paths > 0)
    .map(
      ({ family, destinations, paths }) =>
        `${family} ${counted(destinations, "prefix", "prefixes")}, ${counted(paths, "path")}`,
    );
  const lag = `longest stall ${eventLoopLagMs.toFixed(eventLoopLagMs < 10 ? 1 : 0)} ms`;
  const second = style.paint([...counts, lag].join("; "), "dim");
  const notes = drained ? [`${style.paint("this node is drained", "warn")}: holdfast undrain --node`] : [];
  if (restart?.restarting === true) notes.push(style.paint(restartText(restart), "warn"));
  return [first, second, ...notes, ""].join("\n");
}

function restartText({ deferring, endOfRibHeld, waitingFor }: OwnRestart): string {
  if (deferring) return `this is a restart: End-of-RIB is missing of ${waitingFor.map(clean).join(", ")}`;
  return endOfRibHeld ? "this is a restart: not every VIP has a verdict yet" : "this is a restart";
}

function warningsOf({ warnings }: Status, style: Style): string {
  return warnings
    .map(({ source, text }) => `${style.paint(`warning (${clean(source)})`, "warn")}: ${clean(text)}\n`)
    .join("");
}
