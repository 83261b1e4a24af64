import { chmod, writeFile } from "node:fs/promises";
import type { LabProcess } from "../process.ts";
import type { Lab } from "../topology.ts";
import { lines } from "./spec.ts";
import type { RouterSpec, RouterState, VrrpNode, VrrpSpec } from "./vrrp-spec.ts";

const BIN = "/usr/lib/frr";

/**
 * FRR's vrrpd with the zebra that it needs. The virtual addresses stand on a macvlan with the virtual MAC address that
 * has to be there first, "vrrp4-VRID"; vrrpd finds it by its MAC address and sets it to protodown while Backup. FRR knows
 * no excluded addresses, no unicast peers, no tracking, no names: a router's name is ours alone.
 */
export class FrrVrrp implements VrrpNode {
  readonly name: string;
  readonly #lab: Lab;
  readonly #node: string;
  readonly #directory: string;
  #spec: VrrpSpec;
  #zebra: LabProcess | undefined;
  #vrrpd: LabProcess | undefined;

  constructor(lab: Lab, node: string, spec: VrrpSpec) {
    this.name = `vrrpd in ${node}`;
    this.#lab = lab;
    this.#node = node;
    this.#directory = lab.subdirectory(`${node}-frr-vrrp`);
    this.#spec = spec;
  }

  get process(): LabProcess {
    if (this.#vrrpd === undefined) throw new Error(`${this.name} was not started`);
    return this.#vrrpd;
  }

  get log(): string {
    return this.process.log;
  }

  /** Starts vrrpd; the first time also zebra and the macvlans. */
  async start(): Promise<void> {
    const d = this.#directory;
    if (this.#zebra === undefined) {
      // Both give up root for the user frr, and then write their pids and sockets here.
      await chmod(d, 0o777);
      await writeFile(`${d}/vtysh.conf`, "");
      await writeFile(`${d}/zebra.conf`, "hostname zebra\nlog stdout\n");
      for (const router of this.#spec.routers) await this.#makeMacvlan(router);
      this.#zebra = await this.#daemon("zebra");
    }
    await writeFile(`${d}/vrrpd.conf`, vrrpdConfig(this.#spec));
    this.#vrrpd = await this.#daemon("vrrpd");
  }

  async #daemon(program: "zebra" | "vrrpd"): Promise<LabProcess> {
    const d = this.#directory;
    const paths = [
      "-f",
      `${d}/${program}.conf`,
      "-i",
      `${d}/${program}.pid`,
      "-z",
      `${d}/zserv.api`,
      "--vty_socket",
      d,
    ];
    const process = await this.#lab.start(this.#node, {
      name: `${program} in ${this.#node}`,
      command: [`${BIN}/${program}`, "-P", "0", ...paths],
      logFile: `${d}/${program}.log`,
    });
    await process.waitReady(async () => {
      const answer = await this.#lab.tryRun(this.#node, this.#vtysh(program, "show version"));
      return answer.code === 0 && answer.stdout.includes("FRRouting");
    });
    return process;
  }

  #vtysh(program: string, ...commands: string[]): string[] {
    const where = ["--vty_socket", this.#directory, "--config_dir", this.#directory];
    return ["vtysh", ...where, "-d", program, ...commands.flatMap((command) => ["-c", command])];
  }

  async #makeMacvlan(router: RouterSpec): Promise<void> {
    const name = macvlanName(router);
    const octet = router.virtualRouterId.toString(16).padStart(2, "0");
    const ip = (...words: string[]) => this.#lab.run(this.#node, ["ip", ...words]);
    const link = ["link", router.interface ?? "eth0", "address", `00:00:5e:00:01:${octet}`];
    await ip("link", "add", name, ...link, "type", "macvlan", "mode", "bridge");
    for (const address of router.addresses) await ip("addr", "add", address, "dev", name);
    await ip("link", "set", name, "up");
  }

  async stop(): Promise<void> {
    await this.process.stop("SIGTERM");
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Priorities only. */
  async reload(spec: VrrpSpec): Promise<void> {
    this.#spec = spec;
    for (const { interface: name = "eth0", virtualRouterId, priority } of spec.routers) {
      const set = ["configure terminal", `interface ${name}`, `vrrp ${virtualRouterId} priority ${priority}`];
      await this.#lab.run(this.#node, this.#vtysh("vrrpd", ...set));
    }
  }

  async states(): Promise<ReadonlyMap<string, RouterState>> {
    const shown = await this.show();
    return new Map(
      this.#spec.routers.flatMap(({ name, virtualRouterId }) => {
        const status = shown.find(({ vrid }) => vrid === virtualRouterId)?.v4.status;
        return status === undefined ? [] : [[name, status.toLowerCase() as RouterState] as const];
      }),
    );
  }

  /** What `show vrrp json` tells. */
  async show(): Promise<readonly FrrRouter[]> {
    return JSON.parse(await this.#lab.run(this.#node, this.#vtysh("vrrpd", "show vrrp json"))) as FrrRouter[];
  }
}

export interface FrrRouter {
  readonly vrid: number;
  readonly v4: {
    readonly status: string;
    readonly effectivePriority: number;
    readonly stats: { readonly adverRx: number; readonly adverTx: number };
  };
}

/** The interface with the virtual addresses of a router. */
export function macvlanName({ virtualRouterId }: { readonly virtualRouterId: number }): string {
  return `vrrp4-${virtualRouterId}`;
}

function vrrpdConfig(spec: VrrpSpec): string {
  return lines("hostname vrrpd", "log stdout", ...spec.routers.map(routerLines), "");
}

function routerLines(router: RouterSpec): string {
  const vrid = `vrrp ${router.virtualRouterId}`;
  return lines(
    `interface ${router.interface ?? "eth0"}`,
    ` ${vrid} version ${router.version ?? 3}`,
    ` ${vrid} priority ${router.priority}`,
    ` ${vrid} advertisement-interval ${Math.round((router.interval ?? 1) * 1000)}`,
    router.preempt === false && ` no ${vrid} preempt`,
    ...router.addresses.map((address) => ` ${vrid} ip ${address.replace(/\/.*/, "")}`),
    ...(router.own ?? []).map((line) => ` ${line}`),
    "exit",
  );
}
