import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Config, formatDiagnostics, loadConfig } from "../config/index.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { createLogger, handleSignals, type Logger, messageOf, notifySystemd } from "../platform/index.ts";
import { type Arguments, parseArguments } from "./args.ts";
import { Daemon } from "./daemon.ts";
import { writeStatus } from "./status.ts";
import { TransportTable } from "./transport-table.ts";

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** What a configuration file makes of itself: what to run, or a text that says what is wrong with it. */
interface Loaded {
  readonly config: Config;
  readonly transports: TransportTable;
  /** Rendered warnings; "" without any. */
  readonly warnings: string;
}

/** `holdfastd`: reads the command line and the configuration, and runs until it is told to stop. */
export function main(argv: readonly string[]): void {
  const parsed = parseArguments(argv, VERSION);
  if (parsed.type === "print") {
    process.stdout.write(parsed.text);
    return;
  }
  if (parsed.type === "usage") {
    process.stderr.write(`holdfastd: ${parsed.message}\nholdfastd --help lists the options\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  const loaded = load(parsed.arguments.configFile);
  if (!loaded.ok) {
    process.stderr.write(`${loaded.error}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  if (parsed.arguments.dryRun) {
    if (loaded.value.warnings !== "") process.stderr.write(`${loaded.value.warnings}\n`);
    process.stdout.write(`${parsed.arguments.configFile}: good\n`);
    return;
  }
  run(parsed.arguments, loaded.value, version);
}
