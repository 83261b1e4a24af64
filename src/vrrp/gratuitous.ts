import type { Prefix } from "../lib/prefix.ts";
import { after, elapsed, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Out, RouterConfig } from "./vrrp-io.ts";

/** A refresh is one packet an address: everybody has learned it already. */
const REFRESH_REPEAT = 1;

/**
 * When a Master's gratuitous ARPs and unsolicited NAs are sent: a burst on becoming Master, another one after a delay
 * (the first may have met a switch that was still learning), and every now and then while it stays Master.
 */
export class Gratuitous {
  readonly #out: Out;
  #config: RouterConfig;
  #delayed: Instant = NEVER;
  #refresh: Instant = NEVER;
  /** Of the last burst that an advert of lower priority has caused. */
  #reasserted: Instant | undefined;

  constructor(config: RouterConfig, out: Out) {
    this.#config = config;
    this.#out = out;
  }

  get deadline(): Instant {
    return Math.min(this.#delayed, this.#refresh) as Instant;
  }

  /** Other settings, from the next burst on. */
  configure(now: Instant, config: RouterConfig, isMaster: boolean): void {
    const { refresh } = this.#config.gratuitous;
    this.#config = config;
    if (isMaster && refresh !== config.gratuitous.refresh) this.#armRefresh(now);
  }

  /** The router became Master. `quietly`: the link knows it already, from the process before this one. */
  begin(now: Instant, quietly: boolean): void {
    this.#reasserted = undefined;
    this.#armRefresh(now);
    if (!quietly) this.#burst(now, this.#all(), this.#config.gratuitous.repeat);
  }

  /** These addresses are new, or were gone for a moment. */
  announce(now: Instant, addresses: readonly Prefix[]): void {
    this.#burst(now, addresses, this.#config.gratuitous.repeat);
  }

  /**
   * Somebody else thought he was Master: the link may have learned it from him. Whether this was acted upon: a flood of
   * such adverts causes one burst an interval.
   */
  reassert(now: Instant, interval: Micros): boolean {
    if (this.#reasserted !== undefined && elapsed(this.#reasserted, now) < interval) return false;
    this.#reasserted = now;
    this.#burst(now, this.#all(), this.#config.gratuitous.lowerPriorityRepeat);
    return true;
  }

  end(): void {
    this.#delayed = NEVER;
    this.#refresh = NEVER;
  }

  advance(now: Instant): void {
    if (this.#delayed <= now) {
      this.#delayed = NEVER;
      this.#send(this.#all(), this.#config.gratuitous.repeat);
    }
    if (this.#refresh <= now) {
      this.#armRefresh(now);
      this.#send(this.#all(), REFRESH_REPEAT);
    }
  }

  #all(): readonly Prefix[] {
    return [...this.#config.addresses, ...this.#config.excludedAddresses];
  }

  #burst(now: Instant, addresses: readonly Prefix[], repeat: number): void {
    this.#send(addresses, repeat);
    const { delay } = this.#config.gratuitous;
    if (delay > 0) this.#delayed = after(now, delay);
  }

  #armRefresh(now: Instant): void {
    const { refresh } = this.#config.gratuitous;
    this.#refresh = refresh > 0 ? after(now, refresh) : NEVER;
  }

  #send(addresses: readonly Prefix[], repeat: number): void {
    if (repeat > 0 && addresses.length > 0) this.#out.announceAddresses(this.#config.name, addresses, repeat);
  }
}
