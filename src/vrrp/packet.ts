import { Address } from "../lib/address.ts";
import { Reader, readU32, Writer } from "../lib/bytes.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import type { Micros } from "../lib/time.ts";
import { foldSum, sumOctets, sumPseudoHeader } from "./checksum.ts";
import type { DropCause } from "./vrrp-io.ts";

/*
 *  version 3 (RFC 9568 section 5.1)                       version 2 (RFC 3768 section 5.1)
 *  0       4       8              16      24      31       0       4       8              16      24      31
 *  +-------+-------+--------------+-------+-------+        +-------+-------+--------------+-------+-------+
 *  |   3   | type 1|     VRID     | prio  | count |        |   2   | type 1|     VRID     | prio  | count |
 *  +-------+-------+--------------+-------+-------+        +-------+-------+--------------+-------+-------+
 *  | rsvd  | interval, 12 bit, cs |   checksum    |        |   auth type   | interval, s  |   checksum    |
 *  +-------+----------------------+---------------+        +---------------+--------------+---------------+
 *  |   count addresses of 4 or of 16 octets ...   |        |   count addresses of 4 octets ...            |
 *                                                          |   8 octets of authentication data            |
 */

/** 224.0.0.18 and ff02::12: where adverts go that are not unicast. */
export const VRRP_GROUP_4 = new Address(4, 0xe0000012);
export const VRRP_GROUP_6 = new Address(6, 0xff020000, 0, 0, 0x12);

const TYPE_ADVERTISEMENT = 1;
const HEADER_LENGTH = 8;
/** Version 2 always ends with these, zero when there is no password. */
const AUTHENTICATION_LENGTH = 8;
const CHECKSUM_AT = 6;
/** Of version 2: RFC 2338's simple password, which keepalived still speaks. */
export const AuthenticationType = { None: 0, SimplePassword: 1 } as const;
const CENTISECOND = 10_000;
const SECOND = 1_000_000;
/** 12 bits of centiseconds, 8 bits of seconds. */
export const INTERVAL_MAX = { 2: 255 * SECOND, 3: 4095 * CENTISECOND } as const;
/** What an interval is a multiple of on the wire. */
export const INTERVAL_UNIT = { 2: SECOND, 3: CENTISECOND } as const;
/** The count of addresses is one octet. */
export const ADDRESSES_MAX = 255;

/** What an advert says. */
export interface Advert {
  readonly version: 2 | 3;
  readonly virtualRouterId: number;
  /** 0: the Master stops. */
  readonly priority: number;
  readonly interval: Micros;
  /** All of one family. */
  readonly addresses: readonly Address[];
  /** Version 2; undefined: authentication type 0. */
  readonly password: Uint8Array | undefined;
}

/** An advert as received: what is seldom looked at is left as octets. */
export interface ReceivedAdvert {
  readonly priority: number;
  readonly interval: Micros;
  /** Views of the packet. */
  readonly addresses: Uint8Array;
  /** Version 2; always 0 in version 3. */
  readonly authenticationType: number;
  readonly authenticationData: Uint8Array;
}

/** What an advert was sent in, as far as the checksum knows it. */
export interface Envelope {
  readonly source: Address;
  readonly destination: Address;
}

/** Why a packet is not taken, with what was seen. */
export interface Malformed {
  readonly cause: DropCause;
  readonly detail: string;
}

const NONE = new Uint8Array(0);

const malformed = (cause: DropCause, detail: string) => fail<Malformed>({ cause, detail });

/** The VRID a packet claims to be for, or undefined when it is too short to tell. */
export const virtualRouterIdOf = (payload: Uint8Array): number | undefined => payload[1];

/**
 * Reads an advert that is expected in `version`. The order of the checks is that of RFC 9568 section 7.1; of the source
 * only the family matters here. Octets after the message are padding of the link. Never throws.
 *
 * For version 3 over IPv4 both forms of the checksum are good: over the message alone (RFC 9568 section 5.2.8), and with
 * a pseudo-header as nearly everybody sends it.
 */
export function decodeAdvert(
  payload: Uint8Array,
  version: 2 | 3,
  { source, destination }: Envelope,
): Result<ReceivedAdvert, Malformed> {
  if (payload.length < HEADER_LENGTH) return malformed("too-short", `${payload.length} octets`);
  const head = new Reader(payload);
  const versionAndType = head.u8();
  if (versionAndType >>> 4 !== version) return malformed("version", `version ${versionAndType >>> 4}, not ${version}`);
  if ((versionAndType & 0xf) !== TYPE_ADVERTISEMENT) return malformed("type", `type ${versionAndType & 0xf}`);
  head.skip(1);
  const priority = head.u8();
  const count = head.u8();
  if (count === 0) return malformed("no-addresses", "a count of 0 addresses");
  const addressesEnd = HEADER_LENGTH + count * (source.version === 4 ? 4 : 16);
  const length = addressesEnd + (version === 2 ? AUTHENTICATION_LENGTH : 0);
  if (payload.length < length)
    return malformed("too-short", `${payload.length} octets, and ${count} addresses need ${length}`);
  if (!isIntact(payload, length, version, source, destination))
    return malformed("checksum", `checksum 0x${(((payload[6] as number) << 8) | (payload[7] as number)).toString(16)}`);
  const word = head.u16();
  // Version 3: the four reserved bits are not looked at (RFC 9568 section 5.2.6).
  const interval = version === 3 ? (word & 0x0fff) * CENTISECOND : (word & 0xff) * SECOND;
  if (interval === 0) return malformed("interval-zero", "an advertisement interval of 0"); // erratum 8301
  return ok({
    priority,
    interval: interval as Micros,
    addresses: payload.subarray(HEADER_LENGTH, addressesEnd),
    authenticationType: version === 2 ? word >>> 8 : AuthenticationType.None,
    authenticationData: version === 2 ? payload.subarray(addressesEnd, length) : NONE,
  });
}

function isIntact(payload: Uint8Array, length: number, version: 2 | 3, source: Address, destination: Address): boolean {
  const sum = sumOctets(payload, length);
  if (source.version === 4 && foldSum(sum) === 0xffff) return true;
  return version === 3 && foldSum(sum + sumPseudoHeader(source, destination, length)) === 0xffff;
}

/**
 * The octets of an advert. `envelope` undefined: the checksum is over the message alone, as always in version 2; IPv6
 * needs one.
 */
export function encodeAdvert(advert: Advert, envelope: Envelope | undefined): Uint8Array {
  const { version, addresses } = advert;
  const out = new Writer(HEADER_LENGTH + 16 * addresses.length + AUTHENTICATION_LENGTH);
  out
    .u8((version << 4) | TYPE_ADVERTISEMENT)
    .u8(advert.virtualRouterId)
    .u8(advert.priority)
    .u8(addresses.length);
  if (version === 3) out.u16(advert.interval / CENTISECOND);
  else
    out
      .u8(advert.password === undefined ? AuthenticationType.None : AuthenticationType.SimplePassword)
      .u8(advert.interval / SECOND);
  out.u16(0);
  for (const address of addresses) out.bytes(address.toBytes());
  if (version === 2) out.bytes(advert.password ?? new Uint8Array(AUTHENTICATION_LENGTH));
  const pseudo =
    version === 3 && envelope !== undefined ? sumPseudoHeader(envelope.source, envelope.destination, out.length) : 0;
  out.patchU16(CHECKSUM_AT, ~foldSum(sumOctets(out.view(), out.length) + pseudo) & 0xffff);
  return out.toBytes();
}

/** A password as the eight octets of authentication data, filled up with zeros. Undefined when it does not fit them. */
export function encodePassword(password: string): Uint8Array | undefined {
  const octets = new TextEncoder().encode(password);
  if (octets.length > AUTHENTICATION_LENGTH) return undefined;
  const data = new Uint8Array(AUTHENTICATION_LENGTH);
  data.set(octets);
  return data;
}

/** Whether it is the same password, in a time that does not tell how much of it is. */
export function isSamePassword(ours: Uint8Array, theirs: Uint8Array): boolean {
  let difference = ours.length ^ theirs.length;
  for (let i = 0; i < ours.length; i++) difference |= (ours[i] as number) ^ (theirs[i] ?? 0);
  return difference === 0;
}

/** The addresses of a received advert of that family. */
export function readAddresses(octets: Uint8Array, family: 4 | 6): Address[] {
  const found: Address[] = [];
  if (family === 4) for (let at = 0; at < octets.length; at += 4) found.push(new Address(4, readU32(octets, at)));
  else for (let at = 0; at < octets.length; at += 16) found.push(Address.fromBytes(octets.subarray(at, at + 16)));
  return found;
}
