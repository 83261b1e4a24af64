import { FAMILIES, type Family, familyByName, type RibView, type RoutePage, type RouteView } from "../../bgp/index.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { ok } from "../../lib/result.ts";
import { invalid, type Outcome } from "../fault.ts";
import { localRouteMessage, type PeerNames, routeMessage } from "./describe-route.ts";
import type { HoldfastHost } from "./host.ts";
import type { ListRibRequest, RibSlice, Route } from "./messages.ts";
import { peerOf, prefixOf, quote } from "./requests.ts";

/** Rows of a table that are looked at between two looks at the clock: some hundred microseconds. */
const ROWS_A_SLICE = 128;

/** What a listing asks for, checked. */
interface Listing {
  readonly table: ListRibRequest["table"];
  /** The neighbour's number, for its Adj-RIBs. */
  readonly peer: number;
  readonly families: readonly Family[];
  readonly prefix: Prefix | undefined;
  readonly match: ListRibRequest["match"];
  readonly limit: number;
}

/** The slices that a request asks for; "pause" between those with nothing in them. */
export function listRib(host: HoldfastHost, request: ListRibRequest): Outcome<Iterable<RibSlice | "pause">> {
  const listing = listingOf(host, request);
  return listing.ok ? ok(slices(host, listing.value)) : listing;
}

function listingOf(host: HoldfastHost, request: ListRibRequest): Outcome<Listing> {
  const { table, match, limit } = request;
  const family = request.family === undefined ? undefined : familyByName(request.family);
  if (request.family !== undefined && family === undefined)
    return invalid(`family ${quote(request.family)}: ipv4-unicast or ipv6-unicast`);
  const isAdjRib = table === "TABLE_IN" || table === "TABLE_OUT";
  if (isAdjRib !== (request.peer !== undefined))
    return invalid(isAdjRib ? "this table is a neighbour's: peer is needed" : "peer: only for TABLE_IN and TABLE_OUT");
  const peer = request.peer === undefined ? undefined : peerOf(host, request.peer);
  if (peer?.ok === false) return peer;
  const prefix = request.prefix === undefined ? undefined : prefixOf(request.prefix);
  if (prefix?.ok === false) return prefix;
  if (prefix === undefined && match !== "MATCH_EXACT") return invalid("match without prefix");
  if (prefix !== undefined && family !== undefined && FAMILIES[prefix.value.version === 4 ? 0 : 1] !== family)
    return invalid(`${prefix.value} is not of family ${request.family}`);
  const ofPrefix = prefix && FAMILIES[prefix.value.version === 4 ? 0 : 1];
  const only = family ?? ofPrefix;
  return ok({
    table,
    peer: peer?.value.index ?? -1, // of a neighbour that is down there is nothing
    families: only === undefined ? FAMILIES : [only],
    prefix: prefix?.value,
    match,
    limit: limit === 0 ? Number.POSITIVE_INFINITY : limit,
  });
}

function* slices(host: HoldfastHost, listing: Listing): Generator<RibSlice | "pause"> {
  let room = listing.limit;
  for (const routes of stretches(host, listing)) {
    if (routes.length === 0) {
      yield "pause";
      continue;
    }
    const taken = routes.slice(0, room);
    room -= taken.length;
    yield { routes: taken };
    if (room <= 0) return;
  }
}

function* stretches(host: HoldfastHost, listing: Listing): Generator<readonly Route[]> {
  const { table, prefix, match } = listing;
  const { view } = host.speaker.rib;
  if (table === "TABLE_LOCAL") {
    yield* localStretches(host, listing);
    return;
  }
  if (table === "TABLE_GLOBAL" && prefix !== undefined && match !== "MATCH_LONGER") {
    yield describe(host, lookUp(view, prefix, match));
    return;
  }
  if (table !== "TABLE_GLOBAL" && listing.peer < 0) return;
  if (table === "TABLE_OUT" && prefix !== undefined && match === "MATCH_EXACT") {
    yield describe(host, view.sent(listing.peer, prefix));
    return;
  }
  for (const family of listing.families) yield* pages(host, listing, (from) => pageOf(view, listing, family, from));
}

/** Row by row, in the order of the table. */
function* pages(
  host: HoldfastHost,
  listing: Listing,
  pageFrom: (from: number) => RoutePage,
): Generator<readonly Route[]> {
  let from: number | undefined = 0;
  // Matching against prefixes of the neighbour's own tables goes over all of it: there is no index by prefix there.
  const isScan = listing.table !== "TABLE_GLOBAL" && listing.prefix !== undefined;
  const longest = isScan && listing.match === "MATCH_LONGEST" ? [] : undefined;
  let found: RouteView[] = longest ?? [];
  while (from !== undefined) {
    const page: RoutePage = pageFrom(from);
    from = page.next;
    const routes = isScan ? page.routes.filter((route) => matches(route.prefix, listing)) : page.routes;
    if (longest === undefined) yield describe(host, routes);
    else {
      found = longestOf([...found, ...routes]);
      yield [];
    }
  }
  if (longest !== undefined) yield describe(host, found);
}

function pageOf(view: RibView, { table, peer, prefix, match }: Listing, family: Family, from: number): RoutePage {
  switch (table) {
    case "TABLE_IN":
      return view.adjRibIn(peer, family, from, ROWS_A_SLICE);
    case "TABLE_OUT":
      return view.adjRibOut(peer, family, from, ROWS_A_SLICE);
    default:
      return prefix !== undefined && match === "MATCH_LONGER"
        ? view.longer(prefix, from, ROWS_A_SLICE)
        : view.routes(family, from, ROWS_A_SLICE);
  }
}

function lookUp(view: RibView, prefix: Prefix, match: Listing["match"]): readonly RouteView[] {
  if (match === "MATCH_LONGEST") return view.longest(prefix);
  return match === "MATCH_SHORTER" ? view.shorter(prefix) : view.exact(prefix);
}

function* localStretches(host: HoldfastHost, listing: Listing): Generator<readonly Route[]> {
  let stretch: Route[] = [];
  let routes = [...host.speaker.localRoutes].filter(({ family }) => listing.families.includes(family));
  if (listing.prefix !== undefined) routes = routes.filter(({ prefix }) => matches(prefix, listing));
  if (listing.match === "MATCH_LONGEST") routes = longestOf(routes);
  for (const route of routes) {
    stretch.push(localRouteMessage(route));
    if (stretch.length < ROWS_A_SLICE) continue;
    yield stretch;
    stretch = [];
  }
  yield stretch;
}

function matches(candidate: Prefix, { prefix, match }: Listing): boolean {
  if (prefix === undefined) return true;
  if (match === "MATCH_LONGER") return prefix.covers(candidate);
  return match === "MATCH_EXACT" ? prefix.equals(candidate) : candidate.covers(prefix);
}

/** Of routes that cover one address, those with the longest prefix. */
function longestOf<T extends { readonly prefix: Prefix }>(routes: readonly T[]): T[] {
  const length = Math.max(...routes.map(({ prefix }) => prefix.length));
  return routes.filter(({ prefix }) => prefix.length === length);
}

function describe(host: HoldfastHost, routes: readonly RouteView[]): readonly Route[] {
  if (routes.length === 0) return [];
  const names = namesOf(host);
  return routes.map((route) => routeMessage(route, names));
}

function namesOf({ speaker: { peers } }: HoldfastHost): PeerNames {
  const names = new Map<number, string>();
  for (const { index, name } of peers.values()) if (index !== undefined) names.set(index, name);
  return names;
}
