import { type Command, EXIT, flag, UsageError, value } from "../command.ts";
import { printJson } from "../output.ts";

export const stop: Command = {
  name: "stop",
  summary: "stop the daemon: withdraw and say Cease, or let the neighbours hold the routes",
  details: [
    "Without --hold: everything is withdrawn, every session ends with Cease, as on SIGTERM.",
    "With --hold: TCP ends without a word and addresses stay; neighbours with graceful restart keep our routes for the restart time, for a daemon that is about to come back.",
  ],
  arguments: [],
  options: {
    hold: { type: "boolean", help: "neighbours keep our routes (graceful restart)" },
    text: { type: "string", value: "TEXT", help: "for the neighbours' logs (RFC 9003); not with --hold" },
  },
  run: async (context) => {
    const hold = flag(context, "hold");
    const text = value(context, "text");
    if (hold && text !== undefined) throw new UsageError("stop: --hold says nothing to neighbours, so no --text");
    await (await context.client()).call("Stop", { hold, text });
    if (context.json) printJson(context, {});
    else context.io.out(hold ? "stopping; neighbours hold our routes\n" : "stopping; everything is withdrawn\n");
    return EXIT.ok;
  },
};
