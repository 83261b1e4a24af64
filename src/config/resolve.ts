import { type Address, parseAddress } from "../lib/address.ts";
import type { Config, DynamicNeighborConfig, GlobalConfig, LogConfig, PeerGroupConfig, StateConfig } from "./config.ts";
import { checkDuplicates, reportUnknown, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { resolveChecks, usedChecks } from "./resolve-check.ts";
import { resolveCluster } from "./resolve-cluster.ts";
import { checkPolicyNames, resolvePolicies } from "./resolve-policy.ts";
import { applyPolicyOf, resolveNeighbor, resolveSession, type SessionContext } from "./resolve-session.ts";
import { resolveDefinedSets } from "./resolve-sets.ts";
import { resolveVips } from "./resolve-vip.ts";
import { resolveVrrp } from "./resolve-vrrp.ts";
import { type GivenFile, type GivenNeighbor, type GivenPeerGroup, schema } from "./schema/index.ts";
import { neighborTable, peerGroupTable } from "./schema/neighbor.ts";
import { fill, inherit } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

/** Where GoBGP listens unless told otherwise. */
const ANY_ADDRESS = ["0.0.0.0", "::"].map((text) => parseAddress(text) as Address);

/** IANA's. */
const BGP_PORT = 179;

/** Turns a validated file into a configuration: defaults, peer groups, and everything that keys say of one another. */
export function resolve(given: GivenFile, report: Report): Config {
  const global = resolveGlobal(given, report);
  const definedSets = resolveDefinedSets(given["defined-sets"] ?? {}, report);
  const policies = resolvePolicies(given["policy-definitions"] ?? [], definedSets, report);
  checkPolicyNames(given, policies, report);
  const groups = collectGroups(given["peer-groups"] ?? [], report);
  const context: SessionContext = { report, global, groups };
  const neighbors = (given.neighbors ?? []).map((neighbor, index) => resolveNeighbor(context, neighbor, index));
  checkDuplicates(
    report,
    (given.neighbors ?? []).map(({ config }, i) => [
      config?.["neighbor-address"]?.toString(),
      ["neighbors", i, "config", "neighbor-address"],
    ]),
  );
  const dynamicNeighbors = resolveDynamicNeighbors(context, given);
  const addresses = (given.neighbors ?? []).flatMap((neighbor) => neighbor.config?.["neighbor-address"] ?? []);
  const known = neighbors.filter((neighbor) => neighbor !== undefined);
  const checks = resolveChecks(given.checks ?? [], report);
  const vrrp = resolveVrrp(given, checks, report);
  const vips = resolveVips(given.vips ?? [], {
    report,
    globalAs: global.as,
    neighbors: known,
    addresses,
    groups: [...groups.keys()],
    dynamicNeighbors,
    checks,
    instances: vrrp.instances,
    instanceNames: vrrp.names,
  });
  const checksUsed = new Set([...vrrp.checksUsed, ...(given.vips ?? []).flatMap((vip) => vip.checks ?? [])]);
  return {
    global,
    log: resolveLog(given),
    state: resolveState(given),
    cluster: resolveCluster(given, report),
    neighbors: known,
    peerGroups: [...groups].map(([name, { group }]) => resolveGroup(name, group)),
    dynamicNeighbors,
    vips,
    vrrpInstances: vrrp.instances,
    vrrpSyncGroups: vrrp.groups,
    checks: usedChecks(checks, checksUsed, report),
    definedSets,
    policies,
  };
}

function resolveGlobal(given: GivenFile, report: Report): GlobalConfig {
  const filled = fill(schema.global.children, given.global ?? {});
  const { config } = filled;
  const needed = [given.neighbors, given["peer-groups"], given["dynamic-neighbors"], given.vips].some(
    (list) => list?.length,
  );
  const asPath = ["global", "config", "as"];
  const idPath = ["global", "config", "router-id"];
  if (needed && config.as === 0 && !report.isFaulty(asPath))
    report.error(asPath, "`as` is missing: without our AS number BGP cannot start", {
      help: "[global.config] as = 65001",
    });
  if ((needed || config.as !== 0) && config["router-id"] === undefined && !report.isFaulty(idPath))
    report.error(idPath, "`router-id` is missing: without it BGP cannot start", {
      help: '[global.config] router-id = "192.0.2.1"',
    });
  const local = config["local-address-list"] ?? [];
  checkDuplicates(
    report,
    local.map((address, i) => [address.toString(), ["global", "config", "local-address-list", i]]),
  );
  const selection = filled["route-selection-options"].config;
  return {
    as: config.as,
    routerId: config["router-id"] ?? 0,
    listenPort: config.port === -1 ? undefined : config.port || BGP_PORT,
    localAddresses: local.length === 0 ? ANY_ADDRESS : local,
    selection: {
      alwaysCompareMed: selection["always-compare-med"],
      ignoreAsPathLength: selection["ignore-as-path-length"],
      externalCompareRouterId: selection["external-compare-router-id"],
    },
    useMultiplePaths: filled["use-multiple-paths"].config.enabled,
    applyPolicy: applyPolicyOf(filled["apply-policy"].config),
    ebgpRequiresPolicy: config["ebgp-requires-policy"],
    reloadMaxDrop: config["reload-max-drop"],
    persistApiPaths: config["persist-api-paths"],
    shutdownCommunication: config["shutdown-communication"],
    settings: settingsOf(schema.global.children, filled),
  };
}

function resolveLog(given: GivenFile): LogConfig {
  const filled = fill(schema.log.children, given.log ?? {});
  const components = Object.fromEntries(Object.entries(filled.components).filter(([, level]) => level !== undefined));
  return { level: filled.level, format: filled.format, components, settings: settingsOf(schema.log.children, filled) };
}

function resolveState(given: GivenFile): StateConfig {
  const filled = fill(schema.state.children, given.state ?? {});
  return { directory: filled.directory, settings: settingsOf(schema.state.children, filled) };
}

/** Groups by name, the first of each. */
function collectGroups(given: readonly GivenPeerGroup[], report: Report): SessionContext["groups"] {
  const groups = new Map<string, { group: GivenPeerGroup; index: number }>();
  for (const [index, group] of given.entries()) {
    const name = group.config?.["peer-group-name"];
    if (name === undefined) requireKey(report, ["peer-groups", index, "config"], "peer-group-name");
    else if (!groups.has(name)) groups.set(name, { group, index });
  }
  checkDuplicates(
    report,
    given.map(({ config }, i) => [config?.["peer-group-name"], ["peer-groups", i, "config", "peer-group-name"]]),
  );
  return groups;
}

function resolveGroup(name: string, given: GivenPeerGroup): PeerGroupConfig {
  const filled = fill(peerGroupTable, given);
  return { name, description: filled.config.description, settings: settingsOf(peerGroupTable, filled) };
}

function resolveDynamicNeighbors(context: SessionContext, file: GivenFile): DynamicNeighborConfig[] {
  const { report, groups, global } = context;
  const given = file["dynamic-neighbors"] ?? [];
  const dynamic: DynamicNeighborConfig[] = [];
  for (const [index, { config }] of given.entries()) {
    const path = ["dynamic-neighbors", index, "config"];
    const prefix = config?.prefix;
    const name = config?.["peer-group"];
    if (prefix === undefined) requireKey(report, path, "prefix");
    if (name === undefined) requireKey(report, path, "peer-group");
    if (global.listenPort === undefined)
      report.error(["global", "config", "port"], "`port` is -1: without listening there are no dynamic neighbours");
    const member = name === undefined ? undefined : groups.get(name);
    if (name !== undefined && member === undefined)
      reportUnknown(report, [...path, "peer-group"], "peer group", name, [...groups.keys()]);
    if (prefix === undefined || name === undefined || member === undefined) continue;
    const merged = inherit(neighborTable, { config: { "peer-group": name } } satisfies GivenNeighbor, member.group);
    const session = resolveSession(context, merged, [["peer-groups", member.index]], prefix.address);
    if (session === undefined) continue;
    const settings = { ...session.settings, prefix: prefix.toString(), "peer-group": name };
    dynamic.push({ prefix, peerGroup: name, session, settings });
  }
  checkDuplicates(
    report,
    given.map(({ config }, i) => [config?.prefix?.toString(), ["dynamic-neighbors", i, "config", "prefix"]]),
  );
  return dynamic;
}
