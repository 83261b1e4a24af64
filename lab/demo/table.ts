import { formatCommunity } from "../../src/bgp/index.ts";
import type { HeldRoute } from "./neighbor.ts";

/** The neighbour's table as text, one line a route. */
export function formatTable(routes: readonly HeldRoute[]): string {
  const rows = [
    ["prefix", "next hop", "AS path", "MED", "communities", "stale"],
    ...routes.map(({ prefix, attributes, stale }) => [
      prefix,
      String(attributes.nextHop ?? ""),
      attributes.asPath.flatMap(({ asns }) => asns).join(" "),
      String(attributes.med ?? "-"),
      attributes.communities.map(formatCommunity).join(" ") || "-",
      stale ? "yes" : "",
    ]),
  ];
  const widths = (rows[0] as string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  const line = (row: readonly string[]) =>
    `  | ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  const rule = `  +${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  return [rule, head, rule, ...(body.length === 0 ? [`  | ${"(empty)".padEnd(rule.length - 6)} |`] : body), rule].join(
    "\n",
  );
}
