import type { ListRibRequest, Match, RibSlice, Route } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { type Command, type Context, EXIT, flag, UsageError, value } from "../command.ts";
import { parseNumber } from "../format.ts";
import { printJsonSlices } from "../output.ts";
import { type Cell, type Column, TextTable } from "../table.ts";

/** Rows that the widths of the columns are measured with; later ones may stand out. */
const MEASURED_ROWS = 200;
const LIMIT_MAX = 0xffff_ffff;

export const rib: Command = {
  name: "rib",
  summary: "routes: the table, or what a neighbour sent or was sent",
  details: [
    "Marks: > best path, s stale (kept over a neighbour's restart), x not considered (the last column says why).",
    "With PREFIX: that prefix; --longer what is within it, --shorter what covers it, --longest how a packet would go.",
  ],
  arguments: [{ name: "PREFIX", required: false }],
  options: {
    in: { type: "string", value: "PEER", help: "what this neighbour sent, rejected routes too", complete: "peer" },
    out: { type: "string", value: "PEER", help: "what this neighbour was sent, as sent", complete: "peer" },
    local: { type: "boolean", help: "what we originate" },
    longer: { type: "boolean", help: "all within PREFIX" },
    shorter: { type: "boolean", help: "all that cover PREFIX" },
    longest: { type: "boolean", help: "the longest that covers PREFIX" },
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    limit: { type: "string", short: "n", value: "N", help: "end after so many routes" },
  },
  run: async (context) => {
    const answers = (await context.client()).stream("ListRib", requestOf(context));
    if (context.json) await printJsonSlices(context, routesOf(answers));
    else await printRoutes(context, routesOf(answers));
    return EXIT.ok;
  },
};

async function* routesOf(slices: AsyncIterable<RibSlice>): AsyncGenerator<readonly Route[]> {
  for await (const { routes } of slices) yield routes;
}

function requestOf(context: Context): Partial<ListRibRequest> {
  const [prefix] = context.parsed.positionals;
  const [from, to] = [value(context, "in"), value(context, "out")];
  const tables = [from !== undefined, to !== undefined, flag(context, "local")].filter(Boolean).length;
  if (tables > 1) throw new UsageError("rib: only one of --in, --out and --local");
  const matches = (["longer", "shorter", "longest"] as const).filter((name) => flag(context, name));
  if (matches.length > 1) throw new UsageError("rib: only one of --longer, --shorter and --longest");
  if (matches.length > 0 && prefix === undefined) throw new UsageError(`rib: --${matches[0]} needs a PREFIX`);
  if (flag(context, "ipv4") && flag(context, "ipv6")) throw new UsageError("rib: only one of --ipv4 and --ipv6");
  const peer = from ?? to;
  const family = flag(context, "ipv4") ? "ipv4-unicast" : flag(context, "ipv6") ? "ipv6-unicast" : undefined;
  const match: Match | undefined = matches[0] && (`MATCH_${matches[0].toUpperCase()}` as Match);
  return {
    table:
      from !== undefined ? "TABLE_IN" : to !== undefined ? "TABLE_OUT" : tables === 1 ? "TABLE_LOCAL" : "TABLE_GLOBAL",
    limit: parseNumber("limit", value(context, "limit"), LIMIT_MAX) ?? 0,
    peer,
    family,
    prefix,
    ...(match === undefined ? {} : { match }),
  };
}

const COLUMNS: readonly Column[] = [
  { title: "" },
  { title: "PREFIX" },
  { title: "NEXT HOP" },
  { title: "FROM" },
  { title: "MED", align: "right" },
  { title: "PREF", align: "right" },
  { title: "AS PATH", shrinks: true },
  { title: "COMMUNITIES", shrinks: true },
];

async function printRoutes(context: Context, slices: AsyncIterable<readonly Route[]>): Promise<void> {
  const { io, style } = context;
  let waiting: (readonly Cell[])[] = [];
  let table: TextTable | undefined;
  const write = (rows: readonly (readonly Cell[])[]) => {
    const isFirst = table === undefined;
    table ??= new TextTable(COLUMNS, rows, style, { width: io.columns });
    const lines = rows.map((row) => table?.row(row));
    io.out(`${[...(isFirst ? [table.head()] : []), ...lines].join("\n")}\n`);
  };
  for await (const slice of slices) {
    waiting.push(...slice.map(rowOf));
    if (table === undefined && waiting.length < MEASURED_ROWS) continue;
    write(waiting);
    waiting = [];
    await io.drained();
  }
  if (waiting.length > 0) write(waiting);
  else if (table === undefined) io.err("no such routes\n");
}

function rowOf(route: Route): readonly Cell[] {
  const { attributes, rejected, best, stale } = route;
  const mark = `${best && rejected === undefined ? ">" : ""}${stale ? "s" : ""}${rejected === undefined ? "" : "x"}`;
  const communities = [...(attributes?.communities ?? []), ...(attributes?.largeCommunities ?? [])];
  return [
    [mark, rejected === undefined ? "good" : "bad"],
    route.pathId === 0 ? route.prefix : `${route.prefix} #${route.pathId}`,
    attributes?.nextHop ?? "",
    route.peer ?? "local",
    attributes?.med ?? "",
    attributes?.localPreference ?? "",
    attributes?.asPath ?? "",
    rejected === undefined ? communities.join(" ") : [rejected, "bad"],
  ];
}
