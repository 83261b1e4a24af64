import { argument, type Command, type Context, EXIT, type OptionSpec, value } from "../command.ts";
import { collect } from "../output.ts";

/** What GoBGP's API has words for is asked in its words. */
type Rpc = "EnablePeer" | "DisablePeer" | "ResetPeer";

const TEXT = {
  text: { type: "string", value: "TEXT", help: "for the neighbour's log (RFC 9003)" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

function command(
  name: string,
  summary: string,
  done: string,
  rpc: Rpc,
  more: {
    readonly options?: Readonly<Record<string, OptionSpec>>;
    readonly details?: string;
    readonly request?: (context: Context) => object;
  } = {},
): Command {
  return {
    name,
    summary,
    ...(more.details === undefined ? {} : { details: [more.details] }),
    arguments: [{ name: "PEER", required: true, complete: "peer" }],
    options: more.options ?? {},
    run: async (context) => {
      const client = await context.client();
      // By description too, as everywhere here; GoBGP knows addresses only.
      const [peer] = await collect(client.stream("ListPeers", { peer: argument(context, 0) }));
      const address = peer?.address ?? argument(context, 0);
      await client.gobgp(rpc, { address, ...more.request?.(context) });
      context.io.out(context.json ? "{}\n" : `${address} ${done}\n`);
      return EXIT.ok;
    },
  };
}

const communication = (context: Context) => ({ communication: value(context, "text") ?? "" });

export const enable = command("enable", "let a neighbour's session come up again", "enabled", "EnablePeer");

export const disable = command("disable", "end a neighbour's session, and keep it down", "disabled", "DisablePeer", {
  options: TEXT,
  details:
    "Cease/Administrative Shutdown. It stays down until `holdfast enable PEER`, also over restarts of the daemon and of the host.",
  request: communication,
});

export const reset = command("reset", "end a neighbour's session; it comes back by itself", "reset", "ResetPeer", {
  options: TEXT,
  details: "Cease/Administrative Reset.",
  request: communication,
});

const DIRECTIONS = { in: "IN", out: "OUT", both: "BOTH" } as const;

export const softreset = command(
  "softreset",
  "judge a neighbour's routes again; the session stays",
  "asked again",
  "ResetPeer",
  {
    options: {
      in: { type: "boolean", help: "only: ask for its routes again" },
      out: { type: "boolean", help: "only: send ours again" },
    },
    request: ({ parsed: { flags } }) => {
      const only = flags.has("in") === flags.has("out") ? "both" : flags.has("in") ? "in" : "out";
      return { soft: true, direction: DIRECTIONS[only] };
    },
  },
);
