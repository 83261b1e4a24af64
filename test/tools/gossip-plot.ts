/**
 * Simulates fleets of 3 to 10,000 nodes and writes what came out as docs/figures/gossip-scale.svg and as the table to put
 * into docs/gossip.md on standard output: `npx tsx test/tools/gossip-plot.ts [--sizes 3,10,...] [--seeds 3]`. Takes some
 * minutes and about 1 GB for 10,000 nodes.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Scale, simulate } from "./gossip-scale.ts";

const FILE = join(import.meta.dirname, "../../docs/figures/gossip-scale.svg");
/** Fleets from this size on are simulated once: their thousands of nodes are an average by themselves. */
const ONCE_FROM = 3000;

interface Series {
  readonly name: string;
  readonly color: string;
  readonly value: (scale: Scale) => number;
}
interface Panel {
  readonly title: string;
  /** Powers of ten at the ends of the vertical axis. */
  readonly from: number;
  readonly to: number;
  readonly series: readonly Series[];
}

const PANELS: readonly Panel[] = [
  {
    title: "seconds",
    from: -3,
    to: 2,
    series: [
      { name: "crash known to all", color: "#b02a2a", value: (s) => s.deadAll },
      { name: "crash known to the first", color: "#e0855a", value: (s) => s.deadFirst },
      { name: "first suspicion", color: "#d9b13b", value: (s) => s.suspected },
      { name: "new meta at all", color: "#2a5db0", value: (s) => s.metaAll },
      { name: "new meta at half", color: "#7fa8e0", value: (s) => s.metaHalf },
    ],
  },
  {
    title: "octets per second that a node sends",
    from: 1,
    to: 4,
    series: [
      { name: "probes and acks", color: "#2a5db0", value: (s) => s.octets },
      { name: "push/pulls (calculated)", color: "#2f8f5b", value: (s) => s.pushPull },
    ],
  },
];

const WIDTH = 420;
const HEIGHT = 300;
const LEFT = 50;
const TOP = 40;
const SIZE_FROM = 0.4;
const SIZE_TO = 4.1;

function panelSvg(panel: Panel, scales: readonly Scale[], at: number): string {
  const x = (size: number) => LEFT + ((Math.log10(size) - SIZE_FROM) / (SIZE_TO - SIZE_FROM)) * WIDTH;
  const y = (value: number) => TOP + HEIGHT - ((Math.log10(value) - panel.from) / (panel.to - panel.from)) * HEIGHT;
  const parts = [`<text x="${LEFT}" y="22" font-weight="bold">${panel.title}</text>`];
  for (let power = panel.from; power <= panel.to; power++) {
    const label = power < 0 ? (10 ** power).toFixed(-power) : (10 ** power).toLocaleString("en");
    const line = y(10 ** power).toFixed(1);
    parts.push(`<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${line}" y2="${line}" stroke="#ddd"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${line}" dy="4" text-anchor="end">${label}</text>`);
  }
  for (const size of [10, 100, 1000, 10_000]) {
    const column = x(size).toFixed(1);
    parts.push(`<line x1="${column}" x2="${column}" y1="${TOP}" y2="${TOP + HEIGHT}" stroke="#ddd"/>`);
    parts.push(`<text x="${column}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${size.toLocaleString("en")}</text>`);
  }
  parts.push(`<text x="${LEFT + WIDTH / 2}" y="${TOP + HEIGHT + 36}" text-anchor="middle">nodes</text>`);
  panel.series.forEach(({ name, color, value }, i) => {
    const points = scales.map((scale) => `${x(scale.size).toFixed(1)},${y(value(scale)).toFixed(1)}`);
    parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`);
    for (const point of points) {
      const [cx, cy] = point.split(",");
      parts.push(`<circle cx="${cx}" cy="${cy}" r="2.5" fill="${color}"/>`);
    }
    parts.push(`<text x="${LEFT}" y="${TOP + HEIGHT + 58 + 17 * i}" fill="${color}">&#9679; ${name}</text>`);
  });
  return `<g transform="translate(${at},0)">\n${parts.join("\n")}\n</g>`;
}

function svg(scales: readonly Scale[]): string {
  const step = LEFT + WIDTH + 30;
  const height = TOP + HEIGHT + 60 + 17 * Math.max(...PANELS.map(({ series }) => series.length));
  const width = PANELS.length * step;
  const panels = PANELS.map((panel, i) => panelSvg(panel, scales, i * step));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

/** The mean of some runs. */
function mean(runs: readonly Scale[]): Scale {
  const keys = Object.keys(runs[0] as Scale) as (keyof Scale)[];
  const entries = keys.map((key) => [key, runs.reduce((sum, run) => sum + run[key], 0) / runs.length]);
  return Object.fromEntries(entries) as Scale;
}

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "3,10,30,100,300,1000,3000,10000" },
    seeds: { type: "string", default: "5" },
  },
});
const scales: Scale[] = [];
const row = (cells: readonly string[]) => void process.stdout.write(`| ${cells.join(" | ")} |\n`);
const COLUMNS = ["nodes", "meta at half, s", "meta at all, s", "suspected, s", "crash at first, s", "crash at all, s"];
const head = [...COLUMNS, "packets/s", "octets/s", "push/pull octets/s"];
row(head);
row(head.map(() => "---"));
for (const size of values.sizes.split(",").map(Number)) {
  const seeds = size >= ONCE_FROM ? 1 : Number(values.seeds);
  const scale = mean(Array.from({ length: seeds }, (_, seed) => simulate(size, seed + 1)));
  scales.push(scale);
  const times = [scale.metaHalf, scale.metaAll].map((v) => v.toFixed(3));
  const slow = [scale.suspected, scale.deadFirst, scale.deadAll].map((v) => v.toFixed(1));
  row([`${size}`, ...times, ...slow, scale.packets.toFixed(2), scale.octets.toFixed(0), scale.pushPull.toFixed(0)]);
}
writeFileSync(FILE, svg(scales));
