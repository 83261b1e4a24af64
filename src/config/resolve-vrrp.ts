import { seconds } from "../lib/time.ts";
import type { Settings } from "./config.ts";
import type { TrackerConfig, VrrpInstanceConfig, VrrpSyncGroupConfig, VrrpUnicastConfig } from "./config-vrrp.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, reportUnknown, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import type { KnownCheck } from "./resolve-check.ts";
import type {
  FilledTrack,
  FilledVrrpInstance,
  GivenFile,
  GivenVrrpInstance,
  GivenVrrpSyncGroup,
} from "./schema/index.ts";
import { vrrpInstanceTable, vrrpSyncGroupTable } from "./schema/vrrp.ts";
import { fill } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";
import { checkInstance, checkInstances } from "./vrrp-checks.ts";

/** What the tables of VRRP make together. */
export interface Vrrp {
  readonly instances: readonly VrrpInstanceConfig[];
  readonly groups: readonly VrrpSyncGroupConfig[];
  /** Names of all instances in the file, also of those that are not right. */
  readonly names: readonly string[];
  /** Checks that instances or groups track. */
  readonly checksUsed: readonly string[];
}

interface Group {
  readonly name: string;
  readonly at: Path;
  readonly trackers: readonly TrackerConfig[];
  readonly settings: Settings;
}

interface Context {
  readonly report: Report;
  readonly checks: ReadonlyMap<string, KnownCheck>;
  readonly groups: ReadonlyMap<string, Group>;
}

export function resolveVrrp(file: GivenFile, checks: ReadonlyMap<string, KnownCheck>, report: Report): Vrrp {
  const given = file["vrrp-instances"] ?? [];
  const groups = resolveGroups(file["vrrp-sync-groups"] ?? [], checks, report);
  const context: Context = { report, checks, groups };
  checkDuplicates(
    report,
    given.map(({ name }, i) => [name, ["vrrp-instances", i, "name"]]),
  );
  const instances: VrrpInstanceConfig[] = [];
  for (const [index, item] of given.entries()) {
    const instance = resolveInstance(item, ["vrrp-instances", index], context);
    if (instance !== undefined) instances.push(instance);
  }
  checkInstances(given, report);
  const trackers = [...instances, ...groups.values()].flatMap((item) => item.trackers);
  return {
    instances,
    groups: [...groups.values()].map((group) => finishGroup(group, given, report)),
    names: given.flatMap(({ name }) => name ?? []),
    checksUsed: trackers.flatMap(({ source }) => ("check" in source ? source.check : [])),
  };
}

function resolveGroups(
  given: readonly GivenVrrpSyncGroup[],
  checks: Context["checks"],
  report: Report,
): Context["groups"] {
  checkDuplicates(
    report,
    given.map(({ name }, i) => [name, ["vrrp-sync-groups", i, "name"]]),
  );
  const groups = new Map<string, Group>();
  for (const [index, item] of given.entries()) {
    const at = ["vrrp-sync-groups", index];
    const filled = fill(vrrpSyncGroupTable, item);
    const trackers = resolveTrackers(filled.track, [...at, "track"], checks, report);
    const { name } = filled;
    if (name === undefined) requireKey(report, at, "name");
    else if (!groups.has(name))
      groups.set(name, { name, at, trackers, settings: settingsOf(vrrpSyncGroupTable, filled) });
  }
  return groups;
}

function finishGroup(
  { name, at, settings }: Group,
  given: NonNullable<GivenFile["vrrp-instances"]>,
  report: Report,
): VrrpSyncGroupConfig {
  const members = given.flatMap((instance) => (instance["sync-group"] === name ? (instance.name ?? []) : []));
  if (members.length < 2) {
    const has = members.length === 0 ? "no member" : "one member";
    report.warning([...at, "name"], `sync group "${name}" has ${has}: there is nothing to keep together`);
  }
  return { name, members, settings };
}

function resolveInstance(given: GivenVrrpInstance, at: Path, context: Context): VrrpInstanceConfig | undefined {
  const { report } = context;
  const filled = fill(vrrpInstanceTable, given);
  for (const key of ["name", "interface", "virtual-router-id", "virtual-addresses"] as const)
    if (filled[key] === undefined) requireKey(report, at, key);
  const own = resolveTrackers(filled.track, [...at, "track"], context.checks, report);
  const group = groupOf(filled, at, context);
  checkInstance({ given, filled, at, report, trackers: own, groupTrackers: group?.trackers ?? [] });
  const { name, interface: interfaceName, "virtual-router-id": virtualRouterId } = filled;
  const addresses = filled["virtual-addresses"];
  const family = addresses?.[0]?.version;
  if (name === undefined || interfaceName === undefined || virtualRouterId === undefined) return undefined;
  if (addresses === undefined || family === undefined) return undefined;
  return {
    name,
    description: filled.description,
    interface: interfaceName,
    version: filled.version,
    family,
    virtualRouterId,
    priority: filled.priority,
    advertisementInterval: seconds(filled["advertisement-interval"]),
    preempt: filled.preempt,
    preemptDelay: seconds(filled["preempt-delay"]),
    startupDelay: seconds(filled["startup-delay"]),
    addresses,
    excludedAddresses: filled["excluded-addresses"],
    unicast: unicastOf(filled),
    password: filled.password,
    rfc9568Checksum: filled["rfc9568-checksum"],
    answerLowerPriority: filled["answer-lower-priority"],
    onAddressLoss: filled["on-address-loss"],
    gratuitous: gratuitousOf(filled),
    trackers: [...own, ...(group?.trackers ?? [])],
    syncGroup: filled["sync-group"],
    addressInterface: filled["address-interface"],
    virtualMac: filled["virtual-mac"],
    accept: filled.accept,
    source: filled["unicast-source"],
    settings: { ...settingsOf(vrrpInstanceTable, filled), ...arriving(group), family: `IPv${family}` },
  };
}

/** What comes from the group is a change of each member. */
function arriving(group: Group | undefined): Settings {
  const tracks = Object.entries(group?.settings ?? {}).filter(([key]) => key.startsWith("track"));
  return Object.fromEntries(tracks.map(([key, value]) => [`sync-group.${key}`, value]));
}

function groupOf(filled: FilledVrrpInstance, at: Path, { groups, report }: Context): Group | undefined {
  const name = filled["sync-group"];
  if (name === undefined) return undefined;
  const group = groups.get(name);
  if (group === undefined) reportUnknown(report, [...at, "sync-group"], "sync group", name, [...groups.keys()]);
  return group;
}

function unicastOf(filled: FilledVrrpInstance): VrrpUnicastConfig | undefined {
  const peers = filled["unicast-peers"];
  if (peers === undefined) return undefined;
  return {
    peers,
    ttlMin: filled["unicast-ttl-min"],
    ttlMax: filled["unicast-ttl-max"],
    checkSource: filled["unicast-check-source"],
  };
}

function gratuitousOf(filled: FilledVrrpInstance): VrrpInstanceConfig["gratuitous"] {
  return {
    repeat: filled["garp-repeat"],
    delay: seconds(filled["garp-delay"]),
    refresh: seconds(filled["garp-refresh"]),
    lowerPriorityRepeat: filled["garp-lower-priority-repeat"],
  };
}

/** What is watched, those that are right. */
function resolveTrackers(
  given: readonly FilledTrack[],
  at: Path,
  checks: Context["checks"],
  report: Report,
): TrackerConfig[] {
  const trackers: TrackerConfig[] = [];
  const seen: (readonly [string | undefined, Path])[] = [];
  for (const [index, { check, interface: interfaceName, weight, reverse }] of given.entries()) {
    const path = [...at, index];
    const key = check === undefined ? "interface" : "check";
    const name = check ?? interfaceName;
    if (check !== undefined && interfaceName !== undefined)
      report.error(
        [...path, "interface"],
        "`interface` and `check` exclude each other: each needs an entry of its own",
      );
    if (name === undefined) {
      if (!report.isFaulty([...path, "check"]) && !report.isFaulty([...path, "interface"]))
        report.error(path, "`check` or `interface` is missing");
      continue;
    }
    if (check !== undefined && !checks.has(check)) {
      reportUnknown(report, [...path, "check"], "check", check, [...checks.keys()]);
      continue;
    }
    seen.push([`${key} ${name}`, [...path, key]]);
    const source = check === undefined ? { interface: name } : { check: name };
    trackers.push({ name: `${key} ${name}`, source, weight, reverse });
  }
  checkDuplicates(report, seen);
  return trackers;
}
