import { chmod, writeFile } from "node:fs/promises";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  type FamilyName,
  familiesOf,
  familyOf,
  lines,
  type NeighborSpec,
  type NeighborState,
  nameOf,
  normalCommunities,
  normalExtCommunities,
  normalOrigin,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/**
 * FRR's bgpd alone, without zebra (-n -Z): every next hop counts as reachable and nothing reaches the FIB. Its vty
 * socket is in the peer's directory; vtysh asks it for JSON.
 *
 * A speaker without 4-octet AS numbers is made by `dont-capability-negotiate`, which drops all capabilities: such a
 * session carries IPv4 unicast only. It reads 2-octet paths then, but writes them with four to a neighbour that offers
 * them, so it is of use for one direction only.
 */
export class FrrDriver implements PeerDriver {
  readonly kind = "frr";
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  unsupported(spec: SpeakerSpec): string[] {
    return spec.neighbors.flatMap((n) => {
      const old = n.fourOctetAs === false && familiesOf(n).includes("ipv6-unicast");
      const small = n.extendedMessages === false;
      return [...(old ? ["IPv6 without capabilities"] : []), ...(small ? ["not offering extended messages"] : [])];
    });
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    // bgpd gives up root for the user frr, and then writes its pid and socket here.
    await chmod(this.#place.directory, 0o777);
    await writeFile(`${this.#place.directory}/vtysh.conf`, "");
    await writeFile(`${this.#place.directory}/bgpd.conf`, frrConfig(spec));
  }

  launch(): Launch {
    const d = this.#place.directory;
    const paths = ["-f", `${d}/bgpd.conf`, "-i", `${d}/bgpd.pid`, "-z", `${d}/zserv.api`, "--vty_socket", d];
    return { command: ["/usr/lib/frr/bgpd", "-n", "-Z", "-P", "0", ...paths] };
  }

  #vtysh(...commands: string[]): Promise<string> {
    const where = ["--vty_socket", this.#place.directory, "--config_dir", this.#place.directory];
    return this.#place.run(["vtysh", ...where, "-d", "bgpd", ...commands.flatMap((command) => ["-c", command])]);
  }

  async #json<T>(command: string): Promise<T> {
    return JSON.parse(await this.#vtysh(command)) as T;
  }

  async ready(): Promise<boolean> {
    return (await this.#vtysh("show bgp neighbors json")).trimStart().startsWith("{");
  }

  async neighbors(): Promise<NeighborState[]> {
    const all = await this.#json<Record<string, FrrNeighbor>>("show bgp neighbors json");
    return Object.entries(all)
      .filter(([, n]) => n.bgpState !== undefined)
      .map(([address, n]) => ({
        address,
        as: n.remoteAs,
        state: n.bgpState.toLowerCase(),
        ...(n.remoteRouterId === undefined ? {} : { routerId: n.remoteRouterId }),
        ...(n.bgpTimerUpMsec === undefined ? {} : { uptime: n.bgpTimerUpMsec / 1000 }),
        ...(n.neighborCapabilities === undefined ? {} : { capabilities: frrCapabilities(n.neighborCapabilities) }),
        ...(n.lastNotificationReason === undefined ? {} : { lastError: n.lastNotificationReason }),
      }));
  }

  async routes(family: FamilyName): Promise<Route[]> {
    const command = `show bgp ${family.replace("-", " ")} json detail`;
    const { routes } = await this.#json<{ routes: Record<string, FrrPath[]> }>(command);
    // The first element of each list describes the prefix, the others are its paths.
    return Object.entries(routes).flatMap(([prefix, paths]) => paths.filter(isPath).map((p) => frrRoute(prefix, p)));
  }

  /** Originated routes only; other changes need a restart. */
  async reload(from: SpeakerSpec, to: SpeakerSpec): Promise<void> {
    const text = (route: RouteSpec) => JSON.stringify(route);
    const kept = new Set((from.routes ?? []).map(text).filter((r) => (to.routes ?? []).some((n) => text(n) === r)));
    const gone = (from.routes ?? []).filter((route) => !kept.has(text(route)));
    const added = (to.routes ?? []).filter((route) => !kept.has(text(route)));
    const stays = (route: RouteSpec) => added.some((other) => other.prefix === route.prefix);
    const file = `${this.#place.directory}/change.conf`;
    const change = lines(
      ...added.map((route) => `no route-map ${nameOf("r", route.prefix)}\n${frrRouteMap(to, route)}`),
      `router bgp ${to.as}`,
      ...gone.filter((route) => !stays(route)).map((route) => frrNetwork(route, "no ")),
      // Naming the route-map again makes bgpd apply what it now says.
      ...added.map((route) => `${frrNetwork(route, "no ", stays(route))}${frrNetwork(route, "")}`),
      "",
    );
    await writeFile(file, change);
    const where = ["--vty_socket", this.#place.directory, "--config_dir", this.#place.directory];
    await this.#place.run(["vtysh", ...where, "-d", "bgpd", "-f", file]);
  }

  #configure(...commands: string[]): Promise<string> {
    return this.#vtysh("configure terminal", "router bgp", ...commands);
  }

  async shutdownNeighbor(address: string, text: string | undefined): Promise<void> {
    await this.#configure(`neighbor ${address} shutdown${text === undefined ? "" : ` message ${text}`}`);
  }

  async enableNeighbor(address: string): Promise<void> {
    await this.#configure(`no neighbor ${address} shutdown`);
  }

  async clearNeighbor(address: string): Promise<void> {
    await this.#vtysh(`clear bgp ${address}`);
  }
}

function frrConfig(spec: SpeakerSpec): string {
  const routes = spec.routes ?? [];
  const gr = spec.neighbors.find((n) => n.gracefulRestart !== undefined)?.gracefulRestart;
  return lines(
    "hostname frr",
    "log stdout informational",
    ...routes.map((route) => frrRouteMap(spec, route)),
    ...routes.filter((route) => route.nextHop !== undefined).map(frrNextHopMap),
    "route-map announce permit 65535",
    "exit",
    `router bgp ${spec.as}`,
    ` bgp router-id ${spec.routerId}`,
    " no bgp default ipv4-unicast",
    " no bgp ebgp-requires-policy",
    " no bgp network import-check",
    gr !== undefined && ` bgp graceful-restart\n bgp graceful-restart restart-time ${gr.restartTime}`,
    gr !== undefined && " bgp graceful-restart preserve-fw-state",
    gr?.notification === true && " bgp graceful-restart notification",
    gr?.longLivedStaleTime !== undefined && ` bgp long-lived-graceful-restart stale-time ${gr.longLivedStaleTime}`,
    ...spec.neighbors.map(frrNeighbor),
    ...routes.map((route) => frrNetwork(route, "")),
    "exit",
    "",
  );
}

function frrRouteMap(spec: SpeakerSpec, route: RouteSpec): string {
  const ext = (kind: string) => (route.extCommunities ?? []).filter((c) => c.startsWith(`${kind}:`));
  const values = (kind: string) =>
    ext(kind)
      .map((c) => c.slice(kind.length + 1))
      .join(" ");
  return lines(
    `route-map ${nameOf("r", route.prefix)} permit 10`,
    ` set origin ${route.origin ?? "igp"}`,
    route.med !== undefined && ` set metric ${route.med}`,
    route.localPref !== undefined && ` set local-preference ${route.localPref}`,
    route.communities !== undefined && ` set community ${route.communities.join(" ")}`,
    route.largeCommunities !== undefined && ` set large-community ${route.largeCommunities.join(" ")}`,
    ext("rt").length > 0 && ` set extcommunity rt ${values("rt")}`,
    ext("soo").length > 0 && ` set extcommunity soo ${values("soo")}`,
    route.prepend !== undefined && ` set as-path prepend ${Array(route.prepend).fill(spec.as).join(" ")}`,
    "exit",
  );
}

/** An explicit next hop survives only when it is set on the way out. */
function frrNextHopMap(route: RouteSpec, index: number): string {
  const six = familyOf(route.prefix) === "ipv6-unicast";
  const name = nameOf("p", route.prefix);
  return lines(
    `${six ? "ipv6" : "ip"} prefix-list ${name} permit ${route.prefix}`,
    `route-map announce permit ${index + 1}`,
    ` match ${six ? "ipv6" : "ip"} address prefix-list ${name}`,
    ` set ${six ? "ipv6 next-hop global" : "ip next-hop"} ${route.nextHop}`,
    "exit",
  );
}

function frrNetwork(route: RouteSpec, no: "" | "no ", wanted = true): string {
  if (!wanted) return "";
  const family = familyOf(route.prefix).replace("-", " ");
  const map = no === "" ? ` route-map ${nameOf("r", route.prefix)}` : "";
  return ` address-family ${family}\n  ${no}network ${route.prefix}${map}\n exit-address-family\n`;
}

function frrNeighbor(n: NeighborSpec): string {
  const holdTime = n.holdTime ?? 90;
  const set = (condition: boolean | undefined, text: string) => condition === true && ` neighbor ${n.address} ${text}`;
  const family = (name: FamilyName) =>
    lines(
      ` address-family ${name.replace("-", " ")}`,
      ` ${set(true, "activate")}`,
      ` ${set(true, "route-map announce out")}`,
      set(n.nextHopSelf, "next-hop-self"),
      set(n.routeReflectorClient, "route-reflector-client"),
      set(n.addPath === "send" || n.addPath === "both", "addpath-tx-all-paths"),
      " exit-address-family",
    );
  return lines(
    set(true, `remote-as ${n.as}`),
    set(true, `update-source ${n.localAddress}`),
    set(true, `timers ${Math.max(1, Math.floor(holdTime / 3))} ${holdTime}`),
    set(true, "timers connect 1"),
    set(n.passive, "passive"),
    set(n.password !== undefined, `password ${n.password}`),
    set(n.ttlSecurity, "ttl-security hops 1"),
    set(n.multihop !== undefined, `ebgp-multihop ${n.multihop}`),
    set(n.fourOctetAs === false, "dont-capability-negotiate"),
    set(n.role !== undefined, `local-role ${n.role === "rs" ? "rs-server" : n.role}`),
    ...familiesOf(n).map(family),
  );
}

interface FrrNeighbor {
  readonly remoteAs: number;
  readonly bgpState: string;
  readonly remoteRouterId?: string;
  readonly bgpTimerUpMsec?: number;
  readonly neighborCapabilities?: Readonly<Record<string, unknown>>;
  readonly lastNotificationReason?: string;
}

/** FRR's capability names in our words. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  "4byteAs": "as4",
  routeRefresh: "route-refresh",
  enhancedRouteRefresh: "enhanced-refresh",
  extendedMessage: "extended-message",
  extendedNexthop: "extended-nexthop",
  gracefulRestartCapability: "graceful-restart",
  gracefulRestart: "graceful-restart",
  longLivedGracefulRestart: "long-lived-graceful-restart",
};

function frrCapabilities(capabilities: Readonly<Record<string, unknown>>): string[] {
  const received = Object.entries(capabilities)
    .filter(([, value]) => typeof value === "string" && /received/i.test(value))
    .flatMap(([key]) => CAPABILITIES[key] ?? []);
  const addPath = JSON.stringify(capabilities["addPath"] ?? {});
  return [...new Set([...received, ...(/[tr]x(AdvertisedAnd)?Received/.test(addPath) ? ["add-path"] : [])])].sort();
}

interface FrrPath {
  readonly aspath?: { readonly segments: readonly { readonly list: readonly number[] }[] };
  readonly origin: string;
  readonly metric?: number;
  readonly locPrf?: number;
  readonly stale?: boolean;
  readonly bestpath?: { readonly overall?: boolean };
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
  readonly extendedCommunity?: { readonly string: string };
  readonly nexthops?: readonly { readonly ip: string; readonly scope?: string }[];
  readonly peer?: { readonly peerId: string };
}

function isPath(path: FrrPath): boolean {
  return path.peer !== undefined;
}

function frrRoute(prefix: string, path: FrrPath): Route {
  const from = path.peer?.peerId;
  const nextHop = path.nexthops?.find((hop) => hop.scope !== "link-local") ?? path.nexthops?.[0];
  return {
    prefix,
    nextHop: nextHop?.ip ?? "",
    asPath: (path.aspath?.segments ?? []).flatMap((segment) => segment.list),
    origin: normalOrigin(path.origin),
    ...(path.metric === undefined ? {} : { med: path.metric }),
    ...(path.locPrf === undefined ? {} : { localPref: path.locPrf }),
    communities: normalCommunities(path.community?.list ?? []),
    largeCommunities: [...(path.largeCommunity?.list ?? [])].sort(),
    extCommunities: normalExtCommunities((path.extendedCommunity?.string ?? "").split(" ").filter(Boolean)),
    ...(from === undefined || /unspec|0\.0\.0\.0|^::$/.test(from) ? {} : { from }),
    best: path.bestpath?.overall === true,
    stale: path.stale === true,
  };
}
