import { argument, type Command, CommandError, EXIT } from "../command.ts";
import { printJson } from "../output.ts";
import { readBytes } from "../target.ts";
import { planText } from "../views/plan.ts";

export const diff: Command = {
  name: "diff",
  summary: "what a reload of FILE would do, session by session",
  details: [
    "Compares FILE with what the daemon runs. Exit status 0: nothing differs; 1: something does; 2: the file is not good, or the daemon cannot be asked.",
    "Effects: live (applied in place), soft (routes are judged again), reset (the session starts anew), restart (only a restart of the daemon applies it).",
  ],
  arguments: [{ name: "FILE", required: true, complete: "file" }],
  options: {},
  run: async (context) => {
    const { io, style, json } = context;
    try {
      const fileName = argument(context, 0);
      const text = new TextDecoder().decode(readBytes(fileName));
      const plan = await (await context.client()).call("DiffConfig", { text, fileName });
      if (json) printJson(context, plan);
      else io.out(planText(plan, style, io.columns));
      if (!json && plan.refused !== undefined) io.err(`holdfast: reload would refuse: ${plan.refused}\n`);
      return plan.changes.length === 0 ? EXIT.ok : EXIT.failed;
    } catch (error) {
      // 1 says that something differs.
      if (!(error instanceof CommandError)) throw error;
      io.err(`holdfast: ${error.message}\n`);
      return EXIT.usage;
    }
  },
};
