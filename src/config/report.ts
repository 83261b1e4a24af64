import type { Diagnostic } from "./diagnostic.ts";
import { formatPath, type KeyPosition, type Path, type Positions, type Span, scanPositions } from "./positions.ts";

/** More on a finding. */
export interface Detail {
  /** Point at the key even though it has a value. */
  readonly atKey?: boolean;
  readonly help?: string | undefined;
}

/** Collects what is found in one file, and knows where in the file it stands. */
export class Report {
  readonly #file: string;
  readonly #text: string;
  #lines: readonly string[] | undefined;
  #positions: Positions | undefined;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #faulty = new Set<string>();
  /** What was said already: members of a peer group share its faults. */
  readonly #said = new Set<string>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  error(path: Path, message: string, detail: Detail = {}): void {
    this.#faulty.add(formatPath(path));
    this.#add("error", path, message, detail);
  }

  warning(path: Path, message: string, detail: Detail = {}): void {
    this.#add("warning", path, message, detail);
  }

  /** An error that the parser found, which knows its place itself. */
  syntaxError(line: number, column: number, message: string): void {
    this.#diagnostics.push(this.#diagnostic("error", { line, column, length: 1 }, "", message, undefined));
  }

  /** Whether an error was reported at exactly this path: what follows from it is not worth a second one. */
  isFaulty(path: Path): boolean {
    return this.#faulty.has(formatPath(path));
  }

  /** Whether the file has something at this path. */
  isWritten(path: Path): boolean {
    return this.#where().has(formatPath(path));
  }

  /** "line 12", for messages that point at a second place. */
  lineOf(path: Path): number {
    return this.#locate(path)?.key.line ?? 0;
  }

  /** All findings in the order of the file. */
  all(): readonly Diagnostic[] {
    return [...this.#diagnostics].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(severity: Diagnostic["severity"], path: Path, message: string, detail: Detail): void {
    const said = `${severity} ${formatPath(path)} ${message}`;
    if (this.#said.has(said)) return;
    this.#said.add(said);
    const position = this.#locate(path);
    const span = detail.atKey === true ? position?.key : (position?.value ?? position?.key);
    this.#diagnostics.push(this.#diagnostic(severity, span, formatPath(path), message, detail.help));
  }

  /** Scanned when first asked for: a file without findings is not scanned at all. */
  #where(): Positions {
    this.#positions ??= scanPositions(this.#text);
    return this.#positions;
  }

  /** The position of `path`, else that of what it would stand in. */
  #locate(path: Path): KeyPosition | undefined {
    for (let length = path.length; length > 0; length--) {
      const position = this.#where().get(formatPath(path.slice(0, length)));
      if (position === undefined) continue;
      // Of a parent only the beginning is shown: the fault is that something is not in it.
      return length === path.length ? position : { key: position.key, value: undefined };
    }
    return undefined;
  }

  #diagnostic(
    severity: Diagnostic["severity"],
    span: Span | undefined,
    key: string,
    message: string,
    help: string | undefined,
  ): Diagnostic {
    const { line, column, length } = span ?? { line: 0, column: 0, length: 1 };
    this.#lines ??= this.#text.split(/\r?\n/);
    const source = maskSecrets(this.#lines[line - 1] ?? "");
    return { severity, file: this.#file, line, column, length, key, message, help, source };
  }
}

/** Replaces a password on a line of the file by stars; the columns stay. */
function maskSecrets(line: string): string {
  return line.replace(
    /(\b(?:auth-)?password["']?\s*=\s*)(.*)$/i,
    (_, key: string, secret: string) => key + "*".repeat(secret.length),
  );
}
