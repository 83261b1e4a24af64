import { readU32 } from "../../lib/bytes.ts";
import { countAsPath } from "../wire/as-path.ts";
import { attributeEnd, attributeValue } from "../wire/canonical.ts";
import { AttributeType, SegmentType, WellKnownCommunity } from "../wire/iana.ts";

/** LOCAL_PREF of a route that came without (RFC 4271 section 5.1.5 leaves it to us; everybody takes 100). */
export const LOCAL_PREF_DEFAULT = 100;

/** What else the decision and the export rules ask of a set, as bits. */
export const SetFlag = {
  NoExport: 1,
  NoAdvertise: 2,
  NoExportSubconfed: 4,
  LlgrStale: 8,
  OnlyToCustomer: 16,
  NoLlgr: 32,
} as const;

/** The fields of an attribute set that the decision process looks at. One object, filled again and again. */
export class AttributeFields {
  origin = 0;
  /** RFC 4271 section 9.1.2.2 a: a set counts one, confederation segments nothing. */
  asPathLength = 0;
  /** The AS of the neighbour it came through (RFC 4271 section 9.1.2.2 c), 0 when the path is empty or led by a set. */
  neighborAs = 0;
  med = 0;
  localPref = LOCAL_PREF_DEFAULT;
  /** ORIGINATOR_ID, or 0. */
  originatorId = 0;
  clusterListLength = 0;
  flags = 0;

  /** Reads canonical attributes (wire/sink.ts). Hot. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.origin = 0;
    this.asPathLength = 0;
    this.neighborAs = 0;
    this.med = 0;
    this.localPref = LOCAL_PREF_DEFAULT;
    this.originatorId = 0;
    this.clusterListLength = 0;
    this.flags = 0;
    let at = start + 1 + (bytes[start] as number);
    while (at < end) {
      const value = attributeValue(bytes, at);
      const next = attributeEnd(bytes, at);
      this.#readOne(bytes, bytes[at + 1] as number, value, next);
      at = next;
    }
  }

  #readOne(bytes: Uint8Array, type: number, value: number, end: number): void {
    switch (type) {
      case AttributeType.Origin:
        this.origin = bytes[value] as number;
        break;
      case AttributeType.AsPath:
        this.asPathLength = countAsPath(bytes, value, end, 4);
        if (value < end && bytes[value] === SegmentType.Sequence) this.neighborAs = readU32(bytes, value + 2);
        break;
      case AttributeType.MultiExitDisc:
        this.med = readU32(bytes, value);
        break;
      case AttributeType.LocalPref:
        this.localPref = readU32(bytes, value);
        break;
      case AttributeType.Communities:
        for (let at = value; at < end; at += 4) this.#readCommunity(readU32(bytes, at));
        break;
      case AttributeType.OriginatorId:
        this.originatorId = readU32(bytes, value);
        break;
      case AttributeType.ClusterList:
        this.clusterListLength = (end - value) >>> 2;
        break;
      case AttributeType.OnlyToCustomer:
        this.flags |= SetFlag.OnlyToCustomer;
        break;
    }
  }

  #readCommunity(community: number): void {
    if (community < WellKnownCommunity.GracefulShutdown) return;
    if (community === WellKnownCommunity.NoExport) this.flags |= SetFlag.NoExport;
    else if (community === WellKnownCommunity.NoAdvertise) this.flags |= SetFlag.NoAdvertise;
    else if (community === WellKnownCommunity.NoExportSubconfed) this.flags |= SetFlag.NoExportSubconfed;
    else if (community === WellKnownCommunity.LlgrStale) this.flags |= SetFlag.LlgrStale;
    else if (community === WellKnownCommunity.NoLlgr) this.flags |= SetFlag.NoLlgr;
  }
}
