import { VERSION } from "../../lib/version.ts";
import { type Command, EXIT } from "../command.ts";
import { printJson } from "../output.ts";

export const version: Command = {
  name: "version",
  summary: "the version of this program",
  arguments: [],
  options: {},
  run: (context) => {
    if (context.json) printJson(context, { version: VERSION });
    else context.io.out(`holdfast ${VERSION}\n`);
    return EXIT.ok;
  },
};
