import { key, later, listKey, table, tableList } from "../schema-node.ts";
import * as value from "../values.ts";

/** Tables that GoBGP does not have. */

const u32 = value.integer(0, 4294967295);
/** A longer AS_PATH says nothing more, and some networks drop it. */
const PREPEND_MAX = 64;

export const vipTable = {
  prefix: key(value.prefix("error"), {
    own: true,
    doc: "The service address, usually a /32 or /128.",
    reload: "live",
  }),
  enabled: key(value.boolean, {
    default: true,
    own: true,
    doc: "false: the VIP is known and not announced.",
    reload: "live",
  }),
  description: key(value.text(255), { default: "", own: true, doc: "For people.", reload: "live" }),
  "next-hop": key(value.nextHop, {
    default: "self",
    own: true,
    doc: '"self" is our address on each session. Another address sends the traffic elsewhere. An IPv6 next hop for an IPv4 VIP needs neighbours with `extended-next-hop`.',
    reload: "live",
  }),
  origin: key(value.oneOf("igp", "egp", "incomplete"), {
    default: "igp",
    own: true,
    doc: "ORIGIN: igp is preferred over egp over incomplete.",
    reload: "live",
  }),
  med: key(u32, {
    own: true,
    defaultText: "none",
    doc: "MED: of several ways into our AS a neighbour prefers the lowest. Give the primary gateway less.",
    reload: "live",
  }),
  "local-preference": key(u32, {
    own: true,
    defaultText: "100 to iBGP neighbours",
    doc: "LOCAL_PREF for iBGP neighbours: the highest wins, before anything else. Not sent to eBGP neighbours.",
    reload: "live",
  }),
  "as-path-prepend": key(value.integer(0, PREPEND_MAX, "count"), {
    default: 0,
    own: true,
    doc: "Put our AS in front so many times more: each makes the path less attractive everywhere.",
    reload: "live",
  }),
  communities: listKey(value.community, { default: [], own: true, doc: "RFC 1997.", reload: "live" }),
  "ext-communities": listKey(value.extCommunity, { default: [], own: true, doc: "RFC 4360.", reload: "live" }),
  "large-communities": listKey(value.largeCommunity, { default: [], own: true, doc: "RFC 8092.", reload: "live" }),
  neighbors: listKey(value.text(255, "neighbour or group", false), {
    own: true,
    defaultText: "all",
    doc: "Announce it only to these: addresses of neighbours, names of peer groups.",
    reload: "live",
  }),
  "vrrp-instance": later("VRRP"),
  checks: later("health checks"),
  "require-address": later("the check for the address on this host"),
  "min-announcers": later("the fleet guard"),
  "long-lived": later("the per-VIP choice of long-lived graceful restart"),
  "on-degraded": later("health checks"),
};

export const vips = tableList("Service addresses that this node announces.", vipTable, { own: true });

const level = value.oneOf("debug", "info", "warn", "error");
const componentLevel = (what: string) =>
  key(level, { own: true, defaultText: "`log.level`", doc: `Level of ${what}.`, reload: "live" });

export const log = table(
  "What is logged, and how. Flags of the command line win.",
  {
    level: key(level, {
      default: "info",
      own: true,
      doc: '"debug" tells every message of every session; "warn" only what needs a look.',
      reload: "live",
    }),
    format: key(value.oneOf("json", "text"), {
      default: "json",
      own: true,
      doc: '"json" for programs, one object a line, as gobgpd; "text" for people.',
      reload: "live",
    }),
    components: table(
      "Levels of parts, where they differ.",
      {
        bgp: componentLevel("sessions and routes"),
        vip: componentLevel("the gate of the VIPs"),
        platform: componentLevel("sockets and the kernel"),
        api: componentLevel("gRPC and HTTP"),
        config: componentLevel("loading and reloading"),
        daemon: componentLevel("start, stop and everything else"),
      },
      { own: true },
    ),
  },
  { own: true },
);

/** Tables that later versions have. */
export const laterTables = {
  "vrrp-instances": later("VRRP"),
  "vrrp-sync-groups": later("VRRP"),
  checks: later("health checks"),
  cluster: later("gossip"),
  http: later("the HTTP page and metrics"),
  state: later("state that survives a restart"),
};
