import {
  type LocalRoute,
  localRoute,
  type Origin,
  type PathAttributes,
  parseAttributes,
  parseCommunity,
  parseExtCommunity,
  parseLargeCommunity,
} from "../../bgp/index.ts";
import { parseAddress } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { ok } from "../../lib/result.ts";
import { seconds } from "../../lib/time.ts";
import { invalid, type Outcome } from "../fault.ts";
import type { LeaseTerms } from "./host.ts";
import type { AnnounceRequest } from "./messages.ts";
import { quote } from "./requests.ts";

/** A longer AS_PATH says nothing more, and some networks drop it. */
const PREPEND_MAX = 64;
/** Communities of each kind, and neighbours: what fits an UPDATE with room to spare. */
const LIST_MAX = 64;
const LEASE_SECONDS = { min: 1, max: 86_400 } as const;
/** A route whose lease has lapsed is the last resort of everybody: RFC 4271 section 9.1.2, each rule it can lose by. */
const LAST_RESORT = { localPref: 0, med: 0xffff_ffff, prepend: 3 } as const;

/** The route that a request asks for, or what is wrong with it. `globalAs` is what `as_path_prepend` repeats. */
export function routeOf(request: AnnounceRequest, prefix: Prefix, globalAs: number): Outcome<LocalRoute> {
  const attributes: Partial<Mutable<PathAttributes>> = { med: request.med, localPref: request.localPreference };
  const { origin, nextHop, asPathPrepend, neighbors } = request;
  if (origin !== undefined) {
    if (!isOrigin(origin)) return invalid(`origin ${quote(origin)}: igp, egp or incomplete`);
    attributes.origin = origin;
  }
  if (nextHop !== undefined && nextHop !== "self") {
    const address = parseAddress(nextHop);
    if (address === undefined || address.zone !== undefined)
      return invalid(`next_hop ${quote(nextHop)}: an address, or self`);
    if (prefix.version === 6 && address.version === 4)
      return invalid(`next_hop ${address}: an IPv6 prefix needs an IPv6 one`);
    if (address.isMulticast || address.isUnspecified || address.isLoopback)
      return invalid(`next_hop ${address}: no router could use it`);
    attributes.nextHop = address;
  }
  if (asPathPrepend > PREPEND_MAX) return invalid(`as_path_prepend ${asPathPrepend}: at most ${PREPEND_MAX}`);
  if (asPathPrepend > 0)
    attributes.asPath = [{ type: "sequence", asns: new Array<number>(asPathPrepend).fill(globalAs) }];
  const communities = listOf("community", request.communities, parseCommunity);
  const large = listOf("large community", request.largeCommunities, parseLargeCommunity);
  const extended = listOf("extended community", request.extCommunities, parseExtCommunity);
  if (!communities.ok) return communities;
  if (!large.ok) return large;
  if (!extended.ok) return extended;
  attributes.communities = communities.value;
  attributes.largeCommunities = large.value;
  attributes.extCommunities = extended.value;
  if (neighbors.length > LIST_MAX) return invalid(`${neighbors.length} neighbours: at most ${LIST_MAX}`);
  return ok(localRoute(prefix, attributes, neighbors.length === 0 ? {} : { neighbors }));
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const isOrigin = (text: string): text is Origin => ["igp", "egp", "incomplete"].includes(text);

function listOf<T>(
  what: string,
  texts: readonly string[],
  parse: (text: string) => T | undefined,
): Outcome<readonly T[]> {
  if (texts.length > LIST_MAX) return invalid(`${what}: ${texts.length} given, at most ${LIST_MAX}`);
  const values: T[] = [];
  for (const text of new Set(texts)) {
    const value = parse(text);
    if (value === undefined) return invalid(`${quote(text)} is not a ${what}`);
    values.push(value);
  }
  return ok(values);
}

/** The lease that a request asks for, or what is wrong with it. */
export function leaseOf(request: AnnounceRequest): Outcome<LeaseTerms | undefined> {
  const { leaseSeconds, onLapse } = request;
  if (leaseSeconds === undefined) {
    if (onLapse !== "ON_LAPSE_WITHDRAW") return invalid("on_lapse without lease_seconds: nothing can lapse");
    return ok(undefined);
  }
  const { min, max } = LEASE_SECONDS;
  if (!(leaseSeconds >= min && leaseSeconds <= max))
    return invalid(`lease_seconds ${leaseSeconds}: ${min} to ${max} seconds`);
  return ok({
    duration: seconds(leaseSeconds),
    onLapse: onLapse === "ON_LAPSE_DE_PREFER" ? "de-prefer" : "withdraw",
  });
}

/** The same route as everybody's last resort. */
export function dePreferred(route: LocalRoute, globalAs: number): LocalRoute {
  const attributes = parseAttributes(route.attributes.bytes, 0, route.attributes.length);
  const { localPref, med, prepend } = LAST_RESORT;
  const prepended = new Array<number>(prepend).fill(globalAs);
  const asPath = [{ type: "sequence", asns: prepended } as const, ...attributes.asPath];
  const { prefix, pathId, neighbors } = route;
  return localRoute(prefix, { ...attributes, localPref, med, asPath }, { pathId, neighbors });
}
