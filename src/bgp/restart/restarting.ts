/**
 * The restarting speaker of RFC 4724 section 4.1: from the start of a process that follows on another one until its
 * neighbours know all it has to say.
 *
 * While it lasts, OPENs have the R bit, and two things are held back.
 *
 * Selection: what neighbours announce is not selected before all of them have sent End-of-RIB, so that nobody is told
 * of a path that a better one replaces at once. What this speaker originates waits for nobody: nothing that a neighbour
 * could say takes it back, and it is what the neighbours' stale routes are to be replaced by. Not waited for are
 * neighbours that restart themselves (R bit) and those without the capability; and who has not come up when our own
 * Restart Time is over since the start, for he has dropped our routes by then.
 *
 * End-of-RIB: it makes the neighbours drop what was not announced again. So it waits until selection is done, and as long
 * as the owner holds it (`HoldEndOfRib`) because routes of its own are not decided on yet; but not longer than the longest
 * deferral time. The hold is also there for a process that follows on none.
 *
 * The F bit is set for the families that the owner says were forwarded all the while; and, once a neighbour has had a
 * session with this process, for all of them: since then nothing was lost.
 */
import { after, type Instant, type Micros, NEVER } from "../../lib/time.ts";
import type { PeerConfig } from "../peer-config.ts";
import type { SessionUp } from "../session/index.ts";
import { offerOf } from "./offers.ts";

/** What must be known of a neighbour. */
export interface Awaited {
  readonly name: string;
  readonly config: PeerConfig;
  readonly dynamic: boolean;
  /** It is to come up: nobody has stopped it. */
  readonly isStarted: boolean;
  readonly up: SessionUp | undefined;
  /** End-of-RIB has come for every family of the session. */
  readonly isSynchronized: boolean;
}

/** What is to be done when something is over. Must not call back in. */
export interface RestartingOut {
  /** Neighbours' routes may be selected. */
  endDeferral(): void;
  /** End-of-RIB may be sent. */
  releaseEndOfRib(): void;
  /** "timeout": neighbours or the owner were waited for in vain. */
  over(how: "complete" | "timeout"): void;
}

export class Restarting {
  readonly #out: RestartingOut;
  #startedAt: Instant | undefined;
  #heldAt: Instant | undefined;
  #isDeferring: boolean;
  #isHeld = false;
  #isTimeout = false;
  #isOver = false;
  #deadline: Instant = NEVER;
  /** Something has changed since the last look. */
  #isDue: boolean;

  /** `isRestart`: this process follows on one whose routes the neighbours may hold. */
  constructor(isRestart: boolean, out: RestartingOut) {
    this.#isDeferring = isRestart;
    this.#isOver = !isRestart;
    this.#isDue = isRestart;
    this.#out = out;
  }

  /** OPENs have the R bit, and connections are tried for at a quick pace. */
  get isRestarting(): boolean {
    return !this.#isOver;
  }

  get isDeferring(): boolean {
    return this.#isDeferring;
  }

  /** End-of-RIB waits: for selection, or for the owner. */
  get isEndOfRibHeld(): boolean {
    return this.#isDeferring || this.#isHeld;
  }

  get deadline(): Instant {
    return this.#isDue ? (0 as Instant) : this.#deadline;
  }

  /** The owner's routes are not complete. */
  hold(): void {
    this.#isHeld = true;
    this.#heldAt = undefined;
    this.#isDue = true;
  }

  /** They are. */
  release(): void {
    this.#isHeld = false;
    this.#isDue = true;
  }

  /** A neighbour came, went, or has sent End-of-RIB: `advance` has to look again. */
  noteChange(): void {
    if (this.isEndOfRibHeld) this.#isDue = true;
  }

  /** Looks whether something is over. `configs`: of all there are or may come. */
  advance(now: Instant, peers: Iterable<Awaited>, configs: Iterable<PeerConfig>): void {
    this.#isDue = false;
    this.#startedAt ??= now;
    this.#heldAt ??= now;
    const deferred = this.#isDeferring ? this.#deferredUntil(now, peers, configs) : NEVER;
    const held = this.#isHeld ? this.#heldUntil(this.#heldAt, configs) : NEVER;
    if (this.#isHeld && held <= now) {
      this.#isHeld = false;
      this.#isTimeout = true;
    }
    if (this.#isDeferring && deferred <= now) {
      this.#isDeferring = false;
      this.#out.endDeferral();
    }
    this.#deadline = Math.min(this.#isDeferring ? deferred : NEVER, this.#isHeld ? held : NEVER) as Instant;
    if (this.isEndOfRibHeld) return;
    this.#out.releaseEndOfRib();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#out.over(this.#isTimeout ? "timeout" : "complete");
  }

  /** Who is waited for at this moment. */
  waitingFor(now: Instant, peers: Iterable<Awaited>): readonly string[] {
    if (!this.#isDeferring) return [];
    return [...peers].filter((peer) => this.#awaitedUntil(peer) > now).map(({ name }) => name);
  }

  /**
   * When the wait for the first of the neighbours ends that are still waited for; `now`: there is none. Before any
   * neighbour is known, the longest deferral time of those that may come counts; NEVER: none may.
   */
  #deferredUntil(now: Instant, peers: Iterable<Awaited>, configs: Iterable<PeerConfig>): Instant {
    let next = NEVER;
    let isTimeout = false;
    let count = 0;
    for (const peer of peers) {
      const until = this.#awaitedUntil(peer);
      count++;
      if (until > now) next = Math.min(next, until) as Instant;
      else if (until > 0) isTimeout = true;
    }
    if (count === 0) return this.#heldUntil(this.#startedAt ?? now, configs);
    if (next !== NEVER) return next;
    this.#isTimeout ||= isTimeout;
    return now;
  }

  /** Until when a neighbour is waited for; 0: it is not. */
  #awaitedUntil({ config, dynamic, isStarted, up, isSynchronized }: Awaited): Instant {
    const none = 0 as Instant;
    const settings = config.gracefulRestart;
    if (settings === undefined || this.#startedAt === undefined) return none;
    if (up === undefined) {
      if (dynamic || !isStarted || settings.helperOnly) return none;
      return after(this.#startedAt, Math.min(settings.deferralTime, settings.restartTime) as Micros);
    }
    const offer = offerOf(up.receivedOpen);
    if (offer === undefined || offer.restarting || isSynchronized) return none;
    return after(this.#startedAt, settings.deferralTime);
  }

  /** NEVER: nobody is sent End-of-RIB in the first place. */
  #heldUntil(since: Instant, configs: Iterable<PeerConfig>): Instant {
    let longest: Micros | undefined;
    for (const { gracefulRestart } of configs)
      if (gracefulRestart !== undefined) longest = Math.max(longest ?? 0, gracefulRestart.deferralTime) as Micros;
    return longest === undefined ? NEVER : after(since, longest);
  }
}
