import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { PeerConfig } from "./peer-config.ts";

/** The most neighbours that dynamic-neighbour prefixes may bring at once: a scan of a subnet must not exhaust us. */
export const DYNAMIC_PEERS_MAX = 4096;

interface Entry {
  readonly prefix: Prefix;
  readonly template: PeerConfig;
}

/** Where a dynamic neighbour belongs, and the configuration it gets there. */
export interface DynamicMatch {
  readonly prefix: Prefix;
  readonly config: PeerConfig;
}

/** Prefixes from which neighbours may appear unannounced, each with the configuration they get. */
export class DynamicPeers {
  readonly #templates = new Map<string, Entry>();

  add(prefix: Prefix, template: PeerConfig): void {
    this.#templates.set(prefix.toString(), { prefix, template });
  }

  remove(prefix: Prefix): void {
    this.#templates.delete(prefix.toString());
  }

  /** What neighbours get that may appear. */
  *templates(): Iterable<PeerConfig> {
    for (const { template } of this.#templates.values()) yield template;
  }

  /** The longest prefix that has `address`, and what a neighbour there gets; undefined when there is none. */
  match(address: Address): DynamicMatch | undefined {
    let best: Entry | undefined;
    for (const entry of this.#templates.values())
      if (entry.prefix.contains(address) && (best === undefined || entry.prefix.length > best.prefix.length))
        best = entry;
    return best && { prefix: best.prefix, config: { ...best.template, address, passive: true } };
  }
}
