import { parseCommandLine } from "./arguments.ts";
import { Client } from "./client.ts";
import { type Command, CommandError, type Context, EXIT, type Parsed, UsageError } from "./command.ts";
import { COMMAND_GROUPS, COMMANDS } from "./commands/index.ts";
import { commandHelp, overview } from "./help.ts";
import { type Io, processIo } from "./io.ts";
import { Style, wantsColors } from "./style.ts";
import { targetOf } from "./target.ts";

/**
 * `holdfast`, the operator's command: runs `argv` (without node and script name) and returns the exit status.
 *
 * A table of commands (commands/) says all about each: its arguments, its options, its help, what it does. The parser
 * (arguments.ts), the help (help.ts), the completion scripts (completion/) and docs/cli.md are made from it. Commands
 * ask the daemon over gRPC (client.ts), and show the answer as text (views/) or, with -j, as it is.
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let command: Command | undefined;
  try {
    const line = parseCommandLine(argv, COMMANDS);
    command = line.command;
    if (line.parsed.flags.has("help")) {
      io.out(command === undefined ? overview(COMMAND_GROUPS) : commandHelp(command));
      return EXIT.ok;
    }
    if (command === undefined) throw new UsageError("a command is missing");
    return await run(command, line.parsed, io);
  } catch (error) {
    return complain(error as Error, command, io);
  }
}

async function run(command: Command, parsed: Parsed, io: Io): Promise<number> {
  let client: Promise<Client> | undefined;
  const context: Context = {
    io,
    parsed,
    style: new Style(wantsColors(io.columns, io.env, parsed.flags.has("no-color"))),
    json: parsed.flags.has("json"),
    groups: COMMAND_GROUPS,
    client: () => {
      client ??= Client.open(targetOf(parsed, io.env));
      return client;
    },
  };
  try {
    return await command.run(context);
  } finally {
    (await client?.catch(() => undefined))?.close();
  }
}

function complain(error: Error, command: Command | undefined, io: Io): number {
  if (error instanceof CommandError) {
    io.err(`holdfast: ${error.message}\n`);
    return EXIT.failed;
  }
  if (!(error instanceof UsageError)) throw error;
  const concerned = error.command ?? command;
  const help = concerned === undefined ? "holdfast help" : `holdfast help ${concerned.name}`;
  io.err(`holdfast: ${error.message}\nhow to use it: ${help}\n`);
  return EXIT.usage;
}
