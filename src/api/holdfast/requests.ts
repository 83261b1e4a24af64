import type { Peer, PeerName } from "../../bgp/index.ts";
import { formatAddress, parseAddress } from "../../lib/address.ts";
import { Prefix, parsePrefix } from "../../lib/prefix.ts";
import { ok } from "../../lib/result.ts";
import { faultOf, invalid, type Outcome } from "../fault.ts";
import type { HoldfastHost, VipView } from "./host.ts";

/** What requests name, found or refused: the first checks of every call. */

const notFound = (message: string) => faultOf("NOT_FOUND", message);

/** How much of what was asked for is said again in an error. */
const QUOTE_MAX = 80;

/** A text from outside for an error message: printable and short. */
export function quote(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]/g, "?");
  return clean.length > QUOTE_MAX ? `"${clean.slice(0, QUOTE_MAX)}..."` : `"${clean}"`;
}

/** A prefix; an address alone is that of a host. Host bits that are set are a mistake somewhere: refused. */
export function prefixOf(text: string): Outcome<Prefix> {
  const address = parseAddress(text.split("/")[0] as string);
  if (address === undefined || address.zone !== undefined) return invalid(`${quote(text)} is not a prefix`);
  if (!text.includes("/")) return ok(new Prefix(address, address.version === 4 ? 32 : 128));
  const prefix = parsePrefix(text);
  if (prefix === undefined) return invalid(`${quote(text)} is not a prefix`);
  if (!prefix.address.equals(address)) return invalid(`${quote(text)} has bits beyond its length: is it ${prefix}?`);
  return ok(prefix);
}

export function vipOf(host: HoldfastHost, text: string): Outcome<VipView> {
  const prefix = prefixOf(text);
  if (!prefix.ok) return prefix;
  const vip = host.vip(prefix.value.toString());
  return vip === undefined ? notFound(`${prefix.value} is not a VIP of the configuration`) : ok(vip);
}

/** A neighbour by its address, or by its description when only one has it. */
export function peerOf(host: HoldfastHost, text: string): Outcome<Peer> {
  const { peers } = host.speaker;
  const address = parseAddress(text);
  const named = address && peers.get(formatAddress(address));
  if (named !== undefined) return ok(named);
  if (text === "") return invalid("a neighbour must be named");
  const described = [...peers.values()].filter(({ config }) => config.description === text);
  if (described.length > 1)
    return invalid(
      `${quote(text)} describes ${described.map(({ name }: { name: PeerName }) => name).join(", ")}: say which`,
    );
  return described[0] === undefined ? notFound(`there is no neighbour ${quote(text)}`) : ok(described[0]);
}
