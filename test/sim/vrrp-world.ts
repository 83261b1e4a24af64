/**
 * Gateways with VRRP, gates and BGP on one link, in virtual time and from one seed. Adverts are lost, delayed, doubled
 * and cut off, in one direction too; processes are stopped like by SIGSTOP, killed between any two effects, ended in an
 * orderly way, and started again; links go down, addresses are taken off, priorities and intervals change. First anything
 * may happen (`safety`), then nothing does any more (`liveness`), then one gateway after the other is stopped (`stops`).
 *
 * DESIGN section 8: invariant 1 is asserted after every turn of every gateway (vrrp-node.ts), 5 in `liveness`, 2 in `stops`.
 */
import assert from "node:assert/strict";
import { type Address, compareAddresses, parseAddress } from "../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { type Instant, type Micros, millis, seconds } from "../../src/lib/time.ts";
import { type RouterConfig, routerConfig, VRRP_GROUP_4, VRRP_GROUP_6 } from "../../src/vrrp/index.ts";
import { Agenda } from "./agenda.ts";
import { Gateway } from "./vrrp-node.ts";
import type { Upstream } from "./vrrp-upstream.ts";

/** What happened in all worlds: a simulation in which nobody is ever replaced proves nothing about that. */
export interface Tally {
  masters: number;
  priorityZero: number;
  stalls: number;
  kills: number;
  resumptions: number;
  splits: number;
}

const VIP_4 = parsePrefix("203.0.113.10/32") as Prefix;
/** RFC 9568 section 5.2.9: the link-local one comes first. */
const ADDRESSES_6 = [parsePrefix("fe80::66/128") as Prefix, parsePrefix("2001:db8::66/128") as Prefix];
const DELAY_MIN = millis(0.1);

/** How the network treats adverts. */
interface Weather {
  loss: number;
  duplication: number;
  delayMax: Micros;
  /** "from to", by names of gateways. */
  readonly cut: Set<string>;
}

export class VrrpWorld {
  readonly rng: Rng;
  readonly agenda = new Agenda();
  readonly tally: Tally;
  readonly upstream: Upstream;
  readonly gateways: Gateway[] = [];
  /** The longest of all advertisement intervals there have been. */
  intervalMax: Micros;
  readonly #weather: Weather = { loss: 0, duplication: 0, delayMax: DELAY_MIN, cut: new Set() };
  readonly #interval: Micros;
  readonly #version: 2 | 3;
  readonly #isGroup: boolean;
  /** When the last advert in peace arrives, by way. */
  readonly #arrivals = new Map<string, Instant>();
  #strikes = 0;

  constructor(seed: number, tally: Tally, makeUpstream: (world: VrrpWorld) => Upstream) {
    this.rng = seededRng(seed);
    this.tally = tally;
    this.#version = this.#chance(0.15) ? 2 : 3;
    this.#interval =
      this.#version === 2 || this.#chance(0.3) ? seconds(1) : this.pick([millis(100), millis(200), millis(40)]);
    this.intervalMax = this.#interval;
    this.#isGroup = this.#version === 3 && this.#chance(0.2);
    this.upstream = makeUpstream(this);
    this.#build();
  }

  get now(): Instant {
    return this.agenda.now;
  }

  later(delay: Micros, run: () => void): void {
    this.agenda.add((this.now + delay) as Instant, run);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.rng() * from.length)] as T;
  }

  #chance(p: number): boolean {
    return this.rng() < p;
  }

  /** Whether the process that asks is killed right now. */
  strikes(): boolean {
    return this.#strikes > 0 && this.#chance(this.#strikes);
  }

  /** So many advertisement intervals. */
  #intervals(n: number): Micros {
    return Math.round(n * this.#interval) as Micros;
  }

  // The gateways.

  #build(): void {
    const count = this.pick([2, 2, 3, 3, 4]);
    const family = this.#version === 3 && this.#chance(0.3) ? 6 : 4;
    const isUnicast = this.#chance(0.15);
    const sources = Array.from({ length: count }, (_, i) => ({
      4: parseAddress(`192.0.2.${this.#chance(0.5) ? i + 1 : 200 - i}`) as Address,
      6: parseAddress(`fe80::${i + 1}`) as Address,
    }));
    for (let i = 0; i < count; i++) {
      const priority = this.#drawPriority();
      const common = this.#drawSettings();
      const router = (of: 4 | 6): RouterConfig =>
        routerConfig({
          name: `vrrp${of}`,
          interface: "eth0",
          virtualRouterId: 51,
          version: this.#version,
          family: of,
          addresses: of === 4 ? [VIP_4] : ADDRESSES_6,
          priority,
          ...common,
          unicast: isUnicast ? this.#unicast(sources.filter((_, j) => j !== i).map((each) => each[of])) : undefined,
          syncGroup: this.#isGroup ? "gateway" : undefined,
        });
      const configs = this.#isGroup ? [router(4), router(6)] : [router(family)];
      const own = new Map<4 | 6, Address>([
        [4, (sources[i] as (typeof sources)[0])[4]],
        [6, (sources[i] as (typeof sources)[0])[6]],
      ]);
      this.gateways.push(new Gateway(this, `gw${i}`, configs, own));
    }
  }

  #unicast(peers: readonly Address[]): RouterConfig["unicast"] {
    return { peers, ttlMin: 255, ttlMax: 255, checkSource: true };
  }

  #drawPriority(): number {
    return this.pick([50, 99, 100, 100, 101, 150, 200, 254, 1 + Math.floor(254 * this.rng())]);
  }

  #drawSettings(): Partial<RouterConfig> {
    const advertisementInterval =
      this.#version === 3 && this.#chance(0.15) ? this.#intervals(this.pick([0.5, 2, 5])) : this.#interval;
    this.intervalMax = Math.max(this.intervalMax, advertisementInterval) as Micros;
    return {
      advertisementInterval,
      preempt: !this.#chance(0.2),
      preemptDelay: this.#chance(0.15) ? this.#intervals(4 * this.rng()) : (0 as Micros),
      startupDelay: this.#chance(0.1) ? this.#intervals(3 * this.rng()) : (0 as Micros),
      answerLowerPriority: !this.#chance(0.2),
      rfc9568Checksum: this.#chance(0.2),
      onAddressLoss: this.#chance(0.5) ? "restore" : "step-down",
      trackers: [{ name: "check web", weight: this.pick([-60, 30]), reverse: false }],
    };
  }

  // The network.

  transmit(from: Gateway, config: RouterConfig, payload: Uint8Array, source: Address, to: Address | undefined): void {
    const { loss, duplication, delayMax, cut } = this.#weather;
    const destination = to ?? (config.family === 4 ? VRRP_GROUP_4 : VRRP_GROUP_6);
    const input = {
      type: "Received",
      packet: { interface: config.interface, source, destination, ttl: 255, payload },
    } as const;
    for (const gateway of this.gateways) {
      if (gateway === from || cut.has(`${from.name} ${gateway.name}`)) continue;
      if (to !== undefined && compareAddresses(to, gateway.sources.get(config.family) as Address) !== 0) continue;
      for (let copies = this.#chance(duplication) ? 2 : 1; copies > 0; copies--) {
        if (this.#chance(loss)) continue;
        const delay = (DELAY_MIN + this.rng() * delayMax) as Micros;
        this.agenda.add(this.#arrival(`${from.name} ${gateway.name}`, delay), () => {
          if (gateway.isLinkUp) gateway.put({ type: "vrrp", input });
        });
      }
    }
  }

  /** A link in peace keeps the order: a priority 0 that overtakes the advert before it is not heard as the end. */
  #arrival(way: string, delay: Micros): Instant {
    const isPeaceful = this.#weather.delayMax === DELAY_MIN;
    const earliest = isPeaceful ? (this.#arrivals.get(way) ?? 0) : 0;
    const arrival = Math.max(this.now + delay, earliest) as Instant;
    if (isPeaceful) this.#arrivals.set(way, arrival);
    return arrival;
  }

  // What befalls them.

  #fault(): void {
    const gateway = this.pick(this.gateways);
    const weather = this.#weather;
    switch (this.pick(FAULTS)) {
      case "loss":
        weather.loss = this.rng() * this.pick([0.2, 0.9]);
        return;
      case "delay":
        weather.delayMax = this.#intervals(2 * this.rng() * this.rng());
        return;
      case "duplication":
        weather.duplication = this.rng();
        return;
      case "partition": {
        const side = new Set(this.gateways.filter(() => this.#chance(0.5)));
        const isOneWay = this.#chance(0.4);
        for (const a of this.gateways)
          for (const b of this.gateways)
            if (side.has(a) !== side.has(b) && (!isOneWay || side.has(a))) weather.cut.add(`${a.name} ${b.name}`);
        return;
      }
      case "heal":
        this.#calm();
        return;
      case "pause":
        gateway.pause(this.#intervals(8 * this.rng()));
        return;
      case "kill":
        this.tally.kills++;
        gateway.kill();
        this.#startLater(gateway);
        return;
      case "strike":
        this.#strikes = 0.2;
        this.later(this.#intervals(2), () => {
          this.#strikes = 0;
        });
        return;
      case "stop":
        gateway.stop();
        this.#startLater(gateway);
        return;
      case "priority": {
        const priority = this.#drawPriority();
        gateway.reconfigure((config) => ({ ...config, priority }));
        return;
      }
      case "settings": {
        const settings = this.#drawSettings();
        gateway.reconfigure((config) => ({ ...config, ...settings, startupDelay: config.startupDelay }));
        return;
      }
      case "link":
        gateway.setLink(false);
        this.later(this.#intervals(6 * this.rng()), () => gateway.setLink(true));
        return;
      case "check":
        gateway.put({
          type: "vrrp",
          input: { type: "SetTracker", tracker: "check web", state: this.#chance(0.5) ? "up" : "down" },
        });
        return;
      case "address":
        gateway.loseAddress();
        return;
    }
  }

  #startLater(gateway: Gateway): void {
    this.later(this.#intervals(this.pick([2, 10]) * this.rng()), () => {
      if (gateway.diedAsMaster) this.tally.resumptions++;
      gateway.start();
    });
  }

  #calm(): void {
    const weather = this.#weather;
    weather.loss = 0;
    weather.duplication = 0;
    weather.delayMax = DELAY_MIN;
    weather.cut.clear();
  }

  // The phases.

  /** Everybody boots, and then anything may happen for about so many advertisement intervals. */
  safety(intervals: number): void {
    for (const gateway of this.gateways) this.later(this.#intervals(3 * this.rng()), () => gateway.start());
    const faults = 1 + Math.floor(8 * this.rng());
    for (let i = 0; i < faults; i++) this.later(this.#intervals(4 + (intervals - 4) * this.rng()), () => this.#fault());
    this.#runFor(this.#intervals(intervals));
  }

  /** Everything heals; then there is one Master, it stays, and only from it the upstream has a path. */
  liveness(): void {
    this.#calm();
    this.#strikes = 0;
    for (const gateway of this.gateways) {
      if (!gateway.isLinkUp) gateway.setLink(true);
      if (gateway.pausedUntil > this.now) gateway.pause(0 as Micros);
      gateway.start();
    }
    // Active_Down_Interval of the lowest priority, twice; adverts that are still on their way count from their arrival.
    this.#runFor((2 * 4 * this.intervalMax + this.#intervals(2)) as Micros);
    const master = this.#soleMaster();
    const { masters } = this.tally;
    this.#runFor((3 * 4 * this.intervalMax) as Micros);
    assert.equal(this.#soleMaster(), master, "the Master does not stay");
    assert.equal(this.tally.masters, masters, "somebody became Master in peace");
    this.#settleUpstream(master);
    if (
      this.gateways.every(({ configs }) => configs.every(({ preempt, preemptDelay }) => preempt && preemptDelay === 0))
    ) {
      const highest = Math.max(...this.gateways.map(priorityOf));
      assert.equal(priorityOf(master), highest, `${master.name} is Master, and not one of priority ${highest}`);
    }
  }

  /** Master after Master is told to stop: nobody has a path of it then, and the next one takes over after its skew. */
  stops(): void {
    for (let left = this.gateways.length; left > 0; left--) {
      const master = this.#soleMaster();
      const [first] = master.vips as readonly [Prefix];
      master.stop();
      this.#runFor(millis(10));
      assert.equal(
        this.upstream.paths(first.toString()).includes(master.name),
        false,
        `a path of ${master.name} is left`,
      );
      if (left === 1) break;
      // Skew_Time of the lowest priority. Who has learned different intervals, or ties in one family each, needs another round.
      const rounds = this.#isUniform ? 1 : 3;
      this.#runFor((rounds * this.intervalMax + millis(50)) as Micros);
      const next = this.#soleMaster();
      assert.notEqual(next, master);
      this.#settleUpstream(next);
    }
  }

  get #isUniform(): boolean {
    const intervals = new Set(
      this.gateways.flatMap(({ configs }) => configs.map((each) => each.advertisementInterval)),
    );
    return !this.#isGroup && intervals.size === 1;
  }

  #soleMaster(): Gateway {
    const masters = this.gateways.filter((gateway) => [...gateway.states.values()].includes("Master"));
    const names = masters.map(({ name }) => name).join(" and ");
    assert.equal(masters.length, 1, `${names === "" ? "nobody" : names} is Master`);
    const [master] = masters as [Gateway];
    assert.equal(master.isMaster, true, `${master.name} is Master in part`);
    return master;
  }

  /** The upstream's table is as it should be at rest. */
  #settleUpstream(master: Gateway): void {
    for (let patience = 100; patience > 0 && !this.upstream.isSettled; patience--) this.#runFor(seconds(1));
    this.#runFor(millis(10));
    for (const vip of master.vips)
      assert.deepEqual(
        this.upstream.paths(vip.toString()),
        [master.name],
        `paths to ${vip} while ${master.name} is Master`,
      );
  }

  #runFor(duration: Micros): void {
    const end = (this.now + duration) as Instant;
    for (let next = this.agenda.next; next !== undefined && next <= end; next = this.agenda.next) {
      this.agenda.step();
      this.#noteSplit();
    }
    this.agenda.now = end;
  }

  #noteSplit(): void {
    let masters = 0;
    for (const gateway of this.gateways) if (gateway.isMaster) masters++;
    if (masters > 1) this.tally.splits++;
  }
}

const FAULTS = [
  "loss",
  "delay",
  "duplication",
  "partition",
  "partition",
  "heal",
  "pause",
  "pause",
  "kill",
  "kill",
  "strike",
  "stop",
  "priority",
  "settings",
  "link",
  "check",
  "address",
] as const;

const priorityOf = (gateway: Gateway): number => gateway.vrrp.views()[0]?.effectivePriority ?? 0;
