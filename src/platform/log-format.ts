export type LogLevel = "error" | "warn" | "info" | "debug";

/** What a line is about, beside its text. Values are plain data; undefined ones are left out. */
export interface LogFields {
  /** The neighbour's address. */
  readonly peer?: string | undefined;
  /** The virtual router. */
  readonly vrid?: number | undefined;
  readonly family?: string | undefined;
  readonly [name: string]: unknown;
}

export interface LogEntry {
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly level: LogLevel;
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

export type LogFormat = "text" | "json";

export function formatEntry(entry: LogEntry, format: LogFormat): string {
  return format === "json" ? formatJson(entry) : formatText(entry);
}

/**
 * `2026-11-21T08:00:00.123Z INFO  bgp [10.0.0.1] Established hold=90`: who it is about in brackets, other fields
 * behind the text, a stack trace below it. Control characters, which a peer may have sent, are shown escaped.
 */
function formatText({ time, level, component, message, fields }: LogEntry): string {
  const { peer, vrid, family, stack, ...rest } = fields;
  const subjects: unknown[] = [];
  if (peer !== undefined) subjects.push(peer);
  if (vrid !== undefined) subjects.push(`vrid ${vrid}`);
  if (family !== undefined) subjects.push(family);
  const subject = subjects.length === 0 ? "" : `[${subjects.join(" ")}] `;
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${component} ${escapeControls(subject + message)}`;
  for (const [name, value] of Object.entries(rest))
    if (value !== undefined) line += ` ${name}=${escapeControls(formatValue(value))}`;
  if (typeof stack === "string") for (const part of stack.split("\n")) line += `\n    ${escapeControls(part)}`;
  return line;
}

/** One object a line: `time`, `level`, `component`, `msg`, then the fields. A field cannot replace those four. */
function formatJson({ time, level, component, message, fields }: LogEntry): string {
  const own = { time, level, component, msg: message };
  return JSON.stringify({ ...own, ...fields, ...own }, (_, value) => plainValue(value));
}

function formatValue(value: unknown): string {
  const plain = plainValue(value);
  const text = typeof plain === "string" ? plain : (JSON.stringify(plain) ?? String(plain));
  return typeof plain !== "string" || /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Values with a text of their own (addresses, prefixes, errors, bigints) become that text. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return value.toString === Object.prototype.toString ? value : value.toString();
}

/** Everything that could start a new line or steer a terminal, as JSON escapes it. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
