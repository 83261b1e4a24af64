import { nearest } from "./nearest.ts";
import { formatPath, type Path } from "./positions.ts";
import type { Report } from "./report.ts";
import type { AnyKey, Children, GivenTable, Later, Node, Support, Table, TableList } from "./schema-node.ts";
import type { Checked, ListOf, Scalar, Written } from "./values.ts";

/** What a table is validated against, and how much is said about it. */
interface Context {
  readonly report: Report;
  /** The whole schema: where a misplaced key might belong. */
  readonly root: Children;
}

/** How a table stands: GoBGP's tables take what viper takes, and a table that is ignored as a whole is warned of once. */
interface Standing {
  readonly own: boolean;
  readonly support: Support;
}

type Raw = Readonly<Record<string, unknown>>;

/** Checks a parsed document against the schema. What is wrong is reported and absent from the result. */
export function validate<C extends Children>(root: C, document: Raw, report: Report): GivenTable<C> {
  return validateTable({ report, root }, root, document, [], { own: false, support: "yes" }) as GivenTable<C>;
}

function validateTable(context: Context, children: Children, raw: Raw, path: Path, standing: Standing): Raw {
  const given: Record<string, unknown> = {};
  const written = new Map<string, string>();
  for (const [spelling, value] of Object.entries(raw)) {
    const name = spelling.toLowerCase();
    const at = [...path, name];
    const before = written.get(name);
    if (before !== undefined) {
      context.report.error(at, `\`${before}\` and \`${spelling}\` are the same key: case does not count`, {
        atKey: true,
      });
      continue;
    }
    written.set(name, spelling);
    const node = Object.hasOwn(children, name) ? children[name] : undefined;
    if (node === undefined) reportUnknown(context, children, spelling, path);
    else given[name] = validateNode(context, node, value, at, standing);
  }
  return given;
}

function validateNode(context: Context, node: Node, value: unknown, at: Path, standing: Standing): unknown {
  switch (node.node) {
    case "key":
      return validateKey(context.report, node, value, at, standing);
    case "table":
      return validateChildTable(context, node, value, at, standing);
    case "list":
      return validateTableList(context, node, value, at, standing);
    case "later":
      reportLater(context.report, node, at);
      return undefined;
    default:
      return node satisfies never;
  }
}

/** Warns once of a table that is not supported; within it only errors are reported. */
function enter(report: Report, node: Table | TableList, at: Path, standing: Standing): Standing {
  const support = standing.support === "yes" ? node.support : standing.support;
  if (standing.support === "yes" && support === "unsupported")
    report.warning(at, `\`${formatPath(at)}\` is known to GoBGP and ignored here`, { atKey: true, help: node.doc });
  return { own: node.own, support };
}

function validateChildTable(context: Context, node: Table, value: unknown, at: Path, standing: Standing): unknown {
  const inner = enter(context.report, node, at, standing);
  if (isTable(value)) return validateTable(context, node.children, value, at, inner);
  const name = formatPath(at).replace(/\[\d+\]/g, "");
  const wanted = Array.isArray(value) ? "it has one header in single brackets" : "a table is wanted";
  context.report.error(at, `\`${at.at(-1)}\` is ${show(value)}; ${wanted}: [${name}]`, { atKey: true });
  return undefined;
}

function validateTableList(context: Context, node: TableList, value: unknown, at: Path, standing: Standing): unknown {
  const inner = enter(context.report, node, at, standing);
  const name = formatPath(at).replace(/\[\d+\]/g, "");
  if (!Array.isArray(value)) {
    const message = `\`${at.at(-1)}\` is ${show(value)}; a list of tables is wanted, each under a header in double brackets: [[${name}]]`;
    context.report.error(at, message, { atKey: true });
    return undefined;
  }
  return value.map((item: unknown, index) => {
    if (isTable(item)) return validateTable(context, node.children, item, [...at, index], inner);
    context.report.error(
      [...at, index],
      `an element of \`${at.at(-1)}\` is ${show(item)}; a table is wanted: [[${name}]]`,
    );
    return {};
  });
}

function reportLater(report: Report, node: Later, at: Path): void {
  report.error(at, `\`${at.at(-1)}\`: this version does not have ${node.doc} yet`, {
    atKey: true,
    help: "take it out: to ignore it would change what is announced",
  });
}

function validateKey(report: Report, node: AnyKey, value: unknown, at: Path, standing: Standing): unknown {
  if (standing.support === "yes" && node.support === "unsupported")
    report.warning(at, `\`${at.at(-1)}\` is known to GoBGP and ignored here`, { atKey: true, help: node.doc });
  const lenient = !standing.own && node.own !== true;
  const { type } = node;
  if (type.kind === "scalar") return validateScalar(report, type, value, at, lenient, node.secret === true);
  return validateList(report, type, value, at, lenient);
}

function validateList(report: Report, type: ListOf<unknown>, value: unknown, at: Path, lenient: boolean): unknown {
  if (lenient && typeof value === "string") {
    report.warning(at, `\`${at.at(-1)}\` is one string; taken as a list, split at commas, as GoBGP does`, {
      help: 'write it as an array: ["a", "b"]',
    });
    const parts = value === "" ? [] : value.split(",");
    return parts
      .map((part) => validateScalar(report, type.of, part, at, lenient, false))
      .filter((v) => v !== undefined);
  }
  if (!Array.isArray(value)) {
    report.error(at, `\`${at.at(-1)}\` is ${show(value)}; allowed: an array of ${type.of.name} values`);
    return undefined;
  }
  const items = value.map((item: unknown, i) => validateScalar(report, type.of, item, [...at, i], lenient, false));
  return items.filter((item) => item !== undefined);
}

function validateScalar(
  report: Report,
  type: Scalar<unknown>,
  raw: unknown,
  at: Path,
  lenient: boolean,
  secret: boolean,
): unknown {
  const name = typeof at.at(-1) === "number" ? `an element of \`${at.at(-2)}\`` : `\`${at.at(-1)}\``;
  const shown = secret ? "not right" : show(raw);
  let value = raw;
  if (!isWritten(type.written, value)) {
    value = lenient ? weaken(type.written, value) : undefined;
    if (value === undefined) {
      report.error(at, `${name} is ${shown}; allowed: ${type.allowed}`);
      return undefined;
    }
    if (!secret)
      report.warning(at, `${name} is ${shown}; taken as ${show(value)}, as GoBGP does`, {
        help: `allowed: ${type.allowed}`,
      });
  }
  const checked: Checked<unknown> = type.check(value as never);
  if (!checked.ok) {
    const why = checked.why === undefined ? "" : `: ${checked.why}`;
    const meant = type.words && typeof value === "string" ? nearest(value, type.words) : undefined;
    const help = meant === undefined ? undefined : `did you mean "${meant}"?`;
    report.error(at, `${name} is ${shown}${why}; allowed: ${type.allowed}`, { help });
    return undefined;
  }
  if (checked.warning !== undefined) report.warning(at, `${name} is ${shown}: ${checked.warning}`);
  return checked.value;
}

function isWritten(written: Written, value: unknown): boolean {
  if (written === "integer") return Number.isInteger(value);
  if (written === "number") return typeof value === "number" && !Number.isNaN(value);
  return typeof value === written;
}

/** What viper, which reads GoBGP's files, makes of a value of another type; undefined: nothing. */
function weaken(written: Written, value: unknown): unknown {
  if (written === "string") return typeof value === "number" ? String(value) : undefined;
  if (written === "boolean") {
    if (value === 1 || value === "1" || value === "true") return true;
    return value === 0 || value === "0" || value === "false" ? false : undefined;
  }
  if (typeof value !== "string" || !/^-?\d+(\.\d+)?$/.test(value)) return undefined;
  const number = Number(value);
  return written === "integer" && !Number.isInteger(number) ? undefined : number;
}

function reportUnknown(context: Context, children: Children, spelling: string, path: Path): void {
  const { report } = context;
  const at = [...path, spelling.toLowerCase()];
  const where = path.length === 0 ? "at the top of the file" : `in \`${formatPath(path)}\``;
  const message = `unknown key \`${spelling}\` ${where}`;
  const here = nearest(spelling, supportedNames(children));
  const elsewhere = here === undefined ? findKey(context.root, spelling.toLowerCase(), path) : undefined;
  let help = here === undefined ? undefined : `did you mean \`${here}\`?`;
  if (elsewhere !== undefined) help = `\`${spelling}\` belongs in [${elsewhere}]`;
  report.error(at, message, { atKey: true, help: help ?? `known here: ${supportedNames(children).join(", ")}` });
}

function supportedNames(children: Children): string[] {
  return Object.entries(children)
    .filter(([, node]) => node.node !== "later" && (node.support ?? "yes") === "yes")
    .map(([name]) => name);
}

/** The table in which a key of this name is known, the one nearest to `path`: "neighbors.timers.config". */
function findKey(root: Children, name: string, path: Path): string | undefined {
  const names = path.filter((part): part is string => typeof part === "string");
  let best: readonly string[] | undefined;
  let bestShared = -1;
  const visit = (children: Children, at: readonly string[]): void => {
    for (const [child, node] of Object.entries(children)) {
      if (node.node === "later" || (node.support ?? "yes") !== "yes") continue;
      if (node.node !== "key") visit(node.children, [...at, child]);
      else if (child === name) {
        const shared = at.findIndex((part, i) => part !== names[i]);
        const depth = shared < 0 ? at.length : shared;
        if (depth > bestShared) {
          best = at;
          bestShared = depth;
        }
      }
    }
  };
  visit(root, []);
  return best?.join(".");
}

function isTable(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A value as it might stand in the file. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (isTable(value)) return "a table";
  return value instanceof Date ? "a date" : String(value);
}
