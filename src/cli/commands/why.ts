import { argument, type Command, EXIT } from "../command.ts";
import { printJson } from "../output.ts";
import { whyText } from "../views/vip.ts";

export const why: Command = {
  name: "why",
  summary: "why a VIP is (not) announced: every condition, and since when",
  details: [
    "All conditions are asked; the harshest opinion counts, and of equally harsh ones the first. It is marked >.",
  ],
  arguments: [{ name: "VIP", required: true, complete: "vip" }],
  options: {},
  run: async (context) => {
    const vip = await (await context.client()).call("Why", { vip: argument(context, 0) });
    if (context.json) printJson(context, vip);
    else context.io.out(whyText(vip, context.style, context.io.columns));
    return EXIT.ok;
  },
};
