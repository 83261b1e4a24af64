import { type Command, EXIT, flag } from "../command.ts";
import { collect, printJsonList, widthOf } from "../output.ts";
import { vipTable } from "../views/tables.ts";

export const vips: Command = {
  name: "vips",
  summary: "every VIP with its verdict",
  arguments: [],
  options: { names: { type: "boolean", help: "only the prefixes, one a line" } },
  run: async (context) => {
    const answers = (await context.client()).stream("ListVips", {});
    if (context.json) await printJsonList(context, answers);
    else {
      const all = await collect(answers);
      if (flag(context, "names")) for (const { prefix } of all) context.io.out(`${prefix}\n`);
      else context.io.out(vipTable(all, context.style, widthOf(context)) || "no VIPs are configured\n");
    }
    return EXIT.ok;
  },
};
