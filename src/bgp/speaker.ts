import { formatAddress } from "../lib/address.ts";
import type { Core } from "../lib/core.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Rng } from "../lib/rng.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import { DYNAMIC_PEERS_MAX, DynamicPeers } from "./dynamic-peers.ts";
import { LocalRoutes } from "./local-routes.ts";
import { Outbox } from "./outbox.ts";
import { Peer, ribPeerOf } from "./peer.ts";
import type { PeerConfig } from "./peer-config.ts";
import { type LocalRoute, type PeerIndex, Rib, type SelectionOptions } from "./rib/index.ts";
import {
  type ConnectionId,
  type DownReason,
  Session,
  type Input as SessionInput,
  type Out as SessionOut,
  type SessionUp,
} from "./session/index.ts";
import type { ConnectionInput, Input, Out, PeerName, SpeakerConfig, SpeakerEvent } from "./speaker-io.ts";
import { automaticStop, manualStop, overLimitStop } from "./stops.ts";
import { CeaseError, type Family } from "./wire/index.ts";

/** Prefixes that may wait for a decision before the neighbours' sockets are paused. */
const BACKLOG_MAX = 32_768;
/** Slices of RIB work that an orderly stop may take to get our withdrawals out before the Cease. */
const STOP_SLICES_MAX = 8;

/**
 * The BGP speaker: every neighbour's session, one RIB, and what passes between them.
 *
 * Bytes come in as `Received`, pass through the session of their connection (framing, FSM, UPDATE decoding) and arrive
 * in the RIB as columns. The RIB decides in slices; whoever has something to send is marked readable, and its messages
 * are pulled when its socket has room. So a slow neighbour holds back nobody, and nothing of ours stands before a
 * KEEPALIVE but few octets that are in the socket already (outbox.ts).
 *
 * Pure: see `Core`. Sessions and RIB are parts of this core, so they call each other directly, with one exception: a
 * session is never called while it is running. What has to be told to it then waits in `Peer.deferred`.
 *
 * Supervision: an exception out of one session is a fault of ours. It is reported, that session is reset, and nobody
 * else notices.
 *
 * RFCs: 4271, 4486, 4760, 5492, 2918, 6286, 6608, 6793, 7313, 7606, 7911, 8212, 8654, 8950, 9003, 9072, 9234, 9687.
 */
export class Speaker implements Core<Input> {
  readonly #out: Out;
  readonly #rng: Rng;
  readonly #rib: Rib;
  readonly #peers = new Map<PeerName, Peer>();
  readonly #connections = new Map<ConnectionId, Peer>();
  readonly #byIndex = new Map<PeerIndex, Peer>();
  readonly #dynamic = new DynamicPeers();
  readonly #outbox: Outbox;
  /** Peers whose sessions are to be told something once they have returned. */
  readonly #deferring = new Set<Peer>();
  readonly #local: LocalRoutes;
  #lastConnection: ConnectionId = 0;
  /** Prefixes received since the RIB was last at rest. */
  #backlog = 0;
  #stopping = false;

  constructor(config: SpeakerConfig, rng: Rng, out: Out) {
    this.#out = out;
    this.#rng = rng;
    this.#rib = new Rib(config.selection ?? DEFAULT_SELECTION, {
      readable: (index) => {
        const peer = this.#byIndex.get(index);
        if (peer !== undefined) this.#outbox.markReadable(peer);
      },
    });
    this.#outbox = new Outbox(this.#rib, out);
    this.#local = new LocalRoutes(this.#rib);
  }

  /** When `advance` must next be called: at once while there is RIB work or something to send. */
  get deadline(): Instant {
    if (this.#rib.pending || this.#outbox.pending) return 0 as Instant;
    let next = NEVER;
    for (const peer of this.#peers.values()) {
      const at = peer.session.deadline;
      if (at < next) next = at;
    }
    return next;
  }

  /** Fires the timers that are due and does one slice of RIB work. */
  advance(now: Instant): void {
    for (const peer of this.#peers.values())
      if (peer.session.deadline <= now) this.#guard(now, peer, () => peer.session.advance(now));
    this.#settle(now);
  }

  handle(now: Instant, input: Input): void {
    switch (input.type) {
      case "AddPeer":
        this.#addPeer(now, input.config, false);
        break;
      case "UpdatePeer":
        this.#updatePeer(now, input.config, input.effect);
        break;
      case "RemovePeer":
        this.#removePeer(now, this.#peers.get(input.peer));
        break;
      case "AddDynamicPeers":
        this.#dynamic.add(input.prefix, input.template);
        this.#updateDynamicPeers(now, input.effect);
        break;
      case "RemoveDynamicPeers":
        this.#removeDynamicPeers(now, input.prefix);
        break;
      case "EnablePeer":
        this.#tell(now, input.peer, { type: "ManualStart" });
        break;
      case "DisablePeer":
        this.#tell(now, input.peer, manualStop(CeaseError.AdministrativeShutdown, input.text));
        break;
      case "ResetPeer":
        this.#tell(now, input.peer, automaticStop(CeaseError.AdministrativeReset, input.text));
        break;
      case "SoftReset":
        this.#softReset(now, input.peer, input.direction);
        break;
      case "Announce":
        if (!this.#stopping) for (const route of input.routes) this.#local.announce(route);
        break;
      case "Withdraw":
        for (const route of input.routes) this.#local.withdraw(route);
        break;
      case "Stop":
        this.#stop(now, input.text);
        break;
      case "Accepted":
        this.#accepted(now, input);
        break;
      default:
        this.#connectionInput(now, input);
    }
    this.#settle(now);
  }

  /** The table has more to do than it should: read nothing from neighbours until it has caught up. */
  get congested(): boolean {
    return this.#backlog > BACKLOG_MAX;
  }

  /** A number for a connection that a neighbour has made; give it back in `Accepted`. */
  newConnection(): ConnectionId {
    this.#lastConnection++;
    return this.#lastConnection;
  }

  /** The neighbours, configured and dynamic. Read only. */
  get peers(): ReadonlyMap<PeerName, Peer> {
    return this.#peers;
  }

  /** The tables. Read only. */
  get rib(): Rib {
    return this.#rib;
  }

  /** The routes that this speaker originates, as last announced. */
  get localRoutes(): Iterable<LocalRoute> {
    return this.#local.values();
  }

  #addPeer(now: Instant, config: PeerConfig, dynamic: boolean): Peer | undefined {
    const name = formatAddress(config.address);
    if (this.#peers.has(name)) return undefined;
    const peer = new Peer(config, dynamic, (self) => {
      const connectionOf = () => {
        const connection = this.newConnection();
        this.#connections.set(connection, self);
        return connection;
      };
      return new Session(config, connectionOf, this.#rng, this.#sessionOut(self));
    });
    this.#peers.set(name, peer);
    this.#out.event(name, { type: "peer-added", dynamic });
    if (!config.adminDown && !this.#stopping) this.#run(now, peer, { type: "ManualStart" });
    return peer;
  }

  #updatePeer(now: Instant, config: PeerConfig, effect: "live" | "soft" | "reset"): void {
    const peer = this.#peers.get(formatAddress(config.address));
    if (peer === undefined) return;
    const before = peer.config;
    peer.config = config;
    if (config.adminDown && !before.adminDown) this.#run(now, peer, manualStop(CeaseError.AdministrativeShutdown));
    else if (effect === "reset") this.#run(now, peer, automaticStop(CeaseError.OtherConfigurationChange));
    this.#guard(now, peer, () => peer.session.configure(now, config));
    if (!config.adminDown && before.adminDown) this.#run(now, peer, { type: "ManualStart" });
    if (effect === "soft" && peer.index !== undefined && peer.up !== undefined)
      this.#rib.updatePeer(peer.index, ribPeerOf(config, peer.up));
  }

  #removePeer(now: Instant, peer: Peer | undefined): void {
    if (peer === undefined) return;
    this.#run(now, peer, manualStop(CeaseError.PeerDeConfigured));
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    this.#peers.delete(peer.name);
    this.#outbox.drop(peer);
    this.#deferring.delete(peer);
    for (const [connection, owner] of this.#connections) if (owner === peer) this.#connections.delete(connection);
    this.#out.event(peer.name, { type: "peer-removed" });
  }

  #updateDynamicPeers(now: Instant, effect: "live" | "soft" | "reset"): void {
    for (const { dynamic, config } of [...this.#peers.values()]) {
      const changed = dynamic ? this.#dynamic.match(config.address) : undefined;
      if (changed !== undefined) this.#updatePeer(now, changed, effect);
    }
  }

  #removeDynamicPeers(now: Instant, prefix: Prefix): void {
    this.#dynamic.remove(prefix);
    for (const peer of [...this.#peers.values()])
      if (peer.dynamic && this.#dynamic.match(peer.config.address) === undefined) this.#removePeer(now, peer);
  }

  #softReset(now: Instant, name: PeerName, direction: "in" | "out" | "both"): void {
    const peer = this.#peers.get(name);
    if (peer?.index === undefined || peer.up === undefined) return;
    for (const { family } of peer.up.negotiated.families) {
      if (direction !== "out") this.#run(now, peer, { type: "RequestRefresh", family });
      if (direction !== "in") this.#rib.resend(peer.index, family, false);
    }
  }

  /** RFC 4486: what we announced goes first, by withdrawal; then Cease/Administrative Shutdown with the text. */
  #stop(now: Instant, text: string): void {
    this.#stopping = true;
    this.#local.withdrawAll();
    for (let slice = 0; slice < STOP_SLICES_MAX && this.#rib.pending; slice++) this.#rib.work();
    for (const peer of this.#peers.values()) {
      this.#outbox.sendLast(peer);
      this.#run(now, peer, manualStop(CeaseError.AdministrativeShutdown, text));
    }
  }

  #accepted(now: Instant, input: Extract<Input, { type: "Accepted" }>): void {
    const name = formatAddress(input.remote);
    const peer = this.#peers.get(name) ?? this.#dynamicPeer(now, input);
    if (peer === undefined || this.#stopping) {
      this.#out.event(name, { type: "refused", reason: this.#stopping ? "stopping" : "no such neighbour" });
      this.#out.close(input.connection);
      return;
    }
    this.#connections.set(input.connection, peer);
    this.#run(now, peer, input);
  }

  #dynamicPeer(now: Instant, input: Extract<Input, { type: "Accepted" }>): Peer | undefined {
    const config = this.#dynamic.match(input.remote);
    if (config === undefined || this.#peers.size >= DYNAMIC_PEERS_MAX) return undefined;
    return this.#addPeer(now, config, true);
  }

  #connectionInput(now: Instant, input: ConnectionInput): void {
    const peer = this.#connections.get(input.connection);
    if (peer === undefined) return; // the session has closed it already: what was on its way no longer matters
    if (input.type === "Closed" || input.type === "ConnectFailed") this.#connections.delete(input.connection);
    if (input.type === "Sent" && input.connection === peer.up?.connection) this.#outbox.sent(peer, input.outstanding);
    this.#run(now, peer, input);
  }

  #tell(now: Instant, name: PeerName, input: SessionInput): void {
    const peer = this.#peers.get(name);
    if (peer !== undefined) this.#run(now, peer, input);
  }

  #run(now: Instant, peer: Peer, input: SessionInput): void {
    this.#guard(now, peer, () => peer.session.handle(now, input));
  }

  /** The supervisor: whatever one session throws is our fault, and ends that session alone. */
  #guard(now: Instant, peer: Peer, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#out.event(peer.name, { type: "internal-error", error });
      try {
        peer.session.handle(now, automaticStop(CeaseError.OutOfResources));
      } catch (again) {
        this.#out.event(peer.name, { type: "internal-error", error: again });
        this.#forget(peer);
      }
    }
    if (peer.dynamic && peer.session.state === "Idle" && this.#peers.get(peer.name) === peer) this.#forget(peer);
  }

  /** One turn's work once no session runs: RIB slice, deferred inputs, sending. */
  #settle(now: Instant): void {
    if (this.#rib.pending) this.#rib.work();
    if (!this.#rib.pending) this.#backlog = 0;
    for (const peer of this.#deferring) {
      this.#deferring.delete(peer);
      for (let input = peer.deferred.shift(); input !== undefined; input = peer.deferred.shift())
        this.#run(now, peer, input);
    }
    this.#outbox.sendTurn();
  }

  #defer(peer: Peer, input: SessionInput): void {
    peer.deferred.push(input);
    this.#deferring.add(peer);
  }

  #sessionOut(peer: Peer): SessionOut {
    const event = (what: SpeakerEvent) => this.#out.event(peer.name, what);
    return {
      connect: (connection) => this.#out.connect(connection, peer.config),
      close: (connection, how) => {
        this.#connections.delete(connection);
        this.#out.close(connection, how);
      },
      send: (connection, bytes) => this.#out.send(connection, bytes),
      stateChanged: (from, to, reason) => event({ type: "state", from, to, reason }),
      established: (up) => this.#established(peer, up),
      down: (reason) => this.#down(peer, reason),
      refreshReceived: (family, kind) => this.#refreshReceived(peer, family, kind),
      updateFaults: (faults) => event({ type: "update-faults", faults }),
      notificationSent: (error, text) => event({ type: "notification-sent", error, text }),
      notificationReceived: (error, text) => event({ type: "notification-received", error, text }),
      updates: {
        withdraw: (family, prefixes) => {
          if (peer.index === undefined) return;
          this.#backlog += prefixes.count;
          this.#rib.withdraw(peer.index, family, prefixes);
        },
        reach: (family, prefixes, attributes) => {
          if (peer.index === undefined) return;
          this.#backlog += prefixes.count;
          this.#rib.reach(peer.index, family, prefixes, attributes);
          this.#checkLimit(peer, family);
        },
        endOfRib: (family) => event({ type: "end-of-rib", family }),
      },
    };
  }

  #established(peer: Peer, up: SessionUp): void {
    peer.up = up;
    peer.outstanding = 0;
    peer.index = this.#rib.addPeer(ribPeerOf(peer.config, up));
    this.#byIndex.set(peer.index, peer);
    this.#outbox.markReadable(peer); // the RIB may have said so before it could be told apart
    this.#out.event(peer.name, { type: "established", up });
  }

  #down(peer: Peer, reason: DownReason): void {
    if (peer.index !== undefined) {
      this.#byIndex.delete(peer.index);
      this.#rib.removePeer(peer.index);
    }
    peer.index = undefined;
    peer.up = undefined;
    this.#outbox.drop(peer);
    peer.limiter.reset();
    this.#out.event(peer.name, { type: "down", reason });
  }

  #refreshReceived(peer: Peer, family: Family, kind: "request" | "begin" | "end"): void {
    if (peer.index === undefined) return;
    switch (kind) {
      case "request":
        this.#rib.resend(peer.index, family, peer.up?.enhancedRefresh === true);
        break;
      case "begin":
        this.#rib.beginRefresh(peer.index, family);
        break;
      case "end":
        this.#rib.endRefresh(peer.index, family);
        break;
      default:
        kind satisfies never;
    }
  }

  #checkLimit(peer: Peer, family: Family): void {
    const config = peer.config.families.find((candidate) => candidate.family === family);
    if (config?.prefixLimit === undefined || peer.index === undefined) return;
    const count = this.#rib.receivedCount(peer.index, family);
    const verdict = peer.limiter.check(config, count);
    if (verdict === "ok") return;
    const exceeded = verdict === "exceeded";
    if (exceeded && peer.deferred.length > 0) return; // said already, for this same chunk of octets
    this.#out.event(peer.name, { type: "prefix-limit", family, count, max: config.prefixLimit.max, exceeded });
    if (exceeded) this.#defer(peer, overLimitStop(config.prefixLimit));
  }
}

const DEFAULT_SELECTION: SelectionOptions = {
  alwaysCompareMed: false,
  ignoreAsPathLength: false,
  externalCompareRouterId: false,
};
