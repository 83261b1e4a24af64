/** The real BGP speaker in every gateway and in the router upstream, joined by TCP that keeps the order and never fails. */
import assert from "node:assert/strict";
import {
  Family,
  type Input,
  localRoute,
  type PeerConfig,
  peerConfig,
  plainFamily,
  Speaker,
  type SpeakerEvent,
} from "../../src/bgp/index.ts";
import { type Address, formatAddress, parseAddress } from "../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { type Instant, millis, NEVER, seconds } from "../../src/lib/time.ts";
import type { Gateway } from "./vrrp-node.ts";
import type { Upstream } from "./vrrp-upstream.ts";
import type { VrrpWorld } from "./vrrp-world.ts";

const ROUTER = parseAddress("198.51.100.254") as Address;
const NEXT_HOP_6 = parseAddress("2001:db8::1") as Address;
const FAMILIES = [Family.Ipv4Unicast, Family.Ipv6Unicast];

interface End {
  readonly side: Side;
  readonly connection: number;
  other: End | undefined;
  /** When the last of what was sent to this end arrives. */
  arrival: Instant;
  isOpen: boolean;
}

/** A process with a speaker in it: the router, or a gateway's. */
class Side {
  readonly address: Address;
  readonly gateway: Gateway | undefined;
  readonly ends = new Map<number, End>();
  readonly inbox: Input[] = [];
  readonly speaker: Speaker;
  readonly #world: VrrpWorld;
  #wakeAt: Instant = NEVER;

  constructor(world: VrrpWorld, address: Address, gateway: Gateway | undefined, net: SpeakerUpstream) {
    this.#world = world;
    this.address = address;
    this.gateway = gateway;
    this.speaker = new Speaker({}, world.rng, {
      connect: (connection) => net.connect(this, connection),
      close: (connection) => net.close(this.ends.get(connection)),
      send: (connection, bytes) => net.send(this.ends.get(connection), bytes),
      event: (_, event) => checkEvent(event),
    });
  }

  /** Something has come in by TCP. */
  put(input: Input): void {
    this.inbox.push(input);
    if (this.gateway === undefined) this.turn();
    else this.gateway.turn();
  }

  turn(): void {
    const { now } = this.#world;
    for (let input = this.inbox.shift(); input !== undefined; input = this.inbox.shift())
      this.speaker.handle(now, input);
    for (let slices = 0; this.speaker.deadline <= now; slices++) {
      assert.equal(slices < 1_000, true, "a speaker does not come to rest");
      this.speaker.advance(now);
    }
    const { deadline } = this.speaker;
    if (deadline === NEVER || deadline === this.#wakeAt) return;
    this.#wakeAt = deadline;
    this.#world.agenda.add(deadline, () => {
      if (this.#wakeAt !== deadline) return;
      this.#wakeAt = NEVER;
      if (this.gateway === undefined) this.turn();
      else this.gateway.turn();
    });
  }
}

function checkEvent(event: SpeakerEvent): void {
  if (event.type === "internal-error") throw event.error;
}

export class SpeakerUpstream implements Upstream {
  readonly #world: VrrpWorld;
  readonly #router: Side;
  readonly #sides = new Map<Gateway, Side>();
  /** Whether the gateways' routes outlive their processes for a while (RFC 4724). */
  readonly #restarts: boolean;

  constructor(world: VrrpWorld) {
    this.#world = world;
    this.#restarts = world.rng() < 0.5;
    this.#router = new Side(world, ROUTER, undefined, this);
  }

  #peer(address: Address, localAs: number, peerAs: number, passive: boolean): PeerConfig {
    const restart = { notification: false, longLived: false, helperOnly: false, deferralTime: seconds(5) };
    return peerConfig({
      address,
      localAs,
      peerAs,
      routerId: localAs,
      passive,
      idleHoldTime: millis(100),
      idleHoldTimeMax: seconds(1),
      connectRetryTime: seconds(5),
      families: FAMILIES.map((family) => ({ ...plainFamily(family), gracefulRestart: this.#restarts })),
      gracefulRestart: this.#restarts ? { ...restart, restartTime: seconds(20) } : undefined,
    });
  }

  up(gateway: Gateway): void {
    const number = this.#world.gateways.indexOf(gateway) + 1;
    const address = parseAddress(`198.51.100.${number}`) as Address;
    const side = new Side(this.#world, address, gateway, this);
    this.#sides.set(gateway, side);
    const { now } = this.#world;
    if (!this.#router.speaker.peers.has(formatAddress(address)))
      this.#router.speaker.handle(now, { type: "AddPeer", config: this.#peer(address, 65000, 65000 + number, true) });
    side.speaker.handle(now, { type: "AddPeer", config: this.#peer(ROUTER, 65000 + number, 65000, false) });
    this.#router.turn();
  }

  route(gateway: Gateway, vip: string, announce: boolean): void {
    const prefix = parsePrefix(vip) as Prefix;
    const route = localRoute(prefix, prefix.version === 6 ? { nextHop: NEXT_HOP_6 } : {});
    this.#speakerOf(gateway)?.handle(
      this.#world.now,
      announce ? { type: "Announce", routes: [route] } : { type: "Withdraw", routes: [route] },
    );
  }

  #speakerOf(gateway: Gateway): Speaker | undefined {
    return this.#sides.get(gateway)?.speaker;
  }

  turn(gateway: Gateway): void {
    this.#sides.get(gateway)?.turn();
  }

  stop(gateway: Gateway): void {
    const side = this.#sides.get(gateway) as Side;
    side.speaker.handle(this.#world.now, { type: "Stop", text: "stopped" });
    side.turn();
    this.kill(gateway);
  }

  kill(gateway: Gateway): void {
    const side = this.#sides.get(gateway);
    this.#sides.delete(gateway);
    for (const end of [...(side?.ends.values() ?? [])]) this.close(end);
  }

  paths(vip: string): readonly string[] {
    const { speaker } = this.#router;
    return speaker.rib.view.exact(parsePrefix(vip) as Prefix).map(({ peer }) => {
      const found = [...speaker.peers].find(([, { index }]) => index === peer);
      return `gw${Number(found?.[0].split(".").at(-1)) - 1}`;
    });
  }

  get isSettled(): boolean {
    const { peers, rib } = this.#router.speaker;
    for (const gateway of this.#world.gateways) {
      const number = this.#world.gateways.indexOf(gateway) + 1;
      const peer = peers.get(`198.51.100.${number}`);
      if (peer === undefined) continue;
      if (gateway.isRunning && peer.up === undefined) return false;
      if (peer.index !== undefined && FAMILIES.some((family) => rib.staleCount(peer.index as number, family) > 0))
        return false;
    }
    return true;
  }

  // TCP.

  connect(from: Side, connection: number): void {
    const near: End = { side: from, connection, other: undefined, arrival: this.#world.now, isOpen: true };
    from.ends.set(connection, near);
    const to = this.#router;
    this.#world.later(this.#delay(), () => {
      if (!near.isOpen) return;
      const far: End = { ...near, side: to, connection: to.speaker.newConnection(), other: near };
      near.other = far;
      to.ends.set(far.connection, far);
      const [here, there] = [from.address, to.address];
      this.#arrive(near, { type: "Connected", connection, local: here, remote: there });
      this.#arrive(far, { type: "Accepted", connection: far.connection, local: there, remote: here });
    });
  }

  send(end: End | undefined, bytes: Uint8Array): void {
    const other = end?.other;
    if (other !== undefined) this.#arrive(other, { type: "Received", connection: other.connection, bytes });
  }

  close(end: End | undefined): void {
    if (end === undefined) return;
    end.isOpen = false;
    end.side.ends.delete(end.connection);
    const { other } = end;
    if (other !== undefined) this.#arrive(other, { type: "Closed", connection: other.connection, reason: "closed" });
  }

  #arrive(end: End, input: Input): void {
    end.arrival = Math.max(end.arrival, this.#world.now + this.#delay()) as Instant;
    this.#world.agenda.add(end.arrival, () => {
      if (!end.isOpen) return;
      if (input.type === "Closed") {
        end.isOpen = false;
        end.side.ends.delete(end.connection);
      }
      end.side.put(input);
    });
  }

  #delay() {
    return millis(0.2 + this.#world.rng());
  }
}
