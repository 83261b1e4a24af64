/** How a piece of text is to stand out. */
export type Look = "plain" | "good" | "bad" | "warn" | "dim" | "bold";

const CODES: Readonly<Record<Exclude<Look, "plain">, readonly [on: number, off: number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Colours, or none: text goes through here last, after its width was counted. */
export class Style {
  readonly #colors: boolean;

  constructor(colors: boolean) {
    this.#colors = colors;
  }

  paint(text: string, look: Look): string {
    if (!this.#colors || look === "plain" || text === "") return text;
    const [on, off] = CODES[look];
    return `\x1b[${on}m${text}\x1b[${off}m`;
  }
}

const LOOKS: Readonly<Record<string, Look>> = {
  announce: "good",
  "de-prefer": "warn",
  gshut: "warn",
  withdraw: "bad",
  Established: "good",
  Master: "good",
  Backup: "plain",
  Fault: "bad",
  up: "good",
  down: "bad",
  unknown: "warn",
  reset: "bad",
  removed: "bad",
  soft: "warn",
  added: "good",
  restart: "bad",
  info: "plain",
  warn: "warn",
  error: "bad",
};

/** How a state stands out: what is not known as good or bad is plain. */
export const lookOf = (state: string): Look => LOOKS[state] ?? "plain";

/** Whether colours are wanted: on a terminal, unless somebody says no (https://no-color.org). */
export function wantsColors(
  columns: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): boolean {
  return columns !== undefined && !noColor && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
