import { assert } from "../../lib/assert.ts";
import { AttributeScan } from "./attribute-scan.ts";
import { attributeName } from "./attribute-table.ts";
import { CanonicalBuilder } from "./canonical-builder.ts";
import { FAMILY_SPECS, Family } from "./family.ts";
import { AttributeFlag, AttributeType, UpdateError } from "./iana.ts";
import { HEADER_LENGTH } from "./message.ts";
import type { MpField } from "./mp-fields.ts";
import type { Negotiated, NegotiatedFamily } from "./negotiated.ts";
import { checkNextHop4, checkNextHop6, isLinkLocal6, isUnspecified6 } from "./next-hop.ts";
import { checkNlri, NlriColumns } from "./nlri.ts";
import type { UpdateOutcome } from "./outcome.ts";
import type { CanonicalAttributes, UpdateSink } from "./sink.ts";
import { UpdateFaults } from "./update-faults.ts";

export interface UpdateDecoderOptions {
  /** RFC 7606; false: what RFC 4271 calls an error resets the session. */
  readonly treatAsWithdraw: boolean;
  /** Accept next hops in 127.0.0.0/8 and ::1: for a neighbour on this host. */
  readonly loopbackNextHop: boolean;
}

/**
 * Decodes the UPDATEs of one session (RFC 4271 section 4.3):
 *
 *     +---------------------------------+
 *     | withdrawn routes length (2)     |
 *     +---------------------------------+
 *     | withdrawn routes                |  IPv4
 *     +---------------------------------+
 *     | total path attribute length (2) |
 *     +---------------------------------+
 *     | path attributes                 |  MP_REACH_NLRI and MP_UNREACH_NLRI among them (RFC 4760)
 *     +---------------------------------+
 *     | NLRI                            |  IPv4
 *     +---------------------------------+
 *
 * A message goes through three steps: every field is judged (RFC 7606), the attributes are put into canonical form, the
 * prefixes are told to the sink. Nothing reaches the sink of a message that resets the session. All buffers are scratch:
 * a decoder allocates nothing per prefix, and per message no more than a view of the attributes.
 */
export class UpdateDecoder {
  readonly #options: UpdateDecoderOptions;
  readonly #lengthMax: number;
  readonly #external: boolean;
  /** IPv4 unicast as negotiated; undefined: the classic fields are checked and ignored. */
  readonly #ipv4: NegotiatedFamily | undefined;
  readonly #faults: UpdateFaults;
  readonly #scan: AttributeScan;
  readonly #canonical: CanonicalBuilder;
  readonly #columns = new NlriColumns();
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #withdrawn: MpField;
  readonly #nlri: MpField;

  constructor(session: Negotiated, options: UpdateDecoderOptions) {
    this.#options = options;
    this.#lengthMax = session.receiveLengthMax - HEADER_LENGTH;
    this.#external = session.peerType === "external";
    this.#ipv4 = session.families.find(({ family }) => family === Family.Ipv4Unicast);
    this.#faults = new UpdateFaults(options.treatAsWithdraw);
    this.#scan = new AttributeScan(session, this.#faults);
    this.#canonical = new CanonicalBuilder(session);
    this.#withdrawn = { present: true, family: this.#ipv4, start: 0, end: 0 };
    this.#nlri = { present: true, family: this.#ipv4, start: 0, end: 0 };
  }

  /**
   * Decodes the body `bytes[start..end)` of an UPDATE. The octets are read only during the call; what the sink is given
   * is good only during its call. Unless the outcome is "reset", the sink has been told all of the message: after
   * "withdraw" all its prefixes as withdrawn (RFC 7606 section 2).
   */
  decode(bytes: Uint8Array, start: number, end: number, sink: UpdateSink): UpdateOutcome {
    assert(end - start <= this.#lengthMax, "an UPDATE is longer than the session allows");
    this.#bytes = bytes;
    this.#faults.clear();
    if (!this.#judge(bytes, start, end)) return this.#faults.outcome();
    const { severity } = this.#faults;
    if (severity === "reset") return this.#faults.outcome();
    this.#emitWithdrawals(sink, severity === "withdraw");
    if (severity !== "withdraw") {
      this.#emitReach(bytes, sink);
      this.#emitEndOfRib(start, end, sink);
    }
    return this.#faults.outcome();
  }

  /** Checks the whole message; false when its fields could not even be found. */
  #judge(bytes: Uint8Array, start: number, end: number): boolean {
    const withdrawnEnd = end - start < 4 ? end : start + 2 + u16(bytes, start);
    const attributesStart = withdrawnEnd + 2;
    const attributesEnd = attributesStart > end ? attributesStart : attributesStart + u16(bytes, withdrawnEnd);
    if (attributesEnd > end) {
      // RFC 4271 section 6.3, first paragraph.
      const message = "Withdrawn Routes Length and Total Path Attribute Length exceed the message";
      this.#faults.add("reset", UpdateError.MalformedAttributeList, undefined, message);
      return false;
    }
    this.#withdrawn.start = start + 2;
    this.#withdrawn.end = withdrawnEnd;
    this.#nlri.start = attributesEnd;
    this.#nlri.end = end;
    this.#checkPrefixes("Withdrawn Routes", this.#withdrawn);
    this.#checkPrefixes("NLRI", this.#nlri);
    this.#scan.scan(bytes, attributesStart, attributesEnd);
    const { mp } = this.#scan;
    const classic = this.#nlri.start < this.#nlri.end;
    // Prefixes of a family that the session does not carry count as such, but cannot be read.
    const multiprotocol = mp.reach.present && (mp.reach.family === undefined || mp.reach.start < mp.reach.end);
    if (classic || multiprotocol) this.#checkMandatory(classic, multiprotocol);
    else if (this.#faults.severity === "withdraw")
      this.#faults.escalate("the message announces nothing that could be withdrawn (RFC 7606 section 5.2)");
    return true;
  }

  /** RFC 7606 section 5.3. */
  #checkPrefixes(name: string, field: MpField): void {
    const problem = checkNlri(this.#bytes, field.start, field.end, 32, field.family?.addPathReceive === true);
    if (problem !== undefined)
      this.#faults.add("reset", UpdateError.InvalidNetworkField, undefined, `${name} ${problem}`);
  }

  /** RFC 7606 section 3.d, and the next hops, which matter only when there is something to reach through them. */
  #checkMandatory(classic: boolean, multiprotocol: boolean): void {
    this.#require(AttributeType.Origin);
    this.#require(AttributeType.AsPath);
    if (!this.#external) this.#require(AttributeType.LocalPref);
    if (classic) {
      this.#require(AttributeType.NextHop);
      this.#checkNextHop();
    }
    if (multiprotocol && this.#scan.mp.reach.family !== undefined) this.#checkMpNextHop();
  }

  #require(type: number): void {
    if (this.#scan.seen[type] !== 0) return;
    const data = Uint8Array.of(type);
    this.#faults.add(
      "withdraw",
      UpdateError.MissingWellKnownAttribute,
      type,
      `${attributeName(type)} is missing`,
      data,
    );
  }

  #checkNextHop(): void {
    const type = AttributeType.NextHop;
    if (this.#scan.kept[type] === 0) return;
    const at = this.#scan.valueAt[type] as number;
    const problem = checkNextHop4(this.#bytes, at, this.#options.loopbackNextHop);
    if (problem === undefined) return;
    const data = Uint8Array.of(AttributeFlag.Transitive, type, 4, ...this.#bytes.subarray(at, at + 4));
    this.#faults.add("withdraw", UpdateError.InvalidNextHopAttribute, type, `NEXT_HOP ${problem}`, data);
  }

  #checkMpNextHop(): void {
    const { nextHopAt: at, nextHopLength: length } = this.#scan.mp;
    if (this.#scan.mp.reach.start > this.#scan.mp.reach.end) return;
    const bytes = this.#bytes;
    const loopback = this.#options.loopbackNextHop;
    // Zeros beside a link-local address: see CanonicalBuilder.withNextHop.
    if (length === 32 && isUnspecified6(bytes, at) && isLinkLocal6(bytes, at + 16)) return;
    const problem = length === 4 ? checkNextHop4(bytes, at, loopback) : checkNextHop6(bytes, at, loopback);
    if (problem === undefined) return;
    const message = `MP_REACH_NLRI: the next hop ${problem}`;
    const data = bytes.slice(at, at + length);
    this.#faults.add("withdraw", UpdateError.OptionalAttributeError, AttributeType.MpReachNlri, message, data);
  }

  /** What the message withdraws and, with `all`, what it announces too. */
  #emitWithdrawals(sink: UpdateSink, all: boolean): void {
    const { mp } = this.#scan;
    this.#emit(sink, this.#withdrawn, undefined);
    this.#emit(sink, mp.unreach, undefined);
    if (!all) return;
    this.#emit(sink, this.#nlri, undefined);
    this.#emit(sink, mp.reach, undefined);
  }

  #emitReach(bytes: Uint8Array, sink: UpdateSink): void {
    const { mp } = this.#scan;
    const classic = isCarried(this.#nlri);
    const multiprotocol = isCarried(mp.reach);
    if (!classic && !multiprotocol) return;
    this.#canonical.writeAttributes(bytes, this.#scan);
    if (classic) {
      const at = this.#scan.valueAt[AttributeType.NextHop] as number;
      this.#emit(sink, this.#nlri, this.#canonical.withNextHop4(bytes, at));
    }
    if (multiprotocol) this.#emit(sink, mp.reach, this.#canonical.withNextHop(bytes, mp.nextHopAt, mp.nextHopLength));
  }

  /** Tells the prefixes of one field: as reachable with `attributes`, or as withdrawn. */
  #emit(sink: UpdateSink, field: MpField, attributes: CanonicalAttributes | undefined): void {
    if (!isCarried(field)) return;
    const { family, addPathReceive } = field.family as NegotiatedFamily;
    const { addressBits } = FAMILY_SPECS[family];
    const columns = this.#columns;
    let dropped = 0;
    for (let at = field.start; at < field.end; ) {
      at = columns.fill(this.#bytes, at, field.end, addressBits, addPathReceive);
      if (attributes === undefined) sink.withdraw(family, columns);
      else {
        dropped += columns.dropForeign(addressBits);
        if (columns.count > 0) sink.reach(family, columns, attributes);
      }
    }
    if (dropped > 0)
      this.#faults.add("discard", 0, undefined, `${dropped} multicast or link-local prefixes are ignored`);
  }

  /** RFC 4724 section 2: an empty UPDATE for IPv4 unicast, else nothing but an empty MP_UNREACH_NLRI. */
  #emitEndOfRib(start: number, end: number, sink: UpdateSink): void {
    if (end - start === 4) {
      if (this.#ipv4 !== undefined) sink.endOfRib(Family.Ipv4Unicast);
      return;
    }
    const { unreach } = this.#scan.mp;
    const isAlone = this.#scan.seenCount === 1 && unreach.present && unreach.start === unreach.end;
    const noClassic = this.#withdrawn.start === this.#withdrawn.end && this.#nlri.start === this.#nlri.end;
    if (isAlone && noClassic && unreach.family !== undefined) sink.endOfRib(unreach.family.family);
  }
}

/** Whether the field holds prefixes of a family that the session carries. */
function isCarried(field: MpField): boolean {
  return field.present && field.family !== undefined && field.start < field.end;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
