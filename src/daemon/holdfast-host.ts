import {
  type Drained,
  type DrainTarget,
  dePreferred,
  type EventLog,
  type FleetView,
  type HoldfastHost,
  type HostWarning,
  holdfastService,
  type Lease,
  Leases,
  type LeaseTerms,
  type OnLapse,
  type ReloadPlan,
  type VipView,
} from "../api/holdfast/index.ts";
import { faultOf, type Outcome, type Service } from "../api/index.ts";
import { LOCAL_PEER, type LocalRoute, localRoute } from "../bgp/index.ts";
import type { Config, VipConfig } from "../config/index.ts";
import type { CheckView } from "../health/index.ts";
import type { Prefix } from "../lib/prefix.ts";
import { ok } from "../lib/result.ts";
import { after, type Instant, type Micros, millis, NEVER } from "../lib/time.ts";
import { VERSION } from "../lib/version.ts";
import type { ComponentLogger } from "../platform/index.ts";
import type { Action, Verdict, VipName } from "../vip/index.ts";
import type { RouterView } from "../vrrp/index.ts";
import { ApiRouteStore, type KeptRoute } from "./api-route-store.ts";
import type { Daemon } from "./daemon.ts";
import { describeDisagreement } from "./fleet.ts";
import type { Vips } from "./vips.ts";

/** What of the process an operator may command. */
export interface HostProcess {
  readonly warnings: readonly HostWarning[];
  reload(force: boolean): Outcome<ReloadPlan>;
  diff(text: string, fileName: string): Outcome<ReloadPlan>;
  stop(mode: "shutdown" | "hold", text: string | undefined): void;
}

/** The daemon as the holdfast.v1 service sees it, and the routes that were announced over it. */
export class DaemonHost implements HoldfastHost {
  readonly version = VERSION;
  readonly startedAt: Instant;
  readonly #daemon: Daemon;
  readonly #process: HostProcess;
  readonly #leases: Leases;
  readonly #store: ApiRouteStore;
  #stopping = false;
  /** As announced, by prefix: the attributes of a route that has lapsed come back with its renewal. */
  readonly #routes = new Map<string, LocalRoute>();

  constructor(daemon: Daemon, process: HostProcess, log: ComponentLogger) {
    this.#daemon = daemon;
    this.#process = process;
    this.#store = new ApiRouteStore(daemon.stateDirectory, log, () => this.#kept());
    daemon.apiRoutesChanged = () => this.#store.touch();
    this.startedAt = daemon.driver.now();
    this.#leases = new Leases({ lapsed: (prefix, onLapse) => this.#lapsed(prefix, onLapse) });
    daemon.driver.add(this.#leases);
  }

  /** The service over this daemon. */
  service(): Service {
    return holdfastService(this);
  }

  /** Announces again what the process before this one was asked to. To be called before any session comes up. */
  restore(): void {
    const { global, vips } = this.config;
    const gone = this.#daemon.abandonedFor ?? NEVER;
    const vipNames = new Set(vips.map(({ prefix }) => prefix.toString()));
    const kept = this.#store.read().filter(({ route, lease }) => {
      if (vipNames.has(route.prefix.toString())) return false;
      return lease?.duration === undefined ? global.persistApiPaths : gone < lease.duration;
    });
    for (const { route, lease } of kept) {
      if (lease === undefined) this.#daemon.tell({ type: "Announce", routes: [route] });
      else {
        // Who had let it lapse is not trusted again before he has said something.
        const shown = lease.lapsed ? dePreferred(route, this.config.global.as) : route;
        this.#daemon.tell({ type: "Announce", routes: [shown] });
        const prefix = route.prefix.toString();
        this.#routes.set(prefix, route);
        const duration = lease.lapsed ? LAPSED_LEASE : lease.duration;
        this.#leases.handle(this.now(), { type: "Grant", prefix, duration, onLapse: lease.onLapse });
      }
    }
    if (kept.length > 0) this.#store.touch();
  }

  /** The process ends. In an orderly stop leases end with it. */
  close(mode: "shutdown" | "hold"): void {
    this.#stopping = mode === "shutdown";
    this.#store.flush();
    this.#daemon.apiRoutesChanged = undefined;
  }

  /** What the next process is to announce. */
  *#kept(): Iterable<KeptRoute> {
    const keepsAll = this.config.global.persistApiPaths;
    for (const lease of this.#leases.values()) {
      const route = this.#routes.get(lease.prefix);
      const isKept = lease.duration === undefined ? keepsAll : !this.#stopping;
      if (route !== undefined && isKept) yield { route, lease };
    }
    if (!keepsAll) return;
    const { vips } = this.#daemon;
    for (const route of this.speaker.localRoutes) {
      const prefix = route.prefix.toString();
      if (vips.config(prefix) === undefined && !this.#routes.has(prefix)) yield { route, lease: undefined };
    }
  }

  now(): Instant {
    return this.#daemon.driver.now();
  }

  get eventLoopLagMax(): Micros {
    return this.#daemon.driver.stats.lagMax;
  }

  get config(): Config {
    return this.#daemon.config;
  }

  get speaker(): HoldfastHost["speaker"] {
    return this.#daemon.speaker;
  }

  get events(): EventLog {
    return this.#daemon.events;
  }

  get drained(): boolean {
    return this.#daemon.vips.gates.draining;
  }

  get drainWaits(): boolean {
    return this.#daemon.fleet.drainWaits;
  }

  warnings(): readonly HostWarning[] {
    const disagreements = this.#daemon.fleet.view()?.disagreements ?? [];
    return [
      ...this.#process.warnings,
      ...this.#daemon.orders.warnings(),
      ...disagreements.map((what) => ({ source: "fleet", text: describeDisagreement(what) })),
    ];
  }

  *vips(): Iterable<VipView> {
    const { vips } = this.#daemon;
    for (const name of vips.gates.names()) {
      const config = vips.config(name);
      if (config !== undefined) yield new DaemonVip(vips, name, config);
    }
  }

  vip(name: VipName): VipView | undefined {
    const { vips } = this.#daemon;
    const config = vips.config(name);
    return config && new DaemonVip(vips, name, config);
  }

  routers(): Iterable<RouterView> {
    return this.#daemon.routers?.views() ?? [];
  }

  checks(): Iterable<CheckView> {
    return this.#daemon.checks.views();
  }

  fleet(): FleetView | undefined {
    return this.#daemon.fleet.view();
  }

  apiRoutes(): Iterable<Lease> {
    return this.#leases.values();
  }

  get apiRouteCount(): number {
    return this.#leases.size;
  }

  setVip(vip: VipName, state: "up" | "down"): Outcome<undefined> {
    const { vips, orders } = this.#daemon;
    vips.handle({ type: "SetAdmin", vip, state });
    if (state === "down") orders.give({ kind: "down-vip", name: vip });
    else orders.end("down-vip", vip);
    return ok(undefined);
  }

  renewVip(vip: VipName, { duration, onLapse }: LeaseTerms): Outcome<undefined> {
    this.#daemon.vips.handle({ type: "SetLease", vip, until: after(this.now(), duration), onLapse });
    return ok(undefined);
  }

  announce(route: LocalRoute, lease: LeaseTerms | undefined): Outcome<{ readonly renewed: boolean }> {
    const prefix = route.prefix.toString();
    const before = this.#leases.get(prefix);
    if (before === undefined && this.#leases.full)
      return faultOf("RESOURCE_EXHAUSTED", `${this.#leases.size} routes of the API are all that fit`);
    // A renewal that changes nothing tells the speaker nothing.
    const former = this.#routes.get(prefix);
    const isThere = former !== undefined && before?.lapsed === false && this.#isAnnounced(route.prefix);
    if (!isThere || !isSame(former, route)) this.#daemon.tell({ type: "Announce", routes: [route] });
    this.#routes.set(prefix, route);
    const { duration, onLapse = "withdraw" } = lease ?? {};
    this.#daemon.driver.touch();
    this.#leases.handle(this.now(), { type: "Grant", prefix, duration, onLapse });
    if (before?.duration !== duration || before?.onLapse !== onLapse) this.#store.touch();
    return ok({ renewed: before !== undefined });
  }

  withdraw(prefix: Prefix): Outcome<undefined> {
    const name = prefix.toString();
    // What came over GoBGP's API is an operator's to withdraw as well.
    if (this.#leases.get(name) === undefined && !this.#isAnnounced(prefix))
      return faultOf("NOT_FOUND", `${name} was not announced over the API`);
    this.#leases.handle(this.now(), { type: "Release", prefix: name });
    this.#routes.delete(name);
    this.#daemon.tell({ type: "Withdraw", routes: [localRoute(prefix)] });
    return ok(undefined);
  }

  drain(target: DrainTarget, drain: boolean): Outcome<Drained> {
    const { orders } = this.#daemon;
    const note = (kind: "drain-vip" | "drain-neighbor", name: string) =>
      ok({ count: 1, notKept: drain ? orders.give({ kind, name }) : orders.end(kind, name) });
    switch (target.type) {
      case "vip":
        this.#daemon.vips.handle({ type: "SetDrain", vip: target.vip, on: drain });
        return note("drain-vip", target.vip);
      case "neighbor":
        this.#daemon.tell({ type: drain ? "DrainPeer" : "UndrainPeer", peer: target.peer });
        // Who came by a prefix is forgotten with its session, and so is its drain.
        if (this.speaker.peers.get(target.peer)?.dynamic === true) return ok({ count: 1, notKept: undefined });
        return note("drain-neighbor", target.peer);
      case "node":
        return this.#drainNode(drain, target.maxConcurrent);
      default:
        return target satisfies never;
    }
  }

  #drainNode(drain: boolean, maxConcurrent: number): Outcome<Drained> {
    const { vips, fleet, orders } = this.#daemon;
    const waits = drain && maxConcurrent > 0 && !vips.gates.draining;
    if (waits && fleet.view() === undefined)
      return faultOf("FAILED_PRECONDITION", "there is no [cluster] in the configuration: nobody to take turns with");
    fleet.waitToDrain(waits ? maxConcurrent : undefined);
    if (!waits) vips.handle({ type: "SetDrain", on: drain });
    const order = { kind: "drain-node", name: "", maxConcurrent: waits ? maxConcurrent : undefined } as const;
    return ok({
      count: [...vips.gates.names()].length,
      notKept: drain ? orders.give(order) : orders.end("drain-node"),
    });
  }

  stop(hold: boolean, text: string | undefined): Outcome<undefined> {
    // Once this has been answered: the API closes when the answer is out.
    setImmediate(() => this.#process.stop(hold ? "hold" : "shutdown", text));
    return ok(undefined);
  }

  reload(force: boolean): Outcome<ReloadPlan> {
    return this.#process.reload(force);
  }

  diff(text: string, fileName: string): Outcome<ReloadPlan> {
    return this.#process.diff(text, fileName);
  }

  /** GoBGP's API may have deleted it meanwhile. */
  #isAnnounced(prefix: Prefix): boolean {
    return this.speaker.rib.view.exact(prefix).some(({ peer }) => peer === LOCAL_PEER);
  }

  /** Called by the leases while they run: what comes of it waits until they have returned. */
  #lapsed(prefix: string, onLapse: OnLapse): void {
    setImmediate(() => {
      const route = this.#routes.get(prefix);
      const lease = this.#leases.get(prefix);
      if (route === undefined || (lease !== undefined && !lease.lapsed)) return; // renewed or withdrawn since
      if (onLapse === "withdraw") {
        this.#routes.delete(prefix);
        this.#daemon.tell({ type: "Withdraw", routes: [route] });
      } else if (this.#isAnnounced(route.prefix))
        this.#daemon.tell({ type: "Announce", routes: [dePreferred(route, this.config.global.as)] });
      const text = `the lease was not renewed: ${onLapse === "withdraw" ? "withdrawn" : "kept as a last resort"}`;
      this.events.push({ level: "warn", source: "api", subject: prefix, type: "lease-lapsed", text });
    });
  }
}

/** A VIP for those who look: there may be many, of which few are looked at closely. */
class DaemonVip implements VipView {
  readonly name: VipName;
  readonly #vips: Vips;
  readonly #config: VipConfig;

  constructor(vips: Vips, name: VipName, config: VipConfig) {
    this.#vips = vips;
    this.name = name;
    this.#config = config;
  }

  get description(): string {
    return this.#config.description;
  }

  get action(): Action {
    return this.#vips.announced.get(this.name)?.action ?? "withdraw";
  }

  get vrrpInstance(): string | undefined {
    return this.#config.vrrpInstance;
  }

  get checks(): readonly string[] {
    return this.#config.checks.map((check) => check.name);
  }

  /** The gate knows every VIP that has a configuration here. */
  verdict(): Verdict {
    return this.#vips.gates.why(this.name) as Verdict;
  }

  route(): LocalRoute {
    return this.#vips.routeOf(this.name) as LocalRoute;
  }
}

/** A lease that had lapsed lapses again at once. */
const LAPSED_LEASE = millis(1);

function isSame(a: LocalRoute, b: LocalRoute): boolean {
  if (a.attributes.length !== b.attributes.length || String(a.neighbors) !== String(b.neighbors)) return false;
  const { bytes } = a.attributes;
  for (let i = 0; i < a.attributes.length; i++) if (bytes[i] !== b.attributes.bytes[i]) return false;
  return true;
}
