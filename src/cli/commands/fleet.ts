import { type Command, EXIT } from "../command.ts";
import { collect, printJson, widthOf } from "../output.ts";
import { disagreementText, fleetTable, fleetVipTable } from "../views/fleet.ts";

export const fleet: Command = {
  name: "fleet",
  summary: "the gateways of the cluster, and who announces what",
  details: [
    "Every member with its address, its state and what it announces; then each VIP with those who announce it. Two Masters of one virtual router are named first.",
  ],
  arguments: [],
  options: {},
  run: async (context) => {
    const client = await context.client();
    const summary = await client.call("GetFleet", {});
    const nodes = await collect(client.stream("ListFleet", {}));
    if (context.json) {
      printJson(context, { ...summary, nodes });
      return EXIT.ok;
    }
    const { style, io } = context;
    const width = widthOf(context);
    for (const what of summary.disagreements) io.out(`${style.paint(disagreementText(what), "bad")}\n`);
    if (summary.isolated) io.out(`${style.paint("cut off from all other gateways: what follows is old", "bad")}\n`);
    io.out(fleetTable(nodes, style, width));
    const vips = fleetVipTable(nodes, style, width);
    if (vips !== "") io.out(`\n${vips}`);
    return EXIT.ok;
  },
};
