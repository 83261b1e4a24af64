import type { Instant } from "../lib/time.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Dissemination } from "./dissemination.ts";
import type { Delegate } from "./gossip-io.ts";
import type { Join } from "./join.ts";
import type { Prober } from "./prober.ts";
import type { Rejoin } from "./rejoin.ts";
import { Relays } from "./relays.ts";
import type { Reports } from "./reports.ts";
import { type Endpoint, encodeMessage, type IndirectPing, type Ping } from "./wire/index.ts";

const NO_PAYLOAD = new Uint8Array(0);

export interface ResponderParts {
  readonly config: GossipConfig;
  readonly counters: Counters;
  readonly reports: Reports;
  readonly delegate: Delegate;
  readonly dissemination: Dissemination;
  readonly prober: Prober;
  readonly join: Join;
  readonly rejoin: Rejoin;
}

/** Answers pings, makes those that others ask for, and takes acks and nacks to whom they are for. */
export class Responder {
  readonly #parts: ResponderParts;
  readonly #relays: Relays;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    this.#relays = new Relays(parts.config.probeTimeout);
  }

  get deadline(): Instant {
    return this.#relays.deadline;
  }

  /** Tells those who asked that their target did not answer: it shows them that we are well, if it is not. */
  advance(now: Instant): void {
    for (const { requester, seqNo, nack } of this.#relays.takeDue(now))
      if (nack) this.#parts.dissemination.send(requester, encodeMessage({ type: "nack", seqNo }));
  }

  /** The ack to a ping, or undefined when it is not for us: then its sender has an old address of another node. */
  answerPing(now: Instant, ping: Ping): Uint8Array | undefined {
    const { config, reports, delegate, join, rejoin } = this.#parts;
    if (ping.node !== "" && ping.node !== config.name) {
      const from = ping.source === undefined ? "somebody" : ping.source.node;
      reports.warn(now, "rejected", `ping ${ping.node}`, `${from} pings us as ${ping.node}: it has an old address`);
      return undefined;
    }
    if (ping.node !== "") join.proven();
    if (ping.source !== undefined) rejoin.noticed(ping.source.node, ping.source.endpoint);
    return encodeMessage({ type: "ack", seqNo: ping.seqNo, payload: delegate.ackPayload?.() ?? NO_PAYLOAD });
  }

  handlePing(now: Instant, from: Endpoint, ping: Ping): void {
    const ack = this.answerPing(now, ping);
    if (ack !== undefined) this.#parts.dissemination.send(ping.source?.endpoint ?? from, ack);
  }

  handleIndirectPing(now: Instant, from: Endpoint, request: IndirectPing): void {
    const { config, counters, prober, dissemination } = this.#parts;
    const requester = request.source?.endpoint ?? from;
    const seqNo = prober.nextSeqNo();
    if (!this.#relays.add(now, seqNo, { requester, seqNo: request.seqNo, nack: request.nack })) return;
    counters.relayed++;
    const source = { endpoint: config.advertise, node: config.name };
    dissemination.send(request.target, encodeMessage({ type: "ping", seqNo, node: request.node, source }));
  }

  handleAck(now: Instant, seqNo: number, payload: Uint8Array): void {
    if (this.#parts.prober.handleAck(now, seqNo, payload)) return;
    const relay = this.#relays.take(seqNo);
    if (relay === undefined) return;
    const ack = encodeMessage({ type: "ack", seqNo: relay.seqNo, payload: NO_PAYLOAD });
    this.#parts.dissemination.send(relay.requester, ack);
  }
}
