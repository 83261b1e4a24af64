import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { Endpoint } from "./wire/index.ts";

/** Most pings made for others at a time; further requests are ignored, and their senders ask elsewhere. */
const RELAYS_MAX = 1024;

export interface Relay {
  /** Who asked, and under which number. */
  readonly requester: Endpoint;
  readonly seqNo: number;
  readonly nack: boolean;
}

/** Indirect pings that we are carrying out for others. */
export class Relays {
  readonly #timeout: Micros;
  /** By the number of our own ping. All wait equally long, so the first in is the first due. */
  readonly #waiting = new Map<number, Relay & { readonly deadline: Instant }>();

  constructor(timeout: Micros) {
    this.#timeout = timeout;
  }

  get deadline(): Instant {
    for (const relay of this.#waiting.values()) return relay.deadline;
    return NEVER;
  }

  /** Notes that our ping `ownSeqNo` is for `relay`. Returns whether there was room. */
  add(now: Instant, ownSeqNo: number, relay: Relay): boolean {
    if (this.#waiting.size >= RELAYS_MAX) return false;
    this.#waiting.set(ownSeqNo, { ...relay, deadline: after(now, this.#timeout) });
    return true;
  }

  /** Whom an ack of `ownSeqNo` is for. */
  take(ownSeqNo: number): Relay | undefined {
    const relay = this.#waiting.get(ownSeqNo);
    this.#waiting.delete(ownSeqNo);
    return relay;
  }

  /** Those that waited in vain. */
  takeDue(now: Instant): Relay[] {
    const due: Relay[] = [];
    for (const [seqNo, relay] of this.#waiting) {
      if (relay.deadline > now) break;
      this.#waiting.delete(seqNo);
      due.push(relay);
    }
    return due;
  }
}
