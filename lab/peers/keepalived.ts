import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import type { LabProcess } from "../process.ts";
import type { Lab } from "../topology.ts";
import { lines } from "./spec.ts";
import type { RouterSpec, RouterState, ScriptSpec, VrrpNode, VrrpSpec } from "./vrrp-spec.ts";

/**
 * keepalived's VRRP part, with files of its own: several run side by side. Its parent process restarts the one that
 * speaks VRRP, so a crash of the whole is a SIGKILL to both.
 */
export class Keepalived implements VrrpNode {
  readonly name: string;
  readonly #lab: Lab;
  readonly #node: string;
  readonly #directory: string;
  #spec: VrrpSpec;
  #process: LabProcess | undefined;
  #starts = 0;

  constructor(lab: Lab, node: string, spec: VrrpSpec) {
    this.name = `keepalived in ${node}`;
    this.#lab = lab;
    this.#node = node;
    this.#directory = lab.subdirectory(`${node}-keepalived`);
    this.#spec = spec;
  }

  get process(): LabProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was not started`);
    return this.#process;
  }

  get log(): string {
    return this.process.log;
  }

  /** The process that speaks VRRP; undefined while there is none. */
  get child(): number | undefined {
    const { pid } = this.process;
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      return children === "" ? undefined : Number(children.split(" ")[0]);
    } catch {
      return undefined;
    }
  }

  async start(): Promise<void> {
    const d = this.#directory;
    // keepalived refuses to start where a process of a former run's pid file is, even one that is only not reaped yet.
    await this.#process?.waitExit();
    for (const name of ["parent.pid", "vrrp.pid"]) await rm(`${d}/${name}`, { force: true });
    await this.#write();
    const files = ["-f", `${d}/keepalived.conf`, "-p", `${d}/parent.pid`, "-r", `${d}/vrrp.pid`];
    const process = await this.#lab.start(this.#node, {
      name: this.name,
      command: ["keepalived", "-n", "-l", "-G", "-D", "-P", ...files],
      logFile: `${d}/log${this.#starts++}`,
    });
    this.#process = process;
    await process.waitReady(async () => this.child !== undefined && process.log.includes("VRRP sockpool"));
  }

  async stop(): Promise<void> {
    await this.process.stop("SIGTERM");
  }

  kill(): void {
    const { child } = this;
    // The parent must not see its child die, or it begins another.
    this.process.kill("SIGSTOP");
    if (child !== undefined) process.kill(child, "SIGKILL");
    this.process.kill("SIGKILL");
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async reload(spec: VrrpSpec): Promise<void> {
    this.#spec = spec;
    await this.#write();
    this.process.kill("SIGHUP");
  }

  async states(): Promise<ReadonlyMap<string, RouterState>> {
    const states = new Map<string, RouterState>();
    for (const [, router, state] of this.log.matchAll(/\((\S+)\) Entering (BACKUP|MASTER|FAULT) STATE/g))
      states.set(router as string, (state as string).toLowerCase() as RouterState);
    return states;
  }

  async #write(): Promise<void> {
    await writeFile(`${this.#directory}/keepalived.conf`, keepalivedConfig(this.#spec));
  }
}

/** A configuration file with these routers. */
function keepalivedConfig(spec: VrrpSpec): string {
  return lines(
    "global_defs {\n  script_user root\n}",
    ...(spec.scripts ?? []).map(scriptBlock),
    ...spec.routers.map(routerBlock),
    "",
  );
}

function scriptBlock(script: ScriptSpec): string {
  return lines(
    `vrrp_script ${script.name} {`,
    `  script "${script.command.join(" ")}"`,
    `  interval ${script.interval}`,
    script.timeout !== undefined && `  timeout ${script.timeout}`,
    `  rise ${script.rise ?? 1}`,
    `  fall ${script.fall ?? 1}`,
    "}",
  );
}

function routerBlock(router: RouterSpec): string {
  const block = (name: string, entries: readonly string[]) =>
    entries.length > 0 && `  ${name} {\n${entries.map((entry) => `    ${entry}\n`).join("")}  }`;
  const track = router.track ?? [];
  const tracked = (name: string | undefined, weight: number | undefined, reverse: boolean | undefined) =>
    name === undefined ? [] : [`${name}${weight === undefined ? "" : ` weight ${weight}`}${reverse ? " reverse" : ""}`];
  return lines(
    `vrrp_instance ${router.name} {`,
    `  interface ${router.interface ?? "eth0"}`,
    `  virtual_router_id ${router.virtualRouterId}`,
    `  version ${router.version ?? 3}`,
    `  priority ${router.priority}`,
    `  advert_int ${router.interval ?? 1}`,
    `  state ${router.priority === 255 ? "MASTER" : "BACKUP"}`,
    router.preempt === false && "  nopreempt",
    router.preemptDelay !== undefined && `  preempt_delay ${router.preemptDelay}`,
    router.virtualMac === true && "  use_vmac",
    router.unicast !== undefined && `  unicast_src_ip ${router.unicast.source}`,
    block("unicast_peer", router.unicast?.peers ?? []),
    router.password !== undefined && block("authentication", ["auth_type PASS", `auth_pass ${router.password}`]),
    block("virtual_ipaddress", router.addresses),
    block("virtual_ipaddress_excluded", router.excludedAddresses ?? []),
    block(
      "track_script",
      track.flatMap((t) => tracked(t.script, t.weight, t.reverse)),
    ),
    block(
      "track_interface",
      track.flatMap((t) => tracked(t.interface, t.weight, t.reverse)),
    ),
    ...(router.own ?? []).map((line) => `  ${line}`),
    "}",
  );
}
