import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { VERSION } from "../lib/version.ts";

const USAGE = `usage: holdfast COMMAND

  check FILE     check a configuration as the daemon would: exit 0 if it is good, 2 if it is not
  help           this text
  version        the version of this program
`;

/** `holdfast`, the operator's command: runs `argv` (without node and script name) and returns the exit status. */
export function main(argv: readonly string[]): number {
  const [command, ...rest] = argv;
  switch (command) {
    case "check":
      if (rest.length !== 1) return complain("check takes one file");
      return check(rest[0] as string);
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(USAGE);
      return 0;
    case "version":
    case "--version":
      process.stdout.write(`holdfast ${VERSION}\n`);
      return 0;
    case undefined:
      return complain("a command is missing");
    default:
      return complain(`there is no command "${command}"`);
  }
}

/** The daemon itself judges the file, so that both can never differ. */
function check(file: string): number {
  const daemon = fileURLToPath(new URL("../holdfastd.js", import.meta.url));
  const run = spawnSync(process.execPath, [daemon, "-d", "-f", file], { stdio: "inherit" });
  if (run.error !== undefined) return complain(`cannot run ${daemon}: ${run.error.message}`);
  return run.status ?? 1;
}

function complain(message: string): number {
  process.stderr.write(`holdfast: ${message}\n${USAGE}`);
  return 2;
}
