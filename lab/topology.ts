/**
 * Topologies of network namespaces, for tests and for people.
 *
 * A lab is a set of nodes, each a network namespace `hf-<id>-<node>`, joined by segments. A segment of two members is a
 * veth pair; a larger one is a bridge in a namespace of its own, `hf-<id>-sw`. Addresses are usable at once: duplicate
 * address detection is off everywhere. The id is unique per process, so test files run side by side.
 *
 * Nothing outlives its owner. A lab is removed by `down()`; by the exit of its process, also when a signal ends it; and
 * when even that was impossible (SIGKILL), by the next lab anybody starts, which first removes those of dead owners
 * (reaper.ts). A lab opened with a name belongs to nobody and stays until `down`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onExit } from "signal-exit";
import { type Finished, type RunOptions, run, tryRun } from "./exec.ts";
import { LabProcess, type ProcessOptions } from "./process.ts";
import { realtimePrefix } from "./realtime.ts";
import { makeStateDirectory, namespaceName, ownedId, reapLeftovers, removeLab } from "./reaper.ts";
import { waitFor } from "./wait.ts";

/** One node's foot in a segment. */
export interface MemberSpec {
  readonly node: string;
  /** Name of the interface inside the node; at most 15 characters. */
  readonly interface: string;
  /** With prefix length: "10.0.0.1/24", "fd00::1/64". */
  readonly addresses: readonly string[];
}

/** A layer 2 segment between two or more nodes. */
export interface SegmentSpec {
  readonly name: string;
  readonly members: readonly MemberSpec[];
}

export interface TopologySpec {
  readonly segments: readonly SegmentSpec[];
  /**
   * The lab's daemons go before all other work of the machine (SCHED_RR), where that is allowed: for tests of what has to
   * happen in time, that they may run beside others.
   */
  readonly realtime?: boolean;
  /** Sysctls of single nodes, e.g. { gw: { "net.ipv4.ip_forward": "1" } }. */
  readonly sysctls?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface LinkStatus {
  readonly ifname: string;
  readonly operstate: string;
}

/** The namespace that holds the bridges. */
const SWITCH = "sw";

/** What every namespace gets before it has interfaces: addresses that are usable at once. */
const BASE_SYSCTLS = {
  "net.ipv6.conf.all.accept_dad": "0",
  "net.ipv6.conf.default.accept_dad": "0",
  "net.ipv6.conf.default.dad_transmits": "0",
};

const owned = new Set<string>();
const running = new Set<Lab>();
/** What the daemons of labs that are down said last. */
const former: string[] = [];
const FORMER_MAX = 8;

/** The end of every daemon's log, of this process's labs that are up and of the last ones that are not: for messages. */
export function lastWords(): string {
  return [...former, ...Array.from(running, (lab) => lab.lastWords())].join("\n");
}

let cleanupInstalled = false;

function installCleanup(): void {
  if (cleanupInstalled) return;
  cleanupInstalled = true;
  onExit(() => {
    for (const id of owned) removeLab(id);
  });
}

/** A lab that is up. */
export class Lab {
  readonly id: string;
  /** Where this lab keeps files; removed with it. */
  readonly directory: string;
  readonly nodes: readonly string[];
  readonly #processes: LabProcess[] = [];
  readonly #prefix: readonly string[];

  private constructor(id: string, directory: string, nodes: readonly string[], realtime = false) {
    this.id = id;
    this.directory = directory;
    this.nodes = nodes;
    this.#prefix = realtime ? realtimePrefix() : [];
    running.add(this);
  }

  /** Builds namespaces, links and addresses. With a `name`, the lab outlives this process. */
  static async up(spec: TopologySpec, name?: string): Promise<Lab> {
    reapLeftovers();
    const id = name ?? ownedId();
    if (name === undefined) {
      installCleanup();
      owned.add(id);
    }
    const nodes = [...new Set(spec.segments.flatMap((segment) => segment.members.map((member) => member.node)))];
    const lab = new Lab(id, makeStateDirectory(id), nodes, spec.realtime);
    try {
      await lab.#build(spec);
    } catch (error) {
      removeLab(id);
      throw error;
    }
    return lab;
  }

  /** A lab made earlier by `up` with a name. Processes started then are running but not known to this object. */
  static attach(spec: TopologySpec, name: string): Lab {
    const nodes = [...new Set(spec.segments.flatMap((segment) => segment.members.map((member) => member.node)))];
    return new Lab(name, makeStateDirectory(name), nodes);
  }

  async #build(spec: TopologySpec): Promise<void> {
    const bridged = spec.segments.filter((segment) => segment.members.length > 2);
    const namespaces = [...this.nodes, ...(bridged.length > 0 ? [SWITCH] : [])];
    await run(["ip", "-batch", "-"], { input: namespaces.map((n) => `netns add ${this.namespace(n)}\n`).join("") });
    await Promise.all(namespaces.map((n) => this.sysctl(n, { ...BASE_SYSCTLS, ...spec.sysctls?.[n] })));
    await run(["ip", "-batch", "-"], { input: spec.segments.flatMap((s, i) => this.#linkLines(s, i)).join("") });
    if (bridged.length > 0) await this.#ip(SWITCH, spec.segments.flatMap(bridgeLines));
    await Promise.all(this.nodes.map((n) => this.#ip(n, addressLines(spec, n))));
    await Promise.all(namespaces.map((n) => this.#waitLinks(n)));
  }

  /** The kernel passes on carrier changes up to a second late, and a link sends nothing before. */
  async #waitLinks(node: string): Promise<void> {
    await waitFor(
      `every link of ${node} to be up`,
      async () => {
        const links = JSON.parse(await run(["ip", "-j", "-n", this.namespace(node), "link"])) as LinkStatus[];
        return links.every((link) => link.ifname === "lo" || link.operstate === "UP");
      },
      { timeoutMs: 5_000, intervalMs: 20 },
    );
  }

  #linkLines(segment: SegmentSpec, index: number): string[] {
    const [a, b] = segment.members;
    if (a === undefined || b === undefined) throw new Error(`segment ${segment.name} has fewer than two members`);
    if (segment.members.length === 2) return [this.#vethLine(a, b.node, b.interface)];
    return segment.members.map((member, i) => this.#vethLine(member, SWITCH, portName(index, i)));
  }

  #vethLine(a: MemberSpec, farNode: string, farInterface: string): string {
    const near = `${a.interface} netns ${this.namespace(a.node)}`;
    return `link add ${near} type veth peer name ${farInterface} netns ${this.namespace(farNode)}\n`;
  }

  #ip(node: string, lines: readonly string[]): Promise<string> {
    return run(["ip", "-n", this.namespace(node), "-batch", "-"], { input: lines.join("") });
  }

  namespace(node: string): string {
    return namespaceName(this.id, node);
  }

  /** A directory of this lab for one purpose, made if missing. World-writable: daemons drop privileges. */
  subdirectory(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return path;
  }

  /** Runs a command in a node and returns its output; rejects when it fails. */
  run(node: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return run(argv, { ...options, namespace: this.namespace(node) });
  }

  /** As `run`, but resolves whatever the exit code. */
  tryRun(node: string, argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return tryRun(argv, { ...options, namespace: this.namespace(node) });
  }

  /** Starts a daemon in a node. It ends with the lab at the latest. */
  async start(node: string, options: Omit<ProcessOptions, "namespace">): Promise<LabProcess> {
    const command = [...this.#prefix, ...options.command];
    const started = await LabProcess.start({ ...options, command, namespace: this.namespace(node) });
    this.#processes.push(started);
    return started;
  }

  async sysctl(node: string, values: Readonly<Record<string, string>>): Promise<void> {
    await this.run(node, ["sysctl", "-qw", ...Object.entries(values).map(([key, value]) => `${key}=${value}`)]);
  }

  /** Takes an interface of a node up or down. Down also loses its IPv6 addresses, as the kernel has it. */
  async setLink(node: string, name: string, state: "up" | "down"): Promise<void> {
    await this.#ip(node, [`link set ${name} ${state}\n`]);
  }

  async addAddress(node: string, name: string, address: string): Promise<void> {
    await this.#ip(node, [addressLine(name, address)]);
  }

  async deleteAddress(node: string, name: string, address: string): Promise<void> {
    await this.#ip(node, [`addr del ${address} dev ${name}\n`]);
  }

  /** The end of every daemon's log. */
  lastWords(): string {
    const words = (process: LabProcess) => {
      try {
        return `=== ${process.name}:\n${process.tail(20)}`;
      } catch (error) {
        return `=== ${process.name}: ${(error as Error).message}`;
      }
    };
    return this.#processes.map(words).join("\n");
  }

  /** Kills everything in the lab and removes it. */
  async down(): Promise<void> {
    if (running.delete(this)) former.push(this.lastWords());
    if (former.length > FORMER_MAX) former.shift();
    removeLab(this.id);
    owned.delete(this.id);
    // Reap our children, so that their objects know and no zombie stays.
    await Promise.all(this.#processes.map((process) => process.waitExit()));
  }
}

function addressLines(spec: TopologySpec, node: string): string[] {
  const lines = ["link set lo up\n"];
  for (const segment of spec.segments) {
    for (const member of segment.members) {
      if (member.node !== node) continue;
      lines.push(`link set ${member.interface} up\n`);
      lines.push(...member.addresses.map((address) => addressLine(member.interface, address)));
    }
  }
  return lines;
}

function addressLine(name: string, address: string): string {
  return `addr add ${address} dev ${name}${address.includes(":") ? " nodad" : ""}\n`;
}

function portName(segmentIndex: number, memberIndex: number): string {
  return `s${segmentIndex}p${memberIndex}`;
}

function bridgeLines(segment: SegmentSpec, index: number): string[] {
  if (segment.members.length === 2) return [];
  const bridge = `br${index}`;
  const ports = segment.members.map((_, i) => portName(index, i));
  return [
    // Without snooping, multicast (neighbour discovery, VRRP) is flooded from the first moment.
    `link add ${bridge} type bridge forward_delay 0 mcast_snooping 0\n`,
    `link set ${bridge} up\n`,
    ...ports.map((port) => `link set ${port} master ${bridge} up\n`),
  ];
}
