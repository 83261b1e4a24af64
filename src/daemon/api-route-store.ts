import { join } from "node:path";
import type { Lease, OnLapse } from "../api/holdfast/index.ts";
import type { LocalRoute } from "../bgp/index.ts";
import { Family } from "../bgp/index.ts";
import { parsePrefix } from "../lib/prefix.ts";
import { type Micros, toSeconds } from "../lib/time.ts";
import { type ComponentLogger, readCheckedFile, removeCheckedFile, writeCheckedFile } from "../platform/index.ts";

/** A route of the API as it is kept: with its lease, if it is one of holdfast.v1. */
export interface KeptRoute {
  readonly route: LocalRoute;
  readonly lease: Pick<Lease, "duration" | "onLapse" | "lapsed"> | undefined;
}

/** Of more routes than this none is kept: to write them would take the daemon's time. */
export const KEPT_MAX = 20_000;
/** Changes within this time are written at once. What was announced later than this before a crash is lost. */
const WRITE_MS = 50;

const FORMAT = 1;

/** What stands in the file. */
interface Saved {
  readonly format: number;
  readonly routes: readonly SavedRoute[];
}

interface SavedRoute {
  readonly prefix: string;
  readonly pathId: number;
  /** Canonical attributes, in base64. */
  readonly attributes: string;
  readonly neighbors?: readonly string[] | undefined;
  readonly lease?: { readonly seconds?: number | undefined; readonly onLapse: OnLapse; readonly lapsed: boolean };
}

/**
 * Routes of the API over the end of this process: a client that announced something does not know that the daemon was
 * replaced, and neighbours that held the routes are told that they are complete before it could say it again.
 */
export class ApiRouteStore {
  /** Undefined: nothing can be kept, which the log has said already. */
  readonly #file: string | undefined;
  readonly #log: ComponentLogger;
  readonly #routes: () => Iterable<KeptRoute>;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  /** `directory`: undefined when there is none. `routes`: those to be kept, as they are when asked. */
  constructor(directory: string | undefined, log: ComponentLogger, routes: () => Iterable<KeptRoute>) {
    this.#file = directory === undefined ? undefined : join(directory, "api-routes");
    this.#log = log;
    this.#routes = routes;
  }

  /** What the process before this one kept. What cannot be read is lost, and the log says so. */
  read(): readonly KeptRoute[] {
    if (this.#file === undefined) return [];
    const text = readCheckedFile(this.#file);
    if (!text.ok) this.#log.warn(`${text.error.message}: routes that were announced over the API are lost`);
    if (!text.ok || text.value === undefined) return [];
    const saved = JSON.parse(text.value) as Saved;
    if (saved.format !== FORMAT) this.#log.warn(`${this.#file} is of another version: its routes are lost`);
    return saved.format === FORMAT ? saved.routes.flatMap((route) => restored(route) ?? []) : [];
  }

  /** Something has changed: it is written soon. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_MS).unref();
  }

  /** Writes what is to be kept now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#file === undefined) return;
    const kept: KeptRoute[] = [];
    for (const route of this.#routes()) if (kept.push(route) > KEPT_MAX) break;
    if (kept.length === 0 || kept.length > KEPT_MAX) {
      if (kept.length > KEPT_MAX && !this.#isFull)
        this.#log.warn(`more than ${KEPT_MAX} routes were announced over the API: none is kept over a restart`);
      this.#isFull = kept.length > KEPT_MAX;
      const removed = removeCheckedFile(this.#file);
      if (!removed.ok)
        this.#log
          .limited("api-routes")
          .warn(`${removed.error.message}; the routes in it would come back with a restart`);
      return;
    }
    this.#isFull = false;
    const written = writeCheckedFile(
      this.#file,
      JSON.stringify({ format: FORMAT, routes: kept.map(savedOf) } satisfies Saved),
    );
    if (!written.ok)
      this.#log.limited("api-routes").warn(`${written.error.message}; routes of the API would not survive a restart`);
  }
}

function savedOf({ route, lease }: KeptRoute): SavedRoute {
  const { prefix, pathId, attributes, neighbors } = route;
  const { bytes, length } = attributes;
  return {
    prefix: prefix.toString(),
    pathId,
    attributes: Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("base64"),
    neighbors,
    ...(lease === undefined
      ? {}
      : {
          lease: {
            seconds: lease.duration && toSeconds(lease.duration),
            onLapse: lease.onLapse,
            lapsed: lease.lapsed,
          },
        }),
  };
}

function restored(saved: SavedRoute): KeptRoute | undefined {
  const prefix = parsePrefix(saved.prefix);
  if (prefix === undefined) return undefined;
  const bytes = new Uint8Array(Buffer.from(saved.attributes, "base64"));
  const { lease } = saved;
  const duration = lease?.seconds === undefined ? undefined : ((lease.seconds * 1_000_000) as Micros);
  return {
    route: {
      family: prefix.version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast,
      prefix,
      pathId: saved.pathId,
      attributes: { bytes, length: bytes.length },
      neighbors: saved.neighbors,
    },
    lease: lease && { duration, onLapse: lease.onLapse, lapsed: lease.lapsed },
  };
}
