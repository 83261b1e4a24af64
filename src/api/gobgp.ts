/*
 * GoBGP 3's management API, apipb.GobgpApi: what its `gobgp` command and programs that were built on it speak.
 *
 *     global.ts, peers.ts, peer-groups.ts, paths.ts, tables.ts, watch.ts, policies.ts, log.ts, unimplemented.ts
 *         the RPCs, a file for each group of them: a request becomes a question to, or an order for, the ApiHost
 *     peer-message.ts, peer-table.ts, capability-messages.ts, policy-messages.ts, families.ts
 *         our things as GoBGP's messages, and back
 *     route-reader.ts, attributes-in.ts, path-encoder.ts, attributes-out.ts, ext-communities.ts, binary-routes.ts, pb.ts
 *         routes and their attributes, by hand on the octets
 *
 * Settings that come in are turned into tables of the configuration file and judged as those are (`ApiHost.edit`), so
 * that a neighbour from the API is in no way different from one in the file.
 */
import { ApiRoutes } from "./api-routes.ts";
import { globalMethods } from "./global.ts";
import type { ApiHost } from "./host.ts";
import { logMethods } from "./log.ts";
import { PathEncoder } from "./path-encoder.ts";
import { pathMethods } from "./paths.ts";
import { peerGroupMethods } from "./peer-groups.ts";
import { peerMethods } from "./peers.ts";
import { policyMethods } from "./policies.ts";
import { RouteReader } from "./route-reader.ts";
import type { Service } from "./service.ts";
import { tableMethods } from "./tables.ts";
import { unimplementedMethods } from "./unimplemented.ts";
import { watchMethods } from "./watch.ts";

/** The service, for `ApiServer.load`. */
export function gobgpService(host: ApiHost): Service {
  const encoder = new PathEncoder(host);
  const routes = new ApiRoutes();
  return {
    name: "apipb.GobgpApi",
    folder: "gobgp",
    files: ["gobgp.proto", "attribute.proto", "capability.proto"],
    methods: {
      ...globalMethods(host),
      ...peerMethods(host),
      ...peerGroupMethods(host),
      ...pathMethods(host, new RouteReader(), routes),
      ...tableMethods(host, encoder, routes),
      ...watchMethods(host, encoder),
      ...policyMethods(host),
      ...logMethods(host),
      ...unimplementedMethods(),
    },
  };
}
