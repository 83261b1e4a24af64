import type { Attributes, Reason, Vip } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, formatDuration } from "../format.ts";
import { lookOf, type Style } from "../style.ts";
import { formatTable } from "../table.ts";

const ACTIONS: Readonly<Record<string, string>> = {
  announce: "announced",
  "de-prefer": "announced as a last resort",
  gshut: "being drained",
  withdraw: "not announced",
};

/** The whole answer to "why is this VIP (not) announced?". */
export function whyText(vip: Vip, style: Style, width: number | undefined): string {
  const action = style.paint(ACTIONS[vip.action] ?? clean(vip.action), lookOf(vip.action));
  const name = vip.description === "" ? vip.prefix : `${vip.prefix} (${clean(vip.description)})`;
  const head = `${style.paint(name, "bold")} is ${action}: ${clean(vip.reason)}\n\n`;
  const rows = vip.reasons.map((reason) => [
    [reason.decisive ? ">" : "", "bold"] as const,
    reason.name === undefined ? reason.condition : `${reason.condition} ${reason.name}`,
    [reason.verdict, lookOf(reason.verdict)] as const,
    formatDuration(reason.seconds),
    textOf(reason),
  ]);
  const columns = [
    { title: "" },
    { title: "CONDITION" },
    { title: "SAYS" },
    { title: "FOR", align: "right" as const },
    { title: "BECAUSE", shrinks: true as const },
  ];
  const sent = vip.advertisedTo.length === 0 ? "nobody" : vip.advertisedTo.join(", ");
  const attributes = vip.attributes === undefined ? "" : `with ${attributesText(vip.attributes)}\n`;
  return `${head}${formatTable(columns, rows, style, { width })}\nsent to ${sent}\n${attributes}`;
}

function textOf({ text, secondsLeft }: Reason): string {
  return secondsLeft === undefined || secondsLeft <= 0 ? text : `${text} (${formatDuration(secondsLeft)} more)`;
}

/** "next hop self, origin igp, MED 50, communities 65001:100". */
function attributesText(attributes: Attributes): string {
  const { nextHop, origin, asPath, med, localPreference } = attributes;
  const parts = [nextHop && `next hop ${nextHop}`, `origin ${origin}`, asPath && `AS path ${asPath}`];
  if (med !== undefined) parts.push(`MED ${med}`);
  if (localPreference !== undefined) parts.push(`local preference ${localPreference}`);
  const list = (what: string, values: readonly string[]) =>
    values.length > 0 && parts.push(`${what} ${values.join(" ")}`);
  list("communities", attributes.communities);
  list("large communities", attributes.largeCommunities);
  list("extended communities", attributes.extCommunities);
  return parts.filter(Boolean).join(", ");
}
