import type { Address } from "../lib/address.ts";
import { type Advert, encodeAdvert, encodePassword, VRRP_GROUP_4, VRRP_GROUP_6 } from "./packet.ts";
import type { Out, RouterConfig } from "./vrrp-io.ts";

interface Sealed {
  /** Undefined: the multicast group. */
  readonly destination: Address | undefined;
  readonly message: Uint8Array;
}

/**
 * Sends a router's adverts. They are all the same until something changes, so they are encoded once: per destination,
 * since the checksum covers it.
 */
export class Advertiser {
  readonly #out: Out;
  #config: RouterConfig;
  #sealed: readonly Sealed[] = [];
  #source: Address | undefined;
  #priority = 0;
  sent = 0;
  priorityZeroSent = 0;

  constructor(config: RouterConfig, out: Out) {
    this.#config = config;
    this.#out = out;
  }

  /** Other settings for the adverts that follow. */
  configure(config: RouterConfig): void {
    this.#config = config;
    this.#source = undefined;
  }

  /** One advert to each destination. */
  send(source: Address, priority: number): void {
    if (source !== this.#source || priority !== this.#priority) {
      this.#sealed = seal(this.#config, source, priority);
      this.#source = source;
      this.#priority = priority;
    }
    for (const { destination, message } of this.#sealed)
      this.#out.send(this.#config.name, message, source, destination);
    this.sent++;
    if (priority === 0) this.priorityZeroSent++;
  }
}

function seal(config: RouterConfig, source: Address, priority: number): Sealed[] {
  const { version, family, virtualRouterId, unicast, password } = config;
  const advert: Advert = {
    version,
    virtualRouterId,
    priority,
    interval: config.advertisementInterval,
    addresses: config.addresses.map(({ address }) => address),
    password: version === 2 && password !== undefined ? encodePassword(password) : undefined,
  };
  const group = family === 4 ? VRRP_GROUP_4 : VRRP_GROUP_6;
  const bare = family === 4 && config.rfc9568Checksum;
  return (unicast?.peers ?? [undefined]).map((destination) => ({
    destination,
    message: encodeAdvert(advert, bare ? undefined : { source, destination: destination ?? group }),
  }));
}
