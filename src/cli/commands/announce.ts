import type { AnnounceRequest } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { argument, type Command, type Context, EXIT, UsageError, value, values } from "../command.ts";
import { parseDuration, parseNumber } from "../format.ts";
import { printJson } from "../output.ts";

const U32_MAX = 0xffff_ffff;
const ON_LAPSE = { withdraw: "ON_LAPSE_WITHDRAW", "de-prefer": "ON_LAPSE_DE_PREFER" } as const;

export const announce: Command = {
  name: "announce",
  summary: "announce a prefix that is not in the configuration, or renew its lease",
  details: [
    "Without --lease the route stays until `holdfast withdraw` or the end of the daemon. With it, the same command must be given again before the lease ends, or the route lapses.",
    "On a VIP's prefix, --lease renews that VIP's lease.",
  ],
  arguments: [{ name: "PREFIX", required: true }],
  options: {
    "next-hop": { type: "string", value: "ADDRESS", help: "self (our address on each session) by default" },
    med: { type: "string", value: "N", help: "of several ways into our AS the lowest is preferred" },
    "local-preference": { type: "string", value: "N", help: "for iBGP neighbours: the highest wins" },
    prepend: { type: "string", value: "N", help: "our AS in front so many times more" },
    origin: { type: "string", value: "ORIGIN", help: "igp, egp or incomplete", complete: ["igp", "egp", "incomplete"] },
    community: {
      type: "string",
      value: "C",
      multiple: true,
      help: "65001:100 or a name such as no-export; again for more",
    },
    "large-community": { type: "string", value: "C", multiple: true, help: "65001:1:2" },
    "ext-community": { type: "string", value: "C", multiple: true, help: "rt:65001:100, soo:65001:100" },
    neighbor: {
      type: "string",
      value: "PEER",
      multiple: true,
      help: "only to this neighbour or peer group; again for more",
      complete: "peer",
    },
    lease: { type: "string", value: "TIME", help: "how long it lives without being renewed: 30s, 5m" },
    "on-lapse": {
      type: "string",
      value: "WHAT",
      help: "when the lease ends: withdraw, or de-prefer (kept as a last resort)",
      complete: ["withdraw", "de-prefer"],
    },
  },
  run: async (context) => {
    const answer = await (await context.client()).call("Announce", requestOf(context));
    if (context.json) printJson(context, answer);
    else context.io.out(`${argument(context, 0)} ${answer.renewed ? "renewed" : "announced"}\n`);
    return EXIT.ok;
  },
};

function requestOf(context: Context): Partial<AnnounceRequest> {
  const number = (name: string, max = U32_MAX) => parseNumber(name, value(context, name), max);
  const lease = value(context, "lease");
  const onLapse = value(context, "on-lapse");
  if (onLapse !== undefined && !isOnLapse(onLapse))
    throw new UsageError(`--on-lapse ${onLapse}: withdraw or de-prefer`);
  if (onLapse !== undefined && lease === undefined) throw new UsageError("--on-lapse needs a --lease");
  return {
    prefix: argument(context, 0),
    nextHop: value(context, "next-hop"),
    origin: value(context, "origin"),
    med: number("med"),
    localPreference: number("local-preference"),
    asPathPrepend: number("prepend", 64) ?? 0,
    communities: values(context, "community"),
    largeCommunities: values(context, "large-community"),
    extCommunities: values(context, "ext-community"),
    neighbors: values(context, "neighbor"),
    leaseSeconds: lease === undefined ? undefined : parseDuration(lease),
    onLapse: ON_LAPSE[onLapse ?? "withdraw"],
  };
}

const isOnLapse = (text: string): text is keyof typeof ON_LAPSE => text in ON_LAPSE;
