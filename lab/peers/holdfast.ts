import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { waitFor } from "../wait.ts";
import { gobgpToml, type OwnKeys } from "./gobgp-toml.ts";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  type FamilyName,
  lines,
  type NeighborSpec,
  type NeighborState,
  normalCommunities,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/** The daemon's command; HOLDFASTD overrides it (split at spaces). */
function daemonCommand(): string[] {
  const override = process.env["HOLDFASTD"];
  if (override !== undefined) return override.split(/\s+/).filter(Boolean);
  return ["node", resolve(import.meta.dirname, "../../dist/holdfastd.js")];
}

const CONNECT_RETRY_SECONDS = 1;
const ASK_AGAIN_MS = 2_000;

/** What SIGUSR1 makes the daemon write. */
export interface HoldfastStatus {
  readonly eventLoop: { readonly lagMaxMs: number };
  readonly peers: readonly NeighborState[];
  readonly vrrp: readonly HoldfastRouter[];
  readonly tables: Readonly<Record<FamilyName, { readonly destinations: number; readonly paths: number }>>;
  readonly rib: Readonly<Partial<Record<FamilyName, readonly Route[]>>>;
}

export interface HoldfastRouter {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly priority: number;
  readonly statistics: {
    readonly advertsSent: number;
    readonly advertsReceived: number;
    readonly priorityZeroSent: number;
    readonly becameMaster: number;
    /** By cause. */
    readonly dropped: Readonly<Record<string, number>>;
  };
}

/** Our own daemon: a gobgpd-style file, VIPs for routes, and its status from the file that SIGUSR1 makes it write. */
export class HoldfastDriver implements PeerDriver {
  readonly kind = "holdfast";
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  unsupported(spec: SpeakerSpec): string[] {
    return spec.neighbors.some((n) => n.fourOctetAs === false) ? ["2-octet AS numbers"] : [];
  }

  get #config(): string {
    return `${this.#place.directory}/holdfast.toml`;
  }

  get #status(): string {
    return `${this.#place.directory}/status.json`;
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    const vips = (spec.routes ?? []).map(vip);
    // Each daemon of a host needs a directory of its own.
    const state = `[state]\n  directory = "${this.#place.directory}/state"`;
    await writeFile(this.#config, lines(gobgpToml(spec, CONNECT_RETRY_SECONDS, ownKeys), ...vips, spec.own, state, ""));
  }

  launch(restarting: boolean): Launch {
    const flags = ["-f", this.#config, "--status-file", this.#status, ...(restarting ? ["-r"] : [])];
    return { command: [...daemonCommand(), ...flags] };
  }

  async ready(): Promise<boolean> {
    const listening = await this.#place.run(["ss", "-Hltn", "sport = :179"]);
    return listening.includes(":179");
  }

  /** Asks for a dump and waits until a new one is there. Asks again: a process that is only just there does not hear. */
  async status(pid: number): Promise<HoldfastStatus> {
    const before = await modified(this.#status);
    let askedAt = Number.NEGATIVE_INFINITY;
    const isNew = async () => {
      if (performance.now() - askedAt >= ASK_AGAIN_MS) {
        askedAt = performance.now();
        process.kill(pid, "SIGUSR1");
      }
      return (await modified(this.#status)) !== before;
    };
    await waitFor("a new status file", isNew, { timeoutMs: 20_000, intervalMs: 10 });
    return JSON.parse(await readFile(this.#status, "utf8")) as HoldfastStatus;
  }

  async neighbors(pid: number): Promise<NeighborState[]> {
    const { peers } = await this.status(pid);
    return peers.map((peer) => ({ ...peer, state: peer.state.toLowerCase() }));
  }

  async routes(family: FamilyName, pid: number): Promise<Route[]> {
    const routes = (await this.status(pid)).rib[family] ?? [];
    return routes.map((route) => ({ ...route, communities: normalCommunities(route.communities) }));
  }

  async reload(_from: SpeakerSpec, _to: SpeakerSpec, pid: number): Promise<void> {
    process.kill(pid, "SIGHUP");
  }

  /** Before the API there is no administrative command. */
  shutdownNeighbor(): Promise<void> {
    throw new Error("holdfast cannot shut a neighbour down without its API");
  }

  enableNeighbor(): Promise<void> {
    throw new Error("holdfast cannot enable a neighbour without its API");
  }

  clearNeighbor(): Promise<void> {
    throw new Error("holdfast cannot clear a neighbour without its API");
  }
}

async function modified(file: string): Promise<bigint> {
  try {
    const { mtimeNs, ino } = await stat(file, { bigint: true });
    return mtimeNs * 1_000_003n + ino;
  } catch {
    return 0n;
  }
}

function ownKeys(n: NeighborSpec): OwnKeys {
  return {
    config: [
      ...(n.role === undefined ? [] : [`role = "${n.role}"`]),
      ...(n.extendedMessages === undefined ? [] : [`extended-message = ${n.extendedMessages}`]),
      ...(n.nextHopSelf === true ? ['next-hop = "self"'] : []),
    ],
    // A session that fails once is tried again soon; tests need not wait for the daemon's patience.
    timers: ["idle-hold-time = 1", "idle-hold-time-max = 2"],
  };
}

function vip(route: RouteSpec): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values !== undefined && `  ${name} = ${JSON.stringify(values)}`;
  return lines(
    "[[vips]]",
    `  prefix = "${route.prefix}"`,
    `  next-hop = "${route.nextHop ?? "self"}"`,
    route.med !== undefined && `  med = ${route.med}`,
    route.localPref !== undefined && `  local-preference = ${route.localPref}`,
    route.prepend !== undefined && `  as-path-prepend = ${route.prepend}`,
    list("communities", route.communities),
    list("large-communities", route.largeCommunities),
    list("ext-communities", route.extCommunities),
  );
}
