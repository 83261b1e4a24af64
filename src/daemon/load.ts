import { PolicyTable } from "../bgp/index.ts";
import { type Config, type Document, formatDiagnostics, loadConfig } from "../config/index.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { readTextFile } from "../platform/index.ts";
import { TransportTable } from "./transport-table.ts";

/** A configuration that can be run. */
export interface Loaded {
  readonly config: Config;
  readonly document: Document;
  readonly transports: TransportTable;
  readonly policies: PolicyTable;
  /** Warnings as text for people; "" without any. */
  readonly warnings: string;
  /** The same, each in a line of its own. */
  readonly notes: readonly string[];
}

/** Reads and judges the configuration and the files it names. The error is the whole report, for people. */
export function load(file: string): Result<Loaded, string> {
  const text = readTextFile(file);
  return text.ok ? loadText(text.value, file) : fail(text.error.message);
}

/** The same for a text; `file` is for messages. */
export function loadText(text: string, file: string): Result<Loaded, string> {
  const loaded = loadConfig(text, file);
  const warnings = loaded.warnings.length === 0 ? "" : formatDiagnostics(loaded.warnings);
  if (!loaded.ok) return fail(formatDiagnostics([...loaded.errors, ...loaded.warnings]));
  const transports = TransportTable.of(loaded.config);
  if (!transports.ok) return fail(`error: ${transports.error}`);
  const policies = PolicyTable.compile(loaded.config.definedSets, loaded.config.policies);
  if (!policies.ok)
    return fail(policies.error.map(({ where, problem }) => `error: ${file}: ${where}: ${problem}`).join("\n"));
  const { config, document } = loaded;
  const notes = loaded.warnings.map(({ line, message }) => `${file}:${line}: ${message}`);
  return ok({ config, document, transports: transports.value, policies: policies.value, warnings, notes });
}
