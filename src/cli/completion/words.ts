import type { ArgumentSpec, Command, Completion, OptionSpec } from "../command.ts";
import { GLOBAL_OPTIONS } from "../options.ts";

/** What a shell must know of an option. */
export interface OptionWords {
  readonly long: string;
  readonly short: string | undefined;
  readonly takesValue: boolean;
  readonly help: string;
  readonly complete: Completion | undefined;
}

/** The options of a command, or of every command. */
export function optionsOf(command?: Command): readonly OptionWords[] {
  const specs: Readonly<Record<string, OptionSpec>> = command?.options ?? GLOBAL_OPTIONS;
  return Object.entries(specs).map(([long, { short, type, help, complete }]) => ({
    long,
    short,
    takesValue: type === "string",
    help,
    complete,
  }));
}

/** What a command's first argument can be completed to. */
export function argumentOf(command: Command, names: readonly string[]): Completion | undefined {
  if (command.name === "help") return names;
  return (command.arguments[0] as ArgumentSpec | undefined)?.complete;
}

/** The command that lists what a completion stands for; its errors are nobody's business at that moment. */
export const LISTS = { vip: "holdfast vips --names 2>/dev/null", peer: "holdfast peers --names 2>/dev/null" } as const;

/** A word in single quotes, for any shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
