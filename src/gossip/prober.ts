import type { Rng } from "../lib/rng.ts";
import { after, elapsed, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Awareness } from "./awareness.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Dissemination } from "./dissemination.ts";
import type { Out } from "./gossip-io.ts";
import type { Isolation } from "./isolation.ts";
import { formatEndpoint, type Member, sameEndpoint } from "./member.ts";
import type { Members } from "./member-table.ts";
import type { Membership } from "./membership.ts";
import type { Reports } from "./reports.ts";
import type { Streams } from "./streams.ts";
import { type Endpoint, encodeMessage, type Message, PROTOCOL_NACK, PROTOCOL_TCP_PING } from "./wire/index.ts";

interface Probe {
  readonly target: Member;
  readonly seqNo: number;
  readonly sentAt: Instant;
  /** Until then the target itself may answer; NEVER once others have been asked. */
  direct: Instant;
  /** Until then anybody may. */
  end: Instant;
  nacksExpected: number;
  nacks: number;
  byTcp: boolean;
}

/** What the prober is made of. */
export interface ProberParts {
  readonly config: GossipConfig;
  readonly rng: Rng;
  readonly out: Out;
  readonly counters: Counters;
  readonly reports: Reports;
  readonly table: Members;
  readonly awareness: Awareness;
  readonly membership: Membership;
  readonly dissemination: Dissemination;
  readonly streams: Streams;
  readonly isolation: Isolation;
}

/**
 * SWIM's failure detector: one member an interval, by ping; when it does not answer in time, by way of some others and
 * over TCP as well; when nothing comes until the end of the (health-scaled) interval, it is suspect.
 */
export class Prober {
  readonly #parts: ProberParts;
  #probe: Probe | undefined;
  #nextTick: Instant = NEVER;
  #lastSeqNo: number;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    // Not 1: an ack for a former life of ours must not be taken for one to this.
    this.#lastSeqNo = Math.floor(parts.rng() * 0x7fffffff);
  }

  get deadline(): Instant {
    if (this.#probe === undefined) return this.#nextTick;
    return Math.min(this.#probe.direct, this.#probe.end) as Instant;
  }

  start(now: Instant): void {
    const { rng, config } = this.#parts;
    this.#nextTick = after(now, (rng() * config.probeInterval) as Micros);
  }

  /** No more probes: we have left. */
  stop(): void {
    this.#probe = undefined;
    this.#nextTick = NEVER;
  }

  /** The running probe gets `late` more time: for as long we heard nobody. */
  extend(late: Micros): void {
    if (this.#probe === undefined) return;
    this.#probe.direct = after(this.#probe.direct, late);
    this.#probe.end = after(this.#probe.end, late);
  }

  /** A number for a ping, never used for another of the last four milliards. */
  nextSeqNo(): number {
    this.#lastSeqNo = (this.#lastSeqNo + 1) >>> 0;
    return this.#lastSeqNo;
  }

  advance(now: Instant): void {
    const probe = this.#probe;
    if (probe === undefined) this.#tick(now);
    else if (probe.end <= now) this.#conclude(now, probe);
    else if (probe.direct <= now) this.#askOthers(now, probe);
  }

  #tick(now: Instant): void {
    const { config, table } = this.#parts;
    // A probe that took longer than an interval is followed at once by the next, but they do not pile up.
    this.#nextTick = after(this.#nextTick, config.probeInterval);
    if (this.#nextTick <= now) this.#nextTick = after(now, config.probeInterval);
    const target = table.nextToProbe(now, config.name, config.gossipToTheDeadTime);
    if (target !== undefined) this.#begin(now, target);
  }

  #begin(now: Instant, target: Member): void {
    const { config, counters, awareness, dissemination } = this.#parts;
    const seqNo = this.nextSeqNo();
    counters.probes++;
    this.#probe = {
      target,
      seqNo,
      sentAt: now,
      direct: after(now, config.probeTimeout),
      end: after(now, awareness.scale(config.probeInterval)),
      nacksExpected: 0,
      nacks: 0,
      byTcp: false,
    };
    const source = { endpoint: config.advertise, node: config.name };
    const ping = encodeMessage({ type: "ping", seqNo, node: target.name, source });
    if (target.state === "alive") {
      dissemination.send(target.endpoint, ping);
      return;
    }
    // Lifeguard's buddy system: the suspect hears of the suspicion at once, and can refute.
    const { incarnation, name: node } = target;
    dissemination.sendTo(target, [ping, encodeMessage({ type: "suspect", incarnation, node, from: config.name })]);
  }

  /** Indirect pings through some that are alive, and a ping over TCP: lost packets and blocked UDP are no death. */
  #askOthers(now: Instant, probe: Probe): void {
    probe.direct = NEVER;
    const { config, table, dissemination } = this.#parts;
    const { target, seqNo } = probe;
    const relays = table.sample(
      config.indirectChecks,
      (m) => m.state === "alive" && m.name !== config.name && m.name !== target.name,
    );
    const source = { endpoint: config.advertise, node: config.name };
    for (const relay of relays) {
      const nack = (relay.versions?.protocolMax ?? 0) >= PROTOCOL_NACK;
      if (nack) probe.nacksExpected++;
      const request: Message = {
        type: "indirectPing",
        seqNo,
        target: target.endpoint,
        node: target.name,
        nack,
        source,
      };
      dissemination.send(relay.endpoint, encodeMessage(request));
    }
    if (!config.disableTcpPings && (target.versions?.protocolMax ?? 0) >= PROTOCOL_TCP_PING)
      this.#pingByTcp(now, probe);
  }

  #pingByTcp(now: Instant, probe: Probe): void {
    const { config, streams } = this.#parts;
    const { target, seqNo } = probe;
    const source = { endpoint: config.advertise, node: config.name };
    streams.dial(now, target.endpoint, encodeMessage({ type: "ping", seqNo, node: target.name, source }), {
      timeout: elapsed(now, probe.end),
      replied: (_, message) => {
        if (message.type === "ack" && message.seqNo === seqNo) probe.byTcp = true;
      },
      failed: () => {},
    });
  }

  /** Nobody answered over UDP until the end. */
  #conclude(now: Instant, probe: Probe): void {
    this.#probe = undefined;
    const { config, counters, reports, awareness, membership, isolation } = this.#parts;
    const { target } = probe;
    if (probe.byTcp) {
      counters.probesByTcp++;
      awareness.apply(-1);
      isolation.heard();
      const text = `${target.name} at ${formatEndpoint(target.endpoint)} answers over TCP but not over UDP: is UDP blocked?`;
      reports.warn(now, "udp-blocked", target.name, text);
      return;
    }
    counters.probesFailed++;
    awareness.apply(probe.nacksExpected > 0 ? Math.max(0, probe.nacksExpected - probe.nacks) : 1);
    isolation.probeFailed();
    const { name: node, incarnation } = target;
    membership.handleSuspect(now, { incarnation, node, from: config.name });
  }

  /** Returns whether the ack was for the running probe. */
  handleAck(now: Instant, seqNo: number, payload: Uint8Array): boolean {
    const probe = this.#probe;
    if (probe?.seqNo !== seqNo) return false;
    this.#probe = undefined;
    this.#parts.awareness.apply(-1);
    // Once others have been asked, the time does not tell how far the target is.
    if (probe.direct !== NEVER) {
      const roundTrip = elapsed(probe.sentAt, now);
      this.#parts.out.event({ type: "pinged", member: { ...probe.target }, roundTrip, payload });
    }
    return true;
  }

  handleNack(seqNo: number): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.nacks++;
  }

  /** The system refuses to send there: no need to wait for an answer. */
  handleSendFailure(now: Instant, to: Endpoint): void {
    const probe = this.#probe;
    if (probe === undefined || probe.direct === NEVER || !sameEndpoint(probe.target.endpoint, to)) return;
    this.#askOthers(now, probe);
  }
}
