import { type Command, EXIT, UsageError } from "../command.ts";
import { commandHelp, overview } from "../help.ts";
import { nearest } from "../nearest.ts";

export const help: Command = {
  name: "help",
  summary: "this text, or that of a command",
  arguments: [{ name: "COMMAND", required: false }],
  options: {},
  run: ({ io, parsed, groups }) => {
    const commands = groups.flatMap(([, inGroup]) => inGroup);
    const [name] = parsed.positionals;
    const command = commands.find((candidate) => candidate.name === name);
    if (name !== undefined && command === undefined) {
      const meant = nearest(
        name,
        commands.map((candidate) => candidate.name),
      );
      throw new UsageError(`there is no command "${name}"${meant === undefined ? "" : `: is it ${meant}?`}`);
    }
    io.out(command === undefined ? overview(groups) : commandHelp(command));
    return EXIT.ok;
  },
};
