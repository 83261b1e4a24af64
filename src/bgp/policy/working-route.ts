import { Address } from "../../lib/address.ts";
import type { PolicyRoute } from "../rib/rib-io.ts";
import { buildAttributes, parseAttributes } from "../wire/attributes.ts";
import type { PathAttributes } from "../wire/path-attributes.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import { type AsPathForms, asPathForms } from "./members.ts";
import type { Direction } from "./types.ts";

/** The longest value of an attribute (RFC 4271 section 4.3: the length has two octets). */
const VALUE_MAX = 0xffff;

/**
 * A route on its way through the statements: what it came with, and its attributes as they are by now. Parsed when first
 * asked for, written when they were changed.
 */
export class WorkingRoute {
  readonly #route: PolicyRoute;
  readonly #direction: Direction;
  #attributes: PathAttributes | undefined;
  #asPath: AsPathForms | undefined;
  #isChanged = false;

  constructor(route: PolicyRoute, direction: Direction) {
    this.#route = route;
    this.#direction = direction;
  }

  get family(): PolicyRoute["family"] {
    return this.#route.family;
  }

  get source(): PolicyRoute["source"] {
    return this.#route.source;
  }

  get attributes(): PathAttributes {
    const { bytes, length } = this.#route.attributes;
    this.#attributes ??= parseAttributes(bytes, 0, length);
    return this.#attributes;
  }

  /** The AS path as set members see it. */
  get asPath(): AsPathForms {
    this.#asPath ??= asPathForms(this.attributes.asPath);
    return this.#asPath;
  }

  /** On export: the next hop it came with, unless that was "self". */
  get receivedNextHop(): Address | undefined {
    const { nextHopBytes: bytes, nextHopAt: at } = this.#route;
    const length = bytes[at] as number;
    if (this.#direction === "import" || length === 0) return undefined;
    const address = Address.fromBytes(bytes.subarray(at + 1, at + 1 + (length === 4 ? 4 : 16)));
    return address.isUnspecified ? undefined : address;
  }

  /** Puts other values in the place of some attributes. */
  edit(changes: Partial<PathAttributes>): void {
    this.#attributes = { ...this.attributes, ...changes };
    this.#asPath = undefined;
    this.#isChanged = true;
  }

  /** The attributes to go on with: "same" when nothing was changed, undefined when they have grown beyond what can be sent. */
  result(): CanonicalAttributes | "same" | undefined {
    if (!this.#isChanged) return "same";
    if (!fits(this.attributes)) return undefined;
    const bytes = buildAttributes(this.attributes);
    return { bytes, length: bytes.length };
  }
}

/** Whether the lists that edits lengthen still fit an attribute each. */
function fits({ asPath, communities, extCommunities, largeCommunities }: PathAttributes): boolean {
  const asPathSize = asPath.reduce((size, { asns }) => size + 2 + 4 * asns.length, 0);
  const longest = Math.max(asPathSize, 4 * communities.length, 8 * extCommunities.length, 12 * largeCommunities.length);
  return longest <= VALUE_MAX;
}
