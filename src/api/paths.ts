import type { Family, LocalRoute } from "../bgp/index.ts";
import { ok } from "../lib/result.ts";
import type { ApiRoutes, RouteKey } from "./api-routes.ts";
import { familyOfMessage } from "./families.ts";
import { type Fault, faultOf, invalid, type Outcome, refused } from "./fault.ts";
import { started } from "./global.ts";
import type { ApiHost } from "./host.ts";
import type * as api from "./messages.ts";
import { MalformedMessage, PbReader, PbWriter } from "./pb.ts";
import { localRouteOf, type RouteReader, type RouteRequest } from "./route-reader.ts";
import type { Message, Method, Methods } from "./service.ts";

const UUID_OCTETS = 16;
/** Routes withdrawn at once by a DeletePath for all. */
const WITHDRAWALS_A_TURN = 4_096;

/** TableType by number: these requests are read by hand. */
const GLOBAL = 0;
const VRF = 4;

/**
 * AddPath, DeletePath and AddPathStream. Their requests are read by hand (route-reader.ts): who announces, announces many.
 *
 * A route of the API is a route of ours beside the VIPs. A VIP's prefix is its gate's business alone: to announce it here,
 * or to withdraw it, is refused.
 */
export function pathMethods(host: ApiHost, reader: RouteReader, routes: ApiRoutes): Methods {
  const announce = (request: RouteRequest): RouteKey => {
    const route = localRouteOf(request);
    host.tell({ type: "Announce", routes: [route] });
    return route;
  };
  const withdraw = (keys: readonly RouteKey[]) => {
    for (const key of keys) routes.forget(key);
    host.tell({ type: "Withdraw", routes: keys });
  };
  return {
    AddPath: raw((bytes) => {
      const request = decodeRequest(bytes, ADD_PATH);
      const ready = started(host);
      if (!ready.ok) return ready;
      const fault = resourceFault(request);
      if (fault !== undefined) return { ok: false, error: fault };
      const [path] = request.paths;
      if (path === undefined) return invalid("nil request");
      const read = reader.read(path, false);
      if (!read.ok) return faultOfPath(read.error);
      const gated = vipFault(host, read.value);
      if (gated !== undefined) return { ok: false, error: gated };
      if (read.value.isWithdraw) {
        withdraw([read.value]);
        return ok({});
      }
      const uuid = newUuid(host);
      routes.name(announce(read.value), uuid);
      return ok(addPathResponse(uuid));
    }),
    DeletePath: raw((bytes) => {
      const request = decodeRequest(bytes, DELETE_PATH);
      const ready = started(host);
      if (!ready.ok) return ready;
      const fault = resourceFault(request);
      if (fault !== undefined) return { ok: false, error: fault };
      if (request.uuid.length > 0) {
        const key = routes.find(request.uuid);
        if (key === undefined) return refused("can't find a specified path");
        withdraw([key]);
        return ok({});
      }
      const [path] = request.paths;
      if (path === undefined) return deleteAll(host, routes, request);
      const read = reader.read(path, true);
      if (!read.ok) return faultOfPath(read.error);
      const gated = vipFault(host, read.value);
      if (gated !== undefined) return { ok: false, error: gated };
      withdraw([read.value]);
      return ok({});
    }),
    AddPathStream: {
      type: "collect",
      isRaw: true,
      begin: () => new StreamedPaths(host, reader, withdraw),
    } as Method,
  };
}

/** Routes of a message that are announced before others have their turn. */
const PATHS_A_SLICE = 512;

/** The messages of an AddPathStream; the routes before a faulty one are announced. */
class StreamedPaths {
  readonly #host: ApiHost;
  readonly #reader: RouteReader;
  readonly #withdraw: (keys: readonly RouteKey[]) => void;
  #paths: readonly PbReader[] = [];
  #at = 0;

  constructor(host: ApiHost, reader: RouteReader, withdraw: (keys: readonly RouteKey[]) => void) {
    this.#host = host;
    this.#reader = reader;
    this.#withdraw = withdraw;
  }

  take(bytes: Uint8Array): Fault | "more" | undefined {
    let request: PathRequest;
    try {
      request = decodeRequest(bytes, ADD_PATH);
    } catch (error) {
      if (error instanceof MalformedMessage) return { code: "INVALID_ARGUMENT", message: error.message };
      throw error;
    }
    const ready = started(this.#host);
    if (!ready.ok) return ready.error;
    const fault = resourceFault(request);
    if (fault !== undefined) return fault;
    this.#paths = request.paths;
    this.#at = 0;
    return this.more();
  }

  more(): Fault | "more" | undefined {
    const end = Math.min(this.#paths.length, this.#at + PATHS_A_SLICE);
    const added: LocalRoute[] = [];
    let wrong: Fault | undefined;
    for (; this.#at < end && wrong === undefined; this.#at++) {
      const read = this.#reader.read(this.#paths[this.#at] as PbReader, false);
      wrong = read.ok ? vipFault(this.#host, read.value) : faultOfPath(read.error).error;
      if (wrong !== undefined || !read.ok) break;
      if (read.value.isWithdraw) {
        // What came before it in this message must not undo it.
        this.#host.tell({ type: "Announce", routes: added.splice(0) });
        this.#withdraw([read.value]);
      } else added.push(localRouteOf(read.value));
    }
    if (added.length > 0) this.#host.tell({ type: "Announce", routes: added });
    if (wrong !== undefined) return wrong;
    return this.#at < this.#paths.length ? "more" : undefined;
  }

  end(): Outcome<Message> {
    return ok({});
  }
}

/** Without a path or uuid: every route that came over the API. VIPs stay: their own gates decide on them. */
function deleteAll(host: ApiHost, routes: ApiRoutes, request: PathRequest): Outcome<Message> {
  let family: Family | undefined;
  if (request.family !== undefined) {
    const found = familyOfMessage(request.family);
    if (!found.ok) return found;
    family = found.value;
  }
  const keys: RouteKey[] = [];
  for (const route of host.speaker.localRoutes)
    if ((family === undefined || route.family === family) && !host.isVip(route.prefix)) keys.push(route);
  for (const key of keys) routes.forget(key);
  for (let at = 0; at < keys.length; at += WITHDRAWALS_A_TURN)
    host.tell({ type: "Withdraw", routes: keys.slice(at, at + WITHDRAWALS_A_TURN) });
  return ok({});
}

/** An AddPathResponse: by hand, as its request. */
function addPathResponse(uuid: Uint8Array): Uint8Array {
  const out = new PbWriter(2 + UUID_OCTETS);
  out.octets(1, uuid);
  return out.toBytes();
}

/** A random UUID (RFC 9562 version 4). */
function newUuid(host: ApiHost): Uint8Array {
  const uuid = host.randomBytes(UUID_OCTETS);
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return uuid;
}

function vipFault(host: ApiHost, { prefix }: RouteRequest): Fault | undefined {
  if (!host.isVip(prefix)) return undefined;
  const message = `${prefix} is a VIP: its gate decides whether it is announced (holdfast why ${prefix})`;
  return { code: "FAILED_PRECONDITION", message };
}

function faultOfPath(text: string): { readonly ok: false; readonly error: Fault } {
  return text.includes("is not carried here") ? faultOf("UNIMPLEMENTED", text) : invalid(text);
}

/** AddPathRequest, AddPathStreamRequest and DeletePathRequest in one. */
interface PathRequest {
  tableType: number;
  vrf: string;
  paths: PbReader[];
  family: api.Family | undefined;
  uuid: Uint8Array;
}

/** The field of `path` (or `paths`), and that of the fields that only DeletePathRequest has. */
interface Shape {
  readonly path: number;
  readonly family: number;
  readonly uuid: number;
}
const ADD_PATH: Shape = { path: 3, family: -1, uuid: -1 };
const DELETE_PATH: Shape = { path: 4, family: 3, uuid: 5 };

function decodeRequest(bytes: Uint8Array, shape: Shape): PathRequest {
  const request: PathRequest = { tableType: GLOBAL, vrf: "", paths: [], family: undefined, uuid: new Uint8Array(0) };
  const reader = new PbReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) request.tableType = reader.uint();
    else if (field === 2) request.vrf = reader.string();
    else if (field === shape.path) request.paths.push(reader.message());
    else if (field === shape.family) request.family = readFamily(reader.message());
    else if (field === shape.uuid) request.uuid = reader.octets();
    else reader.skip();
  }
  return request;
}

const AFIS: Readonly<Record<number, api.FamilyAfi>> = { 1: "AFI_IP", 2: "AFI_IP6" };

function readFamily(reader: PbReader): api.Family {
  let afi = 0;
  let safi = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) afi = reader.uint();
    else if (field === 2) safi = reader.uint();
    else reader.skip();
  }
  const isUnicast = safi === 1 && AFIS[afi] !== undefined;
  return {
    afi: isUnicast ? (AFIS[afi] as api.FamilyAfi) : (afi as never),
    safi: isUnicast ? "SAFI_UNICAST" : (safi as never),
  };
}

function resourceFault({ tableType, vrf }: PathRequest): Fault | undefined {
  if (tableType === VRF || vrf !== "") return { code: "UNIMPLEMENTED", message: "Holdfast has no VRFs" };
  return tableType === GLOBAL
    ? undefined
    : { code: "INVALID_ARGUMENT", message: `unsupported resource: table type ${tableType}` };
}

/** A unary RPC whose request is read by hand. */
function raw(handle: (bytes: Uint8Array) => Outcome<Message>): Method {
  return {
    type: "unary",
    isRaw: true,
    handle: ((bytes: Uint8Array) => {
      try {
        return handle(bytes);
      } catch (error) {
        if (error instanceof MalformedMessage) return invalid(error.message);
        throw error;
      }
    }) as (request: never) => Outcome<Message>,
  };
}
