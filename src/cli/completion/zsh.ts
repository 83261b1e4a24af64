import type { Command, Completion } from "../command.ts";
import { argumentOf, LISTS, type OptionWords, optionsOf, quoted } from "./words.ts";

/** The script for zsh: `_arguments` for the options of every command, then for those of the one that was named. */
export function zshCompletion(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${escaped(summary)}`)}`);
  const cases = commands.map((command) => {
    const options = optionsOf(command).map((option) => `        ${specOf(option)} \\\n`);
    const complete = argumentOf(command, names);
    const argument = complete === undefined ? "" : `        ${quoted(`*:argument:${actionOf(complete)}`)} \\\n`;
    return `      ${command.name})\n        _arguments \\\n${options.join("")}${argument}        $globals ;;`;
  });
  return `#compdef holdfast
# zsh completion of holdfast; made by: holdfast completion zsh
_holdfast() {
  local context state line
  local -a globals commands
  globals=(
${optionsOf()
  .map((option) => `    ${specOf(option)}`)
  .join("\n")}
  )
  commands=(
${described.join("\n")}
  )
  _arguments -C $globals '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}
_holdfast "$@"
`;
}

function specOf({ long, short, takesValue, help, complete }: OptionWords): string {
  const text = `[${escaped(help)}]${takesValue ? `:value:${complete === undefined ? "" : actionOf(complete)}` : ""}`;
  const long_ = quoted(`--${long}${takesValue ? "=" : ""}${text}`);
  return short === undefined ? long_ : `${long_} ${quoted(`-${short}${text}`)}`;
}

function actionOf(complete: Completion): string {
  if (complete === "file") return "_files";
  return typeof complete === "string" ? `{compadd -- \${(f)"$(${LISTS[complete]})"}}` : `(${complete.join(" ")})`;
}

const escaped = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
