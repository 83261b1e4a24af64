/*
 * VRRP: the virtual routers of this node, as a pure core.
 *
 * Parts. packet.ts reads and writes adverts, checksum.ts sums them up. router.ts is one virtual router: the state machine
 * of RFC 9568 section 6.4 with keepalived's additions (Fault, trackers, preempt delay, sync groups, resumption). Around it:
 * reception.ts checks, counts and reports what came in; advertiser.ts keeps the encoded adverts; gratuitous.ts says when
 * the link is told about addresses; trackers.ts makes a priority of weights; intervals.ts has the formulas;
 * sync-group.ts ties routers together; changes.ts tells what a reload changes. This file is the set of them: it finds
 * the router a packet is for, knows what trackers said, and who is due next. virtual-router.ts is a single one for
 * programs that embed it.
 *
 * Flow. The driver hands over packets, paths, tracker states and settings by `handle`, then calls `advance`, then reads
 * `deadline`; the core answers through `Out` (vrrp-io.ts), whose order is a promise: becoming Master is advert, addresses,
 * gratuitous ARP, event; leaving is event, priority 0, addresses off. Whoever announces routes on the event so announces
 * after the address is there, and withdraws before anybody hears of the end.
 *
 * A process that did not run. Packets that waited are handed over first. A Backup so hears its Master before its timer
 * is looked at. A Master that was silent for its own Master_Down_Interval is Backup before it does anything else, and as
 * of three intervals (nobody can have taken over sooner) it yields to whomever it hears: it has been replaced.
 *
 * What a peer can make us keep: one list of addresses a router, one set of causes an interface. Answers to adverts are
 * one for one; gratuitous ARP on account of them is one burst an interval.
 *
 * RFC 9568 (version 3; its Active is Master here), RFC 5798, RFC 3768 and 2338 (version 2, simple password), with the
 * errata 7949, 8298, 8300 and 8301 of RFC 9568 and 5798.
 */
import { assert } from "../lib/assert.ts";
import type { Core } from "../lib/core.ts";
import { after, type Instant, millis, NEVER } from "../lib/time.ts";
import { checkConfig, namesAnother } from "./changes.ts";
import { virtualRouterIdOf } from "./packet.ts";
import { Router } from "./router.ts";
import { SyncGroup } from "./sync-group.ts";
import type { TrackerState } from "./trackers.ts";
import type { DropCause, Input, Out, ReceivedPacket, RouterConfig, RouterName, RouterView } from "./vrrp-io.ts";

/** Routers of one interface by family and VRID, and what was told of packets for none of them. */
interface Link {
  readonly routers: (Slot | undefined)[];
  readonly told: Set<DropCause>;
}

/** A router and its place among the deadlines. */
interface Slot {
  readonly router: Router;
  index: number;
  group: Group | undefined;
}

interface Group {
  readonly name: string;
  readonly sync: SyncGroup;
  readonly slots: Set<Slot>;
}

const VRIDS = 256;
/** The shortest time in which a Master is replaced is three intervals of 10 ms. Who is later than this has to look. */
const LATE_MAX = millis(20);
const linkIndex = (family: 4 | 6, virtualRouterId: number) => (family === 4 ? 0 : VRIDS) + virtualRouterId;

/** See the head of this file. */
export class Vrrp implements Core<Input> {
  readonly #out: Out;
  readonly #byName = new Map<RouterName, Slot>();
  readonly #links = new Map<string, Link>();
  readonly #groups = new Map<string, Group>();
  readonly #trackers = new Map<string, TrackerState>();
  readonly #slots: Slot[] = [];
  #deadlines = new Float64Array(16).fill(NEVER);
  /** The least of the deadlines; undefined: has to be looked for. */
  #next: Instant | undefined = NEVER;
  #stopped = false;

  constructor(out: Out) {
    this.#out = out;
  }

  get deadline(): Instant {
    if (this.#next === undefined) {
      let min = Number.POSITIVE_INFINITY;
      for (let i = 0; i < this.#slots.length; i++) {
        const at = this.#deadlines[i] as number;
        if (at < min) min = at;
      }
      this.#next = min as Instant;
    }
    return this.#next;
  }

  advance(now: Instant): void {
    // Whoever has been replaced meanwhile takes its group along, before one of that group advertises.
    if (now > after(this.deadline, LATE_MAX)) this.#tellAll((router) => router.noticeStall(now));
    for (let due = this.deadline; due <= now; due = this.deadline) {
      const slot = this.#slots[this.#deadlines.indexOf(due)] as Slot;
      slot.router.advance(now);
      this.#note(slot);
    }
  }

  /** Throws AssertionError on a configuration that cannot run, or a name or VRID that is taken. */
  handle(now: Instant, input: Input): void {
    if (this.#stopped) return;
    switch (input.type) {
      case "Received":
        this.#receive(now, input.packet);
        return;
      case "AddRouter":
        this.#add(now, input.config, input.resume ?? false);
        return;
      case "UpdateRouter":
        this.#update(now, input.config);
        return;
      case "RemoveRouter":
        this.#remove(now, input.router, "removed");
        return;
      case "SetPath":
        this.#tell(input.router, (router) => router.setPath(now, input.path));
        return;
      case "AddressLost":
        this.#tell(input.router, (router) => router.addressLost(now, input.address));
        return;
      case "SetTracker":
        this.#setTracker(now, input.tracker, input.state);
        return;
      case "Stop":
        this.#tellAll((router) => router.halt(now, "stopped"));
        this.#stopped = true;
        return;
      default:
        input satisfies never;
    }
  }

  /** Whether there is one of which nobody can say yet who its Master is: it may still become Master itself. */
  get isUnsettled(): boolean {
    return this.#slots.some(({ router }) => router.isUnsettled);
  }

  /** All routers, in the order in which they came. */
  views(): readonly RouterView[] {
    return [...this.#byName.values()].map(({ router }) => router.view());
  }

  view(name: RouterName): RouterView | undefined {
    return this.#byName.get(name)?.router.view();
  }

  #add(now: Instant, config: RouterConfig, resumes: boolean): void {
    checkConfig(config);
    assert(!this.#byName.has(config.name), `there is a virtual router ${config.name} already`);
    const { routers } = this.#link(config.interface);
    const at = linkIndex(config.family, config.virtualRouterId);
    const taken = routers[at]?.router.name;
    assert(taken === undefined, `VRID ${config.virtualRouterId} on ${config.interface} belongs to ${taken} already`);
    const router = new Router(now, config, resumes, this.#out, (tracker) => this.#trackers.get(tracker));
    const slot: Slot = { router, index: this.#slots.length, group: undefined };
    routers[at] = slot;
    this.#byName.set(config.name, slot);
    this.#slots.push(slot);
    if (this.#slots.length > this.#deadlines.length) {
      const grown = new Float64Array(2 * this.#deadlines.length).fill(NEVER);
      grown.set(this.#deadlines);
      this.#deadlines = grown;
    }
    this.#regroup(now, slot);
    this.#note(slot);
  }

  #update(now: Instant, config: RouterConfig): void {
    checkConfig(config);
    const slot = this.#byName.get(config.name);
    assert(slot !== undefined, `there is no virtual router ${config.name}`);
    if (namesAnother(slot.router.config, config)) {
      const { path, config: before } = slot.router;
      this.#remove(now, config.name, "is another virtual router now");
      this.#add(now, config, false);
      const isSameLink = before.interface === config.interface && before.family === config.family;
      if (path !== undefined && isSameLink) this.#tell(config.name, (router) => router.setPath(now, path));
      return;
    }
    slot.router.update(now, config);
    this.#regroup(now, slot);
    this.#note(slot);
  }

  #remove(now: Instant, name: RouterName, reason: string): void {
    const slot = this.#byName.get(name);
    if (slot === undefined) return;
    const { config } = slot.router;
    slot.router.halt(now, reason);
    this.#leaveGroup(now, slot);
    this.#byName.delete(name);
    this.#link(config.interface).routers[linkIndex(config.family, config.virtualRouterId)] = undefined;
    const last = this.#slots.pop() as Slot;
    if (last !== slot) {
      this.#slots[slot.index] = last;
      last.index = slot.index;
    }
    this.#deadlines.fill(NEVER, this.#slots.length);
    this.#note(last);
  }

  #setTracker(now: Instant, tracker: string, state: "up" | "down"): void {
    if (this.#trackers.get(tracker) === state) return;
    this.#trackers.set(tracker, state);
    for (const slot of this.#slots) {
      if (!slot.router.config.trackers.some(({ name }) => name === tracker)) continue;
      slot.router.trackersChanged(now);
      this.#note(slot);
    }
  }

  /** Puts a router into the group that its configuration names, and out of another. */
  #regroup(now: Instant, slot: Slot): void {
    const { syncGroup } = slot.router.config;
    if (slot.group?.name === syncGroup) return;
    this.#leaveGroup(now, slot);
    if (syncGroup === undefined) return;
    let group = this.#groups.get(syncGroup);
    if (group === undefined) {
      group = { name: syncGroup, sync: new SyncGroup(), slots: new Set() };
      this.#groups.set(syncGroup, group);
    }
    slot.group = group;
    group.slots.add(slot);
    slot.router.joinGroup(now, group.sync);
  }

  #leaveGroup(now: Instant, slot: Slot): void {
    const { group } = slot;
    if (group === undefined) return;
    slot.group = undefined;
    group.slots.delete(slot);
    slot.router.leaveGroup(now);
    for (const other of group.slots) this.#note(other);
    if (group.slots.size === 0) this.#groups.delete(group.name);
  }

  #tell(name: RouterName, what: (router: Router) => void): void {
    const slot = this.#byName.get(name);
    if (slot === undefined) return;
    what(slot.router);
    this.#note(slot);
  }

  #tellAll(what: (router: Router) => void): void {
    for (const slot of this.#slots) {
      what(slot.router);
      this.#note(slot);
    }
  }

  /** The router may have another deadline, and with it those that it takes along. */
  #note(slot: Slot): void {
    this.#next = undefined;
    if (slot.group === undefined) this.#deadlines[slot.index] = slot.router.deadline;
    else for (const { index, router } of slot.group.slots) this.#deadlines[index] = router.deadline;
  }

  #receive(now: Instant, packet: ReceivedPacket): void {
    const link = this.#link(packet.interface);
    const virtualRouterId = virtualRouterIdOf(packet.payload);
    if (virtualRouterId === undefined) {
      this.#stray(link, packet, "too-short", `${packet.payload.length} octets`);
      return;
    }
    const slot = link.routers[linkIndex(packet.source.version, virtualRouterId)];
    if (slot === undefined) {
      this.#stray(link, packet, "unknown-vrid", `VRID ${virtualRouterId} of IPv${packet.source.version}`);
      return;
    }
    slot.router.receive(now, packet);
    this.#note(slot);
  }

  #stray(link: Link, { interface: name, source }: ReceivedPacket, cause: DropCause, detail: string): void {
    if (link.told.has(cause)) return;
    link.told.add(cause);
    this.#out.strayPacket(name, source, cause, detail);
  }

  #link(name: string): Link {
    let link = this.#links.get(name);
    if (link === undefined) {
      link = { routers: new Array<Slot | undefined>(2 * VRIDS).fill(undefined), told: new Set() };
      this.#links.set(name, link);
    }
    return link;
  }
}
