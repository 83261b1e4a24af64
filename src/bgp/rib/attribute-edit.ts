import { readU32 } from "../../lib/bytes.ts";
import { attributeEnd, attributeValue, findAttribute } from "../wire/canonical.ts";
import { AttributeFlag, AttributeType } from "../wire/iana.ts";
import type { ByteWriter } from "./byte-writer.ts";

// Changes to canonical attributes (wire/sink.ts) in `bytes[start..end)`; the result is written into `out`.

const COMMUNITY_FLAGS = AttributeFlag.Optional | AttributeFlag.Transitive;

/** Whether the set has this community (RFC 1997). */
export function hasCommunity(bytes: Uint8Array, start: number, end: number, community: number): boolean {
  const at = findAttribute(bytes, start, end, AttributeType.Communities);
  return at >= 0 && includesWord(bytes, at, community);
}

/** Whether the set has this cluster in its CLUSTER_LIST (RFC 4456). */
export function hasCluster(bytes: Uint8Array, start: number, end: number, cluster: number): boolean {
  const at = findAttribute(bytes, start, end, AttributeType.ClusterList);
  return at >= 0 && includesWord(bytes, at, cluster);
}

/** Whether the attribute at `at`, a list of 32-bit words (COMMUNITIES, CLUSTER_LIST), has this one. */
export function includesWord(bytes: Uint8Array, at: number, word: number): boolean {
  const end = attributeEnd(bytes, at);
  for (let value = attributeValue(bytes, at); value < end; value += 4) if (readU32(bytes, value) === word) return true;
  return false;
}

/** Writes the set with one more community, behind those it has. */
export function addCommunity(bytes: Uint8Array, start: number, end: number, community: number, out: ByteWriter): void {
  const at = placeOf(bytes, start, end, AttributeType.Communities);
  const isThere = at < end && bytes[at + 1] === AttributeType.Communities;
  const next = isThere ? attributeEnd(bytes, at) : at;
  out.reset();
  out.copy(bytes, start, at);
  writeCommunities(bytes, isThere ? attributeValue(bytes, at) : at, next, community, out);
  out.copy(bytes, next, end);
}

/** Writes a COMMUNITIES attribute: the communities in `bytes[start..end)`, and one more. */
export function writeCommunities(
  bytes: Uint8Array,
  start: number,
  end: number,
  community: number,
  out: ByteWriter,
): void {
  out.attribute(COMMUNITY_FLAGS, AttributeType.Communities, end - start + 4);
  out.copy(bytes, start, end);
  out.u32(community);
}

/** Writes the set with this LOCAL_PREF. */
export function setLocalPref(bytes: Uint8Array, start: number, end: number, localPref: number, out: ByteWriter): void {
  const at = placeOf(bytes, start, end, AttributeType.LocalPref);
  const isThere = at < end && bytes[at + 1] === AttributeType.LocalPref;
  out.reset();
  out.copy(bytes, start, at);
  writeLocalPref(localPref, out);
  out.copy(bytes, isThere ? attributeEnd(bytes, at) : at, end);
}

/** Writes a LOCAL_PREF attribute. */
export function writeLocalPref(localPref: number, out: ByteWriter): void {
  out.attribute(AttributeFlag.Transitive, AttributeType.LocalPref, 4);
  out.u32(localPref);
}

/** Where the attribute of that type stands, or would. */
function placeOf(bytes: Uint8Array, start: number, end: number, type: number): number {
  let at = start + 1 + (bytes[start] as number);
  while (at < end && (bytes[at + 1] as number) < type) at = attributeEnd(bytes, at);
  return at;
}
