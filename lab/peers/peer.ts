import type { Finished, RunOptions } from "../exec.ts";
import type { Exit, LabProcess } from "../process.ts";
import type { Lab } from "../topology.ts";
import { type WaitOptions, waitFor } from "../wait.ts";
import { type FamilyName, familyOf, type NeighborState, type PeerKind, type Route, type SpeakerSpec } from "./spec.ts";

/** Where a driver works: one node of a lab and a directory of its own. */
export interface Place {
  readonly lab: Lab;
  readonly node: string;
  readonly directory: string;
  run(argv: readonly string[], options?: RunOptions): Promise<string>;
  tryRun(argv: readonly string[], options?: RunOptions): Promise<Finished>;
}

/** How to start a speaker. */
export interface Launch {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What one kind of speaker needs to be driven. `Peer` builds everything else on it. */
export interface PeerDriver {
  readonly kind: PeerKind;
  /** What the description asks for and this speaker cannot do; empty when all is well. */
  unsupported(spec: SpeakerSpec): string[];
  writeConfig(spec: SpeakerSpec): Promise<void>;
  /** `restarting`: start as after a crash, where the speaker wants to be told (RFC 4724 section 4.1). */
  launch(restarting: boolean): Launch;
  /** True when queries are answered. May finish the set-up, and must not do so twice. */
  ready(): Promise<boolean>;
  neighbors(pid: number): Promise<NeighborState[]>;
  routes(family: FamilyName, pid: number): Promise<Route[]>;
  /** The configuration has changed from one to the other; apply the difference to the running speaker. */
  reload(from: SpeakerSpec, to: SpeakerSpec, pid: number): Promise<void>;
  /** Administrative shutdown with a text for RFC 9003, if the speaker takes one, and its opposite. */
  shutdownNeighbor(address: string, text: string | undefined): Promise<void>;
  enableNeighbor(address: string): Promise<void>;
  /** Hard reset. */
  clearNeighbor(address: string): Promise<void>;
}

/** A speaker in a node: starts, answers questions, ends. The same for every kind. */
export class Peer {
  readonly driver: PeerDriver;
  readonly place: Place;
  #spec: SpeakerSpec;
  #process: LabProcess | undefined;

  constructor(driver: PeerDriver, place: Place, spec: SpeakerSpec) {
    const foreign = spec.own !== undefined && driver.kind !== "holdfast";
    const missing = [...driver.unsupported(spec), ...(foreign ? ["Holdfast's own tables"] : [])];
    if (missing.length > 0) throw new Error(`${driver.kind} cannot do: ${missing.join(", ")}`);
    this.driver = driver;
    this.place = place;
    this.#spec = spec;
  }

  get spec(): SpeakerSpec {
    return this.#spec;
  }

  get name(): string {
    return `${this.driver.kind} in ${this.place.node}`;
  }

  get process(): LabProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was not started`);
    return this.#process;
  }

  get log(): string {
    return this.process.log;
  }

  /** Writes the configuration, starts the speaker and waits until it answers. */
  async start(options: { readonly restarting?: boolean } = {}): Promise<void> {
    await this.driver.writeConfig(this.#spec);
    const launch = this.driver.launch(options.restarting ?? false);
    const process = await this.place.lab.start(this.place.node, {
      name: this.name,
      logFile: `${this.place.directory}/log`,
      cwd: this.place.directory,
      ...launch,
    });
    this.#process = process;
    await process.waitReady(() => this.driver.ready());
  }

  neighbors(): Promise<NeighborState[]> {
    return this.driver.neighbors(this.process.pid);
  }

  routes(family: FamilyName): Promise<Route[]> {
    return this.driver.routes(family, this.process.pid);
  }

  /** The paths for one prefix, best first. */
  async paths(prefix: string): Promise<Route[]> {
    const all = await this.routes(familyOf(prefix));
    return all.filter((route) => route.prefix === prefix).sort((a, b) => Number(b.best) - Number(a.best));
  }

  /** Waits until the session with `address` is Established, and gives the neighbour. */
  waitEstablished(address: string, options: WaitOptions = {}): Promise<NeighborState> {
    return waitFor(
      `${this.name}: session with ${address} Established`,
      async () => (await this.neighbors()).find((n) => n.address === address && n.state === "established"),
      options,
      () => this.#explain(),
    );
  }

  /** Waits until the session with `address` is not Established, and gives the neighbour. */
  waitDown(address: string, options: WaitOptions = {}): Promise<NeighborState> {
    return waitFor(
      `${this.name}: session with ${address} down`,
      async () => (await this.neighbors()).find((n) => n.address === address && n.state !== "established"),
      options,
    );
  }

  /** Waits for a path for `prefix` that satisfies `accept`, and gives it. */
  waitRoute(prefix: string, accept: (route: Route) => boolean = () => true, options: WaitOptions = {}): Promise<Route> {
    return waitFor(
      `${this.name}: a wanted path for ${prefix}`,
      async () => (await this.paths(prefix)).find(accept),
      options,
      async () => `${JSON.stringify(await this.paths(prefix))}\n${await this.#explain()}`,
    );
  }

  /** Waits until no path for `prefix` satisfies `match`. */
  async waitNoRoute(prefix: string, match: (route: Route) => boolean = () => true, options: WaitOptions = {}) {
    await waitFor(
      `${this.name}: no such path for ${prefix}`,
      async () => !(await this.paths(prefix)).some(match),
      options,
      async () => JSON.stringify(await this.paths(prefix)),
    );
  }

  /** Changes the configuration that the next `start` writes. */
  amend(to: SpeakerSpec): void {
    this.#spec = to;
  }

  /** Changes the configuration while it runs. */
  async reload(to: SpeakerSpec): Promise<void> {
    const from = this.#spec;
    this.#spec = to;
    await this.driver.writeConfig(to);
    await this.driver.reload(from, to, this.process.pid);
  }

  shutdownNeighbor(address: string, text?: string): Promise<void> {
    return this.driver.shutdownNeighbor(address, text);
  }

  enableNeighbor(address: string): Promise<void> {
    return this.driver.enableNeighbor(address);
  }

  clearNeighbor(address: string): Promise<void> {
    return this.driver.clearNeighbor(address);
  }

  /** Orderly stop by SIGTERM. */
  stop(): Promise<Exit> {
    return this.process.stop("SIGTERM");
  }

  /** Signals the whole speaker, all its processes, at once: SIGKILL is a crash, SIGSTOP a hang. */
  kill(signal: NodeJS.Signals): void {
    this.process.killGroup(signal);
  }

  async #explain(): Promise<string> {
    const neighbors = await this.neighbors().catch((error: unknown) => String(error));
    return `${JSON.stringify(neighbors)}\nlog of ${this.name}:\n${this.process.tail()}`;
  }
}
