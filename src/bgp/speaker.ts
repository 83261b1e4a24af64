import { formatAddress } from "../lib/address.ts";
import type { Core } from "../lib/core.ts";
import type { Rng } from "../lib/rng.ts";
import type { Instant } from "../lib/time.ts";
import { DYNAMIC_PEERS_MAX, DynamicPeers } from "./dynamic-peers.ts";
import { LocalRoutes } from "./local-routes.ts";
import { Peer } from "./peer.ts";
import type { PeerConfig } from "./peer-config.ts";
import { holdsOurRoutes, type PeerRestartView, type SpeakerRestartView } from "./restart/index.ts";
import { RestartLink } from "./restart-link.ts";
import type { LocalRoute, Rib } from "./rib/index.ts";
import { RibLink } from "./rib-link.ts";
import { type ConnectionId, Session, type Input as SessionInput } from "./session/index.ts";
import { type SessionHost, sessionOutOf } from "./session-out.ts";
import type { ConnectionInput, Input, Out, PeerName, SpeakerConfig } from "./speaker-io.ts";
import { automaticStop, hardStop, manualStop } from "./stops.ts";
import { CeaseError } from "./wire/index.ts";

type DynamicPeersInput = Extract<Input, { type: "AddDynamicPeers" | "RemoveDynamicPeers" }>;

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
 * RFCs: 4271, 4486, 4724, 4760, 5492, 2918, 6286, 6608, 6793, 7313, 7606, 7911, 8212, 8326, 8538, 8654, 8950, 9003, 9072,
 * 9234, 9494, 9687.
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
  readonly #restart: RestartLink;
  readonly #host: SessionHost;
  /** The time of the call that is running. */
  readonly #clock = { now: 0 as Instant };
  #lastConnection: ConnectionId = 0;
  #stopping = false;

  constructor(config: SpeakerConfig, rng: Rng, out: Out) {
    this.#out = out;
    this.#rng = rng;
    this.#link = new RibLink(config.selection, out, {
      defer: (peer, input) => {
        peer.deferred.push(input);
        this.#deferring.add(peer);
      },
      endOfRibReceived: (peer, family) => this.#restart.endOfRibReceived(this.#clock.now, peer, family),
      endOfRibSent: (peer, family) => {
        peer.endOfRibSent[family] = this.#clock.now;
        out.event(peer.name, { type: "end-of-rib-sent", family });
      },
    });
    this.#restart = new RestartLink(config, this.#link, out, this.#peers, this.#dynamic);
    const forget = (connection: ConnectionId) => void this.#connections.delete(connection);
    this.#host = { out, link: this.#link, restart: this.#restart, clock: this.#clock, forget };
    this.#local = new LocalRoutes(this.#link.rib);
  }

  /** When `advance` must next be called: at once while there is RIB work or something to send. */
  get deadline(): Instant {
    if (this.#link.pending) return 0 as Instant;
    let next: number = this.#restart.deadline;
    for (const { session, helper } of this.#peers.values()) next = Math.min(next, session.deadline, helper.deadline);
    return next as Instant;
  }

  /** Fires the timers that are due, and does one slice of what there is to decide or to send. */
  advance(now: Instant): void {
    this.#clock.now = now;
    for (const peer of this.#peers.values()) {
      const { session, helper } = peer;
      if (Math.min(session.deadline, helper.deadline) > now) continue;
      helper.advance(now);
      if (session.deadline <= now) this.#guard(now, peer, () => session.advance(now));
      this.#forgetIfGone(peer);
    }
    this.#tellDeferred(now);
    this.#restart.advance(now);
    this.#link.turn();
  }

  handle(now: Instant, input: Input): void {
    this.#link.rib.setTime(now);
    this.#clock.now = now;
    switch (input.type) {
      case "AddPeer":
        this.#addPeer(now, input.config, false, input.disabled);
        break;
      case "UpdatePeer":
        this.#updatePeer(now, input.config, input.effect);
        break;
      case "RemovePeer":
        this.#removePeer(now, this.#peers.get(input.peer));
        break;
      case "AddDynamicPeers":
        this.#changeDynamicPeers(now, input, () => this.#dynamic.add(input.prefix, input.template));
        break;
      case "RemoveDynamicPeers":
        this.#changeDynamicPeers(now, input, () => this.#dynamic.remove(input.prefix));
        break;
      case "SetPolicies":
        this.#link.setPolicies(input.policies);
        break;
      case "EnablePeer":
        if (!this.#stopping) this.#tell(now, input.peer, { type: "ManualStart" });
        this.#restart.noteChange();
        break;
      case "DisablePeer":
        this.#disable(now, input.peer, input.text);
        break;
      case "ResetPeer": {
        const stop = input.hard === true ? hardStop : automaticStop;
        this.#tell(now, input.peer, stop(CeaseError.AdministrativeReset, input.text));
        break;
      }
      case "DrainPeer":
      case "UndrainPeer":
        this.#drain(input.peer, input.type === "DrainPeer");
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
      case "HoldEndOfRib":
        this.#restart.hold();
        break;
      case "ReleaseEndOfRib":
        this.#restart.release();
        break;
      case "Stop":
        this.#stop(now, input.text, input.mode ?? "shutdown");
        break;
      case "Resume":
        this.#stopping = false;
        break;
      case "Accepted":
        this.#accepted(now, input);
        break;
      default:
        this.#connectionInput(now, input);
    }
    this.#tellDeferred(now);
    // Routes that came in are decided in the next turn: to read, decide and send in one would hold up everyone else.
    if (input.type !== "Received") this.#link.hurry();
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

  /** Graceful restart with one neighbour; undefined: there is no such neighbour. */
  restartOf(name: PeerName): PeerRestartView | undefined {
    const peer = this.#peers.get(name);
    return peer && this.#restart.viewOf(peer);
  }

  /** Our own restart. */
  restartAt(now: Instant): SpeakerRestartView {
    return this.#restart.view(now);
  }

  /** The routes that this speaker originates, as last announced. */
  get localRoutes(): Iterable<LocalRoute> {
    return this.#local.values();
  }

  #addPeer(now: Instant, config: PeerConfig, dynamic: boolean, disabled = false): Peer | undefined {
    const name = formatAddress(config.address);
    const former = this.#peers.get(name);
    if (former !== undefined && (dynamic || !former.dynamic)) return undefined;
    if (former !== undefined) this.#removePeer(now, former, CeaseError.OtherConfigurationChange);
    const sessionOf = (self: Peer) => {
      const connectionOf = () => {
        const connection = this.newConnection();
        this.#connections.set(connection, self);
        return connection;
      };
      return new Session(config, connectionOf, this.#rng, sessionOutOf(self, this.#host));
    };
    const peer = new Peer(config, dynamic, sessionOf, (self) => this.#restart.helperOf(self));
    peer.session.setRestartState(this.#restart.stateOf(peer));
    this.#peers.set(name, peer);
    this.#restart.noteChange();
    this.#out.event(name, { type: "peer-added", dynamic });
    if (!config.adminDown && !disabled) this.#start(now, peer);
    return peer;
  }

  #updatePeer(now: Instant, config: PeerConfig, effect: "live" | "soft" | "reset"): void {
    const peer = this.#peers.get(formatAddress(config.address));
    if (peer === undefined) return;
    const before = peer.config;
    peer.config = config;
    if (config.adminDown && !before.adminDown) this.#run(now, peer, manualStop(CeaseError.AdministrativeShutdown));
    else if (effect === "reset") this.#run(now, peer, automaticStop(CeaseError.OtherConfigurationChange));
    // What is kept was taken in, and is to be given up, by the rules of before.
    if (config.adminDown || effect === "reset") peer.helper.flush();
    this.#restart.noteChange();
    this.#guard(now, peer, () => peer.session.configure(now, config));
    if (!config.adminDown && before.adminDown) this.#start(now, peer);
    if (effect === "soft") this.#link.judgeAgain(peer);
  }

  /** After `Stop` nobody starts any more. */
  #start(now: Instant, peer: Peer): void {
    if (!this.#stopping) this.#run(now, peer, { type: "ManualStart" });
  }

  #removePeer(now: Instant, peer: Peer | undefined, subcode: number = CeaseError.PeerDeConfigured): void {
    if (peer === undefined) return;
    this.#run(now, peer, manualStop(subcode));
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    if (!this.#peers.delete(peer.name)) return;
    this.#deferring.delete(peer);
    // There are some only when the session could not even be stopped.
    for (const [connection, owner] of this.#connections) {
      if (owner !== peer) continue;
      this.#connections.delete(connection);
      this.#out.close(connection, "abort");
    }
    this.#link.detach(peer);
    this.#restart.noteChange();
    this.#out.event(peer.name, { type: "peer-removed" });
  }

  /** The effect is for neighbours of this prefix; who belongs to another one after the change than before starts anew. */
  #changeDynamicPeers(now: Instant, input: DynamicPeersInput, change: () => void): void {
    const matchOf = ({ config }: Peer) => this.#dynamic.match(config.address);
    const before = [...this.#peers.values()]
      .filter((peer) => peer.dynamic)
      .map((peer) => [peer, matchOf(peer)] as const);
    change();
    this.#restart.noteChange();
    for (const [peer, former] of before) {
      const match = matchOf(peer);
      if (match === undefined) this.#removePeer(now, peer);
      else if (former?.prefix.equals(match.prefix) !== true) this.#updatePeer(now, match.config, "reset");
      else if (input.type === "AddDynamicPeers" && input.prefix.equals(match.prefix))
        this.#updatePeer(now, match.config, input.effect);
      this.#forgetIfGone(peer);
    }
  }

  #softReset(now: Instant, name: PeerName, direction: "in" | "out" | "both"): void {
    const peer = this.#peers.get(name);
    if (peer?.index === undefined || peer.up === undefined) return;
    for (const { family } of peer.up.negotiated.families) {
      if (direction !== "out") this.#run(now, peer, { type: "RequestRefresh", family });
      if (direction !== "in") this.#link.rib.resend(peer.index, family, false);
    }
  }

  /**
   * RFC 4486: what we announced goes first, by withdrawal; then Cease/Administrative Shutdown with the text. To hold our
   * routes (RFC 4724), TCP ends without either, where somebody holds them.
   */
  #stop(now: Instant, text: string, mode: "shutdown" | "hold"): void {
    this.#stopping = true;
    if (mode === "shutdown") this.#local.withdrawAll();
    for (let slice = 0; slice < STOP_SLICES_MAX && this.#link.rib.pending; slice++) this.#link.rib.work();
    for (const peer of this.#peers.values()) {
      this.#link.sendLast(peer);
      const isHeld = mode === "hold" && peer.up !== undefined && holdsOurRoutes(peer.up);
      this.#run(now, peer, isHeld ? { type: "Abandon" } : manualStop(CeaseError.AdministrativeShutdown, text));
      peer.helper.flush();
    }
  }

  #disable(now: Instant, name: PeerName, text: string): void {
    this.#tell(now, name, manualStop(CeaseError.AdministrativeShutdown, text));
    this.#peers.get(name)?.helper.flush();
    this.#restart.noteChange();
  }

  /** RFC 8326. */
  #drain(name: PeerName, draining: boolean): void {
    const peer = this.#peers.get(name);
    if (peer === undefined || peer.isDraining === draining) return;
    peer.isDraining = draining;
    this.#link.judgeAgain(peer, "out");
  }

  #accepted(now: Instant, input: Extract<Input, { type: "Accepted" }>): void {
    const name = formatAddress(input.remote);
    const peer = this.#stopping ? "stopping" : (this.#peers.get(name) ?? this.#dynamicPeer(now, input));
    if (typeof peer === "string") {
      this.#out.event(name, { type: "refused", reason: peer });
      this.#out.close(input.connection);
      return;
    }
    this.#connections.set(input.connection, peer);
    this.#run(now, peer, input);
    this.#forgetIfGone(peer);
  }

  /** A new dynamic neighbour, or why it is refused. */
  #dynamicPeer(now: Instant, input: Extract<Input, { type: "Accepted" }>): Peer | string {
    const match = this.#dynamic.match(input.remote);
    if (match === undefined) return "no such neighbour";
    if (this.#peers.size >= DYNAMIC_PEERS_MAX) return "too many dynamic neighbours";
    return this.#addPeer(now, match.config, true) ?? "no such neighbour";
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

  /** A dynamic neighbour is there as long as it has a connection, or must not come back yet. */
  #forgetIfGone(peer: Peer): void {
    const { state, refuses } = peer.session;
    const isGone = state === "Active" || (state === "Idle" && (!refuses || peer.config.adminDown));
    if (peer.dynamic && isGone && !peer.helper.isHolding) this.#forget(peer);
  }

  /** What sessions are to be told, now that none runs. */
  #tellDeferred(now: Instant): void {
    for (const peer of this.#deferring) {
      this.#deferring.delete(peer);
      for (let input = peer.deferred.shift(); input !== undefined; input = peer.deferred.shift())
        this.#run(now, peer, input);
      this.#forgetIfGone(peer);
    }
  }
}
