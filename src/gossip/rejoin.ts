import type { Rng } from "../lib/rng.ts";
import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { GossipConfig } from "./config.ts";
import type { Lost } from "./lost.ts";
import { formatEndpoint, sameEndpoint } from "./member.ts";
import type { Members } from "./member-table.ts";
import type { Sync } from "./sync.ts";
import type { Endpoint } from "./wire/index.ts";

const SEEDS_MAX = 256;
/** Attempts in one turn. One that succeeds brings the other half of a split cluster with it. */
const ATTEMPTS = 3;

/**
 * Seeks members that died without leaving, and seeds that are not members. Plain memberlist forgets the dead, so that a
 * partition longer than that lasts for ever; here it ends within a turn of the network's return.
 */
export class Rejoin {
  readonly #config: GossipConfig;
  readonly #rng: Rng;
  readonly #table: Members;
  readonly #sync: Sync;
  readonly #seeds = new Map<string, Endpoint>();
  readonly #lost: Lost;
  /** The last that pinged us without being a member here: it believes in us, and we should hear why. */
  #stranger: Endpoint | undefined;
  #nextTurn: Instant = NEVER;

  constructor(config: GossipConfig, rng: Rng, table: Members, lost: Lost, sync: Sync) {
    this.#config = config;
    this.#rng = rng;
    this.#table = table;
    this.#lost = lost;
    this.#sync = sync;
  }

  get deadline(): Instant {
    return this.#nextTurn;
  }

  /** Whether anybody is missing whom a turn would seek. */
  get isMissingSomebody(): boolean {
    return this.#lost.size > 0 || this.#missingSeeds().length > 0;
  }

  start(now: Instant): void {
    this.#schedule(now);
  }

  stop(): void {
    this.#nextTurn = NEVER;
  }

  addSeeds(seeds: readonly Endpoint[]): void {
    const own = formatEndpoint(this.#config.advertise);
    for (const seed of seeds) {
      const key = formatEndpoint(seed);
      if (key !== own && this.#seeds.size < SEEDS_MAX) this.#seeds.set(key, seed);
    }
  }

  /** These and no others. */
  setSeeds(seeds: readonly Endpoint[]): void {
    this.#seeds.clear();
    this.addSeeds(seeds);
  }

  /** `node` at `endpoint` treats us as a member. When it is none to us, the next turn asks it. */
  noticed(node: string, endpoint: Endpoint): void {
    const member = this.#table.get(node);
    const known = member !== undefined && (member.state === "alive" || member.state === "suspect");
    if (!known || !sameEndpoint(member.endpoint, endpoint)) this.#stranger = endpoint;
  }

  /** One turn: push/pulls with some of those that are missing. */
  advance(now: Instant): void {
    this.#schedule(now);
    this.#lost.expire(now);
    const candidates = new Map<string, Endpoint>();
    for (const endpoint of this.#lost) candidates.set(formatEndpoint(endpoint), endpoint);
    for (const seed of this.#missingSeeds()) candidates.set(formatEndpoint(seed), seed);
    const list = [...candidates.values()];
    for (let i = 0; i < Math.min(ATTEMPTS, list.length); i++) {
      const j = i + Math.floor(this.#rng() * (list.length - i));
      [list[i], list[j]] = [list[j] as Endpoint, list[i] as Endpoint];
      this.#seek(now, list[i] as Endpoint);
    }
    if (this.#stranger !== undefined) this.#seek(now, this.#stranger);
    this.#stranger = undefined;
  }

  /** Dials afresh each turn: a connection attempt from before the network came back waits out its back-off. */
  #seek(now: Instant, endpoint: Endpoint): void {
    this.#sync.exchange(now, endpoint, true, this.#config.rejoinInterval, () => {});
  }

  #missingSeeds(): Endpoint[] {
    if (this.#seeds.size === 0) return [];
    const missing = new Map(this.#seeds);
    for (const member of this.#table)
      if (member.state !== "dead" && missing.size > 0) missing.delete(formatEndpoint(member.endpoint));
    return [...missing.values()];
  }

  /** With jitter, so that the nodes of a fleet do not turn in step. */
  #schedule(now: Instant): void {
    this.#nextTurn = after(now, (this.#config.rejoinInterval * (0.75 + this.#rng() / 2)) as Micros);
  }
}
