import { argument, type Command, EXIT } from "../command.ts";
import { printJson } from "../output.ts";

export const withdraw: Command = {
  name: "withdraw",
  summary: "withdraw a prefix that was announced over the API",
  arguments: [{ name: "PREFIX", required: true }],
  options: {},
  run: async (context) => {
    const answer = await (await context.client()).call("Withdraw", { prefix: argument(context, 0) });
    if (context.json) printJson(context, answer);
    else context.io.out(`${argument(context, 0)} withdrawn\n`);
    return EXIT.ok;
  },
};
