import { seconds } from "../lib/time.ts";
import type { CheckConfig, ProbeConfig } from "./config-check.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, isEmptyArray, requireKey } from "./references.ts";
import type { Report } from "./report.ts";
import { checkTable, KEYS_OF_TYPE } from "./schema/check.ts";
import type { FilledCheck, GivenCheck } from "./schema/index.ts";
import { fill } from "./schema-node.ts";
import { settingsOf } from "./settings.ts";

const DNS_PORT = 53;

/** A check of the file, whether or not all of it is right: what others refer to. */
export interface KnownCheck {
  readonly name: string;
  readonly severity: CheckConfig["severity"];
  readonly at: Path;
  /** Undefined when the file has errors in it. */
  readonly config: CheckConfig | undefined;
}

type Type = NonNullable<FilledCheck["type"]>;

/** `[[checks]]`: those that have a name, by name, the first of each. */
export function resolveChecks(given: readonly GivenCheck[], report: Report): ReadonlyMap<string, KnownCheck> {
  checkDuplicates(
    report,
    given.map(({ name }, i) => [name, ["checks", i, "name"]]),
  );
  const checks = new Map<string, KnownCheck>();
  for (const [index, item] of given.entries()) {
    const at = ["checks", index];
    const filled = fill(checkTable, item);
    const { name, severity } = filled;
    if (name === undefined) requireKey(report, at, "name");
    const config = resolveCheck(item, filled, at, report);
    if (name !== undefined && !checks.has(name)) checks.set(name, { name, severity, at, config });
  }
  return checks;
}

/** The checks that somebody asks for; the others do not run, and are warned of. */
export function usedChecks(
  checks: ReadonlyMap<string, KnownCheck>,
  used: ReadonlySet<string>,
  report: Report,
): CheckConfig[] {
  const running: CheckConfig[] = [];
  for (const { name, at, config } of checks.values()) {
    if (!used.has(name))
      report.warning([...at, "name"], `check "${name}" is not used by any VIP or VRRP instance: it does not run`);
    else if (config !== undefined) running.push(config);
  }
  return running;
}

function resolveCheck(given: GivenCheck, filled: FilledCheck, at: Path, report: Report): CheckConfig | undefined {
  const { name, type, interval, jitter } = filled;
  if (type === undefined) {
    requireKey(report, at, "type");
    return undefined;
  }
  checkKeysOfType(given, type, at, report);
  if (jitter > 0 && jitter >= interval)
    report.error([...at, "jitter"], `\`jitter\` is ${jitter}, not shorter than \`interval\`, which is ${interval}`);
  const probe = resolveProbe(type, filled, at, report);
  if (name === undefined || probe === undefined) return undefined;
  return {
    name,
    description: filled.description,
    severity: filled.severity,
    interval: seconds(interval),
    timeout: seconds(filled.timeout ?? interval),
    rise: filled.rise,
    fall: filled.fall,
    jitter: seconds(jitter),
    initFail: filled["init-fail"],
    probe,
    settings: settingsOf(checkTable, filled),
  };
}

/** Reports keys that belong to another type. */
function checkKeysOfType(given: GivenCheck, type: Type, at: Path, report: Report): void {
  const own: readonly string[] = KEYS_OF_TYPE[type];
  const special = new Set<string>(Object.values(KEYS_OF_TYPE).flat());
  for (const key of Object.keys(given))
    if (special.has(key) && !own.includes(key))
      report.error([...at, key], `\`${key}\` has no meaning for a check of type "${type}"`, {
        atKey: true,
        help: `keys of this type: ${own.join(", ")}`,
      });
}

function resolveProbe(type: Type, filled: FilledCheck, at: Path, report: Report): ProbeConfig | undefined {
  const need = <T>(key: keyof FilledCheck & string, value: T | undefined): T | undefined => {
    if (value === undefined) requireKey(report, at, key);
    return value;
  };
  switch (type) {
    case "script": {
      const command = need("command", filled.command);
      return command && checkCommand(command, at, report) ? { type, command, user: filled.user } : undefined;
    }
    case "process":
      return resolveProcess(filled, at, report);
    case "file": {
      const path = need("path", filled.path);
      return path && checkPath("path", path, at, report) && checkBounds(filled, at, report)
        ? { type, path, min: filled.min, max: filled.max }
        : undefined;
    }
    case "interface": {
      const name = need("interface", filled.interface);
      return name === undefined ? undefined : { type, interface: name };
    }
    case "tcp": {
      const host = need("host", filled.host);
      const port = need("port", filled.port);
      return host === undefined || port === undefined ? undefined : { type, host, port };
    }
    case "ping": {
      const host = need("host", filled.host);
      return host === undefined ? undefined : { type, host };
    }
    case "dns": {
      const server = need("server", filled.server);
      const name = need("query", filled.query);
      if (server === undefined || name === undefined) return undefined;
      return {
        type,
        server,
        port: filled.port ?? DNS_PORT,
        name,
        recordType: filled["record-type"],
        expect: filled.expect,
      };
    }
    case "http":
      return resolveHttp(filled, at, report);
    default:
      return type satisfies never;
  }
}

function resolveProcess(filled: FilledCheck, at: Path, report: Report): ProbeConfig | undefined {
  const { process: name, "pid-file": pidFile, min = 1 } = filled;
  if (name === undefined && pidFile === undefined) {
    if (!report.isFaulty([...at, "process"]) && !report.isFaulty([...at, "pid-file"]))
      report.error([...at, "process"], "`process` or `pid-file` is missing");
    return undefined;
  }
  if (name !== undefined && pidFile !== undefined)
    report.error([...at, "pid-file"], "`pid-file` and `process` exclude each other");
  if (min < 1) report.error([...at, "min"], `\`min\` is ${min}; a process that is not there cannot be asked for`);
  if (pidFile !== undefined && min > 1)
    report.error([...at, "min"], `\`min\` is ${min}, and a \`pid-file\` names one process`);
  if (pidFile !== undefined && !checkPath("pid-file", pidFile, at, report)) return undefined;
  return { type: "process", name, pidFile, min };
}

function resolveHttp(filled: FilledCheck, at: Path, report: Report): ProbeConfig | undefined {
  const { url, status, body, method, "latency-max": latencyMax } = filled;
  if (url === undefined) {
    requireKey(report, at, "url");
    return undefined;
  }
  if (isEmptyArray(report, [...at, "status"], status))
    report.error([...at, "status"], "`status` is empty: no answer would be success");
  if (body !== undefined && method === "HEAD")
    report.error([...at, "body"], '`body` has no meaning with the method "HEAD": its answer has none');
  if (filled.insecure && url.startsWith("http:"))
    report.warning([...at, "insecure"], "`insecure` has no meaning for http://: there is no certificate");
  checkDuplicates(
    report,
    filled.headers.map(([name], i) => [name.toLowerCase(), [...at, "headers", i]]),
  );
  return {
    type: "http",
    url,
    method,
    headers: Object.fromEntries(filled.headers),
    status,
    body,
    latencyMax: latencyMax === undefined ? undefined : seconds(latencyMax),
    insecure: filled.insecure,
  };
}

/** No shell and no search path: what runs is what is written. */
function checkCommand(command: readonly string[], at: Path, report: Report): boolean {
  const [program] = command;
  if (program === undefined) {
    if (isEmptyArray(report, [...at, "command"], command)) report.error([...at, "command"], "`command` is empty");
    return false;
  }
  if (program.startsWith("/")) return true;
  const words = program.includes(" ") ? "; each argument is an element of its own" : "";
  report.error([...at, "command", 0], `the program "${program}" has no absolute path${words}`);
  return false;
}

function checkPath(key: string, path: string, at: Path, report: Report): boolean {
  if (!path.startsWith("/")) report.error([...at, key], `\`${key}\` "${path}" is not an absolute path`);
  return path.startsWith("/");
}

function checkBounds({ min, max }: FilledCheck, at: Path, report: Report): boolean {
  if (min === undefined || max === undefined || min <= max) return true;
  report.error([...at, "min"], `\`min\` is ${min}, more than \`max\`, which is ${max}`);
  return false;
}
