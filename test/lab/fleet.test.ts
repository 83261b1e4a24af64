import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import type { LabProcess } from "../../lab/process.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import type { Fleet, FleetNode, Vip } from "../../proto/holdfast/v1/holdfast.d.ts";
import "./tell.ts";

const VIP = "203.0.113.10/32";
const GATEWAYS = ["gw1", "gw2", "gw3"] as const;
type Gateway = (typeof GATEWAYS)[number];
const hostOf = (node: Gateway) => 10 + Number(node.slice(2));
const addressOf = (node: Gateway) => `10.8.0.${hostOf(node)}`;

/** Three gateways that know of each other, and a router (BIRD) to which they announce one VIP. */
class FleetLab {
  readonly lab: Lab;
  readonly #daemons = new Map<Gateway, LabProcess>();

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async up(): Promise<FleetLab> {
    const members = GATEWAYS.map((node) => ({ node, interface: "eth0", addresses: [`${addressOf(node)}/24`] }));
    const router = { node: "router", interface: "eth0", addresses: ["10.8.0.1/24"] };
    const lab = await Lab.up({ segments: [{ name: "lan", members: [router, ...members] }] });
    const fleet = new FleetLab(lab);
    try {
      await fleet.#start();
    } catch (error) {
      await lab.down();
      throw error;
    }
    return fleet;
  }

  async #start(): Promise<void> {
    const { lab } = this;
    await writeFile(`${lab.directory}/bird.conf`, BIRD_CONFIG);
    await writeFile(`${lab.directory}/key`, "# of the lab\ncg8StVXbQJ0gPvMd9o7yrg==\n");
    await lab.start("router", {
      name: "bird in router",
      command: ["bird", "-f", "-c", `${lab.directory}/bird.conf`, "-s", `${lab.directory}/bird.ctl`],
      logFile: `${lab.directory}/bird.log`,
    });
    await Promise.all(
      GATEWAYS.map(async (node) => {
        await writeFile(this.healthFile(node), "");
        await writeFile(this.#file(node, "toml"), this.#config(node));
        await this.start(node);
      }),
    );
    await this.waitAnnounced(GATEWAYS);
    await this.waitAgreed(GATEWAYS);
  }

  async start(node: Gateway): Promise<void> {
    const daemon = await this.lab.start(node, {
      name: `holdfastd in ${node}`,
      command: [
        "node",
        resolve("dist/holdfastd.js"),
        "-p",
        "-f",
        this.#file(node, "toml"),
        "--api-hosts",
        `unix://${this.#file(node, "sock")}`,
      ],
      logFile: this.#file(node, "log"),
    });
    this.#daemons.set(node, daemon);
  }

  kill(node: Gateway, signal: NodeJS.Signals): void {
    this.#daemons.get(node)?.kill(signal);
  }

  /** While it is there, the gateway's check passes. */
  healthFile(node: Gateway): string {
    return this.#file(node, "healthy");
  }

  async waitLog(node: Gateway, text: string): Promise<void> {
    await this.#wait(`${node} logs "${text}"`, async () => this.#daemons.get(node)?.log.includes(text) === true);
  }

  async holdfast(node: Gateway, ...words: string[]): Promise<string> {
    return await this.lab.run(node, ["node", resolve("dist/holdfast.js"), "-u", this.#api(node), ...words]);
  }

  async fleet(node: Gateway): Promise<Fleet & { readonly nodes: readonly FleetNode[] }> {
    return JSON.parse(await this.holdfast(node, "fleet", "-j")) as Fleet & { nodes: FleetNode[] };
  }

  async why(node: Gateway): Promise<string> {
    const { reason } = JSON.parse(await this.holdfast(node, "why", VIP, "-j")) as Vip;
    return reason;
  }

  /** Who the router has the VIP from. */
  async announced(): Promise<Gateway[]> {
    const text = await this.lab.run("router", [
      "birdc",
      "-s",
      `${this.lab.directory}/bird.ctl`,
      "show",
      "route",
      "for",
      VIP,
      "all",
    ]);
    return GATEWAYS.filter((node) => text.includes(`BGP.next_hop: ${addressOf(node)}\n`));
  }

  async waitAnnounced(wanted: readonly Gateway[]): Promise<void> {
    await this.#wait(`the router has ${VIP} from ${wanted.join(", ")}`, async () => {
      return String(await this.announced()) === String(wanted);
    });
  }

  async waitAnnouncers(count: number): Promise<void> {
    await this.#wait(`the router has ${VIP} from ${count}`, async () => (await this.announced()).length === count);
  }

  /** Only one is left that announces the VIP: which. */
  async waitOne(): Promise<Gateway> {
    await this.waitAnnouncers(1);
    return (await this.announced())[0] as Gateway;
  }

  /** Each of these knows of all of these, and what they announce. */
  async waitAgreed(running: readonly Gateway[], announcing: readonly Gateway[] = running): Promise<void> {
    await this.#wait(`${running.join(", ")} know that ${announcing.join(", ")} announce the VIP`, async () => {
      for (const node of running) {
        const { nodes } = await this.fleet(node);
        const alive = nodes.filter(({ state, current }) => state === "alive" && current);
        if (String(alive.map(({ name }) => name).sort()) !== String(running)) return false;
        const seen = alive.filter(({ vips }) => vips.some(({ state }) => state !== "withdrawn"));
        if (String(seen.map(({ name }) => name).sort()) !== String(announcing)) return false;
      }
      return true;
    });
  }

  async waitWhy(node: Gateway, text: RegExp): Promise<void> {
    await this.#wait(`${node} says ${text}`, async () => text.test(await this.why(node)));
  }

  async #wait(what: string, done: () => Promise<boolean>): Promise<void> {
    await waitFor(what, done, { timeoutMs: 40_000, intervalMs: 200 }, () =>
      GATEWAYS.map((node) => `${node}:\n${this.#daemons.get(node)?.tail() ?? ""}`).join("\n"),
    );
  }

  #api(node: Gateway): string {
    return `unix:${this.#file(node, "sock")}`;
  }

  #file(node: Gateway, suffix: string): string {
    return `${this.lab.directory}/${node}.${suffix}`;
  }

  #config(node: Gateway): string {
    const seeds = GATEWAYS.map((each) => `"${addressOf(each)}"`).join(", ");
    return `[global.config]
as = 65001
router-id = "${addressOf(node)}"
[[neighbors]]
[neighbors.config]
neighbor-address = "10.8.0.1"
peer-as = 65000
[neighbors.timers.config]
connect-retry = 1
[[checks]]
name = "healthy"
type = "file"
path = "${this.healthFile(node)}"
interval = 0.2
timeout = 10
rise = 1
fall = 1
[[vips]]
prefix = "${VIP}"
checks = ["healthy"]
drain-delay = 1
min-announcers = 1
[cluster]
name = "${node}"
bind = "${addressOf(node)}"
seeds = [${seeds}]
key-file = "${this.lab.directory}/key"
[state]
directory = "${this.#file(node, "state")}"
`;
  }
}

const BIRD_CONFIG = `router id 10.8.0.1;
log stderr all;
protocol device {}
${GATEWAYS.map(
  (node) => `protocol bgp ${node} {
  local 10.8.0.1 as 65000; neighbor ${addressOf(node)} as 65001;
  connect delay time 1; hold time 9; ipv4 { import all; export none; };
}`,
).join("\n")}
`;

describe("a fleet of three gateways and a router", { concurrency: false }, () => {
  let fleet: FleetLab;
  test("each knows what all announce", async () => {
    fleet = await FleetLab.up();
    const { nodes, isolated } = await fleet.fleet("gw2");
    assert.equal(isolated, false);
    assert.deepEqual(nodes.map(({ name, address }) => `${name} ${address}`).sort(), [
      "gw1 10.8.0.11:7946",
      "gw2 10.8.0.12:7946",
      "gw3 10.8.0.13:7946",
    ]);
    for (const node of nodes) assert.deepEqual([node.sessions, node.vipsAnnounced, node.vipsTotal], [1, 1, 1]);
  });

  test("all are drained at the same time: one stays, and says why", async () => {
    await Promise.all(GATEWAYS.map((node) => fleet.holdfast(node, "drain", "--node")));
    const last = await fleet.waitOne();
    await fleet.waitWhy(last, /^held: last announcer, 1 wanted besides$/);
    assert.deepEqual(await fleet.announced(), [last]);
    await fleet.waitAgreed(GATEWAYS, [last]);
    await Promise.all(GATEWAYS.map((node) => fleet.holdfast(node, "undrain", "--node")));
    await fleet.waitAnnounced(GATEWAYS);
  });

  test("the checks of all fail at the same time: one stays; and leaves when another is well", async () => {
    await fleet.waitAgreed(GATEWAYS);
    await Promise.all(GATEWAYS.map((node) => rm(fleet.healthFile(node))));
    const last = await fleet.waitOne();
    await fleet.waitWhy(last, /^held: last announcer, 1 wanted besides$/);
    const [well] = GATEWAYS.filter((node) => node !== last) as [Gateway];
    await writeFile(fleet.healthFile(well), "");
    await fleet.waitAnnounced([well]);
    await Promise.all(GATEWAYS.map((node) => writeFile(fleet.healthFile(node), "")));
    await fleet.waitAnnounced(GATEWAYS);
  });

  test("drained one at a time: the second waits until the first is back, and nobody asks why", async () => {
    await fleet.waitAgreed(GATEWAYS);
    await Promise.all(GATEWAYS.map((node) => fleet.holdfast(node, "drain", "--node", "--max-concurrent", "1")));
    const order: Gateway[] = [];
    for (let left = 3; left > 0; left--) {
      await fleet.waitAnnouncers(2);
      const announcing = await fleet.announced();
      const drained = GATEWAYS.find((node) => !announcing.includes(node)) as Gateway;
      order.push(drained);
      await fleet.holdfast(drained, "undrain", "--node");
      await fleet.waitLog(drained, "it is this node's turn to be drained");
    }
    assert.deepEqual([...order].sort(), [...GATEWAYS]);
    await fleet.waitAnnounced(GATEWAYS);
  });

  test("who is cut off from the others is not drained, but stops when it is told to", async () => {
    await fleet.waitAgreed(GATEWAYS);
    const drop = ["dport", "sport"].map((port) => `meta l4proto { tcp, udp } th ${port} 7946 drop`);
    const rules = `table inet cut {\nchain in {\ntype filter hook input priority 0\n${drop.join("\n")}\n}\n}\n`;
    await writeFile(`${fleet.lab.directory}/cut.nft`, rules);
    await fleet.lab.run("gw1", ["nft", "-f", `${fleet.lab.directory}/cut.nft`]);
    await fleet.holdfast("gw1", "drain", "--node");
    await fleet.waitWhy("gw1", /^held: (cut off from all other gateways|last announcer, 1 wanted besides)$/);
    assert.deepEqual(await fleet.announced(), [...GATEWAYS]);
    await fleet.lab.run("gw1", ["nft", "delete", "table", "inet", "cut"]);
    await fleet.waitAnnounced(["gw2", "gw3"]);
    await fleet.holdfast("gw1", "undrain", "--node");
    await fleet.waitAnnounced(GATEWAYS);
  });

  test("a gateway that is stopped leaves the fleet at once; one that is killed is found out", async () => {
    await fleet.waitAgreed(GATEWAYS);
    fleet.kill("gw3", "SIGTERM");
    await fleet.waitAgreed(["gw1", "gw2"]);
    await fleet.waitLog("gw1", "gw3 has left the fleet");
    fleet.kill("gw2", "SIGKILL");
    await fleet.waitAgreed(["gw1"]);
    await fleet.waitLog("gw1", "gw2 is gone from the fleet");
    await fleet.holdfast("gw1", "drain", "--node");
    await fleet.waitWhy("gw1", /^held: /);
    await fleet.start("gw2");
    await fleet.waitAnnounced(["gw2"]);
  });

  test("the lab goes down", async () => {
    await fleet?.lab.down();
  });
});
