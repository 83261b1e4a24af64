/*
 * The log. Lines go to standard output by winston. To load winston takes 30 ms, a tenth of what process start to first
 * OPEN may take: until it is there (a second after the start, or at `load`) lines are written straight to the stream,
 * in the same format, so none is late or lost.
 *
 * A log that nobody reads must not stop the daemon: standard output does not block, lines wait in memory up to
 * BACKLOG_MAX octets, then lines are dropped and counted. A reader that is gone (EPIPE) ends the log, not the process.
 */
import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Logger as WinstonLogger } from "winston";
import { messageOf } from "./errors.ts";
import { formatEntry, type LogFields, type LogFormat, type LogLevel } from "./log-format.ts";
import { LogLimiter } from "./log-limit.ts";

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Levels of components that differ from `level`. */
  readonly components: Readonly<Partial<Record<string, LogLevel>>>;
}

/** What a part of the daemon writes its lines to. */
export interface ComponentLogger {
  /** Whether lines of `level` are written: to be asked before a costly text is made. */
  isEnabled(level: LogLevel): boolean;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** For messages that others can cause at will: at most a few with the same `key`, then one in ten seconds. */
  limited(key: string): ComponentLogger;
}

/** Octets of lines that wait for their reader. */
const BACKLOG_MAX = 1_048_576;
const WINSTON_DELAY_MS = 1_000;
const NO_FIELDS: LogFields = {};

export class Logger {
  #options: LogOptions;
  readonly #stream: Writable;
  readonly #limiter = new LogLimiter();
  #winston: WinstonLogger | undefined;
  #loading: Promise<void> | undefined;
  #broken = false;
  #dropped = 0;

  /** Use {@link createLogger}. */
  constructor(options: LogOptions, stream: Writable) {
    this.#options = options;
    this.#stream = stream;
    stream.on("error", () => {
      this.#broken = true;
    });
    setTimeout(() => void this.load(), WINSTON_DELAY_MS).unref();
  }

  /** Changes levels and format, live. */
  configure(options: LogOptions): void {
    this.#options = options;
  }

  /** The logger of one part of the daemon: "bgp", "config", ... */
  component(name: string): ComponentLogger {
    return this.#componentLogger(name, undefined);
  }

  /** Hands the lines to winston from now on. Called by itself a second after the start. */
  load(): Promise<void> {
    this.#loading ??= this.#loadWinston();
    return this.#loading;
  }

  /** Resolves when every line is with the operating system, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#broken || this.#stream.writableLength === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    const written = new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
    await Promise.race([written, late]);
    clearTimeout(timer);
  }

  /** The last line before an abrupt end: when it would have to wait behind others, it goes to standard error instead. */
  lastWords(component: string, message: string, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    const line = this.#format("error", component, `${message}: ${messageOf(error)}`, { stack });
    if (this.#broken || this.#stream.writableLength > 0) writeSync(2, `${line}\n`);
    else this.#stream.write(`${line}\n`);
  }

  #componentLogger(name: string, key: string | undefined): ComponentLogger {
    const write = (level: LogLevel) => (message: string, fields?: LogFields) =>
      this.#write(level, name, key, message, fields);
    return {
      isEnabled: (level) => this.#isEnabled(name, level),
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      limited: (limitKey) => this.#componentLogger(name, limitKey),
    };
  }

  #isEnabled(component: string, level: LogLevel): boolean {
    return LEVELS[level] <= LEVELS[this.#options.components[component] ?? this.#options.level];
  }

  #write(level: LogLevel, component: string, key: string | undefined, message: string, fields = NO_FIELDS): void {
    if (this.#broken || !this.#isEnabled(component, level)) return;
    let text = message;
    if (key !== undefined) {
      const suppressed = this.#limiter.take(`${component} ${key}`, performance.now());
      if (suppressed === undefined) return;
      if (suppressed > 0) text += ` (${suppressed} more like this were not logged)`;
    }
    if (this.#stream.writableLength > BACKLOG_MAX) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const lost = `${this.#dropped} lines were lost: the log was not read fast enough`;
      this.#dropped = 0;
      this.#writeLine("warn", this.#format("warn", "log", lost, NO_FIELDS));
    }
    this.#writeLine(level, this.#format(level, component, text, fields));
  }

  #format(level: LogLevel, component: string, message: string, fields: LogFields): string {
    return formatEntry({ time: new Date().toISOString(), level, component, message, fields }, this.#options.format);
  }

  #writeLine(level: LogLevel, line: string): void {
    if (this.#winston === undefined) this.#stream.write(`${line}\n`);
    else this.#winston.write({ level, message: line });
  }

  async #loadWinston(): Promise<void> {
    const { default: winston } = await import("winston");
    this.#winston = winston.createLogger({
      levels: { ...LEVELS },
      level: "debug", // Levels are per component: they were judged before.
      format: winston.format.printf(({ message }) => String(message)),
      transports: [new winston.transports.Stream({ stream: this.#stream, eol: "\n" })],
    });
  }
}

/** The daemon's logger. Writes to standard output unless told otherwise. */
export function createLogger(options: LogOptions, stream: Writable = process.stdout): Logger {
  return new Logger(options, stream);
}
