import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Command, type OptionSpec, type Parsed, UsageError } from "./command.ts";
import { nearest } from "./nearest.ts";
import { GLOBAL_OPTIONS } from "./options.ts";

/** A command line, understood: options of every command may stand before the command too. */
export interface CommandLine {
  /** Undefined: none was named. */
  readonly command: Command | undefined;
  readonly parsed: Parsed;
}

/** Reads a command line. Throws {@link UsageError}. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): CommandLine {
  const at = commandAt(argv);
  const name = argv[at];
  if (name === undefined) return { command: undefined, parsed: parse(argv, {}, false) };
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const meant = nearest(
      name,
      commands.map((candidate) => candidate.name),
    );
    throw new UsageError(`there is no command "${name}"${meant === undefined ? "" : `: is it ${meant}?`}`);
  }
  const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
  try {
    const parsed = parse(rest, command.options, true);
    if (!parsed.flags.has("help")) checkCount(command, parsed.positionals.length);
    return { command, parsed };
  } catch (error) {
    if (error instanceof UsageError) error.command = command;
    throw error;
  }
}

/** Where the first word stands that is neither an option nor an option's value. */
function commandAt(argv: readonly string[]): number {
  const options: Readonly<Record<string, OptionSpec>> = GLOBAL_OPTIONS;
  const takesValue = (word: string) => {
    if (word.includes("=")) return false;
    const long = word.startsWith("--") ? options[word.slice(2)] : undefined;
    const short = Object.values(options).find((option) => `-${option.short}` === word);
    return (long ?? short)?.type === "string";
  };
  let at = 0;
  while (at < argv.length && (argv[at] as string).startsWith("-")) at += takesValue(argv[at] as string) ? 2 : 1;
  return at;
}

function parse(args: readonly string[], own: Readonly<Record<string, OptionSpec>>, allowPositionals: boolean): Parsed {
  const specs: Readonly<Record<string, OptionSpec>> = { ...GLOBAL_OPTIONS, ...own };
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short }] of Object.entries(specs))
    options[name] = { type, multiple: true, ...(short === undefined ? {} : { short }) };
  let result: ReturnType<typeof parseArgs>;
  try {
    result = parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(optionError(error as Error, Object.keys(specs)));
  }
  const flags = new Set<string>();
  const values = new Map<string, readonly string[]>();
  for (const [name, given] of Object.entries(result.values)) {
    const texts = given as (string | boolean)[];
    if (specs[name]?.type === "boolean") flags.add(name);
    else if (texts.length > 1 && specs[name]?.multiple !== true) throw new UsageError(`--${name} is given twice`);
    else values.set(name, texts as string[]);
  }
  return { positionals: result.positionals, flags, values };
}

/** Node's first sentence, and the option that was probably meant. */
function optionError({ message }: Error, names: readonly string[]): string {
  const [first] = message.split(/\. |\n/);
  const unknown = /Unknown option '--([^']+)'/.exec(message)?.[1];
  const meant = unknown === undefined ? undefined : nearest(unknown, names);
  return `${(first as string).replace(/\.$/, "")}${meant === undefined ? "" : `: is it --${meant}?`}`;
}

function checkCount({ name, arguments: specs }: Command, count: number): void {
  const required = specs.filter((spec) => spec.required).length;
  const missing = specs[count];
  if (count < required) throw new UsageError(`${name}: ${missing?.name} is missing`);
  if (count > specs.length)
    throw new UsageError(specs.length === 0 ? `${name} takes no arguments` : `${name}: too many arguments`);
}
