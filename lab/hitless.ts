import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { LabProcess } from "./process.ts";
import { Lab } from "./topology.ts";
import { answerUdp } from "./udp-stream.ts";
import { waitFor } from "./wait.ts";

export const VIP = "203.0.113.10";
const GATEWAYS = [
  { node: "gw1", address: "10.6.0.11", priority: 200 },
  { node: "gw2", address: "10.6.0.12", priority: 100 },
] as const;
export type Gateway = (typeof GATEWAYS)[number]["node"];

/**
 * A client, a router (BIRD, with its routes in the kernel), and two gateways that answer UDP requests to a VIP which
 * their virtual router holds and BGP announces.
 *
 *     client ── router ──┬── gw1 (Master)
 *                        └── gw2 (Backup)
 */
export class HitlessLab {
  readonly lab: Lab;
  readonly #restartTime: number;
  readonly #daemons = new Map<Gateway, LabProcess>();

  private constructor(lab: Lab, restartTime: number) {
    this.lab = lab;
    this.#restartTime = restartTime;
  }

  /**
   * `restartTime`: how long the router keeps the routes of a gateway that is gone, in seconds. `prepare` may do something
   * about the state directories before the daemons start.
   */
  static async up({
    restartTime = 30,
    prepare = async (_stateOf: (node: Gateway) => string) => {},
  } = {}): Promise<HitlessLab> {
    const lab = await Lab.up({
      segments: [
        {
          name: "clients",
          members: [
            { node: "client", interface: "eth0", addresses: ["10.7.0.2/24"] },
            { node: "router", interface: "eth1", addresses: ["10.7.0.1/24"] },
          ],
        },
        {
          name: "servers",
          members: [
            { node: "router", interface: "eth0", addresses: ["10.6.0.1/24"] },
            ...GATEWAYS.map(({ node, address }) => ({ node, interface: "eth0", addresses: [`${address}/24`] })),
          ],
        },
      ],
      sysctls: { router: { "net.ipv4.ip_forward": "1" } },
    });
    const hitless = new HitlessLab(lab, restartTime);
    try {
      await prepare((node) => hitless.#file(node, "state"));
      await hitless.#start();
    } catch (error) {
      await lab.down();
      throw error;
    }
    return hitless;
  }

  async #start(): Promise<void> {
    const { lab } = this;
    await lab.run("client", ["ip", "route", "add", "default", "via", "10.7.0.1"]);
    await writeFile(`${lab.directory}/bird.conf`, BIRD_CONFIG);
    await lab.start("router", {
      name: "bird in router",
      command: ["bird", "-f", "-c", `${lab.directory}/bird.conf`, "-s", `${lab.directory}/bird.ctl`],
      logFile: `${lab.directory}/bird.log`,
    });
    for (const { node, address, priority } of GATEWAYS) {
      await lab.run(node, ["ip", "route", "add", "default", "via", "10.6.0.1"]);
      await writeFile(
        this.#file(node, "toml"),
        gatewayConfig(address, priority, this.#file(node, "state"), this.#restartTime),
      );
      await answerUdp(lab, node);
    }
    await Promise.all(GATEWAYS.map(({ node }) => this.startDaemon(node)));
    await this.waitRoute(["10.6.0.11"]);
  }

  /** Starts the gateway's daemon, and returns without waiting for anything. */
  async startDaemon(node: Gateway): Promise<LabProcess> {
    const daemon = await this.lab.start(node, {
      name: `holdfastd in ${node}`,
      command: ["node", resolve("dist/holdfastd.js"), "-p", "-f", this.#file(node, "toml")],
      logFile: this.#file(node, "log"),
    });
    this.#daemons.set(node, daemon);
    return daemon;
  }

  daemon(node: Gateway): LabProcess {
    return this.#daemons.get(node) as LabProcess;
  }

  /** The router's kernel sends the VIP to exactly these gateways. */
  async waitRoute(gateways: readonly string[], timeoutMs = 30_000): Promise<void> {
    await waitFor(
      `the router sends ${VIP} to ${gateways.join(", ")}`,
      async () => {
        const text = await this.lab.run("router", ["ip", "route", "show", `${VIP}/32`]);
        const seen = [...text.matchAll(/via (\S+)/g)].map(([, via]) => via);
        return seen.sort().join() === [...gateways].sort().join();
      },
      { timeoutMs, intervalMs: 20 },
      () => GATEWAYS.map(({ node }) => `${node}:\n${this.daemon(node).tail()}`).join("\n"),
    );
  }

  /** How often the line stands in the daemon's log. */
  logged(node: Gateway, text: string): number {
    return this.daemon(node).log.split(text).length - 1;
  }

  /** What birdc answers. */
  birdc(...words: string[]): Promise<string> {
    return this.lab.run("router", ["birdc", "-s", `${this.lab.directory}/bird.ctl`, ...words]);
  }

  async down(): Promise<void> {
    await this.lab.down();
  }

  #file(node: Gateway, suffix: string): string {
    return `${this.lab.directory}/${node}.${suffix}`;
  }
}

const BIRD_CONFIG = `router id 10.6.0.1;
log stderr all;
protocol device {}
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
${GATEWAYS.map(
  ({ node, address }) => `protocol bgp ${node} {
  local 10.6.0.1 as 65000; neighbor ${address} as 65001;
  graceful restart on; connect delay time 1; hold time 9;
  ipv4 { import all; export none; };
}`,
).join("\n")}
`;

function gatewayConfig(address: string, priority: number, state: string, restartTime: number): string {
  return `[global.config]
as = 65001
router-id = "${address}"

[[neighbors]]
[neighbors.config]
neighbor-address = "10.6.0.1"
peer-as = 65000
[neighbors.timers.config]
connect-retry = 1
[neighbors.graceful-restart.config]
enabled = true
restart-time = ${restartTime}
deferral-time = ${Math.floor(restartTime / 2)}
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true

[[vrrp-instances]]
name = "gw"
interface = "eth0"
virtual-router-id = 51
priority = ${priority}
virtual-addresses = ["${VIP}/32"]

[[vips]]
prefix = "${VIP}/32"
vrrp-instance = "gw"

[state]
directory = "${state}"
`;
}
