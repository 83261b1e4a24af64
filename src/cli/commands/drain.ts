import type { DrainRequest } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { type Command, type Context, EXIT, flag, UsageError, value } from "../command.ts";
import { counted } from "../format.ts";
import { printJson } from "../output.ts";

const OPTIONS = {
  peer: { type: "string", value: "PEER", help: "everything that this neighbour has from us", complete: "peer" },
  node: { type: "boolean", help: "every VIP of this node, also those that come later" },
} as const;

function command(name: "drain" | "undrain", summary: string, details: readonly string[]): Command {
  return {
    name,
    summary,
    details,
    arguments: [{ name: "VIP", required: false, complete: "vip" }],
    options: OPTIONS,
    run: async (context) => {
      const request = requestOf(context, name);
      const answer = await (await context.client()).call(name === "drain" ? "Drain" : "Undrain", request);
      if (context.json) printJson(context, answer);
      else context.io.out(`${name}: ${textOf(request, answer.count)}\n`);
      return EXIT.ok;
    },
  };
}

function requestOf(context: Context, name: string): Partial<DrainRequest> {
  const [vip] = context.parsed.positionals;
  const neighbor = value(context, "peer");
  const node = flag(context, "node");
  if ([vip !== undefined, neighbor !== undefined, node].filter(Boolean).length !== 1)
    throw new UsageError(`${name}: a VIP, or --peer PEER, or --node`);
  if (vip !== undefined) return { vip };
  return neighbor === undefined ? { node: true } : { neighbor };
}

function textOf({ vip, neighbor }: Partial<DrainRequest>, count: number): string {
  return vip ?? neighbor ?? `the node, ${counted(count, "VIP")}`;
}

export const drain = command("drain", "move traffic away without a loss, then withdraw; sessions stay up", [
  "First announced with GRACEFUL_SHUTDOWN (RFC 8326), so that everybody moves away while it works, after a while withdrawn. It holds until undrain; `holdfast why VIP` shows how far it is.",
]);
export const undrain = command("undrain", "end a drain", ["Announced again as everything else allows it."]);
