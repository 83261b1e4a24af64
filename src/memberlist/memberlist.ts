import { randomInt } from "node:crypto";
import {
  DEFAULTS,
  type Delegate,
  type Endpoint,
  formatEndpoint,
  type GossipConfig,
  type GossipEvent,
  type Input,
  KeyRing,
  LAN,
  LOCAL,
  type MemberView,
  type Outcome,
  type RequestId,
  Swim,
  WAN,
} from "../gossip/index.ts";
import { type Address, parseAddress } from "../lib/address.ts";
import { seededRng } from "../lib/rng.ts";
import { type Micros, seconds } from "../lib/time.ts";
import { createAead, Driver, firstPrivateAddress, GossipTransport } from "../platform/index.ts";
import type { MemberlistConfig, MemberlistDelegate } from "./config.ts";
import { notify } from "./notify.ts";
import { Seeds } from "./seeds.ts";

const PORT = 7946;
/** How often the names of seeds are looked up again. */
const LOOK_UP_MS = 30_000;
const SPREAD_TIMEOUT = seconds(5);

/** What a Memberlist could not do. */
export class MemberlistError extends Error {
  override readonly name = "MemberlistError";
}

/** A command of ours without the number that it gets. */
type Command =
  Extract<Input, { readonly request: RequestId }> extends infer C
    ? C extends { readonly request: RequestId }
      ? Omit<C, "request">
      : never
    : never;

/**
 * A member of a memberlist cluster on real sockets: the pure node of `gossip/`, run by a Driver.
 *
 *     const list = await Memberlist.create({ name: "gw1", bindAddr: "192.0.2.11" });
 *     await list.join(["192.0.2.12"]);
 *     for (const member of list.members()) console.log(member.name, member.state);
 *     await list.leave();
 *     await list.shutdown();
 */
export class Memberlist {
  readonly #driver = new Driver();
  readonly #swim: Swim;
  readonly #keys: KeyRing;
  readonly #seeds: Seeds;
  #lookUp: NodeJS.Timeout | undefined;
  readonly #transport: GossipTransport;
  readonly #waiting = new Map<RequestId, (outcome: Outcome) => void>();
  /** What the core told while it ran, for the application to hear when it has returned. */
  #told: (() => void)[] = [];
  #lastRequest = 0;
  #isShutDown = false;

  private constructor(config: GossipConfig, keys: KeyRing, transport: GossipTransport, delegate: MemberlistDelegate) {
    this.#keys = keys;
    this.#transport = transport;
    this.#seeds = new Seeds(transport.port);
    const out = {
      sendPacket: (to: Endpoint, bytes: Uint8Array) => this.#transport.sendPacket(to, bytes),
      dial: (stream: number, to: Endpoint) => this.#transport.dial(stream, to),
      streamSend: (stream: number, bytes: Uint8Array) => this.#transport.streamSend(stream, bytes),
      streamClose: (stream: number) => this.#transport.streamClose(stream),
      event: (event: GossipEvent) => void this.#told.push(() => notify(delegate, event)),
      completed: (request: RequestId, outcome: Outcome) => void this.#told.push(() => this.#complete(request, outcome)),
    };
    this.#swim = new Swim(config, seededRng(randomInt(2 ** 32)), out, delegate satisfies Delegate);
  }

  /**
   * Binds the sockets and becomes a cluster of one. Rejects with PlatformError when the port is taken, with RangeError on
   * an address or key that is none.
   */
  static async create(config: MemberlistConfig): Promise<Memberlist> {
    const bind = addressOf(config.bindAddr ?? "0.0.0.0");
    const keys = new KeyRing(config.keys ?? []);
    // The sockets come first, since their port is part of what the node says of itself. Nothing arrives before `list`
    // is there: the event loop does not turn in between.
    let list: Memberlist | undefined;
    const give = (input: Input) => {
      if (list !== undefined) list.#give(input);
    };
    const transport = await GossipTransport.open(bind, config.bindPort ?? PORT, {
      packet: (from, bytes) => give({ type: "packet", from, bytes }),
      packetFailed: (to) => give({ type: "packetFailed", to }),
      streamAccepted: (stream, from) => give({ type: "streamAccepted", stream, from }),
      streamConnected: (stream) => give({ type: "streamConnected", stream }),
      streamData: (stream, bytes) => give({ type: "streamData", stream, bytes }),
      streamClosed: (stream, error = "closed without an answer") => give({ type: "streamClosed", stream, error }),
    });
    try {
      const node = nodeConfig(config, bind, transport.port, keys);
      list = new Memberlist(node, keys, transport, config.delegate ?? {});
    } catch (error) {
      await transport.close();
      throw error;
    }
    list.#start();
    return list;
  }

  #start(): void {
    const swim = this.#swim;
    const flush = () => this.#flush();
    this.#driver.add({
      get deadline() {
        return swim.deadline;
      },
      advance(now) {
        swim.advance(now);
        flush();
      },
    });
    this.#give({ type: "start" });
  }

  /** Where others reach this node, as text. */
  get address(): string {
    return formatEndpoint(this.localNode.endpoint);
  }

  /** This node, as it tells others. */
  get localNode(): MemberView {
    return this.#swim.self;
  }

  /** All members that are alive or suspect, this node among them. */
  members(): MemberView[] {
    return this.#swim.members().filter((m) => m.state === "alive" || m.state === "suspect");
  }

  /** All members that are still listed, the recently dead and left too. */
  allMembers(): MemberView[] {
    return this.#swim.members();
  }

  /** What is believed of `name`, or undefined. */
  member(name: string): MemberView | undefined {
    return this.#swim.member(name);
  }

  /** 0 is well; higher when our own probes fail in ways that point at us. */
  get healthScore(): number {
    return this.#swim.healthScore;
  }

  /** Whether this node seems to be cut off from all others: its view of them is worth nothing then. */
  get isolated(): boolean {
    return this.#swim.isolated;
  }

  /** Totals since the start. */
  get counters(): Swim["counters"] {
    return this.#swim.counters;
  }

  /**
   * Exchanges states with these ("host", "host:port", "[v6]:port"; a name stands for all its addresses), and goes on
   * seeking them whenever they are missing; names are looked up again every 30 s. Resolves to the number reached; rejects when none was.
   */
  async join(seeds: readonly string[]): Promise<number> {
    const { endpoints, failures } = await this.#seeds.add(seeds);
    if (this.#seeds.hasNames) this.#lookAgain();
    if (endpoints.length === 0) throw new MemberlistError(`join: ${failures.join("; ") || "no seeds"}`);
    const outcome = await this.#command({ type: "join", seeds: endpoints });
    return outcome.contacted ?? 0;
  }

  /** From now on, every 30 s: a name may come to stand for other nodes, or exist only later. */
  #lookAgain(): void {
    if (this.#lookUp !== undefined || this.#isShutDown) return;
    this.#lookUp = setInterval(() => {
      void this.#seeds.refresh().then(() => this.#give({ type: "seeds", seeds: this.#seeds.endpoints }));
    }, LOOK_UP_MS);
    this.#lookUp.unref();
  }

  /**
   * Tells the cluster that this node leaves; resolves when that was sent often enough, rejects when not in `timeout`. The
   * node answers until `shutdown`.
   */
  async leave(timeout: Micros = SPREAD_TIMEOUT): Promise<void> {
    await this.#command({ type: "leave", timeout });
  }

  /** New meta for this node, at most 512 octets; resolves when it was sent often enough. */
  async updateNode(meta: Uint8Array, timeout: Micros = SPREAD_TIMEOUT): Promise<void> {
    await this.#command({ type: "updateNode", meta, timeout });
  }

  /** A user message over TCP, at most 20 MiB; resolves when the network has taken it. */
  async sendReliable(to: string, payload: Uint8Array): Promise<void> {
    await this.#command({ type: "sendReliable", to, payload });
  }

  /** A user message in a packet, which may be lost; at most 60 000 octets, and better under 1400. */
  async sendBestEffort(to: string, payload: Uint8Array): Promise<void> {
    await this.#command({ type: "sendBestEffort", to, payload });
  }

  /** Gossips a user message (at most 1024 octets) to all; it replaces one of the same topic that is on its way. */
  broadcast(payload: Uint8Array, topic?: string): void {
    this.#give({ type: "broadcast", topic, payload });
  }

  /** The installed keys, the encrypting one first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys.keys;
  }

  /** Adds a key that decrypts; the first one ever also encrypts. */
  async installKey(key: Uint8Array): Promise<void> {
    await this.#command({ type: "installKey", key });
  }

  /** Encrypts with an installed key from now on. */
  async useKey(key: Uint8Array): Promise<void> {
    await this.#command({ type: "useKey", key });
  }

  /** Removes a key that is not the encrypting one. */
  async removeKey(key: Uint8Array): Promise<void> {
    await this.#command({ type: "removeKey", key });
  }

  /** Stops at once, without a word to the others (see `leave`). Commands under way are rejected. */
  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.#driver.stop();
    clearInterval(this.#lookUp);
    for (const request of [...this.#waiting.keys()]) this.#complete(request, { ok: false, error: "shut down" });
    await this.#transport.close();
  }

  async #command(command: Command): Promise<Extract<Outcome, { readonly ok: true }>> {
    if (this.#isShutDown) throw new MemberlistError(`${command.type}: the node is shut down`);
    const request = ++this.#lastRequest;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#waiting.set(request, resolve);
      this.#give({ ...command, request } as Input);
    });
    if (!outcome.ok) throw new MemberlistError(`${command.type}: ${outcome.error}`);
    return outcome;
  }

  #complete(request: RequestId, outcome: Outcome): void {
    this.#waiting.get(request)?.(outcome);
    this.#waiting.delete(request);
  }

  #give(input: Input): void {
    if (this.#isShutDown) return;
    this.#driver.touch();
    this.#swim.handle(this.#driver.now(), input);
    this.#flush();
  }

  /** Tells what the core had to say, now that it has returned: the application may command us from there. */
  #flush(): void {
    const told = this.#told;
    if (told.length === 0) return;
    this.#told = [];
    for (const tell of told) tell();
  }
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`not an address: "${text}"`);
  return address;
}

function nodeConfig(config: MemberlistConfig, bind: Address, port: number, keys: KeyRing): GossipConfig {
  const { profile, bindAddr, bindPort, advertiseAddr, advertisePort, ...rest } = config;
  const { keys: _, gossipVerifyIncoming, gossipVerifyOutgoing, delegate, ...node } = rest;
  const address =
    advertiseAddr !== undefined ? addressOf(advertiseAddr) : bind.isUnspecified ? firstPrivateAddress() : bind;
  if (address === undefined) throw new RangeError("no private address to advertise: set advertiseAddr");
  return {
    ...DEFAULTS,
    ...{ lan: LAN, wan: WAN, local: LOCAL }[profile ?? "lan"],
    ...node,
    advertise: { address, port: advertisePort ?? port },
    encryption: {
      aead: createAead(),
      keys,
      verifyIncoming: gossipVerifyIncoming ?? true,
      verifyOutgoing: gossipVerifyOutgoing ?? true,
    },
  };
}
