import { type Command, EXIT, flag } from "../command.ts";
import { collect, printJson, printJsonList, widthOf } from "../output.ts";
import { peerText } from "../views/peer.ts";
import { peerTable } from "../views/tables.ts";

export const peers: Command = {
  name: "peers",
  summary: "the neighbours; of one, everything, with both sides of graceful restart",
  details: ["PEER is an address, or the description when only one neighbour has it."],
  arguments: [{ name: "PEER", required: false, complete: "peer" }],
  options: { names: { type: "boolean", help: "only the addresses, one a line" } },
  run: async (context) => {
    const [peer] = context.parsed.positionals;
    const answers = (await context.client()).stream("ListPeers", peer === undefined ? {} : { peer });
    if (context.json && peer === undefined) {
      await printJsonList(context, answers);
      return EXIT.ok;
    }
    const all = await collect(answers);
    const [only] = all;
    if (flag(context, "names")) for (const { address } of all) context.io.out(`${address}\n`);
    else if (peer === undefined || only === undefined)
      context.io.out(peerTable(all, context.style, widthOf(context)) || "no neighbours are configured\n");
    else if (context.json) printJson(context, only);
    else context.io.out(peerText(only, context.style, context.io.columns));
    return EXIT.ok;
  },
};
