import type { Command, Completion } from "../command.ts";
import { argumentOf, LISTS, type OptionWords, optionsOf } from "./words.ts";

/** The script for bash: one case by the word before, one by the command. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const globals = optionsOf();
  const all = [...globals, ...commands.flatMap((command) => optionsOf(command))];
  const valued = new Map(all.filter(({ takesValue }) => takesValue).map((option) => [option.long, option]));
  const byValue = [...valued.values()].map(
    (option) => `    ${patternOf(option)}) ${replyOf(option.complete)}; return ;;`,
  );
  const byCommand = commands.map((command) => {
    const words = optionsOf(command).map(({ long }) => `--${long}`);
    return `    ${command.name}) options=${JSON.stringify(words.join(" "))}; ${argumentLine(command, names)} ;;`;
  });
  return `# bash completion of holdfast; made by: holdfast completion bash
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" options="" words="" i
  local globals=${JSON.stringify(globals.map(({ long }) => `--${long}`).join(" "))}
  case "$previous" in
${byValue.join("\n")}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${globals
        .filter(({ takesValue }) => takesValue)
        .map(patternOf)
        .join("|")}) ((i++)) ;;
      -*) ;;
      *) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$command" in
    "") words=${JSON.stringify(names.join(" "))} ;;
${byCommand.join("\n")}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options $globals" -- "$current"))
  elif [[ "$words" == "<files>" ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
  # Prefixes and addresses have colons, at which bash cuts words.
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$current"
}
complete -F _holdfast holdfast
`;
}

const patternOf = ({ long, short }: OptionWords) => (short === undefined ? `--${long}` : `--${long}|-${short}`);

function wordsOf(complete: Completion | undefined): string {
  if (complete === undefined) return '""';
  if (complete === "file") return '"<files>"';
  return typeof complete === "string" ? `"$(${LISTS[complete]})"` : JSON.stringify(complete.join(" "));
}

function replyOf(complete: Completion | undefined): string {
  if (complete === undefined) return "COMPREPLY=()";
  if (complete === "file") return 'COMPREPLY=($(compgen -f -- "$current"))';
  return `COMPREPLY=($(compgen -W ${wordsOf(complete)} -- "$current"))`;
}

const argumentLine = (command: Command, names: readonly string[]) => `words=${wordsOf(argumentOf(command, names))}`;
