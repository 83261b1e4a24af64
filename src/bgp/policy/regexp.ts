import { fail, ok, type Result } from "../../lib/result.ts";
import { type Assertion, type CharacterSet, parseRegexp, RegexpError, type RegexpNode, WORD } from "./regexp-syntax.ts";

/**
 * Matching in time linear in the text, whatever the expression: the text comes from neighbours, and a backtracking
 * matcher lets them choose a path that takes minutes ("_65001_.*_65002_" and a path of a thousand times 65001 will do).
 *
 *     text -> parseRegexp -> nodes -> program (an NFA: instructions) -> states (a DFA, made as texts ask for them)
 */

/** Instructions of one expression; a repetition counts as often as it repeats. */
const PROGRAM_MAX = 10_000;
/** DFA states kept; beyond, all are forgotten and made again as needed. */
const STATES_MAX = 256;

type Instruction =
  | { readonly op: "characters"; readonly set: CharacterSet; readonly next: number }
  | { readonly op: "assertion"; readonly assertion: Assertion; readonly next: number }
  | { readonly op: "fork"; next: number; readonly other: number }
  | { readonly op: "match" };

/** The compiled form of `text`, or what is wrong with it. */
export function compileRegexp(text: string): Result<Regexp, string> {
  try {
    const program: Instruction[] = [{ op: "match" }];
    const start = emit(parseRegexp(text), 0, program);
    return ok(new Regexp(program, start));
  } catch (error) {
    if (error instanceof RegexpError) return fail(error.message);
    throw error;
  }
}

/** Appends instructions for `node` that go on at `next`; returns where they begin. */
function emit(node: RegexpNode, next: number, program: Instruction[]): number {
  switch (node.type) {
    case "characters":
      return push(program, { op: "characters", set: node.set, next });
    case "assertion":
      return push(program, { op: "assertion", assertion: node.assertion, next });
    case "sequence":
      return node.parts.reduceRight((after, part) => emit(part, after, program), next);
    case "choice":
      return node.parts
        .map((part) => emit(part, next, program))
        .reduceRight((other, begin) => push(program, { op: "fork", next: begin, other }));
    case "repetition":
      return emitRepetition(node, next, program);
    default:
      return node satisfies never;
  }
}

function emitRepetition(
  { part, min, max }: RegexpNode & { readonly type: "repetition" },
  next: number,
  program: Instruction[],
): number {
  let begin = next;
  if (max === Number.POSITIVE_INFINITY) {
    const fork = { op: "fork" as const, next, other: next };
    begin = push(program, fork);
    fork.next = emit(part, begin, program);
  } else {
    for (let i = min; i < max; i++)
      begin = push(program, { op: "fork", next: emit(part, begin, program), other: next });
  }
  for (let i = 0; i < min; i++) {
    const copy = emit(part, begin, program);
    if (copy === begin) break; // nothing, which may be repeated for long
    begin = copy;
  }
  return begin;
}

function push(program: Instruction[], instruction: Instruction): number {
  if (program.length === PROGRAM_MAX) throw new RegexpError("too long when its repetitions are written out");
  program.push(instruction);
  return program.length - 1;
}

/** What stands before the place where a state is. */
const Before = { Nothing: 0, Word: 1, Other: 2 } as const;
type Before = (typeof Before)[keyof typeof Before];

interface State {
  /** Where the program may be, before assertions and forks are followed; ascending. */
  readonly places: readonly number[];
  readonly before: Before;
  /** By class of character, the end of the text last: the next state, or what is known already. */
  readonly next: (State | boolean | undefined)[];
}

export class Regexp {
  readonly #program: readonly Instruction[];
  readonly #start: number;
  /** Class of each character: those that no instruction tells apart share one. */
  readonly #classes: readonly number[];
  /** A character of each class. */
  readonly #examples: readonly number[];
  readonly #states = new Map<string, State>();

  constructor(program: readonly Instruction[], start: number) {
    this.#program = program;
    this.#start = start;
    const { classes, examples } = classify(program);
    this.#classes = classes;
    this.#examples = examples;
  }

  /** Whether the expression matches anywhere in `text`, which is ASCII. */
  test(text: string): boolean {
    const end = this.#examples.length;
    let state = this.#state([this.#start], Before.Nothing);
    for (let i = 0; i <= text.length; i++) {
      const kind = i < text.length ? (this.#classes[text.charCodeAt(i) & 0x7f] as number) : end;
      let next = state.next[kind];
      if (next === undefined) {
        next = this.#step(state, kind);
        state.next[kind] = next;
      }
      if (typeof next === "boolean") return next;
      state = next;
    }
    return false;
  }

  #state(places: readonly number[], before: Before): State {
    const key = `${before}:${places.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size === STATES_MAX) {
      // What hangs together by `next` goes with the map.
      for (const state of this.#states.values()) state.next.length = 0;
      this.#states.clear();
    }
    const state: State = { places, before, next: [] };
    this.#states.set(key, state);
    return state;
  }

  /** What comes of a character of class `kind`: a match, the end of all hope, or another state. */
  #step(state: State, kind: number): State | boolean {
    const example = this.#examples[kind];
    const isWord = example !== undefined && WORD[example] === true;
    const reached = this.#follow(state, example === undefined, isWord);
    if (reached.has(0)) return true;
    if (example === undefined) return false;
    // A match may begin anywhere, hence the start among the places.
    const places = new Set([this.#start]);
    for (const place of reached) {
      const instruction = this.#program[place] as Instruction;
      if (instruction.op === "characters" && instruction.set[example] === true) places.add(instruction.next);
    }
    return this.#state(
      [...places].sort((a, b) => a - b),
      isWord ? Before.Word : Before.Other,
    );
  }

  /** All places that are reached without a character. */
  #follow({ places, before }: State, isEnd: boolean, isWord: boolean): ReadonlySet<number> {
    const holds: Readonly<Record<Assertion, boolean>> = {
      begin: before === Before.Nothing,
      end: isEnd,
      "word-edge": (before === Before.Word) !== isWord,
      "no-word-edge": (before === Before.Word) === isWord,
    };
    const reached = new Set<number>();
    const open = [...places];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (reached.has(place)) continue;
      reached.add(place);
      const instruction = this.#program[place] as Instruction;
      if (instruction.op === "fork") open.push(instruction.next, instruction.other);
      else if (instruction.op === "assertion" && holds[instruction.assertion]) open.push(instruction.next);
    }
    return reached;
  }
}

/** Characters by what the instructions, and the edges of words, see in them. */
function classify(program: readonly Instruction[]): { classes: number[]; examples: number[] } {
  const sets = new Set(program.flatMap((instruction) => (instruction.op === "characters" ? [instruction.set] : [])));
  const known = new Map<string, number>();
  const examples: number[] = [];
  const classes = WORD.map((isWord, code) => {
    const key = [isWord, ...[...sets].map((set) => set[code])].map(Number).join("");
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, examples.length);
    return examples.push(code) - 1;
  });
  return { classes, examples };
}
