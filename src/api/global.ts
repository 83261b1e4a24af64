import { formatIpv4Word } from "../lib/address.ts";
import { ok } from "../lib/result.ts";
import { faultOf, invalid, type Outcome, refused } from "./fault.ts";
import type { ApiHost, Table } from "./host.ts";
import type * as api from "./messages.ts";
import { type Methods, unary } from "./service.ts";

/** What GoBGP says to whatever needs BGP while it is not running. */
const NOT_STARTED = "bgp server hasn't started yet";

export const isStarted = ({ config }: ApiHost): boolean => config.global.as !== 0;

/** A fault while BGP does not run. */
export function started(host: ApiHost): Outcome<undefined> {
  return isStarted(host) ? ok(undefined) : refused(NOT_STARTED);
}

export function globalMethods(host: ApiHost): Methods {
  return {
    GetBgp: unary<api.GetBgpRequest>(() => ok({ global: globalMessage(host) } satisfies api.Given<api.GetBgpResponse>)),
    StartBgp: unary<api.StartBgpRequest>(({ global }) => {
      if (global === null) return invalid("nil request");
      if (isStarted(host)) return faultOf("FAILED_PRECONDITION", alreadyRuns(host));
      if (global.asn === 0) return invalid("invalid ASN: 0");
      const done = host.edit({ type: "start", global: globalTable(global) });
      return done.ok ? ok({}) : invalid(done.error);
    }),
    StopBgp: unary<api.StopBgpRequest>(() => {
      if (isStarted(host)) host.stopBgp();
      return ok({});
    }),
  };
}

const alreadyRuns = ({ config }: ApiHost) =>
  `BGP runs already, as AS ${config.global.as}: stop it first (gobgp global del all)`;

function globalMessage(host: ApiHost): api.Given<api.Global> {
  const { global } = host.config;
  if (!isStarted(host)) return {};
  return {
    asn: global.as,
    routerId: formatIpv4Word(global.routerId),
    listenPort: global.listenPort ?? -1,
    listenAddresses: global.localAddresses.map(String),
    useMultiplePaths: global.useMultiplePaths,
  };
}

/** As `[global]` of the configuration file. */
function globalTable(global: api.Global): Table {
  const selection = global.routeSelectionOptions;
  return {
    config: {
      as: global.asn,
      "router-id": global.routerId,
      ...(global.listenPort === 0 ? {} : { port: global.listenPort }),
      ...(global.listenAddresses.length === 0 ? {} : { "local-address-list": global.listenAddresses }),
    },
    "use-multiple-paths": { config: { enabled: global.useMultiplePaths } },
    ...(selection === null
      ? {}
      : {
          "route-selection-options": {
            config: {
              "always-compare-med": selection.alwaysCompareMed,
              "ignore-as-path-length": selection.ignoreAsPathLength,
              "external-compare-router-id": selection.externalCompareRouterId,
            },
          },
        }),
  };
}
