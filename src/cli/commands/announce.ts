import type { AnnounceRequest } from "../../../proto/holdfast/v1/holdfast.d.ts";
import {
  argument,
  type Command,
  CommandError,
  type Context,
  EXIT,
  flag,
  UsageError,
  value,
  values,
} from "../command.ts";
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
    keep: { type: "boolean", help: "stay, renew the lease in time, and withdraw when interrupted" },
    "on-lapse": {
      type: "string",
      value: "WHAT",
      help: "when the lease ends: withdraw, or de-prefer (kept as a last resort)",
      complete: ["withdraw", "de-prefer"],
    },
  },
  run: async (context) => {
    const request = requestOf(context);
    if (flag(context, "keep") && request.leaseSeconds === undefined) throw new UsageError("--keep needs a --lease");
    const answer = await (await context.client()).call("Announce", request);
    if (context.json) printJson(context, answer);
    else context.io.out(`${argument(context, 0)} ${answer.renewed ? "renewed" : "announced"}\n`);
    if (flag(context, "keep")) await keep(context, request, request.leaseSeconds as number);
    return EXIT.ok;
  },
};

/** A lease is renewed this often while it lasts: two renewals may fail before it lapses. */
const RENEWALS = 3;

/** Renews until interrupted, then withdraws. A daemon that is away for a moment is asked again. */
async function keep(context: Context, request: Partial<AnnounceRequest>, leaseSeconds: number): Promise<void> {
  const { io } = context;
  const client = await context.client();
  const prefix = argument(context, 0);
  let end = () => {};
  const interrupted = new Promise<"end">((resolve) => {
    end = () => resolve("end");
  });
  const stop = io.interrupted(() => end());
  let isAway = false;
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<"due">((resolve) => {
      timer = setTimeout(() => resolve("due"), (leaseSeconds * 1_000) / RENEWALS);
    });
    const next = await Promise.race([due, interrupted]);
    clearTimeout(timer);
    if (next === "end") break;
    try {
      await client.call("Announce", request);
      if (isAway) io.err(`holdfast: ${prefix} renewed again\n`);
      isAway = false;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!isAway) io.err(`holdfast: ${error.message}; trying again\n`);
      isAway = true;
    }
  }
  stop();
  await client.call("Withdraw", { prefix });
  if (!context.json) io.out(`${prefix} withdrawn\n`);
}

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
