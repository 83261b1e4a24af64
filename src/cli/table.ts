import { clean } from "./format.ts";
import type { Look, Style } from "./style.ts";

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** Gives way when the line is too long for the terminal. */
  readonly shrinks?: true;
}

/** A cell, or a cell that stands out. */
export type Cell = string | number | readonly [text: string | number, look: Look];

const GAP = "  ";
const SHRUNK_MIN = 8;
const MORE = "…";

const textOf = (cell: Cell): string => clean(String(typeof cell === "object" ? cell[0] : cell));
const lookOfCell = (cell: Cell): Look => (typeof cell === "object" ? cell[1] : "plain");

/**
 * Aligned columns. To a terminal, lines are cut to its width where a column shrinks; to anything else nothing is cut. Rows
 * that come later than those the widths were measured with may stand out of line, and are never cut for it.
 */
export class TextTable {
  readonly #columns: readonly Column[];
  readonly #widths: readonly number[];
  readonly #style: Style;
  readonly #indent: string;

  /** `rows` are what the widths are measured with. */
  constructor(
    columns: readonly Column[],
    rows: readonly (readonly Cell[])[],
    style: Style,
    options: { readonly width?: number | undefined; readonly indent?: string } = {},
  ) {
    this.#columns = columns;
    this.#style = style;
    this.#indent = options.indent ?? "";
    const natural = columns.map(({ title }, i) =>
      Math.max(title.length, ...rows.map((row) => textOf(row[i] ?? "").length)),
    );
    const room = options.width === undefined ? undefined : options.width - this.#indent.length;
    this.#widths = room === undefined ? natural : shrink(columns, natural, room);
  }

  /** The titles. */
  head(): string {
    return this.#line(this.#columns.map(({ title }) => [title, "dim"] as const));
  }

  row(cells: readonly Cell[]): string {
    return this.#line(cells);
  }

  #line(cells: readonly Cell[]): string {
    const last = this.#columns.length - 1;
    const parts = this.#columns.map(({ align, shrinks }, i) => {
      const cell = cells[i] ?? "";
      const width = this.#widths[i] as number;
      const text = shrinks === true ? cut(textOf(cell), width) : textOf(cell);
      const fill = " ".repeat(Math.max(0, width - text.length));
      const painted = this.#style.paint(text, lookOfCell(cell));
      if (align === "right") return fill + painted;
      return i === last ? painted : painted + fill;
    });
    return `${this.#indent}${parts.join(GAP)}`.trimEnd();
  }
}

/** A whole table; "" without rows. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Style,
  options: { readonly width?: number | undefined; readonly indent?: string } = {},
): string {
  if (rows.length === 0) return "";
  const table = new TextTable(columns, rows, style, options);
  return `${[table.head(), ...rows.map((row) => table.row(row))].join("\n")}\n`;
}

/** Takes what is too much from the columns that shrink, the widest first. */
function shrink(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  while (total() > room) {
    let widest = -1;
    for (const [i, { shrinks }] of columns.entries())
      if (
        shrinks === true &&
        (widths[i] as number) > SHRUNK_MIN &&
        (widest < 0 || (widths[i] as number) > (widths[widest] as number))
      )
        widest = i;
    if (widest < 0) return widths;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
}

const cut = (text: string, width: number): string => (text.length <= width ? text : text.slice(0, width - 1) + MORE);
