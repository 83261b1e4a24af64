import { configTable, key, listKey, type Support, table } from "../schema-node.ts";
import * as value from "../values.ts";

/** Tables that GoBGP has in several places. */

const disposition = value.oneOf("accept-route", "reject-route");
const policyName = value.text(255, "policy name", false);

export const applyPolicy = (doc: string, support: Support = "yes") =>
  configTable(
    doc,
    {
      "import-policy-list": listKey(policyName, {
        doc: "Policies for received routes, in this order.",
        reload: "soft",
      }),
      "export-policy-list": listKey(policyName, {
        doc: "Policies for routes to be sent, in this order.",
        reload: "soft",
      }),
      "default-import-policy": key(disposition, {
        defaultText: '"accept-route", or "reject-route" where `ebgp-requires-policy` applies',
        doc: "What happens to received routes that no policy decides on.",
        reload: "soft",
      }),
      "default-export-policy": key(disposition, {
        defaultText: '"accept-route", or "reject-route" where `ebgp-requires-policy` applies',
        doc: "What happens to routes to be sent, our VIPs among them, that no policy decides on.",
        reload: "soft",
      }),
      "in-policy-list": listKey(policyName, {
        doc: "Route servers are not implemented.",
        reload: "soft",
        support: "unsupported",
      }),
      "default-in-policy": key(disposition, {
        doc: "Route servers are not implemented.",
        reload: "soft",
        support: "unsupported",
      }),
    },
    { support },
  );

export const useMultiplePaths = table("Several best paths: there is no forwarding table here that could use them.", {
  config: table("Shown by the API; otherwise without meaning here.", {
    enabled: key(value.boolean, {
      default: false,
      doc: "Shown by the API; no forwarding table is programmed here.",
      reload: "live",
      support: "ignored",
    }),
  }),
  ebgp: configTable(
    "No meaning here.",
    {
      "allow-multiple-as": key(value.boolean, { doc: "No meaning here.", reload: "live" }),
      "maximum-paths": key(value.integer(0, 4294967295), { doc: "No meaning here.", reload: "live" }),
    },
    { support: "ignored" },
  ),
  ibgp: configTable(
    "No meaning here.",
    { "maximum-paths": key(value.integer(0, 4294967295), { doc: "No meaning here.", reload: "live" }) },
    { support: "ignored" },
  ),
});

/** RFC 4724: the Restart Time has 12 bits. */
export const RESTART_TIME_MAX = 4095;
/** RFC 9494: the long-lived stale time has 24 bits. */
export const LONG_LIVED_STALE_TIME_MAX = 2 ** 24 - 1;

export const gracefulRestart = (support: Support = "yes", doc = "Graceful restart (RFC 4724, 8538, 9494).") =>
  configTable(
    doc,
    {
      enabled: key(value.boolean, {
        default: false,
        doc: "Offer graceful restart: after a crash the neighbour keeps our routes for `restart-time`, and we keep its. Families take part by their `mp-graceful-restart`.",
        reload: "reset",
      }),
      "restart-time": key(value.wholeSeconds(0, RESTART_TIME_MAX), {
        defaultText: "hold-time (at most 4095)",
        doc: "How long the neighbour keeps our routes after a crash. More survives slower restarts; less sends less traffic to a node that is dead for good.",
        reload: "reset",
      }),
      "helper-only": key(value.boolean, {
        default: false,
        doc: "Keep the neighbour's routes over its restart, but ask for nothing for ours.",
        reload: "reset",
      }),
      "deferral-time": key(value.wholeSeconds(1, 65535), {
        defaultText: "the smaller of 360 and half of `restart-time`",
        doc: "After our own restart: the longest wait for verdicts and for the neighbours' End-of-RIB before we send ours. Must be shorter than `restart-time`; a longer one is cut to half of it, with a warning.",
        reload: "live",
      }),
      "notification-enabled": key(value.boolean, {
        default: false,
        doc: "RFC 8538: routes are kept also when a session ends by NOTIFICATION or hold timer. More routes survive; those of a dead host too, for `restart-time`.",
        reload: "reset",
      }),
      "long-lived-enabled": key(value.boolean, {
        default: false,
        doc: "RFC 9494: after `restart-time` routes are kept as last resort for the family's long-lived time.",
        reload: "reset",
      }),
      "stale-routes-time": key(value.seconds(1, 65535), {
        default: 360,
        doc: "When the neighbour is back after a restart: how long it has to announce its routes again, until those that it has not are dropped. How long it may stay away is its own word.",
        reload: "live",
      }),
    },
    { support },
  );
