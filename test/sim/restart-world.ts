/**
 * Two or three speakers that all announce something and help each other to restart, under every way in which processes,
 * hosts, links and operators fail, from one seed. After each step, DESIGN's invariants 2, 3 and 4 are asked of everybody
 * who did something; when all faults are mended, invariant 7.
 */
import assert from "node:assert/strict";
import {
  type Input,
  localRoute,
  type Out,
  type PeerConfig,
  peerConfig,
  plainFamily,
  Speaker,
  type SpeakerConfig,
  type SpeakerEvent,
} from "../../src/bgp/index.ts";
import { FAMILIES, Family, parseAttributes, WellKnownCommunity } from "../../src/bgp/wire/index.ts";
import { Address, formatAddress } from "../../src/lib/address.ts";
import { toHex } from "../../src/lib/bytes.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { after, type Instant, type Micros, millis, NEVER, seconds } from "../../src/lib/time.ts";
import { type Delivery, type Host, Net } from "./restart-net.ts";
import { Bond, type Route } from "./restart-oracle.ts";

/** What happened in all worlds: a simulation in which nobody was helped proves nothing. */
export interface Tally {
  kept: number;
  longLived: number;
  resumed: number;
  ended: number;
  hardResets: number;
  holdExpiries: number;
  stops: number;
  restartsOver: number;
  deferralTimeouts: number;
}

/** A look at all that is told takes its time: every so many turns. */
const DEFERRAL_CHECKED = 5;
const FAULTS_TIME = 120;
const LIVENESS_MAX = seconds(600);
const prefixes = new Map<string, Prefix>();
function prefixOf(text: string): Prefix {
  const prefix = prefixes.get(text) ?? (parsePrefix(text) as Prefix);
  prefixes.set(text, prefix);
  return prefix;
}

class Node implements Host, Out {
  readonly world: World;
  readonly number: number;
  readonly address: Address;
  readonly name: string;
  readonly routes = new Map<string, Route>();
  readonly bonds = new Map<string, Bond>();
  readonly disabled = new Set<string>();
  inbox: Delivery[] = [];
  speaker: Speaker | undefined;
  readonly #targets = new Map<number, Address>();
  stalledUntil = 0 as Instant;
  /** It withdraws what it has announced. */
  isLeaving = false;
  /** Counts processes. */
  life = 0;
  /** Neighbours whose stale routes have just become long-lived stale. */
  readonly #longLived = new Set<string>();
  #turns = 0;
  /** This process has told its speaker of its routes. */
  #hasAnnounced = false;

  constructor(world: World, number: number) {
    this.world = world;
    this.number = number;
    this.address = new Address(4, 0x0a000000 + number);
    this.name = formatAddress(this.address);
    for (let i = 0; i < 3; i++) this.#addRoute(`10.${number}.${i}.0/24`, Family.Ipv4Unicast, i === 2);
    if (world.hasIpv6) this.#addRoute(`2001:db8:${number}::/48`, Family.Ipv6Unicast, false);
  }

  #addRoute(text: string, family: Family, noLlgr: boolean): void {
    this.routes.set(text, { text, family, noLlgr });
  }

  get isAlive(): boolean {
    return this.speaker !== undefined;
  }

  get wakeAt(): Instant {
    if (this.speaker === undefined) return NEVER;
    const wish = this.inbox.length > 0 ? this.world.net.now : this.speaker.deadline;
    return Math.max(wish, this.stalledUntil) as Instant;
  }

  newConnection(): number {
    return this.speaker?.newConnection() ?? 0;
  }

  deliver(what: Delivery): void {
    if (this.isAlive) this.inbox.push(what);
  }

  /** A process starts. `restart`: undefined is a first start. It finds out what it has to announce a little later. */
  start(restart: SpeakerConfig["restart"]): void {
    const { net } = this.world;
    this.life++;
    this.#hasAnnounced = false;
    this.isLeaving = false;
    this.stalledUntil = net.now;
    this.disabled.clear();
    const speaker = new Speaker({ restart }, net.rng, this);
    this.speaker = speaker;
    speaker.handle(net.now, { type: "HoldEndOfRib" });
    for (const other of this.world.others(this))
      speaker.handle(net.now, { type: "AddPeer", config: this.world.configOf(this, other) });
    const { life } = this;
    net.at(after(net.now, millis(net.int(0, 2000))), () => {
      if (this.life !== life || this.speaker !== speaker) return;
      this.#hasAnnounced = true;
      this.tell({ type: "Announce", routes: [...this.routes.values()].map((route) => this.#local(route)) });
      this.tell({ type: "ReleaseEndOfRib" });
    });
  }

  /** The process is gone, and with it all it knew. */
  end(isSilent: boolean): void {
    this.world.net.drop(this, isSilent);
    this.speaker = undefined;
    this.life++;
    this.inbox = [];
    for (const bond of this.bonds.values()) bond.forget();
    this.bonds.clear();
  }

  /** Announces a route that was not, or withdraws one that was. */
  toggle(text: string): void {
    const route = this.routes.get(text);
    if (route === undefined) {
      const family = text.includes(":") ? Family.Ipv6Unicast : Family.Ipv4Unicast;
      const added = { text, family, noLlgr: false };
      this.routes.set(text, added);
      if (this.#hasAnnounced) this.tell({ type: "Announce", routes: [this.#local(added)] });
      return;
    }
    this.routes.delete(text);
    for (const other of this.world.others(this)) other.bonds.get(this.name)?.must.delete(text);
    if (!this.#hasAnnounced) return;
    this.tell({ type: "Withdraw", routes: [{ family: route.family, prefix: prefixOf(text), pathId: 0 }] });
  }

  tell(input: Input): void {
    this.speaker?.handle(this.world.net.now, input);
  }

  bondOf(name: string): Bond {
    const bond = this.bonds.get(name) ?? new Bond(this.world.stalePathTime);
    this.bonds.set(name, bond);
    return bond;
  }

  /** All waiting input, then the clock. */
  turn(): void {
    const { net } = this.world;
    for (let item = this.inbox.shift(); item !== undefined; item = this.inbox.shift()) this.#handle(item);
    for (let turns = 0; (this.speaker?.deadline ?? NEVER) <= net.now; turns++) {
      assert.ok(turns < 10_000, "a speaker does not come to rest");
      this.speaker?.advance(net.now);
    }
    this.#check();
    this.#turns++;
    if (this.#turns % DEFERRAL_CHECKED === 0) this.#checkDeferral();
  }

  #handle(item: Delivery): void {
    const { connection } = item;
    const local = this.address;
    const remote = item.type === "Accepted" ? (item.from as Node).address : local;
    if (item.type === "Accepted") this.tell({ type: "Accepted", connection, local, remote });
    else if (item.type === "Connected")
      this.tell({ type: "Connected", connection, local, remote: this.#targets.get(connection) ?? local });
    else if (item.type === "Received") this.tell(item);
    else this.tell({ type: item.type, connection, reason: "" });
  }

  /** Invariants 3 and 4. */
  #check(): void {
    const { now } = this.world.net;
    for (const other of this.world.others(this)) {
      const bond = this.bonds.get(other.name);
      const { speaker } = this;
      if (bond === undefined || speaker === undefined) continue;
      bond.expire(now);
      const index = speaker.peers.get(other.name)?.index;
      const count = (family: Family) => (index === undefined ? 0 : speaker.rib.receivedCount(index, family));
      const total = FAMILIES.reduce<number>((sum, family) => sum + count(family), 0);
      if (bond.isOver(now)) assert.equal(total, 0, `${this.name} still holds what ${other.name} had announced`);
      for (const family of FAMILIES)
        if (index !== undefined && bond.isFresh(now, family))
          assert.equal(speaker.rib.staleCount(index, family), 0, "stale for too long");
      if (this.#longLived.delete(other.name)) this.#checkMarks(speaker, other, index);
      if (total < bond.must.size || total !== other.routes.size)
        for (const { text } of bond.must.values())
          assert.ok(this.#holds(text, index), `${this.name} has lost ${text} of ${other.name}`);
      for (const route of other.routes.values())
        if (!other.isLeaving && this.#isNew(bond, route, total, index)) bond.hold(route);
    }
  }

  /** RFC 9494 section 4.2: what is stale has LLGR_STALE, and had no NO_LLGR. */
  #checkMarks(speaker: Speaker, other: Node, index: number | undefined): void {
    const states = speaker.restartOf(other.name)?.families ?? [];
    for (const { text } of other.routes.values())
      for (const { peer, stale, family, attributes } of speaker.rib.view.exact(prefixOf(text))) {
        const isLongLived = states.some((state) => state.family === family && state.state === "long-lived");
        if (peer !== index || !stale || !isLongLived) continue;
        const { communities } = parseAttributes(attributes);
        assert.ok(communities.includes(WellKnownCommunity.LlgrStale), `${text} is marked`);
        assert.ok(!communities.includes(WellKnownCommunity.NoLlgr), `${text} must not be kept`);
      }
  }

  /** RFC 4724 section 4.1: nothing that was learned is told before selection is over. */
  #checkDeferral(): void {
    const { speaker } = this;
    if (speaker?.restartAt(this.world.net.now).deferring !== true) return;
    for (const other of this.world.others(this))
      if (speaker.peers.get(other.name)?.up !== undefined)
        for (const line of this.table(other, "adjRibOut"))
          assert.ok(this.routes.has(line.split(" ")[0] as string), `${line} is told too early`);
  }

  #isNew(bond: Bond, route: Route, total: number, index: number | undefined): boolean {
    if (bond.must.has(route.text) || index === undefined || total === 0) return false;
    return this.#holds(route.text, index);
  }

  #holds(text: string, index: number | undefined): boolean {
    if (index === undefined) return false;
    return this.speaker?.rib.view.exact(prefixOf(text)).some(({ peer }) => peer === index) === true;
  }

  /** What it holds of another, or told it, as text. */
  table(other: Node, side: "adjRibIn" | "adjRibOut"): string[] {
    const index = this.speaker?.peers.get(other.name)?.index as number;
    return FAMILIES.flatMap((family) => {
      const { routes } = (this.speaker as Speaker).rib.view[side](index, family, 0, 1000);
      return routes.map(({ prefix, attributes, stale }) => `${prefix} ${toHex(attributes)} ${stale}`);
    }).sort();
  }

  #local({ text, noLlgr }: Route) {
    const communities = noLlgr ? [WellKnownCommunity.NoLlgr] : [];
    return localRoute(prefixOf(text), { communities });
  }

  connect(connection: number, peer: PeerConfig): void {
    this.#targets.set(connection, peer.address);
    this.world.net.connect(this, connection, this.world.nodeOf(formatAddress(peer.address)));
  }

  close(connection: number): void {
    this.world.net.close(this, connection);
  }

  send(connection: number, bytes: Uint8Array): void {
    this.world.net.send(this, connection, bytes);
  }

  restartOver(how: "complete" | "timeout"): void {
    this.world.tally.restartsOver++;
    if (how === "timeout") this.world.tally.deferralTimeouts++;
  }

  event(peer: string, event: SpeakerEvent): void {
    const { net, tally } = this.world;
    this.world.trace(() => `${this.name} of ${peer}: ${describe(event)}`);
    const bond = this.bondOf(peer);
    if (event.type === "established") bond.established(net.now, event.up);
    else if (event.type === "end-of-rib") bond.endOfRib(event.family);
    else if (event.type === "stale-kept") tally.kept++;
    else if (event.type === "long-lived-stale") {
      tally.longLived++;
      this.#longLived.add(peer);
    } else if (event.type === "internal-error") throw event.error;
    else if (event.type === "stale-removed" && event.why === "end-of-rib") tally.resumed++;
    else if (event.type === "stale-removed") tally.ended++;
    else if (event.type === "down") {
      bond.down(net.now, event.reason);
      if (event.reason.type === "hold-timer-expired") tally.holdExpiries++;
      if ("error" in event.reason && event.reason.error.code === 6 && event.reason.error.subcode === 9)
        tally.hardResets++;
    }
  }
}

/** Everything that happens is printed. */
const isTracing = process.env["TRACE"] !== undefined;

function describe(event: SpeakerEvent): string {
  if (event.type === "established") return `established ${JSON.stringify(event.up.receivedOpen.capabilities)}`;
  return event.type === "state" ? `${event.to} (${event.reason})` : JSON.stringify(event);
}

export class World {
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
