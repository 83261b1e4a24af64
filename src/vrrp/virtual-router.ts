import type { Address } from "../lib/address.ts";
import type { Core } from "../lib/core.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Instant, Micros } from "../lib/time.ts";
import { Vrrp } from "./routers.ts";
import type { Input, RouterConfig, RouterEvent, RouterView, State } from "./vrrp-io.ts";

/** What happens to one virtual router; see `Input`. */
export type VirtualRouterInput =
  | Omit<Extract<Input, { type: "SetPath" }>, "router">
  | Omit<Extract<Input, { type: "AddressLost" }>, "router">
  | Extract<Input, { type: "SetTracker" | "Received" | "Stop" }>;

/** What one virtual router wants done; see `Out`. May call back into the router: it is not running then. */
export interface VirtualRouterOut {
  /** To the multicast group when `destination` is undefined. The octets may be sent again: do not write to them. */
  send(message: Uint8Array, source: Address, destination: Address | undefined): void;
  addAddresses(addresses: readonly Prefix[]): void;
  removeAddresses(addresses: readonly Prefix[]): void;
  announceAddresses(addresses: readonly Prefix[], repeat: number): void;
}

type EventOf<T extends RouterEvent["type"]> = Extract<RouterEvent, { type: T }>;

/** What listeners are told, by name: every event by its type, and the entry into each state. */
export type VirtualRouterEvents = { readonly [T in RouterEvent["type"]]: EventOf<T> } & {
  readonly [S in Lowercase<State>]: EventOf<"state">;
};

type Listener<T extends keyof VirtualRouterEvents> = (event: VirtualRouterEvents[T]) => void;

/**
 * One virtual router for programs that embed VRRP. It opens no socket and reads no clock: give it what happens by
 * `handle`, call `advance` when `deadline` has come, and carry out what it asks for.
 *
 * What it wants done and what it tells listeners comes in one order, that of `Out`: listeners of "master" are called when
 * the advert and the addresses are out, those of "backup" before the addresses are taken off. All of it happens before
 * the call that caused it returns. An exception of a listener or of an `out` method passes to that caller; the rest of
 * the effects follows with the next call.
 */
export class VirtualRouter implements Core<VirtualRouterInput> {
  readonly #core: Vrrp;
  readonly #name: string;
  readonly #listeners = new Map<keyof VirtualRouterEvents, Set<(event: never) => void>>();
  /** What is still to be done, in order. */
  readonly #effects: (() => void)[] = [];
  #isCarryingOut = false;
  #config: RouterConfig;

  /** In state Initialize until "SetPath" tells the source address. Throws AssertionError when the configuration cannot run. */
  constructor(now: Instant, config: RouterConfig, out: VirtualRouterOut) {
    this.#config = config;
    this.#name = config.name;
    const then = (effect: () => void) => void this.#effects.push(effect);
    this.#core = new Vrrp({
      send: (_, message, source, destination) => then(() => out.send(message, source, destination)),
      addAddresses: (_, addresses) => then(() => out.addAddresses(addresses)),
      removeAddresses: (_, addresses) => then(() => out.removeAddresses(addresses)),
      announceAddresses: (_, addresses, repeat) => then(() => out.announceAddresses(addresses, repeat)),
      event: (_, event) => then(() => this.#emit(event)),
      strayPacket: () => {}, // for another virtual router on the same link
    });
    this.#core.handle(now, { type: "AddRouter", config });
  }

  get deadline(): Instant {
    return this.#core.deadline;
  }

  get state(): State {
    return this.view().state;
  }

  /** State, Master, learned interval, counters. */
  view(): RouterView {
    return this.#core.views()[0] as RouterView;
  }

  advance(now: Instant): void {
    this.#core.advance(now);
    this.#carryOut();
  }

  handle(now: Instant, input: VirtualRouterInput): void {
    const isAboutRouter = input.type === "SetPath" || input.type === "AddressLost";
    this.#core.handle(now, isAboutRouter ? { ...input, router: this.#name } : input);
    this.#carryOut();
  }

  /** 1..255; 255 is the owner of the addresses. A Master advertises it at once, a Backup waits longer or less from now on. */
  setPriority(now: Instant, priority: number): void {
    this.#update(now, { ...this.#config, priority });
  }

  /** Version 3: 10 ms .. 40.95 s in whole centiseconds. Version 2: whole seconds, and all routers need the same. */
  setInterval(now: Instant, advertisementInterval: Micros): void {
    this.#update(now, { ...this.#config, advertisementInterval });
  }

  /**
   * One more virtual address. Of the adverts' family it stands in adverts; of the other it only follows the state. Does
   * nothing when it is there already.
   */
  addAddress(now: Instant, address: Prefix): void {
    const { addresses, excludedAddresses, family } = this.#config;
    if ([...addresses, ...excludedAddresses].some((own) => own.equals(address))) return;
    if (address.version === family) this.#update(now, { ...this.#config, addresses: [...addresses, address] });
    else this.#update(now, { ...this.#config, excludedAddresses: [...excludedAddresses, address] });
  }

  /** One virtual address less. The last one in adverts cannot go: AssertionError. */
  removeAddress(now: Instant, address: Prefix): void {
    const rest = (list: readonly Prefix[]) => list.filter((own) => !own.equals(address));
    const { addresses, excludedAddresses } = this.#config;
    this.#update(now, { ...this.#config, addresses: rest(addresses), excludedAddresses: rest(excludedAddresses) });
  }

  /** Calls `listener` on every such event from now on. */
  on<T extends keyof VirtualRouterEvents>(type: T, listener: Listener<T>): this {
    let listeners = this.#listeners.get(type);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(type, listeners);
    }
    listeners.add(listener);
    return this;
  }

  /** Undoes `on`. */
  off<T extends keyof VirtualRouterEvents>(type: T, listener: Listener<T>): this {
    this.#listeners.get(type)?.delete(listener);
    return this;
  }

  #update(now: Instant, config: RouterConfig): void {
    this.#core.handle(now, { type: "UpdateRouter", config });
    this.#config = config;
    this.#carryOut();
  }

  #emit(event: RouterEvent): void {
    this.#call(event.type, event);
    if (event.type === "state") this.#call(event.to.toLowerCase() as Lowercase<State>, event);
  }

  #call(type: keyof VirtualRouterEvents, event: RouterEvent): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never);
  }

  /** Within an effect it does nothing: the outer call goes on with what was added. */
  #carryOut(): void {
    if (this.#isCarryingOut) return;
    this.#isCarryingOut = true;
    try {
      for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) effect();
    } finally {
      this.#isCarryingOut = false;
    }
  }
}
