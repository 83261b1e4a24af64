import { type Address, compareAddresses } from "../lib/address.ts";
import { bytesEqual } from "../lib/bytes.ts";
import { fail, type Result } from "../lib/result.ts";
import { changesAdverts } from "./changes.ts";
import {
  AuthenticationType,
  decodeAdvert,
  encodePassword,
  isSamePassword,
  type Malformed,
  type ReceivedAdvert,
  readAddresses,
  VRRP_GROUP_4,
  VRRP_GROUP_6,
} from "./packet.ts";
import type { DropCause, Out, ReceivedPacket, RouterConfig } from "./vrrp-io.ts";

/** GTSM: nobody beyond the link can send this (RFC 9568 section 5.1.1.3). */
const TTL = 255;

/** Takes a router's packets in: checks them (RFC 9568 section 7.1), counts them, and tells of the first of each fault. */
export class Reception {
  readonly #out: Out;
  #config: RouterConfig;
  #password: Uint8Array | undefined;
  /** Causes told since `rearm`. */
  readonly #told = new Set<DropCause>();
  readonly dropped: Partial<Record<DropCause, number>> = {};
  received = 0;
  priorityZeroReceived = 0;
  /** Of the last advert that was looked at for its addresses. */
  #lastSource: Address | undefined;
  #lastAddresses = new Uint8Array(0);

  constructor(config: RouterConfig, out: Out) {
    this.#config = config;
    this.#out = out;
    this.configure(config);
  }

  configure(config: RouterConfig): void {
    if (changesAdverts(this.#config, config)) this.#lastSource = undefined;
    this.#config = config;
    this.#password = config.password === undefined ? undefined : encodePassword(config.password);
  }

  /** From now on each fault is told once more: something has changed that makes it news. */
  rearm(): void {
    this.#told.clear();
  }

  /** The packet's advert when it is good. `source` is our own address. */
  take(packet: ReceivedPacket, source: Address): ReceivedAdvert | undefined {
    const advert = this.#read(packet, source);
    if (!advert.ok) {
      const { cause, detail } = advert.error;
      this.dropped[cause] = (this.dropped[cause] ?? 0) + 1;
      if (!this.#told.has(cause)) {
        this.#told.add(cause);
        this.#out.event(this.#config.name, { type: "dropped", cause, source: packet.source, detail });
      }
      return undefined;
    }
    this.received++;
    if (advert.value.priority === 0) this.priorityZeroReceived++;
    return advert.value;
  }

  #read(packet: ReceivedPacket, own: Address): Result<ReceivedAdvert, Malformed> {
    const { version, family, unicast } = this.#config;
    const { source, destination } = packet;
    const misled = this.#checkWay(packet, own);
    if (misled !== undefined) return fail(misled);
    const group = family === 4 ? VRRP_GROUP_4 : VRRP_GROUP_6;
    const meant = destination ?? (unicast === undefined ? group : own);
    const advert = decodeAdvert(packet.payload, version, { source, destination: meant });
    if (!advert.ok || version === 3) return advert;
    const wrong = this.#checkVersion2(advert.value);
    return wrong === undefined ? advert : fail(wrong);
  }

  /** Where the packet comes from, and by which way. */
  #checkWay({ ttl, source, destination }: ReceivedPacket, own: Address): Malformed | undefined {
    const { unicast } = this.#config;
    if (compareAddresses(source, own) === 0) return { cause: "own-packet", detail: "its source is our own address" };
    const [ttlMin, ttlMax] = unicast === undefined ? [TTL, TTL] : [unicast.ttlMin, unicast.ttlMax];
    if (ttl !== undefined && (ttl < ttlMin || ttl > ttlMax))
      return {
        cause: "ttl",
        detail: ttlMin === ttlMax ? `${ttl}, not ${ttlMin}` : `${ttl} is not in ${ttlMin}..${ttlMax}`,
      };
    if (destination !== undefined && destination.isMulticast === (unicast !== undefined))
      return {
        cause: "unicast-peer",
        detail: `sent to ${destination}, and we speak ${unicast ? "unicast" : "multicast"}`,
      };
    if (unicast?.checkSource && !unicast.peers.some((peer) => compareAddresses(peer, source) === 0))
      return { cause: "unicast-peer", detail: "not one of the peers" };
    return undefined;
  }

  /** RFC 2338 section 5.3.6 and RFC 3768 section 7.1. */
  #checkVersion2({ interval, authenticationType, authenticationData }: ReceivedAdvert): Malformed | undefined {
    const expected = this.#password === undefined ? AuthenticationType.None : AuthenticationType.SimplePassword;
    if (authenticationType !== expected)
      return { cause: "authentication-type", detail: `authentication type ${authenticationType}, not ${expected}` };
    if (this.#password !== undefined && !isSamePassword(this.#password, authenticationData))
      return { cause: "password", detail: "another password" };
    const own = this.#config.advertisementInterval;
    if (interval !== own)
      return { cause: "interval-mismatch", detail: `an interval of ${interval / 1e6} s, and ours is ${own / 1e6} s` };
    return undefined;
  }

  /**
   * Tells, once per sender and list, of an accepted advert whose addresses are not ours. It stays accepted (a MAY of RFC
   * 9568 section 7.1): to drop it would make two Masters out of a list that is being changed on one node after the other.
   */
  compareAddresses({ addresses }: ReceivedAdvert, source: Address): void {
    const last = this.#lastSource;
    if (last !== undefined && compareAddresses(last, source) === 0 && bytesEqual(this.#lastAddresses, addresses))
      return;
    this.#lastSource = source;
    this.#lastAddresses = addresses.slice();
    const theirs = readAddresses(addresses, this.#config.family);
    const ours = new Set(this.#config.addresses.map(({ address }) => address.toString()));
    const isSame = theirs.length === ours.size && theirs.every((address) => ours.has(address.toString()));
    if (!isSame) this.#out.event(this.#config.name, { type: "address-mismatch", source, theirs });
  }
}
