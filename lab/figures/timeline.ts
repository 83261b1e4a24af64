/** A timeline as SVG: lanes with bars and marks over a common time axis. Plain text in, text out. */

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly kind: "good" | "stale" | "bad";
  readonly label?: string;
}

export interface Mark {
  readonly at: number;
  readonly label: string;
  readonly kind?: "event" | "tick";
}

export interface Lane {
  readonly name: string;
  readonly bars?: readonly Bar[];
  readonly marks?: readonly Mark[];
}

export interface Timeline {
  readonly title: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly Lane[];
}

const WIDTH = 960;
const NAME_WIDTH = 190;
const LANE_HEIGHT = 46;
const HEAD = 44;
const LABEL_WIDTH = 6.1;
const COLORS = { good: "#2e7d32", stale: "#f9a825", bad: "#c62828" } as const;

/** The picture. Times are seconds; what lies outside of `from` and `to` is cut. */
export function drawTimeline({ title, from, to, lanes }: Timeline): string {
  const scale = (WIDTH - NAME_WIDTH - 20) / (to - from);
  const x = (at: number) => NAME_WIDTH + (Math.min(Math.max(at, from), to) - from) * scale;
  const height = HEAD + lanes.length * LANE_HEIGHT + 30;
  const body: string[] = [];
  const step = stepOf(to - from);
  for (let at = Math.ceil(from / step) * step; at <= to + 1e-9; at += step) {
    const left = x(at).toFixed(1);
    body.push(`<line x1="${left}" y1="${HEAD}" x2="${left}" y2="${height - 26}" stroke="#ddd"/>`);
    body.push(text(x(at), height - 10, `${Number(at.toFixed(3))} s`, "middle", "#555"));
  }
  for (const [i, lane] of lanes.entries()) body.push(...drawLane(lane, HEAD + i * LANE_HEIGHT, x, from, to));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="10" y="24" font-size="15" font-weight="bold">${escapeText(title)}</text>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

function drawLane(lane: Lane, top: number, x: (at: number) => number, from: number, to: number): string[] {
  const out = [text(10, top + 30, lane.name, "start", "#000")];
  for (const bar of lane.bars ?? []) {
    if (bar.to < from || bar.from > to) continue;
    const left = x(bar.from);
    const width = Math.max(1, x(bar.to) - left);
    out.push(
      `<rect x="${left.toFixed(1)}" y="${top + 19}" width="${width.toFixed(1)}" height="15" fill="${COLORS[bar.kind]}"/>`,
    );
    if (bar.label !== undefined && bar.label.length * LABEL_WIDTH < width)
      out.push(text(left + 4, top + 30, bar.label, "start", bar.kind === "stale" ? "#000" : "#fff"));
  }
  // The label of a mark stands for those that follow close by as well.
  let label: { left: number; words: string[] } | undefined;
  const labels: { left: number; words: string[] }[] = [];
  for (const mark of lane.marks ?? []) {
    if (mark.at < from || mark.at > to) continue;
    const left = x(mark.at);
    const isTick = mark.kind === "tick";
    out.push(
      `<line x1="${left.toFixed(1)}" y1="${top + (isTick ? 22 : 14)}" x2="${left.toFixed(1)}" y2="${top + 36}" stroke="#1565c0" stroke-width="${isTick ? 1 : 1.6}"/>`,
    );
    if (isTick) continue;
    if (label !== undefined && left < label.left + label.words.join(", ").length * LABEL_WIDTH + 6) {
      if (label.words.at(-1) !== mark.label) label.words.push(mark.label);
    } else {
      label = { left, words: [mark.label] };
      labels.push(label);
    }
  }
  for (const { left, words } of labels) out.push(text(left + 2, top + 12, words.join(", "), "start", "#1565c0"));
  return out;
}

function stepOf(span: number): number {
  const rough = span / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

function text(x: number, y: number, content: string, anchor: string, color: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="${color}">${escapeText(content)}</text>`;
}

const escapeText = (content: string) =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
