import { formatAddress } from "../lib/address.ts";
import type { Core } from "../lib/core.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Rng } from "../lib/rng.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import { DYNAMIC_PEERS_MAX, DynamicPeers } from "./dynamic-peers.ts";
import { LocalRoutes } from "./local-routes.ts";
import { Peer, ribPeerOf } from "./peer.ts";
import type { PeerConfig } from "./peer-config.ts";
import type { LocalRoute, Rib, SelectionOptions } from "./rib/index.ts";
import { RibLink } from "./rib-link.ts";
import { type ConnectionId, Session, type Input as SessionInput, type Out as SessionOut } from "./session/index.ts";
import type { ConnectionInput, Input, Out, PeerName, SpeakerConfig, SpeakerEvent } from "./speaker-io.ts";
import { automaticStop, manualStop } from "./stops.ts";
import { CeaseError } from "./wire/index.ts";

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
  readonly #link: RibLink;
  readonly #peers = new Map<PeerName, Peer>();
  readonly #connections = new Map<ConnectionId, Peer>();
  readonly #dynamic = new DynamicPeers();
  /** Peers whose sessions are to be told something once they have returned. */
  readonly #deferring = new Set<Peer>();
  readonly #local: LocalRoutes;
  #lastConnection: ConnectionId = 0;
  #stopping = false;

  constructor(config: SpeakerConfig, rng: Rng, out: Out) {
    this.#out = out;
    this.#rng = rng;
    this.#link = new RibLink(config.selection ?? DEFAULT_SELECTION, out, (peer, input) => {
      peer.deferred.push(input);
      this.#deferring.add(peer);
    });
    this.#local = new LocalRoutes(this.#link.rib);
  }

  /** When `advance` must next be called: at once while there is RIB work or something to send. */
  get deadline(): Instant {
    if (this.#link.pending) return 0 as Instant;
    let next = NEVER;
    for (const peer of this.#peers.values()) {
      const at = peer.session.deadline;
      if (at < next) next = at;
    }
    return next;
  }

  /** Fires the timers that are due and does one slice of RIB work. */
  advance(now: Instant): void {
    for (const peer of this.#peers.values()) {
      if (peer.session.deadline > now) continue;
      this.#guard(now, peer, () => peer.session.advance(now));
      this.#forgetIfGone(peer);
    }
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
    return this.#link.congested;
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
    return this.#link.rib;
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
      this.#link.rib.updatePeer(peer.index, ribPeerOf(config, peer.up));
  }

  #removePeer(now: Instant, peer: Peer | undefined): void {
    if (peer === undefined) return;
    this.#run(now, peer, manualStop(CeaseError.PeerDeConfigured));
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    if (!this.#peers.delete(peer.name)) return;
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
      if (direction !== "in") this.#link.rib.resend(peer.index, family, false);
    }
  }

  /** RFC 4486: what we announced goes first, by withdrawal; then Cease/Administrative Shutdown with the text. */
  #stop(now: Instant, text: string): void {
    this.#stopping = true;
    this.#local.withdrawAll();
    for (let slice = 0; slice < STOP_SLICES_MAX && this.#link.rib.pending; slice++) this.#link.rib.work();
    for (const peer of this.#peers.values()) {
      this.#link.sendLast(peer);
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
    this.#forgetIfGone(peer);
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
    if (input.type === "Sent" && input.connection === peer.up?.connection) this.#link.sent(peer, input.outstanding);
    this.#run(now, peer, input);
    this.#forgetIfGone(peer);
  }

  #tell(now: Instant, name: PeerName, input: SessionInput): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    this.#run(now, peer, input);
    this.#forgetIfGone(peer);
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
  }

  /** A dynamic neighbour is there as long as it has a connection. */
  #forgetIfGone(peer: Peer): void {
    const { state } = peer.session;
    if (peer.dynamic && (state === "Idle" || state === "Active")) this.#forget(peer);
  }

  /** One turn's work once no session runs: RIB slice, deferred inputs, sending. */
  #settle(now: Instant): void {
    for (const peer of this.#deferring) {
      this.#deferring.delete(peer);
      for (let input = peer.deferred.shift(); input !== undefined; input = peer.deferred.shift())
        this.#run(now, peer, input);
    }
    this.#link.turn();
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
      established: (up) => {
        this.#link.attach(peer, up);
        event({ type: "established", up });
      },
      down: (reason) => {
        this.#link.detach(peer);
        event({ type: "down", reason });
      },
      refreshReceived: (family, kind) => this.#link.refreshReceived(peer, family, kind),
      updateFaults: (faults) => event({ type: "update-faults", faults }),
      notificationSent: (error, text) => event({ type: "notification-sent", error, text }),
      notificationReceived: (error, text) => event({ type: "notification-received", error, text }),
      updates: this.#link.updatesOf(peer),
    };
  }
}

const DEFAULT_SELECTION: SelectionOptions = {
  alwaysCompareMed: false,
  ignoreAsPathLength: false,
  externalCompareRouterId: false,
};
