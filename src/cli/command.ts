import type { Client } from "./client.ts";
import type { Io } from "./io.ts";
import type { Style } from "./style.ts";

/** 0: fine; 1: it failed, or (diff) something differs; 2: the command line makes no sense, or (diff, check) the file. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** What the shell can complete a value to. */
export type Completion = "file" | "vip" | "peer" | readonly string[];

export interface OptionSpec {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** May be given several times, or with commas. */
  readonly multiple?: true;
  /** What the value is called in the help. */
  readonly value?: string;
  readonly help: string;
  readonly complete?: Completion;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly required: boolean;
  readonly complete?: Completion;
}

/**
 * One command. The table of them (commands/index.ts) is all that the parser, the help, the completion scripts and the
 * documentation know.
 */
export interface Command {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  /** More, for the command's own help: paragraphs, wrapped there; what begins with blanks stays as it is. */
  readonly details?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  run(context: Context): Promise<number> | number;
}

/** The commands by what an operator does with them. */
export type CommandGroups = readonly (readonly [title: string, commands: readonly Command[]])[];

/** A command line, understood. */
export interface Parsed {
  readonly positionals: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** What a command has to work with. */
export interface Context {
  readonly io: Io;
  readonly parsed: Parsed;
  readonly style: Style;
  /** Print JSON instead of text. */
  readonly json: boolean;
  /** Every command, for help and completion. */
  readonly groups: CommandGroups;
  /** Connects on first use. */
  client(): Promise<Client>;
}

export const flag = ({ parsed }: Context, name: string): boolean => parsed.flags.has(name);
/** The last value given. */
export const value = ({ parsed }: Context, name: string): string | undefined => parsed.values.get(name)?.at(-1);
/** All of them; commas separate as well. */
export const values = ({ parsed }: Context, name: string): readonly string[] =>
  (parsed.values.get(name) ?? []).flatMap((text) => text.split(",")).filter((text) => text !== "");
/** The positional that the table says is required. */
export const argument = ({ parsed }: Context, index: number): string => parsed.positionals[index] as string;

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** Whose help says more. */
  command: Command | undefined;
}

/** The command has failed; the message says why, and where that is known what to do next. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
