import { writeFile } from "node:fs/promises";
import { gobgpToml } from "./gobgp-toml.ts";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  type FamilyName,
  familyOf,
  type NeighborState,
  normalOrigin,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/** GoBGP's connect loop waits at least five seconds, plus a random part, whatever the file says. */
const CONNECT_RETRY_SECONDS = 5;

/** RFC 4271 states by the numbers of apipb.PeerState.SessionState. */
const STATES = ["unknown", "idle", "connect", "active", "opensent", "openconfirm", "established"];

/**
 * gobgpd with its API on 127.0.0.1:50051 of the node's namespace; one a node. It has no static routes: they are added
 * over the API when it is ready. It cannot be a 2-octet speaker and does not offer extended messages or roles.
 */
export class GobgpDriver implements PeerDriver {
  readonly kind = "gobgp";
  readonly #place: Place;
  /** Still to be added to the daemon that was started last. */
  #pendingRoutes: readonly RouteSpec[] = [];
  #spec: SpeakerSpec | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  unsupported(spec: SpeakerSpec): string[] {
    return spec.neighbors.flatMap((n) => [
      ...(n.fourOctetAs === false ? ["2-octet AS numbers"] : []),
      ...(n.extendedMessages === true ? ["extended messages"] : []),
      ...(n.role === undefined ? [] : ["roles"]),
      ...(n.nextHopSelf === true ? ["next hop self"] : []),
    ]);
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    this.#spec = spec;
    await writeFile(`${this.#place.directory}/gobgpd.toml`, gobgpToml(spec, CONNECT_RETRY_SECONDS));
  }

  launch(restarting: boolean): Launch {
    this.#pendingRoutes = this.#spec?.routes ?? [];
    const api = ["--api-hosts", "127.0.0.1:50051", "--pprof-disable"];
    const flags = restarting ? ["-r"] : [];
    return { command: ["gobgpd", "-f", `${this.#place.directory}/gobgpd.toml`, "-l", "info", ...api, ...flags] };
  }

  #gobgp(...words: string[]): Promise<string> {
    return this.#place.run(["gobgp", ...words]);
  }

  async #json<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.#gobgp("-j", ...words)) as T;
  }

  async ready(): Promise<boolean> {
    if (!(await this.#gobgp("global")).includes("Router-ID")) return false;
    // One that could not be added is tried again with the others: adding twice changes nothing.
    for (const route of this.#pendingRoutes) await this.#add(route);
    this.#pendingRoutes = [];
    return true;
  }

  async #add(route: RouteSpec): Promise<void> {
    const spec = this.#spec as SpeakerSpec;
    const option = (name: string, value: string | number | undefined) =>
      value === undefined ? [] : [name, `${value}`];
    const list = (name: string, values: readonly string[] | undefined) => option(name, values?.join(","));
    await this.#gobgp(
      ...["global", "rib", "add", "-a", familyOf(route.prefix).slice(0, 4), route.prefix],
      ...option("origin", route.origin ?? "igp"),
      ...option("nexthop", route.nextHop),
      ...option("med", route.med),
      ...option("local-pref", route.localPref),
      ...list("community", route.communities),
      ...list("large-community", route.largeCommunities),
      ...(route.extCommunities ?? []).flatMap((c) => c.split(/:(.*)/).slice(0, 2)),
      ...option("aspath", route.prepend && Array(route.prepend).fill(spec.as).join(",")),
    );
  }

  async neighbors(): Promise<NeighborState[]> {
    const now = Date.now() / 1000;
    return (await this.#json<GobgpNeighbor[]>("neighbor")).map(({ state, timers }) => ({
      address: state.neighbor_address,
      as: state.peer_asn ?? 0,
      state: STATES[state.session_state ?? 0] ?? "unknown",
      ...(state.router_id === undefined ? {} : { routerId: state.router_id }),
      ...(state.session_state === 6 ? { uptime: now - (timers.state?.uptime?.seconds ?? now) } : {}),
      ...(state.remote_cap === undefined ? {} : { capabilities: gobgpCapabilities(state.remote_cap) }),
    }));
  }

  async routes(family: FamilyName): Promise<Route[]> {
    const table = await this.#json<Record<string, GobgpPath[]>>("global", "rib", "-a", family.slice(0, 4));
    return Object.entries(table).flatMap(([prefix, paths]) => paths.map((path) => gobgpRoute(prefix, path)));
  }

  /** Originated routes only; other changes need a restart. */
  async reload(from: SpeakerSpec, to: SpeakerSpec): Promise<void> {
    const text = (route: RouteSpec) => JSON.stringify(route);
    const before = new Set((from.routes ?? []).map(text));
    const prefixes = new Set((to.routes ?? []).map((route) => route.prefix));
    for (const route of from.routes ?? []) {
      if (prefixes.has(route.prefix)) continue;
      await this.#gobgp("global", "rib", "del", "-a", familyOf(route.prefix).slice(0, 4), route.prefix);
    }
    for (const route of to.routes ?? []) if (!before.has(text(route))) await this.#add(route);
  }

  /** The command line of 3.10 has no way to pass the text with a shutdown. */
  async shutdownNeighbor(address: string): Promise<void> {
    await this.#gobgp("neighbor", address, "disable");
  }

  async enableNeighbor(address: string): Promise<void> {
    await this.#gobgp("neighbor", address, "enable");
  }

  async clearNeighbor(address: string): Promise<void> {
    await this.#gobgp("neighbor", address, "reset");
  }
}

interface GobgpNeighbor {
  readonly state: {
    readonly neighbor_address: string;
    readonly peer_asn?: number;
    readonly session_state?: number;
    readonly router_id?: string;
    readonly remote_cap?: readonly { readonly type_url: string }[];
  };
  readonly timers: { readonly state?: { readonly uptime?: { readonly seconds?: number } } };
}

/** Message names of apipb capabilities in our words. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  FourOctetASNCapability: "as4",
  RouteRefreshCapability: "route-refresh",
  EnhancedRouteRefreshCapability: "enhanced-refresh",
  GracefulRestartCapability: "graceful-restart",
  LongLivedGracefulRestartCapability: "long-lived-graceful-restart",
  AddPathCapability: "add-path",
  ExtendedNexthopCapability: "extended-nexthop",
};

function gobgpCapabilities(list: readonly { readonly type_url: string }[]): string[] {
  return list.flatMap((c) => CAPABILITIES[c.type_url.replace(/^.*\./, "")] ?? []).sort();
}

/** A path as `gobgp -j ... rib` prints it. */
export interface GobgpPath {
  readonly best?: boolean;
  readonly stale?: boolean;
  readonly "neighbor-ip"?: string;
  readonly attrs: readonly GobgpAttribute[];
}

export interface GobgpAttribute {
  readonly type: number;
  readonly value?: unknown;
  readonly metric?: number;
  readonly nexthop?: string;
  readonly as_paths?: readonly { readonly segment_type: number; readonly asns: readonly number[] }[] | null;
  readonly communities?: readonly number[] | null;
}

function gobgpRoute(prefix: string, path: GobgpPath): Route {
  const attribute = (type: number) => path.attrs.find((a) => a.type === type);
  const list = <T>(type: number) => (attribute(type)?.value ?? []) as readonly T[];
  const med = attribute(4)?.metric;
  const localPref = attribute(5)?.value as number | undefined;
  const from = path["neighbor-ip"];
  const kinds: Readonly<Record<number, string>> = { 2: "rt", 3: "soo" };
  return {
    prefix,
    nextHop: attribute(3)?.nexthop ?? attribute(14)?.nexthop ?? "",
    asPath: (attribute(2)?.as_paths ?? []).flatMap((segment) => segment.asns),
    origin: normalOrigin(String(attribute(1)?.value ?? 2)),
    ...(med === undefined ? {} : { med }),
    ...(localPref === undefined ? {} : { localPref }),
    communities: (attribute(8)?.communities ?? []).map((c) => `${c >>> 16}:${c & 0xffff}`).sort(),
    largeCommunities: list<{ ASN: number; LocalData1: number; LocalData2: number }>(32)
      .map((c) => `${c.ASN}:${c.LocalData1}:${c.LocalData2}`)
      .sort(),
    extCommunities: list<{ type: number; subtype: number; value: string }>(16)
      .map((c) => `${kinds[c.subtype] ?? `${c.type}/${c.subtype}`}:${c.value}`)
      .sort(),
    ...(from === undefined ? {} : { from }),
    best: path.best === true,
    stale: path.stale === true,
  };
}
