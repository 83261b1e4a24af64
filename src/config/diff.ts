import type { Config, Effect, Settings } from "./config.ts";
import { checkTable } from "./schema/check.ts";
import { schema } from "./schema/index.ts";
import { neighborTable, peerGroupTable } from "./schema/neighbor.ts";
import { vipTable } from "./schema/own.ts";
import { policyTable } from "./schema/policy.ts";
import { vrrpInstanceTable, vrrpSyncGroupTable } from "./schema/vrrp.ts";
import type { Children } from "./schema-node.ts";
import { keyOf, strongest } from "./settings.ts";

export type Subject =
  | "global"
  | "log"
  | "state"
  | "cluster"
  | "neighbor"
  | "peer-group"
  | "dynamic-neighbor"
  | "vip"
  | "vrrp-instance"
  | "vrrp-sync-group"
  | "check"
  | "policy"
  | "defined-set";

export interface KeyChange {
  readonly key: string;
  /** Undefined: not there. Secrets are masked. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly effect: Effect;
}

/** One thing that differs between two configurations. */
export interface Change {
  readonly subject: Subject;
  /** The neighbour's address, the VIP's or dynamic prefix, the name; "" for global, log, state and cluster. */
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  /** Empty when the whole was added or removed. */
  readonly keys: readonly KeyChange[];
  /** The strongest of the keys' effects; of what was removed, what that does to its sessions. */
  readonly effect: Effect;
}

/** Settings of one thing, by its name. */
type Named = readonly (readonly [name: string, settings: Settings])[];

/** What kind of thing it is, and what its coming and going does. */
interface Kind {
  readonly subject: Subject;
  readonly children: Children;
  readonly added: Effect;
  readonly removed: Effect;
  /** Instead of the keys' own effects. */
  readonly changed?: Effect;
}

const NEIGHBOR: Kind = { subject: "neighbor", children: neighborTable, added: "live", removed: "reset" };
const DYNAMIC: Kind = { ...NEIGHBOR, subject: "dynamic-neighbor", children: { ...neighborTable, ...dynamicKeys() } };
/** Its members change, and say so themselves. */
const GROUP: Kind = {
  subject: "peer-group",
  children: peerGroupTable,
  added: "live",
  removed: "live",
  changed: "live",
};
/** Whatever changes about a VIP is one UPDATE. */
const VIP: Kind = { subject: "vip", children: vipTable, added: "live", removed: "live", changed: "live" };
/** One that goes leaves in order; one that is reset leaves and starts anew. */
const INSTANCE: Kind = { subject: "vrrp-instance", children: vrrpInstanceTable, added: "live", removed: "reset" };
/** Its members change, and say so themselves. */
const SYNC_GROUP: Kind = { ...GROUP, subject: "vrrp-sync-group", children: vrrpSyncGroupTable };
const CHECK: Kind = { subject: "check", children: checkTable, added: "live", removed: "live" };
const POLICY: Kind = { subject: "policy", children: policyTable, added: "soft", removed: "soft" };
const SET: Kind = { subject: "defined-set", children: {}, added: "soft", removed: "soft", changed: "soft" };
const GLOBAL: Kind = { subject: "global", children: schema.global.children, added: "live", removed: "live" };
const STATE: Kind = { subject: "state", children: schema.state.children, added: "live", removed: "live" };
/** Where it is told to whom: the node is restarted, the daemon is not. */
const CLUSTER: Kind = { subject: "cluster", children: schema.cluster.children, added: "live", removed: "reset" };
const LOG: Kind = { subject: "log", children: schema.log.children, added: "live", removed: "live" };

function dynamicKeys(): Children {
  return schema["dynamic-neighbors"].children.config.children;
}

/**
 * What differs, and what it does: pure data for a reload and for `holdfast diff`. Values that come from a peer group or
 * from `global` are compared where they arrive, so a change of theirs is listed with every neighbour it concerns: act on
 * those; the entries of `peer-group` and `global` are for what has no session (listening, selection, the API).
 */
export function diffConfigs(before: Config, after: Config): readonly Change[] {
  return [
    ...compare(GLOBAL, [["", before.global.settings]], [["", after.global.settings]]),
    ...compare(STATE, [["", before.state.settings]], [["", after.state.settings]]),
    ...compare(LOG, [["", before.log.settings]], [["", after.log.settings]]),
    ...compare(CLUSTER, clusterOf(before), clusterOf(after)),
    ...compare(SET, setsOf(before), setsOf(after)),
    ...compare(POLICY, named(before.policies, "name"), named(after.policies, "name")),
    ...compare(GROUP, named(before.peerGroups, "name"), named(after.peerGroups, "name")),
    ...compare(NEIGHBOR, named(before.neighbors, "address"), named(after.neighbors, "address")),
    ...compare(DYNAMIC, named(before.dynamicNeighbors, "prefix"), named(after.dynamicNeighbors, "prefix")),
    ...compare(CHECK, named(before.checks, "name"), named(after.checks, "name")),
    ...compare(SYNC_GROUP, named(before.vrrpSyncGroups, "name"), named(after.vrrpSyncGroups, "name")),
    ...compare(INSTANCE, named(before.vrrpInstances, "name"), named(after.vrrpInstances, "name")),
    ...compare(VIP, named(before.vips, "prefix"), named(after.vips, "prefix")),
  ];
}

function named<K extends string>(
  items: readonly ({ readonly settings: Settings } & { readonly [N in K]: unknown })[],
  key: K,
): Named {
  return items.map((item) => [String(item[key]), item.settings]);
}

function clusterOf({ cluster }: Config): Named {
  return cluster === undefined ? [] : [["", cluster.settings]];
}

/** Sets of all kinds, by kind and name. */
function setsOf(config: Config): Named {
  return Object.entries(config.definedSets).flatMap(([kind, sets]: [string, DefinedSet[]]) =>
    sets.map(({ name, settings }): [string, Settings] => [`${KINDS[kind]} ${name}`, settings]),
  );
}

type DefinedSet = Config["definedSets"][keyof Config["definedSets"]][number];

const KINDS: Readonly<Record<string, string>> = {
  prefixSets: "prefix-set",
  neighborSets: "neighbor-set",
  communitySets: "community-set",
  extCommunitySets: "ext-community-set",
  largeCommunitySets: "large-community-set",
  asPathSets: "as-path-set",
} satisfies Record<keyof Config["definedSets"], string>;

function compare(kind: Kind, before: Named, after: Named): Change[] {
  const changes: Change[] = [];
  const { subject } = kind;
  const old = new Map(before);
  const names = new Set(after.map(([name]) => name));
  for (const [name] of before)
    if (!names.has(name)) changes.push({ subject, name, change: "removed", keys: [], effect: kind.removed });
  for (const [name, settings] of after) {
    const previous = old.get(name);
    if (previous === undefined) {
      changes.push({ subject, name, change: "added", keys: [], effect: kind.added });
      continue;
    }
    const keys = compareSettings(kind, previous, settings);
    if (keys.length > 0)
      changes.push({ subject, name, change: "changed", keys, effect: strongest(keys.map((key) => key.effect)) });
  }
  return changes;
}

function compareSettings(kind: Kind, before: Settings, after: Settings): KeyChange[] {
  const changes: KeyChange[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (before[key] === after[key]) continue;
    const spec = key.startsWith("global.") ? keyOf(schema, key) : keyOf(kind.children, key);
    const mask = (value: string | undefined) => (value === undefined || spec?.secret !== true ? value : "(secret)");
    const effect = kind.changed ?? spec?.reload ?? "reset";
    changes.push({ key, before: mask(before[key]), after: mask(after[key]), effect });
  }
  return changes;
}
