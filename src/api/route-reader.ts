import {
  buildAttributes,
  type CanonicalAttributes,
  Family,
  familyOf,
  type LocalRoute,
  localRouteWith,
} from "../bgp/index.ts";
import { Address, parseAddress, parseIpv4Word } from "../lib/address.ts";
import { Prefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { readAttributes } from "./attributes-in.ts";
import { readBinaryAttributes, readBinaryNlri } from "./binary-routes.ts";
import { MalformedMessage, PbReader, readAny } from "./pb.ts";

/** What a Path of GoBGP's API asks for. */
export interface RouteRequest {
  readonly isWithdraw: boolean;
  readonly family: Family;
  readonly prefix: Prefix;
  readonly pathId: number;
  /** Undefined when it is withdrawn. */
  readonly attributes: CanonicalAttributes | undefined;
}

/** Attribute sets that are remembered: routes that come one after the other mostly share theirs. */
const CACHE_MAX = 1_024;
/** Octets of attributes: with its prefix, a route must fit an UPDATE of 4096 octets after our AS was put in front. */
const ATTRIBUTES_MAX = 3_900;

/** The fields of a Path that count on its way in, as octets. */
interface RawPath {
  nlri: PbReader | undefined;
  pattrs: PbReader[];
  isWithdraw: boolean;
  afi: number;
  safi: number;
  hasFamily: boolean;
  pathId: number;
  nlriBinary: Uint8Array;
  pattrsBinary: Uint8Array[];
}

/** Reads Paths. The text of a failure says what is wrong, in GoBGP's words where it has some. */
export class RouteReader {
  readonly #known = new Map<string, CanonicalAttributes>();

  /** Octets of a Path. `isWithdraw`: by what the RPC is, whatever the path says of itself. */
  read(path: PbReader, isWithdraw: boolean): Result<RouteRequest, string> {
    try {
      return this.#judge(readRaw(path), isWithdraw);
    } catch (error) {
      if (error instanceof MalformedMessage) return fail("the path is malformed");
      throw error;
    }
  }

  #judge(raw: RawPath, isWithdraw: boolean): Result<RouteRequest, string> {
    if (!raw.hasFamily) return fail("family cannot be nil");
    const family = familyOf(raw.afi, raw.safi);
    if (family === undefined) return fail(`address family afi ${raw.afi} safi ${raw.safi} is not carried here`);
    const prefix = raw.nlriBinary.length > 0 ? readBinaryNlri(raw.nlriBinary, family) : readNlri(raw.nlri, family);
    if (typeof prefix === "string") return fail(prefix);
    const { pathId } = raw;
    if (isWithdraw || raw.isWithdraw) return ok({ isWithdraw: true, family, prefix, pathId, attributes: undefined });
    const attributes = this.#attributes(raw, family);
    if (typeof attributes === "string") return fail(attributes);
    return ok({ isWithdraw: false, family, prefix, pathId, attributes });
  }

  #attributes(raw: RawPath, family: Family): CanonicalAttributes | string {
    const key = keyOf(raw, family);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const attributes =
      raw.pattrsBinary.length > 0 ? readBinaryAttributes(raw.pattrsBinary) : readAttributes(raw.pattrs);
    if (typeof attributes === "string") return attributes;
    const { nextHop } = attributes;
    if (nextHop === undefined) return "nexthop not found";
    if (family === Family.Ipv6Unicast && nextHop.version === 4) {
      if (!nextHop.isUnspecified) return `next hop ${nextHop} is no IPv6 address`;
    } else if (nextHop.isMulticast || nextHop.isLoopback) return `invalid nexthop address: ${nextHop}`;
    const isForeign = nextHop.version === 4 && family === Family.Ipv6Unicast;
    const bytes = buildAttributes(isForeign ? { ...attributes, nextHop: new Address(6, 0) } : attributes);
    if (bytes.length > ATTRIBUTES_MAX)
      return `the attributes have ${bytes.length} octets: more than ${ATTRIBUTES_MAX} fit into no UPDATE`;
    const canonical = { bytes, length: bytes.length };
    if (this.#known.size >= CACHE_MAX) this.#known.clear();
    this.#known.set(key, canonical);
    return canonical;
  }
}

/** The route that is asked for. */
export function localRouteOf({ prefix, pathId, attributes }: RouteRequest): LocalRoute {
  return localRouteWith(prefix, attributes as CanonicalAttributes, { pathId });
}

function readRaw(path: PbReader): RawPath {
  const raw: RawPath = {
    nlri: undefined,
    pattrs: [],
    isWithdraw: false,
    afi: 0,
    safi: 0,
    hasFamily: false,
    pathId: 0,
    nlriBinary: new Uint8Array(0),
    pattrsBinary: [],
  };
  for (let field = path.next(); field !== 0; field = path.next()) {
    if (field === 1) raw.nlri = path.message();
    else if (field === 2) raw.pattrs.push(path.message());
    else if (field === 5) raw.isWithdraw = path.bool();
    else if (field === 9) readFamily(path.message(), raw);
    else if (field === 18) raw.pathId = path.uint();
    else if (field === 20) raw.nlriBinary = path.octets();
    else if (field === 21) raw.pattrsBinary.push(path.octets());
    else path.skip();
  }
  return raw;
}

function readFamily(value: PbReader, raw: RawPath): void {
  raw.hasFamily = true;
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) raw.afi = value.uint();
    else if (field === 2) raw.safi = value.uint();
    else value.skip();
  }
}

/** An IPAddressPrefix. */
function readNlri(any: PbReader | undefined, family: Family): Prefix | string {
  if (any === undefined) return "nlri not found";
  const { type, value } = readAny(any);
  if (type !== "IPAddressPrefix") return `NLRI ${JSON.stringify(type.slice(0, 80))} does not belong to the family`;
  let length = 0;
  let text = "";
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) length = value.uint();
    else if (field === 2) text = value.string();
    else value.skip();
  }
  const word = family === Family.Ipv4Unicast ? parseIpv4Word(text) : undefined;
  const address = word === undefined ? parseAddress(text) : new Address(4, word);
  const version = family === Family.Ipv4Unicast ? 4 : 6;
  if (address?.version !== version || address.zone !== undefined)
    return `${JSON.stringify(text.slice(0, 80))} is no IPv${version} address`;
  if (length > (version === 4 ? 32 : 128)) return `prefix length ${length} is out of range`;
  return new Prefix(address, length);
}

/**
 * What tells apart the attributes of two paths: their octets. MP_REACH_NLRI holds the prefix too, so of it the next hops
 * count alone; it is the one attribute message that begins with a message, so it is found by its name.
 */
function keyOf({ pattrs, pattrsBinary }: RawPath, family: Family): string {
  if (pattrsBinary.length > 0)
    return `b${family}${pattrsBinary.map((octets) => `|${octets.length}:${textOf(octets)}`).join("")}`;
  let key = `${family}`;
  for (const any of pattrs) {
    const octets = any.bytes.subarray(any.position, any.end);
    const text = textOf(octets);
    const part = text.includes("MpReach") ? nextHopsOf(octets) : text;
    key += `|${part.length}:${part}`;
  }
  return key;
}

const textOf = (octets: Uint8Array) => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");

function nextHopsOf(octets: Uint8Array): string {
  const { value } = readAny(new PbReader(octets));
  let text = "";
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 2) text += `${value.string()} `;
    else value.skip();
  }
  return text;
}
