import { parse, stringify, TomlError } from "smol-toml";
import type { Config } from "./config.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Report } from "./report.ts";
import { resolve } from "./resolve.ts";
import { schema } from "./schema/index.ts";
import { validate } from "./validate.ts";

/** Tables by key, as written: values, lists and tables. */
export type Document = Readonly<Record<string, unknown>>;

/** What a file turned out to be. */
export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The file as its parser gave it, keys in lower case: for whoever makes another one of it. */
      readonly document: Document;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] };

/**
 * Reads a configuration: TOML in GoBGP's format, with our own tables. Reports everything that is wrong at once, in the
 * order of the file. Pure: `fileName` is only for messages.
 */
export function loadConfig(text: string, fileName: string): Loaded {
  const report = new Report(fileName, text);
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    report.syntaxError(error.line, error.column, syntaxMessage(error));
    return { ok: false, errors: report.all(), warnings: [] };
  }
  const config = resolve(validate(schema, document, report), report);
  const errors = report.all().filter((diagnostic) => diagnostic.severity === "error");
  const warnings = report.all().filter((diagnostic) => diagnostic.severity === "warning");
  return errors.length === 0
    ? { ok: true, config, document: lowerKeys(document), warnings }
    : { ok: false, errors, warnings };
}

/** Reads a document that was made, not written. Findings have no line. */
export function loadDocument(document: Document, name: string): Loaded {
  return loadConfig(stringify(document), name);
}

/** Case does not count in keys (validate.ts). */
function lowerKeys(table: Document): Document {
  const lower = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lower);
    const isTable = typeof value === "object" && value !== null && !(value instanceof Date);
    return isTable ? lowerKeys(value as Document) : value;
  };
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key.toLowerCase(), lower(value)]));
}

/** The parser's message is "Invalid TOML document: ..." and an excerpt, which we print ourselves. */
function syntaxMessage(error: TomlError): string {
  const first = error.message.split("\n")[0] ?? "";
  return first.replace(/^Invalid TOML document: /, "not TOML: ");
}
