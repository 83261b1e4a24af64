import { assert } from "../lib/assert.ts";
import { Outbox } from "./outbox.ts";
import { type Peer, ribPeerOf } from "./peer.ts";
import { NO_SETS, PolicyTable } from "./policy/index.ts";
import { type PeerIndex, Rib, type SelectionOptions } from "./rib/index.ts";
import type { Input as SessionInput, SessionUp } from "./session/index.ts";
import type { Out } from "./speaker-io.ts";
import { overLimitStop } from "./stops.ts";
import type { Family, UpdateSink } from "./wire/index.ts";

/** Prefixes that may wait for a decision before the neighbours' sockets are paused. */
const BACKLOG_MAX = 32_768;

const DEFAULT_SELECTION: SelectionOptions = {
  alwaysCompareMed: false,
  ignoreAsPathLength: false,
  externalCompareRouterId: false,
};

/** What the link tells. */
export interface RibLinkHost {
  /** What a session must be told; it may be running, so it is told later. */
  defer(peer: Peer, input: SessionInput): void;
  endOfRibReceived(peer: Peer, family: Family): void;
  endOfRibSent(peer: Peer, family: Family): void;
}

/**
 * What passes between the sessions and the RIB: a session that is up takes its place there, its UPDATEs go in, what it
 * is to be told comes out by the outbox.
 */
export class RibLink {
  readonly rib: Rib;
  readonly #outbox: Outbox;
  readonly #out: Out;
  readonly #byIndex = new Map<PeerIndex, Peer>();
  readonly #host: RibLinkHost;
  #policies: PolicyTable = noPolicies();
  /** Prefixes received since the RIB was last at rest. */
  #backlog = 0;
  /** The next turn is for sending. */
  #sendsNext = false;

  constructor(selection: SelectionOptions | undefined, out: Out, host: RibLinkHost) {
    this.#out = out;
    this.#host = host;
    this.rib = new Rib(selection ?? DEFAULT_SELECTION, {
      readable: (index) => {
        const peer = this.#byIndex.get(index);
        if (peer !== undefined) this.#outbox.markReadable(peer);
      },
      endOfRib: (index, family) => {
        const peer = this.#byIndex.get(index);
        if (peer !== undefined) this.#host.endOfRibSent(peer, family);
      },
    });
    this.#outbox = new Outbox(this.rib, out);
  }

  /** Whether `turn` has something to do. */
  get pending(): boolean {
    return this.rib.pending || this.#outbox.pending;
  }

  /** The table has more to do than it should: nothing should be read from neighbours until it has caught up. */
  get congested(): boolean {
    return this.#backlog > BACKLOG_MAX;
  }

  /** One slice of RIB work, or one turn's worth of sending; by turns when there is both. */
  turn(): void {
    if (this.rib.pending && !this.#sendsNext) {
      this.#work();
      this.#sendsNext = this.#outbox.pending;
    } else {
      this.#outbox.sendTurn();
      this.#sendsNext = false;
    }
  }

  /** One slice of work and what it made to be sent, at once: for what must not wait for a turn of the event loop. */
  hurry(): void {
    if (this.rib.pending) this.#work();
    this.#outbox.sendTurn();
  }

  /** Prefixes that change nothing leave nothing to do, so nothing would ever take them off the backlog again. */
  #count(prefixes: number): void {
    this.#backlog = this.rib.pending ? this.#backlog + prefixes : 0;
  }

  #work(): void {
    this.rib.work();
    if (!this.rib.pending) this.#backlog = 0;
  }

  /** The session is up, perhaps again. */
  attach(peer: Peer, up: SessionUp): void {
    peer.up = up;
    peer.lastUp = up;
    peer.outstanding = 0;
    const settings = ribPeerOf(peer, up, this.#policies);
    if (peer.index === undefined) peer.index = this.rib.addPeer(settings);
    else this.rib.resumePeer(peer.index, settings);
    this.#byIndex.set(peer.index, peer);
    this.#outbox.markReadable(peer); // the RIB may have said so before it could be told apart
  }

  /** The settings of a peer, or the policies, have changed: its routes are judged again, in and out, or out only. */
  judgeAgain(peer: Peer, direction: "both" | "out" = "both"): void {
    if (peer.index === undefined || peer.lastUp === undefined) return;
    this.rib.updatePeer(peer.index, ribPeerOf(peer, peer.lastUp, this.#policies), direction);
  }

  /** Other policies count from now on. */
  setPolicies(policies: PolicyTable): void {
    this.#policies = policies;
    for (const peer of this.#byIndex.values()) this.judgeAgain(peer);
  }

  /** The session is over: its routes of these families stay as stale, the others go. */
  retain(peer: Peer, families: readonly Family[]): void {
    if (peer.index === undefined) return;
    this.rib.retainPeer(peer.index, families);
    peer.up = undefined;
    this.#outbox.drop(peer);
    peer.limiter.reset();
  }

  /** The session is over: its routes go. */
  detach(peer: Peer): void {
    if (peer.index !== undefined) {
      this.#byIndex.delete(peer.index);
      this.rib.removePeer(peer.index);
    }
    peer.index = undefined;
    peer.up = undefined;
    this.#outbox.drop(peer);
    peer.limiter.reset();
  }

  /** The kernel has `outstanding` octets left to take for this peer. */
  sent(peer: Peer, outstanding: number): void {
    this.#outbox.sent(peer, outstanding);
  }

  /** Sends what the peer is to get before the end of its session. */
  sendLast(peer: Peer): void {
    this.#outbox.sendLast(peer);
  }

  /** The neighbour asks for our routes, or marks the begin or end of its own refresh (RFC 2918, 7313). */
  refreshReceived(peer: Peer, family: Family, kind: "request" | "begin" | "end"): void {
    if (peer.index === undefined) return;
    switch (kind) {
      case "request":
        this.rib.resend(peer.index, family, peer.up?.enhancedRefresh === true);
        break;
      case "begin":
        this.rib.beginRefresh(peer.index, family);
        break;
      case "end":
        this.rib.endRefresh(peer.index, family);
        break;
      default:
        kind satisfies never;
    }
  }

  /** Where the UPDATEs of this peer go. */
  updatesOf(peer: Peer): UpdateSink {
    return {
      withdraw: (family, prefixes) => {
        if (peer.index === undefined) return;
        this.rib.withdraw(peer.index, family, prefixes);
        this.#count(prefixes.count);
      },
      reach: (family, prefixes, attributes) => {
        if (peer.index === undefined) return;
        this.rib.reach(peer.index, family, prefixes, attributes);
        this.#count(prefixes.count);
        this.#checkLimit(peer, family);
      },
      endOfRib: (family) => {
        this.#out.event(peer.name, { type: "end-of-rib", family });
        this.#host.endOfRibReceived(peer, family);
      },
    };
  }

  #checkLimit(peer: Peer, family: Family): void {
    const config = peer.config.families.find((candidate) => candidate.family === family);
    if (config?.prefixLimit === undefined || peer.index === undefined) return;
    const { prefixLimit } = config;
    // What is stale goes when all has been announced: it must not count beside what takes its place.
    const count = this.rib.receivedCount(peer.index, family) - this.rib.staleCount(peer.index, family);
    const verdict = peer.limiter.check(family, prefixLimit, count);
    if (verdict === "ok") return;
    const exceeded = verdict === "exceeded";
    this.#out.event(peer.name, { type: "prefix-limit", family, count, max: prefixLimit.max, exceeded });
    if (exceeded && prefixLimit.action !== "discard") this.#host.defer(peer, overLimitStop(prefixLimit));
  }
}

function noPolicies(): PolicyTable {
  const compiled = PolicyTable.compile(NO_SETS, []);
  assert(compiled.ok, "no policies at all are fine");
  return compiled.value;
}
