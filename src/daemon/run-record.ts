import { type ComponentLogger, type PreviousRun, RunState } from "../platform/index.ts";
import { encodeSaved, type SavedState } from "./restart-plan.ts";

/** How often the record says that this process lives. It bounds by how much the next one overestimates the gap. */
const HEARTBEAT_MS = 50;

/**
 * What the next process will know of this one. Without a usable directory nothing is kept, and every start is a fresh one:
 * that is said once, and the daemon runs.
 */
export class RunRecord {
  /** What the process before this one left. */
  readonly previous: PreviousRun | undefined;
  /** Where more can be kept; undefined: nowhere. */
  readonly directory: string | undefined;
  readonly #state: RunState | undefined;
  readonly #log: ComponentLogger;
  #heartbeat: NodeJS.Timeout | undefined;
  #saved = "";
  #pending: SavedState | undefined;

  private constructor(
    log: ComponentLogger,
    state?: RunState | undefined,
    directory?: string,
    previous?: PreviousRun | undefined,
  ) {
    this.#state = state;
    this.directory = directory;
    this.previous = previous;
    this.#log = log;
  }

  /** Reads what was left in the directory and takes it over. */
  static open(directory: string, log: ComponentLogger): RunRecord {
    const opened = RunState.open(directory);
    if (!opened.ok) {
      log.warn(`${opened.error.message}; a restart after a crash of this process will not be a graceful one`);
      return new RunRecord(log);
    }
    const { state, previous, lost } = opened.value;
    if (lost !== undefined) log.warn(`of the former process is lost which virtual routers were Master: ${lost}`);
    return new RunRecord(log, state, directory, previous);
  }

  /** This process has started: from now on the record is its own. */
  begin(): void {
    this.#state?.touch();
    this.#heartbeat = setInterval(() => this.#state?.touch(), HEARTBEAT_MS).unref();
  }

  /** Saves it after this turn of the event loop: the write is not to stand between an advert and its UPDATE. */
  save(state: SavedState): void {
    if (this.#pending === undefined) setImmediate(() => this.#write());
    this.#pending = state;
  }

  /** An orderly stop: the next start is a fresh one. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#pending = undefined;
    this.#state?.close();
  }

  #write(): void {
    const text = this.#pending === undefined ? this.#saved : encodeSaved(this.#pending);
    this.#pending = undefined;
    if (text === this.#saved || this.#state === undefined || this.#heartbeat === undefined) return;
    this.#saved = text;
    const saved = this.#state.save(text);
    if (!saved.ok)
      this.#log.limited("state").warn(`${saved.error.message}; after a crash no virtual router would resume as Master`);
  }
}
