import { type Command, EXIT } from "../command.ts";
import { collect, printJsonList, widthOf } from "../output.ts";
import { checkTable } from "../views/tables.ts";

export const checks: Command = {
  name: "checks",
  summary: "the health checks and their last results",
  arguments: [],
  options: {},
  run: async (context) => {
    const answers = (await context.client()).stream("ListChecks", {});
    if (context.json) await printJsonList(context, answers);
    else
      context.io.out(
        checkTable(await collect(answers), context.style, widthOf(context)) || "no checks are configured\n",
      );
    return EXIT.ok;
  },
};
