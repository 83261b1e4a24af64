import { createPeer, type NeighborSpec, type Peer, type PeerKind, type RouteSpec } from "../peers/index.ts";
import { Lab } from "../topology.ts";
import { machineBusySeconds } from "./measure.ts";

export const SPEAKER = { address: "10.99.0.1", as: 65000 } as const;
export const FEEDER = { address: "10.99.0.2", as: 65010 } as const;
export const SINK = { address: "10.99.0.3", as: 65020 } as const;

/** One speaker between a feeder and a sink, in namespaces of its own. */
export async function benchLab(
  kind: PeerKind,
  neighbors: readonly { readonly address: string; readonly as: number }[],
  holdTime: number,
  routes: readonly RouteSpec[] = [],
): Promise<{ readonly lab: Lab; readonly speaker: Peer }> {
  const lab = await Lab.up({
    segments: [
      {
        name: "wire",
        members: [
          { node: "dut", interface: "dut0", addresses: [`${SPEAKER.address}/24`] },
          { node: "net", interface: "net0", addresses: [`${FEEDER.address}/24`, `${SINK.address}/24`] },
        ],
      },
    ],
  });
  const speaker = createPeer(lab, "dut", kind, {
    as: SPEAKER.as,
    routerId: SPEAKER.address,
    neighbors: neighbors.map(
      ({ address, as }): NeighborSpec => ({ address, as, localAddress: SPEAKER.address, passive: true, holdTime }),
    ),
    routes,
  });
  return { lab, speaker };
}

/** Waits until the machine is otherwise idle: less than a quarter of a core used in a second, at most a minute. */
export async function waitQuiet(): Promise<void> {
  for (let second = 0; second < 60; second++) {
    const before = machineBusySeconds();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (machineBusySeconds() - before < 0.25) return;
  }
}

/** A markdown table whose first row names the columns. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const [head = [], ...body] = rows;
  for (const row of [head, head.map(() => "---"), ...body]) process.stdout.write(`| ${row.join(" | ")} |\n`);
  process.stdout.write("\n");
}

/** "1.47 (1.03 x)": a figure with its ratio to the reference's. */
export function withRatio(value: number, reference: number | undefined, digits: number): string {
  const ratio = reference === undefined || reference === 0 ? "" : ` (${(value / reference).toFixed(2)} x)`;
  return `${value.toFixed(digits)}${ratio}`;
}
