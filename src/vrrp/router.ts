import { type Address, compareAddresses } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import { after, elapsed, type Instant, NEVER } from "../lib/time.ts";
import { Advertiser } from "./advertiser.ts";
import { allAddresses, changesAdverts, without } from "./changes.ts";
import { Gratuitous } from "./gratuitous.ts";
import { replaceableAfter } from "./intervals.ts";
import { MasterWatch } from "./master-watch.ts";
import type { ReceivedAdvert } from "./packet.ts";
import { Reception } from "./reception.ts";
import type { Departure, Member, SyncGroup } from "./sync-group.ts";
import { awaitedTracker, effectivePriority, OWNER_PRIORITY, type TrackerStates, trackerFault } from "./trackers.ts";
import type { Input, Out, ReceivedPacket, RouterConfig, RouterView, State } from "./vrrp-io.ts";

/** The source of adverts, or why there is none. */
type Path = Extract<Input, { type: "SetPath" }>["path"];

/**
 * One virtual router: RFC 9568 section 6.4, whose Initialize, Backup and Active are Initialize, Backup and Master here;
 * Fault is an Initialize that local trouble holds it in.
 */
export class Router implements Member {
  readonly #out: Out;
  readonly #trackers: TrackerStates;
  readonly #advertiser: Advertiser;
  readonly #reception: Reception;
  readonly #gratuitous: Gratuitous;
  readonly #watch: MasterWatch;
  #config: RouterConfig;
  #group: SyncGroup | undefined;
  #state: State = "Initialize";
  #since: Instant;
  #reason = "waits for its interface";
  #path: Path | undefined;
  #priority: number;
  /** It was Master until just now, in a process before this one. */
  #resumes: boolean;
  /** Nobody is declared dead before. */
  readonly #quietUntil: Instant;
  #wasStarted = false;
  #isHalted = false;
  #wantsMaster = false;
  /** RFC 9568 Adver_Timer: while Master. */
  #adverDue: Instant = NEVER;
  /** When our last advert went out. */
  #advertisedAt: Instant;
  #becameMaster = 0;

  constructor(now: Instant, config: RouterConfig, resumes: boolean, out: Out, trackers: TrackerStates) {
    this.#config = config;
    this.#resumes = resumes;
    this.#out = out;
    this.#trackers = trackers;
    this.#since = now;
    this.#advertisedAt = now;
    this.#quietUntil = after(now, config.startupDelay);
    this.#priority = effectivePriority(config, trackers);
    this.#watch = new MasterWatch(config, this.#priority);
    this.#advertiser = new Advertiser(config, out);
    this.#reception = new Reception(config, out);
    this.#gratuitous = new Gratuitous(config, out);
  }

  get name(): string {
    return this.#config.name;
  }

  get rank(): number {
    return this.#config.family * 256 + this.#config.virtualRouterId;
  }

  get config(): RouterConfig {
    return this.#config;
  }

  /** Undefined: not told yet. */
  get path(): Path | undefined {
    return this.#path;
  }

  get state(): State {
    return this.#state;
  }

  /** See `Vrrp.isUnsettled`. */
  get isUnsettled(): boolean {
    return this.#state === "Initialize" || (this.#state === "Backup" && this.#watch.master === undefined);
  }

  get wantsMaster(): boolean {
    return this.#wantsMaster;
  }

  get ownFault(): string | undefined {
    const path = this.#path;
    if (path !== undefined && "fault" in path) return path.fault;
    return trackerFault(this.#config, this.#trackers);
  }

  get deadline(): Instant {
    return Math.min(this.#adverDue, this.#watch.deadline, this.#gratuitous.deadline) as Instant;
  }

  view(): RouterView {
    return {
      name: this.name,
      config: this.#config,
      state: this.#state,
      since: this.#since,
      reason: this.#reason,
      effectivePriority: this.#priority,
      master: this.#watch.master,
      masterAdverInterval: this.#watch.interval,
      statistics: {
        advertsSent: this.#advertiser.sent,
        advertsReceived: this.#reception.received,
        priorityZeroSent: this.#advertiser.priorityZeroSent,
        priorityZeroReceived: this.#reception.priorityZeroReceived,
        becameMaster: this.#becameMaster,
        dropped: { ...this.#reception.dropped },
      },
    };
  }

  advance(now: Instant): void {
    this.noticeStall(now);
    const cause = this.#watch.advance(now);
    if (cause !== undefined) this.#claim(now, cause);
    if (this.#adverDue <= now) {
      // In step with the last one, so that late timers do not slow us down; but what was missed is not made up for.
      const next = after(this.#adverDue, this.#config.advertisementInterval);
      this.#advertise(now, this.#priority);
      if (next > now) this.#adverDue = next;
    }
    if (this.#gratuitous.deadline <= now) this.#gratuitous.advance(now);
  }

  // What is received.

  receive(now: Instant, packet: ReceivedPacket): void {
    const path = this.#path;
    if (path === undefined || "fault" in path || !(this.#state === "Backup" || this.#state === "Master")) return;
    const advert = this.#reception.take(packet, path.source);
    if (advert === undefined) return;
    if (this.#state === "Master") this.#receiveAsMaster(now, advert, packet.source, path.source);
    else this.#receiveAsBackup(now, advert, packet.source);
  }

  /** RFC 9568 section 6.4.2. */
  #receiveAsBackup(now: Instant, advert: ReceivedAdvert, source: Address): void {
    if (advert.priority === 0) {
      this.#wantsMaster = false;
      this.#watch.expectSuccessor(now);
    } else if (this.#watch.accepts(now, advert.priority)) this.#follow(now, advert, source);
  }

  /** RFC 9568 section 6.4.3. */
  #receiveAsMaster(now: Instant, advert: ReceivedAdvert, source: Address, own: Address): void {
    if (elapsed(this.#advertisedAt, now) >= replaceableAfter(this.#config.advertisementInterval)) {
      // We were not run for so long that he was right to take over, whatever his priority.
      this.#leaveMaster(now, { reason: `replaced by ${source} while this process did not run`, priorityZero: false });
      this.#receiveAsBackup(now, advert, source);
    } else if (advert.priority === 0) this.#advertise(now, this.#priority);
    else if (
      advert.priority > this.#priority ||
      (advert.priority === this.#priority && compareAddresses(source, own) > 0)
    ) {
      const isTie = advert.priority === this.#priority;
      if (isTie && this.#group?.defersTie(now, this, advert.interval)) return;
      if (this.#isRivalOwner(advert)) this.#out.event(this.name, { type: "rival-owner", source });
      const reason = `${source} has ${isTie ? "the higher address" : `priority ${advert.priority}`}`;
      this.#leaveMaster(now, { reason, priorityZero: false });
      this.#follow(now, advert, source);
    } else this.#overrule(now, advert, source);
  }

  /** We are the Master, and another one thinks he is. */
  #overrule(now: Instant, advert: ReceivedAdvert, source: Address): void {
    if (this.#config.answerLowerPriority) this.#send(now, this.#priority);
    if (!this.#gratuitous.reassert(now, this.#config.advertisementInterval)) return;
    if (this.#isRivalOwner(advert)) this.#out.event(this.name, { type: "rival-owner", source });
    else this.#out.event(this.name, { type: "lower-priority", source, priority: advert.priority });
  }

  #isRivalOwner({ priority }: ReceivedAdvert): boolean {
    return priority === OWNER_PRIORITY && this.#priority === OWNER_PRIORITY;
  }

  #follow(now: Instant, advert: ReceivedAdvert, source: Address): void {
    this.#wantsMaster = false;
    const from = this.#watch.follow(now, advert, source);
    if (from !== undefined) this.#out.event(this.name, { type: "interval", from, to: advert.interval, master: source });
    this.#reception.compareAddresses(advert, source);
  }

  // What is sent.

  #advertise(now: Instant, priority: number): void {
    this.#send(now, priority);
    this.#adverDue = after(now, this.#config.advertisementInterval);
  }

  #send(now: Instant, priority: number): void {
    const path = this.#path;
    if (path === undefined || "fault" in path) return;
    this.#advertisedAt = now;
    this.#advertiser.send(path.source, priority);
  }

  // States.

  /** The one place that changes the state: effects of entering and of leaving Master are here, in the order of `Out`. */
  #enter(now: Instant, to: State, reason: string, priorityZero = false): void {
    const from = this.#state;
    this.#state = to;
    this.#since = now;
    this.#reason = reason;
    this.#wantsMaster = to === "Master";
    this.#watch.stop();
    this.#adverDue = NEVER;
    this.#reception.rearm();
    if (to === "Master") this.#begin(now);
    this.#out.event(this.name, { type: "state", from, to, reason });
    const abandons = this.#resumes && to !== "Master";
    this.#resumes = false;
    if (from === "Master" || abandons) this.#end(now, priorityZero);
  }

  #begin(now: Instant): void {
    this.#becameMaster++;
    this.#watch.forget();
    this.#advertise(now, this.#priority);
    this.#out.addAddresses(this.name, allAddresses(this.#config));
    this.#gratuitous.begin(now, this.#resumes);
  }

  #end(now: Instant, priorityZero: boolean): void {
    if (priorityZero) this.#send(now, 0);
    this.#gratuitous.end();
    this.#out.removeAddresses(this.name, allAddresses(this.#config));
  }

  #claim(now: Instant, reason: string): void {
    this.#wantsMaster = true;
    if (this.#group === undefined) this.becomeMaster(now, reason);
    else this.#group.claim(now, this, reason);
  }

  becomeMaster(now: Instant, reason: string): void {
    if (this.#state !== "Master") this.#enter(now, "Master", reason);
  }

  stepDown(now: Instant, { reason, priorityZero }: Departure): void {
    if (this.#state !== "Master") return;
    this.#enter(now, "Backup", reason, priorityZero);
    // Who said priority 0 has sent the others off to take over: he is one of them now.
    if (priorityZero) this.#watch.expectSuccessor(now);
    else this.#watch.expectUntil(after(now, this.#watch.masterDownInterval));
  }

  #leaveMaster(now: Instant, departure: Departure): void {
    this.stepDown(now, departure);
    this.#group?.steppedDown(now, this, departure);
  }

  // What happens to it.

  /** A Master that was silent for so long that a Backup must have taken over is Backup itself, before it does anything. */
  noticeStall(now: Instant): void {
    if (this.#state !== "Master") return;
    const silence = elapsed(this.#advertisedAt, now);
    if (silence <= this.#watch.masterDownInterval) return;
    const reason = `this process did not run for ${(silence / 1e6).toFixed(3)} s`;
    this.#leaveMaster(now, { reason, priorityZero: false });
  }

  setPath(now: Instant, path: Path): void {
    const before = this.#path;
    const isSame = before !== undefined && "source" in before && "source" in path && before.source.equals(path.source);
    if (isSame) return;
    this.noticeStall(now);
    this.#path = path;
    this.#faultChanged(now);
  }

  /** Some tracker has another state; perhaps none of this router's. */
  trackersChanged(now: Instant): void {
    this.noticeStall(now);
    this.#faultChanged(now);
    if (this.#reprice() && this.#state === "Master") this.#advertise(now, this.#priority);
  }

  addressLost(now: Instant, address: Prefix): void {
    this.noticeStall(now);
    if (this.#state !== "Master" || !allAddresses(this.#config).some((own) => own.equals(address))) return;
    if (this.#config.onAddressLoss === "restore") {
      this.#out.addAddresses(this.name, [address]);
      this.#gratuitous.announce(now, [address]);
    } else this.#leaveMaster(now, { reason: `${address} was taken off this host`, priorityZero: true });
  }

  /** Other settings for the same virtual router on the wire (`namesAnother` says no). */
  update(now: Instant, config: RouterConfig): void {
    this.noticeStall(now);
    const before = this.#config;
    const isHeard = changesAdverts(before, config);
    this.#config = config;
    const isRepriced = this.#reprice();
    this.#advertiser.configure(config);
    this.#reception.configure(config);
    this.#gratuitous.configure(now, config, this.#state === "Master");
    if (this.#state === "Master") {
      if (isHeard || isRepriced) this.#advertise(now, this.#priority);
      this.#exchangeAddresses(now, allAddresses(before), allAddresses(config));
    }
    this.#faultChanged(now);
  }

  #exchangeAddresses(now: Instant, before: readonly Prefix[], wanted: readonly Prefix[]): void {
    const added = without(wanted, before);
    const gone = without(before, wanted);
    if (added.length > 0) {
      this.#out.addAddresses(this.name, added);
      this.#gratuitous.announce(now, added);
    }
    if (gone.length > 0) this.#out.removeAddresses(this.name, gone);
  }

  /** Leaves for good, as on a shutdown. */
  halt(now: Instant, reason: string): void {
    this.#isHalted = true;
    if (this.#state !== "Initialize") this.#enter(now, "Initialize", reason, true);
    else if (this.#resumes) this.#out.removeAddresses(this.name, allAddresses(this.#config));
  }

  joinGroup(now: Instant, group: SyncGroup): void {
    this.#group = group;
    group.join(now, this);
    this.settle(now);
  }

  leaveGroup(now: Instant): void {
    const group = this.#group;
    this.#group = undefined;
    group?.leave(now, this);
    this.settle(now);
  }

  #faultChanged(now: Instant): void {
    this.settle(now);
    this.#group?.faultChanged(now, this);
  }

  settle(now: Instant): void {
    if (this.#path === undefined || this.#isHalted) return;
    const fault = this.ownFault ?? this.#group?.faultOfOthers(this);
    const awaited = this.#wasStarted || this.#resumes ? undefined : awaitedTracker(this.#config, this.#trackers);
    if (fault !== undefined) {
      if (this.#state !== "Fault") this.#enter(now, "Fault", fault, true);
      this.#reason = fault;
    } else if (awaited !== undefined) {
      const reason = `waits for ${awaited.name}`;
      if (this.#state !== "Initialize") this.#enter(now, "Initialize", reason);
      this.#reason = reason;
    } else if (this.#state === "Fault" || this.#state === "Initialize") this.#start(now);
  }

  /** RFC 9568 section 6.4.1. */
  #start(now: Instant): void {
    this.#wasStarted = true;
    this.#watch.forget();
    const isOwner = this.#priority === OWNER_PRIORITY && now >= this.#quietUntil;
    if (this.#resumes) this.#enter(now, "Master", "was Master until just now");
    else if (isOwner && this.#group === undefined) this.#enter(now, "Master", "owner of the addresses");
    else {
      this.#enter(now, "Backup", this.#state === "Fault" ? "recovered" : "started");
      const end = after(now, this.#watch.masterDownInterval);
      this.#watch.expectUntil(Math.max(end, this.#quietUntil) as Instant);
      if (isOwner) this.#claim(now, "owner of the addresses");
    }
  }

  /** Takes up settings and what the trackers make of the priority. Whether it is another one. */
  #reprice(): boolean {
    const from = this.#priority;
    const to = effectivePriority(this.#config, this.#trackers);
    this.#priority = to;
    this.#watch.configure(this.#config, to);
    if (from === to) return false;
    this.#out.event(this.name, { type: "priority", from, to });
    return true;
  }
}
