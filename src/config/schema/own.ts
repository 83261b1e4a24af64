import { key, later, listKey, table, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { checkName, instanceName } from "./names.ts";

/** Tables that GoBGP does not have. */

const u32 = value.integer(0, 4294967295);
/** A longer AS_PATH says nothing more, and some networks drop it. */
const PREPEND_MAX = 64;

export const vipTable = {
  prefix: key(value.prefix("error"), {
    doc: "The service address, usually a /32 or /128.",
    reload: "live",
  }),
  enabled: key(value.boolean, {
    default: true,
    doc: "false: the VIP is known and not announced.",
    reload: "live",
  }),
  description: key(value.text(255), { default: "", doc: "For people.", reload: "live" }),
  "next-hop": key(value.nextHop, {
    default: "self",
    doc: '"self" is our address on each session. Another address sends the traffic elsewhere. An IPv6 next hop for an IPv4 VIP needs neighbours with `extended-next-hop`.',
    reload: "live",
  }),
  origin: key(value.oneOf("igp", "egp", "incomplete"), {
    default: "igp",
    doc: "ORIGIN: igp is preferred over egp over incomplete.",
    reload: "live",
  }),
  med: key(u32, {
    defaultText: "none",
    doc: "MED: of several ways into our AS a neighbour prefers the lowest. Give the primary gateway less.",
    reload: "live",
  }),
  "local-preference": key(u32, {
    defaultText: "100 to iBGP neighbours",
    doc: "LOCAL_PREF for iBGP neighbours: the highest wins, before anything else. Not sent to eBGP neighbours.",
    reload: "live",
  }),
  "as-path-prepend": key(value.integer(0, PREPEND_MAX, "count"), {
    default: 0,
    doc: "Put our AS in front so many times more: each makes the path less attractive everywhere.",
    reload: "live",
  }),
  communities: listKey(value.community, { default: [], doc: "RFC 1997.", reload: "live" }),
  "ext-communities": listKey(value.extCommunity, { default: [], doc: "RFC 4360.", reload: "live" }),
  "large-communities": listKey(value.largeCommunity, { default: [], doc: "RFC 8092.", reload: "live" }),
  neighbors: listKey(value.text(255, "neighbour or group", false), {
    defaultText: "all",
    doc: "Announce it only to these: addresses of neighbours, names of peer groups.",
    reload: "live",
  }),
  "vrrp-instance": key(instanceName, {
    defaultText: "none",
    doc: "Announced only while this `[[vrrp-instances]]` is Master here.",
    reload: "live",
  }),
  checks: listKey(checkName, {
    default: [],
    doc: 'Announced only while these `[[checks]]` are up; `on-degraded` while one of severity "degraded" is not.',
    reload: "live",
  }),
  "require-address": key(value.boolean, {
    default: false,
    doc: "true: announced only while the address is on an interface of this host. Without it a VIP may attract traffic that nobody takes.",
    reload: "live",
  }),
  "long-lived": key(value.boolean, {
    default: true,
    doc: "false adds the community no-llgr: neighbours do not keep the route as long-lived stale when we are gone.",
    reload: "live",
  }),
  "drain-delay": key(value.seconds(0, 86400), {
    default: 10,
    doc: "A VIP that is drained is announced so long with the community graceful-shutdown and LOCAL_PREF 0 (RFC 8326), then withdrawn. More gives slow networks time to find other ways; 0 withdraws at once.",
    reload: "live",
  }),
  "hold-up": key(value.seconds(0, 86400), {
    default: 0,
    doc: "After a withdraw for a check: how long all must be well before it is announced again. More spares the network a VIP that comes and goes; less is back sooner. A VRRP instance that becomes Master does not wait.",
    reload: "live",
  }),
  "min-announcers": key(value.integer(0, 64, "count"), {
    default: 0,
    doc: "So many other gateways of the `[cluster]` must confirm that they announce it, before a drain, a failing check or a lapsed lease withdraws it here. 0: nobody is asked. The same on all gateways. Hard reasons (VRRP, a missing address, an operator, a stop) never wait.",
    reload: "live",
  }),
  "on-degraded": table(
    'What is different while a check of severity "degraded" fails: whoever else announces the VIP gets the traffic. At least one key.',
    {
      med: key(u32, { defaultText: "the VIP's", doc: "MED instead.", reload: "live" }),
      "local-preference": key(u32, {
        defaultText: "the VIP's",
        doc: "LOCAL_PREF instead, for iBGP neighbours.",
        reload: "live",
      }),
      "as-path-prepend": key(value.integer(0, PREPEND_MAX, "count"), {
        defaultText: "the VIP's",
        doc: "Our AS so many times more, instead.",
        reload: "live",
      }),
      communities: listKey(value.community, { default: [], doc: "RFC 1997, besides.", reload: "live" }),
      "large-communities": listKey(value.largeCommunity, {
        default: [],
        doc: "RFC 8092, besides.",
        reload: "live",
      }),
    },
    { own: true },
  ),
  damping: table(
    "Keeps a VIP down for a while that goes up and down, as RFC 2439 does for routes. Each withdraw for a check adds a penalty of 1000, which decays by half in `half-life`. Off without `half-life`.",
    {
      "half-life": key(value.seconds(1, 86400), {
        defaultText: "off",
        doc: "More remembers longer.",
        reload: "live",
      }),
      suppress: key(value.integer(1, 1000000), {
        default: 2000,
        doc: "From this penalty on it is kept down. 2000: with the third withdraw in short time.",
        reload: "live",
      }),
      reuse: key(value.integer(1, 1000000), {
        default: 750,
        doc: "Below this penalty it may come back.",
        reload: "live",
      }),
      "suppress-max": key(value.seconds(1, 604800), {
        defaultText: "4 times `half-life`",
        doc: "Not kept down longer than this after the last withdraw.",
        reload: "live",
      }),
    },
    { own: true },
  ),
};

export const vips = tableList("Service addresses that this node announces.", vipTable, { own: true });

const level = value.oneOf("debug", "info", "warn", "error");
const componentLevel = (what: string) =>
  key(level, { defaultText: "`log.level`", doc: `Level of ${what}.`, reload: "live" });

export const log = table(
  "What is logged, and how. Flags of the command line win.",
  {
    level: key(level, {
      default: "info",
      doc: '"debug" tells every message of every session; "warn" only what needs a look.',
      reload: "live",
    }),
    format: key(value.oneOf("json", "text"), {
      default: "json",
      doc: '"json" for programs, one object a line, as gobgpd; "text" for people.',
      reload: "live",
    }),
    components: table(
      "Levels of parts, where they differ.",
      {
        bgp: componentLevel("sessions and routes"),
        vrrp: componentLevel("virtual routers"),
        health: componentLevel("health checks"),
        vip: componentLevel("the gate of the VIPs"),
        platform: componentLevel("sockets and the kernel"),
        api: componentLevel("gRPC and HTTP"),
        config: componentLevel("loading and reloading"),
        fleet: componentLevel("the other gateways"),
        daemon: componentLevel("start, stop and everything else"),
      },
      { own: true },
    ),
  },
  { own: true },
);

export const state = table(
  "What survives the process: that it was killed, and which virtual routers were Master, by which the next one knows that it restarts (RFC 4724); and what operators have drained, taken down or disabled, which stays so until they take it back.",
  {
    directory: key(value.text(255, "directory", false), {
      default: "/var/lib/holdfast",
      doc: "Made when it is missing. Each holdfastd of a host needs one of its own. When it cannot be used, a warning says so, every start is a fresh one, and the orders of operators are kept no longer than the process. It has to outlive a reboot for them to do so: not in `/run`.",
      reload: "restart",
    }),
  },
  { own: true },
);

/** Tables that later versions have. */
export const laterTables = {
  http: later("the HTTP page and metrics"),
};
