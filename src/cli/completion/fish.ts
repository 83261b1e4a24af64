import type { Command, Completion } from "../command.ts";
import { argumentOf, LISTS, type OptionWords, optionsOf, quoted } from "./words.ts";

/** The script for fish: a line for each command, and for each option where it may stand. */
export function fishCompletion(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const lines = ["# fish completion of holdfast; made by: holdfast completion fish", "complete -c holdfast -f"];
  for (const option of optionsOf()) lines.push(`complete -c holdfast ${wordsOf(option)}`);
  const nothingYet = `not __fish_seen_subcommand_from ${names.join(" ")}`;
  for (const { name, summary } of commands)
    lines.push(`complete -c holdfast -n ${quoted(nothingYet)} -a ${name} -d ${quoted(summary)}`);
  for (const command of commands) {
    const seen = quoted(`__fish_seen_subcommand_from ${command.name}`);
    for (const option of optionsOf(command)) lines.push(`complete -c holdfast -n ${seen} ${wordsOf(option)}`);
    const complete = argumentOf(command, names);
    if (complete !== undefined) lines.push(`complete -c holdfast -n ${seen} ${valuesOf(complete)}`);
  }
  return `${lines.join("\n")}\n`;
}

function wordsOf({ long, short, takesValue, help, complete }: OptionWords): string {
  const names = `-l ${long}${short === undefined ? "" : ` -s ${short}`}`;
  const values = !takesValue ? "" : complete === undefined ? " -x" : ` -r ${valuesOf(complete)}`;
  return `${names}${values} -d ${quoted(help)}`;
}

function valuesOf(complete: Completion): string {
  if (complete === "file") return "-F";
  return `-a ${quoted(typeof complete === "string" ? `(${LISTS[complete]})` : complete.join(" "))}`;
}
