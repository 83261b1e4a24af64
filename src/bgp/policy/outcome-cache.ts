import type { PolicyRoute } from "../rib/rib-io.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";

/** What becomes of a route: rejected, accepted as it is, or accepted with these attributes. */
export type Outcome = "reject" | "same" | CanonicalAttributes;

/** Attribute sets remembered; a power of two. A new one takes the place of one with the same hash. */
const SLOTS = 1024;
/** Longer attributes are not remembered: there are few of them, and a neighbour could make many. */
const ATTRIBUTES_MAX = 256;
/** Outcomes remembered of one attribute set, one for each combination of prefix sets that routes are in. */
const OUTCOMES_MAX = 8;

interface Slot {
  readonly key: Uint8Array;
  readonly outcomes: Map<number, Outcome>;
}

/**
 * Remembers outcomes by what they depend on: attributes, family, source, received next hop; and, as one number, which
 * prefix conditions hold. Routes come in the order of UPDATEs and go out in a like order, so that it need not remember
 * much: typically 200 kB, and a few MB when neighbours do their worst.
 */
export class OutcomeCache {
  readonly #slots: (Slot | undefined)[] = new Array<undefined>(SLOTS);
  /** The key of the route at hand: family and source, received next hop, attributes. */
  readonly #key = new Uint8Array(ATTRIBUTES_MAX + 64);
  #keyLength = 0;
  #hash = 0;

  /** Looks for `route`; remember with `put` before the next look. Undefined: not known. */
  get(route: PolicyRoute, prefixes: number): Outcome | undefined {
    this.#makeKey(route);
    if (this.#keyLength === 0) return undefined;
    const slot = this.#slots[this.#hash];
    return slot !== undefined && this.#isKey(slot.key) ? slot.outcomes.get(prefixes) : undefined;
  }

  /** Remembers the outcome of the route that was looked for last. */
  put(prefixes: number, outcome: Outcome): void {
    if (this.#keyLength === 0) return;
    let slot = this.#slots[this.#hash];
    if (slot === undefined || !this.#isKey(slot.key) || slot.outcomes.size === OUTCOMES_MAX) {
      slot = { key: this.#key.slice(0, this.#keyLength), outcomes: new Map() };
      this.#slots[this.#hash] = slot;
    }
    slot.outcomes.set(prefixes, outcome);
  }

  /** Hot. FNV-1a over what the outcome depends on. */
  #makeKey({ attributes, family, source, nextHopBytes, nextHopAt }: PolicyRoute): void {
    const key = this.#key;
    const { bytes, length } = attributes;
    this.#keyLength = 0;
    if (length > ATTRIBUTES_MAX) return;
    let w = 0;
    key[w++] = family * 4 + (source === "local" ? 0 : source === "external" ? 1 : 2);
    const nextHopEnd = nextHopAt + 1 + (nextHopBytes[nextHopAt] as number);
    for (let at = nextHopAt; at < nextHopEnd; at++) key[w++] = nextHopBytes[at] as number;
    for (let at = 0; at < length; at++) key[w++] = bytes[at] as number;
    let hash = 0x811c9dc5;
    for (let at = 0; at < w; at++) hash = Math.imul(hash ^ (key[at] as number), 0x01000193);
    this.#keyLength = w;
    this.#hash = (hash ^ (hash >>> 16)) & (SLOTS - 1);
  }

  #isKey(known: Uint8Array): boolean {
    if (known.length !== this.#keyLength) return false;
    for (let at = 0; at < known.length; at++) if (known[at] !== this.#key[at]) return false;
    return true;
  }
}
