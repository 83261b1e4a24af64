import {
  type ConnectionId,
  FAMILIES,
  localRoute,
  peerConfig,
  plainFamily,
  Speaker,
  type Out as SpeakerOut,
} from "../bgp/index.ts";
import { Address } from "../lib/address.ts";
import { Prefix } from "../lib/prefix.ts";
import { seededRng } from "../lib/rng.ts";
import { type Instant, millis, seconds } from "../lib/time.ts";
import { Gates, UNGATED } from "../vip/index.ts";
import { type RouterConfig, routerConfig, Vrrp } from "../vrrp/index.ts";

/*
 * A takeover in private, to have its code compiled.
 *
 * JavaScript is compiled function by function, when each is first called. What a gateway does once a year, it would do
 * with code that has never run: from the advert to the UPDATE then take 5 to 10 ms instead of one. So the daemon plays it
 * through once it is idle after its start: cores of their own, wired to each other in memory, with a clock of their own,
 * touch nothing outside. Each step is one turn of the event loop and takes a few milliseconds.
 */

/** Routes of a step. */
const ROUTES = 64;
const ROUNDS = 32;
const OURS = new Address(4, 0x7f000001);
const THEIRS = new Address(4, 0x7f000002);

/** The steps, to be taken one a turn. Each throws only what would be a fault of the cores. */
export function* rehearse(): Generator<void, void, undefined> {
  const pair = new SpeakerPair();
  yield pair.establish();
  for (let round = 0; round < ROUNDS; round++) {
    yield* pair.exchange(round);
    yield takeOver(round);
  }
}

/** Two speakers, each the other's only neighbour. */
class SpeakerPair {
  #now = 1 as Instant;
  readonly #one: Speaker;
  readonly #other: Speaker;
  /** What is on the wire: to whom, on which connection. */
  readonly #wire: { readonly to: Speaker; readonly connection: ConnectionId; readonly bytes: Uint8Array }[] = [];
  readonly #dialled: ConnectionId[] = [];
  /** The same connection, as the other end calls it. */
  readonly #ends = new Map<Speaker, Map<ConnectionId, ConnectionId>>();

  constructor() {
    this.#one = new Speaker(
      {},
      seededRng(1),
      this.#out(() => this.#other),
    );
    this.#other = new Speaker(
      {},
      seededRng(2),
      this.#out(() => this.#one),
    );
  }

  establish(): void {
    const shared = { holdTime: seconds(0), families: FAMILIES.map(plainFamily) };
    const one = peerConfig({ ...shared, address: THEIRS, peerAs: 2, localAs: 1, routerId: 1 });
    const other = peerConfig({ ...shared, address: OURS, peerAs: 1, localAs: 2, routerId: 2, passive: true });
    this.#other.handle(this.#now, { type: "AddPeer", config: other });
    this.#one.handle(this.#now, { type: "AddPeer", config: one });
    const dialled = this.#dialled[0];
    if (dialled === undefined) return;
    const accepted = this.#other.newConnection();
    this.#ends.set(this.#one, new Map([[dialled, accepted]]));
    this.#ends.set(this.#other, new Map([[accepted, dialled]]));
    this.#other.handle(this.#now, { type: "Accepted", connection: accepted, local: THEIRS, remote: OURS });
    this.#one.handle(this.#now, { type: "Connected", connection: dialled, local: OURS, remote: THEIRS });
    this.#settle();
  }

  /** Routes both ways, and back. */
  *exchange(round: number): Generator<void, void, undefined> {
    for (const [speaker, network] of [
      [this.#one, 0x0a000000],
      [this.#other, 0x0b000000],
    ] as const) {
      const routes = Array.from({ length: ROUTES }, (_, i) => {
        const prefix = new Prefix(new Address(4, network + i * 256), 24);
        return localRoute(prefix, { med: round, communities: [0xffff0000] });
      });
      speaker.handle(this.#now, { type: "Announce", routes });
      yield this.#settle();
      speaker.handle(this.#now, { type: "Withdraw", routes });
      yield this.#settle();
    }
  }

  #settle(): void {
    for (;;) {
      const packet = this.#wire.shift();
      if (packet !== undefined) {
        const { to, connection, bytes } = packet;
        to.handle(this.#now, { type: "Received", connection, bytes });
      } else if (this.#one.deadline <= this.#now) this.#one.advance(this.#now);
      else if (this.#other.deadline <= this.#now) this.#other.advance(this.#now);
      else return;
    }
  }

  #out(far: () => Speaker): SpeakerOut {
    return {
      connect: (connection) => this.#dialled.push(connection),
      close: () => {},
      send: (connection, bytes) => {
        const near = far() === this.#other ? this.#one : this.#other;
        const end = this.#ends.get(near)?.get(connection);
        if (end !== undefined) this.#wire.push({ to: far(), connection: end, bytes: Uint8Array.from(bytes) });
      },
      event: () => {},
    };
  }
}

/** A Backup hears its Master, misses it, takes over, opens a gate, and gives way again. */
function takeOver(round: number): void {
  let now = seconds(round + 1) as number as Instant;
  const master = new Address(4, 0x7f000000 + 200);
  const told: Uint8Array[] = [];
  const gates = new Gates({ verdict: () => {} });
  const routerOf = (name: string) =>
    new Vrrp({
      send: (_router, message) => told.push(message),
      addAddresses: () => {},
      removeAddresses: () => {},
      announceAddresses: () => {},
      event: (_router, event) => {
        if (event.type === "state") gates.handle(now, { type: "SetVrrp", instance: name, state: event.to });
      },
      strayPacket: () => {},
    });
  gates.handle(now, { type: "Configure", vip: "vip", enabled: true, gate: { ...UNGATED, vrrpInstance: "backup" } });
  const run = (vrrp: Vrrp) => {
    now = vrrp.deadline;
    vrrp.advance(now);
  };
  const other = routerOf("master");
  other.handle(now, { type: "AddRouter", config: config("master", 200) });
  other.handle(now, { type: "SetPath", router: "master", path: { source: master } });
  run(other);
  const backup = routerOf("backup");
  backup.handle(now, { type: "AddRouter", config: config("backup", 100) });
  backup.handle(now, { type: "SetPath", router: "backup", path: { source: OURS } });
  const hear = (payload: Uint8Array) =>
    backup.handle(now, {
      type: "Received",
      packet: { interface: "lo", source: master, destination: undefined, ttl: 255, payload },
    });
  const advert = told[0];
  if (advert === undefined) return;
  hear(advert);
  for (let turns = 0; turns < 3; turns++) run(backup);
  hear(advert);
  backup.handle(now, { type: "Stop" });
}

function config(name: string, priority: number): RouterConfig {
  const advertisementInterval = millis(100);
  const addresses = [new Prefix(THEIRS, 32)];
  return routerConfig({ name, interface: "lo", virtualRouterId: 1, priority, advertisementInterval, addresses });
}
