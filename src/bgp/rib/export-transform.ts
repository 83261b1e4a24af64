import { attributeEnd, attributeValue } from "../wire/canonical.ts";
import type { Family } from "../wire/family.ts";
import { AttributeFlag, AttributeType, WellKnownCommunity } from "../wire/iana.ts";
import { AsPathEdit, isOwnOnly } from "./as-path-edit.ts";
import { includesWord, writeCommunities, writeLocalPref } from "./attribute-edit.ts";
import { LOCAL_PREF_DEFAULT } from "./attribute-fields.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { writeNextHop } from "./next-hop-rules.ts";
import type { RibPeer } from "./rib-io.ts";
import type { Source } from "./source-classes.ts";

/** Attributes that export may have to add, by type, ascending. */
const ADDED: readonly number[] = [
  AttributeType.AsPath,
  AttributeType.LocalPref,
  AttributeType.Communities,
  AttributeType.OriginatorId,
  AttributeType.ClusterList,
  AttributeType.OnlyToCustomer,
];
/** Those of them that no external neighbour gets. */
const INTERNAL_ONLY: readonly number[] = [
  AttributeType.LocalPref,
  AttributeType.OriginatorId,
  AttributeType.ClusterList,
];
const NO_MORE = 256;
const NOTHING = new Uint8Array(0);

/**
 * Turns the attributes of a route into those that one kind of neighbour is told. Assumes that `mayExport` has said yes.
 *
 * | attribute                  | external neighbour          | internal neighbour                                    |
 * | -------------------------- | --------------------------- | ----------------------------------------------------- |
 * | next hop                   | next-hop-rules.ts           | next-hop-rules.ts                                     |
 * | AS_PATH                    | as-path-edit.ts             | as it is; none of what we prepend to our own routes   |
 * | MULTI_EXIT_DISC            | of our own routes only      | as it is; RFC 4271 section 5.1.4                      |
 * | LOCAL_PREF                 | none                        | as it is, or 100; RFC 4271 section 5.1.5              |
 * | ORIGINATOR_ID              | none                        | of reflected routes: who told us; RFC 4456 section 8  |
 * | CLUSTER_LIST               | none                        | of reflected routes: our clusters in front            |
 * | AIGP                       | none; RFC 7311 section 3.1  | as it is                                              |
 * | Only to Customer           | added downwards             | as it is; RFC 9234 section 5, egress 1                |
 *
 * A neighbour that is drained gets GRACEFUL_SHUTDOWN added to the communities, and an internal one LOCAL_PREF 0 (RFC 8326
 * sections 4.1 and 4.4).
 */
export class ExportTransform {
  readonly #peer: RibPeer;
  readonly #family: Family;
  readonly #isExternal: boolean;
  readonly #addsOnlyToCustomer: boolean;
  readonly #isDraining: boolean;
  readonly #asPath = new AsPathEdit();
  #isReflected = false;
  #source: Source | undefined;

  /** `peer`: any one of the neighbours that are treated alike. */
  constructor(peer: RibPeer, family: Family) {
    this.#peer = peer;
    this.#family = family;
    this.#isExternal = peer.negotiated.peerType === "external";
    this.#isDraining = peer.draining === true;
    this.#addsOnlyToCustomer = peer.role === "provider" || peer.role === "peer" || peer.role === "rs";
  }

  /** Writes into `out` what becomes of the canonical attributes in `bytes[start..end)`. */
  write(source: Source, bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
    this.#isReflected = source.type === "internal" && !this.#isExternal;
    this.#source = source;
    out.reset();
    writeNextHop(this.#peer, this.#family, source, bytes, start, out);
    let step = 0;
    for (let at = start + 1 + (bytes[start] as number); at < end; ) {
      const type = bytes[at + 1] as number;
      const next = attributeEnd(bytes, at);
      for (; (ADDED[step] ?? NO_MORE) < type; step++) this.#add(ADDED[step] as number, out);
      if (ADDED[step] === type) {
        step++;
        this.#rewrite(type, bytes, at, next, out);
      } else if (!this.#drops(type)) out.copy(bytes, at, next);
      at = next;
    }
    for (; step < ADDED.length; step++) this.#add(ADDED[step] as number, out);
  }

  #drops(type: number): boolean {
    if (!this.#isExternal) return false;
    return type === AttributeType.Aigp || (type === AttributeType.MultiExitDisc && this.#source?.type !== "local");
  }

  /** An attribute that the route does not have. */
  #add(type: number, out: ByteWriter): void {
    switch (type) {
      case AttributeType.AsPath:
        this.#writeAsPath(NOTHING, 0, 0, out);
        break;
      case AttributeType.LocalPref:
        if (!this.#isExternal) writeLocalPref(this.#isDraining ? 0 : LOCAL_PREF_DEFAULT, out);
        break;
      case AttributeType.Communities:
        if (this.#isDraining) writeCommunities(NOTHING, 0, 0, WellKnownCommunity.GracefulShutdown, out);
        break;
      case AttributeType.OriginatorId:
        if (!this.#isReflected) break;
        out.attribute(AttributeFlag.Optional, type, 4);
        out.u32((this.#source as Source).remoteId);
        break;
      case AttributeType.ClusterList:
        if (this.#isReflected) this.#writeClusterList(NOTHING, 0, 0, out);
        break;
      case AttributeType.OnlyToCustomer:
        if (!this.#addsOnlyToCustomer) break;
        out.attribute(AttributeFlag.Optional | AttributeFlag.Transitive, type, 4);
        out.u32(this.#peer.localAs);
        break;
    }
  }

  /** An attribute that the route has, and export has a say in. */
  #rewrite(type: number, bytes: Uint8Array, at: number, end: number, out: ByteWriter): void {
    if (this.#isExternal && INTERNAL_ONLY.includes(type)) return;
    const value = attributeValue(bytes, at);
    if (type === AttributeType.AsPath) this.#writeAsPath(bytes, value, end, out);
    else if (type === AttributeType.ClusterList && this.#isReflected) this.#writeClusterList(bytes, value, end, out);
    else if (type === AttributeType.LocalPref && this.#isDraining) writeLocalPref(0, out);
    else if (type === AttributeType.Communities && this.#mustAddShutdown(bytes, at))
      writeCommunities(bytes, value, end, WellKnownCommunity.GracefulShutdown, out);
    else out.copy(bytes, at, end);
  }

  #mustAddShutdown(bytes: Uint8Array, at: number): boolean {
    return this.#isDraining && !includesWord(bytes, at, WellKnownCommunity.GracefulShutdown);
  }

  #writeAsPath(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
    const isOwn = this.#source?.type === "local" && isOwnOnly(this.#peer, bytes, start, end);
    if (this.#isExternal) {
      this.#asPath.write(this.#peer, bytes, start, end, isOwn);
      this.#asPath.emit(AttributeFlag.Transitive, AttributeType.AsPath, out);
    } else {
      const stop = isOwn ? start : end;
      out.attribute(AttributeFlag.Transitive, AttributeType.AsPath, stop - start);
      out.copy(bytes, start, stop);
    }
  }

  /** RFC 4456 section 8: the cluster that the route leaves goes in front, then the one that it enters, if another. */
  #writeClusterList(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
    const left = this.#source?.cluster;
    const entered = this.#peer.routeReflectorClient ? this.#peer.clusterId : undefined;
    const clusters = entered === left ? [entered] : [entered, left];
    const added = clusters.filter((cluster) => cluster !== undefined);
    out.attribute(AttributeFlag.Optional, AttributeType.ClusterList, end - start + 4 * added.length);
    for (const cluster of added) out.u32(cluster);
    out.copy(bytes, start, end);
  }
}
