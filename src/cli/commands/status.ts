import { type Command, EXIT } from "../command.ts";
import { printJson } from "../output.ts";
import { statusText } from "../views/status.ts";

export const status: Command = {
  name: "status",
  summary: "one screen: VIPs, neighbours, VRRP, checks, warnings",
  arguments: [],
  options: {},
  run: async (context) => {
    const answer = await (await context.client()).call("GetStatus", {});
    if (context.json) printJson(context, answer);
    else context.io.out(statusText(answer, context.style, context.io.columns));
    return EXIT.ok;
  },
};
