import { after, type Instant, type Micros, NEVER, seconds } from "../lib/time.ts";
import type { GossipConfig } from "./config.ts";
import type { Out, RequestId } from "./gossip-io.ts";
import { formatEndpoint } from "./member.ts";
import type { Reports } from "./reports.ts";
import type { Sync } from "./sync.ts";
import type { Endpoint } from "./wire/index.ts";

/** Seeds asked at a time: one that does not answer must not hold up the others. */
const PARALLEL = 4;
/** When to look whether the cluster has taken us, if it has not shown so itself. */
const ADMISSION_CHECK = seconds(2);

interface Attempt {
  readonly request: RequestId;
  readonly waiting: Endpoint[];
  running: number;
  contacted: number;
  readonly errors: string[];
}

/** Joining: a push/pull with each seed, and then a look whether we were really let in. */
export class Join {
  readonly #config: GossipConfig;
  readonly #sync: Sync;
  readonly #out: Out;
  readonly #reports: Reports;
  /** The last seed that answered, until the cluster has shown that it knows us. */
  #unproven: Endpoint | undefined;
  #checkAt: Instant = NEVER;

  constructor(config: GossipConfig, sync: Sync, out: Out, reports: Reports) {
    this.#config = config;
    this.#sync = sync;
    this.#out = out;
    this.#reports = reports;
  }

  get deadline(): Instant {
    return this.#checkAt;
  }

  /** Asks every seed; completes when all have answered or failed: well if any answered. */
  join(now: Instant, request: RequestId, seeds: readonly Endpoint[]): void {
    const attempt: Attempt = { request, waiting: [...seeds], running: 0, contacted: 0, errors: [] };
    if (seeds.length === 0) this.#complete(attempt);
    for (let i = 0; i < PARALLEL; i++) this.#next(now, attempt);
  }

  #next(now: Instant, attempt: Attempt): void {
    const seed = attempt.waiting.shift();
    if (seed === undefined) return;
    attempt.running++;
    this.#sync.exchange(now, seed, true, this.#config.tcpTimeout, (at, outcome) => {
      attempt.running--;
      if (outcome.ok) {
        attempt.contacted++;
        this.#expectAdmission(at, seed);
      } else attempt.errors.push(outcome.error);
      this.#next(at, attempt);
      if (attempt.running === 0) this.#complete(attempt);
    });
  }

  #complete(attempt: Attempt): void {
    const { request, contacted, errors } = attempt;
    if (contacted > 0) this.#out.completed(request, { ok: true, contacted });
    else this.#out.completed(request, { ok: false, error: errors.length > 0 ? errors.join("; ") : "no seeds" });
  }

  /** The other side answers a push/pull before it decides on ours: a refusal does not show in the answer. */
  #expectAdmission(now: Instant, seed: Endpoint, patience: Micros = ADMISSION_CHECK): void {
    this.#unproven = seed;
    this.#checkAt = after(now, patience);
  }

  /** Somebody addressed us by name: we are a member in the cluster's eyes. */
  proven(): void {
    this.#unproven = undefined;
    this.#checkAt = NEVER;
  }

  /** No more looking: we have left. */
  stop(): void {
    this.proven();
  }

  /**
   * Nothing proved our membership so far: asks once more. When we are not listed, says so and goes on asking: our name
   * may be held by a former self at another address, whose death the others must find out first.
   */
  advance(now: Instant): void {
    const seed = this.#unproven;
    this.#checkAt = NEVER;
    if (seed === undefined) return;
    this.#sync.exchange(now, seed, true, this.#config.tcpTimeout, (at, outcome) => {
      if (this.#unproven === undefined) return;
      if (outcome.ok && outcome.value.listed) {
        this.proven();
        return;
      }
      this.#expectAdmission(at, seed, this.#config.rejoinInterval);
      if (!outcome.ok) return;
      const where = formatEndpoint(seed);
      const text = `${where} answered our join but does not list ${this.#config.name}: its log tells why it refused`;
      this.#reports.warn(at, "not-admitted", where, text);
    });
  }
}
