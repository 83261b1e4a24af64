/*
 * A member of a memberlist cluster, as a pure core: SWIM with the Lifeguard extensions, compatible on the wire with
 * HashiCorp's Go library and thereby with serf and alertmanager.
 *
 * What it does. Every node probes one other an interval (prober.ts), by ping, by way of others (relays.ts carries that
 * out for them), and over TCP. Who does not answer becomes suspect, and dead when he does not refute in time
 * (suspicion.ts); how much time depends on how many others suspect him too and on our own health (awareness.ts).
 * Claims of being alive, suspect or dead (membership.ts) spread on the back of other packets and in turns of gossip
 * (dissemination.ts, broadcast-queue.ts). What is lost that way is found by push/pulls, exchanges of the whole state
 * with one other node (sync.ts) over streams (streams.ts); these are also how a node joins (join.ts).
 *
 * What it does beyond memberlist. The dead and missing seeds are sought for as long as they are missing, so that a split
 * cluster heals (rejoin.ts). Claims that do not fit our versions are not believed even when gossiped (versions.ts). A node
 * that hears nobody says that it is isolated (isolation.ts). One that was not run for a while gives its suspects that
 * much more time. Refutations replace the accusation that is still queued.
 *
 * Flow. The driver hands packets, streams and commands to `handle`, then calls `advance`, then reads `deadline`; the core
 * answers through `Out`. Each part has its own `deadline` and `advance`; this file picks the earliest.
 *
 * Sources: Das, Gupta, Motivala, "SWIM" (2002); Dadgar, Phillips, Currey, "Lifeguard" (2017); the behaviour of
 * memberlist 0.2 to 0.6.
 */

import { assert } from "../lib/assert.ts";
import type { Core } from "../lib/core.ts";
import type { Result } from "../lib/result.ts";
import type { Rng } from "../lib/rng.ts";
import { elapsed, type Instant, type Micros, NEVER, toSeconds } from "../lib/time.ts";
import { Awareness } from "./awareness.ts";
import { checkConfig, type GossipConfig } from "./config.ts";
import { type Counters, newCounters } from "./counters.ts";
import { Dissemination } from "./dissemination.ts";
import type { Delegate, Input, Out, Outcome, RequestId } from "./gossip-io.ts";
import { Isolation } from "./isolation.ts";
import { Join } from "./join.ts";
import { Lost } from "./lost.ts";
import type { MemberView } from "./member.ts";
import { type Members, MemberTable } from "./member-table.ts";
import { Membership } from "./membership.ts";
import { Prober } from "./prober.ts";
import { Rejoin } from "./rejoin.ts";
import { Reports } from "./reports.ts";
import { Responder } from "./responder.ts";
import { Streams } from "./streams.ts";
import { Sync } from "./sync.ts";
import { Waiters } from "./waiters.ts";
import {
  decodeMessage,
  EncryptionVersion,
  type Endpoint,
  type Envelope,
  encodeMessage,
  encodeStreamUser,
  encodeText,
  META_MAX,
  type Message,
  openPacket,
  STREAM_PAYLOAD_MAX,
  type StreamMessage,
} from "./wire/index.ts";

/** Largest user message in a packet of its own: the rest of a datagram is for what wraps it. */
const BEST_EFFORT_MAX = 60_000;
/** Largest user message that is gossiped: it must fit a packet, with encryption and the longest label. */
const BROADCAST_MAX = 1024;

interface Timed {
  readonly deadline: Instant;
  advance(now: Instant): void;
}

/** See the head of this file. */
export class Swim implements Core<Input> {
  readonly #config: GossipConfig;
  readonly #out: Out;
  readonly #envelope: Envelope;
  readonly #counters = newCounters();
  readonly #reports: Reports;
  readonly #table: Members;
  readonly #awareness: Awareness;
  readonly #dissemination: Dissemination;
  readonly #membership: Membership;
  readonly #streams: Streams;
  readonly #sync: Sync;
  readonly #join: Join;
  readonly #rejoin: Rejoin;
  readonly #isolation: Isolation;
  readonly #prober: Prober;
  readonly #responder: Responder;
  readonly #waiters: Waiters;
  readonly #timed: readonly Timed[];
  #started = false;

  /** Throws AssertionError on a configuration that no cluster could take. */
  constructor(
    config: GossipConfig,
    rng: Rng,
    out: Out,
    delegate: Delegate = {},
    table: Members = new MemberTable(rng),
  ) {
    checkConfig(config);
    const counters = this.#counters;
    const envelope = envelopeOf(config);
    const reports = new Reports(out);
    const awareness = new Awareness(config.awarenessMaxMultiplier);
    const lost = new Lost(config.rejoinTimeout);
    const dissemination = new Dissemination(config, envelope, table, out, counters, rng);
    const queue = dissemination.members;
    const base = { config, rng, out, counters, reports, delegate, table, awareness, dissemination };
    const membership = new Membership({ ...base, queue, lost });
    const streams = new Streams(config, envelope, out, reports, counters, (now, message) => this.#serve(now, message));
    const sync = new Sync({ ...base, membership, streams });
    const join = new Join(config, sync, out, reports);
    const rejoin = new Rejoin(config, rng, table, lost, sync);
    const isolation = new Isolation(table, out, () => rejoin.isMissingSomebody);
    const prober = new Prober({ ...base, membership, streams, isolation });
    this.#config = config;
    this.#out = out;
    this.#envelope = envelope;
    this.#reports = reports;
    this.#table = table;
    this.#awareness = awareness;
    this.#dissemination = dissemination;
    this.#membership = membership;
    this.#streams = streams;
    this.#sync = sync;
    this.#join = join;
    this.#rejoin = rejoin;
    this.#isolation = isolation;
    this.#prober = prober;
    this.#responder = new Responder({ ...base, prober, join, rejoin });
    this.#waiters = new Waiters(out);
    this.#timed = [prober, dissemination, membership, streams, sync, join, rejoin, this.#responder, this.#waiters];
  }

  get deadline(): Instant {
    let min = NEVER;
    for (const { deadline } of this.#timed) if (deadline < min) min = deadline;
    return min;
  }

  advance(now: Instant): void {
    const late = elapsed(this.#prober.deadline, now);
    if (late > this.#config.probeTimeout) this.#forgive(now, late);
    for (;;) {
      let next: Timed | undefined;
      for (const timed of this.#timed)
        if (timed.deadline <= now && (next === undefined || timed.deadline < next.deadline)) next = timed;
      if (next === undefined) break;
      next.advance(now);
    }
    this.#lookAround();
  }

  /** We were not run for a while: what others failed to tell us in that time is our fault. */
  #forgive(now: Instant, late: Micros): void {
    this.#prober.extend(late);
    this.#membership.extendSuspicions(late);
    this.#awareness.apply(1);
    this.#reports.warn(now, "stalled", "", `this process did not run for ${toSeconds(late).toFixed(1)} s`);
  }

  #lookAround(): void {
    if (this.#started) this.#isolation.update(this.#membership.aliveOthers);
  }

  handle(now: Instant, input: Input): void {
    if (input.type === "start") this.#start(now);
    else if ("stream" in input) this.#streams.handle(now, input);
    else if (input.type === "packet") this.#handlePacket(now, input.from, input.bytes);
    else if (input.type === "packetFailed") this.#prober.handleSendFailure(now, input.to);
    else this.#handleCommand(now, input);
    this.#lookAround();
  }

  #start(now: Instant): void {
    assert(!this.#started, "a node is started once");
    this.#started = true;
    this.#membership.start(now);
    for (const part of [this.#prober, this.#dissemination, this.#sync, this.#rejoin]) part.start(now);
  }

  #handlePacket(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    this.#counters.packetsIn++;
    this.#counters.octetsIn += bytes.length;
    const opened = openPacket(this.#envelope, bytes);
    if (!opened.ok) {
      this.#counters.packetsRejected++;
      const text = `a packet from ${from.address} was rejected: ${opened.error}`;
      this.#reports.warn(now, "rejected", `packet ${from.address}`, text);
      return;
    }
    this.#counters.messagesMalformed += opened.value.faults;
    for (const plain of opened.value.messages) {
      const message = decodeMessage(plain);
      if (message.ok) {
        this.#isolation.heard();
        this.#handleMessage(now, from, message.value);
      } else {
        this.#counters.messagesMalformed++;
        const text = `a message from ${from.address} was ignored: ${message.error}`;
        this.#reports.warn(now, "rejected", `message ${from.address}`, text);
      }
    }
  }

  #handleMessage(now: Instant, from: Endpoint, message: Message): void {
    switch (message.type) {
      case "ping":
        this.#responder.handlePing(now, from, message);
        return;
      case "indirectPing":
        this.#responder.handleIndirectPing(now, from, message);
        return;
      case "ack":
        this.#responder.handleAck(now, message.seqNo, message.payload);
        return;
      case "nack":
        this.#prober.handleNack(message.seqNo);
        return;
      case "alive":
        this.#membership.handleAlive(now, message);
        return;
      case "suspect":
        this.#membership.handleSuspect(now, message);
        return;
      case "dead":
        this.#membership.handleDead(now, message);
        return;
      case "user":
        this.#out.event({ type: "userMessage", payload: message.payload });
        return;
      case "error":
        // Only streams carry errors.
        this.#counters.messagesMalformed++;
        return;
      default:
        message satisfies never;
    }
  }

  /** A request that came over a stream. */
  #serve(now: Instant, message: StreamMessage): Uint8Array | undefined {
    switch (message.type) {
      case "pushPull":
        return this.#sync.serve(now, message);
      case "ping":
        return this.#responder.answerPing(now, message);
      case "user":
        this.#out.event({ type: "userMessage", payload: message.payload });
        return undefined;
      case "ack":
      case "error":
        return undefined;
      default:
        message satisfies never;
        return undefined;
    }
  }

  #handleCommand(now: Instant, input: Command): void {
    switch (input.type) {
      case "join":
        this.#rejoin.addSeeds(input.seeds);
        this.#join.join(now, input.request, input.seeds);
        return;
      case "seeds":
        this.#rejoin.setSeeds(input.seeds);
        return;
      case "leave":
        this.#leave(now, input.request, input.timeout);
        return;
      case "updateNode":
        this.#updateNode(now, input.request, input.meta, input.timeout);
        return;
      case "broadcast":
        assert(input.payload.length <= BROADCAST_MAX, `a broadcast has at most ${BROADCAST_MAX} octets`);
        this.#dissemination.user.push(input.topic, encodeMessage({ type: "user", payload: input.payload }));
        return;
      case "sendBestEffort":
      case "sendReliable":
        this.#send(now, input);
        return;
      case "installKey":
      case "useKey":
      case "removeKey":
        this.#complete(input.request, this.#changeKeys(input.type, input.key));
        return;
      default:
        input satisfies never;
    }
  }

  #leave(now: Instant, request: RequestId, timeout: Micros): void {
    if (this.#membership.isLeaving) {
      this.#out.completed(request, { ok: true });
      return;
    }
    const told = this.#spread(now, request, "the leave", timeout);
    for (const part of [this.#prober, this.#sync, this.#join, this.#rejoin]) part.stop();
    this.#membership.leave(now, told);
  }

  #updateNode(now: Instant, request: RequestId, meta: Uint8Array, timeout: Micros): void {
    if (meta.length > META_MAX) this.#complete(request, `node meta has at most ${META_MAX} octets, not ${meta.length}`);
    else if (this.#membership.isLeaving) this.#complete(request, "the node has left");
    else this.#membership.updateMeta(meta, this.#spread(now, request, "the update", timeout));
  }

  /** Completes `request` once its news is spread; at once when there is nobody to tell. Returns what to call then. */
  #spread(now: Instant, request: RequestId, what: string, timeout: Micros): () => void {
    this.#waiters.add(now, request, what, timeout);
    if (this.#membership.aliveOthers === 0) this.#waiters.finish(request, { ok: true });
    return () => this.#waiters.finish(request, { ok: true });
  }

  #send(now: Instant, input: Extract<Command, { readonly type: "sendBestEffort" | "sendReliable" }>): void {
    const { request, to, payload } = input;
    const max = input.type === "sendReliable" ? STREAM_PAYLOAD_MAX : BEST_EFFORT_MAX;
    const member = this.#table.get(to);
    if (payload.length > max) this.#complete(request, `a message has at most ${max} octets, not ${payload.length}`);
    else if (member === undefined) this.#complete(request, `${to} is not a member`);
    else if (input.type === "sendBestEffort") {
      this.#dissemination.sendTo(member, [encodeMessage({ type: "user", payload })]);
      this.#complete(request, undefined);
    } else {
      this.#streams.dial(now, member.endpoint, encodeStreamUser(payload), {
        timeout: this.#config.tcpTimeout,
        sent: () => this.#complete(request, undefined),
        failed: (_, error) => this.#complete(request, error),
      });
    }
  }

  #changeKeys(change: "installKey" | "useKey" | "removeKey", key: Uint8Array): string | undefined {
    const keys = this.#config.encryption?.keys;
    if (keys === undefined) return "encryption is not configured";
    let result: Result<undefined, string>;
    if (change === "installKey") result = keys.install(key);
    else result = change === "useKey" ? keys.use(key) : keys.remove(key);
    return result.ok ? undefined : result.error;
  }

  #complete(request: RequestId, error: string | undefined): void {
    const outcome: Outcome = error === undefined ? { ok: true } : { ok: false, error };
    this.#out.completed(request, outcome);
  }

  /** Members of every state that are still listed, ourselves included; as they are now. */
  members(): MemberView[] {
    return Array.from(this.#table, (member) => ({ ...member }));
  }

  /** Ourselves, as we tell others. */
  get self(): MemberView {
    return { ...this.#membership.self };
  }

  /** What is believed of `name`, or undefined when it is not listed. */
  member(name: string): MemberView | undefined {
    const member = this.#table.get(name);
    return member === undefined ? undefined : { ...member };
  }

  /** Our own health: 0 is well, up to awarenessMaxMultiplier - 1. */
  get healthScore(): number {
    return this.#awareness.score;
  }

  /** Whether we seem to be cut off from everybody: what {@link members} says of others is then worth nothing. */
  get isolated(): boolean {
    return this.#isolation.isolated;
  }

  get counters(): Readonly<Counters> {
    return this.#counters;
  }
}

type Command = Exclude<
  Input,
  { readonly type: "start" | "packet" | "packetFailed" } | Extract<Input, { readonly stream: number }>
>;

function envelopeOf(config: GossipConfig): Envelope {
  const version = config.protocolVersion === 1 ? EncryptionVersion.Padded : EncryptionVersion.Plain;
  return {
    label: encodeText(config.label),
    compress: config.enableCompression,
    encryption: config.encryption === undefined ? undefined : { ...config.encryption, version },
  };
}
