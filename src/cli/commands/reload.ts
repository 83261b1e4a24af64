import { type Command, EXIT, flag } from "../command.ts";
import { printJson } from "../output.ts";
import { planText } from "../views/plan.ts";

export const reload: Command = {
  name: "reload",
  summary: "read the configuration again and apply the difference",
  details: [
    "As SIGHUP, with an answer. Refused, and nothing happens, when the file is not good, or when more of the announced prefixes would go than `reload-max-drop` allows. What it would do: holdfast diff FILE.",
  ],
  arguments: [],
  options: { force: { type: "boolean", help: "even if more prefixes go than `reload-max-drop` allows" } },
  run: async (context) => {
    const plan = await (await context.client()).call("Reload", { force: flag(context, "force") });
    if (context.json) printJson(context, plan);
    else
      context.io.out(
        `${planText(plan, context.style, context.io.columns)}${plan.changes.length === 0 ? "" : "applied\n"}`,
      );
    return EXIT.ok;
  },
};
