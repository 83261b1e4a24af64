import { configTable, key, listKey, table, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { familyTable } from "./family.ts";
import { applyPolicy, gracefulRestart, useMultiplePaths } from "./shared.ts";

/** `[global]`: this speaker as a whole. */
export const global = table("This speaker as a whole.", {
  config: table("Who we are and where we listen.", {
    as: key(value.asNumber("BGP is not started"), {
      default: 0,
      doc: "Our AS number. Needed as soon as there are neighbours or VIPs.",
      reload: "reset",
    }),
    "router-id": key(value.routerId, {
      doc: "Our BGP identifier, unique among all speakers that meet. Needed with `as`.",
      reload: "reset",
    }),
    port: key(value.integer(0, 65535, "port", -1), {
      default: 179,
      doc: "TCP port to listen on; 0: 179; -1: do not listen, only connect.",
      reload: "live",
    }),
    "local-address-list": listKey(value.localAddress, {
      defaultText: "0.0.0.0 and ::",
      doc: "Addresses to listen on. Naming them keeps the port closed on all other interfaces.",
      reload: "live",
    }),
    "ebgp-requires-policy": key(value.boolean, {
      default: false,
      own: true,
      doc: "RFC 8212: without a policy or a default policy that says otherwise, nothing is taken from or sent to eBGP neighbours. false is GoBGP's behaviour; true protects from leaks by omission.",
      reload: "soft",
    }),
    "reload-max-drop": key(value.integer(0, 100, "percent"), {
      default: 100,
      own: true,
      doc: "A reload that would take away more than so many percent of the announced prefixes is refused, unless it is forced (`holdfast reload --force`). 100: never refused.",
      reload: "live",
    }),
    "persist-api-paths": key(value.boolean, {
      default: false,
      own: true,
      doc: "Announce again, after every start, what was announced over the API without a lease; in `state.directory`, at most 20,000 routes. What has a lease is kept over a crash and `holdfast stop --hold` in any case, until its lease ends.",
      reload: "live",
    }),
    "shutdown-communication": key(value.text(255), {
      default: "holdfast is stopping",
      own: true,
      doc: "Text that the Cease of an orderly stop carries to the neighbours' logs (RFC 9003).",
      reload: "live",
    }),
  }),
  "apply-policy": applyPolicy("Policies of every neighbour."),
  "route-selection-options": configTable("How the best path is chosen (RFC 4271 section 9.1).", {
    "always-compare-med": key(value.boolean, {
      default: false,
      doc: "Compare MED also between paths from different neighbouring ASes.",
      reload: "restart",
    }),
    "ignore-as-path-length": key(value.boolean, {
      default: false,
      doc: "Leave out the comparison of AS_PATH lengths.",
      reload: "restart",
    }),
    "external-compare-router-id": key(value.boolean, {
      default: false,
      doc: "Between eBGP paths that are otherwise equal the lower router id wins. false: the older path stays, which changes less often.",
      reload: "restart",
    }),
    "advertise-inactive-routes": key(value.boolean, {
      doc: "Without effect in GoBGP too.",
      reload: "live",
      support: "ignored",
    }),
    "enable-aigp": key(value.boolean, { doc: "Without effect in GoBGP too.", reload: "live", support: "ignored" }),
    "ignore-next-hop-igp-metric": key(value.boolean, {
      doc: "No metric to a next hop is known here, so it is never compared.",
      reload: "live",
      support: "ignored",
    }),
    "disable-best-path-selection": key(value.boolean, {
      doc: "A best path is always selected.",
      reload: "live",
      support: "unsupported",
    }),
  }),
  "default-route-distance": configTable(
    "No forwarding table is programmed.",
    {
      "external-route-distance": key(value.integer(0, 255), { doc: "No meaning here.", reload: "live" }),
      "internal-route-distance": key(value.integer(0, 255), { doc: "No meaning here.", reload: "live" }),
    },
    { support: "ignored" },
  ),
  confederation: configTable(
    "Confederations (RFC 5065).",
    {
      enabled: key(value.boolean, { doc: "Confederations are not implemented.", reload: "live" }),
      identifier: key(value.integer(0, 4294967295), { doc: "Confederations are not implemented.", reload: "live" }),
      "member-as-list": listKey(value.integer(0, 4294967295), {
        doc: "Confederations are not implemented.",
        reload: "live",
      }),
    },
    { support: "unsupported" },
  ),
  "use-multiple-paths": useMultiplePaths,
  "graceful-restart": gracefulRestart("ignored", "As in GoBGP, only the neighbours' tables count."),
  "afi-safis": tableList("Both unicast tables are always there; families are chosen per neighbour.", familyTable, {
    support: "ignored",
  }),
});
