import { readFile, writeFile } from "node:fs/promises";
import type { Launch, PeerDriver, Place } from "./peer.ts";
import {
  type FamilyName,
  familiesOf,
  familyOf,
  lines,
  type NeighborSpec,
  type NeighborState,
  normalExtCommunities,
  normalOrigin,
  type Route,
  type RouteSpec,
  type SpeakerSpec,
} from "./spec.ts";

/**
 * ExaBGP 4: it has no table and selects nothing. Its API process writes every event to a file, from which the driver
 * works out what each neighbour announces now (so every path counts as best), and passes on commands from a FIFO.
 * It has no GTSM check of its own beyond the kernel's, no route reflection and no roles, and a neighbour that was shut
 * down comes back by itself.
 */
export class ExabgpDriver implements PeerDriver {
  readonly kind = "exabgp";
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  unsupported(spec: SpeakerSpec): string[] {
    return spec.neighbors.flatMap((n) => [
      ...(n.routeReflectorClient === true ? ["route reflection"] : []),
      ...(n.role === undefined ? [] : ["roles"]),
      ...(n.gracefulRestart?.longLivedStaleTime === undefined ? [] : ["long-lived graceful restart"]),
    ]);
  }

  #file(name: string): string {
    return `${this.#place.directory}/${name}`;
  }

  async writeConfig(spec: SpeakerSpec): Promise<void> {
    // The FIFO is opened for both directions, so that neither end waits for the other.
    const script = lines(
      "#!/bin/sh",
      `[ -p ${this.#file("commands")} ] || mkfifo ${this.#file("commands")}`,
      `cat <>${this.#file("commands")} &`,
      `exec cat >>${this.#file("events")}`,
      "",
    );
    await writeFile(this.#file("api"), script, { mode: 0o755 });
    await writeFile(this.#file("events"), "", { flag: "a" });
    await writeFile(this.#file("exabgp.conf"), exabgpConfig(spec, this.#file("api")));
  }

  launch(): Launch {
    const settings = {
      "exabgp.daemon.user": "root",
      "exabgp.log.destination": "stderr",
      "exabgp.log.level": "INFO",
      "exabgp.api.cli": "false",
      "exabgp.api.ack": "false",
    };
    const env = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    return { command: ["env", ...env, "exabgp", this.#file("exabgp.conf")] };
  }

  async ready(): Promise<boolean> {
    // The API process is started before the neighbours; its FIFO is there when commands are taken.
    return (await this.#place.tryRun(["test", "-p", this.#file("commands")])).code === 0;
  }

  async #command(text: string): Promise<void> {
    await writeFile(this.#file("commands"), `${text}\n`);
  }

  async #events(): Promise<ExabgpEvent[]> {
    const text = await readFile(this.#file("events"), "utf8");
    // The last line may still be on its way.
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as ExabgpEvent);
  }

  async neighbors(pid: number): Promise<NeighborState[]> {
    const states = new Map<string, NeighborState>();
    for (const event of await this.#events()) {
      const peer = event.neighbor?.address.peer;
      if (peer === undefined) continue;
      const before = states.get(peer) ?? { address: peer, as: event.neighbor?.asn.peer ?? 0, state: "idle" };
      states.set(peer, event.pid === pid ? nextState(before, event) : { ...before, state: "idle" });
    }
    return [...states.values()];
  }

  async routes(family: FamilyName, pid: number): Promise<Route[]> {
    const table = new Map<string, Route>();
    for (const event of await this.#events()) {
      const from = event.neighbor?.address.peer;
      if (from === undefined || event.pid !== pid) continue;
      if (event.type === "state" && event.neighbor?.state === "down") {
        for (const key of table.keys()) if (key.startsWith(`${from} `)) table.delete(key);
      }
      applyUpdate(table, from, family.replace("-", " "), event.neighbor?.message?.update ?? {});
    }
    return [...table.values()];
  }

  /** Originated routes only; other changes need a restart. */
  async reload(from: SpeakerSpec, to: SpeakerSpec): Promise<void> {
    const prefixes = new Set((to.routes ?? []).map((route) => route.prefix));
    const before = new Set((from.routes ?? []).map((route) => JSON.stringify(route)));
    for (const n of to.neighbors) {
      for (const route of from.routes ?? []) {
        if (prefixes.has(route.prefix) || !carries(n, route)) continue;
        await this.#command(`neighbor ${n.address} withdraw route ${route.prefix}`);
      }
      for (const route of to.routes ?? []) {
        if (before.has(JSON.stringify(route)) || !carries(n, route)) continue;
        await this.#command(`neighbor ${n.address} announce ${exabgpRoute(to, n, route)}`);
      }
    }
  }

  async shutdownNeighbor(address: string): Promise<void> {
    await this.#command(`neighbor ${address} teardown 2`);
  }

  /** A torn down neighbour is dialled again at once. */
  async enableNeighbor(): Promise<void> {}

  async clearNeighbor(address: string): Promise<void> {
    await this.#command(`neighbor ${address} teardown 4`);
  }
}

/** RFC 6793 section 9. */
const AS_TRANS = 23456;

function carries(n: NeighborSpec, route: RouteSpec): boolean {
  return familiesOf(n).includes(familyOf(route.prefix));
}

function exabgpConfig(spec: SpeakerSpec, api: string): string {
  return lines(`process lab { run ${api}; encoder json; }`, ...spec.neighbors.map((n) => exabgpNeighbor(spec, n)), "");
}

function exabgpNeighbor(spec: SpeakerSpec, n: NeighborSpec): string {
  // It looks at the 2-octet field of the OPEN alone then.
  const peerAs = n.fourOctetAs === false && n.as > 0xffff ? AS_TRANS : n.as;
  const ttl = n.ttlSecurity === true ? 255 : n.multihop;
  const addPath = n.addPath && { receive: "receive", send: "send", both: "send/receive" }[n.addPath];
  return lines(
    `neighbor ${n.address} {`,
    `  router-id ${spec.routerId}; local-address ${n.localAddress}; local-as ${spec.as}; peer-as ${peerAs};`,
    `  hold-time ${n.holdTime ?? 90}; listen 179;`,
    n.passive === true && "  passive true;",
    n.password !== undefined && `  md5-password ${JSON.stringify(n.password)};`,
    ttl !== undefined && `  outgoing-ttl ${ttl};`,
    n.ttlSecurity === true && "  incoming-ttl 255;",
    `  family { ${familiesOf(n)
      .map((family) => `${family.replace("-", " ")};`)
      .join(" ")} }`,
    "  capability {",
    n.fourOctetAs === false && "    asn4 disable;",
    n.extendedMessages === false && "    extended-message disable;",
    n.gracefulRestart !== undefined && `    graceful-restart ${n.gracefulRestart.restartTime};`,
    addPath !== undefined && `    add-path ${addPath};`,
    "    route-refresh enable;",
    "  }",
    "  api { processes [ lab ]; neighbor-changes; receive { parsed; open; update; notification; } }",
    "  static {",
    ...(spec.routes ?? []).filter((r) => carries(n, r)).map((r) => `    ${exabgpRoute(spec, n, r)};`),
    "  }",
    "}",
  );
}

function exabgpRoute(spec: SpeakerSpec, n: NeighborSpec, route: RouteSpec): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? [] : [`${name} [ ${values.join(" ")} ]`];
  // A path that is given is sent as it is: our own AS has to be in it where eBGP wants it.
  const own = (route.prepend ?? 0) + (n.as === spec.as ? 0 : 1);
  return [
    `route ${route.prefix} next-hop ${route.nextHop ?? "self"} origin ${route.origin ?? "igp"}`,
    ...(route.prepend === undefined ? [] : [`as-path [ ${Array(own).fill(spec.as).join(" ")} ]`]),
    ...(route.med === undefined ? [] : [`med ${route.med}`]),
    ...(route.localPref === undefined ? [] : [`local-preference ${route.localPref}`]),
    ...list("community", route.communities),
    ...list("large-community", route.largeCommunities),
    ...list(
      "extended-community",
      route.extCommunities?.map((c) => c.replace(/^rt:/, "target:").replace(/^soo:/, "origin:")),
    ),
  ].join(" ");
}

interface ExabgpUpdate {
  readonly attribute?: {
    readonly origin?: string;
    readonly "as-path"?: readonly number[];
    readonly "as-set"?: readonly number[];
    readonly med?: number;
    readonly "local-preference"?: number;
    readonly community?: readonly (readonly number[])[];
    readonly "large-community"?: readonly (readonly number[])[];
    readonly "extended-community"?: readonly { readonly string: string }[];
  };
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly { readonly nlri: string }[]>>>>;
  readonly withdraw?: Readonly<Record<string, readonly { readonly nlri: string }[]>>;
}

interface ExabgpEvent {
  readonly type: string;
  readonly pid: number;
  readonly time: number;
  readonly neighbor?: {
    readonly address: { readonly peer: string };
    readonly asn: { readonly peer: number };
    readonly state?: string;
    readonly reason?: string;
    readonly direction?: string;
    readonly message?: { readonly update?: ExabgpUpdate };
    readonly open?: { readonly router_id: string; readonly capabilities: Readonly<Record<string, { name: string }>> };
  };
}

/** Capability names of ExaBGP in our words. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  asn4: "as4",
  "route-refresh": "route-refresh",
  "enhanced-route-refresh": "enhanced-refresh",
  "graceful restart": "graceful-restart",
  addpath: "add-path",
  "extended-message": "extended-message",
};

function nextState(before: NeighborState, event: ExabgpEvent): NeighborState {
  const open = event.neighbor?.open;
  if (open !== undefined && event.neighbor?.direction === "receive") {
    const names = Object.values(open.capabilities).flatMap((c) => CAPABILITIES[c.name] ?? []);
    return { ...before, state: "opensent", routerId: open.router_id, capabilities: [...new Set(names)].sort() };
  }
  if (event.type !== "state") return before;
  const { state, reason } = event.neighbor ?? {};
  if (state === "up") return { ...before, state: "established" };
  if (state === "connected") return { ...before, state: "opensent" };
  return { ...before, state: "idle", ...(reason === undefined ? {} : { lastError: reason }) };
}

function applyUpdate(table: Map<string, Route>, from: string, family: string, update: ExabgpUpdate): void {
  for (const { nlri } of update.withdraw?.[family] ?? []) table.delete(`${from} ${nlri}`);
  const a = update.attribute ?? {};
  // A link-local next hop beside a global one (RFC 2545) is listed as if it were a path of its own.
  const hops = Object.entries(update.announce?.[family] ?? {}).sort(([x], [y]) => linkLocalLast(x) - linkLocalLast(y));
  const seen = new Set<string>();
  for (const [nextHop, list] of hops) {
    for (const { nlri } of list) {
      if (seen.has(nlri)) continue;
      seen.add(nlri);
      table.set(`${from} ${nlri}`, {
        prefix: nlri,
        nextHop,
        asPath: [...(a["as-path"] ?? []), ...(a["as-set"] ?? [])],
        origin: normalOrigin(a.origin ?? ""),
        ...(a.med === undefined ? {} : { med: a.med }),
        ...(a["local-preference"] === undefined ? {} : { localPref: a["local-preference"] }),
        communities: (a.community ?? []).map((c) => c.join(":")).sort(),
        largeCommunities: (a["large-community"] ?? []).map((c) => c.join(":")).sort(),
        extCommunities: normalExtCommunities((a["extended-community"] ?? []).map((c) => plainNumber(c.string))),
        from,
        best: true,
        stale: false,
      });
    }
  }
}

/** Some kinds are printed with their last number as a dotted quad. */
function plainNumber(text: string): string {
  return text.replace(/:(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    return `:${octets.slice(0, 4).reduce((sum, octet) => sum * 256 + Number(octet), 0)}`;
  });
}

function linkLocalLast(nextHop: string): number {
  return nextHop.startsWith("fe80:") ? 1 : 0;
}
