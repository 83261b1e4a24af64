import { lookup } from "node:dns/promises";
import type { Endpoint } from "../gossip/index.ts";
import { type Address, parseAddress } from "../lib/address.ts";
import { messageOf } from "../platform/index.ts";

const SPELLED = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;

/**
 * The endpoints that a seed names: "192.0.2.1", "192.0.2.1:7946", "[2001:db8::1]:7946", "2001:db8::1", "gw.example:7946".
 * A name stands for all of its addresses. Rejects on a name that does not resolve and on what is no seed.
 */
export async function resolveSeed(seed: string, defaultPort: number): Promise<{ address: Address; port: number }[]> {
  const whole = parseAddress(seed);
  if (whole !== undefined) return [{ address: whole, port: defaultPort }];
  const [, bracketed, name, portText] = SPELLED.exec(seed) ?? [];
  const host = bracketed ?? name;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (host === undefined || port < 1 || port > 65_535) throw new RangeError(`not an address and port: "${seed}"`);
  const literal = parseAddress(host);
  if (literal !== undefined) return [{ address: literal, port }];
  const found = await lookup(host, { all: true });
  return found.flatMap(({ address: text }) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ address, port }];
  });
}

type Resolve = (seed: string, defaultPort: number) => Promise<Endpoint[]>;

/** The seeds of a node, and what their names stood for when they were last looked up. */
export class Seeds {
  readonly #port: number;
  readonly #resolve: Resolve;
  readonly #known = new Map<string, readonly Endpoint[]>();

  /** `port`: of seeds that name none. */
  constructor(port: number, resolve: Resolve = resolveSeed) {
    this.#port = port;
    this.#resolve = resolve;
  }

  /** Whether any seed is a name, which may stand for something else later. */
  get hasNames(): boolean {
    return [...this.#known].some(([seed, found]) => found.length === 0 || !isLiteral(seed));
  }

  /** Everything that the seeds stand for, as far as is known. */
  get endpoints(): Endpoint[] {
    return [...this.#known.values()].flat();
  }

  /** Looks these up, and remembers them. Returns what they stand for and what went wrong. */
  async add(seeds: readonly string[]): Promise<{ endpoints: Endpoint[]; failures: string[] }> {
    const failures: string[] = [];
    const found = await Promise.all(
      seeds.map(async (seed) => {
        try {
          const endpoints = await this.#resolve(seed, this.#port);
          this.#known.set(seed, endpoints);
          return endpoints;
        } catch (error) {
          failures.push(messageOf(error));
          // A spelling that is wrong now is wrong for ever; a name may be known later.
          if (!(error instanceof RangeError) && !this.#known.has(seed)) this.#known.set(seed, []);
          return [];
        }
      }),
    );
    return { endpoints: found.flat(), failures };
  }

  /** Looks all names up again. One that cannot be found now keeps what it stood for. */
  async refresh(): Promise<void> {
    await this.add([...this.#known.keys()].filter((seed) => !isLiteral(seed)));
  }
}

function isLiteral(seed: string): boolean {
  const [, bracketed, name] = SPELLED.exec(seed) ?? [];
  return parseAddress(seed) !== undefined || parseAddress(bracketed ?? name ?? "") !== undefined;
}
