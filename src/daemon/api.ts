import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import {
  type ApiHost,
  ApiServer,
  type Assignments,
  type ConfigEdit,
  type Endpoint,
  gobgpService,
  LIBRARIES,
  type Service,
} from "../api/index.ts";
import type { LocalRoute, PolicyBook } from "../bgp/index.ts";
import type { Change, Config } from "../config/index.ts";
import type { Prefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { elapsed, type Instant, toSeconds } from "../lib/time.ts";
import { type Logger, type LogLevel, messageOf, requireInTurns, StreamListener } from "../platform/index.ts";
import type { ApiEndpoint } from "./api-endpoints.ts";
import type { Daemon } from "./daemon.ts";
import type { Loaded } from "./load.ts";
import type { RunningConfig } from "./running-config.ts";

/**
 * When the library is loaded: after the first OPENs are out. A client that comes earlier makes it come earlier. The event
 * loop stands still for some 200 ms then, which is nothing to a hold time, and too much for adverts every 100 ms.
 */
const LOAD_MS = 300;
/** Randomness is fetched in amounts: to ask the kernel for each name of a route takes longer than the route. */
const RANDOM_OCTETS = 4_096;
/** Routes that are collected before the speaker is told. */
const ROUTES_MAX = 2_048;

/** The API in this process: listens at once, and loads gRPC when there is time for it. */
export class Api {
  readonly #services: readonly Service[];
  readonly #log: Logger;
  readonly #listeners: StreamListener[] = [];
  #server: Promise<ApiServer> | undefined;

  constructor(services: readonly Service[], log: Logger) {
    this.#services = services;
    this.#log = log;
  }

  /** Listens; the error says where that is not possible. */
  async open(endpoints: readonly ApiEndpoint[]): Promise<Result<undefined, string>> {
    for (const endpoint of endpoints) {
      try {
        this.#listeners.push(await this.#listen(endpoint));
      } catch (error) {
        return fail(`the API cannot listen on ${endpoint.text}: ${messageOf(error)}`);
      }
    }
    if (endpoints.length > 0) setTimeout(() => void this.#load(), LOAD_MS).unref();
    return ok(undefined);
  }

  /** Loads what serves the API now, and not a while after the start. It holds up the event loop for a tenth of a second. */
  async load(): Promise<void> {
    await this.#load();
  }

  /** Resolves when the answers that were on their way are out, or have had their time. */
  async close(): Promise<void> {
    for (const listener of this.#listeners) listener.stopListening();
    await (await this.#server)?.close();
    for (const listener of this.#listeners) listener.close();
  }

  #listen({ text, endpoint, tls, access }: ApiEndpoint): Promise<StreamListener> {
    const log = this.#log.component("api");
    let served: Promise<Endpoint> | undefined;
    return StreamListener.open(endpoint, {
      connected: (socket: Duplex) => {
        served ??= this.#load().then((server) => server.open(tls, access));
        void served.then((opened) => opened.take(socket));
      },
      refused: (reason) => log.limited(`refused ${text}`).warn(`connection to ${text} refused: ${reason}`),
    });
  }

  #load(): Promise<ApiServer> {
    const log = this.#log.component("api");
    this.#server ??= requireInTurns(LIBRARIES, import.meta.url).then(() =>
      ApiServer.load(this.#services, {
        internalError: (method, error) =>
          log.error(`a fault of ours, ${method} failed: ${messageOf(error)}`, {
            stack: error instanceof Error ? error.stack : undefined,
          }),
      }),
    );
    return this.#server;
  }
}

/** What of the process the API may change. */
export interface ApiProcess {
  setLogLevel(level: LogLevel): void;
}

/** The daemon as the GoBGP service sees it. */
export class DaemonApiHost implements ApiHost {
  readonly #daemon: Daemon;
  readonly #running: RunningConfig;
  readonly #log: Logger;
  readonly #process: ApiProcess;
  #random = Buffer.alloc(0);
  readonly #routes: LocalRoute[] = [];

  constructor(daemon: Daemon, running: RunningConfig, log: Logger, process: ApiProcess) {
    this.#daemon = daemon;
    this.#running = running;
    this.#log = log;
    this.#process = process;
  }

  /** The service over this daemon. */
  service(): Service {
    return gobgpService(this);
  }

  get speaker(): ApiHost["speaker"] {
    this.#announce();
    return this.#daemon.speaker;
  }

  get config(): Config {
    return this.#daemon.config;
  }

  get policies(): PolicyBook {
    return this.#running.policies;
  }

  get assignments(): Assignments {
    return this.#running.assignments;
  }

  get watch(): ApiHost["watch"] {
    return this.#daemon.watch;
  }

  now(): Instant {
    return this.#daemon.driver.now();
  }

  unixMs(at: Instant): number {
    return Date.now() - toSeconds(elapsed(at, this.now())) * 1_000;
  }

  randomBytes(count: number): Uint8Array {
    if (this.#random.length < count) this.#random = randomBytes(RANDOM_OCTETS);
    const bytes = new Uint8Array(this.#random.subarray(0, count));
    this.#random = this.#random.subarray(count);
    return bytes;
  }

  tell(input: Parameters<ApiHost["tell"]>[0]): void {
    if (input.type !== "Announce") {
      this.#announce();
      this.#daemon.tell(input);
      return;
    }
    if (this.#routes.length === 0) setImmediate(() => this.#announce());
    this.#routes.push(...input.routes);
    if (this.#routes.length >= ROUTES_MAX) this.#announce();
  }

  /** Tells the speaker of the routes that have come in this turn of the event loop: together they make fewer UPDATEs. */
  #announce(): void {
    if (this.#routes.length > 0) this.#daemon.tell({ type: "Announce", routes: this.#routes.splice(0) });
  }

  isVip(prefix: Prefix): boolean {
    return this.#daemon.vips.config(prefix.toString()) !== undefined;
  }

  tableOf(kind: "neighbor" | "peer-group", name: string): ReturnType<ApiHost["tableOf"]> {
    return this.#running.tableOf(kind, name);
  }

  edit(edit: ConfigEdit): Result<undefined, string> {
    const next = this.#running.edit(edit);
    if (!next.ok) return next;
    if (edit.type === "start") this.#daemon.tell({ type: "Resume" });
    this.#apply(next.value);
    if (edit.type === "start") this.#daemon.announceVips();
    return ok(undefined);
  }

  setPolicies(policies: PolicyBook, assignments: Assignments): Result<undefined, string> {
    const next = this.#running.setPolicies(policies, assignments);
    if (!next.ok) return next;
    this.#apply(next.value);
    return ok(undefined);
  }

  stopBgp(): void {
    this.#daemon.tell({ type: "Stop", text: this.config.global.shutdownCommunication });
    this.#apply(this.#running.clear());
  }

  setLogLevel(level: LogLevel): void {
    this.#process.setLogLevel(level);
  }

  #apply(next: Loaded): void {
    const log = this.#log.component("api");
    for (const change of this.#daemon.reload(next)) log.info(describeChange(change));
  }
}

function describeChange({ subject, name, change, effect, keys }: Change): string {
  return `${subject} ${name} ${change} (${effect})${keys.map(({ key }) => ` ${key}`).join(",")}`;
}
