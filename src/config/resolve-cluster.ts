import type { Address } from "../lib/address.ts";
import { parseAddress } from "../lib/address.ts";
import { seconds } from "../lib/time.ts";
import type { ClusterConfig } from "./config-cluster.ts";
import { requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { clusterTable } from "./schema/cluster.ts";
import type { GivenFile } from "./schema/index.ts";
import { fill } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

/** memberlist's. */
const PORT = 7946;
const ANY = parseAddress("0.0.0.0") as Address;
/** Of the profiles, in seconds (`src/gossip/config.ts`): for the comparison with the other key, where one is given. */
const PROBE = { lan: [1, 0.5], wan: [5, 3], local: [1, 0.2] } as const;

/** `[cluster]`, when there is one that has a name. */
export function resolveCluster(file: GivenFile, report: Report): ClusterConfig | undefined {
  const given = file.cluster;
  if (given === undefined) {
    checkGuards(file, report);
    return undefined;
  }
  const at = ["cluster"];
  const filled = fill(clusterTable, given);
  const { name, bind, advertise, profile } = filled;
  const [intervalDefault, timeoutDefault] = PROBE[profile];
  const interval = filled["probe-interval"] ?? intervalDefault;
  const timeout = filled["probe-timeout"] ?? timeoutDefault;
  if (timeout >= interval)
    report.error(
      [...at, given["probe-timeout"] === undefined ? "probe-interval" : "probe-timeout"],
      `\`probe-timeout\` is ${timeout}, not less than \`probe-interval\`, which is ${interval}`,
    );
  if (advertise?.address.isUnspecified === true)
    report.error([...at, "advertise"], `\`advertise\` ${advertise.address} is no address that others can reach`);
  if (name === undefined) {
    requireKey(report, at, "name");
    return undefined;
  }
  return {
    name,
    bind: { address: bind?.address ?? ANY, port: bind?.port ?? PORT },
    advertise: advertise && { address: advertise.address, port: advertise.port ?? bind?.port ?? PORT },
    seeds: filled.seeds,
    key: filled.key,
    keyFile: filled["key-file"],
    label: filled.label,
    compatibility: filled.compatibility,
    profile,
    timers: {
      ...(filled["probe-interval"] !== undefined && { probeInterval: seconds(filled["probe-interval"]) }),
      ...(filled["probe-timeout"] !== undefined && { probeTimeout: seconds(filled["probe-timeout"]) }),
      ...(filled["suspicion-multiplier"] !== undefined && { suspicionMult: filled["suspicion-multiplier"] }),
      ...(filled["gossip-interval"] !== undefined && { gossipInterval: seconds(filled["gossip-interval"]) }),
      ...(filled["push-pull-interval"] !== undefined && { pushPullInterval: seconds(filled["push-pull-interval"]) }),
    },
    settings: settingsOf(clusterTable, filled),
  };
}

/** Without a fleet nobody could ever confirm: such a VIP could not be drained at all. */
function checkGuards(file: GivenFile, report: Report): void {
  for (const [i, vip] of (file.vips ?? []).entries())
    if (vip["min-announcers"] !== undefined && vip["min-announcers"] > 0)
      report.error(
        ["vips", i, "min-announcers"],
        "`min-announcers` needs the other gateways, and there is no [cluster]",
        {
          help: '[cluster] name = "gw1", seeds = ["192.0.2.12"]',
        },
      );
}
