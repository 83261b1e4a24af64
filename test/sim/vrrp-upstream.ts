import type { Instant } from "../../src/lib/time.ts";
import { millis } from "../../src/lib/time.ts";
import type { Gateway } from "./vrrp-node.ts";
import type { VrrpWorld } from "./vrrp-world.ts";

/** The router that the gateways announce their VIPs to, with the gateways' side of the sessions. */
export interface Upstream {
  /** The process of this gateway has started. */
  up(gateway: Gateway): void;
  /** It announces or withdraws. */
  route(gateway: Gateway, vip: string, announce: boolean): void;
  /** A turn of its event loop is over. */
  turn(gateway: Gateway): void;
  /** It stops its speaker in an orderly way, then ends. */
  stop(gateway: Gateway): void;
  /** It is gone without a word; its connections are reset. */
  kill(gateway: Gateway): void;
  /** Names of the gateways from which the upstream has a path to this VIP. */
  paths(vip: string): readonly string[];
  /** Whether every session that should be up is. */
  readonly isSettled: boolean;
}

/** What a speaker and a router do, without them: in order, after a moment, and nothing once the session has ended. */
export class ModelUpstream implements Upstream {
  readonly #world: VrrpWorld;
  readonly #paths = new Map<string, Set<string>>();
  /** The session of each gateway, and when the last of it arrives. */
  readonly #sessions = new Map<string, { arrival: Instant }>();
  readonly isSettled = true;

  constructor(world: VrrpWorld) {
    this.#world = world;
  }

  up(gateway: Gateway): void {
    this.#sessions.set(gateway.name, { arrival: this.#world.now });
  }

  route(gateway: Gateway, vip: string, announce: boolean): void {
    this.#deliver(gateway, () => {
      const paths = this.#paths.get(vip) ?? new Set();
      this.#paths.set(vip, paths);
      if (announce) paths.add(gateway.name);
      else paths.delete(gateway.name);
    });
  }

  turn(): void {}

  stop(gateway: Gateway): void {
    this.kill(gateway);
  }

  kill(gateway: Gateway): void {
    this.#deliver(gateway, () => {
      for (const paths of this.#paths.values()) paths.delete(gateway.name);
    });
  }

  #deliver(gateway: Gateway, run: () => void): void {
    const session = this.#sessions.get(gateway.name);
    if (session === undefined) return;
    const delay = millis(0.2 + this.#world.rng());
    session.arrival = Math.max(session.arrival, this.#world.now + delay) as Instant;
    this.#world.agenda.add(session.arrival, run);
  }

  paths(vip: string): readonly string[] {
    return [...(this.#paths.get(vip) ?? [])];
  }
}
