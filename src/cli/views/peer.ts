import type { Peer, PeerFamily, Restart, RestartSide } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { clean, formatDuration, wrap } from "../format.ts";
import { lookOf, type Style } from "../style.ts";
import { type Cell, formatTable } from "../table.ts";

/** Where the second column begins. */
const FACT_INDENT = 18;

/** All about one neighbour. */
export function peerText(peer: Peer, style: Style, width: number | undefined): string {
  const { description, restart } = peer;
  const title = description === "" ? peer.address : `${peer.address} (${clean(description)})`;
  const lines = factsOf(peer, style).flatMap(([name, text]) => {
    const wrapped = width === undefined || text.includes("\x1b") ? [text] : wrap(text, width - FACT_INDENT);
    return wrapped.map((line, i) => `  ${(i === 0 ? name : "").padEnd(FACT_INDENT - 2)}${line}`);
  });
  return [
    `${style.paint(title, "bold")}, AS ${peer.as === 0 ? "any" : peer.as}\n${lines.join("\n")}\n`,
    familiesOf(peer, style, width),
    restart === undefined ? "" : restartText(restart, style, width),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function factsOf(peer: Peer, style: Style): (readonly [name: string, text: string])[] {
  const { state, holdTimeSeconds, keepaliveTimeSeconds } = peer;
  const facts: [string, string | false | undefined][] = [
    ["state", `${style.paint(state, lookOf(state))} for ${formatDuration(peer.sinceSeconds)}`],
    ["admin", peer.admin === "down" && style.paint("taken down by an operator: holdfast enable", "warn")],
    ["drained", peer.drained && style.paint("yes", "warn")],
    ["group", peer.peerGroup],
    ["came by itself", peer.dynamic && "from a dynamic-neighbor prefix"],
    ["our AS", String(peer.localAs)],
    ["our address", peer.localAddress],
    ["router id", peer.routerId],
    [
      "timers",
      holdTimeSeconds !== undefined && `hold ${holdTimeSeconds} s, keepalive ${keepaliveTimeSeconds} s, as agreed`,
    ],
    ["messages", `${peer.messagesReceived} received, ${peer.messagesSent} sent`],
    ["updates", `${peer.updatesReceived} received, ${peer.updatesSent} sent`],
    ["came and went", peer.flaps === 1 ? "once" : peer.flaps > 0 && `${peer.flaps} times`],
    [
      "last error",
      peer.lastError !== undefined && `${clean(peer.lastError)} (${formatDuration(peer.lastErrorSeconds ?? 0)} ago)`,
    ],
    ["offers", peer.capabilities.length > 0 && peer.capabilities.map(clean).join(", ")],
  ];
  return facts.filter((fact): fact is [string, string] => typeof fact[1] === "string" && fact[1] !== "");
}

function familiesOf({ families }: Peer, style: Style, width: number | undefined): string {
  const yes = (is: boolean): Cell => (is ? "yes" : ["no", "dim"]);
  const rows = families.map((family) => [
    family.family,
    family.received,
    family.accepted,
    family.advertised,
    staleOf(family),
    yes(family.endOfRibReceived),
    yes(family.endOfRibSent),
  ]);
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "FAMILY" },
    ...["RECEIVED", "ACCEPTED", "SENT", "STALE"].map(right),
    { title: "EOR IN" },
    { title: "EOR OUT" },
  ];
  return formatTable(columns, rows, style, { width, indent: "  " });
}

function staleOf({ stale, longLivedSecondsLeft }: PeerFamily): Cell {
  if (stale === 0) return 0;
  return [longLivedSecondsLeft === undefined ? stale : `${stale}, ${formatDuration(longLivedSecondsLeft)}`, "warn"];
}

const PHASES: Readonly<Record<string, string>> = {
  none: "none is going on",
  "we-restart": "we have restarted, and wait for its End-of-RIB",
  "peer-restarts": "the neighbour restarts: its routes are kept as stale",
  "peer-returns": "the neighbour is back, and has not announced everything again",
  "long-lived": "long-lived: the neighbour's routes are kept as a last resort",
};

/** The restart block: where it stands, and both sides' offers beside each other. */
function restartText(restart: Restart, style: Style, width: number | undefined): string {
  const { phase, secondsLeft, ours, theirs } = restart;
  const look = phase === "none" ? "plain" : "warn";
  const lines = [`  graceful restart: ${style.paint(PHASES[phase] ?? clean(phase), look)}`];
  if (secondsLeft !== undefined) lines.push(`    what is stale by then ends in ${formatDuration(secondsLeft)}`);
  const head = `${lines.join("\n")}\n`;
  if (ours === undefined && theirs === undefined) return `${head}    neither side has offered it\n`;
  const rows = offersOf(ours, theirs);
  const columns = [{ title: "" }, { title: "OURS" }, { title: "THEIRS" }];
  return `${head}${formatTable(columns, rows, style, { width, indent: "    " })}`;
}

function offersOf(ours: RestartSide | undefined, theirs: RestartSide | undefined): (readonly Cell[])[] {
  const both = (name: string, tell: (side: RestartSide) => string | undefined): readonly Cell[] => [
    name,
    ...[ours, theirs].map((side): Cell => (side && tell(side)) ?? ["-", "dim"]),
  ];
  const yes = (is: boolean) => (is ? "yes" : "no");
  const names = new Set([ours, theirs].flatMap((side) => side?.families.map(({ family }) => family) ?? []));
  const family = (side: RestartSide, name: string) => side.families.find((each) => each.family === name);
  return [
    both("R, restarting", (side) => yes(side.restarting)),
    both("N, NOTIFICATION too", (side) => yes(side.notification)),
    both("restart time", (side) => `${side.restartTimeSeconds} s`),
    ...[...names].flatMap((name) => [
      both(`${name}: listed`, (side) => yes(family(side, name)?.graceful === true)),
      both(`${name}: F, forwards`, (side) => yes(family(side, name)?.forwarding === true)),
      both(`${name}: long-lived`, (side) => {
        const seconds = family(side, name)?.longLivedSeconds;
        return seconds === undefined ? "no" : `${seconds} s`;
      }),
    ]),
  ];
}
