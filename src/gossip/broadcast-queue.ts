interface Broadcast {
  readonly name: string | undefined;
  readonly message: Uint8Array;
  /** Rises with each broadcast queued: the newer of two equals goes first. */
  readonly id: number;
  /** Called once: sent often enough, replaced by a newer one, or dropped. */
  readonly finished: (() => void) | undefined;
  transmits: number;
}

/** How often a broadcast is sent in a cluster of `n`. */
export function retransmitLimit(mult: number, n: number): number {
  return mult * Math.ceil(Math.log10(n + 1));
}

/**
 * Messages waiting to ride on packets. The least sent goes first, among these the longest, among these the newest; a
 * message about a name replaces the one before. Each is sent a limited number of times.
 */
export class BroadcastQueue {
  /** By times sent; within, longest first, then newest first. */
  readonly #tiers: Broadcast[][] = [];
  readonly #byName = new Map<string, Broadcast>();
  readonly #max: number;
  #size = 0;
  #lastId = 0;

  /** `max`: most messages held; when it is reached, one of those sent most often is dropped. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  /** Queues a message. `name`: whom or what it is about, to be replaced by the next of that name. */
  push(name: string | undefined, message: Uint8Array, finished?: () => void): void {
    if (name !== undefined) {
      const old = this.#byName.get(name);
      if (old !== undefined) this.#drop(old);
    }
    if (this.#size >= this.#max) this.#dropMostSent();
    const broadcast: Broadcast = { name, message, id: ++this.#lastId, finished, transmits: 0 };
    if (name !== undefined) this.#byName.set(name, broadcast);
    this.#insert(broadcast);
  }

  /** Fills `room` octets with messages, `overhead` octets extra for each, and counts them as sent. */
  take(room: number, overhead: number, transmitLimit: number): Uint8Array[] {
    const taken: Broadcast[] = [];
    let free = room;
    for (const tier of this.#tiers) {
      let at = firstOfLength(tier, free - overhead);
      while (at < tier.length) {
        const broadcast = tier[at] as Broadcast;
        taken.push(broadcast);
        tier.splice(at, 1);
        this.#size--;
        free -= broadcast.message.length + overhead;
        at = Math.max(at, firstOfLength(tier, free - overhead));
      }
    }
    for (const broadcast of taken) {
      broadcast.transmits++;
      if (broadcast.transmits >= transmitLimit) this.#finish(broadcast);
      else this.#insert(broadcast);
    }
    return taken.map((broadcast) => broadcast.message);
  }

  #insert(broadcast: Broadcast): void {
    while (this.#tiers.length <= broadcast.transmits) this.#tiers.push([]);
    const tier = this.#tiers[broadcast.transmits] as Broadcast[];
    let low = 0;
    let high = tier.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (goesBefore(tier[middle] as Broadcast, broadcast)) low = middle + 1;
      else high = middle;
    }
    tier.splice(low, 0, broadcast);
    this.#size++;
  }

  #drop(broadcast: Broadcast): void {
    const tier = this.#tiers[broadcast.transmits] as Broadcast[];
    tier.splice(tier.indexOf(broadcast), 1);
    this.#size--;
    this.#finish(broadcast);
  }

  #dropMostSent(): void {
    const tier = this.#tiers.findLast((t) => t.length > 0);
    const last = tier?.at(-1);
    if (last !== undefined) this.#drop(last);
  }

  #finish(broadcast: Broadcast): void {
    if (broadcast.name !== undefined && this.#byName.get(broadcast.name) === broadcast)
      this.#byName.delete(broadcast.name);
    broadcast.finished?.();
  }
}

function goesBefore(a: Broadcast, b: Broadcast): boolean {
  return a.message.length !== b.message.length ? a.message.length > b.message.length : a.id > b.id;
}

/** Index of the first (longest) message of at most `length` octets. */
function firstOfLength(tier: readonly Broadcast[], length: number): number {
  let low = 0;
  let high = tier.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tier[middle] as Broadcast).message.length > length) low = middle + 1;
    else high = middle;
  }
  return low;
}
