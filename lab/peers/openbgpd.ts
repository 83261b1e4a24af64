import { mkdirSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  asNumbers,
  type FamilyName,
  familiesOf,
  familyOf,
  lines,
  type NeighborSpec,
  type NeighborState,
  normalCommunities,
  normalExtCommunities,
  normalOrigin,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/** Where its child processes are chrooted to; the Debian package leaves making it to its service file. */
const CHROOT = "/run/openbgpd";

/**
 * OpenBGPD portable: three processes, no FIB, one control socket an instance. It only helps others restart (no restart
 * time of its own, no LLGR), and 7.7 does not know extended messages. It reports MED 0 where a path has none, so a MED
 * of 0 is read as none here.
 */
export class OpenbgpdDriver implements PeerDriver {
  readonly kind = "openbgpd";
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  unsupported(spec: SpeakerSpec): string[] {
    return spec.neighbors.flatMap((n) => [
      ...(n.extendedMessages === true ? ["extended messages"] : []),
      ...(n.gracefulRestart?.longLivedStaleTime === undefined ? [] : ["long-lived graceful restart"]),
    ]);
  }

  get #config(): string {
    return `${this.#place.directory}/bgpd.conf`;
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    mkdirSync(CHROOT, { recursive: true, mode: 0o755 });
    await writeFile(this.#config, openbgpdConfig(spec, this.#socket));
    // It refuses a configuration that others could read or write.
    await chmod(this.#config, 0o600);
  }

  get #socket(): string {
    return `${this.#place.directory}/bgpd.sock`;
  }

  launch(): Launch {
    return { command: ["/usr/sbin/bgpd", "-d", "-f", this.#config] };
  }

  #bgpctl(...words: string[]): Promise<string> {
    return this.#place.run(["bgpctl", "-s", this.#socket, ...words]);
  }

  async ready(): Promise<boolean> {
    return (await this.#bgpctl("show", "summary")).includes("Neighbor");
  }

  async neighbors(): Promise<NeighborState[]> {
    const { neighbors } = JSON.parse(await this.#bgpctl("-j", "show", "neighbor")) as { neighbors?: BgpctlNeighbor[] };
    return (neighbors ?? []).map((n) => ({
      address: n.remote_addr,
      as: Number(n.remote_as),
      state: n.state.toLowerCase(),
      ...(n.bgpid === undefined || n.bgpid === "0.0.0.0" ? {} : { routerId: n.bgpid }),
      ...(n.state === "Established" ? { uptime: n.last_updown_sec } : {}),
      ...(n.session === undefined ? {} : { capabilities: bgpctlCapabilities(n.session.remote.capabilities ?? {}) }),
    }));
  }

  async routes(family: FamilyName): Promise<Route[]> {
    const { rib } = JSON.parse(await this.#bgpctl("-j", "show", "rib", "detail")) as { rib?: BgpctlPath[] };
    return (rib ?? []).filter((path) => familyOf(path.prefix) === family).map(bgpctlRoute);
  }

  async reload(): Promise<void> {
    await this.#bgpctl("reload");
  }

  async shutdownNeighbor(address: string, text: string | undefined): Promise<void> {
    await this.#bgpctl("neighbor", address, "down", ...(text === undefined ? [] : [text]));
  }

  async enableNeighbor(address: string): Promise<void> {
    await this.#bgpctl("neighbor", address, "up");
  }

  async clearNeighbor(address: string): Promise<void> {
    await this.#bgpctl("neighbor", address, "clear");
  }
}

function openbgpdConfig(spec: SpeakerSpec, socket: string): string {
  return lines(
    `AS ${spec.as}`,
    `router-id ${spec.routerId}`,
    "fib-update no",
    "nexthop qualify via default",
    "holdtime min 3",
    "connect-retry 1",
    `socket "${socket}"`,
    ...[...new Set(spec.neighbors.map((n) => n.localAddress))].map((address) => `listen on ${address}`),
    ...(spec.routes ?? []).map(openbgpdNetwork),
    ...spec.neighbors.map(openbgpdNeighbor),
    "allow from any",
    "allow to any",
    "",
  );
}

function openbgpdNetwork(route: RouteSpec): string {
  const ext = (route.extCommunities ?? []).map((c) => `ext-community ${c.replace(":", " ")}`);
  const set = [
    `origin ${route.origin ?? "igp"}`,
    ...(route.med === undefined ? [] : [`med ${route.med}`]),
    ...(route.localPref === undefined ? [] : [`localpref ${route.localPref}`]),
    ...(route.nextHop === undefined ? [] : [`nexthop ${route.nextHop}`]),
    ...(route.prepend === undefined ? [] : [`prepend-self ${route.prepend}`]),
    ...(route.communities ?? []).map((c) => `community ${c}`),
    ...(route.largeCommunities ?? []).map((c) => `large-community ${c}`),
    ...ext,
  ];
  return `network ${route.prefix} set { ${set.join(" ")} }`;
}

function openbgpdNeighbor(n: NeighborSpec): string {
  const families = familiesOf(n);
  return lines(
    `neighbor ${n.address} {`,
    `  remote-as ${n.as}`,
    `  local-address ${n.localAddress}`,
    `  holdtime ${n.holdTime ?? 90}`,
    `  announce IPv4 ${families.includes("ipv4-unicast") ? "unicast" : "none"}`,
    `  announce IPv6 ${families.includes("ipv6-unicast") ? "unicast" : "none"}`,
    "  announce enhanced refresh yes",
    n.passive === true && "  passive",
    n.password !== undefined && `  tcp md5sig password ${JSON.stringify(n.password)}`,
    n.ttlSecurity === true && "  ttl-security yes",
    n.multihop !== undefined && `  multihop ${n.multihop}`,
    n.fourOctetAs === false && "  announce as-4byte no",
    n.routeReflectorClient === true && "  route-reflector",
    n.nextHopSelf === true && "  set nexthop self",
    n.role !== undefined && `  announce policy ${n.role}`,
    n.addPath !== undefined && n.addPath !== "send" && "  announce add-path recv yes",
    n.addPath !== undefined && n.addPath !== "receive" && "  announce add-path send all",
    "}",
  );
}

interface BgpctlCapabilities {
  readonly as4byte?: boolean;
  readonly refresh?: boolean;
  readonly enhanced_refresh?: boolean;
  readonly graceful_restart?: unknown;
  readonly "add-path"?: unknown;
}

interface BgpctlNeighbor {
  readonly remote_as: string;
  readonly remote_addr: string;
  readonly bgpid?: string;
  readonly state: string;
  readonly last_updown_sec: number;
  readonly session?: { readonly remote: { readonly capabilities?: BgpctlCapabilities } };
}

function bgpctlCapabilities(c: BgpctlCapabilities): string[] {
  return [
    ...(c["add-path"] === undefined ? [] : ["add-path"]),
    ...(c.as4byte === true ? ["as4"] : []),
    ...(c.enhanced_refresh === true ? ["enhanced-refresh"] : []),
    ...(c.graceful_restart === undefined ? [] : ["graceful-restart"]),
    ...(c.refresh === true ? ["route-refresh"] : []),
  ];
}

interface BgpctlPath {
  readonly prefix: string;
  readonly aspath: string;
  readonly exit_nexthop: string;
  readonly neighbor: { readonly remote_addr: string };
  readonly best?: boolean;
  readonly stale?: boolean;
  readonly origin: string;
  readonly metric: number;
  readonly localpref: number;
  readonly communities?: readonly string[];
  readonly extended_communities?: readonly string[];
  readonly large_communities?: readonly string[];
}

function bgpctlRoute(path: BgpctlPath): Route {
  // Its own networks come from a neighbour it calls "???" or "LOCAL".
  const local = isIP(path.neighbor.remote_addr) === 0;
  return {
    prefix: path.prefix,
    nextHop: path.exit_nexthop,
    asPath: asNumbers(path.aspath),
    origin: normalOrigin(path.origin),
    ...(path.metric === 0 ? {} : { med: path.metric }),
    localPref: path.localpref,
    communities: normalCommunities(path.communities ?? []),
    largeCommunities: [...(path.large_communities ?? [])].sort(),
    extCommunities: normalExtCommunities(path.extended_communities ?? []),
    ...(local ? {} : { from: path.neighbor.remote_addr }),
    best: path.best === true,
    stale: path.stale === true,
  };
}
