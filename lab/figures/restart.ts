/**
 * The pictures of docs/restart.md, from real runs: a client, a router (BIRD), two gateways (lab/hitless.ts), and what
 * happens to a VIP when the Master's daemon ends in one way or another. Adverts and BGP messages are those on the router's
 * wire, the route is that of the router's kernel, the packets are 2,000 requests a second from the client.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CapturedMessage, readMessages } from "../capture.ts";
import { run } from "../exec.ts";
import { type Gateway, HitlessLab, VIP } from "../hitless.ts";
import { UdpStream } from "../udp-stream.ts";
import { waitFor } from "../wait.ts";
import { type Bar, drawTimeline, type Lane, type Mark } from "./timeline.ts";

const ADDRESS: Readonly<Record<Gateway, string>> = { gw1: "10.6.0.11", gw2: "10.6.0.12" };
const PER_SECOND = 2_000;
const LEAD_SECONDS = 1;

interface Scene {
  readonly file: string;
  readonly title: string;
  readonly seconds: number;
  readonly restartTime?: number;
  /** What is done to the Master. Times of the daemon's end and start are noted by `scene`. */
  act(lab: HitlessLab, notes: Notes): Promise<void>;
}

/** When the Master's daemon was there: ends and starts in turn, seconds since 1970. */
class Notes {
  readonly daemon: number[] = [];
  note(): void {
    this.daemon.push(Date.now() / 1_000);
  }
}

const SCENES: readonly Scene[] = [
  {
    file: "restart-killed.svg",
    title: "The Master's daemon is killed and started again at once",
    seconds: 5,
    async act(lab, notes) {
      lab.daemon("gw1").kill("SIGKILL");
      notes.note();
      await lab.daemon("gw1").waitExit();
      notes.note();
      await lab.startDaemon("gw1");
      await waitFor("the restart is over", () => lab.logged("gw1", "the restart is over") === 1);
    },
  },
  {
    file: "restart-away.svg",
    title: "The Master's daemon is killed and stays away (restart-time 8 s)",
    seconds: 14,
    restartTime: 8,
    async act(lab, notes) {
      lab.daemon("gw1").kill("SIGKILL");
      notes.note();
      await lab.waitRoute([ADDRESS.gw2]);
    },
  },
  {
    file: "restart-stopped.svg",
    title: "The Master's daemon is stopped: SIGTERM",
    seconds: 4,
    async act(lab, notes) {
      lab.daemon("gw1").kill("SIGTERM");
      notes.note();
      await lab.waitRoute([ADDRESS.gw2]);
    },
  },
  {
    file: "restart-host-dead.svg",
    title: "The Master's host is cut off (hold time 9 s, N bit off)",
    seconds: 16,
    async act(lab) {
      await lab.lab.setLink("gw1", "eth0", "down");
      await lab.waitRoute([ADDRESS.gw2]);
    },
  },
];

const directory = resolve("docs/figures");
mkdirSync(directory, { recursive: true });
for (const scene of SCENES) {
  const picture = await play(scene);
  writeFileSync(join(directory, scene.file), picture);
  process.stdout.write(`docs/figures/${scene.file}\n`);
}

async function play(scene: Scene): Promise<string> {
  const hitless = await HitlessLab.up({ restartTime: scene.restartTime ?? 30 });
  try {
    const { lab } = hitless;
    const file = `${lab.directory}/wire.pcap`;
    const dump = await lab.start("router", {
      name: "tcpdump in router",
      command: [
        "tcpdump",
        "-Z",
        "root",
        "-n",
        "-U",
        "--immediate-mode",
        "-i",
        "eth0",
        "-w",
        file,
        "vrrp or tcp port 179",
      ],
      logFile: `${lab.directory}/tcpdump.log`,
    });
    await dump.waitReady(async () => dump.log.includes("listening on"));
    const routes = watchRoute(hitless);
    const stream = await UdpStream.start(lab, "client", VIP, PER_SECOND);
    await sleep(LEAD_SECONDS + 1);
    const notes = new Notes();
    const zero = Date.now() / 1_000;
    await scene.act(hitless, notes);
    await sleep(Math.max(0, zero + scene.seconds - Date.now() / 1_000));
    const report = await stream.stop();
    routes.stop();
    await dump.stop("SIGINT");
    const end = zero + scene.seconds;
    const base = report.startedAt / 1_000;
    const lost: Bar[] = report.losses.map(({ atMs, count }) => ({
      from: base + atMs / 1_000,
      to: base + atMs / 1_000 + count / PER_SECOND,
      kind: "bad",
    }));
    const messages = await readMessages(file);
    const adverts = await readAdverts(file);
    const total = report.sent - report.answered;
    const lanes: Lane[] = [
      { name: "gw1: holdfastd", bars: presence(notes, base, end) },
      { name: "gw1: adverts", marks: ticks(adverts, ADDRESS.gw1) },
      { name: "gw2: adverts", marks: ticks(adverts, ADDRESS.gw2) },
      { name: "gw1 to router: BGP", marks: bgpMarks(messages, ADDRESS.gw1) },
      { name: "gw2 to router: BGP", marks: bgpMarks(messages, ADDRESS.gw2) },
      { name: "router's route via gw1", bars: routes.bars(ADDRESS.gw1, end) },
      { name: "router's route via gw2", bars: routes.bars(ADDRESS.gw2, end) },
      {
        name: "requests of the client",
        bars: [{ from: base, to: end, kind: "good", label: `${total} of ${report.sent} lost` }, ...lost],
      },
    ];
    return drawTimeline({
      title: scene.title,
      from: -LEAD_SECONDS,
      to: scene.seconds,
      lanes: lanes.map((lane) => shifted(lane, zero)),
    });
  } finally {
    await hitless.down();
  }
}

function shifted({ name, bars = [], marks = [] }: Lane, zero: number): Lane {
  return {
    name,
    bars: bars.map((bar) => ({ ...bar, from: bar.from - zero, to: bar.to - zero })),
    marks: marks.map((mark) => ({ ...mark, at: mark.at - zero })),
  };
}

function presence({ daemon }: Notes, from: number, to: number): Bar[] {
  const bounds = [from, ...daemon, to];
  return bounds.slice(0, -1).flatMap((start, i): Bar[] => {
    if (i % 2 === 1) return [];
    return [{ from: start, to: bounds[i + 1] as number, kind: "good", label: "runs" }];
  });
}

/** Looks at the router's kernel many times a second. */
function watchRoute(hitless: HitlessLab): { bars(via: string, end: number): Bar[]; stop(): void } {
  const seen: { at: number; vias: readonly string[] }[] = [];
  let running = true;
  void (async () => {
    while (running) {
      const { stdout } = await hitless.lab.tryRun("router", ["ip", "route", "show", `${VIP}/32`]);
      seen.push({ at: Date.now() / 1_000, vias: [...stdout.matchAll(/via (\S+)/g)].map(([, via]) => via as string) });
      await sleep(0.02);
    }
  })();
  return {
    bars(via, end) {
      const bars: Bar[] = [];
      let from: number | undefined;
      for (const { at, vias } of [...seen, { at: end, vias: [] }]) {
        if (vias.includes(via)) from ??= at;
        else if (from !== undefined) {
          bars.push({ from, to: at, kind: "good", label: "in the kernel" });
          from = undefined;
        }
      }
      return bars;
    },
    stop() {
      running = false;
    },
  };
}

interface Advert {
  readonly at: number;
  readonly source: string;
  readonly priority: number;
}

async function readAdverts(file: string): Promise<Advert[]> {
  const fields = ["frame.time_epoch", "ip.src", "vrrp.prio"].flatMap((field) => ["-e", field]);
  const text = await run(["tshark", "-n", "-r", file, "-Y", "vrrp", "-T", "fields", ...fields]);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [at = "", source = "", priority = ""] = line.split("\t");
      return { at: Number(at), source, priority: Number(priority) };
    });
}

function ticks(adverts: readonly Advert[], source: string): Mark[] {
  let former = false;
  return adverts
    .filter((advert) => advert.source === source)
    .map(({ at, priority }): Mark => {
      const isFirst = !former;
      former = true;
      if (priority === 0) return { at, label: "priority 0" };
      return isFirst ? { at, label: "Master" } : { at, label: "", kind: "tick" };
    });
}

function bgpMarks(messages: readonly CapturedMessage[], source: string): Mark[] {
  return messages
    .filter((message) => message.source === source && message.type !== "KEEPALIVE")
    .map(({ time, type, update }): Mark => {
      if (update === undefined) return { at: time, label: type };
      if (update.endOfRib) return { at: time, label: "End-of-RIB" };
      return { at: time, label: update.withdrawn.length > 0 ? "withdraw" : "UPDATE" };
    });
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
