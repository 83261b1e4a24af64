/**
 * A gateway in virtual time: the VRRP core and the gates, wired as the daemon wires them, on a host with addresses that
 * outlive the process. What must hold at every moment is asserted here, where it happens.
 */
import assert from "node:assert/strict";
import type { Address } from "../../src/lib/address.ts";
import type { Prefix } from "../../src/lib/prefix.ts";
import { elapsed, type Instant, type Micros, millis, NEVER } from "../../src/lib/time.ts";
import { Gates, type Input as GatesInput, UNGATED } from "../../src/vip/index.ts";
import {
  type Out,
  type RouterConfig,
  type RouterEvent,
  type State,
  Vrrp,
  type Input as VrrpInput,
} from "../../src/vrrp/index.ts";
import type { VrrpWorld } from "./vrrp-world.ts";

/** Something that waits in a socket or pipe of the process. */
type Waiting =
  | { readonly type: "vrrp"; readonly input: VrrpInput }
  | { readonly type: "address"; readonly address: Prefix };

export class Gateway {
  readonly name: string;
  readonly world: VrrpWorld;
  /** Source of adverts, by family. */
  readonly sources: ReadonlyMap<4 | 6, Address>;
  configs: readonly RouterConfig[];
  /** On the host's interfaces, whoever put them there. */
  readonly addresses = new Set<string>();
  readonly inbox: Waiting[] = [];
  readonly states = new Map<string, State>();
  /** When a router last became Master, and when it last sent a live advert. */
  readonly masterSince = new Map<string, Instant>();
  readonly advertisedAt = new Map<string, Instant>();
  isRunning = false;
  pausedUntil = 0 as Instant;
  isLinkUp = true;
  /** VIPs that the speaker was told to announce. */
  readonly announced = new Set<string>();
  /** Was Master when it was killed. */
  diedAsMaster = false;
  diedAt = 0 as Instant;
  vrrp: Vrrp;
  gates: Gates;
  #effects: (() => void)[] = [];
  #verdicts: { readonly vip: string; readonly announce: boolean }[] = [];
  #wakeAt: Instant = NEVER;

  constructor(world: VrrpWorld, name: string, configs: readonly RouterConfig[], sources: ReadonlyMap<4 | 6, Address>) {
    this.world = world;
    this.name = name;
    this.configs = configs;
    this.sources = sources;
    this.vrrp = new Vrrp(this.#vrrpOut());
    this.gates = new Gates({ verdict: () => {} });
  }

  /** What is announced by BGP: all but the link-local address. */
  get vips(): readonly Prefix[] {
    return this.configs.flatMap(vipsOf);
  }

  get isMaster(): boolean {
    return this.isRunning && this.configs.every(({ name }) => this.states.get(name) === "Master");
  }

  // The process.

  start(): void {
    if (this.isRunning) return;
    const { now } = this.world;
    this.advertisedAt.clear();
    this.isRunning = true;
    this.pausedUntil = now;
    this.vrrp = new Vrrp(this.#vrrpOut());
    this.gates = new Gates({
      verdict: (vip, { action }) => void this.#verdicts.push({ vip, announce: action === "announce" }),
    });
    this.world.upstream.up(this);
    for (const config of this.configs)
      for (const vip of vipsOf(config))
        this.#tellGates({
          type: "Configure",
          vip: vip.toString(),
          enabled: true,
          gate: { ...UNGATED, vrrpInstance: config.name, requireAddress: true },
        });
    const shortest = Math.min(...this.configs.map(({ advertisementInterval }) => advertisementInterval));
    const resume = this.diedAsMaster && elapsed(this.diedAt, now) < 3 * shortest;
    this.diedAsMaster = false;
    if (!resume) this.addresses.clear(); // leftovers of a crash
    for (const vip of this.vips) this.#tellAddress(vip);
    for (const config of this.configs) {
      this.#tell({ type: "AddRouter", config, resume });
      this.#tellPath(config);
    }
    this.turn();
  }

  #tellPath({ name, family }: RouterConfig): void {
    const path = this.isLinkUp ? { source: this.sources.get(family) as Address } : { fault: "eth0 is down" };
    this.#tell({ type: "SetPath", router: name, path });
  }

  /** SIGTERM: as the daemon, VRRP first (the gates withdraw on its events), then the speaker. */
  stop(): void {
    if (!this.isRunning) return;
    this.#readAll();
    this.#tell({ type: "Stop" });
    if (!this.isRunning) return;
    assert.equal(this.announced.size, 0, `${this.name} has stopped and still announces ${[...this.announced]}`);
    this.world.upstream.stop(this);
    this.#end();
    assert.equal(this.addresses.size, 0, `${this.name} has stopped and left ${[...this.addresses]}`);
  }

  /** SIGKILL: addresses stay, TCP ends, nothing is said. */
  kill(): void {
    if (!this.isRunning) return;
    this.diedAsMaster = this.isMaster;
    this.diedAt = this.world.now;
    this.world.upstream.kill(this);
    this.#end();
  }

  #end(): void {
    this.isRunning = false;
    this.#wakeAt = NEVER;
    this.inbox.length = 0;
    this.#effects.length = 0;
    this.#verdicts.length = 0;
    this.announced.clear();
    this.states.clear();
  }

  pause(duration: Micros): void {
    this.pausedUntil = (this.world.now + duration) as Instant;
    this.#arm();
  }

  // What is done to it from outside.

  /** The configuration file has other settings, and the process hears of it (SIGHUP) or will when it starts. */
  reconfigure(change: (config: RouterConfig) => RouterConfig): void {
    this.configs = this.configs.map(change);
    for (const config of this.configs) this.put({ type: "vrrp", input: { type: "UpdateRouter", config } });
  }

  setLink(isUp: boolean): void {
    this.isLinkUp = isUp;
    for (const config of this.configs) {
      const path = isUp ? { source: this.sources.get(config.family) as Address } : { fault: "eth0 is down" };
      this.put({ type: "vrrp", input: { type: "SetPath", router: config.name, path } });
    }
  }

  /** Somebody takes the last VIP off. */
  loseAddress(): void {
    const { name: router, addresses } = this.configs[0] as RouterConfig;
    const address = addresses.at(-1) as Prefix;
    if (!this.addresses.delete(address.toString())) return;
    this.put({ type: "address", address });
    this.put({ type: "vrrp", input: { type: "AddressLost", router, address } });
  }

  // The event loop.

  /** Something has arrived for the process. */
  put(waiting: Waiting): void {
    if (!this.isRunning) return;
    this.inbox.push(waiting);
    if (this.world.now >= this.pausedUntil) this.turn();
    else this.#arm();
  }

  /** All that waits, then the clock. */
  turn(): void {
    const { now } = this.world;
    if (!this.isRunning || now < this.pausedUntil) return;
    this.#readAll();
    if (!this.isRunning) return;
    this.vrrp.advance(now);
    this.#carryOut();
    if (!this.isRunning) return;
    this.gates.advance(now);
    this.#handOn();
    this.world.upstream.turn(this);
    this.check();
    this.#arm();
  }

  #arm(): void {
    const wish = this.inbox.length > 0 ? this.world.now : Math.min(this.vrrp.deadline, this.gates.deadline);
    const at = Math.max(wish, this.pausedUntil) as Instant;
    if (at === this.#wakeAt || at === Number.POSITIVE_INFINITY) return;
    this.#wakeAt = at;
    this.world.agenda.add(at, () => {
      if (this.#wakeAt !== at) return;
      this.#wakeAt = NEVER;
      this.turn();
    });
  }

  #readAll(): void {
    for (const waiting of this.inbox.splice(0)) {
      if (waiting.type === "vrrp") this.#tell(waiting.input);
      else this.#tellAddress(waiting.address);
    }
  }

  #tell(input: VrrpInput): void {
    if (!this.isRunning) return;
    this.vrrp.handle(this.world.now, input);
    this.#carryOut();
  }

  #tellAddress(vip: Prefix): void {
    const present = this.addresses.has(vip.toString());
    this.#tellGates({ type: "SetAddress", vip: vip.toString(), present });
    if (!present)
      assert.equal(this.announced.has(vip.toString()), false, `${this.name}: ${vip} is announced and absent`);
  }

  #tellGates(input: GatesInput): void {
    this.gates.handle(this.world.now, input);
    this.#handOn();
  }

  #handOn(): void {
    for (const { vip, announce } of this.#verdicts.splice(0)) this.#verdict(vip, announce);
  }

  /** Anything may kill the process between any two effects. */
  #carryOut(): void {
    for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) {
      if (this.world.strikes()) this.kill();
      else effect();
    }
  }

  // What the cores want done.

  #vrrpOut(): Out {
    const then = (effect: () => void) => void this.#effects.push(effect);
    return {
      send: (router, message, source, destination) => then(() => this.#send(router, message, source, destination)),
      addAddresses: (_, addresses) => then(() => this.#changeAddresses(addresses, true)),
      removeAddresses: (_, addresses) => then(() => this.#changeAddresses(addresses, false)),
      announceAddresses: (_, addresses) =>
        then(() => {
          for (const each of addresses)
            assert.equal(
              this.addresses.has(each.toString()),
              true,
              `${this.name}: gratuitous ARP for ${each} before it is on`,
            );
        }),
      event: (router, event) => then(() => this.#event(router, event)),
      strayPacket: (_, source, cause) => assert.fail(`${this.name}: stray packet of ${source} (${cause})`),
    };
  }

  #send(router: string, message: Uint8Array, source: Address, destination: Address | undefined): void {
    const { now } = this.world;
    const config = this.configs.find(({ name }) => name === router) as RouterConfig;
    const isLeaving = message[2] === 0;
    if (isLeaving) {
      this.world.tally.priorityZero++;
      for (const vip of config.addresses)
        assert.equal(
          this.announced.has(vip.toString()),
          false,
          `${this.name}: priority 0 before the withdraw of ${vip}`,
        );
    } else {
      // After the longest Master_Down_Interval there can be, it must have been Backup before it advertises again.
      const last = this.advertisedAt.get(router);
      const entered = this.states.get(router) === "Master" ? (this.masterSince.get(router) as Instant) : now;
      if (last !== undefined && elapsed(last, now) > 4 * this.world.intervalMax)
        assert.equal(
          entered > last,
          true,
          `${this.name}: ${router} advertises after ${(now - last) / 1e6} s of silence`,
        );
      this.advertisedAt.set(router, now);
    }
    if (this.isLinkUp) this.world.transmit(this, config, message, source, destination);
  }

  #changeAddresses(addresses: readonly Prefix[], on: boolean): void {
    for (const vip of addresses) {
      const text = vip.toString();
      if (on) this.addresses.add(text);
      else {
        assert.equal(this.announced.has(text), false, `${this.name}: ${text} taken off before its withdraw`);
        this.addresses.delete(text);
      }
      // The kernel tells it by netlink, a moment later.
      this.world.later(millis(1), () => this.put({ type: "address", address: vip }));
    }
  }

  #event(router: string, event: RouterEvent): void {
    if (event.type === "dropped")
      assert.fail(`${this.name}: dropped ${event.cause} of ${event.source}: ${event.detail}`);
    if (event.type !== "state") return;
    this.states.set(router, event.to);
    if (event.to === "Master") {
      this.masterSince.set(router, this.world.now);
      this.world.tally.masters++;
    }
    if (event.reason.includes("did not run")) this.world.tally.stalls++;
    // What the gates make of it reaches the speaker before the rest of what the routers want.
    this.#tellGates({ type: "SetVrrp", instance: router, state: event.to });
  }

  #verdict(vip: string, announce: boolean): void {
    const config = this.configs.find(({ addresses }) =>
      addresses.some((each) => each.toString() === vip),
    ) as RouterConfig;
    if (announce) {
      assert.equal(this.states.get(config.name), "Master", `${this.name} announces ${vip}`);
      assert.equal(this.advertisedAt.has(config.name), true, `${this.name}: ${vip} announced before the first advert`);
      this.announced.add(vip);
    } else this.announced.delete(vip);
    this.world.upstream.route(this, vip, announce);
  }

  // Invariants 1 of DESIGN section 8, and what else is true of a gateway between two turns.

  check(): void {
    if (!this.isRunning) return;
    for (const { name, addresses, syncGroup } of this.configs) {
      const state = this.states.get(name) ?? "Initialize";
      for (const vip of addresses) {
        const text = vip.toString();
        const gate = this.gates.why(text);
        if (gate !== undefined)
          assert.equal(this.announced.has(text), gate.action === "announce", `${this.name}: ${text} and its gate`);
        if (state === "Master") continue;
        assert.equal(this.announced.has(text), false, `${this.name}: ${text} is announced in ${state}`);
        assert.equal(this.addresses.has(text), false, `${this.name}: ${text} is on in ${state}`);
      }
      if (syncGroup !== undefined)
        for (const other of this.states.values())
          assert.equal(
            other === "Master",
            state === "Master",
            `${this.name}: its group is ${[...this.states.values()]}`,
          );
    }
  }
}

const vipsOf = ({ addresses }: RouterConfig): readonly Prefix[] =>
  addresses.filter(({ address }) => !address.isLinkLocal);
