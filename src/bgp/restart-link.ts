import { type Instant, type Micros, millis, seconds } from "../lib/time.ts";
import type { DynamicPeers } from "./dynamic-peers.ts";
import type { Peer } from "./peer.ts";
import {
  type Awaited,
  familyOfferOf,
  Helper,
  offerOf,
  type PeerRestartView,
  Restarting,
  type SpeakerRestartView,
} from "./restart/index.ts";
import type { RibLink } from "./rib-link.ts";
import type { DownReason, RestartState, SessionUp } from "./session/index.ts";
import type { Out, PeerName, SpeakerConfig } from "./speaker-io.ts";
import type { Family } from "./wire/index.ts";

/**
 * How often a neighbour is tried that may still hold our routes from before a restart. It refuses the first attempts
 * when its own side of the old session is not cleared away yet (GoBGP for 3 s).
 */
const RESTART_RETRY_TIME: Micros = millis(200);
/**
 * The same for a neighbour whose routes we hold: it may be one that waits to be connected to. Not as often, for some are
 * up before they know their own routes, and send End-of-RIB at once (GoBGP, whose routes come over its API).
 */
const HELPER_RETRY_TIME: Micros = seconds(5);

/** Graceful restart between its rules (restart/) and the parts that they move: sessions, peers, and the RIB. */
export class RestartLink {
  readonly #link: RibLink;
  readonly #out: Out;
  readonly #peers: ReadonlyMap<PeerName, Peer>;
  readonly #dynamic: DynamicPeers;
  readonly #restarting: Restarting;
  readonly #forwarding: ReadonlySet<Family>;

  constructor(
    { restart }: SpeakerConfig,
    link: RibLink,
    out: Out,
    peers: ReadonlyMap<PeerName, Peer>,
    dynamic: DynamicPeers,
  ) {
    this.#link = link;
    this.#out = out;
    this.#peers = peers;
    this.#dynamic = dynamic;
    this.#forwarding = new Set(restart?.forwarding);
    this.#restarting = new Restarting(restart !== undefined, {
      endDeferral: () => link.rib.endDeferral(),
      releaseEndOfRib: () => link.rib.holdEndOfRib(false),
      over: (how) => out.restartOver?.(how),
    });
    if (restart === undefined) return;
    link.rib.deferSelection();
    link.rib.holdEndOfRib(true);
  }

  /** When our own restart must be looked at. The helpers have deadlines of their own. */
  get deadline(): Instant {
    return this.#restarting.deadline;
  }

  advance(now: Instant): void {
    if (this.#restarting.deadline > now) return;
    const configs = [...this.#peers.values()].map(({ config }) => config);
    this.#restarting.advance(now, this.#awaited(), [...configs, ...this.#dynamic.templates()]);
  }

  /** Our own routes are not complete: nobody is told that they are. */
  hold(): void {
    this.#restarting.hold();
    this.#link.rib.holdEndOfRib(true);
  }

  release(): void {
    this.#restarting.release();
  }

  /** Something about the neighbours has changed. */
  noteChange(): void {
    this.#restarting.noteChange();
  }

  /** A helper for a neighbour's routes. */
  helperOf(peer: Peer): Helper {
    return new Helper({
      retain: (families, restartTime) => {
        this.#link.retain(peer, families);
        this.#out.event(peer.name, { type: "stale-kept", families, restartTime });
      },
      release: () => this.#link.detach(peer),
      sweep: (family, why) => {
        const count = peer.index === undefined ? 0 : this.#link.rib.sweepStale(peer.index, family);
        this.#out.event(peer.name, { type: "stale-removed", family, count, why });
      },
      beginLongLived: (family, staleTime) => {
        if (peer.index !== undefined) this.#link.rib.beginLongLived(peer.index, family);
        this.#out.event(peer.name, { type: "long-lived-stale", family, staleTime });
      },
    });
  }

  /** What the OPENs to a neighbour say, and how urgently it is tried. */
  stateOf(peer: Peer): RestartState {
    const restarting = this.#restarting;
    return {
      get restarting() {
        return restarting.isRestarting;
      },
      forwarding: (family) => peer.lastUp !== undefined || this.#forwarding.has(family),
      get retryTime() {
        if (restarting.isRestarting && peer.lastUp === undefined) return RESTART_RETRY_TIME;
        return peer.helper.isHolding ? HELPER_RETRY_TIME : undefined;
      },
    };
  }

  up(now: Instant, peer: Peer, up: SessionUp): void {
    peer.endOfRibSent.fill(undefined);
    this.#link.attach(peer, up);
    peer.helper.returned(now, up, peer.config.gracefulRestart?.stalePathTime);
    this.noteChange();
  }

  down(now: Instant, peer: Peer, reason: DownReason): void {
    if (peer.up !== undefined) peer.helper.lost(now, peer.up, reason);
    this.noteChange();
  }

  endOfRibReceived(now: Instant, peer: Peer, family: Family): void {
    peer.helper.endOfRib(now, family);
    this.noteChange();
  }

  viewOf(peer: Peer): PeerRestartView {
    const { helper, lastUp: up } = peer;
    const none = { forwarding: undefined, longLived: undefined };
    return {
      local: up && offerOf(up.sentOpen),
      remote: up && offerOf(up.receivedOpen),
      helping: helper.isHolding,
      restartTimer: helper.restartTimer,
      stalePathTimer: helper.stalePathTimer,
      families: peer.config.families.map(({ family }) => ({
        family,
        local: up === undefined ? none : familyOfferOf(up.sentOpen, family),
        remote: up === undefined ? none : familyOfferOf(up.receivedOpen, family),
        state: helper.stateOf(family),
        stale: peer.index === undefined ? 0 : this.#link.rib.staleCount(peer.index, family),
        longLivedTimer: helper.longLivedTimer(family),
        endOfRibReceived: helper.endOfRibReceived(family),
        endOfRibSent: peer.endOfRibSent[family],
      })),
    };
  }

  view(now: Instant): SpeakerRestartView {
    return {
      restarting: this.#restarting.isRestarting,
      deferring: this.#restarting.isDeferring,
      endOfRibHeld: this.#restarting.isEndOfRibHeld,
      waitingFor: this.#restarting.waitingFor(now, this.#awaited()),
    };
  }

  *#awaited(): Iterable<Awaited> {
    for (const { name, config, dynamic, session, up, helper } of this.#peers.values()) {
      const families = up?.negotiated.families ?? [];
      const isSynchronized = families.every(({ family }) => helper.endOfRibReceived(family) !== undefined);
      yield { name, config, dynamic, isStarted: session.isStarted, up, isSynchronized };
    }
  }
}
