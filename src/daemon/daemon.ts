import { EventLog } from "../api/holdfast/index.ts";
import { Watch } from "../api/index.ts";
import { type PolicyTable, Speaker, type Input as SpeakerInput } from "../bgp/index.ts";
import {
  type Change,
  type Config,
  type DynamicNeighborConfig,
  diffConfigs,
  type NeighborConfig,
} from "../config/index.ts";
import { type Address, formatAddress } from "../lib/address.ts";
import { type Prefix, parsePrefix } from "../lib/prefix.ts";
import { seededRng } from "../lib/rng.ts";
import { type Micros, seconds } from "../lib/time.ts";
import { Driver, type HostView, type Logger, openHostView, thisHost } from "../platform/index.ts";
import type { RouterName } from "../vrrp/index.ts";
import { holdEndOfRib } from "./end-of-rib.ts";
import { FleetGateway } from "./fleet.ts";
import { masterFacts, nodeFacts } from "./fleet-facts.ts";
import { HealthChecks } from "./health-checks.ts";
import type { Loaded } from "./load.ts";
import { logSpeakerEvent } from "./log-events.ts";
import { Network } from "./network.ts";
import { planRestart, type RestartPlan } from "./restart-plan.ts";
import { heldVips, isConfigured, noteNeighborOrder, resumeDrains } from "./resume-orders.ts";
import { RunRecord } from "./run-record.ts";
import { eventOf } from "./speaker-events.ts";
import { StandingOrders } from "./standing-orders.ts";
import { dynamicTemplateOf, peerConfigOf, routerSetupOf, speakerConfigOf } from "./translate.ts";
import type { TransportTable } from "./transport-table.ts";
import { VerdictLog } from "./verdict-log.ts";
import { Vips } from "./vips.ts";
import { VirtualRouters } from "./vrrp.ts";

/** The longest that an orderly stop waits for its last octets to get out. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * The composition root: builds the cores, connects them to the platform, and owns start, reload and stop.
 *
 *     files ──> Config ──┬─> HealthChecks <──> commands, probes
 *                        │        │ verdicts
 *                        │        v
 *                        ├─> VirtualRouters <──> VRRP, addresses
 *                        │        │ states
 *                        │        v
 *                        ├─> Vips (gates) ──verdicts──> Speaker <──inputs── Network <──> TCP
 *                        └─> neighbours ──────────────────^  └──requests──────^
 *
 * Everything runs on one event loop, driven by one `Driver`.
 */
export class Daemon {
  readonly speaker: Speaker;
  readonly vips: Vips;
  readonly checks: HealthChecks;
  readonly fleet: FleetGateway;
  readonly driver = new Driver();
  /** What operators have ordered, over restarts. */
  readonly orders: StandingOrders;
  readonly #startedAt = this.driver.now();
  /** What clients of the API watch. */
  readonly watch = new Watch();
  /** What operators watch. */
  readonly events = new EventLog(Date.now);
  /** Called when routes were announced or withdrawn over the API. */
  apiRoutesChanged: (() => void) | undefined;
  readonly #log: Logger;
  readonly #network: Network;
  readonly #record: RunRecord;
  readonly #plan: RestartPlan;
  #transports: TransportTable;
  /** Only when there is a VRRP instance. */
  #routers: VirtualRouters | undefined;
  /** Only when there is none, and a VIP that wants its address on the host. */
  #view: HostView | undefined;
  #policies: PolicyTable;
  #config: Config;

  /** `forceRestart`: this start is a restart for the neighbours, whatever is known of the process before. */
  constructor({ config, transports, policies }: Loaded, log: Logger, seed: number, forceRestart = false) {
    this.#config = config;
    this.#transports = transports;
    this.#policies = policies;
    this.#log = log;
    const bgp = log.component("bgp");
    this.#network = new Network(
      this.driver,
      { find: (remote) => this.#transports.find(remote) },
      {
        refused: (remote, reason) =>
          bgp.limited(`refused ${remote}`).warn(`connection refused: ${reason}`, { peer: formatAddress(remote) }),
        listenerFailed: (reason) => log.component("platform").error(reason),
      },
    );
    this.#record = RunRecord.open(config.state.directory, log.component("daemon"));
    const isWritable = this.#record.directory !== undefined;
    const held = () => heldVips(this.driver, this.vips);
    const { directory } = config.state;
    this.orders = new StandingOrders({ directory, isWritable, held }, log.component("daemon"));
    this.#plan = planRestart(config, this.#record.previous, forceRestart, thisHost());
    this.speaker = new Speaker(speakerConfigOf(config, this.#plan.restart), seededRng(seed), {
      connect: (connection, peer) => this.#network.connect(connection, peer),
      close: (connection, how) => this.#network.close(connection, how),
      send: (connection, bytes) => this.#network.send(connection, bytes),
      event: (peer, event) => {
        logSpeakerEvent(bgp, peer, event);
        this.fleet.touch();
        this.watch.event(peer, event);
        const entry = eventOf(peer, event);
        if (entry !== undefined) this.events.push(entry);
      },
      restartOver: (how) => {
        const text = `the restart is over${how === "timeout" ? ": somebody was waited for in vain" : ""}`;
        bgp.info(text);
        this.events.push({ level: "info", source: "bgp", subject: "", type: "restart-over", text });
      },
    });
    this.#network.attach(this.speaker);
    const verdicts = new VerdictLog(log.component("vip"), this.events, () => this.vips.gates);
    this.vips = new Vips(this.driver, {
      tell: (input) => this.#network.tell(input),
      hasAddress: (address) => (this.#routers?.host ?? this.#view)?.hasAddress(address) === true,
      changed: (vip) => {
        verdicts.add(vip);
        this.orders.touch();
      },
      fleet: {
        verdict: (vip, action, min) => this.fleet.verdict(vip, action, min),
        removed: (vip) => this.fleet.removed(vip),
        touch: () => this.fleet.touch(),
        wish: (vip, wish, min) => this.fleet.wish(vip, wish, min),
      },
    });
    this.fleet = new FleetGateway(this.driver, log.component("fleet"), seed + 2, {
      permit: (vip, step, text) => this.vips.handle({ type: "SetPermit", vip, step, text }),
      facts: () => nodeFacts(this, this.#startedAt),
      masters: () => masterFacts(this),
      drain: () => {
        this.vips.handle({ type: "SetDrain", on: true });
        this.orders.give({ kind: "drain-node", name: "" });
      },
      tell: (level, subject, text) => this.events.push({ level, source: "fleet", subject, type: "state", text }),
    });
    const rng = seededRng(seed + 1);
    this.checks = new HealthChecks(this.driver, rng, log.component("health"), (check, state, detail) => {
      this.vips.handle({ type: "SetCheck", check, state, detail });
      if (state !== "unknown") this.#routers?.setCheck(check, state);
      this.fleet.touch();
      const level = state === "down" ? "warn" : "info";
      const text = `is ${state}${detail === "" ? "" : `: ${detail}`}`;
      this.events.push({ level, source: "check", subject: check, type: "state", text });
    });
  }

  /** Where what is to survive this process can be kept; undefined: nowhere. */
  get stateDirectory(): string | undefined {
    return this.#record.directory;
  }

  get config(): Config {
    return this.#config;
  }

  /** Gives the speaker an input: for the API. */
  tell(input: SpeakerInput): void {
    this.#network.tell(input);
    noteNeighborOrder(this, input);
    if (input.type === "Announce" || input.type === "Withdraw") this.apiRoutesChanged?.();
  }

  /** How long ago the process before this one ended without an orderly stop; undefined: it did not. */
  get abandonedFor(): Micros | undefined {
    return this.#record.previous?.lastAlive ?? (this.#plan.restart === undefined ? undefined : seconds(0));
  }

  /** Announces every VIP that is announced once more: the speaker has forgotten them. */
  announceVips(): void {
    const vips = this.#config.vips.map((vip) => [vip.prefix.toString(), vip] as const);
    this.vips.apply(vips, this.#config.global.as);
  }

  get routers(): VirtualRouters | undefined {
    return this.#routers;
  }

  /** Listens, starts every session and opens every gate. Returns why it cannot run, or nothing. */
  start(): readonly Error[] {
    const errors = this.#listen();
    if (errors.length > 0) return errors;
    if (this.#plan.why !== undefined) this.#log.component("daemon").info(this.#plan.why);
    const isSettled = () => !this.vips.isUnsettled && this.#routers?.isUnsettled !== true;
    if (this.#plan.restart !== undefined) holdEndOfRib(this.driver, isSettled, (input) => this.#network.tell(input));
    this.#applyPasswords(new Map(), this.#transports.passwords);
    this.#network.tell({ type: "SetPolicies", policies: this.#policies });
    this.orders.begin(isConfigured(this.#config));
    const disabled = new Set(this.orders.all("disable-neighbor").map(({ name }) => name));
    for (const neighbor of this.#config.neighbors) {
      const config = peerConfigOf(neighbor, this.#config.global);
      this.#network.tell({ type: "AddPeer", config, disabled: disabled.has(formatAddress(config.address)) });
    }
    for (const { name: peer } of this.orders.all("drain-neighbor")) this.#network.tell({ type: "DrainPeer", peer });
    for (const dynamic of this.#config.dynamicNeighbors) this.#addDynamic(dynamic, "live");
    resumeDrains(this);
    const failed = this.#applyRouters(this.#plan.resumed);
    if (failed.length > 0) return failed;
    this.vips.apply(
      this.#config.vips.map((vip) => [vip.prefix.toString(), vip]),
      this.#config.global.as,
    );
    this.checks.apply(this.#config.checks);
    this.fleet.apply(this.#config.cluster);
    this.#record.begin();
    return [];
  }

  /** Applies the difference between the running configuration and `config`. What did not change is not touched. */
  reload({ config, transports, policies }: Loaded): readonly Change[] {
    const changes = diffConfigs(this.#config, config);
    const passwordsBefore = this.#transports.passwords;
    this.#config = config;
    this.#transports = transports;
    for (const error of this.#listen()) this.#log.component("platform").error(error.message);
    this.#applyPasswords(passwordsBefore, transports.passwords);
    for (const change of changes) this.#apply(change);
    this.#applyPolicies(changes, policies);
    for (const error of this.#applyRouters()) this.#log.component("vrrp").error(error.message);
    const vips = new Map(config.vips.map((vip) => [vip.prefix.toString(), vip]));
    const changed = changes.filter(({ subject }) => subject === "vip");
    this.vips.apply(
      changed.map(({ name }) => [name, vips.get(name)]),
      config.global.as,
    );
    this.#applyChecks();
    this.orders.prune(isConfigured(config));
    // Also without a change: the file of keys may be another one.
    this.fleet.apply(config.cluster);
    return changes;
  }

  /**
   * Ends it all, and calls back when the last octets are out or {@link STOP_TIMEOUT_MS} have passed. "shutdown": withdraws,
   * says Cease to everyone and priority 0 for every virtual router. "hold": as if killed, but at a time of our choosing:
   * neighbours that help keep the routes, addresses stay on, and the next process takes over. `text` goes to the
   * neighbours' logs (RFC 9003).
   */
  stop(stopped: () => void, mode: "shutdown" | "hold" = "shutdown", text?: string | undefined): void {
    this.checks.close();
    this.orders.close();
    this.#network.tell({ type: "Stop", text: text ?? this.#config.global.shutdownCommunication, mode });
    if (mode === "shutdown") {
      // Now that the withdrawals are on their way: priority 0, and the addresses go.
      this.#routers?.stop();
      this.#record.close();
    }
    this.#routers?.close({ keepAddresses: mode === "hold" });
    let waitedFor = 2;
    const timer = setTimeout(stopped, STOP_TIMEOUT_MS);
    const ended = () => {
      if (--waitedFor > 0) return;
      clearTimeout(timer);
      stopped();
    };
    this.fleet.stop(mode === "hold" ? "silent" : "leave", ended);
    this.#network.shutDown(ended);
  }

  /** Virtual routers as configured. Without any it takes no privilege to see whether the VIPs' addresses are here. */
  #applyRouters(resumed?: ReadonlySet<RouterName>): readonly Error[] {
    const { vrrpInstances } = this.#config;
    const hostAddress = (address: Address, present: boolean) => this.vips.setAddress(address, present);
    if (vrrpInstances.length === 0 && this.#routers === undefined) return this.#watchAddresses(hostAddress);
    if (this.#routers === undefined) {
      const opened = VirtualRouters.open(this.driver, this.#log.component("vrrp"), {
        state: (instance, state, reason) => {
          this.vips.handle({ type: "SetVrrp", instance, state });
          this.#record.save({ masters: this.#routers?.masters() ?? [] });
          this.fleet.touch();
          const level = state === "Fault" ? "warn" : "info";
          this.events.push({ level, source: "vrrp", subject: instance, type: "state", text: `is ${state}: ${reason}` });
        },
        hostAddress,
      });
      if (!opened.ok) return [opened.error];
      this.#view?.close();
      this.#view = undefined;
      this.#routers = opened.value;
    }
    return this.#routers.apply(vrrpInstances.map(routerSetupOf), resumed);
  }

  #watchAddresses(hostAddress: (address: Address, present: boolean) => void): readonly Error[] {
    if (this.#view !== undefined || !this.#config.vips.some((vip) => vip.requireAddress)) return [];
    const opened = openHostView({ link: () => {}, hostAddress }, this.#log.component("platform"));
    if (!opened.ok) return [opened.error];
    this.#view = opened.value;
    return [];
  }

  /** Checks that are gone are no opinion any more, for nobody. */
  #applyChecks(): void {
    const names = new Set(this.#config.checks.map(({ name }) => name));
    const gone = this.checks.views().filter(({ config }) => !names.has(config.name));
    this.checks.apply(this.#config.checks);
    for (const { config } of gone) this.vips.handle({ type: "SetCheck", check: config.name, state: "unknown" });
  }

  #listen(): readonly Error[] {
    const { as, listenPort, localAddresses } = this.#config.global;
    return this.#network.listen(as === 0 || listenPort === undefined ? [] : localAddresses, listenPort ?? 0);
  }

  /** Passwords are on the listening sockets before any neighbour may use them, and leave with their neighbour. */
  #applyPasswords(before: TransportTable["passwords"], now: TransportTable["passwords"]): void {
    const apply = (peer: Prefix, password: string | undefined) => {
      const set = this.#network.setPassword(peer, password);
      if (!set.ok)
        this.#log
          .component("platform")
          .error(`${set.error.message}: connections from there are refused`, { peer: peer.toString() });
    };
    for (const [key, { peer }] of before) if (!now.has(key)) apply(peer, undefined);
    for (const { peer, password } of now.values()) apply(peer, password);
  }

  #apply(change: Change): void {
    switch (change.subject) {
      case "neighbor":
        this.#applyNeighbor(change);
        break;
      case "dynamic-neighbor":
        this.#applyDynamic(change);
        break;
      case "global":
      case "state":
        for (const { key, effect } of change.keys)
          if (effect === "restart")
            this.#log.component("config").warn(`${key} has changed: this takes a restart of the daemon to apply`);
        break;
      case "cluster": // in `reload`
      case "vip": // all of them together, in `reload`
      case "vrrp-instance":
      case "vrrp-sync-group":
      case "check":
      case "log": // the process has seen to it
      case "policy": // all of them together, in `reload`
      case "defined-set":
      case "peer-group": // shows as a change of each neighbour concerned
        break;
      default:
        change.subject satisfies never;
    }
  }

  /** The sessions judge their routes again when sets, policies or the global lists of policies have changed. */
  #applyPolicies(changes: readonly Change[], policies: PolicyTable): void {
    const isPolicy = ({ subject, keys }: Change) =>
      subject === "policy" || subject === "defined-set" || keys.some(({ key }) => key.includes("apply-policy"));
    if (!changes.some(isPolicy)) return;
    this.#policies = policies;
    const global = changes.some(({ subject }) => subject === "global");
    if (global) for (const neighbor of this.#config.neighbors) this.#updatePeer(neighbor, "live");
    if (global) for (const dynamic of this.#config.dynamicNeighbors) this.#addDynamic(dynamic, "live");
    this.#network.tell({ type: "SetPolicies", policies });
  }

  #applyNeighbor({ change, name, effect, keys }: Change): void {
    const neighbor = this.#config.neighbors.find(({ address }) => formatAddress(address) === name);
    if (neighbor === undefined) this.#network.tell({ type: "RemovePeer", peer: name });
    else if (change === "added")
      this.#network.tell({ type: "AddPeer", config: peerConfigOf(neighbor, this.#config.global) });
    else this.#updatePeer(neighbor, peerEffect(effect));
    // The key lets it up: that is a later word than the order that keeps it down.
    if (neighbor?.adminDown === false && keys.some(({ key }) => key.endsWith("admin-down")))
      this.orders.end("disable-neighbor", name);
  }

  #updatePeer(neighbor: NeighborConfig, effect: "live" | "soft" | "reset"): void {
    this.#network.tell({ type: "UpdatePeer", config: peerConfigOf(neighbor, this.#config.global), effect });
  }

  #applyDynamic({ name, effect }: Change): void {
    const dynamic = this.#config.dynamicNeighbors.find(({ prefix }) => prefix.toString() === name);
    if (dynamic !== undefined) this.#addDynamic(dynamic, effect);
    else this.#network.tell({ type: "RemoveDynamicPeers", prefix: parsePrefix(name) as Prefix });
  }

  #addDynamic(dynamic: DynamicNeighborConfig, effect: Change["effect"]): void {
    const template = dynamicTemplateOf(dynamic, this.#config.global);
    this.#network.tell({ type: "AddDynamicPeers", prefix: dynamic.prefix, template, effect: peerEffect(effect) });
  }
}

/** What only a new process could apply is the nearest thing for one session: a reset. */
function peerEffect(effect: Change["effect"]): "live" | "soft" | "reset" {
  return effect === "restart" ? "reset" : effect;
}
