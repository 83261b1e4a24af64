import type { DrainRequest, DrainResponse } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { type Command, type Context, EXIT, flag, UsageError, value } from "../command.ts";
import { clean, counted, parseNumber } from "../format.ts";
import { collect, printJson } from "../output.ts";

/** How often `--wait` looks. */
const LOOK_MS = 500;
const MAX_CONCURRENT = 1_000_000;

const OPTIONS = {
  peer: { type: "string", value: "PEER", help: "everything that this neighbour has from us", complete: "peer" },
  node: { type: "boolean", help: "every VIP of this node, also those that come later" },
} as const;
const DRAIN = {
  wait: { type: "boolean", help: "return when it is not announced any more: for scripts that stop the node then" },
  "max-concurrent": {
    type: "string",
    value: "N",
    help: "with --node: wait until fewer than N other gateways of the cluster are drained",
  },
} as const;

export const drain: Command = {
  name: "drain",
  summary: "move traffic away without a loss, then withdraw; sessions stay up",
  details: [
    "First announced with GRACEFUL_SHUTDOWN (RFC 8326), so that everybody moves away while it works, after a while withdrawn. It holds until undrain, also over restarts of the daemon and of the host; `holdfast why VIP` shows how far it is.",
    "A VIP with `min-announcers` is not left before others have confirmed that they announce it. `--max-concurrent` takes turns: gateways wait until their drain would not be one too many, those first that have waited longer. Undrain ends the waiting as well.",
  ],
  arguments: [{ name: "VIP", required: false, complete: "vip" }],
  options: { ...OPTIONS, ...DRAIN },
  run: async (context) => {
    const request = { ...requestOf(context, "drain"), maxConcurrent: maxConcurrentOf(context) };
    if (request.maxConcurrent > 0 && request.node !== true)
      throw new UsageError("drain: --max-concurrent is for the node: with --node");
    if (flag(context, "wait") && request.neighbor !== undefined)
      throw new UsageError("drain: --wait is for a VIP or the node");
    const answer = await (await context.client()).call("Drain", request);
    if (flag(context, "wait")) await waitUntilGone(context, request);
    const waits = answer.waiting && !flag(context, "wait");
    tell(context, "drain", request, answer, waits ? ", when it is its turn" : "");
    return EXIT.ok;
  },
};

/** 0: at once. */
function maxConcurrentOf(context: Context): number {
  return parseNumber("max-concurrent", value(context, "max-concurrent"), MAX_CONCURRENT) ?? 0;
}

export const undrain: Command = {
  name: "undrain",
  summary: "end a drain",
  details: ["Announced again as everything else allows it."],
  arguments: [{ name: "VIP", required: false, complete: "vip" }],
  options: OPTIONS,
  run: async (context) => {
    const request = requestOf(context, "undrain");
    const answer = await (await context.client()).call("Undrain", request);
    tell(context, "undrain", request, answer);
    return EXIT.ok;
  },
};

function requestOf(context: Context, name: string): Partial<DrainRequest> {
  const [vip] = context.parsed.positionals;
  const neighbor = value(context, "peer");
  const node = flag(context, "node");
  if ([vip !== undefined, neighbor !== undefined, node].filter(Boolean).length !== 1)
    throw new UsageError(`${name}: a VIP, or --peer PEER, or --node`);
  if (vip !== undefined) return { vip };
  return neighbor === undefined ? { node: true } : { neighbor };
}

async function waitUntilGone(context: Context, { vip }: Partial<DrainRequest>): Promise<void> {
  const client = await context.client();
  const isGone = async () => {
    const vips = vip === undefined ? await collect(client.stream("ListVips", {})) : [await client.call("Why", { vip })];
    return vips.every(({ action }) => action === "withdraw");
  };
  while (!(await isGone())) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

function tell(
  context: Context,
  name: string,
  { vip, neighbor }: Partial<DrainRequest>,
  { count, notKept }: DrainResponse,
  when = "",
): void {
  const what = `${vip ?? neighbor ?? `the node, ${counted(count, "VIP")}`}${when}`;
  if (context.json) printJson(context, { count, ...(notKept !== undefined && { notKept }) });
  else context.io.out(`${name}: ${what}\n`);
  if (notKept !== undefined) context.io.err(`warning: a restart of the daemon would not know: ${clean(notKept)}\n`);
}
