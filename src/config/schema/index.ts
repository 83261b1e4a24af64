import type { FilledTable, GivenTable } from "../schema-node.ts";
import { checks, type checkTable } from "./check.ts";
import { cluster } from "./cluster.ts";
import { global } from "./global.ts";
import { dynamicNeighbors, neighbors, type neighborTable, peerGroups, type peerGroupTable } from "./neighbor.ts";
import { laterTables, log, state, vips, type vipTable } from "./own.ts";
import { definedSets, policyDefinitions, type policyTable, type statementTable } from "./policy.ts";
import { bmpServers, collector, mrtDump, rpkiServers, vrfs, zebra } from "./unsupported.ts";
import { vrrpInstances, type vrrpInstanceTable, vrrpSyncGroups, type vrrpSyncGroupTable } from "./vrrp.ts";

/** The whole file. */
export const schema = {
  global,
  neighbors,
  "peer-groups": peerGroups,
  "dynamic-neighbors": dynamicNeighbors,
  vips,
  "vrrp-instances": vrrpInstances,
  "vrrp-sync-groups": vrrpSyncGroups,
  checks,
  log,
  state,
  cluster,
  "defined-sets": definedSets,
  "policy-definitions": policyDefinitions,
  zebra,
  "bmp-servers": bmpServers,
  "mrt-dump": mrtDump,
  "rpki-servers": rpkiServers,
  vrfs,
  collector,
  ...laterTables,
};

export type GivenFile = GivenTable<typeof schema>;
export type GivenNeighbor = GivenTable<typeof neighborTable>;
export type GivenPeerGroup = GivenTable<typeof peerGroupTable>;
export type FilledNeighbor = FilledTable<typeof neighborTable>;
export type GivenVip = GivenTable<typeof vipTable>;
export type FilledVip = FilledTable<typeof vipTable>;
export type GivenVrrpInstance = GivenTable<typeof vrrpInstanceTable>;
export type FilledVrrpInstance = FilledTable<typeof vrrpInstanceTable>;
export type GivenVrrpSyncGroup = GivenTable<typeof vrrpSyncGroupTable>;
export type FilledTrack = FilledVrrpInstance["track"][number];
export type GivenCheck = GivenTable<typeof checkTable>;
export type FilledCheck = FilledTable<typeof checkTable>;
export type GivenPolicy = GivenTable<typeof policyTable>;
export type FilledStatement = FilledTable<typeof statementTable>;
