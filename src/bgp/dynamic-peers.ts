import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { PeerConfig } from "./peer-config.ts";

/** The most neighbours that dynamic-neighbour prefixes may bring at once: a scan of a subnet must not exhaust us. */
export const DYNAMIC_PEERS_MAX = 4096;

/** Prefixes from which neighbours may appear unannounced, each with the configuration they get. */
export class DynamicPeers {
  readonly #templates = new Map<string, { readonly prefix: Prefix; readonly template: PeerConfig }>();

  add(prefix: Prefix, template: PeerConfig): void {
    this.#templates.set(prefix.toString(), { prefix, template });
  }

  remove(prefix: Prefix): void {
    this.#templates.delete(prefix.toString());
  }

  /** The configuration for a neighbour at `address` by the longest matching prefix; undefined when none matches. */
  match(address: Address): PeerConfig | undefined {
    let best: { readonly prefix: Prefix; readonly template: PeerConfig } | undefined;
    for (const entry of this.#templates.values())
      if (entry.prefix.contains(address) && (best === undefined || entry.prefix.length > best.prefix.length))
        best = entry;
    return best && { ...best.template, address, passive: true };
  }
}
