import type { ApiRoute, Check, Peer, Vip, VirtualRouter } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { formatDuration } from "../format.ts";
import { lookOf, type Style } from "../style.ts";
import { type Cell, type Column, formatTable } from "../table.ts";

interface Options {
  readonly width?: number | undefined;
  readonly indent?: string;
}

const state = (text: string): Cell => [text, lookOf(text)];

const VIP_COLUMNS: readonly Column[] = [
  { title: "VIP" },
  { title: "ACTION" },
  { title: "FOR", align: "right" },
  { title: "BECAUSE", shrinks: true },
];

export function vipTable(vips: readonly Vip[], style: Style, options: Options): string {
  const rows = vips.map((vip) => [vip.prefix, state(vip.action), formatDuration(vip.sinceSeconds), vip.reason]);
  return formatTable(VIP_COLUMNS, rows, style, options);
}

const PEER_COLUMNS: readonly Column[] = [
  { title: "PEER" },
  { title: "AS", align: "right" },
  { title: "STATE" },
  { title: "FOR", align: "right" },
  { title: "RECEIVED", align: "right" },
  { title: "SENT", align: "right" },
  { title: "NOTE", shrinks: true },
];

export function peerTable(peers: readonly Peer[], style: Style, options: Options): string {
  const rows = peers.map((peer) => [
    peer.address,
    peer.as === 0 ? "any" : peer.as,
    state(peer.admin === "down" ? "down" : peer.state),
    formatDuration(peer.sinceSeconds),
    peer.received,
    peer.advertised,
    noteOf(peer),
  ]);
  return formatTable(PEER_COLUMNS, rows, style, options);
}

/** What is worth to know at a glance, the most pressing first. */
function noteOf(peer: Peer): Cell {
  const phase = peer.restart?.phase ?? "none";
  if (peer.admin === "down") return ["taken down by an operator", "warn"];
  if (phase !== "none") return [phase, "warn"];
  if (peer.drained) return ["drained", "warn"];
  if (peer.state !== "Established" && peer.lastError !== undefined) return [peer.lastError, "warn"];
  return peer.description;
}

const ROUTER_COLUMNS: readonly Column[] = [
  { title: "INSTANCE" },
  { title: "INTERFACE" },
  { title: "VRID", align: "right" },
  { title: "IP" },
  { title: "STATE" },
  { title: "FOR", align: "right" },
  { title: "PRIO", align: "right" },
  { title: "MASTER", shrinks: true },
];

export function routerTable(routers: readonly VirtualRouter[], style: Style, options: Options): string {
  const rows = routers.map((router) => [
    router.name,
    router.interface,
    router.virtualRouterId,
    `v${router.family}`,
    state(router.state),
    formatDuration(router.sinceSeconds),
    router.effectivePriority === router.priority
      ? String(router.priority)
      : `${router.effectivePriority}/${router.priority}`,
    masterOf(router),
  ]);
  return formatTable(ROUTER_COLUMNS, rows, style, options);
}

function masterOf({ state: own, master, masterPriority, reason }: VirtualRouter): Cell {
  if (own === "Master") return "this node";
  if (master !== undefined) return `${master} (${masterPriority ?? "?"})`;
  return [reason, own === "Fault" ? "bad" : "dim"];
}

const CHECK_COLUMNS: readonly Column[] = [
  { title: "CHECK" },
  { title: "TYPE" },
  { title: "STATE" },
  { title: "FOR", align: "right" },
  { title: "RUNS", align: "right" },
  { title: "FAILED", align: "right" },
  { title: "LAST RESULT", shrinks: true },
];

export function checkTable(checks: readonly Check[], style: Style, options: Options): string {
  const rows = checks.map((check) => [
    check.name,
    check.type,
    state(check.state),
    formatDuration(check.sinceSeconds),
    check.runs,
    check.failures,
    check.detail,
  ]);
  return formatTable(CHECK_COLUMNS, rows, style, options);
}

const API_ROUTE_COLUMNS: readonly Column[] = [
  { title: "ROUTE" },
  { title: "ACTION" },
  { title: "FOR", align: "right" },
  { title: "LEASE" },
];

export function apiRouteTable(routes: readonly ApiRoute[], style: Style, options: Options): string {
  const rows = routes.map((route) => [
    route.prefix,
    state(route.action),
    formatDuration(route.ageSeconds),
    leaseText(route),
  ]);
  return formatTable(API_ROUTE_COLUMNS, rows, style, options);
}

function leaseText({ action, leaseSeconds, leaseLeftSeconds }: ApiRoute): Cell {
  if (leaseSeconds === undefined) return ["none", "dim"];
  if (action !== "announce") return ["lapsed", "warn"];
  return `${formatDuration(leaseLeftSeconds ?? 0)} of ${formatDuration(leaseSeconds)}`;
}
