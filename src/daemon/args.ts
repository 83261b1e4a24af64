import { parseArgs } from "node:util";
import { API_HOSTS_DEFAULT, type ApiOptions } from "./api-endpoints.ts";

/** What the command line asks for. Names and letters are gobgpd's. */
export interface Arguments {
  readonly configFile: string;
  readonly logLevel: LogLevelName | undefined;
  /** Text instead of JSON. */
  readonly logPlain: boolean;
  readonly gracefulRestart: boolean;
  readonly dryRun: boolean;
  readonly sdnotify: boolean;
  /** SIGUSR1 writes the state of the speaker to this file. */
  readonly statusFile: string | undefined;
  readonly api: ApiOptions;
  /** The endpoints of the API were named: not to get them is an error. */
  readonly apiHostsGiven: boolean;
  /** Flags of gobgpd that were given and mean nothing here. */
  readonly ignored: readonly string[];
}

const LOG_LEVELS = ["panic", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** How the command line was understood: run, print this and exit 0, or complain and exit 2. */
export type Parsed =
  | { readonly type: "run"; readonly arguments: Arguments }
  | { readonly type: "print"; readonly text: string }
  | { readonly type: "usage"; readonly message: string };

const OPTIONS = {
  "config-file": { type: "string", short: "f" },
  "config-type": { type: "string", short: "t" },
  "log-level": { type: "string", short: "l" },
  "log-plain": { type: "boolean", short: "p" },
  "graceful-restart": { type: "boolean", short: "r" },
  "dry-run": { type: "boolean", short: "d" },
  "api-hosts": { type: "string" },
  tls: { type: "boolean" },
  "tls-cert-file": { type: "string" },
  "tls-key-file": { type: "string" },
  "tls-client-ca-file": { type: "string" },
  "api-token-file": { type: "string" },
  sdnotify: { type: "boolean" },
  "status-file": { type: "string" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  // gobgpd has these; a unit file that was written for it must go on working.
  cpus: { type: "string" },
  "pprof-host": { type: "string" },
  "pprof-disable": { type: "boolean" },
  "disable-stdlog": { type: "boolean" },
} as const;
const IGNORED = ["cpus", "pprof-host", "pprof-disable", "disable-stdlog"] as const;

const HELP = `usage: holdfastd -f FILE [options]

  -f, --config-file FILE     the configuration (TOML, gobgpd's format and our own tables)
  -t, --config-type toml     accepted for gobgpd's sake; toml is the only type
  -d, --dry-run              check the configuration and exit: 0 if it is good, 2 if not
  -l, --log-level LEVEL      ${LOG_LEVELS.join(", ")}; overrides the file
  -p, --log-plain            text instead of JSON; overrides the file
  -r, --graceful-restart     tell neighbours that this start is a restart (RFC 4724)
      --api-hosts HOSTS          where the API is served, comma-separated (${API_HOSTS_DEFAULT}); unix:///PATH for a socket
      --tls, --tls-cert-file FILE, --tls-key-file FILE
                             serve the API over TLS
      --tls-client-ca-file FILE  clients of the API show a certificate that one of these signed
      --api-token-file FILE  clients from other hosts show the token in this file
      --sdnotify             tell systemd when ready, reloading and stopping
      --status-file FILE     where SIGUSR1 writes the state of the speaker as JSON
      --version, -h, --help

SIGHUP reads the configuration again and applies the difference. SIGTERM and SIGINT withdraw what is announced, send
Cease/Administrative Shutdown and exit; a second one exits at once.
`;

/** Reads the command line (without node and script name). Never throws. */
export function parseArguments(argv: readonly string[], version: string): Parsed {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return { type: "usage", message: (error as Error).message };
  }
  if (values.help === true) return { type: "print", text: HELP };
  if (values.version === true) return { type: "print", text: `holdfastd ${version}\n` };
  const type = values["config-type"];
  if (type !== undefined && type !== "toml")
    return { type: "usage", message: `--config-type ${type}: only toml is supported` };
  const level = values["log-level"];
  if (level !== undefined && !isLogLevel(level))
    return { type: "usage", message: `--log-level ${level}: expected one of ${LOG_LEVELS.join(", ")}` };
  if (values["config-file"] === undefined) return { type: "usage", message: "a configuration is needed: -f FILE" };
  return {
    type: "run",
    arguments: {
      configFile: values["config-file"],
      logLevel: level,
      logPlain: values["log-plain"] === true,
      gracefulRestart: values["graceful-restart"] === true,
      dryRun: values["dry-run"] === true,
      sdnotify: values.sdnotify === true,
      api: {
        hosts: values["api-hosts"] ?? API_HOSTS_DEFAULT,
        tls: values.tls === true,
        certificateFile: values["tls-cert-file"],
        keyFile: values["tls-key-file"],
        clientAuthorityFile: values["tls-client-ca-file"],
        tokenFile: values["api-token-file"],
      },
      apiHostsGiven: values["api-hosts"] !== undefined,
      statusFile: values["status-file"],
      ignored: IGNORED.filter((name) => values[name] !== undefined).map((name) => `--${name}`),
    },
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
}

function isLogLevel(text: string): text is LogLevelName {
  return LOG_LEVELS.some((level) => level === text);
}
