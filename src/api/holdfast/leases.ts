import type { Core } from "../../lib/core.ts";
import { after, type Instant, type Micros, NEVER } from "../../lib/time.ts";

/** What becomes of a route whose lease was not renewed. */
export type OnLapse = "withdraw" | "de-prefer";

/** A route of the API: kept until it is withdrawn, or as long as somebody renews it. Named by its prefix as text. */
export interface Lease {
  readonly prefix: string;
  readonly since: Instant;
  /** Undefined: without a lease. */
  readonly duration: Micros | undefined;
  /** When it lapses, or NEVER. */
  readonly until: Instant;
  readonly onLapse: OnLapse;
  /** It has, and the route is kept as a last resort. */
  readonly lapsed: boolean;
}

/** What happens to the leases. Plain data. */
export type LeaseInput =
  /** The route is announced, or announced again: its lease starts anew. */
  | {
      readonly type: "Grant";
      readonly prefix: string;
      readonly duration: Micros | undefined;
      readonly onLapse: OnLapse;
    }
  | { readonly type: "Release"; readonly prefix: string };

/** What the leases want done. Must not call back in. */
export interface LeaseOut {
  /** Not renewed in time. With "withdraw" it is forgotten; with "de-prefer" it is kept until it is renewed or released. */
  lapsed(prefix: string, onLapse: OnLapse): void;
}

/** Clients that announce over the API are programs under somebody's control; this many routes are no accident. */
export const LEASES_MAX = 100_000;

/** Routes of the API and when each lapses. Pure, see `Core`; a lease that is renewed in time never makes a sound. */
export class Leases implements Core<LeaseInput> {
  readonly #leases = new Map<string, Lease>();
  readonly #out: LeaseOut;
  /** No lease is due before this; may be too early after a renewal, which costs one look. */
  #next: Instant = NEVER;

  constructor(out: LeaseOut) {
    this.#out = out;
  }

  get deadline(): Instant {
    return this.#next;
  }

  /** Another route would be beyond {@link LEASES_MAX}. */
  get full(): boolean {
    return this.#leases.size >= LEASES_MAX;
  }

  get size(): number {
    return this.#leases.size;
  }

  get(prefix: string): Lease | undefined {
    return this.#leases.get(prefix);
  }

  values(): Iterable<Lease> {
    return this.#leases.values();
  }

  advance(now: Instant): void {
    if (now < this.#next) return;
    let next = NEVER;
    const due: Lease[] = [];
    for (const lease of this.#leases.values())
      if (lease.until <= now) due.push(lease);
      else if (lease.until < next) next = lease.until;
    this.#next = next;
    for (const lease of due.sort((a, b) => a.until - b.until)) {
      if (lease.onLapse === "withdraw") this.#leases.delete(lease.prefix);
      else this.#leases.set(lease.prefix, { ...lease, until: NEVER, lapsed: true });
      this.#out.lapsed(lease.prefix, lease.onLapse);
    }
  }

  handle(now: Instant, input: LeaseInput): void {
    const { prefix } = input;
    if (input.type === "Release") {
      this.#leases.delete(prefix);
      return;
    }
    const { duration, onLapse } = input;
    const until = duration === undefined ? NEVER : after(now, duration);
    const since = this.#leases.get(prefix)?.since ?? now;
    this.#leases.set(prefix, { prefix, since, duration, until, onLapse, lapsed: false });
    if (until < this.#next) this.#next = until;
  }
}
