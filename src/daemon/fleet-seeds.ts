import { formatEndpoint, type MemberView } from "../gossip/index.ts";
import { type ComponentLogger, messageOf } from "../platform/index.ts";

/** How often names are looked up, and seeds that are not among the members are asked. */
const LOOK_MS = 15_000;
/** As long as nobody has been found. */
const LOOK_ALONE_MS = 5_000;

interface Joining {
  join(seeds: readonly string[]): Promise<number>;
  members(): readonly MemberView[];
}

type Resolve = (seed: string, port: number) => Promise<MemberView["endpoint"][]>;

/**
 * Finds the others: joins the seeds, and does so again whenever one of their addresses is not that of a member. Names may
 * stand for other addresses later.
 */
export class FleetSeeds {
  readonly #list: Joining;
  readonly #resolve: Resolve;
  readonly #port: number;
  readonly #log: ComponentLogger;
  #seeds: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #round = 0;

  constructor(list: Joining, resolve: Resolve, port: number, log: ComponentLogger) {
    this.#list = list;
    this.#resolve = resolve;
    this.#port = port;
    this.#log = log;
  }

  /** These from now on; they are asked at once. */
  set(seeds: readonly string[]): void {
    this.#seeds = seeds;
    void this.#look(++this.#round);
  }

  close(): void {
    this.#round++;
    clearTimeout(this.#timer);
  }

  async #look(round: number): Promise<void> {
    clearTimeout(this.#timer);
    const found = await Promise.all(this.#seeds.map((seed) => this.#addressesOf(seed)));
    if (round !== this.#round) return;
    const members = new Set(this.#list.members().map(({ endpoint }) => formatEndpoint(endpoint)));
    const missing = [...new Set(found.flat())].filter((endpoint) => !members.has(endpoint));
    if (missing.length > 0) {
      try {
        await this.#list.join(missing);
      } catch (error) {
        // The first of a fleet finds nobody, and goes on looking.
        this.#log.debug(`seeds: ${messageOf(error)}`);
      }
    }
    if (round !== this.#round || this.#seeds.length === 0) return;
    const isAlone = this.#list.members().length < 2;
    this.#timer = setTimeout(() => void this.#look(round), isAlone ? LOOK_ALONE_MS : LOOK_MS);
  }

  async #addressesOf(seed: string): Promise<string[]> {
    try {
      return (await this.#resolve(seed, this.#port)).map(formatEndpoint);
    } catch (error) {
      this.#log.limited(`seed ${seed}`).warn(`seed ${seed}: ${messageOf(error)}`);
      return [];
    }
  }
}
