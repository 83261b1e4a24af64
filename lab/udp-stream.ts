import { resolve } from "node:path";
import type { LabProcess } from "./process.ts";
import type { Lab } from "./topology.ts";
import type { StreamReport } from "./udp-node.ts";

/**
 * Before the machine's other work: a program that waits for its turn would overflow its socket, and count as a loss. Not
 * in real time: threads of one runtime that wait for each other there can hold all cores, and everybody else, for minutes.
 */
const AT_ONCE = ["nice", "-n", "-20"];
const PROGRAM = [...AT_ONCE, process.execPath, "--import", "tsx", resolve(import.meta.dirname, "udp-node.ts")];
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

async function startReady(lab: Lab, node: string, name: string, args: readonly string[]): Promise<LabProcess> {
  const process = await lab.start(node, {
    name: `${name} in ${node}`,
    command: [...PROGRAM, ...args],
    logFile: `${lab.directory}/${node}-${name}-${Date.now()}.log`,
    cwd: resolve(import.meta.dirname, ".."),
  });
  await process.waitReady(async () => process.log.includes("ready"));
  return process;
}
