/**
 * Where keys and values stand in a TOML text. The parser tells positions only of syntax errors, so this scanner reads
 * the text a second time, once the parser has accepted it, and remembers the place of every key path: tables, arrays of
 * tables, dotted keys, inline tables, arrays over several lines. Names are lower-cased, as GoBGP's keys are
 * case-insensitive. On text that it does not understand it stops: a missing position is found at its parent's.
 */

/** Names and array indices from the root of the document. */
export type Path = readonly (string | number)[];

/** A stretch of one line, 1-based. */
export interface Span {
  readonly line: number;
  readonly column: number;
  /** Characters on this line, at least 1. */
  readonly length: number;
}

export interface KeyPosition {
  /** The key, or the header of a table. For an element of an array: its value. */
  readonly key: Span;
  /** Undefined for tables with a header. */
  readonly value: Span | undefined;
}

/** Positions by {@link formatPath}. */
export type Positions = ReadonlyMap<string, KeyPosition>;

/** "neighbors[0].config.peer-as". Names that are not bare keys are quoted, so that the text is unambiguous. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += (text === "" ? "" : ".") + (/^[\w-]+$/.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

/** Scans a document that the parser has accepted. Never throws. */
export function scanPositions(text: string): Positions {
  const scanner = new Scanner(text);
  scanner.document();
  return scanner.positions;
}

/** A key component and where it stands. */
interface Component {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b" };

class Scanner {
  readonly positions = new Map<string, KeyPosition>();
  readonly #text: string;
  readonly #lineStarts: number[] = [0];
  /** Elements so far of each array of tables, by path. */
  readonly #counts = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.#lineStarts.push(i + 1);
  }

  document(): void {
    let table: Path = [];
    for (;;) {
      this.#skipBlank();
      const before = this.#at;
      if (before >= this.#text.length) return;
      if (this.#text[before] === "[") {
        const header = this.#header();
        if (header === undefined) return;
        table = header;
      } else if (!this.#keyValue(table)) return;
      if (this.#at === before) return;
    }
  }

  /** `[a.b]` or `[[a.b]]`: the path of the table that follows. */
  #header(): Path | undefined {
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#at += isArray ? 2 : 1;
    const components = this.#keyComponents();
    const last = components.at(-1);
    if (last === undefined) return undefined;
    this.#skipSpace();
    if (!this.#text.startsWith(isArray ? "]]" : "]", this.#at)) return undefined;
    this.#at += isArray ? 2 : 1;
    let path: Path = [];
    for (const component of components.slice(0, -1)) {
      path = [...path, component.name];
      this.#addImplicit(path, component);
      path = this.#current(path);
    }
    path = [...path, last.name];
    const span = this.#span((components[0] as Component).start, last.end);
    if (isArray) {
      const key = formatPath(path);
      const index = this.#counts.get(key) ?? 0;
      this.#counts.set(key, index + 1);
      if (index === 0) this.#add(path, { key: span, value: undefined });
      path = [...path, index];
    }
    this.#add(path, { key: span, value: undefined });
    return path;
  }

  /** The path of an array of tables stands for its latest element. */
  #current(path: Path): Path {
    const count = this.#counts.get(formatPath(path));
    return count === undefined ? path : [...path, count - 1];
  }

  #keyValue(table: Path): boolean {
    const components = this.#keyComponents();
    if (components.length === 0) return false;
    let path = table;
    for (const [i, component] of components.entries()) {
      path = [...path, component.name];
      if (i < components.length - 1) this.#addImplicit(path, component);
    }
    this.#skipSpace();
    if (this.#text[this.#at] !== "=") return false;
    this.#at++;
    this.#skipSpace();
    const last = components.at(-1) as Component;
    return this.#value(path, this.#span(last.start, last.end));
  }

  /** A value at `path`, and everything in it. `key` is undefined for an element of an array. */
  #value(path: Path, key: Span | undefined): boolean {
    const start = this.#at;
    // Entered before its contents, so that the order is that of the text.
    const name = this.#add(path, { key: key ?? this.#span(start, start + 1), value: undefined });
    const first = this.#text[start];
    let understood = true;
    if (first === '"' || first === "'") this.#string();
    else if (first === "[") understood = this.#array(path);
    else if (first === "{") understood = this.#inlineTable(path);
    else this.#bareValue();
    const value = this.#span(start, this.#at);
    this.positions.set(name, { key: key ?? value, value });
    return understood && this.#at > start;
  }

  #array(path: Path): boolean {
    this.#at++;
    for (let index = 0; ; index++) {
      this.#skipBlank();
      if (this.#take("]")) return true;
      if (!this.#value([...path, index], undefined)) return false;
      this.#skipBlank();
      if (!this.#take(",") && this.#text[this.#at] !== "]") return false;
    }
  }

  #inlineTable(path: Path): boolean {
    this.#at++;
    for (;;) {
      this.#skipBlank();
      if (this.#take("}")) return true;
      if (!this.#keyValue(path)) return false;
      this.#skipBlank();
      if (!this.#take(",") && this.#text[this.#at] !== "}") return false;
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** A number, boolean or date: up to what ends it, without the spaces before that. */
  #bareValue(): void {
    const rest = /[^,\]}#\r\n]*/y;
    rest.lastIndex = this.#at;
    this.#at += (rest.exec(this.#text)?.[0] ?? "").trimEnd().length;
  }

  /** Moves past a string of any of the four kinds. */
  #string(): void {
    const quote = this.#text[this.#at] as string;
    const multi = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = multi ? quote.repeat(3) : quote;
    let at = this.#at + end.length;
    while (at < this.#text.length && !this.#text.startsWith(end, at))
      at += quote === '"' && this.#text[at] === "\\" ? 2 : 1;
    at += end.length;
    // A multi-line string may end in one or two quotes of its own before the closing three.
    for (let extra = 0; multi && extra < 2 && this.#text[at] === quote; extra++) at++;
    this.#at = Math.min(at, this.#text.length);
  }

  /** A dotted key; empty when there is none. */
  #keyComponents(): Component[] {
    const components: Component[] = [];
    for (;;) {
      this.#skipSpace();
      const start = this.#at;
      const quote = this.#text[start];
      let name: string;
      if (quote === '"' || quote === "'") {
        this.#string();
        name = this.#text.slice(start + 1, this.#at - 1);
        if (quote === '"') name = unescapeKey(name);
      } else {
        const bare = /[\w-]+/y;
        bare.lastIndex = start;
        name = bare.exec(this.#text)?.[0] ?? "";
        if (name === "") return [];
        this.#at += name.length;
      }
      components.push({ name: name.toLowerCase(), start, end: this.#at });
      this.#skipSpace();
      if (!this.#take(".")) return components;
    }
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  /** White space, ends of lines and comments. */
  #skipBlank(): void {
    const blank = /(?:[ \t\r\n]|#[^\n]*)*/y;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
  }

  #add(path: Path, position: KeyPosition): string {
    const name = formatPath(path);
    this.positions.set(name, position);
    return name;
  }

  /** A table known so far only from a longer path: its own header or key will replace this. */
  #addImplicit(path: Path, component: Component): void {
    const name = formatPath(path);
    if (this.positions.has(name)) return;
    this.positions.set(name, { key: this.#span(component.start, component.end), value: undefined });
  }

  /** From `start` to `end`, cut at the end of the line. */
  #span(start: number, end: number): Span {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = this.#lineStarts[low] as number;
    const lineEnd = (this.#lineStarts[low + 1] ?? this.#text.length + 1) - 1;
    const length = Math.max(1, Math.min(end, lineEnd) - start);
    return { line: low + 1, column: start - lineStart + 1, length };
  }
}

function unescapeKey(text: string): string {
  return text.replace(/\\(u[\da-fA-F]{4}|U[\da-fA-F]{8}|x[\da-fA-F]{2}|.)/g, (_, sequence: string) => {
    if (sequence.length === 1) return ESCAPES[sequence] ?? sequence;
    const code = Number.parseInt(sequence.slice(1), 16);
    return code > 0x10ffff ? "" : String.fromCodePoint(code);
  });
}
