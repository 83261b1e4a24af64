/**
 * Two or three speakers that all announce something and help each other to restart, under every way in which processes,
 * hosts, links and operators fail, from one seed. After each step, DESIGN's invariants 2, 3 and 4 are asked of everybody
 * who did something; when all faults are mended, invariant 7.
 */
import assert from "node:assert/strict";
import { type PeerConfig, peerConfig, plainFamily } from "../../src/bgp/index.ts";
import { FAMILIES, Family } from "../../src/bgp/wire/index.ts";
import { after, type Instant, type Micros, millis, seconds } from "../../src/lib/time.ts";
import { Net } from "./restart-net.ts";
import { Node, type Surroundings, type Tally } from "./restart-node.ts";

const FAULTS_TIME = 120;
const LIVENESS_MAX = seconds(600);
/** Everything that happens is printed. */
const isTracing = process.env["TRACE"] !== undefined;

export class World implements Surroundings {
  readonly net: Net;
  readonly tally: Tally;
  readonly hasIpv6: boolean;
  readonly stalePathTime: Micros;
  readonly #nodes: readonly Node[];
  #isMended = false;
  readonly #common: Partial<PeerConfig>;
  readonly #restart: readonly PeerConfig["gracefulRestart"][];
  readonly #longLived: readonly (Micros | undefined)[];

  constructor(seed: number, tally: Tally) {
    this.net = new Net(seed);
    this.tally = tally;
    const { net } = this;
    this.hasIpv6 = net.chance(0.3);
    this.stalePathTime = seconds(net.int(10, 40));
    this.#common = {
      holdTime: seconds(net.int(3, 20)),
      connectRetryTime: seconds(net.int(1, 10)),
      idleHoldTimeMax: seconds(10),
    };
    const count = net.chance(0.3) ? 3 : 2;
    const notification = net.chance(0.6);
    const longLived = net.chance(0.5);
    const restartOf = () => ({
      restartTime: seconds(net.chance(0.1) ? 0 : net.int(5, 40)),
      notification: notification && net.chance(0.9),
      longLived: longLived && net.chance(0.9),
      helperOnly: net.chance(0.1),
      deferralTime: seconds(net.int(3, 10)),
      stalePathTime: this.stalePathTime,
    });
    const times = Array.from({ length: count }, () => (net.chance(0.8) ? seconds(net.int(0, 60)) : undefined));
    this.#longLived = times;
    this.#restart = times.map(() => (net.chance(0.9) ? restartOf() : undefined));
    this.#nodes = times.map((_, i) => new Node(this, i + 1));
  }

  nodeOf(name: string): Node {
    return this.#nodes.find((node) => node.name === name) as Node;
  }

  others(node: Node): readonly Node[] {
    return this.#nodes.filter((other) => other !== node);
  }

  configOf(node: Node, other: Node): PeerConfig {
    const longLivedStaleTime = this.#longLived[node.number - 1];
    const families = FAMILIES.filter((family) => family === Family.Ipv4Unicast || this.hasIpv6);
    return peerConfig({
      ...this.#common,
      address: other.address,
      localAs: 65000 + node.number,
      peerAs: 65000 + other.number,
      routerId: node.number,
      families: families.map((family) => ({ ...plainFamily(family), gracefulRestart: true, longLivedStaleTime })),
      gracefulRestart: this.#restart[node.number - 1],
    });
  }

  trace(text: () => string): void {
    if (isTracing) console.log(`${(this.net.now / 1e6).toFixed(3)} ${text()}`);
  }

  /** Faults, one after the other and on top of each other. */
  safety(): void {
    const { net } = this;
    for (const node of this.#nodes) node.start(undefined);
    this.#run(seconds(20) as number as Instant, () => false);
    for (let fault = net.int(2, 7); fault > 0; fault--)
      net.at(seconds(20 + net.rng() * (FAULTS_TIME - 20)) as number as Instant, () =>
        this.#mischief(net.pick(this.#nodes)),
      );
    this.#run(seconds(FAULTS_TIME) as number as Instant, () => false);
  }

  #mischief(node: Node): void {
    const { net } = this;
    if (this.#isMended) return;
    const other = net.pick(this.others(node));
    const connection = node.speaker?.peers.get(other.name)?.up?.connection;
    const kinds = [
      () => this.#kill(node, false),
      () => this.#kill(node, false),
      () => this.#kill(node, true),
      () => {
        node.sendsLeft = net.int(0, 5);
      },
      () => this.#stop(node, "shutdown"),
      () => this.#stop(node, "hold"),
      () => net.partition(node, other),
      () => net.heal(),
      () => connection !== undefined && net.cut(node, connection),
      () => connection !== undefined && net.cut(node, connection),
      () => this.#stall(node),
      () => this.#operate(node, other),
      () => node.toggle(net.pick([`10.${node.number}.0.0/24`, `10.${node.number}.7.0/24`])),
    ];
    const kind = net.pick(kinds);
    this.trace(() => `${node.name}, ${other.name}: ${kind}`);
    kind();
    if (net.chance(0.3)) net.at(after(net.now, seconds(net.rng() * 3)), () => this.#mischief(node));
  }

  died(node: Node): void {
    this.#kill(node, false);
  }

  #stall(node: Node): void {
    node.stalledUntil = after(this.net.now, seconds(this.net.rng() * 5));
  }

  #kill(node: Node, isSilent: boolean): void {
    if (node.isAlive) this.#revive(node, () => node.end(isSilent), true);
  }

  /** It comes back: soon, late, or not until all is mended; as what it is, or as one that does not know of a restart. */
  #revive(node: Node, end: () => void, isRestart: boolean): void {
    const { net } = this;
    end();
    const { life } = node;
    if (net.chance(0.1) && !this.#isMended) return;
    const wait = seconds(net.chance(0.7) ? net.rng() * 6 : net.rng() * 80);
    const families = net.chance(0.9) ? FAMILIES : [];
    const restart = isRestart && net.chance(0.9) ? { forwarding: families } : undefined;
    net.at(after(net.now, wait), () => {
      if (node.life === life) node.start(restart);
    });
  }

  /** Invariant 2: whoever it has a sound session with has nothing left, live or stale. */
  #stop(node: Node, mode: "shutdown" | "hold"): void {
    const { net } = this;
    if (!node.isAlive || node.stalledUntil > net.now) return;
    this.tally.stops++;
    node.sendsLeft = undefined;
    const watched = mode === "hold" ? [] : this.others(node).filter((other) => this.#isSound(node, other));
    if (mode === "shutdown") node.isLeaving = true;
    if (mode === "shutdown") for (const other of this.others(node)) other.bonds.get(node.name)?.must.clear();
    node.tell({ type: "Stop", text: "", mode });
    for (const bond of node.bonds.values()) bond.forget();
    const { life } = node;
    for (const other of watched) {
      const { life: itsLife } = other;
      net.at(after(net.now, millis(700)), () => {
        if (other.life !== itsLife || other.stalledUntil > after(net.now, millis(-700))) return;
        const index = other.speaker?.peers.get(node.name)?.index;
        const held =
          index === undefined
            ? 0
            : FAMILIES.reduce<number>((sum, f) => sum + (other.speaker?.rib.receivedCount(index, f) ?? 0), 0);
        assert.equal(
          node.life === life ? held : 0,
          0,
          `${other.name} holds what ${node.name} had announced before its stop`,
        );
      });
    }
    net.at(after(net.now, millis(900)), () => {
      if (node.life === life) this.#revive(node, () => node.end(false), mode === "hold");
    });
  }

  #isSound(node: Node, other: Node): boolean {
    const mine = node.speaker?.peers.get(other.name)?.up;
    const its = other.speaker?.peers.get(node.name)?.up;
    if (mine === undefined || its === undefined || other.stalledUntil > this.net.now) return false;
    return (
      this.net.isLinked(node, other) &&
      this.net.isSound(node, mine.connection) &&
      this.net.isSound(other, its.connection)
    );
  }

  #operate(node: Node, { name: peer, ...other }: Node): void {
    const { net } = this;
    const text = "operator";
    const config = this.configOf(node, other as Node);
    const forgets = (): void => node.bonds.get(peer)?.forget();
    if (node.disabled.delete(peer)) {
      node.tell({ type: "EnablePeer", peer });
      return;
    }
    const kinds = [
      () => node.tell({ type: "ResetPeer", peer, text, hard: true }),
      () => node.tell({ type: "ResetPeer", peer, text }),
      () => node.tell({ type: "SoftReset", peer, direction: "both" }),
      () => node.tell({ type: net.chance(0.5) ? "DrainPeer" : "UndrainPeer", peer }),
      () => {
        node.tell({ type: "UpdatePeer", config, effect: "reset" });
        forgets();
      },
      () => {
        node.tell({ type: "UpdatePeer", config, effect: "soft" });
      },
      () => {
        node.disabled.add(peer);
        node.tell({ type: "DisablePeer", peer, text });
        forgets();
      },
      () => {
        node.tell({ type: "RemovePeer", peer });
        forgets();
        node.tell({ type: "AddPeer", config });
      },
    ];
    const kind = net.pick(kinds);
    this.trace(() => `operator: ${kind}`);
    kind();
  }

  /** Everything is mended: soon everybody knows everything, nothing is stale, and each has what the other told it. */
  liveness(): void {
    const { net } = this;
    this.#isMended = true;
    this.#run(after(net.now, seconds(2)), () => false); // who was about to end has ended
    net.heal();
    for (const node of this.#nodes) {
      node.stalledUntil = net.now;
      if (!node.isAlive) node.start({ forwarding: FAMILIES });
      for (const peer of node.disabled) node.tell({ type: "EnablePeer", peer });
    }
    // What the last faults have done shows within a hold time.
    this.#run(after(net.now, seconds(25)), () => false);
    this.#run(after(net.now, LIVENESS_MAX), () => this.#isJoined());
    this.#run(after(net.now, seconds(15)), () => false);
    assert.ok(this.#isJoined(), "all are joined");
    for (const node of this.#nodes)
      for (const other of this.others(node)) {
        const told = other.table(node, "adjRibOut");
        assert.deepEqual(node.table(other, "adjRibIn"), told, `${node.name} has what ${other.name} told`);
        for (const text of other.routes.keys())
          assert.ok(
            told.some((line) => line.startsWith(`${text} `)),
            text,
          );
      }
  }

  #isJoined(): boolean {
    return this.#nodes.every((node) => {
      if (node.speaker === undefined || node.speaker.restartAt(this.net.now).restarting) return false;
      return this.others(node).every((other) => {
        const view = node.speaker?.restartOf(other.name);
        return this.#isSound(node, other) && view?.families.every(({ stale }) => stale === 0) === true;
      });
    });
  }

  /** Runs until `end`, or until `done` says so. */
  #run(end: Instant, done: () => boolean): void {
    const { net } = this;
    for (let turns = 0; !done(); turns++) {
      assert.ok(turns < 100_000, "the world does not come to rest");
      const next = Math.min(net.next, ...this.#nodes.map(({ wakeAt }) => wakeAt)) as Instant;
      if (next > end) break;
      net.now = Math.max(net.now, next) as Instant;
      net.runDue();
      for (const node of this.#nodes) if (node.wakeAt <= net.now) node.turn();
    }
    if (!done()) net.now = Math.max(net.now, end) as Instant;
  }
}
