import type { Address } from "../lib/address.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Instant } from "../lib/time.ts";
import {
  type ComponentLogger,
  type Driver,
  openVrrpHost,
  type PlatformError,
  type RouterPlace,
  type VrrpHost,
} from "../platform/index.ts";
import {
  type RouterConfig,
  type RouterEvent,
  type RouterName,
  type RouterView,
  type State,
  Vrrp,
  type Input as VrrpInput,
  type Out as VrrpOut,
} from "../vrrp/index.ts";
import { Effects } from "./effects.ts";
import { logRouterEvent } from "./log-events.ts";

/** A virtual router: what the protocol needs to know of it, and what the host does. */
export interface RouterSetup {
  readonly config: RouterConfig;
  readonly place: RouterPlace;
}

interface Parts {
  readonly host: VrrpHost;
  readonly effects: Effects;
}

/** What others want to hear. `state` is told between the effects of the router that changed, in the order of DESIGN section 5. */
export interface RouterListener {
  state(router: RouterName, state: State, reason: string): void;
  /** An address has come to this host, or gone from it. */
  hostAddress(address: Address, present: boolean): void;
}

const INTERFACE = "interface ";
/** The tracker of an interface in `RouterConfig.trackers`. */
const interfaceTracker = (name: string) => `${INTERFACE}${name}`;
/** The tracker of a check. */
const checkTracker = (name: string) => `check ${name}`;

/**
 * VRRP on this host: the core, its sockets and addresses.
 *
 * What the core wants done is carried out in its order once it has returned: becoming Master, the advert is out, the
 * addresses are on and announced to the link before the gates hear of it and the routes go out; leaving, the gates hear
 * of it first, so the withdrawal is on its way before priority 0 is said and the addresses go.
 */
export class VirtualRouters {
  readonly #driver: Driver;
  readonly #log: ComponentLogger;
  readonly #listener: RouterListener;
  readonly #host: VrrpHost;
  readonly #core: Vrrp;
  readonly #effects: Effects;
  readonly #setups = new Map<RouterName, RouterSetup>();
  readonly #masters = new Set<RouterName>();
  /** Interfaces that routers track. */
  readonly #tracked = new Set<string>();

  private constructor(driver: Driver, log: ComponentLogger, listener: RouterListener, parts: Parts) {
    this.#driver = driver;
    this.#log = log;
    this.#listener = listener;
    this.#host = parts.host;
    this.#effects = parts.effects;
    this.#core = new Vrrp(this.#coreOut());
    driver.add(this.#driven());
  }

  /** Fails when the process may not do what VRRP needs. */
  static open(driver: Driver, log: ComponentLogger, listener: RouterListener): Result<VirtualRouters, PlatformError> {
    // The host tells nothing before it has been opened.
    let routers: VirtualRouters | undefined;
    const tell = (input: VrrpInput) => {
      if (routers !== undefined) routers.#tell(input);
    };
    const host = openVrrpHost(
      {
        packet: (packet) => tell({ type: "Received", packet }),
        path: (router, path) => tell({ type: "SetPath", router, path }),
        addressLost: (router, address) => {
          log.warn(`somebody took ${address} off this host`, { instance: router });
          tell({ type: "AddressLost", router, address });
        },
        hostAddress: (address, present) => listener.hostAddress(address, present),
        link: (name, up) => {
          if (routers !== undefined) routers.#link(name, up);
        },
      },
      log,
    );
    if (!host.ok) return host;
    routers = new VirtualRouters(driver, log, listener, { host: host.value, effects: new Effects() });
    return ok(routers);
  }

  views(): readonly RouterView[] {
    return this.#core.views();
  }

  /** Those that are Master. */
  masters(): readonly RouterName[] {
    return [...this.#masters];
  }

  /** See `Vrrp.isUnsettled`. */
  get isUnsettled(): boolean {
    return this.#core.isUnsettled;
  }

  get host(): VrrpHost {
    return this.#host;
  }

  /**
   * Runs these routers and no others; what is the same stays as it is. `resumed` were Master until just now, in a process
   * that was killed: they go on. Returns those that cannot run, with the reason: the others do.
   */
  apply(setups: readonly RouterSetup[], resumed: ReadonlySet<RouterName> = new Set()): readonly Error[] {
    const errors: Error[] = [];
    const wanted = new Map(setups.map((setup) => [setup.config.name, setup]));
    for (const [name, { place }] of [...this.#setups]) {
      const next = wanted.get(name);
      if (next === undefined || movesAway(place, next.place)) this.#remove(name);
    }
    for (const [name, setup] of wanted) {
      const error = this.#setups.has(name) ? this.#update(setup) : this.#add(setup, resumed.has(name));
      if (error !== undefined) errors.push(error);
    }
    for (const { interface: device, address } of this.#host.removeLeftovers())
      this.#log.info(
        `removed what a former run left behind: ${address === undefined ? device : `${address} on ${device}`}`,
      );
    return errors;
  }

  /** A check has a verdict. */
  setCheck(check: string, state: "up" | "down"): void {
    this.#tell({ type: "SetTracker", tracker: checkTracker(check), state });
  }

  /** Every Master says so with priority 0, and the addresses go. */
  stop(): void {
    this.#tell({ type: "Stop" });
  }

  /** Closes the sockets. With `keepAddresses` a Master's addresses stay for the process that comes next. */
  close(options?: { readonly keepAddresses?: boolean }): void {
    this.#host.close(options);
  }

  #coreOut(): VrrpOut {
    const host = this.#host;
    const effects = this.#effects;
    return {
      send: (router, message, source, to) => effects.push(() => host.send(router, message, source, to)),
      addAddresses: (router, addresses) => effects.push(() => host.addAddresses(router, addresses)),
      removeAddresses: (router, addresses) => effects.push(() => host.removeAddresses(router, addresses)),
      announceAddresses: (router, addresses, repeat) =>
        effects.push(() => host.announceAddresses(router, addresses, repeat)),
      event: (router, event) => effects.push(() => this.#event(router, event)),
      strayPacket: (name, source, cause, detail) => {
        const text = `${name}: packet of ${source} dropped (${cause}): ${detail}`;
        // Others have virtual routers on the same link: that is nothing to warn of.
        if (cause === "unknown-vrid") this.#log.debug(text);
        else this.#log.limited(`stray ${name} ${cause}`).warn(text);
      },
    };
  }

  #driven() {
    const core = this.#core;
    return {
      get deadline(): Instant {
        return core.deadline;
      },
      advance: (now: Instant): void => {
        core.advance(now);
        this.#effects.carryOut();
      },
    };
  }

  #add(setup: RouterSetup, resume: boolean): Error | undefined {
    const { config, place } = setup;
    const path = this.#host.addRouter(place);
    if (!path.ok) return path.error;
    this.#setups.set(config.name, setup);
    this.#tell({ type: "AddRouter", config, resume });
    this.#tell({ type: "SetPath", router: config.name, path: path.value });
    this.#tellLinks(config);
    return undefined;
  }

  #update(setup: RouterSetup): Error | undefined {
    const { config, place } = setup;
    const path = this.#host.updateRouter(place);
    if (!path.ok) return path.error;
    this.#setups.set(config.name, setup);
    this.#tell({ type: "UpdateRouter", config });
    this.#tell({ type: "SetPath", router: config.name, path: path.value });
    this.#tellLinks(config);
    return undefined;
  }

  #remove(name: RouterName): void {
    this.#setups.delete(name);
    this.#tell({ type: "RemoveRouter", router: name });
    this.#host.removeRouter(name);
  }

  #tellLinks({ trackers }: RouterConfig): void {
    for (const { name } of trackers) {
      if (!name.startsWith(INTERFACE)) continue;
      const device = name.slice(INTERFACE.length);
      this.#tracked.add(device);
      this.#link(device, this.#host.isLinkUp(device) === true);
    }
  }

  /** Of the many that may come and go on a host, the core hears of those that matter; of no change it makes nothing. */
  #link(name: string, up: boolean): void {
    if (!this.#tracked.has(name)) return;
    this.#tell({ type: "SetTracker", tracker: interfaceTracker(name), state: up ? "up" : "down" });
  }

  #event(router: RouterName, event: RouterEvent): void {
    if (event.type === "state" && event.to === "Master") this.#masters.add(router);
    else if (event.type === "state") this.#masters.delete(router);
    if (event.type === "state") this.#listener.state(router, event.to, event.reason);
    logRouterEvent(this.#log, router, event);
  }

  #tell(input: VrrpInput): void {
    this.#driver.touch();
    this.#core.handle(this.#driver.now(), input);
    this.#effects.carryOut();
  }
}

/** What names the router on the wire, or where its addresses are, is another: it leaves, and comes as a new one. */
function movesAway(before: RouterPlace, after: RouterPlace): boolean {
  return (
    before.interface !== after.interface ||
    before.family !== after.family ||
    before.virtualRouterId !== after.virtualRouterId ||
    before.addressInterface !== after.addressInterface ||
    before.virtualMac !== after.virtualMac
  );
}
