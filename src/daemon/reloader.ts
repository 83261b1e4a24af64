import { type HostWarning, planReload, type ReloadPlan } from "../api/holdfast/index.ts";
import { faultOf, type Outcome } from "../api/index.ts";
import type { Change, Config } from "../config/index.ts";
import { ok } from "../lib/result.ts";
import type { Logger } from "../platform/index.ts";
import type { Daemon } from "./daemon.ts";
import { type Loaded, load, loadText } from "./load.ts";
import type { RunningConfig } from "./running-config.ts";

/** Differences of a reload that are named one by one. */
const CHANGES_LOGGED_MAX = 100;

/** What a reload has to do with. */
export interface ReloaderParts {
  readonly daemon: Daemon;
  readonly running: RunningConfig;
  readonly log: Logger;
  /** How many routes were announced over the API. */
  readonly apiRoutes: () => number;
  /** The log follows the file too. */
  readonly configureLog: (config: Config) => void;
}

/** The configuration file of the process, and what happens when it is read again: by SIGHUP, or by an operator. */
export class Reloader {
  readonly #file: string;
  readonly #daemon: Daemon;
  readonly #running: RunningConfig;
  readonly #log: Logger;
  readonly #configureLog: (config: Config) => void;
  readonly #apiRoutes: () => number;
  #notes: readonly string[];
  /** Keys that wait for a restart of the daemon. */
  readonly #waiting = new Set<string>();

  constructor(file: string, loaded: Loaded, parts: ReloaderParts) {
    this.#file = file;
    this.#notes = loaded.notes;
    this.#daemon = parts.daemon;
    this.#running = parts.running;
    this.#log = parts.log;
    this.#configureLog = parts.configureLog;
    this.#apiRoutes = parts.apiRoutes;
  }

  /** What is to be said of the configuration that runs, one thing a line. */
  get warnings(): readonly HostWarning[] {
    const waiting = [...this.#waiting].map((key) => `${key} has changed: this takes a restart of the daemon`);
    return [...this.#notes, ...waiting].map((text) => ({ source: "config", text }));
  }

  /** Reads the file again and applies the difference. What it refuses changes nothing, and is in the log as well. */
  reload(force: boolean): Outcome<ReloadPlan> {
    const log = this.#log.component("config");
    this.#daemon.driver.touch(); // the time that reading takes is a stall, and is to be seen as one
    const loaded = load(this.#file);
    if (!loaded.ok) return this.#refuse(loaded.error);
    const preview = this.#running.preview(loaded.value);
    if (!preview.ok) return this.#refuse(preview.error);
    const plan = this.#plan(preview.value, loaded.value.notes);
    if (plan.refused !== undefined && !force) return this.#refuse(`${plan.refused}; to do it: holdfast reload --force`);
    const next = this.#running.reload(loaded.value);
    if (!next.ok) return this.#refuse(next.error);
    this.#notes = loaded.value.notes;
    this.#configureLog(loaded.value.config);
    for (const note of loaded.value.notes) log.warn(note);
    const changes = this.#daemon.reload(next.value);
    this.#tell(changes);
    return ok(plan);
  }

  /** What would happen if the file were this text. */
  diff(text: string, fileName: string): Outcome<ReloadPlan> {
    const loaded = loadText(text, fileName);
    if (!loaded.ok) return faultOf("INVALID_ARGUMENT", loaded.error);
    const preview = this.#running.preview(loaded.value);
    if (!preview.ok) return faultOf("INVALID_ARGUMENT", preview.error);
    return ok(this.#plan(preview.value, loaded.value.notes));
  }

  #plan(next: Loaded, notes: readonly string[]): ReloadPlan {
    const { config, speaker, vips } = this.#daemon;
    const peers = [...speaker.peers.values()].map((peer) => ({
      name: peer.name,
      address: peer.config.address,
      dynamic: peer.dynamic,
    }));
    const running = { config, peers, announced: vips.announced.keys(), apiRoutes: this.#apiRoutes() };
    return planReload(running, next.config, notes);
  }

  #refuse(report: string): Outcome<ReloadPlan> {
    const log = this.#log.component("config");
    log.error(`${this.#file} is refused, the running configuration stays:`);
    for (const line of report.split("\n")) if (line !== "") log.error(line);
    const [text = ""] = report.split("\n");
    this.#event("error", "refused", `${this.#file} is refused, the running configuration stays: ${text}`);
    return faultOf("FAILED_PRECONDITION", report);
  }

  #tell(changes: readonly Change[]): void {
    const log = this.#log.component("config");
    for (const { subject, name, change, effect, keys } of changes.slice(0, CHANGES_LOGGED_MAX))
      log.info(`${subject} ${name} ${change} (${effect})${keys.map(({ key }) => ` ${key}`).join(",")}`);
    if (changes.length > CHANGES_LOGGED_MAX) log.info(`and ${changes.length - CHANGES_LOGGED_MAX} more`);
    const text = `${this.#file} read again: ${changes.length} differences applied`;
    log.info(text);
    this.#event("info", "reloaded", text);
    for (const { subject, keys } of changes)
      if (subject === "global" || subject === "state")
        for (const { key, effect } of keys) if (effect === "restart") this.#waiting.add(key);
  }

  #event(level: string, type: string, text: string): void {
    this.#daemon.events.push({ level, source: "config", subject: "", type, text });
  }
}
