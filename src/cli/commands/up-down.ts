import { argument, type Command, EXIT } from "../command.ts";
import { printJson } from "../output.ts";
import { whyText } from "../views/vip.ts";

/** An operator's own word on a VIP. */
function setVip(name: "up" | "down", summary: string, details: string): Command {
  return {
    name,
    summary,
    details: [details],
    arguments: [{ name: "VIP", required: true, complete: "vip" }],
    options: {},
    run: async (context) => {
      const vip = await (await context.client()).call("SetVip", { vip: argument(context, 0), up: name === "up" });
      if (context.json) printJson(context, vip);
      else context.io.out(whyText(vip, context.style, context.io.columns));
      return EXIT.ok;
    },
  };
}

export const down = setVip(
  "down",
  "take a VIP down: withdrawn at once, whatever else holds",
  "It stays down until `holdfast up VIP`, also over restarts of the daemon and of the host. To move traffic away first: holdfast drain VIP.",
);
export const up = setVip(
  "up",
  "let a VIP up again",
  "It is announced when everything else allows it: the answer is that of `why`.",
);
