import { type Address, compareAddresses } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import { after, elapsed, type Instant, type Micros, TimerTable } from "../lib/time.ts";
import { Advertiser } from "./advertiser.ts";
import { allAddresses, changesAdverts, without } from "./changes.ts";
import { Gratuitous } from "./gratuitous.ts";
import { masterDownInterval, replaceableAfter, skewTime } from "./intervals.ts";
import type { ReceivedAdvert } from "./packet.ts";
import { Reception } from "./reception.ts";
import type { Departure, Member, SyncGroup } from "./sync-group.ts";
import { awaitedTracker, effectivePriority, OWNER_PRIORITY, type TrackerStates, trackerFault } from "./trackers.ts";
import type { Input, Out, ReceivedPacket, RouterConfig, RouterView, State } from "./vrrp-io.ts";

/** Rows of the timer table. RFC 9568 calls the second Active_Down_Timer. */
const Timer = { Adver: 0, MasterDown: 1, PreemptDelay: 2 } as const;
type Timer = (typeof Timer)[keyof typeof Timer];

type Path = Extract<Input, { type: "SetPath" }>["path"];

/** Whether a Master of lower priority is preempted: not yet heard, being waited for, or as RFC 9568 has it. */
type Preemption = "idle" | "delayed" | "due";

/** What becomes of the other router that we heard of. */
type KnownMaster = { readonly address: Address; readonly priority: number };

/**
 * One virtual router: RFC 9568 section 6.4, whose Initialize, Backup and Active are Initialize, Backup and Master here;
 * Fault is an Initialize that local trouble holds it in.
 */
export class Router implements Member {
  readonly #out: Out;
  readonly #trackers: TrackerStates;
  readonly #timers = new TimerTable<Timer>(3);
  readonly #advertiser: Advertiser;
  readonly #reception: Reception;
  readonly #gratuitous: Gratuitous;
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
  #wantsMaster = false;
  #preemption: Preemption = "idle";
  #master: KnownMaster | undefined;
  /** RFC 9568 Active_Adver_Interval: the Master's, as learned; our own while we know of none. */
  #masterInterval: Micros;
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
    this.#masterInterval = config.advertisementInterval;
    this.#advertiser = new Advertiser(config, out);
    this.#reception = new Reception(config, out);
    this.#gratuitous = new Gratuitous(config, out);
  }

  get name(): string {
    return this.#config.name;
  }

  get config(): RouterConfig {
    return this.#config;
  }

  get state(): State {
    return this.#state;
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
    const timer = this.#timers.next();
    const { deadline } = this.#gratuitous;
    return timer < deadline ? timer : deadline;
  }

  view(): RouterView {
    return {
      name: this.name,
      config: this.#config,
      state: this.#state,
      since: this.#since,
      reason: this.#reason,
      effectivePriority: this.#priority,
      master: this.#master,
      masterAdverInterval: this.#masterInterval,
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
    for (;;) {
      const due = this.#timers.next();
      const timer = this.#timers.takeDue(now);
      if (timer === undefined) break;
      this.#fire(now, due, timer);
    }
    if (this.#gratuitous.deadline <= now) this.#gratuitous.advance(now);
  }

  #fire(now: Instant, due: Instant, timer: Timer): void {
    switch (timer) {
      case Timer.Adver: {
        // In step with the last one, so that a late timer does not slow us down; a late advert is not made up for.
        const next = after(due, this.#config.advertisementInterval);
        this.#advertise(now, this.#priority);
        if (next > now) this.#timers.arm(Timer.Adver, next);
        return;
      }
      case Timer.MasterDown:
        this.#claim(
          now,
          this.#master === undefined ? "no Master was heard" : `Master ${this.#master.address} is silent`,
        );
        return;
      case Timer.PreemptDelay:
        this.#preemption = "due";
        return;
      default:
        timer satisfies never;
    }
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
      this.#timers.arm(Timer.MasterDown, after(now, this.#skewTime));
      return;
    }
    // No tie-break by address here: who is Backup does not challenge a Master of the same priority.
    if (advert.priority < this.#priority && this.#preempts(now)) return;
    if (advert.priority >= this.#priority) this.#resetPreemption();
    this.#follow(now, advert, source);
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
      const higher = advert.priority > this.#priority ? `priority ${advert.priority}` : "the higher address";
      if (this.#isRivalOwner(advert)) this.#out.event(this.name, { type: "rival-owner", source });
      this.#leaveMaster(now, { reason: `${source} has ${higher}`, priorityZero: false });
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

  /** The sender is our Master. */
  #follow(now: Instant, advert: ReceivedAdvert, source: Address): void {
    this.#wantsMaster = false;
    const former = this.#master;
    if (former === undefined || former.priority !== advert.priority || compareAddresses(former.address, source) !== 0)
      this.#master = { address: source, priority: advert.priority };
    if (advert.interval !== this.#masterInterval) {
      const from = this.#masterInterval;
      this.#masterInterval = advert.interval;
      this.#out.event(this.name, { type: "interval", from, to: advert.interval, master: source });
    }
    this.#reception.compareAddresses(advert, source);
    this.#timers.arm(Timer.MasterDown, after(now, this.#masterDownInterval));
  }

  /** Whether a Master of lower priority is not listened to: his adverts do not restart our timer. */
  #preempts(now: Instant): boolean {
    const { preempt, preemptDelay } = this.#config;
    if (this.#priority === OWNER_PRIORITY) return true;
    if (!preempt) return false;
    if (preemptDelay === 0) return true;
    if (this.#preemption === "idle") {
      this.#preemption = "delayed";
      this.#timers.arm(Timer.PreemptDelay, after(now, preemptDelay));
    }
    return this.#preemption === "due";
  }

  #resetPreemption(): void {
    this.#preemption = "idle";
    this.#timers.stop(Timer.PreemptDelay);
  }

  get #skewTime(): Micros {
    return skewTime(this.#config.version, this.#priority, this.#masterInterval);
  }

  get #masterDownInterval(): Micros {
    return masterDownInterval(this.#config.version, this.#priority, this.#masterInterval);
  }

  // What is sent.

  #advertise(now: Instant, priority: number): void {
    this.#send(now, priority);
    this.#timers.arm(Timer.Adver, after(now, this.#config.advertisementInterval));
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
    this.#preemption = "idle";
    this.#timers.stopAll();
    this.#reception.rearm();
    if (to === "Master") this.#begin(now);
    this.#out.event(this.name, { type: "state", from, to, reason });
    const abandons = this.#resumes && to !== "Master";
    this.#resumes = false;
    if (from === "Master" || abandons) this.#end(now, priorityZero);
  }

  #begin(now: Instant): void {
    this.#becameMaster++;
    this.#master = undefined;
    this.#masterInterval = this.#config.advertisementInterval;
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
    const patience = priorityZero ? this.#skewTime : this.#masterDownInterval;
    this.#timers.arm(Timer.MasterDown, after(now, patience));
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
    if (silence <= this.#masterDownInterval) return;
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
    const patience = this.#masterDownInterval;
    this.#config = config;
    // Version 2 has no other interval than one's own.
    if (this.#master === undefined || config.version === 2) this.#masterInterval = config.advertisementInterval;
    this.#shift(patience);
    const isRepriced = this.#reprice();
    if (isHeard) {
      this.#advertiser.configure(config);
      this.#reception.configure(config);
    }
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
    if (this.#path === undefined) return;
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
    this.#master = undefined;
    this.#masterInterval = this.#config.advertisementInterval;
    const isOwner = this.#priority === OWNER_PRIORITY && now >= this.#quietUntil;
    if (this.#resumes) this.#enter(now, "Master", "was Master until just now");
    else if (isOwner && this.#group === undefined) this.#enter(now, "Master", "owner of the addresses");
    else {
      this.#enter(now, "Backup", this.#state === "Fault" ? "recovered" : "started");
      const end = after(now, this.#masterDownInterval);
      this.#timers.arm(Timer.MasterDown, isOwner ? now : end > this.#quietUntil ? end : this.#quietUntil);
      if (isOwner) this.#claim(now, "owner of the addresses");
    }
  }

  /** Takes over what the trackers make of the priority. Whether it is another one. */
  #reprice(): boolean {
    const from = this.#priority;
    const to = effectivePriority(this.#config, this.#trackers);
    if (from === to) return false;
    const patience = this.#masterDownInterval;
    this.#priority = to;
    this.#out.event(this.name, { type: "priority", from, to });
    this.#shift(patience);
    return true;
  }

  /** The time that a Master may be silent was `before`: a timer that is running ends so much sooner or later. */
  #shift(before: Micros): void {
    if (this.#state !== "Backup" || !this.#timers.isArmed(Timer.MasterDown)) return;
    const at = this.#timers.at(Timer.MasterDown);
    this.#timers.arm(Timer.MasterDown, after(at, (this.#masterDownInterval - before) as Micros));
  }
}
