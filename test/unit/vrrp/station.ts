import assert from "node:assert/strict";
import type { Address } from "../../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../../src/lib/prefix.ts";
import { type Instant, NEVER, seconds } from "../../../src/lib/time.ts";
import {
  type Input,
  type ReceivedPacket,
  type RouterConfig,
  type RouterView,
  routerConfig,
  VRRP_GROUP_4,
  VRRP_GROUP_6,
  Vrrp,
} from "../../../src/vrrp/index.ts";
import { decodeAdvert, encodeAdvert, encodePassword } from "../../../src/vrrp/packet.ts";
import { address } from "./vectors.ts";

export const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  assert.notEqual(parsed, undefined, `not a prefix: ${text}`);
  return parsed as Prefix;
};

export const VIP = prefix("203.0.113.10/32");
export const VIP2 = prefix("203.0.113.11/32");

/** A router on eth0 with priority 100 and one advert a second. */
export const config = (given: Partial<RouterConfig> = {}): RouterConfig =>
  routerConfig({ name: "gw", interface: "eth0", virtualRouterId: 51, addresses: [VIP], ...given });

interface Heard {
  readonly source?: string;
  readonly intervalS?: number;
  readonly addresses?: readonly Prefix[];
  readonly destination?: Address | undefined;
  readonly ttl?: number;
  readonly password?: string;
  /** What the router is configured as that hears it. */
  readonly of?: RouterConfig;
}

/** An advert that somebody else sends: 192.0.2.2 by default, as the router of `of` would. */
export function heard(priority: number, given: Heard = {}): ReceivedPacket {
  const of = given.of ?? config();
  const source = address(given.source ?? (of.family === 4 ? "192.0.2.2" : "fe80::2"));
  const group = of.family === 4 ? VRRP_GROUP_4 : VRRP_GROUP_6;
  const destination = "destination" in given ? given.destination : group;
  const payload = encodeAdvert(
    {
      version: of.version,
      virtualRouterId: of.virtualRouterId,
      priority,
      interval: given.intervalS === undefined ? of.advertisementInterval : seconds(given.intervalS),
      addresses: (given.addresses ?? of.addresses).map((each) => each.address),
      password: given.password === undefined ? undefined : encodePassword(given.password),
    },
    { source, destination: destination ?? group },
  );
  return { interface: of.interface, source, destination, ttl: given.ttl ?? 255, payload };
}

/** The core on a clock of its own, with everything it asks for written down. */
export class Station {
  /** Seconds. */
  now = 0;
  readonly #log: string[] = [];
  /** The octets of all adverts, in order. */
  readonly sent: Uint8Array[] = [];
  readonly core: Vrrp;

  constructor() {
    const list = (addresses: readonly Prefix[]) => addresses.join(" ");
    const note = (router: string, text: string) => this.#log.push(router === "gw" ? text : `${router}: ${text}`);
    this.core = new Vrrp({
      send: (router, message, source, destination) => {
        this.sent.push(message);
        const version = (message[0] as number) >>> 4 === 2 ? 2 : 3;
        const group = source.version === 4 ? VRRP_GROUP_4 : VRRP_GROUP_6;
        const advert = decodeAdvert(message, version, { source, destination: destination ?? group });
        note(
          router,
          `advert ${advert.ok ? advert.value.priority : advert.error.cause}${destination ? ` to ${destination}` : ""}`,
        );
      },
      addAddresses: (router, addresses) => note(router, `add ${list(addresses)}`),
      removeAddresses: (router, addresses) => note(router, `remove ${list(addresses)}`),
      announceAddresses: (router, addresses, repeat) => note(router, `announce ${list(addresses)} x${repeat}`),
      event: (router, event) => {
        if (event.type === "state") note(router, `${event.from} -> ${event.to}`);
        else if (event.type === "priority") note(router, `priority ${event.from} -> ${event.to}`);
        else if (event.type === "interval") note(router, `interval ${event.from / 1e6} -> ${event.to / 1e6}`);
        else if (event.type === "dropped") note(router, `dropped ${event.cause}`);
        else note(router, event.type);
      },
      strayPacket: (name, _, cause) => this.#log.push(`stray ${name} ${cause}`),
    });
  }

  /** What was asked for since the last call. */
  took(): string[] {
    return this.#log.splice(0);
  }

  tell(input: Input): string[] {
    this.core.handle((this.now * 1e6) as Instant, input);
    return this.took();
  }

  hear(priority: number, given: Heard = {}): string[] {
    return this.tell({ type: "Received", packet: heard(priority, given) });
  }

  /** Adds a router and gives it its path. */
  add(of: RouterConfig = config(), source = of.family === 4 ? "192.0.2.1" : "fe80::1", resume = false): string[] {
    const before = this.tell({ type: "AddRouter", config: of, resume });
    return [...before, ...this.path(source, of.name)];
  }

  path(source: string, router = "gw"): string[] {
    return this.tell({ type: "SetPath", router, path: { source: address(source) } });
  }

  fault(fault: string, router = "gw"): string[] {
    return this.tell({ type: "SetPath", router, path: { fault } });
  }

  tracker(tracker: string, state: "up" | "down"): string[] {
    return this.tell({ type: "SetTracker", tracker, state });
  }

  update(of: RouterConfig): string[] {
    return this.tell({ type: "UpdateRouter", config: of });
  }

  /** Lets time pass, with every timer in its moment. What was asked for, by seconds when that was. */
  pass(forS: number): string[] {
    const end = this.now + forS;
    const found: string[] = [];
    while (this.core.deadline <= end * 1e6) {
      this.now = this.core.deadline / 1e6;
      this.core.advance(this.core.deadline);
      found.push(...this.took().map((text) => `${Number(this.now.toFixed(4))} ${text}`));
    }
    this.now = end;
    return found;
  }

  /** The process does not run for so long; then it looks at its timers. */
  oversleep(forS: number): string[] {
    this.now += forS;
    this.core.advance((this.now * 1e6) as Instant);
    return this.took();
  }

  view(name = "gw"): RouterView {
    return this.core.view(name) as RouterView;
  }

  get state(): string {
    return this.view().state;
  }

  /** Seconds from now to the next deadline. */
  get patience(): number {
    return this.core.deadline === NEVER
      ? Number.POSITIVE_INFINITY
      : Number((this.core.deadline / 1e6 - this.now).toFixed(6));
  }
}

/** A station whose router is Master already, and quiet. */
export function master(given: Partial<RouterConfig> = {}): Station {
  const station = new Station();
  station.add(
    config({ gratuitous: { repeat: 5, delay: seconds(0), refresh: seconds(0), lowerPriorityRepeat: 5 }, ...given }),
  );
  station.pass(station.patience);
  assert.equal(station.state, "Master");
  return station;
}
