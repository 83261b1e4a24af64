import { faultOf, type Outcome } from "../../../../src/api/fault.ts";
import {
  type Drained,
  type DrainTarget,
  dePreferred,
  EventLog,
  type FleetView,
  type HoldfastHost,
  type HostWarning,
  type Lease,
  Leases,
  type LeaseTerms,
  planReload,
  type ReloadPlan,
  type VipView,
} from "../../../../src/api/holdfast/index.ts";
import type { LocalRoute } from "../../../../src/bgp/index.ts";
import { localRoute, parseCommunity } from "../../../../src/bgp/index.ts";
import { type Config, loadConfig } from "../../../../src/config/index.ts";
import type { CheckView } from "../../../../src/health/index.ts";
import type { Prefix } from "../../../../src/lib/prefix.ts";
import { ok } from "../../../../src/lib/result.ts";
import { type Instant, millis, seconds } from "../../../../src/lib/time.ts";
import { type Action, Gates, type Verdict, type VipName } from "../../../../src/vip/index.ts";
import type { RouterView } from "../../../../src/vrrp/index.ts";
import { Rig } from "../../bgp/speaker/rig.ts";
import { checkView, routerView } from "./views.ts";

export const CONFIG_TEXT = `
[global.config]
  as = 65001
  router-id = "192.0.2.1"
  port = -1
  reload-max-drop = 50

[[neighbors]]
  [neighbors.config]
    neighbor-address = "192.0.2.2"
    peer-as = 65002
    description = "upstream"

[[vips]]
  prefix = "203.0.113.10/32"
  description = "the web"
  med = 50
  communities = ["65001:100"]

[[vips]]
  prefix = "203.0.113.11/32"
`;

export function configOf(text: string): Config {
  const loaded = loadConfig(text, "test.toml");
  if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join("\n"));
  return loaded.config;
}

/** A daemon for tests: a real speaker and real gates in virtual time, everything else as the test says. */
export class FakeHost implements HoldfastHost {
  readonly version = "1.2.3";
  readonly startedAt = 0 as Instant;
  readonly eventLoopLagMax = millis(3.25);
  readonly rig = new Rig();
  readonly #actions = new Map<VipName, Action>();
  readonly gates = new Gates({ verdict: (vip, { action }) => this.#actions.set(vip, action) });
  drained = false;
  drainWaits = false;
  readonly events = new EventLog(() => 1_795_000_000_000);
  readonly leases = new Leases({ lapsed: (prefix, onLapse) => this.#lapsed(prefix, onLapse) });
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  config: Config;
  /** What the file says now. */
  fileText: string;
  warned: readonly HostWarning[] = [];
  readonly #vips: ReadonlyMap<VipName, Config["vips"][number]>;
  virtualRouters: RouterView[] = [routerView()];
  healthChecks: CheckView[] = [checkView()];
  fleetView: FleetView | undefined;

  constructor(text = CONFIG_TEXT) {
    this.config = configOf(text);
    this.#vips = new Map(this.config.vips.map((vip) => [vip.prefix.toString(), vip]));
    this.fileText = text;
    for (const vip of this.config.vips)
      this.gates.handle(this.now(), {
        type: "Configure",
        vip: vip.prefix.toString(),
        enabled: vip.enabled,
        gate: vip,
      });
    this.rig.input({ type: "Announce", routes: this.config.vips.map(({ prefix }) => this.#route(prefix)) });
  }

  get speaker() {
    return this.rig.speaker;
  }

  now(): Instant {
    return this.rig.now;
  }

  /** Lets time pass, for the speaker, the gates and the leases. */
  pass(duration: ReturnType<typeof seconds>): void {
    this.rig.pass(duration);
    this.gates.advance(this.now());
    this.leases.advance(this.now());
    this.rig.settle();
  }

  warnings(): readonly HostWarning[] {
    return this.warned;
  }

  *vips(): Iterable<VipView> {
    for (const { prefix } of this.config.vips) yield this.vip(prefix.toString()) as VipView;
  }

  vip(name: VipName): VipView | undefined {
    const config = this.#vips.get(name);
    if (config === undefined) return undefined;
    const action = this.#actions.get(name) ?? "withdraw";
    const verdict = () => this.gates.why(name) as Verdict;
    const { description, vrrpInstance } = config;
    const checks = config.checks.map((check) => check.name);
    const route = () => this.#route(config.prefix);
    return { name, description, action, verdict, route, vrrpInstance, checks };
  }

  routers(): Iterable<RouterView> {
    return this.virtualRouters;
  }

  fleet(): FleetView | undefined {
    return this.fleetView;
  }

  checks(): Iterable<CheckView> {
    return this.healthChecks;
  }

  apiRoutes(): Iterable<Lease> {
    return this.leases.values();
  }

  setVip(vip: VipName, state: "up" | "down"): Outcome<undefined> {
    this.gates.handle(this.now(), { type: "SetAdmin", vip, state });
    return ok(undefined);
  }

  renewVip(vip: VipName, { duration, onLapse }: LeaseTerms): Outcome<undefined> {
    const until = (this.now() + duration) as Instant;
    this.gates.handle(this.now(), { type: "SetLease", vip, until, onLapse });
    return ok(undefined);
  }

  announce(route: LocalRoute, lease: LeaseTerms | undefined): Outcome<{ readonly renewed: boolean }> {
    const prefix = route.prefix.toString();
    const renewed = this.leases.get(prefix) !== undefined;
    const { duration, onLapse = "withdraw" } = lease ?? {};
    this.leases.handle(this.now(), { type: "Grant", prefix, duration, onLapse });
    this.rig.input({ type: "Announce", routes: [route] });
    return ok({ renewed });
  }

  withdraw(prefix: Prefix): Outcome<undefined> {
    const name = prefix.toString();
    if (this.leases.get(name) === undefined) return faultOf("NOT_FOUND", `${name} was not announced over the API`);
    this.leases.handle(this.now(), { type: "Release", prefix: name });
    this.rig.input({ type: "Withdraw", routes: [localRoute(prefix)] });
    return ok(undefined);
  }

  /** What a drain could not be written down for. */
  notKept: string | undefined;

  drain(target: DrainTarget, drain: boolean): Outcome<Drained> {
    const on = drain ? "drain" : "undrain";
    if (target.type === "vip") this.gates.handle(this.now(), { type: "SetDrain", vip: target.vip, on: drain });
    this.asked.push(`${on} ${target.type === "vip" ? target.vip : target.type === "neighbor" ? target.peer : "node"}`);
    return ok({ count: target.type === "node" ? this.config.vips.length : 1, notKept: this.notKept });
  }

  stop(hold: boolean, text: string | undefined): Outcome<undefined> {
    this.asked.push(`stop${hold ? " hold" : ""}${text === undefined ? "" : ` "${text}"`}`);
    return ok(undefined);
  }

  reload(force: boolean): Outcome<ReloadPlan> {
    const plan = this.diff(this.fileText, "holdfast.toml");
    if (!plan.ok) return faultOf("FAILED_PRECONDITION", plan.error.message);
    if (plan.value.refused !== undefined && !force) return faultOf("FAILED_PRECONDITION", plan.value.refused);
    this.asked.push("reload");
    return plan;
  }

  diff(text: string, fileName: string): Outcome<ReloadPlan> {
    const loaded = loadConfig(text, fileName);
    if (!loaded.ok) return faultOf("INVALID_ARGUMENT", loaded.errors.map(({ message }) => message).join("\n"));
    const announced = [...this.vips()].filter(({ action }) => action !== "withdraw").map(({ name }) => name);
    const peers = [...this.speaker.peers.values()].map(({ name, config, dynamic }) => ({
      name,
      address: config.address,
      dynamic,
    }));
    return ok(planReload({ config: this.config, peers, announced, apiRoutes: this.leases.size }, loaded.config, []));
  }

  #route(prefix: Prefix): LocalRoute {
    return localRoute(prefix, { med: 50, communities: [parseCommunity("65001:100") as number] });
  }

  #lapsed(prefix: string, onLapse: "withdraw" | "de-prefer"): void {
    const route = [...this.speaker.localRoutes].find((each) => each.prefix.toString() === prefix);
    if (route === undefined) return;
    if (onLapse === "withdraw") this.speaker.handle(this.now(), { type: "Withdraw", routes: [route] });
    else this.speaker.handle(this.now(), { type: "Announce", routes: [dePreferred(route, this.config.global.as)] });
  }
}

export { seconds };
