import assert from "node:assert/strict";
import {
  type ConnectionId,
  type Input,
  type Out,
  type PeerConfig,
  type PeerName,
  peerConfig,
  Speaker,
  type SpeakerConfig,
  type SpeakerEvent,
} from "../../../../src/bgp/index.ts";
import type { Peer } from "../../../../src/bgp/peer.ts";
import { type Address, formatAddress, parseAddress } from "../../../../src/lib/address.ts";
import { seededRng } from "../../../../src/lib/rng.ts";
import { type Instant, type Micros, NEVER } from "../../../../src/lib/time.ts";
import { Neighbor } from "./neighbor.ts";

const TURNS_MAX = 100_000;

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(`no address: ${text}`);
  return parsed;
}

/** Settings of a neighbour of AS 65001 at 192.0.2.1: AS 65002 at 192.0.2.2 unless told otherwise. */
export function config(given: Partial<Omit<PeerConfig, "address">> & { readonly address?: string } = {}): PeerConfig {
  const { address: text = "192.0.2.2", ...rest } = given;
  return peerConfig({ peerAs: 65002, localAs: 65001, routerId: 0x0a000001, ...rest, address: address(text) });
}

/** A speaker with a clock; the test is the network and the kernel. Our connections and theirs are numbered from 1. */
export class Rig implements Out {
  readonly speaker: Speaker;
  readonly local = address("192.0.2.1");
  now = 0 as Instant;
  /** What was asked of the network: "connect 192.0.2.2", "close 192.0.2.2", "abort 192.0.2.2", "close stranger". */
  readonly log: string[] = [];
  readonly events: { readonly peer: PeerName; readonly event: SpeakerEvent }[] = [];
  /** Who is at the other end. */
  readonly ends = new Map<ConnectionId, Neighbor>();
  /** Connections that were asked for and are neither there nor refused. */
  readonly attempts = new Map<PeerName, ConnectionId>();
  /** Set: `send` on this connection throws, as a fault of ours would. */
  broken: ConnectionId | undefined;

  constructor(settings: SpeakerConfig = {}) {
    this.speaker = new Speaker(settings, seededRng(1), this);
  }

  /** Configures a neighbour, and makes it. */
  add(given: Parameters<typeof config>[0] = {}): Neighbor {
    const settings = config(given);
    this.input({ type: "AddPeer", config: settings });
    return new Neighbor(this, settings);
  }

  /** The same, Established. */
  join(given: Parameters<typeof config>[0] = {}): Neighbor {
    const neighbor = this.add(given).establish();
    assert.equal(neighbor.peer?.session.state, "Established");
    return neighbor;
  }

  peer(name: string): Peer | undefined {
    return this.speaker.peers.get(name);
  }

  /** Hands an input over, and does all the work there is. */
  input(input: Input): this {
    this.speaker.handle(this.now, input);
    return this.settle();
  }

  /** All that can be done at this moment. */
  settle(): this {
    for (let turns = 0; this.speaker.deadline <= this.now; turns++) {
      assert.notEqual(turns, TURNS_MAX, "the speaker does not come to rest");
      this.speaker.advance(this.now);
    }
    return this;
  }

  /** Lets time pass, firing timers when they are due. */
  pass(duration: Micros): this {
    const end = (this.now + duration) as Instant;
    this.settle();
    for (let next = this.speaker.deadline; next <= end && next !== NEVER; next = this.speaker.deadline) {
      this.now = next;
      this.settle();
    }
    this.now = end;
    return this;
  }

  /** The events of this type, of one neighbour or of all; forgets nothing. */
  eventsOf<Type extends SpeakerEvent["type"]>(
    type: Type,
    peer?: PeerName,
  ): readonly Extract<SpeakerEvent, { type: Type }>[] {
    return this.events
      .filter(({ peer: name, event }) => event.type === type && (peer === undefined || name === peer))
      .map(({ event }) => event as Extract<SpeakerEvent, { type: Type }>);
  }

  /** Forgets what was asked of the network, and returns it. */
  take(): string[] {
    return this.log.splice(0);
  }

  /** Somebody at `text` connects: the number of the connection. */
  accept(text: string): ConnectionId {
    const connection = this.speaker.newConnection();
    this.input({ type: "Accepted", connection, local: this.local, remote: address(text) });
    return connection;
  }

  connect(connection: ConnectionId, { address: remote }: PeerConfig): void {
    this.log.push(`connect ${remote}`);
    this.attempts.set(formatAddress(remote), connection);
  }

  close(connection: ConnectionId, how?: "abort"): void {
    const neighbor = this.ends.get(connection);
    this.ends.delete(connection);
    const attempt = [...this.attempts].find(([, id]) => id === connection)?.[0];
    if (attempt !== undefined) this.attempts.delete(attempt);
    this.log.push(`${how ?? "close"} ${neighbor?.name ?? attempt ?? "stranger"}`);
    neighbor?.closed();
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    if (connection === this.broken) throw new Error("ours");
    this.ends.get(connection)?.read(bytes);
  }

  event(peer: PeerName, event: SpeakerEvent): void {
    this.events.push({ peer, event });
  }
}
