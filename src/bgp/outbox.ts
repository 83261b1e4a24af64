import type { Peer } from "./peer.ts";
import type { Rib } from "./rib/index.ts";
import type { Out } from "./speaker-io.ts";

/** Octets of UPDATEs that may wait in a neighbour's socket. Less: small writes; more: a KEEPALIVE waits behind them. */
const OUTSTANDING_MAX = 256 * 1024;
/** Octets of UPDATEs made in one turn, over all neighbours: keeps a turn within a few milliseconds. */
const TURN_MAX = 64 * 1024;

/**
 * Carries UPDATEs from the RIB to the neighbours' connections: pulled for whoever has something to get and room in its
 * socket, and never more than a turn's worth at a time.
 */
export class Outbox {
  readonly #rib: Rib;
  readonly #out: Out;
  /** Peers that are readable and have room. */
  readonly #ready = new Set<Peer>();

  constructor(rib: Rib, out: Out) {
    this.#rib = rib;
    this.#out = out;
  }

  /** Whether `sendTurn` has something to do. */
  get pending(): boolean {
    return this.#ready.size > 0;
  }

  /** The RIB has something for this peer. */
  markReadable(peer: Peer): void {
    peer.readable = true;
    if (peer.outstanding < OUTSTANDING_MAX) this.#ready.add(peer);
  }

  /** The kernel has `outstanding` octets left to take. */
  sent(peer: Peer, outstanding: number): void {
    peer.outstanding = outstanding;
    if (peer.readable && outstanding < OUTSTANDING_MAX) this.#ready.add(peer);
  }

  /** The session is over: nothing more goes to this peer. */
  drop(peer: Peer): void {
    peer.readable = false;
    this.#ready.delete(peer);
  }

  /** One turn's worth of UPDATEs. */
  sendTurn(): void {
    let budget = TURN_MAX;
    for (const peer of this.#ready) {
      if (budget <= 0) return;
      this.#ready.delete(peer);
      budget -= this.#send(peer, Math.min(budget, OUTSTANDING_MAX - peer.outstanding));
      // Behind the others, if there may be more. Else whatever gives it more to get, or more room, puts it back.
      if (peer.readable && peer.outstanding < OUTSTANDING_MAX) this.#ready.add(peer);
    }
  }

  /** Sends what the peer is to get before the end of its session, whether there is room or not, up to a limit. */
  sendLast(peer: Peer): void {
    this.#send(peer, OUTSTANDING_MAX);
  }

  /** Pulls and sends messages until `room` octets are reached or there are no more. Returns the octets sent. */
  #send(peer: Peer, room: number): number {
    let sent = 0;
    while (peer.readable && peer.index !== undefined && peer.up !== undefined && sent < room) {
      const bytes = this.#rib.pull(peer.index);
      if (bytes === undefined) {
        peer.readable = false;
        break;
      }
      sent += bytes.length;
      peer.outstanding += bytes.length;
      peer.session.statistics.countSent(bytes);
      this.#out.send(peer.up.connection, bytes);
    }
    return sent;
  }
}
