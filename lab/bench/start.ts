import { createPeer, type NeighborSpec, type RouteSpec } from "../peers/index.ts";
import { Lab } from "../topology.ts";
import { printTable, SPEAKER, waitQuiet } from "./bench-lab.ts";
import { median, memoryMegabytes } from "./measure.ts";
import { BenchNeighbor } from "./neighbor.ts";

const NEIGHBORS = [2, 3, 4, 5].map((host) => ({ address: `10.99.0.${host}`, as: 65000 + host }));
const VIPS = 100;

/** From the start of our process to its first OPEN on the wire; then its memory with four sessions and 100 VIPs. */
export async function start(options: { readonly runs: number }): Promise<void> {
  const opens: number[] = [];
  const idle: number[] = [];
  for (let i = 0; i < options.runs; i++) {
    const run = await once();
    opens.push(run.open);
    idle.push(run.idle);
  }
  const range = (values: readonly number[], digits: number) =>
    `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;
  process.stdout.write(`### Start, and memory at rest with ${NEIGHBORS.length} sessions and ${VIPS} VIPs\n\n`);
  printTable([
    ["process start to first OPEN ms", "RSS MB"],
    [range(opens, 0), range(idle, 1)],
  ]);
}

async function once(): Promise<{ readonly open: number; readonly idle: number }> {
  const lab = await Lab.up({
    segments: [
      {
        name: "wire",
        members: [
          { node: "dut", interface: "dut0", addresses: [`${SPEAKER.address}/24`] },
          { node: "net", interface: "net0", addresses: NEIGHBORS.map(({ address }) => `${address}/24`) },
        ],
      },
    ],
  });
  try {
    const speaker = createPeer(lab, "dut", "holdfast", {
      as: SPEAKER.as,
      routerId: SPEAKER.address,
      neighbors: NEIGHBORS.map(({ address, as }): NeighborSpec => ({ address, as, localAddress: SPEAKER.address })),
      routes: Array.from({ length: VIPS }, (_, i): RouteSpec => ({ prefix: `203.0.113.${i}/32` })),
    });
    const neighbors = NEIGHBORS.map(
      ({ address, as }) =>
        new BenchNeighbor(lab, "net", { local: address, remote: SPEAKER.address, as, holdSeconds: 90, listen: true }),
    );
    for (const neighbor of neighbors) {
      await neighbor.event("listening", 10_000);
      neighbor.send(`expect ${VIPS}`);
    }
    await waitQuiet();
    const from = Number(process.hrtime.bigint() / 1000n);
    await speaker.start();
    const opens = await Promise.all(neighbors.map((neighbor) => neighbor.event("open", 20_000)));
    for (const neighbor of neighbors) await neighbor.event("reached", 20_000);
    await waitQuiet();
    const idle = memoryMegabytes(speaker.process.pid, "VmRSS");
    for (const neighbor of neighbors) neighbor.quit();
    return { open: (Math.min(...opens.map(({ at }) => at)) - from) / 1000, idle };
  } finally {
    await lab.down();
  }
}
