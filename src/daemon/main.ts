import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import type { Config } from "../config/index.ts";
import { seconds } from "../lib/time.ts";
import { VERSION } from "../lib/version.ts";
import {
  createLogger,
  dieAbruptlyOnCrash,
  handleSignals,
  type Logger,
  type LogLevel,
  type LogOptions,
  messageOf,
  notifySystemd,
  type ServiceState,
  spawn,
} from "../platform/index.ts";
import { Api, DaemonApiHost } from "./api.ts";
import { apiEndpoints, endpointWarnings } from "./api-endpoints.ts";
import { type Arguments, type LogLevelName, parseArguments } from "./args.ts";
import { Daemon } from "./daemon.ts";
import { DaemonHost, type HostProcess } from "./holdfast-host.ts";
import { type Loaded, load } from "./load.ts";
import { rehearse } from "./rehearsal.ts";
import { Reloader } from "./reloader.ts";
import { RunningConfig } from "./running-config.ts";
import { writeStatus } from "./status.ts";

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
/** When the log's transport is loaded: after the first OPENs are out. */
const LOG_LOAD_MS = 500;
/** With an interval of 100 ms, another takes over after 300 ms of silence: on a busy machine, to load takes longer. */
const HURRIED_BELOW = seconds(1);
/** When the daemon rehearses a takeover, and how long it leaves others between two steps. */
const REHEARSAL_MS = 1_000;
const REHEARSAL_STEP_MS = 5;
/** How long the last lines of the log may take. */
const LOG_FLUSH_MS = 200;

/** `holdfastd`: reads the command line and the configuration, and runs until it is told to stop. */
export function main(argv: readonly string[]): void {
  const parsed = parseArguments(argv, VERSION);
  switch (parsed.type) {
    case "print":
      process.stdout.write(parsed.text);
      return;
    case "usage":
      process.stderr.write(`holdfastd: ${parsed.message}\nholdfastd --help lists the options\n`);
      process.exitCode = EXIT.usage;
      return;
    case "run":
      break;
    default:
      parsed satisfies never;
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
  new Process(parsed.arguments, loaded.value).start();
}

/**
 * Young objects are collected by this thread alone. Node would share that with helpers, and wait for them: where others
 * want the processors too, what takes 5 ms then takes 140, with nothing sent or heard meanwhile. On a machine that has
 * little to do it takes as long either way.
 */
function collectAlone(): void {
  setFlagsFromString("--no-parallel-scavenge");
}

/** The process around the daemon: its log, its signals, its end. */
class Process {
  readonly #arguments: Arguments;
  readonly #loaded: Loaded;
  readonly #log: Logger;
  readonly #daemon: Daemon;
  readonly #reloader: Reloader;
  readonly #own: DaemonHost;
  readonly #api: Api;
  /** What signals have asked for before the daemon ran; undefined: it runs. */
  #early: (() => void)[] | undefined = [];

  constructor(args: Arguments, loaded: Loaded) {
    this.#arguments = args;
    this.#loaded = loaded;
    this.#log = createLogger(logOptionsOf(args, loaded.config));
    const seed = randomBytes(4).readUInt32LE();
    this.#daemon = new Daemon(loaded, this.#log, seed, args.gracefulRestart);
    const running = new RunningConfig(loaded);
    const gobgp = new DaemonApiHost(this.#daemon, running, this.#log, {
      setLogLevel: (level) => this.#setLogLevel(level),
    });
    const own = new DaemonHost(this.#daemon, this.#commands(), this.#log.component("api"));
    this.#own = own;
    this.#reloader = new Reloader(args.configFile, loaded, {
      daemon: this.#daemon,
      running,
      log: this.#log,
      apiRoutes: () => own.apiRouteCount,
      configureLog: (config) => this.#log.configure(logOptionsOf(args, config)),
    });
    this.#api = new Api([gobgp.service(), own.service()], this.#log);
  }

  start(): void {
    spawn("holdfastd", this.#run(), this.#log.component("daemon"));
  }

  async #run(): Promise<void> {
    collectAlone();
    const log = this.#log.component("daemon");
    dieAbruptlyOnCrash((error) => this.#log.lastWords("daemon", "a fault of ours ends the process", error));
    this.#handleSignals();
    const refused = await this.#openApi();
    if (refused !== undefined) {
      log.error(refused);
      this.#exit(EXIT.failed);
      return;
    }
    if (isHurried(this.#loaded.config)) await Promise.all([this.#log.load(), this.#api.load()]);
    this.#own.restore();
    const errors = this.#daemon.start();
    if (errors.length > 0) {
      for (const error of errors) log.error(error.message);
      this.#exit(EXIT.failed);
      return;
    }
    // To load the log's transport takes some 30 ms, once; the gauge of stalls counts from then on.
    setTimeout(() => void this.#log.load().then(() => this.#daemon.driver.resetStats()), LOG_LOAD_MS);
    this.#rehearse();
    this.#notify("ready");
    const { config, warnings } = this.#loaded;
    log.info(`holdfastd ${VERSION} runs: ${config.neighbors.length} neighbours, ${config.vips.length} VIPs`);
    this.#logLines("config", "warn", warnings);
    for (const flag of this.#arguments.ignored) log.warn(`${flag} is gobgpd's and has no meaning here`);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const act of early) act();
  }

  /** From the first moment: by default SIGHUP would end the process, and SIGUSR1 open it to a debugger. */
  #handleSignals(): void {
    const whenRunning = (act: () => void) => {
      if (this.#early === undefined) act();
      else this.#early.push(act);
    };
    handleSignals({
      // Before it runs there is nothing to withdraw and nobody to say Cease to.
      stop: (signal) => (this.#early === undefined ? this.#stop(signal) : this.#exit(EXIT.ok)),
      reload: () => whenRunning(() => void this.#reload(() => this.#reloader.reload(false))),
      report: () => whenRunning(() => this.#report()),
    });
  }

  /** Compiles what a takeover needs, once, while nothing happens; and keeps it compiled, however seldom it is needed. */
  #rehearse(): void {
    setFlagsFromString("--no-flush-bytecode");
    const steps = rehearse();
    const step = () => {
      if (steps.next().done !== true) setTimeout(step, REHEARSAL_STEP_MS).unref();
    };
    setTimeout(step, REHEARSAL_MS).unref();
  }

  /** Why the process cannot run with the API that was asked for. Without one that was asked for, it runs without. */
  async #openApi(): Promise<string | undefined> {
    const { api, apiHostsGiven } = this.#arguments;
    const endpoints = apiEndpoints(api);
    if (!endpoints.ok) return endpoints.error;
    const log = this.#log.component("api");
    for (const warning of endpointWarnings(endpoints.value)) log.warn(warning);
    const opened = await this.#api.open(endpoints.value);
    if (!opened.ok && apiHostsGiven) return opened.error;
    if (!opened.ok) log.error(`${opened.error}; there is no API`);
    else for (const { text } of endpoints.value) log.info(`the API is served on ${text}`);
    return undefined;
  }

  #setLogLevel(level: LogLevel): void {
    const options = logOptionsOf(this.#arguments, this.#daemon.config);
    this.#log.configure({ ...options, level, components: {} });
  }

  /** What an operator may command of the process. */
  #commands(): HostProcess {
    const reloader = () => this.#reloader;
    return {
      get warnings() {
        return reloader().warnings;
      },
      reload: (force) => this.#reload(() => this.#reloader.reload(force)),
      diff: (text, fileName) => this.#reloader.diff(text, fileName),
      stop: (mode, text) => this.#stop("an operator", mode, text),
    };
  }

  #stop(who: string, mode: "shutdown" | "hold" = "shutdown", text?: string): void {
    this.#notify("stopping");
    const what =
      mode === "hold" ? "leaving, neighbours hold the routes" : "withdrawing, and saying Cease to every neighbour";
    this.#log.component("daemon").info(`${who}: ${what}`);
    const closed = this.#api.close();
    this.#own.close(mode);
    this.#daemon.stop(() => void closed.finally(() => this.#exit(EXIT.ok)), mode, text);
  }

  /** systemd is told that a reload is going on, whoever asked for it. */
  #reload<T>(reload: () => T): T {
    this.#notify("reloading");
    try {
      return reload();
    } finally {
      this.#notify("ready");
    }
  }

  #report(): void {
    const file = this.#arguments.statusFile;
    const log = this.#log.component("daemon");
    if (file === undefined) {
      log.warn("SIGUSR1: there is no --status-file to write the status to");
      return;
    }
    try {
      writeStatus(this.#daemon, VERSION, file);
    } catch (error) {
      log.error(`cannot write the status to ${file}: ${messageOf(error)}`);
    }
  }

  #notify(state: ServiceState): void {
    if (!this.#arguments.sdnotify) return;
    const notified = notifySystemd(state);
    if (!notified.ok) this.#log.component("daemon").warn(notified.error.message);
  }

  /** A text of several lines, as that many. */
  #logLines(component: string, level: LogLevel, text: string): void {
    const log = this.#log.component(component);
    for (const line of text.split("\n")) if (line !== "") log[level](line);
  }

  #exit(code: number): void {
    void this.#log.flush(LOG_FLUSH_MS).finally(() => process.exit(code));
  }
}

/**
 * Whether a virtual router advertises so often that it would be missed while the log's transport and the API are loaded:
 * then they are before it starts, and the start takes longer.
 */
function isHurried({ vrrpInstances }: Config): boolean {
  return vrrpInstances.some(({ advertisementInterval }) => advertisementInterval < HURRIED_BELOW);
}

/** The command line goes before the file. */
function logOptionsOf(args: Arguments, { log }: Config): LogOptions {
  return {
    level: args.logLevel === undefined ? log.level : levelOf(args.logLevel),
    format: args.logPlain ? "text" : log.format,
    components: args.logLevel === undefined ? log.components : {},
  };
}

/** gobgpd knows more levels than we have. */
function levelOf(name: LogLevelName): LogLevel {
  switch (name) {
    case "panic":
    case "fatal":
    case "error":
      return "error";
    case "trace":
    case "debug":
      return "debug";
    default:
      return name;
  }
}
