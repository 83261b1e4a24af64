import type { Table } from "./host.ts";
import type * as api from "./messages.ts";

// GoBGP's Peer and PeerGroup messages as `[[neighbors]]` and `[[peer-groups]]` of the configuration file. What has its
// default value is left out: groups and defaults then count, as in the file. A false that a group would turn into true
// cannot be said in proto3; GoBGP has the same difficulty.

type Entries = readonly (readonly [key: string, value: unknown])[];

/** A table without what is not said. */
function table(entries: Entries): Table {
  return Object.fromEntries(entries.filter(([, value]) => isSaid(value)));
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === "" || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

const config = (entries: Entries): Table => table([["config", table(entries)]]);

const REMOVE_PRIVATE: Readonly<Record<api.RemovePrivate, string | undefined>> = {
  REMOVE_NONE: undefined,
  REMOVE_ALL: "all",
  REPLACE: "replace",
};

/** One of `[[neighbors]]`. */
export function neighborTable(peer: api.Peer): Table {
  const { conf } = peer;
  return table([
    [
      "config",
      table([
        ["neighbor-address", conf?.neighborAddress],
        ["neighbor-interface", conf?.neighborInterface],
        ["peer-as", conf?.peerAsn],
        ["local-as", conf?.localAsn],
        ["auth-password", conf?.authPassword],
        ["description", conf?.description],
        ["peer-group", conf?.peerGroup],
        ["vrf", conf?.vrf],
        ["remove-private-as", conf && REMOVE_PRIVATE[conf.removePrivate]],
        ["admin-down", conf?.adminDown],
      ]),
    ],
    [
      "as-path-options",
      config([
        ["allow-own-as", conf?.allowOwnAsn],
        ["replace-peer-as", conf?.replacePeerAsn],
      ]),
    ],
    ...sessionEntries(peer),
  ]);
}

/** One of `[[peer-groups]]`. */
export function peerGroupTable(group: api.PeerGroup): Table {
  const { conf } = group;
  return table([
    [
      "config",
      table([
        ["peer-group-name", conf?.peerGroupName],
        ["peer-as", conf?.peerAsn],
        ["local-as", conf?.localAsn],
        ["auth-password", conf?.authPassword],
        ["description", conf?.description],
        ["remove-private-as", conf && REMOVE_PRIVATE[conf.removePrivate]],
      ]),
    ],
    ...sessionEntries(group),
  ]);
}

type Session = Omit<api.Peer, "conf" | "state" | "applyPolicy">;

/** Tables that neighbours and groups have in common. */
function sessionEntries(peer: Omit<Session, "conf">): Entries {
  const { timers, transport, ebgpMultihop, ttlSecurity, routeReflector, gracefulRestart } = peer;
  return [
    [
      "timers",
      config([
        ["connect-retry", timers?.config?.connectRetry],
        ["hold-time", timers?.config?.holdTime],
        ["keepalive-interval", timers?.config?.keepaliveInterval],
      ]),
    ],
    [
      "transport",
      config([
        ["local-address", transport?.localAddress],
        ["local-port", transport?.localPort],
        ["remote-port", transport?.remotePort],
        ["passive-mode", transport?.passiveMode],
        ["bind-interface", transport?.bindInterface],
      ]),
    ],
    [
      "ebgp-multihop",
      config([
        ["enabled", ebgpMultihop?.enabled],
        ["multihop-ttl", ebgpMultihop?.multihopTtl],
      ]),
    ],
    [
      "ttl-security",
      config([
        ["enabled", ttlSecurity?.enabled],
        ["ttl-min", ttlSecurity?.ttlMin],
      ]),
    ],
    [
      "route-reflector",
      config([
        ["route-reflector-client", routeReflector?.routeReflectorClient],
        ["route-reflector-cluster-id", routeReflector?.routeReflectorClusterId],
      ]),
    ],
    ["graceful-restart", gracefulRestart === null ? undefined : restartTable(gracefulRestart)],
    ["afi-safis", peer.afiSafis.map(familyTable)],
  ];
}

function restartTable(restart: api.GracefulRestart): Table {
  return config([
    ["enabled", restart.enabled],
    ["restart-time", restart.restartTime],
    ["helper-only", restart.helperOnly],
    ["deferral-time", restart.deferralTime],
    ["notification-enabled", restart.notificationEnabled],
    ["long-lived-enabled", restart.longlivedEnabled],
  ]);
}

const FAMILY_NAMES: Readonly<Record<string, string>> = {
  "AFI_IP SAFI_UNICAST": "ipv4-unicast",
  "AFI_IP6 SAFI_UNICAST": "ipv6-unicast",
};

function familyTable(family: api.AfiSafi): Table {
  const { afi, safi } = family.config?.family ?? { afi: "", safi: "" };
  const llgr = family.longLivedGracefulRestart?.config;
  const limit = family.prefixLimits;
  const name = `${afi} ${safi}`;
  return table([
    ["config", { "afi-safi-name": FAMILY_NAMES[name] ?? name.toLowerCase() }],
    ["mp-graceful-restart", config([["enabled", family.mpGracefulRestart?.config?.enabled]])],
    [
      "long-lived-graceful-restart",
      config([
        ["enabled", llgr?.enabled],
        ["restart-time", llgr?.restartTime],
      ]),
    ],
    [
      "prefix-limit",
      config([
        ["max-prefixes", limit?.maxPrefixes],
        ["shutdown-threshold-pct", limit?.shutdownThresholdPct],
      ]),
    ],
    [
      "add-paths",
      config([
        ["receive", family.addPaths?.config?.receive],
        ["send-max", family.addPaths?.config?.sendMax],
      ]),
    ],
  ]);
}

/** What GoBGP's messages can say, by table; everything else of a neighbour is ours, and stays when it is updated. */
const SAYABLE: Readonly<Record<string, readonly string[]>> = {
  config: [
    ...["neighbor-address", "neighbor-interface", "peer-as", "local-as", "description", "peer-group", "vrf"],
    ...["remove-private-as", "admin-down"],
  ],
  "as-path-options": ["allow-own-as", "replace-peer-as"],
  timers: ["connect-retry", "hold-time", "keepalive-interval"],
  transport: ["local-address", "local-port", "remote-port", "passive-mode", "bind-interface"],
  "ebgp-multihop": ["enabled", "multihop-ttl"],
  "ttl-security": ["enabled", "ttl-min"],
  "route-reflector": ["route-reflector-client", "route-reflector-cluster-id"],
  "graceful-restart": [
    "enabled",
    "restart-time",
    "helper-only",
    "deferral-time",
    "notification-enabled",
    "long-lived-enabled",
  ],
};

/**
 * The settings of an update, with those of `before` that its message has no words for. The password is among them: it is
 * never given out, so who changes something else does not know it.
 */
export function withOwnKeys(given: Table, before: Table | undefined): Table {
  const merged: Record<string, unknown> = { ...given };
  for (const [name, value] of Object.entries(before ?? {})) {
    if (name === "afi-safis") continue;
    const own = name === "config" ? (value as Table) : ((value as Table)["config"] as Table | undefined);
    if (own === undefined) continue;
    const kept = Object.fromEntries(Object.entries(own).filter(([key]) => SAYABLE[name]?.includes(key) !== true));
    if (Object.keys(kept).length === 0) continue;
    const said = (merged[name] ?? {}) as Table;
    merged[name] =
      name === "config" ? { ...kept, ...said } : { config: { ...kept, ...((said["config"] ?? {}) as Table) } };
  }
  return merged;
}

/** The table that a neighbour's message would be, as we list it. */
export function listedTable(peer: api.Given<api.Peer>): Table {
  return neighborTable({ ...peer, afiSafis: peer.afiSafis ?? [] } as api.Peer);
}

/**
 * The settings of an update without those that only repeat what was listed and nobody ever set: a client that changes one
 * thing sends back all that it was told, defaults and what the session came to included.
 */
export function withoutRepeated(given: Table, listed: Table, before: Table): Table {
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const keys = (of: Table, name: string): Table =>
    ((name === "config" ? of[name] : (of[name] as Table | undefined)?.["config"]) ?? {}) as Table;
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (name === "afi-safis") {
      if (!isSame(value, listed[name])) kept.push([name, value]);
      else if (before[name] !== undefined) kept.push([name, before[name]]);
      continue;
    }
    const isRepeated = ([key, said]: [string, unknown]) =>
      isSame(said, keys(listed, name)[key]) && keys(before, name)[key] === undefined;
    const said = Object.fromEntries(Object.entries(keys(given, name)).filter((entry) => !isRepeated(entry)));
    if (Object.keys(said).length > 0) kept.push([name, name === "config" ? said : { config: said }]);
  }
  return Object.fromEntries(kept);
}
