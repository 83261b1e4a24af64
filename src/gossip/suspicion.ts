import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Profile } from "./config.ts";

/** Least time that a suspect has to refute in a cluster of `n`, before anything dynamic. */
export function suspicionMin(profile: Pick<Profile, "suspicionMult" | "probeInterval">, n: number): Micros {
  const scale = Math.max(1, Math.log10(Math.max(1, n)));
  return Math.round(profile.suspicionMult * scale * profile.probeInterval) as Micros;
}

/** Time a suspicion lasts in all after `confirmations` of the `k` that it takes to reach `min`. */
export function suspicionTimeout(confirmations: number, k: number, min: Micros, max: Micros): Micros {
  if (k < 1) return min;
  const fraction = Math.log(confirmations + 1) / Math.log(k + 1);
  const wanted = Math.floor((max - fraction * (max - min)) / 1000) * 1000;
  return Math.max(min, wanted) as Micros;
}

interface Suspicion {
  readonly start: Instant;
  readonly k: number;
  readonly min: Micros;
  readonly max: Micros;
  /** Who has said so: the first one and up to k more. */
  readonly accusers: Set<string>;
  deadline: Instant;
}

/** Lifeguard's running suspicions: each the shorter, the more independent members confirm it. */
export class SuspicionTable {
  readonly #profile: Profile;
  readonly #running = new Map<string, Suspicion>();
  #deadline: Instant = NEVER;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** When the first suspicion runs out, or NEVER. */
  get deadline(): Instant {
    return this.#deadline;
  }

  /** `n`: size of the cluster. In one too small to confirm anything, the time is the least at once. */
  start(now: Instant, name: string, from: string, n: number): void {
    const min = suspicionMin(this.#profile, n);
    const max = (min * this.#profile.suspicionMaxTimeoutMult) as Micros;
    const wanted = this.#profile.suspicionMult - 2;
    const k = n - 2 < wanted ? 0 : wanted;
    const deadline = after(now, suspicionTimeout(0, k, min, max));
    this.#running.set(name, { start: now, k, min, max, accusers: new Set([from]), deadline });
    this.#deadline = Math.min(this.#deadline, deadline) as Instant;
  }

  /** Whether `name` is under suspicion here. */
  has(name: string): boolean {
    return this.#running.has(name);
  }

  /** One more accuser. Returns whether that was news: then it is worth passing on. */
  confirm(name: string, from: string): boolean {
    const suspicion = this.#running.get(name);
    if (suspicion === undefined) return false;
    const { accusers, k, min, max } = suspicion;
    if (accusers.size > k || accusers.has(from)) return false;
    accusers.add(from);
    suspicion.deadline = after(suspicion.start, suspicionTimeout(accusers.size - 1, k, min, max));
    this.#deadline = Math.min(this.#deadline, suspicion.deadline) as Instant;
    return true;
  }

  clear(name: string): void {
    if (this.#running.delete(name)) this.#findDeadline();
  }

  /** Gives every suspect `late` more time: we were not running, so nobody could be heard. */
  extend(late: Micros): void {
    for (const suspicion of this.#running.values()) suspicion.deadline = after(suspicion.deadline, late);
    this.#findDeadline();
  }

  /** Ends the suspicions that have run out, and returns their names and how many others confirmed them. */
  takeDue(now: Instant): { name: string; confirmations: number }[] {
    const due = [...this.#running].filter(([, suspicion]) => suspicion.deadline <= now);
    for (const [name] of due) this.#running.delete(name);
    this.#findDeadline();
    return due.map(([name, { accusers }]) => ({ name, confirmations: accusers.size - 1 }));
  }

  #findDeadline(): void {
    let min = NEVER;
    for (const { deadline } of this.#running.values()) if (deadline < min) min = deadline;
    this.#deadline = min;
  }
}
