/**
 * One host of the world in restart-world.ts: a process with a speaker that lives and dies, the routes it is to announce,
 * and what each of its neighbours must hold of it. After each step it is asked for DESIGN's invariants 3 and 4.
 */
import assert from "node:assert/strict";
import {
  type Input,
  localRoute,
  type Out,
  type PeerConfig,
  Speaker,
  type SpeakerConfig,
  type SpeakerEvent,
} from "../../src/bgp/index.ts";
import { FAMILIES, Family, parseAttributes, WellKnownCommunity } from "../../src/bgp/wire/index.ts";
import { Address, formatAddress } from "../../src/lib/address.ts";
import { toHex } from "../../src/lib/bytes.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { after, type Instant, type Micros, millis, NEVER } from "../../src/lib/time.ts";
import type { Delivery, Host, Net } from "./restart-net.ts";
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

/** Where a node lives. */
export interface Surroundings {
  readonly net: Net;
  readonly tally: Tally;
  readonly hasIpv6: boolean;
  readonly stalePathTime: Micros;
  others(node: Node): readonly Node[];
  nodeOf(name: string): Node;
  configOf(node: Node, other: Node): PeerConfig;
  /** The process of this node was killed. */
  died(node: Node): void;
  trace(text: () => string): void;
}

/** A look at all that is told takes its time: every so many turns. */
const DEFERRAL_CHECKED = 5;

const prefixes = new Map<string, Prefix>();
function prefixOf(text: string): Prefix {
  const prefix = prefixes.get(text) ?? (parsePrefix(text) as Prefix);
  prefixes.set(text, prefix);
  return prefix;
}

function describe(event: SpeakerEvent): string {
  if (event.type === "established") return `established ${JSON.stringify(event.up.receivedOpen.capabilities)}`;
  return event.type === "state" ? `${event.to} (${event.reason})` : JSON.stringify(event);
}

export class Node implements Host, Out {
  readonly world: Surroundings;
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
  /** After so many messages the process is killed. */
  sendsLeft: number | undefined;
  #isDying = false;
  #turns = 0;
  /** This process has told its speaker of its routes. */
  #hasAnnounced = false;

  constructor(world: Surroundings, number: number) {
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
    if (this.#isDying) return this.world.net.now;
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
    this.sendsLeft = undefined;
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
    this.#isDying = false;
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
    this.#live(net.now);
    if (!this.#isDying) return;
    this.#isDying = false;
    this.world.died(this);
  }

  #live(now: Instant): void {
    for (let item = this.inbox.shift(); item !== undefined; item = this.inbox.shift()) this.#handle(item);
    for (let turns = 0; (this.speaker?.deadline ?? NEVER) <= now; turns++) {
      assert.ok(turns < 10_000, "a speaker does not come to rest");
      this.speaker?.advance(now);
    }
    if (this.#isDying) return;
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
    // Only what is fresh: of a stale route nobody may know for how long it is to stay.
    if (!bond.isUp || this.speaker?.rib.staleCount(index, route.family) !== 0) return false;
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
    if (!this.#isDying) this.world.net.close(this, connection);
  }

  /** A process may be killed between any two of its messages. */
  send(connection: number, bytes: Uint8Array): void {
    if (this.sendsLeft === 0) this.#isDying = true;
    if (this.sendsLeft !== undefined) this.sendsLeft--;
    if (!this.#isDying) this.world.net.send(this, connection, bytes);
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
