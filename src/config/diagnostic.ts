/** One finding in a configuration file: what stands where, and what should stand there. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** 1-based; 0 when the finding has no place in the file (a key that is missing altogether). */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** How many characters the caret line underlines; at least 1. */
  readonly length: number;
  /** The key as in the documentation, with indices: "neighbors[1].timers.config.hold-time"; "" for a syntax error. */
  readonly key: string;
  /** What was found and what is allowed, in one line. */
  readonly message: string;
  /** What to do about it, when there is more to say. */
  readonly help: string | undefined;
  /** The line of the file, without its end; "" when `line` is 0. */
  readonly source: string;
}

/**
 * A finding as a compiler prints it:
 *
 *     error: hold-time is 2, allowed: 0 or 3..65535 seconds
 *       --> holdfast.toml:12:17
 *        |
 *     12 |     hold-time = 2
 *        |                 ^
 *        = key: neighbors[0].timers.config.hold-time
 */
export function formatDiagnostic(d: Diagnostic): string {
  const lines = [`${d.severity}: ${d.message}`];
  const number = String(d.line);
  const gutter = " ".repeat(number.length);
  if (d.line === 0) lines.push(`${gutter}--> ${d.file}`);
  else {
    // Tabs keep their width only if the caret line has the same tabs in front.
    const indent = d.source.slice(0, d.column - 1).replace(/[^\t]/g, " ");
    lines.push(
      `${gutter}--> ${d.file}:${d.line}:${d.column}`,
      `${gutter} |`,
      `${number} | ${d.source}`,
      `${gutter} | ${indent}${"^".repeat(d.length)}`,
    );
  }
  if (d.key !== "") lines.push(`${gutter} = key: ${d.key}`);
  if (d.help !== undefined) lines.push(`${gutter} = help: ${d.help}`);
  return lines.join("\n");
}

/** All findings, one after the other with empty lines between, and a count at the end. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic["severity"]) => {
    const n = diagnostics.filter((d) => d.severity === severity).length;
    return n === 0 ? [] : [`${n} ${severity}${n === 1 ? "" : "s"}`];
  };
  const summary = [...count("error"), ...count("warning")].join(", ");
  return [...diagnostics.map(formatDiagnostic), summary].join("\n\n");
}
