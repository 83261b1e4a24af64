/**
 * Regular expressions in the syntax of Go's `regexp` package (RE2), which GoBGP's configurations are written in. What
 * they are matched against is our own rendering of AS paths and communities: ASCII, one line. So a set of characters is
 * 128 bits, and the flags that are about lines and greediness (m, s, U) change nothing.
 */
export type RegexpNode =
  | { readonly type: "characters"; readonly set: CharacterSet }
  | { readonly type: "assertion"; readonly assertion: Assertion }
  | { readonly type: "sequence"; readonly parts: readonly RegexpNode[] }
  | { readonly type: "choice"; readonly parts: readonly RegexpNode[] }
  | { readonly type: "repetition"; readonly part: RegexpNode; readonly min: number; readonly max: number };

/** What must hold between two characters. */
export type Assertion = "begin" | "end" | "word-edge" | "no-word-edge";

/** Whether a character is in it, by code 0..127. */
export type CharacterSet = readonly boolean[];

/** What is wrong with an expression. Caught where a pattern is compiled. */
export class RegexpError extends Error {
  override readonly name = "RegexpError";
}

const CODES = 128;
/** RE2's own limit on the numbers in "{m,n}". */
const REPEAT_MAX = 1000;
/** Groups within groups. */
const DEPTH_MAX = 200;

const setOf = (has: (character: string) => boolean): CharacterSet =>
  Array.from({ length: CODES }, (_, code) => has(String.fromCharCode(code)));
const matching = (pattern: RegExp): CharacterSet => setOf((character) => pattern.test(character));
const inverse = (set: CharacterSet): CharacterSet => set.map((has) => !has);

const DIGIT = matching(/[0-9]/);
const SPACE = matching(/[\t\n\f\r ]/);
export const WORD: CharacterSet = matching(/[0-9A-Za-z_]/);
const ANY = matching(/[^\n]/);

/** `\d` and its like, inside and outside of brackets. */
const CLASS_ESCAPES: Readonly<Record<string, CharacterSet>> = {
  d: DIGIT,
  D: inverse(DIGIT),
  s: SPACE,
  S: inverse(SPACE),
  w: WORD,
  W: inverse(WORD),
};
const CHARACTER_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const ASSERTION_ESCAPES: Readonly<Record<string, Assertion>> = {
  A: "begin",
  z: "end",
  b: "word-edge",
  B: "no-word-edge",
};
/** `[[:digit:]]` and its like. */
const NAMED_CLASSES: Readonly<Record<string, CharacterSet>> = {
  alnum: matching(/[0-9A-Za-z]/),
  alpha: matching(/[A-Za-z]/),
  ascii: setOf(() => true),
  blank: matching(/[\t ]/),
  cntrl: setOf((character) => character < " " || character === "\x7f"),
  digit: DIGIT,
  graph: matching(/[!-~]/),
  lower: matching(/[a-z]/),
  print: matching(/[ -~]/),
  punct: matching(/[!-/:-@[-`{-~]/),
  space: matching(/[\t\n\v\f\r ]/),
  upper: matching(/[A-Z]/),
  word: WORD,
  xdigit: matching(/[0-9A-Fa-f]/),
};

/** The expression that `text` spells. Throws {@link RegexpError}, and nothing else. */
export function parseRegexp(text: string): RegexpNode {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Flag i: upper and lower case are the same. */
  #folds = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): RegexpNode {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw new RegexpError("unexpected )");
    return node;
  }

  /** Skips `token` if it comes next. */
  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  /** Skips what `pattern` (sticky) finds here. */
  #takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }

  #next(what: string): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new RegexpError(`ends within ${what}`);
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #choice(): RegexpNode {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as RegexpNode) : { type: "choice", parts };
  }

  #sequence(): RegexpNode {
    const parts: RegexpNode[] = [];
    while (this.#at < this.#text.length && !/[|)]/.test(this.#text[this.#at] as string)) {
      if (this.#take("\\Q")) parts.push(...this.#quoted());
      else if (!this.#takeFlags()) parts.push(this.#repeated(this.#atom()));
    }
    return { type: "sequence", parts };
  }

  /** `\Q...\E`: as it stands. */
  #quoted(): RegexpNode[] {
    const end = this.#text.indexOf("\\E", this.#at);
    const literal = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 2;
    return [...literal].map((character) => this.#literal(character));
  }

  /** `(?i)`: for the rest of the group. */
  #takeFlags(): boolean {
    const match = this.#takeMatch(/\(\?([imsU]*)(?:-([imsU]+))?\)/y);
    if (match === undefined) return false;
    this.#setFlags(match);
    return true;
  }

  #setFlags([, on = "", off = ""]: RegExpExecArray): void {
    if (on.includes("i")) this.#folds = true;
    if (off.includes("i")) this.#folds = false;
  }

  #atom(): RegexpNode {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return { type: "characters", set: this.#bracket() };
    if (this.#take(".")) return { type: "characters", set: ANY };
    if (this.#take("^")) return { type: "assertion", assertion: "begin" };
    if (this.#take("$")) return { type: "assertion", assertion: "end" };
    if (this.#take("\\")) return this.#escape();
    const character = this.#next("an expression");
    if (/[*+?]/.test(character)) throw new RegexpError(`nothing to repeat before ${character}`);
    return this.#literal(character);
  }

  #group(): RegexpNode {
    if (++this.#depth > DEPTH_MAX) throw new RegexpError(`more than ${DEPTH_MAX} groups within each other`);
    const folds = this.#folds;
    const flags = this.#takeMatch(/\?([imsU]*)(?:-([imsU]+))?:/y);
    if (flags !== undefined) this.#setFlags(flags);
    else if (this.#takeMatch(/\?P?<\w+>/y) === undefined && this.#take("?"))
      throw new RegexpError(`there is no (?${this.#text[this.#at] ?? ""}`);
    const node = this.#choice();
    if (!this.#take(")")) throw new RegexpError("missing )");
    this.#folds = folds;
    this.#depth--;
    return node;
  }

  #repeated(part: RegexpNode): RegexpNode {
    const range = this.#takeRange();
    if (range === undefined) return part;
    this.#take("?"); // lazy or greedy is the same when only a match counts
    if (this.#takeRange() !== undefined) throw new RegexpError("a repetition of a repetition");
    return { type: "repetition", part, ...range };
  }

  #takeRange(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const match = this.#takeMatch(/\{(\d+)(,)?(\d+)?\}/y);
    if (match === undefined) return undefined;
    const min = Number(match[1]);
    const openEnd = match[2] === undefined ? min : Number.POSITIVE_INFINITY;
    const max = match[3] === undefined ? openEnd : Number(match[3]);
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max !== Number.POSITIVE_INFINITY) || max < min)
      throw new RegexpError(`bad repetition ${match[0]}`);
    return { min, max };
  }

  #escape(): RegexpNode {
    const character = this.#text[this.#at] ?? "";
    const assertion = ASSERTION_ESCAPES[character];
    const set = CLASS_ESCAPES[character];
    if (assertion === undefined && set === undefined) return this.#literal(this.#escapedCharacter());
    this.#at++;
    return assertion === undefined
      ? { type: "characters", set: set as CharacterSet }
      : { type: "assertion", assertion };
  }

  /** What stands for one character after a backslash. */
  #escapedCharacter(): string {
    const hex = this.#takeMatch(/x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/y);
    if (hex !== undefined) return codePoint(Number.parseInt(hex[1] ?? (hex[2] as string), 16));
    const octal = this.#takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal !== undefined) return codePoint(Number.parseInt(octal[0], 8));
    const character = this.#next("an escape");
    const known = CHARACTER_ESCAPES[character];
    if (known !== undefined) return known;
    if (/[0-9A-Za-z]/.test(character)) throw new RegexpError(`there is no \\${character}`);
    return character;
  }

  /** After "[". */
  #bracket(): CharacterSet {
    const isInverse = this.#take("^");
    let set: CharacterSet = setOf(() => false);
    for (let first = true; first || !this.#take("]"); first = false) {
      const part = this.#bracketPart();
      set = set.map((has, code) => has || (part[code] as boolean));
    }
    if (this.#folds) set = folded(set);
    return isInverse ? inverse(set) : set;
  }

  #bracketPart(): CharacterSet {
    const named = this.#takeMatch(/\[:(\^)?(\w+):\]/y);
    if (named !== undefined) {
      const set = NAMED_CLASSES[named[2] as string];
      if (set === undefined) throw new RegexpError(`there is no ${named[0]}`);
      return named[1] === undefined ? set : inverse(set);
    }
    const shorthand = this.#takeMatch(/\\([dDsSwW])/y);
    if (shorthand !== undefined) return CLASS_ESCAPES[shorthand[1] as string] as CharacterSet;
    const from = this.#bracketCharacter();
    if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === "]") return setOf((other) => other === from);
    this.#at++;
    const to = this.#bracketCharacter();
    if (to < from) throw new RegexpError(`bad range ${from}-${to}`);
    return setOf((other) => other >= from && other <= to);
  }

  #bracketCharacter(): string {
    return this.#take("\\") ? this.#escapedCharacter() : this.#next("[...]");
  }

  #literal(character: string): RegexpNode {
    const set = setOf((other) => other === character);
    return { type: "characters", set: this.#folds ? folded(set) : set };
  }
}

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new RegexpError(`there is no character ${code.toString(16)}`);
  return String.fromCodePoint(code);
}

/** With the other case of every letter. */
function folded(set: CharacterSet): CharacterSet {
  const has = (character: string) => set[character.charCodeAt(0)] === true;
  return setOf((character) => has(character.toLowerCase()) || has(character.toUpperCase()));
}
