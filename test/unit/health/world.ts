/** Checks in virtual time: a plan says how each run goes, and everything the core asks for is written down. */
import {
  type CheckConfig,
  Checks,
  type CheckView,
  type Input,
  type Instant,
  type Micros,
  millis,
  seconds,
} from "../../../src/health/index.ts";

/** How a run goes: it answers after so many seconds, or only when it is killed or told to stop. */
export type Course =
  | { readonly after: number; readonly success: boolean; readonly detail?: string }
  | { readonly until: "term" | "kill" | "never" };

export const ok: Course = { after: 0.01, success: true };
export const bad: Course = { after: 0.01, success: false, detail: "exit status 1" };

export function checkConfig(config: Partial<CheckConfig> = {}): CheckConfig {
  return {
    name: "chk",
    interval: seconds(1),
    timeout: seconds(1),
    rise: 1,
    fall: 1,
    jitter: 0 as Micros,
    initFail: false,
    probe: { type: "script", command: ["/bin/check"], user: undefined },
    ...config,
  };
}

export class World {
  /** What the core asked for, with its time: "1.01 up: exit status 0". */
  readonly log: string[] = [];
  readonly checks: Checks;
  /** How the next runs of any check go; the last course repeats. */
  plan: Course[] = [ok];
  now = 0 as Instant;
  readonly #answers: { at: Instant; check: string; run: number; success: boolean; detail: string }[] = [];
  readonly #courses = new Map<number, Course>();

  constructor(rng: () => number = () => 0) {
    this.checks = new Checks(rng, {
      run: (check, run) => {
        this.#note(`run ${check}`);
        const course = (this.plan.length > 1 ? this.plan.shift() : this.plan[0]) as Course;
        this.#courses.set(run, course);
        if ("after" in course) this.#answer(check, run, course.after, course.success, course.detail ?? "exit status 0");
      },
      end: (check, run, how) => {
        this.#note(`${how} ${check}`);
        const course = this.#courses.get(run) as Course;
        if ("until" in course && course.until === how) this.#answer(check, run, 0.001, false, "ended by a signal");
      },
      stateChanged: (check, from, to, detail) => this.#note(`${check} ${from} -> ${to}: ${detail}`),
      skipped: (check) => this.#note(`skipped ${check}`),
    });
  }

  add(config: Partial<CheckConfig> = {}): void {
    this.handle({ type: "AddCheck", config: checkConfig(config) });
  }

  handle(input: Input): void {
    this.checks.handle(this.now, input);
  }

  view(name = "chk"): CheckView {
    const view = this.checks.view(name);
    if (view === undefined) throw new Error(`no check ${name}`);
    return view;
  }

  /** Lets time pass until `at` seconds, answers before timers as a driver does. */
  runUntil(at: number): void {
    const end = seconds(at) as unknown as Instant;
    for (;;) {
      this.#answers.sort((a, b) => a.at - b.at);
      const [answer] = this.#answers;
      const next = Math.min(answer?.at ?? Number.POSITIVE_INFINITY, this.checks.deadline) as Instant;
      if (next > end) break;
      this.now = next;
      if (answer !== undefined && answer.at <= next) {
        this.#answers.shift();
        const { check, run, success, detail } = answer;
        this.handle({ type: "Result", check, run, success, detail });
      }
      this.checks.advance(this.now);
    }
    this.now = end;
  }

  /** The log from `at` seconds on, and only lines that hold `text`. */
  lines(text = "", at = 0): string[] {
    return this.log.filter((line) => line.includes(text) && Number(line.split(" ", 1)[0]) >= at);
  }

  #answer(check: string, run: number, after: number, success: boolean, detail: string): void {
    this.#answers.push({ at: (this.now + millis(after * 1_000)) as Instant, check, run, success, detail });
  }

  #note(text: string): void {
    this.log.push(`${this.now / 1_000_000} ${text}`);
  }
}
