import { resolve } from "node:path";
import type { LabProcess } from "./process.ts";
import { realtimePrefix } from "./realtime.ts";
import type { Lab } from "./topology.ts";
import type { StreamReport } from "./udp-node.ts";

const PROGRAM = [process.execPath, "--import", "tsx", resolve(import.meta.dirname, "udp-node.ts")];
const PORT = 5353;

/** Answers UDP requests on a node, to whatever address of it they come. */
export async function answerUdp(lab: Lab, node: string): Promise<LabProcess> {
  return startReady(lab, node, "answer", ["answer", `${PORT}`]);
}

/** A stream of UDP requests to a service address. */
export class UdpStream {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  static async start(lab: Lab, node: string, address: string, perSecond: number): Promise<UdpStream> {
    return new UdpStream(await startReady(lab, node, "ask", ["ask", address, `${PORT}`, `${perSecond}`]));
  }

  /** Ends the stream, and tells what became of it. */
  async stop(): Promise<StreamReport> {
    await this.#process.stop("SIGTERM");
    return JSON.parse(this.#process.tail(1)) as StreamReport;
  }
}

/** A program that waits for its turn for long would overflow its socket, and that would count as a loss. */
async function startReady(lab: Lab, node: string, name: string, args: readonly string[]): Promise<LabProcess> {
  const process = await lab.start(node, {
    name: `${name} in ${node}`,
    command: [...realtimePrefix(), ...PROGRAM, ...args],
    logFile: `${lab.directory}/${node}-${name}-${Date.now()}.log`,
    cwd: resolve(import.meta.dirname, ".."),
  });
  await process.waitReady(async () => process.log.includes("ready"));
  return process;
}
