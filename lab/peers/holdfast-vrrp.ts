import type { Lab } from "../topology.ts";
import type { HoldfastDriver, HoldfastRouter, HoldfastStatus } from "./holdfast.ts";
import { createPeer, type Peer, type SpeakerSpec } from "./index.ts";
import { lines } from "./spec.ts";
import type { RouterSpec, RouterState, ScriptSpec, TrackSpec, VrrpNode, VrrpSpec } from "./vrrp-spec.ts";

/** Without neighbours: VRRP alone. */
const NO_BGP = { as: 65001, routerId: "192.0.2.1", neighbors: [] } as const;

/** Our daemon as a VRRP speaker. `bgp` makes it a BGP speaker too, whose `own` tables may refer to the routers. */
export class HoldfastVrrp implements VrrpNode {
  readonly peer: Peer;
  readonly #bgp: SpeakerSpec;
  #started = false;

  constructor(lab: Lab, node: string, spec: VrrpSpec, bgp: SpeakerSpec = NO_BGP) {
    this.#bgp = bgp;
    this.peer = createPeer(lab, node, "holdfast", { ...bgp, own: ownTables(spec, bgp) });
  }

  get name(): string {
    return this.peer.name;
  }

  get log(): string {
    return this.peer.log;
  }

  get pid(): number {
    return this.peer.process.pid;
  }

  async start(): Promise<void> {
    if (this.#started) await this.peer.process.waitExit();
    this.#started = true;
    await this.peer.start();
  }

  async stop(): Promise<void> {
    await this.peer.stop();
  }

  kill(): void {
    this.peer.kill("SIGKILL");
  }

  signal(signal: NodeJS.Signals): void {
    this.peer.process.kill(signal);
  }

  async reload(spec: VrrpSpec): Promise<void> {
    await this.peer.reload({ ...this.#bgp, own: ownTables(spec, this.#bgp) });
  }

  status(): Promise<HoldfastStatus> {
    return (this.peer.driver as HoldfastDriver).status(this.pid);
  }

  async router(name: string): Promise<HoldfastRouter> {
    const found = (await this.status()).vrrp.find((router) => router.name === name);
    if (found === undefined) throw new Error(`${this.name} knows no router ${name}`);
    return found;
  }

  async states(): Promise<ReadonlyMap<string, RouterState>> {
    const { vrrp } = await this.status();
    return new Map(vrrp.map(({ name, state }) => [name, state.toLowerCase() as RouterState]));
  }
}

function ownTables(spec: VrrpSpec, bgp: SpeakerSpec): string {
  return lines(vrrpToml(spec), bgp.own);
}

/** `[[vrrp-instances]]` and `[[checks]]` for these routers. */
function vrrpToml(spec: VrrpSpec): string {
  return lines(...(spec.scripts ?? []).map(checkTable), ...spec.routers.map(instanceTable), "");
}

function checkTable(script: ScriptSpec): string {
  return lines(
    "[[checks]]",
    `  name = "${script.name}"`,
    '  type = "script"',
    `  command = ${JSON.stringify(script.command)}`,
    `  interval = ${script.interval}`,
    script.timeout !== undefined && `  timeout = ${script.timeout}`,
    `  rise = ${script.rise ?? 1}`,
    `  fall = ${script.fall ?? 1}`,
  );
}

function instanceTable(router: RouterSpec): string {
  const set = (key: string, value: unknown) => value !== undefined && `  ${key} = ${JSON.stringify(value)}`;
  return lines(
    "[[vrrp-instances]]",
    set("name", router.name),
    set("interface", router.interface ?? "eth0"),
    set("virtual-router-id", router.virtualRouterId),
    set("version", router.version),
    set("priority", router.priority),
    set("advertisement-interval", router.interval),
    set("preempt", router.preempt),
    set("preempt-delay", router.preemptDelay),
    set("virtual-addresses", router.addresses),
    set("excluded-addresses", router.excludedAddresses),
    set("unicast-source", router.unicast?.source),
    set("unicast-peers", router.unicast?.peers),
    set("virtual-mac", router.virtualMac),
    set("password", router.password),
    router.track !== undefined && `  track = [${router.track.map(trackTable).join(", ")}]`,
    ...(router.own ?? []).map((line) => `  ${line}`),
  );
}

function trackTable({ script, interface: name, weight, reverse }: TrackSpec): string {
  const keys = { check: script, interface: name, weight, reverse };
  const set = Object.entries(keys).filter(([, value]) => value !== undefined);
  return `{ ${set.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ")} }`;
}
