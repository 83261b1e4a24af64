import {
  FAMILIES,
  FAMILY_SPECS,
  type Family,
  formatAttributes,
  type Negotiated,
  type NegotiatedFamily,
  type NlriBatch,
  parseAttributes,
  UpdateDecoder,
  type UpdateOutcome,
  type UpdateSink,
} from "../../../../src/bgp/wire/index.ts";
import { Address, parseAddress } from "../../../../src/lib/address.ts";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { type Prefix, parsePrefix } from "../../../../src/lib/prefix.ts";

/** Options of a family that are on: "add-path" both ways, "extended-next-hop". */
export type FamilyOption = "add-path" | "extended-next-hop";

export function familyWith(family: Family, ...options: readonly FamilyOption[]): NegotiatedFamily {
  const addPath = options.includes("add-path");
  const extendedNextHop = options.includes("extended-next-hop");
  return { family, addPathReceive: addPath, addPathSend: addPath, extendedNextHop };
}

/** A session as two modern external speakers make it, both families, unless told otherwise. */
export function session(changes: Partial<Negotiated> = {}): Negotiated {
  return {
    peerType: "external",
    localAs: 65001,
    peerAs: 65002,
    fourOctetAs: true,
    receiveLengthMax: 4096,
    sendLengthMax: 4096,
    families: FAMILIES.map((family) => familyWith(family)),
    ...changes,
  };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(`not an address: ${text}`);
  return parsed;
}

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`not a prefix: ${text}`);
  return parsed;
}

/** Writes down what it is told, a line a prefix. */
export class LogSink implements UpdateSink {
  readonly lines: string[] = [];

  withdraw(family: Family, prefixes: NlriBatch): void {
    for (const text of prefixTexts(family, prefixes)) this.lines.push(`withdraw ${text}`);
  }

  reach(family: Family, prefixes: NlriBatch, attributes: { bytes: Uint8Array; length: number }): void {
    const text = formatAttributes(parseAttributes(attributes.bytes, 0, attributes.length));
    for (const name of prefixTexts(family, prefixes)) this.lines.push(`reach ${name} ${text}`);
  }

  endOfRib(family: Family): void {
    this.lines.push(`end of ${FAMILY_SPECS[family].name}`);
  }
}

/** "192.0.2.0/24", with "#7" behind it when the path identifier is 7. */
function prefixTexts(family: Family, batch: NlriBatch): string[] {
  const is6 = FAMILY_SPECS[family].addressBits === 128;
  return Array.from({ length: batch.count }, (_, i) => {
    const at = (column: Uint32Array) => (is6 ? (column[i] as number) : 0);
    const words = [at(batch.w1), at(batch.w2), at(batch.w3)] as const;
    const text = new Address(is6 ? 6 : 4, batch.w0[i] as number, ...words).toString();
    return `${text}/${batch.length[i]}${batch.pathId[i] === 0 ? "" : `#${batch.pathId[i]}`}`;
  });
}

const u16 = (value: number) => value.toString(16).padStart(4, "0");
const u8 = (value: number) => value.toString(16).padStart(2, "0");

/** An attribute as hexadecimal text; its length is that of `value` unless told otherwise. */
export function attribute(flags: number, type: number, value: string, length = fromHex(value).length): string {
  return u8(flags) + u8(type) + ((flags & 0x10) !== 0 ? u16(length) : u8(length)) + value;
}

export interface UpdateParts {
  readonly withdrawn?: string;
  readonly attributes?: readonly string[];
  readonly nlri?: string;
}

/** The body of an UPDATE from hexadecimal parts. */
export function updateBody({ withdrawn = "", attributes = [], nlri = "" }: UpdateParts): Uint8Array {
  const all = attributes.join("");
  return fromHex(u16(fromHex(withdrawn).length) + withdrawn + u16(fromHex(all).length) + all + nlri);
}

export interface Decoded {
  readonly outcome: UpdateOutcome;
  readonly lines: readonly string[];
}

export function decodeBody(body: Uint8Array, negotiated = session(), treatAsWithdraw = true): Decoded {
  const sink = new LogSink();
  const decoder = new UpdateDecoder(negotiated, { treatAsWithdraw, loopbackNextHop: false });
  const outcome = decoder.decode(body, 0, body.length, sink);
  return { outcome, lines: sink.lines };
}

export const decodeParts = (parts: UpdateParts, negotiated = session(), treatAsWithdraw = true): Decoded =>
  decodeBody(updateBody(parts), negotiated, treatAsWithdraw);

/** Sound attributes, by name. */
export const SOUND = {
  origin: attribute(0x40, 1, "00"),
  asPath: attribute(0x40, 2, "0201 0000fdea"),
  asPath2: attribute(0x40, 2, "0201 fdea"),
  nextHop: attribute(0x40, 3, "c0000201"),
  med: attribute(0x80, 4, "00000032"),
  localPref: attribute(0x40, 5, "00000064"),
  mpReach6: attribute(0x80, 14, "0002 01 10 20010db8000000000000000000000001 00 20 20010db8"),
  mpUnreach6: attribute(0x80, 15, "0002 01 20 20010db9"),
} as const;
/** 203.0.113.0/24. */
export const NLRI = "18 cb0071";
/** 198.51.100.0/24. */
export const WITHDRAWN = "18 c63364";
