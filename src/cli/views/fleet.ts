import type { FleetDisagreement, FleetNode, FleetVip } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, formatDuration } from "../format.ts";
import { lookOf, type Style } from "../style.ts";
import { type Cell, type Column, formatTable } from "../table.ts";

interface Options {
  readonly width?: number | undefined;
}

const NODE_COLUMNS: readonly Column[] = [
  { title: "NODE" },
  { title: "ADDRESS" },
  { title: "STATE" },
  { title: "UP", align: "right" },
  { title: "SESSIONS", align: "right" },
  { title: "ANNOUNCES", align: "right" },
  { title: "NOTE", shrinks: true },
];

export function fleetTable(nodes: readonly FleetNode[], style: Style, options: Options): string {
  const rows = nodes.map((node) => [
    node.self ? `${clean(node.name)} *` : clean(node.name),
    node.address,
    [node.state, node.state === "alive" ? lookOf("up") : "warn"] as Cell,
    node.gateway ? formatDuration(node.uptimeSeconds) : "",
    node.gateway ? node.sessions : "",
    node.gateway ? `${node.vipsAnnounced} of ${node.vipsTotal}` : "",
    noteOf(node),
  ]);
  return formatTable(NODE_COLUMNS, rows, style, options);
}

function noteOf(node: FleetNode): Cell {
  if (!node.gateway) return ["tells nothing of VIPs", "dim"];
  if (node.drain !== "none") return [node.drain, "warn"];
  if (node.checksDown.length > 0) return [`down: ${node.checksDown.map(clean).join(", ")}`, "warn"];
  if (!node.current) return ["older than what it has told", "warn"];
  return node.masters.map(({ name }) => `Master of ${clean(name)}`).join(", ");
}

const VIP_COLUMNS: readonly Column[] = [
  { title: "VIP" },
  { title: "MIN", align: "right" },
  { title: "ANNOUNCED BY", shrinks: true },
];

/** Each VIP that one of the living has, and who announces it for how long; in red when these are fewer than are wanted. */
export function fleetVipTable(nodes: readonly FleetNode[], style: Style, options: Options): string {
  const vips = new Map<string, { min: number; by: string[] }>();
  for (const node of nodes)
    for (const vip of node.vips) {
      const entry = vips.get(vip.prefix) ?? { min: 0, by: [] };
      vips.set(vip.prefix, entry);
      entry.min = Math.max(entry.min, vip.minAnnouncers);
      if (node.state === "alive" && vip.state !== "withdrawn") entry.by.push(announcement(node, vip));
    }
  const rows = [...vips]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([prefix, { min, by }]) => {
      const text = by.length === 0 ? "nobody" : by.join(", ");
      return [prefix, min === 0 ? "" : min, (by.length < Math.max(1, min) ? [text, "bad"] : text) as Cell];
    });
  return rows.length === 0 ? "" : formatTable(VIP_COLUMNS, rows, style, options);
}

function announcement({ name }: FleetNode, { state, sinceSeconds, leaving }: FleetVip): string {
  const how = [state === "announced" ? "" : state, leaving ? "wants to leave" : "", formatDuration(sinceSeconds)];
  return `${clean(name)} (${how.filter((part) => part !== "").join(", ")})`;
}

export function disagreementText(what: FleetDisagreement): string {
  const { virtualRouterId, family, segment, masters, sinceSeconds } = what;
  const who = masters.map(clean).join(", ");
  return `VRID ${virtualRouterId} (IPv${family}) on ${clean(segment)} has ${masters.length} Masters for ${formatDuration(sinceSeconds)}: ${who}`;
}
