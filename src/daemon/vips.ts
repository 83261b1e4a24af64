import type { LocalRoute, Input as SpeakerInput } from "../bgp/index.ts";
import type { VipConfig } from "../config/index.ts";
import type { Address } from "../lib/address.ts";
import type { Instant } from "../lib/time.ts";
import type { Driver } from "../platform/index.ts";
import { type Action, Gates, type Input as GatesInput, type Standing, type VipName, type Wish } from "../vip/index.ts";
import { Effects } from "./effects.ts";
import { type RouteForm, VipRoutes } from "./vip-routes.ts";

/** Routes given to the speaker in one turn of the event loop: with many VIPs, others must have their turns between. */
const ROUTES_A_TURN = 2_048;

/** What the daemon does with the gates' verdicts. */
export interface VipsOutput {
  /** The speaker is to announce or withdraw. */
  tell(input: SpeakerInput): void;
  /** Whether this address is on an interface of this host now. Later changes come by `setAddress`. */
  hasAddress(address: Address): boolean;
  /** A verdict has changed: for the log and for watchers. */
  changed(vip: VipName): void;
  /** The other gateways; told before anything else happens to the gates. */
  readonly fleet: FleetOutput;
}

export interface FleetOutput {
  /** The gate has decided, or the VIP is new. */
  verdict(vip: VipName, action: Action, minAnnouncers: number): void;
  removed(vip: VipName): void;
  /** Something about the node as a whole may be different. */
  touch(): void;
  /** See `Out.wish` of the gates. */
  wish(vip: VipName, wish: Wish | undefined, minAnnouncers: number): void;
}

/**
 * Carries the gates' verdicts to the speaker: announce with the attributes that the verdict asks for, or withdraw. A core
 * never calls another while it runs, so verdicts are queued here and handed on as soon as the gates have returned.
 */
export class Vips {
  readonly gates: Gates;
  readonly #driver: Driver;
  readonly #out: VipsOutput;
  readonly #vipRoutes = new VipRoutes();
  readonly #vips = new Map<VipName, VipConfig>();
  /** Configurations that the gates have not heard of yet; undefined: the VIP is to go. */
  readonly #changes = new Map<VipName, VipConfig | undefined>();
  /** What stands from before this process, of VIPs that the gates have not heard of yet. */
  readonly #standing = new Map<VipName, Standing>();
  /** How each VIP that is announced is announced. */
  readonly #announced = new Map<VipName, RouteForm>();
  /** What the speaker is to be told, by VIP: the latest verdict counts. */
  readonly #queue = new Map<VipName, { readonly announce: boolean; readonly route: LocalRoute }>();
  /** What the fleet is to hear, once the speaker has heard it. */
  readonly #fleetNews = new Effects();
  /** VIPs that want their address on the host, by address. */
  readonly #byAddress = new Map<string, Set<VipName>>();

  #globalAs = 0;

  constructor(driver: Driver, out: VipsOutput) {
    this.#driver = driver;
    this.#out = out;
    this.gates = new Gates({
      verdict: (vip, { action, dePreference }) => {
        this.#verdict(vip, action === "withdraw" ? undefined : { action, dePreference });
      },
      wish: (vip, wish) => this.#wish(vip, wish),
    });
    const vips = this;
    driver.add({
      get deadline(): Instant {
        return vips.#queue.size + vips.#changes.size > 0 ? (0 as Instant) : vips.gates.deadline;
      },
      advance: (now) => {
        this.#takeUp();
        this.gates.advance(now);
        this.#handOn();
        this.#fleetNews.carryOut();
      },
    });
  }

  /** Before `apply`: what the first verdict on a VIP is to go by. */
  resume(standing: Iterable<readonly [VipName, Standing]>): void {
    for (const [name, what] of standing) this.#standing.set(name, what);
  }

  /** VIPs with `min-announcers` that are to be drained and announced still, and how far they may go. */
  *heldDrains(): Iterable<readonly [VipName, NonNullable<Standing["held"]>]> {
    for (const [name, { held }] of this.#standing) if (held !== undefined) yield [name, held];
    yield* this.gates.heldDrains();
  }

  /** VIPs whose route the speaker has or is about to have, and in which form. */
  get announced(): ReadonlyMap<VipName, RouteForm> {
    return this.#announced;
  }

  /** Whether there are VIPs about which nothing can be said yet: new ones, and those whose conditions are not all known. */
  get isUnsettled(): boolean {
    return this.#changes.size > 0 || this.gates.unsettled > 0;
  }

  /** The configuration of a VIP, or undefined when there is no such. */
  config(name: VipName): VipConfig | undefined {
    return this.#vips.get(name);
  }

  /** The route of a VIP as it is announced, or would be as configured. */
  routeOf(name: VipName): LocalRoute | undefined {
    const vip = this.#vips.get(name);
    return vip && this.#routeOf(vip, this.#announced.get(name));
  }

  /**
   * Takes up VIPs, or new settings of some; undefined for one that is to go. Nothing is sent for what did not change.
   * With many of them it takes several turns of the event loop.
   */
  apply(changes: Iterable<readonly [VipName, VipConfig | undefined]>, globalAs: number): void {
    this.#globalAs = globalAs;
    if (this.#changes.size === 0) this.#vipRoutes.reset();
    for (const [name, vip] of changes) this.#changes.set(name, vip);
    this.#driver.touch();
  }

  /** Something that a gate goes by has changed. What comes of it is on its way to the neighbours when this returns. */
  handle(input: GatesInput): void {
    this.#driver.touch();
    this.gates.handle(this.#driver.now(), input);
    this.#handOn();
    this.#fleetNews.carryOut();
    if (input.type === "SetDrain") this.#out.fleet.touch();
  }

  /** An address has come to this host, or gone from it. */
  setAddress(address: Address, present: boolean): void {
    for (const vip of this.#byAddress.get(address.toString()) ?? []) this.handle({ type: "SetAddress", vip, present });
  }

  #takeUp(): void {
    let room = ROUTES_A_TURN;
    for (const [name, vip] of this.#changes) {
      if (room-- === 0) break;
      this.#changes.delete(name);
      if (vip === undefined) this.#remove(name);
      else this.#configure(name, vip);
    }
  }

  #configure(name: VipName, vip: VipConfig): void {
    const now = this.#driver.now();
    const before = this.#vips.get(name);
    this.#vips.set(name, vip);
    const form = this.#announced.get(name);
    if (form !== undefined) this.#queue.set(name, { announce: true, route: this.#routeOf(vip, form) });
    if (before !== undefined) this.#forgetAddress(name, before);
    const standing = this.#standing.get(name);
    this.#standing.delete(name);
    this.gates.handle(now, { type: "Configure", vip: name, enabled: vip.enabled, gate: vip, standing });
    if (vip.requireAddress) this.#watchAddress(now, name, vip);
    this.#tellFleet(name);
  }

  #remove(name: VipName): void {
    this.gates.handle(this.#driver.now(), { type: "Remove", vip: name });
    const vip = this.#vips.get(name);
    if (vip !== undefined) this.#forgetAddress(name, vip);
    this.#vips.delete(name);
    this.#standing.delete(name);
    this.#fleetNews.push(() => this.#out.fleet.removed(name));
  }

  #watchAddress(now: Instant, name: VipName, { prefix: { address } }: VipConfig): void {
    const key = address.toString();
    this.#byAddress.set(key, (this.#byAddress.get(key) ?? new Set()).add(name));
    this.gates.handle(now, { type: "SetAddress", vip: name, present: this.#out.hasAddress(address) });
  }

  #forgetAddress(name: VipName, { prefix: { address } }: VipConfig): void {
    const names = this.#byAddress.get(address.toString());
    if (names?.delete(name) === true && names.size === 0) this.#byAddress.delete(address.toString());
  }

  #verdict(name: VipName, form: RouteForm | undefined): void {
    const vip = this.#vips.get(name);
    if (vip === undefined) return;
    if (form === undefined) this.#announced.delete(name);
    else this.#announced.set(name, form);
    this.#queue.set(name, { announce: form !== undefined, route: this.#routeOf(vip, form) });
    this.#out.changed(name);
    this.#tellFleet(name);
  }

  #tellFleet(name: VipName): void {
    const minAnnouncers = this.#vips.get(name)?.minAnnouncers ?? 0;
    const action = this.#announced.get(name)?.action ?? "withdraw";
    this.#fleetNews.push(() => this.#out.fleet.verdict(name, action, minAnnouncers));
  }

  #wish(name: VipName, wish: Wish | undefined): void {
    const minAnnouncers = this.#vips.get(name)?.minAnnouncers ?? 0;
    this.#fleetNews.push(() => this.#out.fleet.wish(name, wish, minAnnouncers));
  }

  #routeOf(vip: VipConfig, form: RouteForm | undefined): LocalRoute {
    return this.#vipRoutes.of(vip, this.#globalAs, form);
  }

  #handOn(): void {
    const announce: LocalRoute[] = [];
    const withdraw: LocalRoute[] = [];
    for (const [vip, { announce: wanted, route }] of this.#queue) {
      this.#queue.delete(vip);
      (wanted ? announce : withdraw).push(route);
      if (announce.length + withdraw.length >= ROUTES_A_TURN) break;
    }
    if (withdraw.length > 0) this.#out.tell({ type: "Withdraw", routes: withdraw });
    if (announce.length > 0) this.#out.tell({ type: "Announce", routes: announce });
  }
}
