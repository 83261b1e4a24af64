import { Capture, type CapturedMessage } from "../capture.ts";
import { createPeer, type NeighborSpec, type PeerKind, type RouteSpec } from "../peers/index.ts";
import { Lab } from "../topology.ts";
import { waitFor } from "../wait.ts";
import { printTable, SPEAKER, waitQuiet, withRatio } from "./bench-lab.ts";
import { median } from "./measure.ts";

const HELPER = { address: "10.99.0.2", as: 65010 } as const;
const VIPS = 100;
const GRACEFUL_RESTART = { restartTime: 60 };
/** Until then a session may still be settling, and some speakers hold a restart of it for a fault. */
const SETTLED_SECONDS = 2;

interface RestartTimes {
  /** From the start of the process, in milliseconds. */
  readonly open: number;
  readonly endOfRib: number;
}

/**
 * A speaker with 100 routes is killed and started again while a neighbour helps: from the start of the process to its
 * OPEN and its End-of-RIB on the wire. Each speaker restarts beside the same helpers.
 */
export async function restart(options: {
  readonly speakers: readonly PeerKind[];
  readonly runs: number;
}): Promise<void> {
  // OpenBGPD helps, and does not restart; the program has no way to announce that it does.
  const kinds = options.speakers.filter((kind) => kind !== "openbgpd" && kind !== "exabgp");
  process.stdout.write(`### Restart with ${VIPS} routes: process start to OPEN, and to End-of-RIB, ms\n\n`);
  const rows: string[][] = [["helper", "speaker", "OPEN", "End-of-RIB", "range"]];
  for (const helper of ["bird", "frr", "gobgp"] as const) {
    const times = new Map<PeerKind, RestartTimes[]>();
    for (let run = 0; run < options.runs; run++)
      for (const kind of kinds) times.set(kind, [...(times.get(kind) ?? []), await once(kind, helper)]);
    const endOf = (kind: PeerKind) => median((times.get(kind) ?? []).map(({ endOfRib }) => endOfRib));
    const reference = Math.min(...kinds.filter((kind) => kind !== "holdfast").map(endOf));
    for (const kind of kinds) {
      const runs = times.get(kind) ?? [];
      const ends = runs.map(({ endOfRib }) => endOfRib);
      const open = median(runs.map((run) => run.open)).toFixed(0);
      const range = `${Math.min(...ends).toFixed(0)}-${Math.max(...ends).toFixed(0)}`;
      rows.push([helper, kind, open, withRatio(endOf(kind), reference, 0), range]);
    }
  }
  printTable(rows);
}

async function once(kind: PeerKind, helperKind: PeerKind): Promise<RestartTimes> {
  const lab = await Lab.up({
    segments: [
      {
        name: "wire",
        members: [
          { node: "dut", interface: "dut0", addresses: [`${SPEAKER.address}/24`] },
          { node: "net", interface: "net0", addresses: [`${HELPER.address}/24`] },
        ],
      },
    ],
  });
  try {
    const capture = await Capture.start(lab, "net", "net0");
    const neighborOf = (far: { address: string; as: number }, localAddress: string): NeighborSpec => ({
      ...far,
      localAddress,
      holdTime: 90,
      gracefulRestart: GRACEFUL_RESTART,
    });
    const speaker = createPeer(lab, "dut", kind, {
      as: SPEAKER.as,
      routerId: SPEAKER.address,
      neighbors: [neighborOf(HELPER, SPEAKER.address)],
      routes: Array.from({ length: VIPS }, (_, i): RouteSpec => ({ prefix: `203.0.113.${i}/32` })),
    });
    const helper = createPeer(lab, "net", helperKind, {
      as: HELPER.as,
      routerId: HELPER.address,
      neighbors: [neighborOf(SPEAKER, HELPER.address)],
    });
    await Promise.all([speaker.start(), helper.start()]);
    await helper.waitRoute(`203.0.113.${VIPS - 1}/32`);
    await waitFor(
      "a session that is settled",
      async () => ((await helper.neighbors())[0]?.uptime ?? SETTLED_SECONDS) >= SETTLED_SECONDS,
    );
    await waitQuiet();
    speaker.kill("SIGKILL");
    await speaker.process.waitExit();
    const from = Date.now() / 1_000;
    await speaker.start({ restarting: true });
    const isOurs = (message: CapturedMessage) => message.source === SPEAKER.address && message.time >= from;
    const isEnd = (message: CapturedMessage) => isOurs(message) && message.update?.endOfRib === true;
    const messages = await capture.waitMessage("End-of-RIB", isEnd, { timeoutMs: 60_000 });
    const at = (accept: (message: CapturedMessage) => boolean) =>
      ((messages.find(accept)?.time ?? Number.NaN) - from) * 1_000;
    return { open: at((message) => isOurs(message) && message.type === "OPEN"), endOfRib: at(isEnd) };
  } finally {
    await lab.down();
  }
}
