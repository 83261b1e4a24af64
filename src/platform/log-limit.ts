/** Lines with one key that pass at once, and the time after which another one may. */
const KEY_BURST = 3;
const KEY_REFILL_MS = 10_000;
/** The same over all keys: a key may hold an address that the other side can choose. */
const TOTAL_BURST = 50;
const TOTAL_REFILL_MS = 200;
/** Keys remembered; the one unused for longest is forgotten first. */
const KEYS_MAX = 1_024;

interface Bucket {
  tokens: number;
  refilledAt: number;
  suppressed: number;
}

/** Token buckets for log lines that others can cause at will. */
export class LogLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #total: Bucket = { tokens: TOTAL_BURST, refilledAt: 0, suppressed: 0 };

  /** Keys remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether a line with `key` may be written at `nowMs`: how many were suppressed before it, or undefined when not. */
  take(key: string, nowMs: number): number | undefined {
    const bucket = this.#buckets.get(key) ?? { tokens: KEY_BURST, refilledAt: nowMs, suppressed: 0 };
    this.#buckets.delete(key); // and in again, behind all others
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > KEYS_MAX) this.#buckets.delete(this.#buckets.keys().next().value as string);
    refill(bucket, nowMs, KEY_BURST, KEY_REFILL_MS);
    refill(this.#total, nowMs, TOTAL_BURST, TOTAL_REFILL_MS);
    if (bucket.tokens < 1 || this.#total.tokens < 1) {
      bucket.suppressed++;
      return undefined;
    }
    bucket.tokens--;
    this.#total.tokens--;
    const { suppressed } = bucket;
    bucket.suppressed = 0;
    return suppressed;
  }
}

function refill(bucket: Bucket, nowMs: number, burst: number, everyMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.refilledAt) / everyMs);
  bucket.refilledAt = nowMs;
}
