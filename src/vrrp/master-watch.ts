import { type Address, compareAddresses } from "../lib/address.ts";
import { after, type Instant, type Micros, TimerTable } from "../lib/time.ts";
import { masterDownInterval, skewTime } from "./intervals.ts";
import type { ReceivedAdvert } from "./packet.ts";
import { OWNER_PRIORITY } from "./trackers.ts";
import type { RouterConfig } from "./vrrp-io.ts";

/** Rows of the timer table. RFC 9568 calls the first Active_Down_Timer. */
const Timer = { MasterDown: 0, PreemptDelay: 1 } as const;
type Timer = (typeof Timer)[keyof typeof Timer];

/** What is known of the router that is Master in our place. */
export interface KnownMaster {
  readonly address: Address;
  readonly priority: number;
}

/**
 * What a Backup does: it listens to the Master, and knows when to take over. With a preempt delay (keepalived's) a Master
 * of lower priority is followed until he was heard for so long; from then on he is discarded, and lasts as long as
 * Master_Down_Interval since the last of his adverts that was not.
 */
export class MasterWatch {
  readonly #timers = new TimerTable<Timer>(2);
  #config: RouterConfig;
  #priority: number;
  #preemption: "idle" | "delayed" | "due" = "idle";
  #master: KnownMaster | undefined;
  /** He said so himself, by priority 0. */
  #hasStopped = false;
  /** RFC 9568 Active_Adver_Interval: the Master's, as learned; our own while we know of none. */
  #interval: Micros;

  constructor(config: RouterConfig, priority: number) {
    this.#config = config;
    this.#priority = priority;
    this.#interval = config.advertisementInterval;
  }

  get master(): KnownMaster | undefined {
    return this.#master;
  }

  get interval(): Micros {
    return this.#interval;
  }

  get skewTime(): Micros {
    return skewTime(this.#config.version, this.#priority, this.#interval);
  }

  get masterDownInterval(): Micros {
    return masterDownInterval(this.#config.version, this.#priority, this.#interval);
  }

  get deadline(): Instant {
    return this.#timers.next();
  }

  /** Whether a Master is waited for: the timer that ends it is running. */
  get isArmed(): boolean {
    return this.#timers.isArmed(Timer.MasterDown);
  }

  /** Why it is time to take over; undefined: it is not. */
  advance(now: Instant): string | undefined {
    let isSilent = false;
    for (let timer = this.#timers.takeDue(now); timer !== undefined; timer = this.#timers.takeDue(now)) {
      if (timer === Timer.MasterDown) isSilent = true;
      else this.#preemption = "due";
    }
    if (!isSilent) return undefined;
    if (this.#master === undefined) return "no Master was heard";
    return `Master ${this.#master.address} ${this.#hasStopped ? "has stopped" : "is silent"}`;
  }

  /** Other settings or another priority: a timer that is running ends so much sooner or later. */
  configure(config: RouterConfig, priority: number): void {
    const before = this.masterDownInterval;
    this.#config = config;
    this.#priority = priority;
    // Version 2 has no other interval than one's own.
    if (this.#master === undefined || config.version === 2) this.#interval = config.advertisementInterval;
    if (!this.isArmed) return;
    const shift = (this.masterDownInterval - before) as Micros;
    this.#timers.arm(Timer.MasterDown, after(this.#timers.at(Timer.MasterDown), shift));
  }

  /** Nothing is waited for; what is known of a Master stays. */
  stop(): void {
    this.#timers.stopAll();
    this.#preemption = "idle";
  }

  /** Stops, and forgets the Master. */
  forget(): void {
    this.stop();
    this.#master = undefined;
    this.#interval = this.#config.advertisementInterval;
  }

  /** Takes over at `at`, unless a Master is heard. */
  expectUntil(at: Instant): void {
    this.#hasStopped = false;
    this.#timers.arm(Timer.MasterDown, at);
  }

  /** The Master stops: whoever of the Backups has the highest priority is the first to take over. */
  expectSuccessor(now: Instant): void {
    this.expectUntil(after(now, this.skewTime));
    this.#hasStopped = true;
  }

  /** Whether the router that advertises `priority` is taken for Master, rather than discarded to be preempted. */
  accepts(now: Instant, priority: number): boolean {
    if (priority >= this.#priority) {
      // No tie-break by address here: who is Backup does not challenge a Master of the same priority.
      this.#preemption = "idle";
      this.#timers.stop(Timer.PreemptDelay);
      return true;
    }
    const { preempt, preemptDelay } = this.#config;
    if (this.#priority === OWNER_PRIORITY) return false;
    if (!preempt) return true;
    if (preemptDelay === 0) return false;
    if (this.#preemption === "idle") {
      this.#preemption = "delayed";
      this.#timers.arm(Timer.PreemptDelay, after(now, preemptDelay));
    }
    return this.#preemption !== "due";
  }

  /** The sender is our Master. Returns the interval that was replaced by his, if it was another. */
  follow(now: Instant, { priority, interval }: ReceivedAdvert, source: Address): Micros | undefined {
    const former = this.#master;
    if (former === undefined || former.priority !== priority || compareAddresses(former.address, source) !== 0)
      this.#master = { address: source, priority };
    const before = this.#interval;
    this.#interval = interval;
    this.expectUntil(after(now, this.masterDownInterval));
    return before === interval ? undefined : before;
  }
}
