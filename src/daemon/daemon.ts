import { Speaker } from "../bgp/index.ts";
import { type Change, type Config, type DynamicNeighborConfig, diffConfigs } from "../config/index.ts";
import { formatAddress } from "../lib/address.ts";
import { type Prefix, parsePrefix } from "../lib/prefix.ts";
import { seededRng } from "../lib/rng.ts";
import { Driver, type Logger } from "../platform/index.ts";
import { logSpeakerEvent } from "./log-events.ts";
import { Network } from "./network.ts";
import { dynamicTemplateOf, peerConfigOf, speakerConfigOf } from "./translate.ts";
import type { TransportTable } from "./transport-table.ts";
import { Vips } from "./vips.ts";

/** The longest that an orderly stop waits for its last octets to get out. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * The composition root: builds the cores, connects them to the platform, and owns start, reload and stop.
 *
 *     files ──> Config ──┬─> Vips (gates) ──verdicts──> Speaker <──inputs── Network <──> TCP
 *                        └─> neighbours ──────────────────^  └──requests──────^
 *
 * Everything runs on one event loop, driven by one `Driver`.
 */
export class Daemon {
  readonly speaker: Speaker;
  readonly vips: Vips;
  readonly driver = new Driver();
  readonly #log: Logger;
  readonly #network: Network;
  #transports: TransportTable;
  #config: Config;

  constructor(config: Config, transports: TransportTable, log: Logger, seed: number) {
    this.#config = config;
    this.#transports = transports;
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
    this.speaker = new Speaker(speakerConfigOf(config), seededRng(seed), {
      connect: (connection, peer) => this.#network.connect(connection, peer),
      close: (connection, how) => this.#network.close(connection, how),
      send: (connection, bytes) => this.#network.send(connection, bytes),
      event: (peer, event) => logSpeakerEvent(bgp, peer, event),
    });
    this.#network.attach(this.speaker);
    this.vips = new Vips(this.driver, (input) => this.#network.tell(input));
  }

  get config(): Config {
    return this.#config;
  }

  /** Listens, starts every session and opens every gate. Returns why it cannot run, or nothing. */
  start(): readonly Error[] {
    const errors = this.#listen();
    if (errors.length > 0) return errors;
    this.#applyPasswords(new Map(), this.#transports.passwords);
    for (const neighbor of this.#config.neighbors)
      this.#network.tell({ type: "AddPeer", config: peerConfigOf(neighbor) });
    for (const dynamic of this.#config.dynamicNeighbors) this.#addDynamic(dynamic, "live");
    this.vips.apply(
      this.#config.vips.map((vip) => [vip.prefix.toString(), vip]),
      this.#config.global.as,
    );
    return [];
  }

  /** Applies the difference between the running configuration and `config`. What did not change is not touched. */
  reload(config: Config, transports: TransportTable): readonly Change[] {
    const changes = diffConfigs(this.#config, config);
    const passwordsBefore = this.#transports.passwords;
    this.#config = config;
    this.#transports = transports;
    for (const error of this.#listen()) this.#log.component("platform").error(error.message);
    this.#applyPasswords(passwordsBefore, transports.passwords);
    for (const change of changes) this.#apply(change);
    const vips = new Map(config.vips.map((vip) => [vip.prefix.toString(), vip]));
    const changed = changes.filter(({ subject }) => subject === "vip");
    this.vips.apply(
      changed.map(({ name }) => [name, vips.get(name)]),
      config.global.as,
    );
    return changes;
  }

  /** Withdraws, says Cease to everyone, and calls back when all of it is out or {@link STOP_TIMEOUT_MS} have passed. */
  stop(stopped: () => void): void {
    this.#network.tell({ type: "Stop", text: this.#config.global.shutdownCommunication });
    const timer = setTimeout(stopped, STOP_TIMEOUT_MS);
    this.#network.shutDown(() => {
      clearTimeout(timer);
      stopped();
    });
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
        for (const { key, effect } of change.keys)
          if (effect === "restart")
            this.#log.component("config").warn(`${key} has changed: this takes a restart of the daemon to apply`);
        break;
      case "vip": // all of them together, in `reload`
      case "log": // the process has seen to it
      case "peer-group":
      case "policy":
      case "defined-set":
        break; // shows as a change of each neighbour concerned
      default:
        change.subject satisfies never;
    }
  }

  #applyNeighbor({ change, name, effect }: Change): void {
    const neighbor = this.#config.neighbors.find(({ address }) => formatAddress(address) === name);
    if (neighbor === undefined) this.#network.tell({ type: "RemovePeer", peer: name });
    else if (change === "added") this.#network.tell({ type: "AddPeer", config: peerConfigOf(neighbor) });
    else
      this.#network.tell({
        type: "UpdatePeer",
        config: peerConfigOf(neighbor),
        effect: peerEffect(effect),
      });
  }

  #applyDynamic({ name, effect }: Change): void {
    const dynamic = this.#config.dynamicNeighbors.find(({ prefix }) => prefix.toString() === name);
    if (dynamic !== undefined) this.#addDynamic(dynamic, effect);
    else this.#network.tell({ type: "RemoveDynamicPeers", prefix: parsePrefix(name) as Prefix });
  }

  #addDynamic(dynamic: DynamicNeighborConfig, effect: Change["effect"]): void {
    const template = dynamicTemplateOf(dynamic);
    this.#network.tell({ type: "AddDynamicPeers", prefix: dynamic.prefix, template, effect: peerEffect(effect) });
  }
}

/** What only a new process could apply is the nearest thing for one session: a reset. */
function peerEffect(effect: Change["effect"]): "live" | "soft" | "reset" {
  return effect === "restart" ? "reset" : effect;
}
