import type { Rng } from "../lib/rng.ts";
import { after, elapsed, type Instant, type Micros, NEVER } from "../lib/time.ts";
import { BroadcastQueue, retransmitLimit } from "./broadcast-queue.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Out } from "./gossip-io.ts";
import type { Member } from "./member.ts";
import type { Members } from "./member-table.ts";
import {
  COMPOUND_PART,
  COMPOUND_PARTS_SENT_MAX,
  type Endpoint,
  type Envelope,
  encodeCompound,
  PROTOCOL_CRC,
  packetRoom,
  sealPacket,
} from "./wire/index.ts";

/** Most user broadcasts under way. Those about members are one a member at most. */
const USER_BROADCASTS_MAX = 1024;

/** Sends packets, and spreads broadcasts: on the back of every packet, and in turns of their own. */
export class Dissemination {
  /** About members, by name. */
  readonly members: BroadcastQueue;
  /** Of the application, by topic. */
  readonly user = new BroadcastQueue(USER_BROADCASTS_MAX);
  readonly #config: GossipConfig;
  readonly #envelope: Envelope;
  readonly #table: Members;
  readonly #out: Out;
  readonly #counters: Counters;
  readonly #rng: Rng;
  #nextTurn: Instant = NEVER;

  constructor(config: GossipConfig, envelope: Envelope, table: Members, out: Out, counters: Counters, rng: Rng) {
    this.#config = config;
    this.#envelope = envelope;
    this.#table = table;
    this.#out = out;
    this.#counters = counters;
    this.#rng = rng;
    this.members = new BroadcastQueue(2 * config.membersMax);
  }

  /** The next turn; none while there is nothing to tell. News that comes after a pause is told at once. */
  get deadline(): Instant {
    return this.members.size + this.user.size === 0 ? NEVER : this.#nextTurn;
  }

  start(now: Instant): void {
    this.#nextTurn = after(now, (this.#rng() * this.#config.gossipInterval) as Micros);
  }

  /** One turn: what is queued goes to a few members at random, each its own fill. The recently dead get it as well. */
  advance(now: Instant): void {
    this.#nextTurn = after(now, this.#config.gossipInterval);
    const { name, gossipNodes, gossipToTheDeadTime } = this.#config;
    const targets = this.#table.sample(gossipNodes, (member) => {
      if (member.name === name || member.state === "left") return false;
      return member.state !== "dead" || elapsed(member.since, now) <= gossipToTheDeadTime;
    });
    for (const target of targets) {
      const messages = this.#fill(packetRoom(this.#envelope, this.#config.udpBufferSize));
      if (messages.length === 0) return;
      this.sendTo(target, messages);
    }
  }

  /** Sends one message, with as many broadcasts on its back as fit. */
  send(to: Endpoint, message: Uint8Array): void {
    const used = message.length + COMPOUND_PART;
    const extra = this.#fill(packetRoom(this.#envelope, this.#config.udpBufferSize) - used);
    this.#sendParts(to, [message, ...extra], false);
  }

  /** Sends just these messages to a member, with a checksum if it knows about them. */
  sendTo(member: Member, messages: readonly Uint8Array[]): void {
    this.#sendParts(member.endpoint, messages, (member.versions?.protocolMax ?? 0) >= PROTOCOL_CRC);
  }

  #fill(room: number): Uint8Array[] {
    if (this.members.size + this.user.size === 0) return [];
    const limit = retransmitLimit(this.#config.retransmitMult, this.#table.size);
    const taken = this.members.take(room, COMPOUND_PART, limit);
    const used = taken.reduce((sum, message) => sum + message.length + COMPOUND_PART, 0);
    return [...taken, ...this.user.take(room - used, COMPOUND_PART, limit)];
  }

  #sendParts(to: Endpoint, messages: readonly Uint8Array[], withCrc: boolean): void {
    for (let at = 0; at < messages.length; at += COMPOUND_PARTS_SENT_MAX) {
      const parts = messages.slice(at, at + COMPOUND_PARTS_SENT_MAX);
      const message = parts.length === 1 ? (parts[0] as Uint8Array) : encodeCompound(parts);
      const packet = sealPacket(this.#envelope, message, withCrc);
      this.#counters.packetsOut++;
      this.#counters.octetsOut += packet.length;
      this.#out.sendPacket(to, packet);
    }
  }
}
