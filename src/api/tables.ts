import { type Family, LOCAL_PEER, type Peer, type RibView, type RoutePage, type RouteView } from "../bgp/index.ts";
import { parseAddress } from "../lib/address.ts";
import { Prefix, parsePrefix } from "../lib/prefix.ts";
import { ok } from "../lib/result.ts";
import type { ApiRoutes } from "./api-routes.ts";
import { familyOfMessage } from "./families.ts";
import { faultOf, invalid, type Outcome, refused } from "./fault.ts";
import { started } from "./global.ts";
import type { ApiHost } from "./host.ts";
import type * as api from "./messages.ts";
import type { PathEncoder, PathForms } from "./path-encoder.ts";
import { findPeer, shorten } from "./peers.ts";
import { type Message, type Methods, sourceOf, stream, unary } from "./service.ts";

/** Rows of a table that are visited between two looks at the clock. */
const ROWS_A_SLICE = 256;
/** Prefixes that one request may ask for. */
const LOOKUPS_MAX = 10_000;

/** A table that a request names. */
type Table =
  | { readonly type: "global" }
  | { readonly type: "adj-in"; readonly peer: Peer }
  | { readonly type: "adj-out"; readonly peer: Peer };

interface Lookup {
  readonly prefix: Prefix;
  readonly type: "exact" | "longest" | "longer" | "shorter";
}

export function tableMethods(host: ApiHost, encoder: PathEncoder, routes: ApiRoutes): Methods {
  return {
    ListPath: stream<api.ListPathRequest>((request) => {
      const table = tableOf(host, request.tableType, request.name);
      if (!table.ok) return table;
      const family = familyOfMessage(request.family);
      if (!family.ok) return family;
      const lookups = lookupsOf(request.prefixes, family.value);
      if (!lookups.ok) return lookups;
      const slices = slicesOf(host.speaker.rib.view, table.value, family.value, lookups.value);
      return ok(sourceOf(destinations(slices, table.value, formsOf(request), encoder, routes)));
    }),
    GetTable: unary<api.GetTableRequest>(async (request) => {
      const table = tableOf(host, request.tableType, request.name);
      if (!table.ok) return table;
      const family = familyOfMessage(request.family);
      if (!family.ok) return family;
      return ok(await count(slicesOf(host.speaker.rib.view, table.value, family.value, []), table.value));
    }),
  };
}

function tableOf(host: ApiHost, type: api.TableType, name: string): Outcome<Table> {
  const ready = started(host);
  if (!ready.ok) return ready;
  switch (type) {
    case "GLOBAL":
    case "LOCAL": {
      if (name === "") return ok({ type: "global" });
      const peer = findPeer(host, name);
      return peer.ok ? refused(`neighbor ${peer.value.name} doesn't have local rib`) : peer;
    }
    case "ADJ_IN":
    case "ADJ_OUT": {
      const peer = findPeer(host, name);
      return peer.ok ? ok({ type: type === "ADJ_IN" ? "adj-in" : "adj-out", peer: peer.value }) : peer;
    }
    case "VRF":
      return faultOf("UNIMPLEMENTED", "Holdfast has no VRFs");
    default:
      return invalid(`unsupported resource type: ${String(type satisfies never)}`);
  }
}

function formsOf(request: api.ListPathRequest): PathForms {
  const only = request.enableOnlyBinary;
  return {
    objects: !only,
    nlriBinary: only || request.enableNlriBinary,
    attributesBinary: only || request.enableAttributeBinary,
  };
}

function lookupsOf(prefixes: readonly api.TableLookupPrefix[], family: Family): Outcome<readonly Lookup[]> {
  if (prefixes.length > LOOKUPS_MAX) return invalid(`at most ${LOOKUPS_MAX} prefixes can be asked for at once`);
  const lookups: Lookup[] = [];
  for (const { prefix: text, type } of prefixes) {
    const address = parseAddress(text);
    const prefix = address === undefined ? parsePrefix(text) : new Prefix(address, address.version === 4 ? 32 : 128);
    if (prefix === undefined || (prefix.version === 4) !== (family === 0))
      return invalid(`${JSON.stringify(shorten(text))} is no prefix of the address family`);
    const exact = address === undefined ? "exact" : "longest";
    lookups.push({ prefix, type: type === "LONGER" ? "longer" : type === "SHORTER" ? "shorter" : exact });
  }
  return ok(lookups);
}

/** What a table has, slice by slice; all routes of a prefix are in one slice. Empty slices are turns for others. */
function* slicesOf(
  view: RibView,
  table: Table,
  family: Family,
  lookups: readonly Lookup[],
): Iterable<readonly RouteView[]> {
  if (lookups.length === 0) {
    yield* pages((from) => pageOf(view, table, family, from));
    return;
  }
  for (const lookup of lookups) {
    if (table.type === "global") yield* found(view, lookup);
    else
      for (const routes of pages((from) => pageOf(view, table, family, from)))
        yield routes.filter(({ prefix }) => isAskedFor(prefix, lookup));
  }
}

function pageOf(view: RibView, table: Table, family: Family, from: number): RoutePage {
  if (table.type === "global") return view.routes(family, from, ROWS_A_SLICE);
  const { index } = table.peer;
  if (index === undefined) return { routes: [], next: undefined };
  return table.type === "adj-in"
    ? view.adjRibIn(index, family, from, ROWS_A_SLICE)
    : view.adjRibOut(index, family, from, ROWS_A_SLICE);
}

function* pages(pageAt: (from: number) => RoutePage): Iterable<readonly RouteView[]> {
  let page = pageAt(0);
  yield page.routes;
  while (page.next !== undefined) {
    page = pageAt(page.next);
    yield page.routes;
  }
}

function* found(view: RibView, { prefix, type }: Lookup): Iterable<readonly RouteView[]> {
  if (type === "exact") yield view.exact(prefix);
  else if (type === "longest") yield view.longest(prefix);
  else if (type === "shorter") yield view.shorter(prefix);
  else yield* pages((from) => view.longer(prefix, from, ROWS_A_SLICE));
}

function isAskedFor(prefix: Prefix, lookup: Lookup): boolean {
  switch (lookup.type) {
    case "exact":
      return prefix.equals(lookup.prefix);
    case "longer":
      return lookup.prefix.covers(prefix);
    default:
      return prefix.covers(lookup.prefix);
  }
}

/** One message a prefix. What import rejects is in the Adj-RIB-In alone. */
function* destinations(
  slices: Iterable<readonly RouteView[]>,
  table: Table,
  forms: PathForms,
  encoder: PathEncoder,
  routes: ApiRoutes,
): Iterable<Message | "pause"> {
  const isGlobal = table.type === "global";
  const isSent = table.type === "adj-out";
  const marks = (route: RouteView) => ({
    isBest: isGlobal && route.best,
    isWithdraw: false,
    isSent,
    uuid: isGlobal && route.peer === LOCAL_PEER ? routes.uuidOf(route.prefix, route.pathId) : undefined,
  });
  for (const slice of slices) {
    let isEmpty = true;
    for (const group of byPrefix(isGlobal ? slice.filter(({ rejected }) => rejected === undefined) : slice)) {
      isEmpty = false;
      yield encoder.destination(group, forms, marks);
    }
    if (isEmpty) yield "pause";
  }
}

/** Neighbours in the list that have the same prefix. */
function* byPrefix(routes: readonly RouteView[]): Iterable<readonly RouteView[]> {
  let start = 0;
  for (let i = 1; i <= routes.length; i++) {
    const first = routes[start];
    if (first === undefined || (i < routes.length && (routes[i] as RouteView).prefix.equals(first.prefix))) continue;
    yield routes.slice(start, i);
    start = i;
  }
}

async function count(slices: Iterable<readonly RouteView[]>, table: Table): Promise<api.Given<api.GetTableResponse>> {
  let numDestination = 0;
  let numPath = 0;
  let numAccepted = 0;
  for (const slice of slices) {
    const counted = table.type === "global" ? slice.filter(({ rejected }) => rejected === undefined) : slice;
    for (const group of byPrefix(counted)) {
      numDestination++;
      numPath += group.length;
      numAccepted += group.filter(({ rejected }) => rejected === undefined).length;
    }
    if (slice.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { numDestination, numPath, ...(table.type === "adj-in" ? { numAccepted } : {}) };
}
