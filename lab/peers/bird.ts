import { writeFile } from "node:fs/promises";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  asNumbers,
  type FamilyName,
  familiesOf,
  familyOf,
  lines,
  type NeighborSpec,
  type NeighborState,
  nameOf,
  normalExtCommunities,
  normalOrigin,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/** BIRD 2 without a kernel protocol: nothing reaches the FIB. Answers are read from birdc's text. */
export class BirdDriver implements PeerDriver {
  readonly kind = "bird";
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  get #config(): string {
    return `${this.#place.directory}/bird.conf`;
  }

  get #socket(): string {
    return `${this.#place.directory}/bird.ctl`;
  }

  /** Even with 4-octet AS numbers off it reads the neighbour's capability, and then compares with it. */
  unsupported(spec: SpeakerSpec): string[] {
    const wide = spec.neighbors.some((n) => n.fourOctetAs === false && n.as > 0xffff);
    return wide ? ["2-octet AS numbers with a neighbour whose AS has four"] : [];
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    await writeFile(this.#config, birdConfig(spec));
  }

  launch(restarting: boolean): Launch {
    return { command: ["bird", "-f", "-c", this.#config, "-s", this.#socket, ...(restarting ? ["-R"] : [])] };
  }

  async ready(): Promise<boolean> {
    return (await this.#place.tryRun(["birdc", "-s", this.#socket, "show", "status"])).code === 0;
  }

  #ask(...words: string[]): Promise<string> {
    return this.#place.run(["birdc", "-s", this.#socket, ...words]);
  }

  async neighbors(): Promise<NeighborState[]> {
    return parseBirdProtocols(await this.#ask("show", "protocols", "all"));
  }

  async routes(family: FamilyName): Promise<Route[]> {
    const table = family === "ipv4-unicast" ? "master4" : "master6";
    const [routes, protocols] = await Promise.all([
      this.#ask("show", "route", "all", "table", table),
      this.#ask("show", "protocols", "all"),
    ]);
    return parseBirdRoutes(routes, birdSources(protocols));
  }

  async reload(): Promise<void> {
    const answer = await this.#ask("configure");
    if (!/Reconfigur/.test(answer)) throw new Error(`birdc configure: ${answer}`);
  }

  async shutdownNeighbor(address: string, text: string | undefined): Promise<void> {
    await this.#ask("disable", nameOf("n", address), ...(text === undefined ? [] : [JSON.stringify(text)]));
  }

  async enableNeighbor(address: string): Promise<void> {
    await this.#ask("enable", nameOf("n", address));
  }

  async clearNeighbor(address: string): Promise<void> {
    await this.#ask("restart", nameOf("n", address));
  }
}

function birdConfig(spec: SpeakerSpec): string {
  const routes = spec.routes ?? [];
  const statics = (["ipv4-unicast", "ipv6-unicast"] as const).map((family) => {
    const channel = family.slice(0, 4);
    const mine = routes.filter((route) => familyOf(route.prefix) === family);
    return lines(`protocol static s_${channel} {`, `  ${channel};`, ...mine.map((r) => birdRoute(spec, r)), "}");
  });
  return lines(
    `router id ${spec.routerId};`,
    "log stderr all;",
    "protocol device {}",
    "protocol direct { ipv4; ipv6; }",
    ...statics,
    // An explicit next hop and, to eBGP, a MED survive only when they are set on export.
    "filter announce {",
    "  if source != RTS_STATIC && source != RTS_BGP then reject;",
    ...routes.flatMap((route) => [
      ...(route.nextHop === undefined ? [] : [`  if net = ${route.prefix} then bgp_next_hop = ${route.nextHop};`]),
      ...(route.med === undefined ? [] : [`  if net = ${route.prefix} then bgp_med = ${route.med};`]),
    ]),
    "  accept;",
    "}",
    ...spec.neighbors.map((neighbor) => birdNeighbor(spec, neighbor)),
    "",
  );
}

function birdRoute(spec: SpeakerSpec, route: RouteSpec): string {
  const tuple = (text: string) => `(${text.split(":").join(", ")})`;
  const set = [
    `bgp_origin = ORIGIN_${(route.origin ?? "igp").toUpperCase()}; bgp_path.empty;`,
    ...Array.from({ length: route.prepend ?? 0 }, () => `bgp_path.prepend(${spec.as});`),
    ...(route.med === undefined ? [] : [`bgp_med = ${route.med};`]),
    ...(route.localPref === undefined ? [] : [`bgp_local_pref = ${route.localPref};`]),
    ...(route.communities ?? []).map((c) => `bgp_community.add(${tuple(c)});`),
    ...(route.largeCommunities ?? []).map((c) => `bgp_large_community.add(${tuple(c)});`),
    ...(route.extCommunities ?? []).map((c) => `bgp_ext_community.add(${tuple(c.replace(/^soo:/, "ro:"))});`),
  ];
  return `  route ${route.prefix} blackhole { ${set.join(" ")} };`;
}

function birdNeighbor(spec: SpeakerSpec, n: NeighborSpec): string {
  const gr = n.gracefulRestart;
  const addPath = n.addPath && { receive: "rx", send: "tx", both: "on" }[n.addPath];
  const channel = (family: FamilyName) =>
    lines(
      `  ${family.slice(0, 4)} {`,
      "    import all; export filter announce; gateway recursive;",
      n.nextHopSelf === true && "    next hop self;",
      addPath !== undefined && `    add paths ${addPath};`,
      "  };",
    );
  return lines(
    `protocol bgp ${nameOf("n", n.address)} {`,
    `  local ${n.localAddress} as ${spec.as}; neighbor ${n.address} as ${n.as};`,
    `  hold time ${n.holdTime ?? 90}; connect delay time 1; connect retry time 1; error wait time 1, 2;`,
    n.multihop === undefined ? "  direct;" : `  multihop ${n.multihop};`,
    n.passive === true && "  passive yes;",
    n.password !== undefined && `  password ${JSON.stringify(n.password)};`,
    n.ttlSecurity === true && "  ttl security yes;",
    n.fourOctetAs === false && "  enable as4 no;",
    n.routeReflectorClient === true && "  rr client;",
    n.extendedMessages === true && "  enable extended messages yes;",
    n.role !== undefined && `  local role ${n.role.replace("-", "_")};`,
    gr !== undefined && `  graceful restart yes; graceful restart time ${gr.restartTime};`,
    gr?.longLivedStaleTime !== undefined &&
      `  long lived graceful restart yes; long lived stale time ${gr.longLivedStaleTime};`,
    ...familiesOf(n).map(channel),
    "}",
  );
}

/** Capability lines of `show protocols all`, in our words. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  "4-octet AS numbers": "as4",
  "Route refresh": "route-refresh",
  "Enhanced refresh": "enhanced-refresh",
  "Extended message": "extended-message",
  "Graceful restart": "graceful-restart",
  "Long-lived graceful restart": "long-lived-graceful-restart",
  "ADD-PATH": "add-path",
  "Extended next hop": "extended-nexthop",
};

interface Source {
  readonly address: string;
  readonly established: boolean;
}

/** Neighbours by the name of their protocol. */
function birdSources(text: string): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const block of text.split(/\n(?=\S)/)) {
    const address = /Neighbor address: (\S+)/.exec(block)?.[1];
    const established = /BGP state: +Established/.test(block);
    if (address !== undefined) sources.set(block.split(/\s/)[0] ?? "", { address, established });
  }
  return sources;
}

function parseBirdProtocols(text: string): NeighborState[] {
  const found: NeighborState[] = [];
  for (const block of text.split(/\n(?=\S)/)) {
    const field = (name: string) => new RegExp(`^\\s+${name}:\\s+(.*)$`, "m").exec(block)?.[1];
    const address = field("Neighbor address");
    if (address === undefined) continue;
    const routerId = field("Neighbor ID");
    const lastError = field("Last error");
    const received = /Neighbor capabilities\n((?: {6}.*\n)*)/.exec(block)?.[1];
    found.push({
      address: address.replace(/%.*/, ""),
      as: Number(field("Neighbor AS")),
      state: (field("BGP state") ?? "down").toLowerCase(),
      ...(routerId === undefined ? {} : { routerId }),
      ...(lastError === undefined ? {} : { lastError }),
      ...(received === undefined ? {} : { capabilities: birdCapabilities(received) }),
    });
  }
  return found;
}

function birdCapabilities(text: string): string[] {
  return [...text.matchAll(/^ {6}(\S.*)$/gm)].flatMap((match) => CAPABILITIES[match[1] as string] ?? []).sort();
}

const ROUTE_LINE = /^(\S+)?\s+\S+ \[(\S+) [^\]]*\] (?:(\*) )?\((\d+)([^)]*)\)/;

function parseBirdRoutes(text: string, sources: ReadonlyMap<string, Source>): Route[] {
  const found: Route[] = [];
  let prefix = "";
  for (const block of text.split(/\n(?!\t)/)) {
    const head = ROUTE_LINE.exec(block);
    if (head === null) continue;
    prefix = head[1] ?? prefix;
    if (!block.includes("BGP.origin")) continue;
    const field = (name: string) => new RegExp(`^\\tBGP\\.${name}: ?(.*)$`, "m").exec(block)?.[1];
    const tuples = (name: string) =>
      [...(field(name) ?? "").matchAll(/\(([^)]*)\)/g)].map((m) => (m[1] as string).replace(/,\s*/g, ":")).sort();
    const source = sources.get(head[2] as string);
    const med = field("med");
    const localPref = field("local_pref");
    found.push({
      prefix,
      nextHop: (field("next_hop") ?? "").split(" ")[0] as string,
      asPath: asNumbers(field("as_path") ?? ""),
      origin: normalOrigin(field("origin") ?? ""),
      ...(med === undefined ? {} : { med: Number(med) }),
      ...(localPref === undefined ? {} : { localPref: Number(localPref) }),
      communities: tuples("community"),
      largeCommunities: tuples("large_community"),
      extCommunities: normalExtCommunities(tuples("ext_community")),
      ...(source === undefined ? {} : { from: source.address }),
      best: head[3] === "*",
      // BIRD marks long-lived stale routes only. A route whose session is down is there for graceful restart.
      stale: (head[5] as string).includes("s") || source?.established === false,
    });
  }
  return found;
}
