import type { Change, ReloadPlan, SessionEffect } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, counted } from "../format.ts";
import { lookOf, type Style } from "../style.ts";
import { formatTable } from "../table.ts";

const EFFECTS: Readonly<Record<string, string>> = {
  nothing: "nothing happens",
  soft: "routes are judged again, the session stays",
  reset: "the session is reset",
  added: "new",
  removed: "goes, with Cease",
};

/** What a reload does, or would do: every difference, then every session. */
export function planText(plan: ReloadPlan, style: Style, width: number | undefined): string {
  const { changes, sessions, announcedBefore, announcedAfter, warnings } = plan;
  const parts = warnings.map((warning) => `${style.paint("warning", "warn")}: ${clean(warning)}\n`);
  if (changes.length === 0) return [...parts, "nothing differs\n"].join("");
  parts.push(`${changes.map((change) => changeText(change, style)).join("\n")}\n`);
  if (sessions.length > 0) parts.push(`\n${sessionsText(sessions, style, width)}`);
  if (announcedAfter < announcedBefore)
    parts.push(
      `\n${announcedBefore - announcedAfter} of ${counted(announcedBefore, "announced prefix", "announced prefixes")} would go\n`,
    );
  return parts.join("");
}

const SIGNS: Readonly<Record<string, string>> = { added: "+", removed: "-", changed: "~" };

function changeText({ subject, name, change, effect, keys }: Change, style: Style): string {
  const what = name === "" ? subject : `${subject} ${clean(name)}`;
  const says = change === "changed" ? `  (${style.paint(effect, lookOf(effect))})` : "";
  const lines = keys.map(({ key, before, after }) => `    ${key}: ${clean(before ?? "-")} -> ${clean(after ?? "-")}`);
  return [`${SIGNS[change] ?? "?"} ${style.paint(what, "bold")} ${change}${says}`, ...lines].join("\n");
}

function sessionsText(sessions: readonly SessionEffect[], style: Style, width: number | undefined): string {
  const rows = sessions.map(({ peer, effect }) => [peer, [effect, lookOf(effect)] as const, EFFECTS[effect] ?? ""]);
  return formatTable([{ title: "SESSION" }, { title: "EFFECT" }, { title: "", shrinks: true }], rows, style, { width });
}
