/** What lab/matrix.ts measures, and in which order. */
import type { Cell, Scenario } from "./matrix-cell.ts";
import type { PeerKind } from "./peers/index.ts";

const L = { longLived: true } as const;
const N = { notification: true } as const;

/** Long-lived staleness matters to who is late or does not come, the N bit to who falls silent. */
const SCENARIOS: readonly Scenario[] = [
  { event: "SIGKILL", back: "in time" },
  { event: "SIGKILL", back: "in time", ...L },
  { event: "SIGKILL", back: "late" },
  { event: "SIGKILL", back: "late", ...L },
  { event: "SIGKILL", back: "never" },
  { event: "SIGKILL", back: "never", ...L },
  { event: "SIGKILL", back: "route missing" },
  { event: "SIGKILL", back: "family missing" },
  { event: "SIGKILL", back: "family missing", ...L },
  { event: "SIGKILL", back: "not forwarding" },
  { event: "SIGKILL", back: "not forwarding", ...L },
  { event: "SIGKILL", back: "twice" },
  { event: "SIGKILL", back: "twice", ...L },
  { event: "SIGTERM", back: "in time" },
  { event: "SIGTERM", back: "in time", ...L },
  { event: "SIGTERM", back: "in time", ...N },
  { event: "SIGTERM", back: "never" },
  { event: "stop --hold", back: "in time" },
  { event: "stop --hold", back: "late", ...L },
  { event: "stop --hold", back: "never" },
  { event: "TCP reset", back: "in time" },
  { event: "TCP reset", back: "in time", ...L },
  { event: "TCP reset", back: "in time", ...N },
  { event: "TCP reset", back: "twice" },
  { event: "SIGSTOP", back: "in time" },
  { event: "SIGSTOP", back: "in time", ...L },
  { event: "SIGSTOP", back: "in time", ...N },
  { event: "SIGSTOP", back: "late", ...N },
  { event: "SIGSTOP", back: "late", ...L, ...N },
  { event: "SIGSTOP", back: "never", ...L, ...N },
  { event: "SIGSTOP", back: "twice", ...N },
  { event: "link loss", back: "in time" },
  { event: "link loss", back: "in time", ...L },
  { event: "link loss", back: "in time", ...N },
  { event: "link loss", back: "late", ...L, ...N },
  { event: "link loss", back: "never" },
  { event: "link loss", back: "never", ...L, ...N },
  { event: "link loss", back: "twice", ...N },
];

export const PAIRS: readonly { readonly restarting: PeerKind; readonly helper: PeerKind }[] = [
  ...(["bird", "frr", "gobgp", "openbgpd"] as const).map((helper) => ({ restarting: "holdfast" as const, helper })),
  ...(["bird", "frr", "gobgp"] as const).map((restarting) => ({ restarting, helper: "holdfast" as const })),
];

export const CELLS: readonly Cell[] = SCENARIOS.flatMap((scenario) => PAIRS.map((pair) => ({ ...pair, ...scenario })));

export function withOf({ longLived, notification }: Scenario): string {
  return [longLived ? "LLGR" : "", notification ? "N" : ""].filter(Boolean).join(", ");
}

export function nameOf(cell: Cell): string {
  const extra = withOf(cell);
  return `${cell.restarting} restarts, ${cell.helper} helps: ${cell.event}, ${cell.back}${extra && `, with ${extra}`}`;
}
