import { type Children, configTable, key, table } from "../schema-node.ts";
import * as value from "../values.ts";
import { applyPolicy, LONG_LIVED_STALE_TIME_MAX, useMultiplePaths } from "./shared.ts";

/** The families GoBGP knows. Those that are not carried are left out, with a warning. */
const FAMILY_NAMES = [
  "ipv4-unicast",
  "ipv6-unicast",
  "ipv4-labelled-unicast",
  "ipv6-labelled-unicast",
  "l3vpn-ipv4-unicast",
  "l3vpn-ipv6-unicast",
  "l3vpn-ipv4-multicast",
  "l3vpn-ipv6-multicast",
  "l2vpn-vpls",
  "l2vpn-evpn",
  "ipv4-multicast",
  "ipv6-multicast",
  "rtc",
  "ipv4-encap",
  "ipv6-encap",
  "ipv4-flowspec",
  "l3vpn-ipv4-flowspec",
  "ipv6-flowspec",
  "l3vpn-ipv6-flowspec",
  "l2vpn-flowspec",
  "opaque",
  "ls",
  "ipv4-srpolicy",
  "ipv6-srpolicy",
  "ipv4-mup",
  "ipv6-mup",
] as const;
const CARRIED = ["ipv4-unicast", "ipv6-unicast"] as const;
export const isCarried = (name: string): name is (typeof CARRIED)[number] =>
  (CARRIED as readonly string[]).includes(name);
export const familyName = value.oneOf(...FAMILY_NAMES);

const prefixLimit = configTable("How many prefixes the neighbour may send of this family.", {
  "max-prefixes": key(value.integer(0, 4294967295), {
    default: 0,
    doc: "The most prefixes taken; 0: no limit. A limit near the expected number catches a leak early; too near, and growth looks like one.",
    reload: "live",
  }),
  "shutdown-threshold-pct": key(value.integer(0, 100, "percentage"), {
    default: 0,
    doc: "A warning is logged once this share of `max-prefixes` is reached; 0: no warning.",
    reload: "live",
  }),
  action: key(value.oneOf("shutdown", "restart", "discard"), {
    own: true,
    defaultText: '"restart" when `restart-timer` is given, else "shutdown" (as GoBGP)',
    doc: 'Beyond the limit: "shutdown" ends the session (Cease/1) until an operator enables it, "restart" ends it for `restart-timer`, "discard" keeps it and drops what is too much.',
    reload: "live",
  }),
  "restart-timer": key(value.seconds(1, 86400), {
    defaultText: "300",
    doc: 'How long the session stays down with action "restart". (GoBGP reads this key and does nothing with it.)',
    reload: "live",
  }),
});

/** An OpenConfig table with nothing but a prefix limit, which GoBGP reads and does not use. */
const unusedLimit = table("Without effect in GoBGP too: use `prefix-limit` beside it.", prefixLimitOnly(), {
  support: "ignored",
});

function prefixLimitOnly() {
  return {
    "prefix-limit": configTable("Without effect in GoBGP too.", {
      "max-prefixes": key(value.integer(0, 4294967295), { doc: "No effect.", reload: "live" }),
      "shutdown-threshold-pct": key(value.integer(0, 100), { doc: "No effect.", reload: "live" }),
      "restart-timer": key(value.seconds(0, 86400), { doc: "No effect.", reload: "live" }),
    }),
  } satisfies Children;
}

const unusedUnicast = table(
  "Without effect in GoBGP too: use `prefix-limit` beside it.",
  {
    ...prefixLimitOnly(),
    config: table("Without effect in GoBGP too.", {
      "send-default-route": key(value.boolean, { doc: "No effect.", reload: "live" }),
    }),
  },
  { support: "ignored" },
);

export const addPaths = configTable("Several paths for one prefix (RFC 7911).", {
  receive: key(value.boolean, {
    default: false,
    doc: "Offer to take several paths for a prefix. Costs memory for each.",
    reload: "reset",
  }),
  "send-max": key(value.integer(0, 255, "count"), {
    default: 0,
    doc: "Send up to so many paths for a prefix; 0: only the best.",
    reload: "reset",
  }),
});

/** One element of `afi-safis`. */
export const familyTable = {
  config: table("Which family.", {
    "afi-safi-name": key(familyName, {
      doc: 'The family: "ipv4-unicast" or "ipv6-unicast". Other families that GoBGP knows are left out, with a warning.',
      reload: "reset",
    }),
    enabled: key(value.boolean, { default: true, doc: "false: as if the entry were not there.", reload: "reset" }),
  }),
  "mp-graceful-restart": configTable("This family's part in graceful restart.", {
    enabled: key(value.boolean, {
      default: false,
      doc: "List the family in the graceful-restart capability. Without it the family's routes go at once when we die.",
      reload: "reset",
    }),
  }),
  "long-lived-graceful-restart": configTable("This family's part in long-lived graceful restart.", {
    enabled: key(value.boolean, {
      default: false,
      doc: "List the family in the long-lived capability; needs `long-lived-enabled`.",
      reload: "reset",
    }),
    "restart-time": key(value.wholeSeconds(0, LONG_LIVED_STALE_TIME_MAX), {
      default: 0,
      doc: "How long the neighbour keeps our routes, least preferred, after the restart time. Days are usual: a stale path is used only where there is no other.",
      reload: "reset",
    }),
  }),
  "prefix-limit": prefixLimit,
  "add-paths": table("Overrides the neighbour's `add-paths`.", {
    config: table("Overrides the neighbour's `add-paths`.", {
      receive: key(value.boolean, {
        defaultText: "the neighbour's",
        doc: "As the neighbour's key of this name, for one family.",
        reload: "reset",
      }),
      "send-max": key(value.integer(0, 255, "count"), {
        defaultText: "the neighbour's",
        doc: "As the neighbour's key of this name, for one family.",
        reload: "reset",
      }),
    }),
  }),
  "apply-policy": applyPolicy("Without effect in GoBGP too.", "ignored"),
  "route-selection-options": configTable(
    "Without effect in GoBGP too.",
    {
      "always-compare-med": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "ignore-as-path-length": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "external-compare-router-id": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "advertise-inactive-routes": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "enable-aigp": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "ignore-next-hop-igp-metric": key(value.boolean, { doc: "No effect.", reload: "live" }),
      "disable-best-path-selection": key(value.boolean, { doc: "No effect.", reload: "live" }),
    },
    { support: "ignored" },
  ),
  "use-multiple-paths": useMultiplePaths,
  "route-target-membership": configTable(
    "Route target constraint (RFC 4684): the family is not carried.",
    { "deferral-time": key(value.integer(0, 65535), { doc: "No effect.", reload: "live" }) },
    { support: "ignored" },
  ),
  "ipv4-unicast": unusedUnicast,
  "ipv6-unicast": unusedUnicast,
  "ipv4-labelled-unicast": unusedLimit,
  "ipv6-labelled-unicast": unusedLimit,
  "l3vpn-ipv4-unicast": unusedLimit,
  "l3vpn-ipv6-unicast": unusedLimit,
  "l3vpn-ipv4-multicast": unusedLimit,
  "l3vpn-ipv6-multicast": unusedLimit,
  "l2vpn-vpls": unusedLimit,
  "l2vpn-evpn": unusedLimit,
};
