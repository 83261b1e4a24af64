import { configTable, key, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { addPaths, familyTable } from "./family.ts";
import { applyPolicy, gracefulRestart, useMultiplePaths } from "./shared.ts";

/** Keys of `[neighbors.config]` and `[peer-groups.config]` alike. */
export const commonConfig = {
  "peer-as": key(value.asNumber("any"), {
    default: 0,
    doc: "The neighbour's AS; ours for iBGP. 0 or absent: any AS is accepted, so name it. A peer group's wins over the neighbour's own.",
    reload: "reset",
  }),
  "local-as": key(value.asNumber("ours"), {
    defaultText: "`global.config.as`",
    doc: "Be another AS to this neighbour. Ours does not show in AS_PATH; either in a received one is a loop.",
    reload: "reset",
  }),
  "auth-password": key(value.text(80, "string", false), {
    secret: true,
    doc: "TCP MD5 password (RFC 2385), at most 80 octets: the kernel's limit. Where it cannot be applied the session is refused.",
    reload: "reset",
  }),
  "auth-password-file": key(value.text(4096, "path", false), {
    own: true,
    doc: "A file whose first line is the password, so that the configuration can be read by others. Excludes `auth-password`.",
    reload: "reset",
  }),
  description: key(value.text(255), { default: "", doc: "For people; shown in tables and logs.", reload: "live" }),
  "remove-private-as": key(value.oneOf("all", "replace"), {
    defaultText: "keep them",
    doc: 'Private AS numbers in AS_PATHs sent to an eBGP neighbour: "all" takes them out, "replace" puts our AS in their place.',
    reload: "soft",
  }),
  role: key(value.oneOf("provider", "customer", "peer", "rs", "rs-client"), {
    own: true,
    defaultText: "none",
    doc: "Our role on an eBGP session (RFC 9234): routes that would be leaks are neither sent nor taken. A neighbour with the wrong role is refused.",
    reload: "reset",
  }),
  "role-strict": key(value.boolean, {
    default: false,
    own: true,
    doc: "Refuse a neighbour that names no role.",
    reload: "reset",
  }),
  "next-hop": key(value.oneOf("default", "self", "unchanged"), {
    default: "default",
    own: true,
    doc: 'Next hop of learned routes that are passed on: "self" always our address, "unchanged" as learned, "default" as RFC 4271 section 5.1.3 says. VIPs have their own `next-hop`.',
    reload: "soft",
  }),
  "extended-message": key(value.boolean, {
    default: false,
    own: true,
    doc: "Offer messages of up to 65535 octets (RFC 8654). Fewer, larger UPDATEs; costs buffers.",
    reload: "reset",
  }),
  "extended-next-hop": key(value.boolean, {
    own: true,
    defaultText: "true for an IPv6 neighbour with ipv4-unicast, else false",
    doc: "Offer IPv4 routes with IPv6 next hops (RFC 8950). (GoBGP always offers it.)",
    reload: "reset",
  }),
  "ebgp-requires-policy": key(value.boolean, {
    own: true,
    defaultText: "`global.config.ebgp-requires-policy`",
    doc: "RFC 8212 for this neighbour.",
    reload: "soft",
  }),
  "peer-type": key(value.oneOf("internal", "external"), {
    doc: "Without effect in GoBGP too: the AS numbers decide.",
    reload: "live",
    support: "ignored",
  }),
  "route-flap-damping": key(value.boolean, { doc: "Without effect in GoBGP too.", reload: "live", support: "ignored" }),
  "send-community": key(value.oneOf("standard", "extended", "both", "none"), {
    doc: "Without effect in GoBGP too: communities are always sent.",
    reload: "live",
    support: "ignored",
  }),
  "send-software-version": key(value.boolean, { doc: "GoBGP 4's key.", reload: "live", support: "unsupported" }),
};

const timers = configTable("Times of the session.", {
  "connect-retry": key(value.seconds(1, 65535), {
    default: 5,
    doc: "How often a connection is tried, with jitter (RFC 4271 section 10). Less comes up sooner, more is kinder to a neighbour that is down. (GoBGP: 120, and never less than 5.)",
    reload: "live",
  }),
  "hold-time": key(value.wholeSeconds(3, 65535, 0), {
    default: 90,
    doc: "A neighbour that is silent for so long is dead; the smaller of both sides' offers counts; 0: never. Less notices sooner; 3 is the least, and takes a machine that never stalls.",
    reload: "reset",
  }),
  "keepalive-interval": key(value.seconds(0, 21845), {
    defaultText: "a third of the negotiated hold time",
    doc: "How often we say that we live. Must be shorter than the hold time; 0: the default.",
    reload: "reset",
  }),
  "idle-hold-time": key(value.seconds(0, 3600), {
    default: 1,
    own: true,
    doc: "Pause after a session ended in an error; doubles with each failure up to `idle-hold-time-max`.",
    reload: "live",
  }),
  "idle-hold-time-max": key(value.seconds(0, 3600), {
    default: 60,
    own: true,
    doc: "The longest of these pauses. More is kinder to a neighbour that keeps failing; less comes back sooner.",
    reload: "live",
  }),
  "send-hold-time": key(value.seconds(3, 65535, 0), {
    own: true,
    defaultText: "the larger of 480 and twice the hold time",
    doc: "RFC 9687: a neighbour that has not taken a single octet of ours for so long is dead; 0: off.",
    reload: "reset",
  }),
  "minimum-advertisement-interval": key(value.seconds(0, 65535), {
    doc: "Without effect in GoBGP too: changes are sent at once.",
    reload: "live",
    support: "ignored",
  }),
  "idle-hold-time-after-reset": key(value.seconds(0, 65535), {
    doc: "GoBGP 3.10 loses this value. Here a session that was reset comes back after `idle-hold-time`.",
    reload: "live",
    support: "ignored",
  }),
});

const transport = configTable("The TCP connection.", {
  "local-address": key(value.localAddress, {
    defaultText: "the kernel's choice",
    doc: 'Our address on this session: connect from it. "0.0.0.0" and "::" mean the default.',
    reload: "reset",
  }),
  "local-port": key(value.integer(0, 65535, "port"), {
    default: 0,
    doc: "Our port when we connect; 0: any.",
    reload: "reset",
  }),
  "remote-port": key(value.integer(0, 65535, "port"), {
    default: 179,
    doc: "The neighbour's port when we connect; 0: 179.",
    reload: "reset",
  }),
  "passive-mode": key(value.boolean, {
    default: false,
    doc: "Wait for the neighbour to connect.",
    reload: "live",
  }),
  "bind-interface": key(value.text(15, "interface name", false), {
    defaultText: "none",
    doc: "Bind the connection to this interface (or VRF device).",
    reload: "reset",
  }),
  ttl: key(value.integer(0, 255), {
    default: 0,
    doc: "TTL of our packets; 0: 1 to an eBGP neighbour, the kernel's default to an iBGP one. (GoBGP 4 has no such key.)",
    reload: "reset",
  }),
  "tcp-mss": key(value.integer(0, 65535), { doc: "Without effect in GoBGP too.", reload: "live", support: "ignored" }),
  "mtu-discovery": key(value.boolean, { doc: "Without effect in GoBGP too.", reload: "live", support: "ignored" }),
  "ip-tos": key(value.integer(0, 255), { doc: "GoBGP 4's key.", reload: "live", support: "unsupported" }),
});

/** Tables of neighbours and peer groups alike, but for `config`. */
export const sessionTables = {
  timers,
  transport,
  "ebgp-multihop": configTable("An eBGP neighbour that is not on a common link. No meaning for iBGP.", {
    enabled: key(value.boolean, {
      default: false,
      doc: "Allow it. Excludes `ttl-security`.",
      reload: "reset",
    }),
    "multihop-ttl": key(value.integer(0, 255), {
      default: 0,
      doc: "TTL of our packets; 0: 255. The number of hops is safest.",
      reload: "reset",
    }),
  }),
  "ttl-security": configTable("GTSM (RFC 5082): packets from afar are dropped by the kernel.", {
    enabled: key(value.boolean, {
      default: false,
      doc: "Send with TTL 255 and accept only what comes with at least `ttl-min`. Both sides need it.",
      reload: "reset",
    }),
    "ttl-min": key(value.integer(0, 255), {
      default: 0,
      doc: "The least TTL accepted; 0: 255, the same link. One less per router between.",
      reload: "reset",
    }),
  }),
  "route-reflector": configTable("Route reflection (RFC 4456), iBGP only.", {
    "route-reflector-client": key(value.boolean, {
      default: false,
      doc: "Pass routes on between this neighbour and other iBGP neighbours.",
      reload: "reset",
    }),
    "route-reflector-cluster-id": key(value.clusterId, {
      defaultText: "`global.config.router-id`",
      doc: "The same on all reflectors of one cluster.",
      reload: "reset",
    }),
  }),
  "as-path-options": configTable("AS_PATH handling.", {
    "allow-own-as": key(value.integer(0, 255, "count"), {
      default: 0,
      doc: "How often our own AS may stand in a received AS_PATH. More than 0 switches off loop detection to that extent.",
      reload: "soft",
    }),
    "replace-peer-as": key(value.boolean, {
      default: false,
      doc: "AS override: put our AS in place of the eBGP neighbour's in AS_PATHs we send.",
      reload: "soft",
    }),
    "allow-aspath-loop-local": key(value.boolean, { doc: "GoBGP 4's key.", reload: "live", support: "unsupported" }),
  }),
  "add-paths": addPaths,
  "graceful-restart": gracefulRestart(),
  "afi-safis": tableList("The families of the session. Without any: that of the neighbour's address.", familyTable),
  "apply-policy": applyPolicy(
    "Policies of this neighbour; they win over global ones. (GoBGP heeds them only for route-server clients.)",
  ),
  "error-handling": configTable("Malformed UPDATEs.", {
    "treat-as-withdraw": key(value.boolean, {
      default: true,
      doc: "RFC 7606: a malformed UPDATE costs its routes, not the session. false: any attribute error resets the session.",
      reload: "reset",
    }),
  }),
  "logging-options": configTable(
    "State changes are always logged.",
    { "log-neighbor-state-changes": key(value.boolean, { doc: "Without effect in GoBGP too.", reload: "live" }) },
    { support: "ignored" },
  ),
  "use-multiple-paths": useMultiplePaths,
  "route-server": configTable("Route servers (RFC 7947).", {
    "route-server-client": key(value.boolean, {
      doc: "Route servers are not implemented: an ordinary neighbour.",
      reload: "live",
      support: "unsupported",
    }),
    "secondary-route": key(value.boolean, {
      doc: "Route servers are not implemented.",
      reload: "live",
      support: "unsupported",
    }),
  }),
  bfd: configTable(
    "BFD (RFC 5880) as in GoBGP 4.6.",
    {
      enabled: key(value.boolean, { doc: "Not implemented yet.", reload: "live" }),
      "desired-minimum-tx-interval": key(value.integer(0, 4294967295), { doc: "Not implemented yet.", reload: "live" }),
      "required-minimum-receive": key(value.integer(0, 4294967295), { doc: "Not implemented yet.", reload: "live" }),
      "detection-multiplier": key(value.integer(0, 255), { doc: "Not implemented yet.", reload: "live" }),
    },
    { support: "unsupported" },
  ),
};
