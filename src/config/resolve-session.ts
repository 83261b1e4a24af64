import type { Address } from "../lib/address.ts";
import { type Micros, seconds } from "../lib/time.ts";
import type { ApplyPolicy, GlobalConfig, NeighborConfig, Password, SessionConfig, Settings } from "./config.ts";
import type { Path } from "./positions.ts";
import { reportUnknown, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { resolveFamilies } from "./resolve-families.ts";
import { resolveGracefulRestart } from "./resolve-restart.ts";
import type { FilledNeighbor, GivenNeighbor, GivenPeerGroup } from "./schema/index.ts";
import { neighborTable } from "./schema/neighbor.ts";
import type { applyPolicy } from "./schema/shared.ts";
import { type FilledTable, fill, inherit } from "./schema-node.ts";
import { checkSession } from "./session-checks.ts";
import { SessionScope } from "./session-scope.ts";
import { settingsOf } from "./settings.ts";

/** What a neighbour is resolved against. */
export interface SessionContext {
  readonly report: Report;
  readonly global: GlobalConfig;
  /** Peer groups by name. */
  readonly groups: ReadonlyMap<string, { readonly group: GivenPeerGroup; readonly index: number }>;
}

/** One of `[[neighbors]]`, with its group's values; undefined when it cannot be or is left out. */
export function resolveNeighbor(
  context: SessionContext,
  given: GivenNeighbor,
  index: number,
): NeighborConfig | undefined {
  const { report, groups } = context;
  const path: Path = ["neighbors", index];
  const name = given.config?.["peer-group"];
  const member = name === undefined ? undefined : groups.get(name);
  if (name !== undefined && member === undefined)
    reportUnknown(report, [...path, "config", "peer-group"], "peer group", name, [...groups.keys()]);
  const address = given.config?.["neighbor-address"];
  const isUnnumbered = given.config?.["neighbor-interface"] !== undefined;
  if (address === undefined && !isUnnumbered) requireKey(report, [...path, "config"], "neighbor-address");
  if (member !== undefined) checkPeerAs(context, given, index, member.group);
  const merged = member === undefined ? given : inheritGroup(given, member.group);
  const paths: [Path, ...Path[]] = member === undefined ? [path] : [path, ["peer-groups", member.index]];
  if (address === undefined || given.config?.vrf !== undefined) return undefined;
  const session = resolveSession(context, merged, paths, address);
  if (session === undefined) return undefined;
  if (merged.config?.["peer-as"] === undefined && !report.isFaulty([...path, "config", "peer-as"]))
    report.warning([...path, "config", "peer-as"], "`peer-as` is not set: any AS is accepted", {
      help: "name the neighbour's AS, or set it to 0 to say that this is meant",
    });
  return { ...session, address };
}

/** The group's AS wins over the neighbour's own, as in GoBGP: that must not go unseen. */
function checkPeerAs(context: SessionContext, given: GivenNeighbor, index: number, group: GivenPeerGroup): void {
  const own = given.config?.["peer-as"];
  const groups = group.config?.["peer-as"];
  if (own === undefined || !groups || own === groups) return;
  context.report.warning(
    ["neighbors", index, "config", "peer-as"],
    `\`peer-as\` is ${own}, that of peer group "${given.config?.["peer-group"]}" is ${groups}: the group's counts, as in GoBGP`,
    { help: "take the neighbour out of the group, or its `peer-as` out of the file" },
  );
}

/**
 * What the neighbour has itself counts, but for `peer-as`. A password is one thing, whether it is written as text or as a
 * file: the neighbour's own replaces the group's.
 */
function inheritGroup(given: GivenNeighbor, group: GivenPeerGroup): GivenNeighbor {
  const peerAs = group.config?.["peer-as"];
  const own = peerAs ? { ...given, config: { ...given.config, "peer-as": peerAs } } : given;
  const hasPassword = own.config?.["auth-password"] !== undefined || own.config?.["auth-password-file"] !== undefined;
  const { "auth-password": _text, "auth-password-file": _file, ...config } = group.config ?? {};
  return inherit(neighborTable, own, hasPassword ? { ...group, config } : { ...group });
}

/** The session that a neighbour's (or a group's) values make; undefined when no family is left. */
export function resolveSession(
  context: SessionContext,
  given: GivenNeighbor,
  paths: readonly [Path, ...Path[]],
  address: Address,
): SessionConfig | undefined {
  const { report, global } = context;
  const scope = new SessionScope(report, paths);
  const filled = fill(neighborTable, given);
  const families = resolveFamilies(scope, filled, address);
  const { config, timers, transport } = filled;
  const localAs = config["local-as"] === undefined || config["local-as"] === 0 ? global.as : config["local-as"];
  const isExternal = config["peer-as"] !== localAs;
  checkSession({ scope, global, filled, address, isExternal });
  const gracefulRestart = resolveGracefulRestart(scope, filled, families);
  if (families.length === 0) return undefined;
  const local = transport.config["local-address"];
  const applyPolicy = applyPolicyOf(filled["apply-policy"].config);
  const requiresPolicy = isExternal && (config["ebgp-requires-policy"] ?? global.ebgpRequiresPolicy);
  const fallback = requiresPolicy ? "reject" : "accept";
  const hasIpv4 = families.some((family) => family.family === "ipv4-unicast");
  return {
    description: config.description,
    peerGroup: config["peer-group"],
    peerAs: config["peer-as"],
    localAs,
    globalAs: global.as,
    routerId: global.routerId,
    adminDown: config["admin-down"],
    passive: transport.config["passive-mode"],
    localAddress: local?.isUnspecified ? undefined : local,
    localPort: transport.config["local-port"] || undefined,
    remotePort: transport.config["remote-port"] || 179,
    bindInterface: transport.config["bind-interface"],
    password: passwordOf(config),
    ttl: ttlOf(filled, isExternal),
    holdTime: seconds(timers.config["hold-time"]),
    keepaliveTime: timers.config["keepalive-interval"] ? seconds(timers.config["keepalive-interval"]) : undefined,
    connectRetryTime: seconds(timers.config["connect-retry"]),
    idleHoldTime: seconds(timers.config["idle-hold-time"]),
    idleHoldTimeMax: seconds(timers.config["idle-hold-time-max"]),
    sendHoldTime: optionalSeconds(timers.config["send-hold-time"]),
    families,
    gracefulRestart,
    extendedNextHop: config["extended-next-hop"] ?? (address.version === 6 && hasIpv4),
    extendedMessage: config["extended-message"],
    role: config.role,
    roleStrict: config["role-strict"],
    routeReflectorClient: filled["route-reflector"].config["route-reflector-client"] && !isExternal,
    clusterId: filled["route-reflector"].config["route-reflector-cluster-id"] ?? global.routerId,
    allowOwnAs: filled["as-path-options"].config["allow-own-as"],
    replacePeerAs: filled["as-path-options"].config["replace-peer-as"],
    removePrivateAs: config["remove-private-as"],
    nextHop: config["next-hop"],
    treatAsWithdraw: filled["error-handling"].config["treat-as-withdraw"],
    applyPolicy,
    defaultImport: applyPolicy.defaultImport ?? global.applyPolicy.defaultImport ?? fallback,
    defaultExport: applyPolicy.defaultExport ?? global.applyPolicy.defaultExport ?? fallback,
    settings: {
      ...settingsOf(neighborTable, { ...filled, "afi-safis": familiesOf(filled, families) }),
      ...inherited(global),
    },
  };
}

/** The families that count, so that settings of others make no difference. */
function familiesOf(filled: FilledNeighbor, families: SessionConfig["families"]): FilledNeighbor["afi-safis"] {
  const written = filled["afi-safis"].filter((item) => families.some((f) => f.family === item.config["afi-safi-name"]));
  if (written.length > 0) return written;
  const names = families.map((family) => ({ config: { "afi-safi-name": family.family } }));
  return fill(neighborTable, { "afi-safis": names })["afi-safis"];
}

/** Global keys that concern each session: their change is a change of the session's own. */
function inherited(global: GlobalConfig): Settings {
  const concerns = (name: string) =>
    name.startsWith("apply-policy.") || ["config.as", "config.router-id", "config.ebgp-requires-policy"].includes(name);
  const entries = Object.entries(global.settings).filter(([name]) => concerns(name));
  return Object.fromEntries(entries.map(([name, value]) => [`global.${name}`, value]));
}

const optionalSeconds = (value: number | undefined): Micros | undefined =>
  value === undefined ? undefined : seconds(value);

const DISPOSITION = { "accept-route": "accept", "reject-route": "reject" } as const;

/** The keys of an `apply-policy` table. */
export function applyPolicyOf(config: FilledTable<ReturnType<typeof applyPolicy>["children"]>["config"]): ApplyPolicy {
  const fallback = (word: keyof typeof DISPOSITION | undefined) => word && DISPOSITION[word];
  return {
    importPolicies: config["import-policy-list"] ?? [],
    exportPolicies: config["export-policy-list"] ?? [],
    defaultImport: fallback(config["default-import-policy"]),
    defaultExport: fallback(config["default-export-policy"]),
  };
}

function passwordOf(config: FilledNeighbor["config"]): Password | undefined {
  if (config["auth-password"] !== undefined) return { text: config["auth-password"] };
  return config["auth-password-file"] === undefined ? undefined : { file: config["auth-password-file"] };
}

/** RFC 5082 sends with 255; an eBGP neighbour is on a common link unless multihop says otherwise. */
function ttlOf(filled: FilledNeighbor, isExternal: boolean): SessionConfig["ttl"] {
  const security = filled["ttl-security"].config;
  if (security.enabled) return { send: 255, min: security["ttl-min"] || 255 };
  const multihop = filled["ebgp-multihop"].config;
  const own = filled.transport.config.ttl || undefined;
  if (!isExternal) return { send: own, min: undefined };
  return { send: multihop.enabled ? multihop["multihop-ttl"] || 255 : (own ?? 1), min: undefined };
}
