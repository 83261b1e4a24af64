import { type CheckConfig, type CheckName, type CheckState, Checks, type CheckView } from "../health/index.ts";
import type { Rng } from "../lib/rng.ts";
import { CheckRunner, type ComponentLogger, type Driver } from "../platform/index.ts";
import { Effects } from "./effects.ts";

/** Told of every verdict, right after the core that made it has returned. */
export type CheckChanged = (check: CheckName, state: CheckState, detail: string) => void;

/** The checks of this node: the core that schedules and judges them, and what runs them. */
export class HealthChecks {
  readonly #driver: Driver;
  readonly #log: ComponentLogger;
  readonly #changed: CheckChanged;
  readonly #core: Checks;
  readonly #runner: CheckRunner;
  readonly #configs = new Map<CheckName, CheckConfig>();
  readonly #effects = new Effects();

  constructor(driver: Driver, rng: Rng, log: ComponentLogger, changed: CheckChanged) {
    this.#driver = driver;
    this.#log = log;
    this.#changed = changed;
    this.#core = new Checks(rng, {
      run: (check, run, probe, timeout) => this.#effects.push(() => this.#runner.run(check, run, probe, timeout)),
      end: (check, run, how) => this.#effects.push(() => this.#runner.end(check, run, how)),
      stateChanged: (check, from, to, detail) => this.#effects.push(() => this.#stateChanged(check, from, to, detail)),
      skipped: (check) =>
        this.#log.limited(`${check} skipped`).warn(`check ${check} still runs: its next run is skipped`),
    });
    this.#runner = new CheckRunner((check, run, success, detail) => {
      driver.touch();
      this.#core.handle(driver.now(), { type: "Result", check, run, success, detail });
      this.#effects.carryOut();
    });
    const core = this.#core;
    driver.add({
      get deadline() {
        return core.deadline;
      },
      advance: (now) => {
        core.advance(now);
        this.#effects.carryOut();
      },
    });
  }

  /** Runs these checks and no others. Those that are there keep their state. */
  apply(configs: readonly CheckConfig[]): void {
    this.#driver.touch();
    const now = this.#driver.now();
    const wanted = new Map(configs.map((config) => [config.name, config]));
    for (const name of [...this.#configs.keys()]) {
      if (wanted.has(name)) continue;
      this.#configs.delete(name);
      this.#core.handle(now, { type: "RemoveCheck", check: name });
    }
    for (const [name, config] of wanted) {
      const type = this.#configs.has(name) ? "UpdateCheck" : "AddCheck";
      this.#configs.set(name, config);
      this.#core.handle(now, { type, config });
    }
    this.#effects.carryOut();
  }

  views(): readonly CheckView[] {
    return this.#core.views();
  }

  /** Kills what runs. */
  close(): void {
    this.#runner.close();
  }

  #stateChanged(check: CheckName, from: CheckState, to: CheckState, detail: string): void {
    const text = `check ${check} is ${to}${detail === "" ? "" : `: ${detail}`}`;
    if (to === "down") this.#log.warn(text);
    else if (from !== "unknown" || to !== "unknown") this.#log.info(text);
    this.#changed(check, to, detail);
  }
}
