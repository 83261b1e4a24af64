import type { Family } from "../wire/family.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import type { PrefixIndex, PrefixTable } from "./prefix-table.ts";
import type { PolicyRoute, RouteSource } from "./rib-io.ts";

/**
 * A route as a policy sees it; without a destination for a policy that does not ask for the prefix. `received` has the
 * next hop that the route came with.
 */
export function policyRoute(
  family: Family,
  attributes: CanonicalAttributes,
  source: RouteSource,
  received: { readonly bytes: Uint8Array; readonly start: number },
  prefixes?: PrefixTable,
  destination: PrefixIndex = 0,
): PolicyRoute {
  const wide = prefixes?.wide === true;
  return {
    family,
    w0: prefixes?.w0[destination] ?? 0,
    w1: wide ? (prefixes.w1[destination] as number) : 0,
    w2: wide ? (prefixes.w2[destination] as number) : 0,
    w3: wide ? (prefixes.w3[destination] as number) : 0,
    length: prefixes?.lengths[destination] ?? 0,
    attributes,
    source,
    nextHopBytes: received.bytes,
    nextHopAt: received.start,
  };
}
