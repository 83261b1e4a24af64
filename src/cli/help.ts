import type { ArgumentSpec, Command, CommandGroups, OptionSpec } from "./command.ts";
import { wrap } from "./format.ts";
import { GLOBAL_OPTIONS } from "./options.ts";

/** Help fits a terminal of 80 columns where words allow it. */
const WIDTH = 80;

/** The help of the program. */
export function overview(groups: CommandGroups): string {
  const parts = ["usage: holdfast [OPTIONS] COMMAND ...\n"];
  const width = Math.max(...groups.flatMap(([, commands]) => commands.map((command) => usageOf(command).length)));
  for (const [title, commands] of groups)
    parts.push(
      `${title}\n${rows(
        commands.map((command) => [usageOf(command), command.summary]),
        width,
      )}`,
    );
  parts.push(
    `Options of every command\n${optionRows(GLOBAL_OPTIONS)}`,
    "Exit status: 0 fine, 1 failed, 2 the command line makes no sense.\nMore: holdfast help COMMAND\n",
  );
  return parts.join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const hasOptions = Object.keys(command.options).length > 0;
  const parts = [`usage: holdfast ${usageOf(command)}${hasOptions ? " [OPTIONS]" : ""}\n`, `${command.summary}\n`];
  if (command.details !== undefined) parts.push(command.details.map(paragraph).join(""));
  if (hasOptions) parts.push(`Options\n${optionRows(command.options)}`);
  return parts.join("\n");
}

const paragraph = (text: string) => (text.startsWith(" ") ? `${text}\n` : `${wrap(text, WIDTH).join("\n")}\n`);

const argumentText = ({ name, required }: ArgumentSpec) => (required ? name : `[${name}]`);

function usageOf({ name, arguments: specs }: Command): string {
  return [name, ...specs.map(argumentText)].join(" ");
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): string {
  return rows(
    Object.entries(options).map(([name, { short, value, help }]) => [
      `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
      help,
    ]),
  );
}

/** Two columns; the second is wrapped. */
function rows(entries: readonly (readonly [name: string, text: string])[], widthMin = 0): string {
  const width = Math.max(widthMin, ...entries.map(([name]) => name.length));
  return entries
    .map(([name, text]) => {
      const lines = wrap(text, WIDTH - width - 4);
      return lines.map((line, i) => `  ${(i === 0 ? name : "").padEnd(width)}  ${line}\n`).join("");
    })
    .join("");
}
