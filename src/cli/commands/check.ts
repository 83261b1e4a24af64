import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { argument, type Command, CommandError, EXIT } from "../command.ts";

export const check: Command = {
  name: "check",
  summary: "check a configuration as the daemon would",
  details: [
    "Needs no running daemon. Exit status 0: it is good; 2: it is not, and every fault is shown with its place.",
  ],
  arguments: [{ name: "FILE", required: true, complete: "file" }],
  options: {},
  run: (context) => {
    // The daemon itself judges the file, so that both can never differ.
    const daemon = fileURLToPath(new URL("../../holdfastd.js", import.meta.url));
    const run = spawnSync(process.execPath, [daemon, "-d", "-f", argument(context, 0)], { stdio: "inherit" });
    if (run.error !== undefined) throw new CommandError(`cannot run ${daemon}: ${run.error.message}`);
    return run.status ?? EXIT.failed;
  },
};
